"""Out-of-sample uplift: fair to the truth where the in-sample gain is not, and a trial large enough to see it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from lst_workbench.assortment import range_uplift, trial_stores


def halves(noise, stores=60, items=30, seed=1):
    rng = np.random.default_rng(seed)
    shops = pd.DataFrame({"store_id": range(stores), "shelf_cm": 80.0})
    goods = pd.DataFrame({"sku": range(items), "width_cm": 10.0, "margin_rmb": rng.uniform(1, 2, items)})
    pairs = pd.MultiIndex.from_product([range(stores), range(items)], names=["store_id", "sku"]).to_frame(index=False)
    true = pairs.assign(utility=rng.normal(-2, 0.4, len(pairs)))
    seen = [true.assign(utility=true["utility"] + rng.normal(0, noise, len(true))) for _ in range(2)]
    return shops, goods, true, seen, pairs[pairs["sku"] < 8]


def test_the_gain_out_of_sample_is_nearer_the_truth_than_that_in_sample():
    shops, goods, true, (learned, held_out), today = halves(0.5)
    told = range_uplift(shops, goods, learned, held_out, today)
    honest = range_uplift(shops, goods, learned, true, today)
    in_sample = told.tables["stores"]["gain_in_sample_rmb_visit"].mean()
    gain, actual = (result.kpis()["gain_rmb_visit"] for result in (told, honest))
    assert abs(gain - actual) < 0.5 * abs(in_sample - actual)
    assert told.kpis()["shrinkage_share"] < 0.9
    assert told.kpis()["low_rmb_visit"] < gain < told.kpis()["high_rmb_visit"]


def test_without_noise_nothing_shrinks():
    shops, goods, true, _, today = halves(0.0)
    told = range_uplift(shops, goods, true, true, today)
    assert told.kpis()["shrinkage_share"] == pytest.approx(1.0)
    assert (told.tables["stores"]["gain_rmb_visit"] >= -1e-12).all()


def test_a_trial_of_that_size_shows_the_gain_as_often_as_promised():
    rng, size = np.random.default_rng(1), int(trial_stores(0.4, 1.0, power=0.8))
    found = [ttest_ind(rng.normal(0.4, 1, size), rng.normal(0, 1, size)).pvalue < 0.05 for _ in range(1500)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.04)
    assert trial_stores(-0.1, 1.0) == np.inf
