"""Announced goals of a finished plan: they agree with its own headline figures."""

import pytest

from lst_workbench.assumptions import data_folder, load_register, load_scenario
from lst_workbench.contracts import Goals
from lst_workbench.market import read_market
from lst_workbench.planning import make_plan
from lst_workbench.planning.goals import goals_of
from lst_workbench.views.goal_cards import goals_table


@pytest.fixture(scope="module")
def planned():
    market = read_market(data_folder() / "sample")
    return make_plan(market, load_scenario("base").override({"rollout.draws": 50})), market


def test_goals_agree_with_the_plans_own_figures(planned):
    result, market = planned
    table = Goals.check(goals_of(result, market, load_register()))
    last, kpis = table.groupby("goal", observed=True).last(), result.kpis()
    assert last.loc["in_system", "value"] == kpis["in_system_stores"]
    assert last.loc["in_system", "before"] == len(market.participants)
    ranges = result.tables["kpi_ranges"].set_index("name")
    assert last.loc["active", "p90"] == pytest.approx(ranges.loc["active_stores", "p90"])
    assert 1.0 < last.loc["gmv_multiple", "value"] < 10
    assert len(table) == 5 * len(result.tables["curve"])


def test_a_run_without_ranges_still_has_goals(planned):
    result, market = planned
    bare = {name: result.tables[name] for name in ("curve", "potentials")}
    table = goals_of(type(result)(bare, result.meta), market, load_register())
    assert table.loc[table["goal"] == "active", "p10"].isna().all()
    for lang in ("en", "zh"):
        assert "nan" not in goals_table(table, load_register(), lang)


def test_a_goal_reached_by_the_plan_alone_says_its_odds(planned):
    """The pill takes its colour from the chance, not from where the plan's own figures end."""
    result, market = planned
    goals = goals_of(result, market, load_register())
    sure = goals.assign(value=1e9, target=1.0, odds=0.12)
    assert '<span class="pill bad">reached, chance 12%</span>' in goals_table(sure, load_register(), "en")
    odds = result.tables["curve_ranges"].query("measure == 'in_system'").sort_values("month")["goal_share"].iloc[-1]
    assert goals.query("goal == 'in_system'")["odds"].iloc[-1] == odds
