"""How sure a score is: the short form of its covariance tells each row what the whole would."""

import numpy as np
import pandas as pd

from lst_workbench.credit import ScorecardParams, fit_scorecard, score_stores
from lst_workbench.credit._kernels import add_variance
from lst_workbench.credit.binning import learn_bins
from lst_workbench.credit.doubt import centred, leading
from lst_workbench.credit.terms import Plan, codes_of, learn_terms, with_joint
from tests.credit.test_scorecard import shops


def collinear(n=3000, columns=20):
    """Many columns that say nearly the same: their effects are unsure together."""
    rng = np.random.default_rng(4)
    base = rng.normal(size=(n, 4))
    frame = pd.DataFrame(base @ rng.normal(size=(4, columns)) + 0.5 * rng.normal(size=(n, columns)))
    frame.columns = [f"x{k}" for k in range(columns)]
    return frame, (rng.random(n) < 1 / (1 + np.exp(2 - base[:, 0]))).astype(float)


def test_the_short_form_tells_each_row_what_the_whole_covariance_does():
    frame, y = collinear()
    bins = [learn_bins(frame[name], 32, 10) for name in frame]
    codes = np.ascontiguousarray(codes_of(frame, bins))
    joint, shapes = learn_terms(codes, y, bins, {}, ScorecardParams().most_terms, Plan())
    codes = with_joint(codes, bins, joint)
    _, spread = centred(shapes, codes, [*bins, *joint])
    root, own = leading(spread)
    told = np.empty(len(codes))
    add_variance(codes, codes.shape[1], root, np.concatenate([own[-1:], own[:-1]]), told)
    ends = np.column_stack([codes, np.full(len(codes), len(spread) - 1)])
    whole = np.array([spread[np.ix_(row, row)].sum() for row in ends])
    np.testing.assert_allclose(np.sqrt(told), np.sqrt(whole), rtol=0.1)
    assert np.abs(np.sqrt(told / whole) - 1).mean() < 0.03
    ends_raw = np.array([shapes.spread[np.ix_(row, row)].sum() for row in ends])
    np.testing.assert_allclose(whole, ends_raw, rtol=1e-6)


def test_a_feature_that_a_store_lacks_widens_its_range_by_what_the_feature_tells():
    past = shops()
    card = fit_scorecard(past, "default", exclude=["true_pd", "city", "decided"])
    fresh = shops(500, seed=3)
    whole = score_stores(card, fresh)
    wide = {}
    for name in ("months_open", "noise"):
        thin = score_stores(card, fresh.assign(**{name: np.nan}))
        wide[name] = ((thin["pd_high"] - thin["pd_low"]) / (whole["pd_high"] - whole["pd_low"])).median()
    assert wide["months_open"] > 1.5
    assert 0.95 < wide["noise"] < 1.05
    assert (thin["pd_high"] - thin["pd_low"]).median() < 0.3, "a range that holds nearly every PD says nothing"


def test_gaps_that_only_came_together_are_unsure_one_by_one_but_not_without_end():
    past = shops()
    past["orders"] = np.random.default_rng(8).normal(size=len(past))
    past.loc[past.index[::6], ["debt_share", "orders", "months_open"]] = np.nan
    card = fit_scorecard(past, "default", exclude=["true_pd", "city", "decided"])
    fresh = shops(500, seed=3).assign(orders=0.0)
    width = {
        count: score_stores(
            card, fresh.assign(**dict.fromkeys(["debt_share", "orders", "months_open"][:count], np.nan))
        )
        .eval("pd_high - pd_low")
        .median()
        for count in (0, 1, 3)
    }
    assert max(width[0], width[3]) < width[1] < 0.75
