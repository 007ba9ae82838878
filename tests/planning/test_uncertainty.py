"""How sure a plan is: at its own figures the plan itself, ranges that agree, odds that move with the goal."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.planning import make_plan, plan
from lst_workbench.planning.lives import UNCERTAIN, lives_of
from lst_workbench.planning.uncertainty import (
    KEYS,
    _crossing,
    drawn_of,
    order_kept,
    plan_queues,
    regions_of,
    uncertainty,
)
from lst_workbench.rollout import simulate


@pytest.fixture(scope="module")
def result(district):
    return make_plan(district, load_scenario("base"))


@pytest.fixture(scope="module")
def known(result, district):
    return {**district.tables, **{name: result.tables[name] for name in result.tables}}


@pytest.fixture(scope="module")
def figures(district):
    here = load_scenario("base").at_scale(len(district.stores) / 6e6)
    return {key: plan._figure(here, key, 7) for key in KEYS}


def test_as_assumed_and_without_chance_it_is_the_plan(known, figures):
    queues = plan_queues(known, figures, regions_of(known["stores"], known["territories"])[1])
    months = pd.DatetimeIndex(known["plan_months"]["month"])
    lives = lives_of({key: np.array([figures[key]]) for key in UNCERTAIN}, figures, queues, months)
    lived = simulate(queues, lives, chance=False).months[0]
    planned = known["curve"][["signups", "in_system", "active", "gmv_rmb"]].to_numpy(np.float64)
    assert lived == pytest.approx(planned, rel=1e-6)


def test_ranges_agree_with_each_other(result):
    tables = result.tables
    kpis = tables["kpi_ranges"].set_index("name")
    for table in (kpis.dropna(), tables["curve_ranges"], tables["reps_odds"]):
        assert (table["p10"] <= table["p50"]).all() and (table["p50"] <= table["p90"]).all()
    last = tables["curve_ranges"].query("month == month.max() and measure == 'in_system'").iloc[0]
    assert last[["p10", "p50", "p90"]].tolist() == kpis.loc["in_system_stores", ["p10", "p50", "p90"]].tolist()
    odds = kpis.at["in_system_stores", "goal_share"]
    assert last["goal_share"] == odds
    assert tables["reps_odds"].set_index("reps")["goal_share"].is_monotonic_increasing
    assert tables["reps_odds"].set_index("reps")["goal_share"][result.kpis()["reps"]] == odds
    assert kpis.at["gap_stores", "p50"] == pytest.approx(kpis.at["in_system_stores", "p50"] - 1e6 * 2000 / 6e6)


def test_odds_by_reps_are_those_of_plans_lived_through(known, figures):
    """Chance is carried over from the plan's own reps; each number of reps lived through by itself says the same."""
    level, regions = regions_of(known["stores"], known["territories"])
    queues, reps = plan_queues(known, figures, regions), 3.0
    months = pd.DatetimeIndex(known["plan_months"]["month"])
    drawn = drawn_of(figures, regions)
    lived = simulate(queues, lives_of(drawn, figures, queues, months, reps), 7).at_end("in_system")
    odds = uncertainty(known, figures).tables["reps_odds"].set_index("reps").loc[reps * figures["field.reps"]]
    assert odds[["p10", "p50", "p90"]].tolist() == pytest.approx(np.quantile(lived, [0.1, 0.5, 0.9]), rel=0.03)
    assert odds["goal_share"] == pytest.approx((lived >= figures["goal.stores"]).mean(), abs=0.02)


def test_the_tornado_is_the_plan_with_one_figure_moved(result, district):
    """Orders have no stores in them, so their row can be had by hand."""
    row = result.tables["tornado"].set_index(["name", "key"]).loc[("contribution_rmb_order", "econ.take_rate")]
    order = result.tables["economics"].set_index("item")["value"]["order_rmb"]
    assert row["at_high"] - row["at_low"] == pytest.approx(order * (row["high"] - row["low"]))
    assert row["rank_correlation"] > 0
    assert result.tables["tornado"].groupby("name")["swing"].apply(lambda s: s.is_monotonic_decreasing).all()
    nothing = result.tables["tornado"].set_index(["name", "key"]).loc[("in_system_stores", "econ.take_rate")]
    assert nothing["swing"] == 0


def test_regions_are_ranked_and_add_up(result):
    regions = result.tables["region_ranges"]
    assert regions["level"].unique().tolist() == ["territory"]
    assert sorted(regions["rank"]) == list(range(1, len(regions) + 1))
    assert regions["active"].is_monotonic_decreasing
    assert regions["active"].sum() == pytest.approx(result.kpis()["active_stores"])
    assert regions["signups"].sum() == pytest.approx(result.kpis()["signups_stores"])


def test_the_goal_decides_the_odds(known, figures):
    def odds(stores):
        made = uncertainty(known, {**figures, "goal.stores": stores, "rollout.draws": 50.0})
        return made.tables["kpi_ranges"].set_index("name").at["in_system_stores", "goal_share"], made.notes[0]

    assert odds(1.0)[0] == 1.0
    share, note = odds(1e9)
    assert share == 0.0
    assert note["text"].startswith("The goal is reached in 0% of 50 draws; eight in ten draws end with")


def test_without_spread_every_draw_is_close_to_the_plan(known, figures, result):
    certain = {key: figures[key.removesuffix(" low").removesuffix(" high")] for key in KEYS}
    made = uncertainty(known, {**certain, "rollout.draws": 200.0}).tables["kpi_ranges"].set_index("name")
    planned = result.kpis()["in_system_stores"]
    assert made.at["in_system_stores", "p10"] < planned * 1.01
    assert made.at["in_system_stores", "p50"] == pytest.approx(planned, rel=0.06)
    order = made.loc["contribution_rmb_order"]
    assert order["p10"] == order["p90"] == pytest.approx(result.kpis()["contribution_rmb_order"])


def test_a_territory_belongs_where_most_of_its_stores_are():
    stores = pd.DataFrame({"place_id": [1, 1, 2, 3], "prefecture_code": [10, 10, 20, 20]})
    territories = pd.DataFrame({"place_id": [1, 2, 3], "territory_id": [7, 7, 8]})
    level, regions = regions_of(stores, territories)
    assert level == "prefecture" and regions.to_dict() == {7: 10, 8: 20}


def test_where_a_rising_line_meets_a_level():
    at, rising = np.array([1.0, 2.0, 4.0]), np.array([[10.0, 30, 1], [20, 40, 2], [20, 50, 3]])
    assert _crossing(at, rising, 15.0)[:2] == pytest.approx([1.5, 0.5])
    assert np.isnan(_crossing(at, rising, 15.0)[2])


def test_pairs_that_keep_their_order():
    assert order_kept(np.array([3.0, 2, 1]), np.array([[3.0, 2, 1], [1, 2, 3]])) == pytest.approx(0.5)
    assert order_kept(np.array([1.0]), np.array([[5.0]])) == 1.0
