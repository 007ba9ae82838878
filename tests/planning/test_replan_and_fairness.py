"""A run made again mid-year, and the price of fairness, from the folder to the table."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench import load_scenario, make_plan, read_run
from lst_workbench.assumptions import load_register
from lst_workbench.contracts import InputError
from lst_workbench.planning import Conditions, fairness_price, make_replan
from lst_workbench.planning.groups import members
from tests.planning.run_folder_checker import violations


@pytest.fixture(scope="module")
def run(district, tmp_path_factory):
    folder = tmp_path_factory.mktemp("plan") / "base"
    return make_plan(district, load_scenario("base").override({"field.reps": 4000}), folder)


def lived(run, months_over):
    months = sorted(run.tables["plan_months"]["month"])
    due = run.tables["waves"][run.tables["waves"]["month"] <= months[months_over - 1]].reset_index(drop=True)
    return due.assign(
        outcome=np.where(due.index % 10 == 0, "failed", "signed"), month=[months.index(m) + 1 for m in due["month"]]
    )


def test_a_run_made_again_keeps_its_limits_and_can_be_made_again(run, tmp_path):
    made = make_replan(run, lived(run, 4), 4, tmp_path / "january")
    assert violations(tmp_path / "january") == []
    read = read_run(tmp_path / "january")
    pd.testing.assert_frame_equal(read.tables["wave_changes"], made.tables["wave_changes"])
    failed = lived(run, 4).query("outcome == 'failed'")["store_id"]
    assert not read.tables["waves"]["store_id"].isin(failed).any()
    assert f"{len(failed):,} failed" in made.notes[0]["text"]
    assert f"{len(failed):,} failed: this is what happened in the field." in [note["text"] for note in made.notes]
    curve, before = read.tables["curve"], run.tables["curve"]
    assert curve["signups"].sum() == len(read.tables["waves"]) and (curve["active"] <= curve["in_system"]).all()
    assert curve["in_system"].iloc[3] < before["in_system"].iloc[3], "those who failed are not in the system"
    later = make_replan(read, lived(read, 6), 6, tmp_path / "march")
    assert violations(tmp_path / "march") == []
    assert (later.tables["wave_changes"]["change"] == "kept").sum() > 0


@pytest.mark.parametrize("month", [0, 12])
def test_a_month_that_leaves_nothing_is_refused(run, month):
    with pytest.raises(InputError, match="leaves nothing to plan; give one from 1 to 11"):
        make_replan(run, lived(run, 4), month)


@pytest.mark.parametrize("group", ["village", "small"])
def test_a_floor_costs_the_more_the_higher_it_is(run, district, group):
    table = fairness_price(run, district, group)
    assert table["min_share"].is_monotonic_increasing and table.loc[0, "cost_share"] == 0
    met = table["shortfall_stores"] == 0
    assert met.all(), "without promises there is always a plan with the share asked for"
    assert (table["share"] >= table["min_share"] - 1e-6).all()
    assert (table["at_least_share"] <= table["cost_share"] + 1e-9).all()
    assert (table["cost_share"].diff().dropna() > -table["gap_share"].max()).all()
    belongs = members(district.stores, group, load_register()["rollout.small_shops_share"].value)
    share = run.tables["waves"]["store_id"].map(belongs).mean()
    assert table.loc[0, "share"] == pytest.approx(share, abs=0.05)


def test_the_price_of_a_floor_keeps_the_conditions_of_the_plan(district):
    scenario = load_scenario("base").override({"field.reps": 4000})
    capped = make_plan(district, scenario, conditions=Conditions.of(at_most=["rural=0.2"]))
    table = fairness_price(capped, district, "rural", [0.15, 0.5])
    assert (table["share"] <= 0.2).all() and (table["share"].iloc[:2] > 0).all()
    assert table["cost_share"].iloc[2] == 1, "no plan but an empty one keeps cap and floor"


def test_faults_of_a_floor_are_named_together(run, district):
    with pytest.raises(InputError) as error:
        fairness_price(run, district, "blue", [1.5])
    assert len(error.value.faults) == 2
