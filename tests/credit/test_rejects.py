"""Reject inference: recovers most of what a score fitted to approved applications only has lost."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit import fit_scorecard, infer_rejects
from lst_workbench.credit.measures import area_under_curve


def applicants(seed, n=12_000, hidden=1.0):
    """Past officers saw the table and a sign v it lacks; some officers are more lenient than others."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "months_open": rng.gamma(2, 30, n),
            "debt_share": rng.beta(2, 3, n),
            "orders_rmb": np.exp(rng.normal(8, 0.8, n)),
            "till": rng.choice(["yes", "no"], n, p=[0.3, 0.7]),
            "gaps": rng.poisson(1.5, n).astype(float),
            "officer": rng.integers(0, 40, n),
        }
    )
    odds = -1.9 - 0.9 * np.log(frame["months_open"] / 50) + 2.5 * (frame["debt_share"] - 0.4)
    odds += -0.7 * (np.log(frame["orders_rmb"]) - 8) - 0.5 * (frame["till"] == "yes") + 0.35 * (frame["gaps"] - 1.5)
    v = rng.normal(size=n)
    frame["bad"] = (rng.random(n) < expit(odds + hidden * v)).astype(float)
    doubt = odds + hidden * v + 0.5 * rng.normal(size=n) - 0.6 * np.sin(frame["officer"])
    return frame.assign(ok=doubt < np.quantile(doubt, 0.6))


def seen(frame):
    return frame.assign(bad=frame["bad"].where(frame["ok"])).drop(columns="ok")


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_half_of_what_approved_only_training_loses_is_recovered(seed):
    past, fresh = applicants(seed), applicants(seed + 100)
    y = fresh["bad"].to_numpy()
    approved = past[past["ok"]].drop(columns=["ok", "officer"])
    oracle = fit_scorecard(past.drop(columns=["ok", "officer"]), "bad")
    narrow = fit_scorecard(approved, "bad")
    inferred = infer_rejects(seen(past), "bad", instruments=["officer"])
    told = [card.score(fresh)["pd"].to_numpy() for card in (oracle, narrow, inferred.card)]
    auc = [area_under_curve(y, p) for p in told]
    brier = [np.mean((p - y) ** 2) for p in told]
    rejected = ~fresh["ok"].to_numpy()
    short = [fresh.loc[rejected, "bad"].mean() - p[rejected].mean() for p in told]
    assert (auc[2] - auc[1]) / (auc[0] - auc[1]) >= 0.5
    assert (brier[1] - brier[2]) / (brier[1] - brier[0]) >= 0.5
    assert abs(short[2]) < short[1]
    assert 0.4 <= inferred.hidden <= 1.5


def test_where_nothing_was_hidden_little_is_added():
    past = applicants(4, hidden=0.0)
    inferred = infer_rejects(seen(past), "bad", instruments=["officer"])
    assert inferred.hidden <= 0.25
    truth = past.loc[~past["ok"], "bad"].mean()
    assert inferred.outcome[~past["ok"]].mean() == pytest.approx(truth, abs=0.05)


def test_the_assumption_is_stated_and_more_hidden_means_more_default():
    past = seen(applicants(5, n=4000))
    none, much = (infer_rejects(past, "bad", instruments=["officer"], hidden=g) for g in (0.0, 1.5))
    assert "add 1.50 to the log-odds" in much.assumption and "as given" in much.assumption
    table = [result.tables["summary"].set_index("group") for result in (none, much)]
    assert table[1].loc["rejected", "pd_inferred"] > table[0].loc["rejected", "pd_inferred"]
    assert table[0].loc["approved", "pd_inferred"] == pytest.approx(past["bad"].mean())
    assert "officer" not in set(much.card.tables["points"]["feature"])
    assert "weak" in infer_rejects(past, "bad", exclude=["officer"]).assumption


@pytest.mark.parametrize(
    ("change", "more", "sentence"),
    [
        ({"bad": 1.0}, {}, "no row is rejected"),
        ({}, {"instruments": ["mood"]}, "column mood is missing"),
        ({}, {"hidden": -1.0}, "hidden is -1"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(change, more, sentence):
    with pytest.raises(InputError, match=sentence):
        infer_rejects(seen(applicants(1, n=300)).assign(**change), "bad", **more)
