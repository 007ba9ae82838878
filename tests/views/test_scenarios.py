"""Plans side by side and the funnel: figures in, words out."""

import pandas as pd
import pytest

from lst_workbench import make_plan
from lst_workbench.assumptions import load_register
from lst_workbench.views.funnel import STEPS, funnel, funnel_card
from lst_workbench.views.maps import waves_layer
from lst_workbench.views.scenarios import Named, sentence, side_by_side


@pytest.fixture(scope="module")
def plans(village, village_scenario):
    more = village_scenario.override({"field.reps": village_scenario["field.reps"] * 0.5})
    return Named("this", make_plan(village, village_scenario)), Named("<fewer>", make_plan(village, more))


def test_the_funnel_only_narrows_and_ends_where_the_plan_does(plans):
    tables = plans[0].run.tables
    steps = funnel(tables)
    assert tuple(steps.index) == STEPS and (steps.diff().dropna() <= 0).all()
    assert steps["active"] == tables["curve"]["active"].iloc[-1]
    assert steps["joined"] == len(tables["waves"]) + tables["places_plan"]["participants"].sum()
    assert "签约" in funnel_card(tables, 8.0, "zh")


def test_a_sentence_says_the_difference_and_what_it_rests_on(plans):
    said = sentence(*plans, load_register(), "en")
    change = plans[1].run.kpis()["in_system_stores"] - plans[0].run.kpis()["in_system_stores"]
    assert change < 0 and f"{-change:,.0f} fewer stores in the system" in said
    assert "Field representatives" in said and "&lt;fewer&gt;" in said and "<fewer>" not in said
    assert "comes to the same" in sentence(plans[0], plans[0], load_register(), "en")


def test_the_card_holds_a_line_and_a_column_for_each_plan(plans):
    markup = side_by_side(plans, load_register(), "en")
    assert markup.count("<polyline") == 2 and "&lt;fewer&gt;" in markup and "<fewer>" not in markup
    assert markup.count('class="diff"') >= 4


def test_months_of_the_map_come_in_one_after_the_other(plans):
    tables = plans[0].run.tables
    months = list(tables["curve"]["month"])
    whole = waves_layer(tables["cells_plan"], months, "en")
    none, first = (waves_layer(tables["cells_plan"], months, "en", upto) for upto in (0, 1))
    assert waves_layer(tables["cells_plan"], months, "en", len(months)).geojson == whole.geojson
    assert none.geojson != first.geojson or tables["cells_plan"]["first_month"].min() > pd.Timestamp(months[0])
    assert none.legend == whole.legend and none.bounds == whole.bounds
