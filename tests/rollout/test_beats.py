"""Beats: balanced, whole, compact; days that can be walked; a lot that is fair."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.geo import haversine_km
from lst_workbench.rollout import BeatParams, assign_beats, hold_out

PARAMS = BeatParams(
    stores_per_rep=450, least_stores=300, most_stores=600, day_visits=20, day_minutes=480, visit_minutes=15,
    days_week=5, town_km_hour=12, rural_km_hour=25, circuity=1.3, strike_rate=0.3, lines_per_call=6, weeks=8,
)  # fmt: skip


def draw_stores(seed, n, prefectures=3):
    rng = np.random.default_rng(seed)
    town = rng.integers(0, 30, n)
    at = rng.uniform(0, 1, (30, 2))
    return pd.DataFrame(
        {
            "store_id": rng.permutation(9 * n)[:n],
            "lat": 30 + at[town, 0] + rng.normal(0, 0.01, n),
            "lon": 118 + at[town, 1] + rng.normal(0, 0.01, n),
            "settlement_kind": rng.choice(["city_core", "village"], n),
            "every_weeks": rng.choice([1, 4, 8, 8, 8], n),
            "prefecture_code": town % prefectures,
        }
    )


@pytest.fixture(scope="module")
def stores():
    return draw_stores(1, 3000)


@pytest.fixture(scope="module")
def result(stores):
    return assign_beats(stores, params=PARAMS, group="prefecture_code")


def test_every_store_has_one_rep_and_no_beat_crosses_a_border(stores, result):
    of = stores.merge(result.tables["beat_stores"], on="store_id", validate="one_to_one")
    assert len(of) == len(stores)
    assert (of.groupby("rep_id")["prefecture_code"].nunique() == 1).all()


def test_beats_are_balanced(stores, result):
    beats = result.tables["beats"]
    assert beats["stores"].between(300, 600).all() and beats["stores"].sum() == len(stores)
    assert (beats.groupby("group")["stores"].agg(np.ptp) <= 1).all()
    assert result.kpis()["balanced_share"] == 1.0


def test_beats_are_far_more_compact_than_a_draw(stores, result):
    shuffled = stores.assign(lat=stores["lat"].sample(frac=1, random_state=1).to_numpy())
    shuffled["lon"] = stores["lon"].sample(frac=1, random_state=1).to_numpy()
    of = stores.merge(result.tables["beat_stores"], on="store_id")
    own = of.groupby("rep_id")[["lat", "lon"]].std().mean().mean()
    assert own < 0.75 * stores[["lat", "lon"]].std().mean()


def test_every_store_is_visited_as_often_as_asked(stores, result):
    visits = result.tables["visits"]
    counts = visits["store_id"].value_counts()
    asked = PARAMS.weeks // stores.set_index("store_id")["every_weeks"]
    assert counts.reindex(asked.index).eq(asked).all()
    weekly = visits.groupby(["rep_id", "week"]).size().unstack()
    assert (weekly.max(axis=1) - weekly.min(axis=1)).max() <= 4  # one part of a tour is as long as the next


def test_days_keep_their_bounds_and_clocks_run_forward(result):
    visits = result.tables["visits"]
    day = visits.groupby(["rep_id", "week", "day"])
    assert day.size().max() <= PARAMS.day_visits
    assert (day["start_minute"].max() + PARAMS.visit_minutes).max() <= PARAMS.day_minutes + 1e-6
    expected = day["travel_minutes"].cumsum() + (visits["stop"] - 1) * PARAMS.visit_minutes
    assert np.allclose(visits["start_minute"], expected)
    assert (visits.loc[visits["stop"] == 1, "km"] == 0).all()
    days = visits.groupby(["rep_id", "week"])["day"].max().groupby("rep_id").max()
    beats = result.tables["beats"].set_index("rep_id")
    assert beats["days_week"].eq(days).all() and beats["fits"].eq(days <= PARAMS.days_week).all()


def test_ways_are_great_circles_times_the_detour(stores, result):
    visits = result.tables["visits"].merge(stores[["store_id", "lat", "lon"]], on="store_id")
    before = visits.groupby(["rep_id", "week", "day"])[["lat", "lon"]].shift()
    km = haversine_km(
        visits["lat"], visits["lon"], before["lat"].fillna(visits["lat"]), before["lon"].fillna(visits["lon"])
    )
    far = (visits["stop"] > 1) & (km > 0.1)
    assert far.sum() > 500 and np.allclose(visits.loc[far, "km"], 1.3 * km[far], rtol=0.01)


def test_targets_follow_visits(result):
    beats = result.tables["beats"]
    assert np.allclose(beats["orders_week"], 0.3 * beats["visits_week"])
    assert np.allclose(beats["lines_week"], 6 * beats["orders_week"])


def test_given_reps_are_shared_out_by_stores(stores):
    beats = assign_beats(stores, 9, params=PARAMS, group="prefecture_code").tables["beats"]
    assert len(beats) == 9 and beats["stores"].max() / beats["stores"].min() < 1.7
    with pytest.raises(InputError, match="fewer than the 3 groups"):
        assign_beats(stores, 2, params=PARAMS, group="prefecture_code")


def test_the_order_of_rows_plays_no_part(stores, result):
    again = assign_beats(stores.sample(frac=1, random_state=3), params=PARAMS, group="prefecture_code")
    for name, table in result.tables.items():
        pd.testing.assert_frame_equal(table, again.tables[name])


def test_a_day_by_hand_on_a_line():
    # Five shops, 1 km apart: a visit of 15 minutes, 1.3 km of road at 12 km/h is 6.5 minutes; 60 minutes hold three.
    line = pd.DataFrame({"store_id": range(5), "lat": [30 + i / 111.19 for i in range(5)], "lon": 0.0})
    line = line.assign(settlement_kind="city_core", every_weeks=1)
    params = BeatParams(**{**vars(PARAMS), "day_minutes": 60, "weeks": 1, "stores_per_rep": 300})
    visits = assign_beats(line, params=params).tables["visits"]
    assert visits.groupby("day").size().tolist() == [3, 2]
    first = visits[visits["day"] == 1]
    assert first["start_minute"].tolist() == pytest.approx([0, 21.5, 43.0], abs=0.01)


def test_faults_are_said_at_once(stores):
    with pytest.raises(InputError, match=r"every_weeks must be 1"):
        assign_beats(stores.assign(every_weeks=0.5), params=PARAMS)
    with pytest.raises(InputError, match=r"2 faults"):
        BeatParams(**{**vars(PARAMS), "visit_minutes": 500, "circuity": 0})


def places(n=120):
    rng = np.random.default_rng(0)
    kind = rng.choice(["village", "township"], n)
    return pd.DataFrame({"place_id": range(n), "stores": rng.integers(1, 500, n), "settlement_kind": kind})


def test_held_out_places_are_one_a_block_and_alike():
    table = hold_out(places(), 0.2).merge(places(), on="place_id")
    held = table[table["arm"] == "held_out"]
    assert 18 <= len(held) <= 30 and held["block"].is_unique and held["start_month"].isna().all()
    assert (table.groupby("block")["settlement_kind"].nunique() == 1).all()
    rest = table[table["arm"] == "treated"]
    assert held["stores"].mean() == pytest.approx(rest["stores"].mean(), rel=0.15)


def test_every_place_is_as_likely_to_be_held_out():
    drawn = pd.concat([hold_out(places(33), 0.25, seed=seed) for seed in range(400)])
    held = drawn.assign(held=drawn["arm"] == "held_out").groupby("place_id")["held"].mean()
    assert held.between(0.25 - 0.1, 0.25 + 0.1).all()


def test_staggered_starts_are_spread_evenly_and_reach_all():
    table = hold_out(places(), 0.0, stagger_months=6)
    counts = table["start_month"].value_counts()
    assert set(counts.index) == set(range(1, 7)) and counts.max() - counts.min() <= 3
    assert set(table["arm"]) == {"treated", "later"}


def test_the_lot_depends_on_its_seed_only():
    first, again = hold_out(places(), 0.2), hold_out(places().iloc[::-1], 0.2)
    pd.testing.assert_frame_equal(first, again)
    assert not hold_out(places(), 0.2, seed=8).equals(first)


def test_a_share_of_nothing_is_refused():
    with pytest.raises(InputError, match="share must be above 0"):
        hold_out(places(), 0.0)
