"""Pairs, ranges of PD, cut-offs and the challenger."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit import ScorecardParams, challenge, cutoff_table, fit_scorecard, score_stores
from tests.credit.test_scorecard import fit, shops


def crossed(n=6000, seed=0):
    """Default depends on whether x and z have the same sign: neither says anything alone."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n), "noise": rng.normal(size=n)})
    frame.loc[rng.random(n) < 0.1, "z"] = np.nan
    frame["true_pd"] = expit(-1.5 + 1.5 * np.sign(frame["x"] * frame["z"].fillna(0)))
    frame["default"] = (rng.random(n) < frame["true_pd"]).astype(int)
    return frame


@pytest.fixture(scope="module")
def card():
    return fit_scorecard(crossed(), "default", exclude=["true_pd"], params=ScorecardParams(most_segments=0))


def test_a_pair_that_tells_only_together_is_found_and_no_other(card):
    assert [pair.feature for pair in card.pairs] == ["x × z"]
    alone = fit_scorecard(
        crossed(), "default", exclude=["true_pd"], params=ScorecardParams(most_pairs=0, most_segments=0)
    )
    auc = [c.tables["measures"].set_index("measure").loc["auc", "value"] for c in (alone, card)]
    assert auc[0] < 0.56
    assert auc[1] > 0.68


def test_the_points_table_with_pairs_alone_gives_the_score(card):
    frame = crossed(300, seed=2)
    table = card.tables["points"].set_index(["feature", "bin"])["points"]
    pair = card.pairs[0]
    by_hand = np.full(len(frame), card.base)
    for b in card.bins:
        codes = b.codes(frame[b.feature])
        by_hand += card.points[codes + sum(o.size for o in card.bins[: card.bins.index(b)])]
    where = {b.feature: b.codes(frame[b.feature]) for b in card.bins}
    names = [b.feature for b in card.bins]
    first, second = (axis.groups[where[names[axis.feature]]] for axis in (pair.first, pair.second))
    cells = [f"{pair.first.labels[i]} & {pair.second.labels[j]}" for i, j in zip(first, second, strict=True)]
    by_hand += [table["x × z", cell] for cell in cells]
    np.testing.assert_allclose(card.score(frame)["points"], by_hand, atol=1e-6)


def test_declared_directions_hold_within_pairs_for_every_store():
    frame = crossed()
    card = fit_scorecard(frame, "default", monotone={"x": 1}, exclude=["true_pd"])
    grid = pd.concat([frame.iloc[:40]] * 60, ignore_index=True).drop(columns="x")
    grid["x"] = np.repeat(np.linspace(-4, 4, 60), 40)
    told = card.score(grid)["pd"].to_numpy().reshape(60, 40)
    assert card.pairs
    assert (np.diff(told, axis=0) >= -1e-12).all()


def test_additive_truth_needs_no_pairs():
    assert fit(shops()).pairs == ()


def test_ranges_hold_the_true_pd_as_often_as_they_say():
    fresh = shops(4000, seed=9)
    scored = score_stores(fit(shops(), monotone={"months_open": -1}), fresh)
    inside = (fresh["true_pd"] >= scored["pd_low"]) & (fresh["true_pd"] <= scored["pd_high"])
    assert inside.mean() >= 0.9
    assert (scored["pd_high"] - scored["pd_low"]).mean() < 0.25


def test_thin_files_are_scored_in_wider_ranges():
    past, fresh = shops(), shops(500, seed=3)
    card = fit(past)
    whole, thin = score_stores(card, fresh), score_stores(card, fresh.assign(months_open=np.nan))
    wide = (thin["pd_high"] - thin["pd_low"]) / (whole["pd_high"] - whole["pd_low"])
    assert wide.median() > 1.5
    assert (thin["told_share"] < whole["told_share"]).all()
    assert (whole["told_share"] <= 1).all()
    assert thin["pd"].mean() == pytest.approx(past["default"].mean(), abs=0.06)


def test_stores_are_scored_as_applications_are_in_any_chunk(card, monkeypatch):
    frame = crossed(1000, seed=4).assign(store_id=range(1000))
    whole = score_stores(card, frame)
    monkeypatch.setattr("lst_workbench.credit.scorecard.CHUNK", 64)
    pd.testing.assert_frame_equal(score_stores(card, frame), whole)
    np.testing.assert_allclose(whole["points"], card.score(frame)["points"], atol=1e-6)
    assert whole["store_id"].tolist() == list(range(1000))
    assert score_stores(card, frame.iloc[:0]).empty


def test_the_best_cut_off_is_where_margin_meets_loss():
    rng = np.random.default_rng(1)
    pd_ = rng.beta(1, 15, 5000)
    scores = pd.DataFrame({"points": 600 - 30 * np.log(pd_ / (1 - pd_)), "pd": pd_})
    table = cutoff_table(scores, margin_share=0.06, lgd=0.6)
    best = table[table["best"]].iloc[0]
    edge = 600 - 30 * np.log((0.06 / 0.66) / (1 - 0.06 / 0.66))
    assert abs(best["points"] - edge) < 10
    outcome = pd.Series((rng.random(5000) < pd_).astype(float)).where(rng.random(5000) < 0.5)
    seen = cutoff_table(scores, outcome)
    assert seen["bad_share"].iloc[0] == pytest.approx(outcome.fillna(pd.Series(pd_)).mean())


def test_the_challenger_is_judged_on_the_same_rows_and_no_better_on_additive_truth():
    frame = shops(2000)
    card = fit(frame)
    table = challenge(card, frame, "default").set_index("measure")
    held = card.tables["measures"].set_index("measure")["value"]
    assert table.loc["auc", "champion"] == pytest.approx(held["auc"])
    assert table.loc["gini", "ratio"] >= 0.98
    assert table.loc["brier", "ratio"] <= 1.02
    assert table.loc["gini", "low"] < table.loc["gini", "ratio"] < table.loc["gini", "high"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda c: cutoff_table(pd.DataFrame({"pd": [0.1]})), "column points is missing"),
        (lambda c: cutoff_table(pd.DataFrame({"pd": [0.1], "points": [1.0]}), lgd=2), "lgd 2"),
        (lambda c: challenge(c, crossed(10), "default"), "fitted to 6,000 rows, these are 10"),
        (lambda c: score_stores(c, crossed(10).drop(columns="x")), "column x is missing"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(card, call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(card)
