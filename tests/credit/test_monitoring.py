"""Monitoring: drift told from chance and from the season, vintages, roll rates, early warnings."""

import numpy as np
import pandas as pd
import pytest
from sklearn.utils import resample

from lst_workbench.contracts import InputError
from lst_workbench.credit import (
    calibration_drift,
    early_warnings,
    lunar_weeks,
    population_drift,
    roll_rates,
    vintage_curves,
)
from tests.credit.test_scorecard import fit, shops


@pytest.fixture(scope="module")
def card():
    return fit(shops())


def test_weeks_from_the_festival_turn_at_the_nearest_one():
    assert lunar_weeks(["2018-02-16", "2018-02-22", "2018-02-15", "2017-01-28"]).tolist() == [0, 0, -1, 0]
    middle = lunar_weeks(pd.date_range("2017-06-01", "2017-09-30"))
    assert middle.max() > 25 and middle.min() < -25


def test_the_same_shops_do_not_drift_however_few(card):
    past = shops()
    for n in (60, 300, 3000):
        drawn = population_drift(card, past, resample(past, n_samples=n, random_state=n))
        assert (drawn["verdict"] == "stable").all(), n
        assert (drawn["psi"] <= drawn["chance_limit"]).all()


def test_a_small_sample_passes_the_usual_figure_by_chance_and_is_not_accused(card):
    drawn = population_drift(card, shops(), shops(60, seed=8))
    assert drawn["psi"].max() > 0.25
    assert (drawn["verdict"] == "stable").all()


def test_a_moved_feature_is_named_with_the_bin_that_moved(card):
    now = shops(seed=4)
    now["debt_share"] = 0.5 * now["debt_share"] + 0.5
    table = population_drift(card, shops(), now).set_index("feature")
    assert table.loc["debt_share", "verdict"] == "act"
    assert table.loc["score", "verdict"] == "act"
    assert table.loc["noise", "verdict"] == "stable"
    assert table.index[0] == "score"


def test_psi_by_hand(card):
    past, now = shops(), shops(seed=4)
    now["kind"] = np.where(np.arange(len(now)) % 2, "kiosk", now["kind"])
    got = population_drift(card, past, now).set_index("feature").loc["kind", "psi"]
    p, q = (frame["kind"].value_counts(normalize=True).sort_index() for frame in (past, now))
    assert got == pytest.approx(((q - p) * np.log(q / p)).sum())


def test_a_season_is_not_taken_for_a_drift(card):
    past, now = shops(6000), shops(2000, seed=3)
    for frame in (past, now):
        away = np.abs(lunar_weeks(frame["decided"]))
        frame["debt_share"] = frame["debt_share"].where(away > 6, 0.5 + 0.5 * frame["debt_share"])
    now = now[np.abs(lunar_weeks(now["decided"])) <= 6]
    plain = population_drift(card, past, now).set_index("feature")
    aligned = population_drift(card, past, now, date="decided").set_index("feature")
    assert plain.loc["debt_share", "verdict"] == "act"
    assert aligned.loc["debt_share", "verdict"] == "stable"


def test_drifted_calibration_is_found_in_the_quarter_it_began():
    rng = np.random.default_rng(2)
    n = 20_000
    day = pd.Timestamp("2016-03-01") + pd.to_timedelta(rng.integers(0, 700, n), "D")
    pd_ = rng.beta(2, 40, n)
    true = np.where(day >= pd.Timestamp("2017-09-01"), 1.8 * pd_, pd_)
    table = calibration_drift(pd.DataFrame({"pd": pd_, "bad": rng.random(n) < true, "day": day}), "bad", "day")
    early = table["quarter"] < pd.Timestamp("2017-06-01")
    assert (table.loc[early, "verdict"] == "as expected").all()
    assert (table["verdict"].iloc[-2:] == "too low").all()
    assert table["stores"].sum() == n
    festival = table[table["season"] == "festival"]["quarter"]
    assert set(festival) == {pd.Timestamp(day) for day in ("2015-12-28", "2016-12-17", "2018-01-05")}


def test_vintages_agree_with_known_hazards_though_the_young_are_cut_off():
    rng = np.random.default_rng(3)
    n = 40_000
    opened = pd.Timestamp("2017-01-01") + pd.to_timedelta(rng.integers(0, 365, n), "D")
    life = rng.geometric(0.02, n) * 30.4375 - 15
    bad = opened + pd.to_timedelta(life, "D")
    as_of = pd.Timestamp("2018-02-01")
    frame = pd.DataFrame({"opened": opened, "bad": bad.where(bad <= as_of)})
    table = vintage_curves(frame, "opened", "bad", as_of)
    truth = 1 - 0.98 ** table["month_on_book"]
    inside = (truth >= table["low"]) & (truth <= table["high"])
    assert inside.mean() > 0.85
    assert table.groupby("cohort")["default_share"].apply(lambda s: s.is_monotonic_increasing).all()
    assert table[table["cohort"] == "2017-12-01"]["month_on_book"].max() <= 2


def test_roll_rates_add_to_one_and_find_the_matrix_they_were_drawn_from():
    rng = np.random.default_rng(4)
    matrix = np.array(
        [[0.9, 0.1, 0, 0, 0], [0.6, 0.2, 0.2, 0, 0], [0.3, 0.1, 0.1, 0.5, 0], [0.1, 0, 0, 0.2, 0.7], [0, 0, 0, 0, 1]]
    )
    days = np.array([0, 10, 40, 70, 120])
    state, rows = rng.integers(0, 5, 3000), []
    for month in pd.date_range("2017-01-01", periods=8, freq="MS"):
        rows.append(pd.DataFrame({"store_id": range(3000), "month": month, "days_past_due": days[state]}))
        state = (rng.random((3000, 1)) > matrix.cumsum(axis=1)[state]).sum(axis=1)
    table = roll_rates(pd.concat(rows).sample(frac=1, random_state=1))
    assert table.groupby("from_state")["share"].sum().tolist() == pytest.approx([1] * 5)
    np.testing.assert_allclose(table["share"].to_numpy().reshape(5, 5), matrix, atol=0.05)


def test_states_turn_at_the_days_of_the_standard():
    months = pd.to_datetime(["2017-09-01", "2017-10-01"])
    days = [0, 1, 29, 30, 59, 60, 89, 90]
    frame = pd.concat(
        [pd.DataFrame({"store_id": d, "month": months, "days_past_due": [d, 0]}) for d in days], ignore_index=True
    )
    counts = roll_rates(frame).groupby("from_state", sort=False)["stores"].sum()
    assert counts.to_dict() == {"paid": 1, "1-29 days": 2, "30-59 days": 2, "60-89 days": 2, "default": 1}


def test_warnings_say_why_and_rank_by_money_at_stake():
    n = 100
    stores = pd.DataFrame(
        {
            "store_id": range(n), "pd": 0.02, "pd_at_start": 0.02, "owed_rmb": 1000.0, "lgd": 0.5, "limit_rmb": 5000.0,
            "need_rmb": 4000.0, "days_past_due": 0, "orders_rmb": 500.0, "orders_year_ago_rmb": 1000.0,
        }
    )  # fmt: skip
    assert early_warnings(stores).empty  # all halved their orders after the festival: nobody stands out
    stores.loc[1, "orders_rmb"] = 200.0
    stores.loc[2, ["owed_rmb", "limit_rmb"]] = [6200.0, 6200.0]
    stores.loc[3, ["pd", "days_past_due"]] = [0.05, 3]
    stores.loc[4, "pd_at_start"] = np.nan
    table = early_warnings(stores)
    assert table["store_id"].tolist() == [2, 3, 1]
    reasons = ["limit_used_up; owes_more_than_it_orders", "late; pd_risen", "orders_fallen"]
    assert table["reasons"].tolist() == reasons
    assert table["at_stake_rmb"].tolist() == pytest.approx([62, 25, 10])


ACCOUNTS = pd.DataFrame({"opened": ["2017-01-05", "2017-02-05"], "bad": ["2017-06-01", None]})


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda c: population_drift(c, shops(50), shops(50).iloc[:0]), "it has no rows"),
        (lambda c: population_drift(c, shops(50), shops(50), date="when"), "date when is no column"),
        (
            lambda c: population_drift(
                c, shops(50).assign(decided=pd.Timestamp("2017-07-01")), shops(50), date="decided"
            ),
            "which past lacks|that past lacks",
        ),
        (lambda c: calibration_drift(shops(9).assign(pd=1.0), "default", "decided"), "pd must lie between 0 and 1"),
        (
            lambda c: calibration_drift(shops(9).assign(pd=0.1, default=np.nan), "default", "decided"),
            "no row has an outcome",
        ),
        (lambda c: lunar_weeks(["1900-01-01"]), "leave the years"),
        (
            lambda c: vintage_curves(ACCOUNTS.assign(opened="2018-01-01"), "opened", "bad", "2018-02-01"),
            "bad lies before opened",
        ),
        (lambda c: vintage_curves(ACCOUNTS, "opened", "bad", "2017-03-01"), "dates after 2017-03-01"),
        (lambda c: vintage_curves(ACCOUNTS.assign(bad="soon"), "opened", "bad", "2018-02-01"), "bad is no date in 2"),
        (
            lambda c: roll_rates(pd.DataFrame({"store_id": [1, 1], "month": "2017-01-01", "days_past_due": 0})),
            "repeat a store",
        ),
        (
            lambda c: roll_rates(pd.DataFrame({"store_id": [1], "month": "2017-01-01", "days_past_due": -3})),
            "negative in 1",
        ),
        (lambda c: early_warnings(pd.DataFrame({"store_id": [1], "pd": 0.1, "owed_rmb": 3.0})), "no sign can be read"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(card, call, sentence):
    with pytest.raises(InputError, match=sentence):
        call(card)
