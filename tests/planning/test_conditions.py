"""What a plan is asked beside its capacities, from tables and words to the run folder and back."""

import pandas as pd
import pytest

from lst_workbench import load_scenario, make_plan, read_run
from lst_workbench.contracts import InputError, LstError
from lst_workbench.planning import Conditions, make_replan, uncertainty
from lst_workbench.planning.conditions import grouped
from lst_workbench.planning.groups import members, poor_places, store_groups
from lst_workbench.planning.plan import _figure
from tests.planning.run_folder_checker import violations

SCENARIO = load_scenario("base").override({"field.reps": 4000})
SMALL_SHARE = SCENARIO["rollout.small_shops_share"]


@pytest.fixture(scope="module")
def plain(district):
    return make_plan(district, SCENARIO)


@pytest.fixture(scope="module")
def asked(plain):
    """Three stores that the plan does not sign are promised, three that it signs excluded; limits in both ways."""
    decisions, waves = plain.tables["decisions"], plain.tables["waves"]
    left = decisions.loc[decisions["status"] == "not_chosen", "store_id"].head(3).tolist()
    promised = pd.DataFrame({"store_id": left, "month": [2, None, None], "latest_month": [None, "2017-12-01", None]})
    limits = pd.DataFrame({"column": ["all", "prefecture_code"], "value": [None, 341000], "month": [3, None]})
    limits = limits.assign(max_stores=[10.0, None], min_stores=[None, 5.0])
    return Conditions.of(promised, waves[["store_id"]].head(3), limits, ["rural=0.9"], ["small=0.25"])


@pytest.fixture(scope="module")
def run(district, asked, tmp_path_factory):
    return make_plan(district, SCENARIO, tmp_path_factory.mktemp("asked") / "plan", conditions=asked)


def test_the_plan_does_what_it_is_asked(run, asked, district):
    waves, months = run.tables["waves"], sorted(run.tables["plan_months"]["month"])
    signed = waves.set_index("store_id")["month"]
    first, second, third = asked.promised["store_id"]
    assert signed[first] == months[1] and signed[second] <= pd.Timestamp("2017-12-01") and third in signed
    assert not waves["store_id"].isin(asked.excluded["store_id"]).any()
    assert (waves["month"] <= months[2]).sum() <= 10
    rural, small = (
        waves["store_id"].map(members(district.stores, group, SMALL_SHARE)).mean() for group in ("rural", "small")
    )
    assert rural >= 0.9 and small <= 0.25
    told = run.tables["conditions"].set_index(["kind", "column"])
    assert told["shortfall"].sum() == 0
    assert told.loc[("share", "rural"), "reached"] == pytest.approx(rural)
    assert "3 of 3 promised stores signed" in run.notes[0]["text"] or any("3 of 3" in n["text"] for n in run.notes)
    assert violations(run.path) == []


def test_chance_signs_nobody_who_is_left_out(district, plain):
    """With all candidates left out but those signed, more room in a draw can sign no one else."""
    figures = {key: _figure(SCENARIO.at_stores(len(district.stores)), key, 7) for key in uncertainty.KEYS}
    tables = {**district.tables, **{name: plain.tables[name] for name in plain.tables}}
    regions = uncertainty.regions_of(tables["stores"], tables["territories"])[1]
    free = uncertainty.plan_queues(tables, figures, regions)
    others = tables["stores"].loc[~tables["stores"]["store_id"].isin(tables["waves"]["store_id"]), ["store_id"]]
    held = uncertainty.plan_queues({**tables, "left_out": others}, figures, regions)
    counts = [queues.parts[:, -1, 0].sum() for queues in (held, free)]
    assert counts[0] == len(tables["waves"]) < counts[1]


def test_the_same_conditions_are_the_same_run_and_others_are_refused(run, asked, district):
    again = make_plan(district, SCENARIO, run.path, conditions=asked)
    assert again.meta["finished"] == run.meta["finished"]
    with pytest.raises(LstError, match="other inputs"):
        make_plan(district, SCENARIO, run.path)
    with pytest.raises(LstError, match="other inputs"):
        make_plan(district, SCENARIO, run.path, conditions=Conditions.of(at_least=["rural=0.5"]))


def test_the_folder_says_why(run, asked):
    read = read_run(run.path)
    excluded, promised = int(asked.excluded["store_id"].iloc[0]), int(asked.promised["store_id"].iloc[0])
    assert "asked to leave it out" in read.explain(excluded).text and read.explain(excluded).key == "excluded"
    assert read.explain(promised).text.endswith("It is promised.")
    margins = read.tables["margins"].set_index("store_id")["target_price"].drop(asked.promised["store_id"])
    assert margins.abs().max() > 0
    assert "A floor or cap" in read.explain(int(margins.abs().idxmax())).text


def test_a_plan_made_again_keeps_promises_and_limits(run, asked, district):
    due = run.tables["waves"].query("month <= '2017-10-01'").assign(outcome="signed")
    made = make_replan(run, due, 2)
    waves = made.tables["waves"]
    assert asked.promised["store_id"].isin(waves["store_id"]).all()
    assert not waves["store_id"].isin(asked.excluded["store_id"]).any()
    assert waves["store_id"].map(members(district.stores, "small", SMALL_SHARE)).mean() <= 0.25


def test_contradictions_are_said_at_once_and_before_anything_is_planned(district):
    stores, joined = district.stores["store_id"], district.participants["store_id"]
    free = stores[~stores.isin(joined)].iloc[:1]
    promised = pd.DataFrame({"store_id": [*free, joined.iloc[0], -5]})
    limits = pd.DataFrame({"column": ["province_code", "rural"], "value": [110000, None]})
    limits = limits.assign(min_stores=1.0, max_stores=[None, 0.0])
    asked = Conditions.of(promised, pd.DataFrame({"store_id": free}), limits)
    with pytest.raises(InputError) as error:
        make_plan(district, SCENARIO, conditions=asked)
    for said in ("store -5 is not among", "in the system already", "excluded too", "no store in province_code 110000"):
        assert any(said in fault for fault in error.value.faults)
    assert any("at least 1 and at most 0" in fault for fault in error.value.faults)


@pytest.mark.parametrize("words", [["rural"], ["blue=0.2"], ["rural=1.4"]])
def test_words_that_are_no_share_are_refused(district, words):
    with pytest.raises(InputError):
        make_plan(district, SCENARIO, conditions=Conditions.of(at_least=words))


def test_a_third_of_the_people_at_most_live_in_poor_counties(market):
    poor = poor_places(market.places, market.cells, SCENARIO["rollout.poor_people_share"])
    people = market.cells.groupby("place_id")["people"].sum()
    share = people[people.index.map(poor).astype(bool)].sum() / people.sum()
    assert 0 < share <= 1 / 3
    groups = store_groups(market.stores, market.places, market.cells, ["poor", "all", "county_code"], SCENARIO)
    assert groups["all"].eq(1).all() and 0 < groups["poor"].mean() < 1 and groups["county_code"].nunique() > 1


def test_a_part_of_the_market_is_asked_for_its_part_of_a_quota():
    groups = pd.DataFrame({"store_id": range(10), "rural": [1] * 8 + [0] * 2})
    quotas = pd.DataFrame({"column": ["rural"], "value": [1], "min_stores": [4.0], "max_stores": [None], "stores": [8]})
    quotas = quotas.astype({"max_stores": float})
    for here, floor in ((range(10), 4.0), (range(4), 2.0), ([8, 9], 0.0)):
        loads, left = grouped(pd.DataFrame({"store_id": here}), {"store_groups": groups, "quotas": quotas})
        assert left["min_stores"].iloc[0] == floor and left["max_stores"].isna().all()
        assert loads["store_id"].tolist() == list(here)


def test_floor_and_cap_of_one_group_belong_together_and_must_leave_room(district):
    both = Conditions.of(None, None, None, ["rural=0.2"], ["rural=0.4", "village=0.3"])
    assert both.limits[["column", "min_share", "max_share"]].fillna(0).values.tolist() == [
        ["rural", 0.2, 0.4], ["village", 0.0, 0.3],
    ]  # fmt: skip
    asked = Conditions.of(None, None, None, ["rural=0.6"], ["rural=0.4"])
    with pytest.raises(InputError, match="rural is to be at least 0.6 and at most 0.4"):
        make_plan(district, load_scenario("base"), conditions=asked)


def test_a_plan_keeps_a_floor_of_poor_counties_and_tells_how_many_are_signed(market):
    floored = make_plan(market, SCENARIO, conditions=Conditions.of(at_least=["poor=0.5"]))
    counts = floored.tables["groups_plan"].set_index("group")
    reached = counts.loc["poor", "signups"] / counts.loc["all", "signups"]
    assert reached >= 0.5
    assert floored.tables["conditions"]["reached"].iloc[0] == pytest.approx(reached)
    places = poor_places(market.places, market.cells, SCENARIO["rollout.poor_people_share"])
    poor = market.stores["place_id"].map(places)
    assert counts.loc["poor", "stores"] == poor.sum()
