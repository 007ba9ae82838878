"""Adoption curves and retention: published answers, recovery, intervals that hold."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.rollout import bass_share, fit_bass, retention


def test_retention_of_a_textbook():
    # Remission of 21 patients on 6-MP (Freireich et al. 1963), the standard example of the product-limit estimate.
    ended = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    watched = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    stores = pd.DataFrame({"months": ended + watched, "stopped": [True] * 9 + [False] * 12})
    table = retention(stores, cohort=None, level=0.95).set_index("months")
    published = {6: 0.857, 7: 0.807, 10: 0.753, 13: 0.690, 16: 0.627, 22: 0.538, 23: 0.448}
    assert table["retained_share"].round(3).to_dict() == published
    assert table["at_risk"].tolist() == [21, 17, 15, 12, 11, 7, 6]


def test_retention_by_cohort_keeps_them_apart_and_intervals_in_bounds():
    rng = np.random.default_rng(1)
    months = np.r_[rng.geometric(0.05, 500), rng.geometric(0.2, 500)]
    stores = pd.DataFrame({"cohort": np.repeat(["a", "b"], 500), "months": months})
    stores["stopped"] = stores["months"] < 24
    stores["months"] = stores["months"].clip(upper=24)
    table = retention(stores)
    assert ((table["low"] <= table["retained_share"]) & (table["retained_share"] <= table["high"])).all()
    assert table["low"].ge(0).all() and table["high"].le(1).all()
    after = table[table["months"] == 12].set_index("cohort")["retained_share"]
    assert after["a"] == pytest.approx(0.95**12, abs=0.06) and after["b"] == pytest.approx(0.8**12, abs=0.05)


def test_intervals_of_retention_hold_as_often_as_they_say():
    rng, held = np.random.default_rng(2), 0
    for _ in range(300):
        months = rng.geometric(0.1, 80)
        stores = pd.DataFrame({"months": np.minimum(months, 12), "stopped": months < 12})
        row = retention(stores, cohort=None).query("months <= 6").iloc[-1]
        held += row["low"] <= 0.9 ** row["months"] <= row["high"]
    assert 0.73 < held / 300 < 0.87


@pytest.mark.parametrize("market", [None, 10_000.0])
def test_a_bass_curve_is_recovered(market):
    made = np.diff(10_000 * bass_share(np.arange(25.0), 0.02, 0.4))
    fit = fit_bass(made, market=market)
    assert (fit.market, fit.innovation, fit.imitation) == pytest.approx((10_000, 0.02, 0.4), rel=1e-3)
    assert fit.adopters(np.array([24.0]))[0] == pytest.approx(made.sum())
    assert fit.peak == pytest.approx(np.log(0.4 / 0.02) / 0.42, rel=1e-3)


def test_noise_widens_the_intervals_and_the_truth_lies_within():
    rng = np.random.default_rng(3)
    clean = np.diff(10_000 * bass_share(np.arange(25.0), 0.02, 0.4))
    fit = fit_bass(clean * rng.lognormal(0, 0.1, 24), level=0.99)
    truth = {"innovation": 0.02, "imitation": 0.4, "market": 10_000}
    for row in fit.parameters.itertuples():
        assert row.low < truth[row.name] < row.high and row.low < row.value < row.high


def test_faults_are_said():
    with pytest.raises(InputError, match="2 faults"):
        fit_bass(np.array([1.0, -1.0]))
    with pytest.raises(InputError, match="less than"):
        fit_bass(np.full(6, 10.0), market=20.0)
    with pytest.raises(InputError, match="cohort"):
        retention(pd.DataFrame({"months": [1], "stopped": [True]}))
