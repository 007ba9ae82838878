"""Segments: what single features and pairs leave untold."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from lst_workbench.credit import ScorecardParams, fit_scorecard, score_stores
from lst_workbench.credit.terms import offsets_of
from tests.credit.test_scorecard import figures, fit, shops


def tangled(n=4000, seed=0):
    """Default depends on three signs together: no feature and no pair says anything alone."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"x": rng.normal(size=n), "z": rng.normal(size=n), "u": rng.normal(size=n)})
    frame["kind"] = rng.choice(["kiosk", "grocery", "convenience"], n)
    frame.loc[rng.random(n) < 0.1, "z"] = np.nan
    odds = -1.5 + 2 * np.sign(frame["x"] * frame["z"].fillna(0) * frame["u"]) + 0.3 * frame["x"]
    return frame.assign(default=(rng.random(n) < expit(odds)).astype(int))


@pytest.fixture(scope="module")
def card():
    return fit_scorecard(tangled(), "default")


def test_what_three_features_tell_together_is_found(card):
    plain = fit_scorecard(tangled(), "default", params=ScorecardParams(most_segments=0))
    assert card.segments
    assert figures(plain)["auc"] < 0.65
    assert figures(card)["auc"] > 0.78
    fresh = tangled(4000, seed=5)
    assert card.score(fresh)["pd"].mean() == pytest.approx(fresh["default"].mean(), abs=0.02)


def test_additive_truth_needs_no_segments():
    assert fit(shops()).segments == ()


def test_the_name_of_a_segment_says_who_is_in_it(card):
    """Each row's segment, read from the printed names by hand, has the points that the score adds."""
    frame = tangled(100, seed=2)
    starts = dict(zip(card.features, offsets_of([*card.bins, *card.joint])[:-1], strict=True))
    codes = {b.feature: b.codes(frame[b.feature]) for b in card.bins}
    words = {b.feature: b.labels() for b in card.bins}
    every = np.column_stack([codes[b.feature] + starts[b.feature] for b in card.bins]).astype(np.int32)
    for term in card.segments[:3]:
        home = term.cells(every, offsets_of(card.bins))
        names = term.labels()
        assert len(set(names)) == term.size
        for row in range(len(frame)):
            parts = [part.split(" ", 1) for part in names[home[row]].split(" & ")]
            for feature, held in parts:
                assert within(frame[feature].iloc[row], words[feature][codes[feature][row]], held)


def within(value, label, held):
    """Whether a value, or the name of its bin, is among those that a segment's name lists."""
    for part in held.split(" or "):
        if part == label or part == "any number" and label != "missing":
            return True
        if isinstance(value, float) and not np.isnan(value) and (part[0] in "<>" or " to < " in part):
            low = float(part.removeprefix(">= ").split(" to ")[0]) if not part.startswith("<") else -np.inf
            high = float(part.split("< ")[-1]) if "< " in part else np.inf
            # Names show six digits of an edge.
            if low - 1e-4 <= value <= high + 1e-4:
                return True
    return False


def test_declared_directions_hold_within_segments_for_every_store():
    frame = tangled()
    up = fit_scorecard(frame, "default", monotone={"x": 1, "u": -1})
    assert up.segments
    grid = pd.concat([frame.iloc[:40]] * 60, ignore_index=True)
    for name, sign in (("x", 1), ("u", -1)):
        moved = grid.assign(**{name: np.repeat(np.linspace(-4, 4, 60), 40)})
        told = up.score(moved)["pd"].to_numpy().reshape(60, 40)
        assert (sign * np.diff(told, axis=0) >= -1e-12).all()


def test_scores_are_the_same_row_by_row_and_ranges_hold_them(card):
    frame = tangled(50, seed=3)
    whole = score_stores(card, frame)
    alone = pd.concat([card.score(frame.iloc[[k]]) for k in range(len(frame))])
    np.testing.assert_allclose(alone["points"], whole["points"], atol=1e-6)
    assert ((whole["pd_low"] < whole["pd"]) & (whole["pd"] < whole["pd_high"])).all()
