"""Model card: the data's window, what was left out, and groups that are treated unlike."""

import numpy as np
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.credit import fit_scorecard, model_card
from lst_workbench.credit.measures import calibration_excess, calibration_slope, measure
from tests.credit.test_scorecard import shops


def placed(n=4000, seed=1):
    """Shops of villages default twice as often as their columns tell."""
    frame = shops(n, seed)
    rng = np.random.default_rng(seed + 50)
    frame["place"] = rng.choice(["rural", "urban"], n)
    frame["area_m2"] = rng.gamma(3, 15, n)
    hidden = (frame["place"] == "rural") & (rng.random(n) < 0.15)
    return frame.assign(
        default=np.where(hidden, 1, frame["default"]), owner_phone=rng.integers(13000000000, 13999999999, n)
    )


@pytest.fixture(scope="module")
def told():
    frame = placed()
    blind = fit_scorecard(frame, "default", date="decided", groups="city", exclude=["true_pd", "place"])
    return model_card(blind, frame, "default", segments=["place", "area_m2", "city"], date="decided")


def test_the_card_gives_window_rows_and_what_was_left_out(told):
    data = told.tables["data"].set_index("item")["value"]
    assert (data["first_decision"], data["last_decision"]) == ("2017-01-01", "2017-12-31")
    assert data["rows"] == 4000
    excluded = told.tables["excluded"].set_index("feature")["reason"]
    assert excluded["owner_phone"].startswith("personal")
    assert told.tables["features"]["feature"].iloc[0] == "months_open"
    assert not told.tables["measures"].query("measure == 'calibration_error'")[["low", "high"]].isna().any(axis=None)


def test_a_group_whose_risk_the_score_does_not_see_is_named(told):
    table = told.tables["fairness"].set_index(["segment", "value"])
    assert table.loc[("place", "rural"), "verdict"] == "pd too low"
    assert table.loc[("place", "urban"), "verdict"] == "pd too high"
    assert set(table.loc["area_m2"].index) == {"small", "middle", "large"}
    assert (table.loc["area_m2", "verdict"] == "fair").all()
    assert table.groupby("segment")["approve_ratio"].max().tolist() == pytest.approx([1, 1, 1])


def test_nothing_personal_reaches_the_card(told):
    shown = "".join(table.to_csv() for table in told.tables.values())
    assert not set(placed()["owner_phone"].astype(str)) & set(shown.replace(",", " ").split())


def test_excess_of_calibration_is_nothing_where_pds_are_right_and_the_gap_where_they_are_not():
    rng = np.random.default_rng(0)
    pd_ = rng.beta(2, 8, 40_000)
    right, wrong = ((rng.random(40_000) < p).astype(float) for p in (pd_, pd_ + 0.05))
    assert calibration_excess(right, pd_) < 0.006
    assert calibration_excess(wrong, pd_) == pytest.approx(0.05, abs=0.006)
    table = measure(right, pd_).set_index("measure")
    assert table.loc["calibration_slope", "low"] < 1 < table.loc["calibration_slope", "high"]
    assert table.loc["calibration_level", "low"] < 1 < table.loc["calibration_level", "high"]
    flat = np.sqrt(pd_ / (1 - pd_)) / (1 + np.sqrt(pd_ / (1 - pd_)))
    assert calibration_slope(right, flat)[0] == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [({"segments": ["moon"]}, "segment moon is no column"), ({"segments": ["owner_phone"]}, "owner_phone is personal")],
)
def test_bad_input_is_refused_with_a_sentence(more, sentence):
    frame = placed(600)
    card = fit_scorecard(frame, "default", exclude=["true_pd", "city", "decided"])
    with pytest.raises(InputError, match=sentence):
        model_card(card, frame, "default", **more)
    with pytest.raises(InputError, match="fitted to 600 rows, these are 10"):
        model_card(card, frame.iloc[:10], "default")
