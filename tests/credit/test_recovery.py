"""The truth of a drawn market is recovered on later months and in cities that no fit has seen."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from lst_workbench.credit import fit_scorecard
from lst_workbench.credit.measures import area_under_curve, calibration_error
from tests.credit.test_scorecard import figures

MONOTONE = {"months_open": -1, "debt_share": 1}


def town(seed, n=6000, cities=30):
    """Applications of two years; cities differ in whom they hold and, by a little the table lacks, in who pays."""
    rng = np.random.default_rng(seed)
    city = rng.integers(0, cities, n)
    kind = rng.normal(size=cities)
    frame = pd.DataFrame(
        {
            "months_open": rng.gamma(2, np.exp(3.2 + 0.3 * kind[city])),
            "debt_share": rng.beta(2, 3, n),
            "till": rng.choice(["yes", "no"], n, p=[0.3, 0.7]),
            "orders_rmb": np.exp(rng.normal(8 + 0.3 * kind[city], 0.8)),
            "city": [f"{seed} city {k}" for k in city],
            "decided": pd.Timestamp("2016-01-01") + pd.to_timedelta(rng.integers(0, 730, n), "D"),
        }
    )
    odds = -1.6 - 0.8 * np.log(frame["months_open"] / 30) + 3 * (frame["debt_share"] - 0.4)
    odds += -0.6 * (frame["till"] == "yes") - 0.5 * (np.log(frame["orders_rmb"]) - 8)
    frame["true_pd"] = expit(odds + rng.normal(0, 0.1, cities)[city])
    return frame.assign(default=(rng.random(n) < frame["true_pd"]).astype(int))


def fitted(frame):
    return fit_scorecard(frame, "default", MONOTONE, "decided", groups="city", exclude=["true_pd"])


def close_to_truth(told, frame):
    """AUC within .01 of the true PD's, log-odds off by a quarter at most in the middle, calibrated to two points."""
    y, true = frame["default"].to_numpy(float), frame["true_pd"].to_numpy()
    assert area_under_curve(y, told) >= area_under_curve(y, true) - 0.01
    assert np.median(np.abs(logit(told) - logit(true))) < 0.25
    assert calibration_error(y, told) <= 0.02
    assert told.mean() == pytest.approx(true.mean(), abs=0.015)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_truth_is_recovered_out_of_city(seed):
    """By fits that had not seen the city, and in thirty towns drawn afresh."""
    frame, fresh = town(seed), town(seed + 50)
    card = fitted(frame)
    close_to_truth(card.held_out, frame)
    close_to_truth(card.score(fresh)["pd"].to_numpy(), fresh)


@pytest.mark.parametrize("seed", [4, 5])
def test_truth_is_recovered_out_of_time(seed):
    """By a fit to the first nineteen months, on the last five; and the card's own figure says the same."""
    frame = town(seed)
    late = frame["decided"] > frame["decided"].quantile(0.8)
    early = fit_scorecard(frame[~late], "default", MONOTONE, exclude=["true_pd", "city", "decided"])
    told = early.score(frame[late])["pd"].to_numpy()
    y, true = (frame.loc[late, name].to_numpy(float) for name in ("default", "true_pd"))
    assert area_under_curve(y, told) >= area_under_curve(y, true) - 0.01
    assert np.median(np.abs(logit(told) - logit(true))) < 0.25
    said = figures(fitted(frame), "out_of_time")
    assert said["auc"] == pytest.approx(area_under_curve(y, told), abs=0.01)


def test_a_trend_of_the_times_is_seen_as_a_level_that_is_off():
    """Where later months default half as often again, the figures out of time say so."""
    frame = town(6)
    late = frame["decided"] > frame["decided"].quantile(0.8)
    worse = np.where(late, np.minimum(1.5 * frame["true_pd"], 0.99), frame["true_pd"])
    frame["default"] = (np.random.default_rng(6).random(len(frame)) < worse).astype(int)
    said = figures(fitted(frame), "out_of_time")
    assert said["calibration_level"] > 1.25
