"""The plan end to end: a village solved by hand, a district checked by an independent reader, sums that must agree."""

import shutil

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.contracts import CONTRACTS, InputError, LstError
from lst_workbench.planning import STAGES, levers, make_plan, wave_inputs
from lst_workbench.planning.outcome import line_haul_km
from lst_workbench.runs import read_run
from tests.planning.run_folder_checker import violations

KEPT = 0.88 ** (1 / 12)  # share of stores that live through a month


@pytest.fixture(scope="module")
def village_plan(village, village_scenario):
    return make_plan(village, village_scenario)


@pytest.fixture(scope="module")
def district_plan(district, tmp_path_factory):
    return make_plan(district, load_scenario("base"), tmp_path_factory.mktemp("runs") / "base")


def test_village_is_signed_as_by_hand(village_plan):
    """7.04 visits a month, half a visit of care for the store that is in already and each that was signed.

    The eighth store needs 3 + 8 x 0.5 = 7 visits, a ninth would need 7.5. Starts are worth a little more early: two
    at once (0.5 + 2 x 3 = 6.5), then one a month, since a second one in October would take 0.5 + 2 x 0.5 + 6 = 7.5.
    """
    waves = village_plan.tables["waves"]
    by_month = waves["month"].dt.strftime("%Y-%m").value_counts().sort_index().to_dict()
    months = pd.period_range("2017-10", "2018-03", freq="M").astype(str)
    assert by_month == {"2017-09": 2} | dict.fromkeys(months, 1)
    value = village_plan.tables["wave_stores"].set_index("store_id")["value"]
    assert set(value.index) - set(waves["store_id"]) == {value.idxmin()}, "who orders least is left out"
    assert village_plan.certificate.gap < 1e-6


def test_village_figures_as_by_hand(village_plan):
    in_system = KEPT**12 + 2 * KEPT**11 + sum(KEPT**left for left in range(5, 11))
    kpis = village_plan.kpis()
    assert kpis["in_system_stores"] == pytest.approx(in_system)
    assert kpis["active_stores"] == pytest.approx(0.45 * in_system)
    assert kpis["signups_stores"] == 8
    assert kpis["uncovered_stores"] == 2
    assert kpis["gap_stores"] == pytest.approx(in_system - 12 / 6)
    # 765 x (3.5% - 1.8% - 280 km x 0.45 RMB / 9,000 RMB) - 25 RMB for a drop in a township
    assert kpis["contribution_rmb_order"] == pytest.approx(765 * (0.035 - 0.018 - 280 * 0.45 / 9000) - 25)
    pay = 0.008 * 6000 * 12 + 8 * 100
    assert kpis["field_cost_rmb_active_store"] == pytest.approx(pay / (0.45 * in_system))


def test_loss_of_an_order_is_said_with_what_mends_it(village_plan):
    said = next(note["text"] for note in village_plan.notes if note["key"] == "order_loses")
    assert "loses 22.70 RMB" in said
    assert "an order of 8,333 RMB" in said  # 25 / 0.3%
    assert "a drop that costs 2.30 RMB" in said  # 765 x 0.3%
    assert "a margin of 6.5%" in said  # 1.8% + 1.4% + 25 / 765


def test_every_store_has_one_decision(village_plan, village):
    status = village_plan.tables["decisions"].set_index("store_id")["status"].astype(str)
    assert status.to_dict() == {1: "participant", **dict.fromkeys(range(2, 10), "signed"), 10: "not_chosen"} | {
        11: "uncovered",
        12: "uncovered",
    }
    for store_id, key in ((1, "participant"), (2, "signed"), (11, "uncovered")):
        assert village_plan.explain(store_id).key == key


def test_an_independent_reader_finds_no_violation(district_plan, village, village_scenario, tmp_path):
    assert violations(district_plan.path) == []
    assert violations(make_plan(village, village_scenario, tmp_path / "village").path) == []


@pytest.mark.parametrize("planted", ["one store more", "a capacity cut", "a load hidden"])
def test_the_independent_reader_sees_planted_faults(village, village_scenario, tmp_path, planted):
    tables = make_plan(village, village_scenario, tmp_path / "run").path / "tables"
    if planted == "one store more":
        waves = pd.read_parquet(tables / "waves.parquet")
        more = pd.DataFrame({"store_id": [10], "month": waves["month"].max()}).astype(waves.dtypes)
        pd.concat([waves, more]).to_parquet(tables / "waves.parquet")
    elif planted == "a capacity cut":
        months = pd.read_parquet(tables / "territory_months.parquet")
        months.assign(visits=months["visits"] - 1).to_parquet(tables / "territory_months.parquet")
    else:
        capacities = pd.read_parquet(tables / "capacities.parquet")
        capacities.assign(used=capacities["base_load"]).to_parquet(tables / "capacities.parquet")
    assert violations(tmp_path / "run")


def test_sums_of_a_plan_agree(district_plan, district):
    table = district_plan.tables
    status = table["decisions"]["status"].value_counts()
    assert len(table["decisions"]) == len(district.stores) == status.sum()
    assert status["participant"] == len(district.participants)
    assert status["signed"] == len(table["waves"]) == table["curve"]["signups"].sum() > 50
    for by in ("places_plan", "cells_plan"):
        assert table[by]["stores"].sum() == len(district.stores)
        assert table[by]["signups"].sum() == status["signed"]
        assert table[by]["participants"].sum() == status["participant"]
        assert table[by]["uncovered"].sum() == status["uncovered"]
    last = table["curve"].iloc[-1]
    assert table["places_plan"]["gmv_rmb_month"].sum() == pytest.approx(last["gmv_rmb"])
    assert table["cells_plan"]["potential_rmb_month"].sum() == pytest.approx(
        table["potentials"]["potential_rmb_month"].sum(), rel=1e-5
    )
    assert district_plan.kpis()["in_system_stores"] == last["in_system"]
    assert set(table) >= {name for name in ("kpis", "levers", "economics", "capacities", "curve")}


def test_curve_is_last_month_thinned_plus_sign_ups(district_plan, district):
    curve = district_plan.tables["curve"]
    before = np.r_[len(district.participants), curve["in_system"].to_numpy()[:-1]]
    assert curve["in_system"].to_numpy() == pytest.approx(before * KEPT + curve["signups"].to_numpy())


def test_stored_tables_meet_their_contracts(district_plan):
    for name, frame in read_run(district_plan.path).tables.items():
        if name in CONTRACTS:
            pd.testing.assert_frame_equal(CONTRACTS[name].check(frame), frame)


def test_the_same_inputs_give_the_same_plan(district, district_plan):
    again = make_plan(district, load_scenario("base"))
    for name in district_plan.tables:
        pd.testing.assert_frame_equal(again.tables[name], district_plan.tables[name])


def test_levers_are_plans_solved_again(district, district_plan):
    """The line for reps is the gain of a plan that has them."""
    lever = district_plan.tables["levers"].set_index("key").loc["field.visits_day"]
    moved = make_plan(district, load_scenario("base").override({"field.visits_day": lever["value"]}))
    gain = moved.kpis()["in_system_stores"] - district_plan.kpis()["in_system_stores"]
    assert lever["in_system_gain"] == pytest.approx(gain, abs=3.0)  # both are within a gap of their best
    assert gain > 0


def test_a_large_market_is_judged_by_a_part_of_its_territories(district, district_plan, monkeypatch):
    tables = {**district.tables, **district_plan.tables}
    monkeypatch.setattr(levers, "SAMPLE_STORES", len(tables["wave_stores"]) // 2)
    part = levers.sampled(tables)
    territory = tables["territories"].set_index("place_id")["territory_id"]
    kept = set(part.tables["stores"]["place_id"].map(territory))
    assert 0 < len(kept) < 5 and 0.2 < part.share < 0.8
    for stores in (part.tables["stores"], part.tables["potentials"]):
        assert len(stores) == part.share_of_stores * len(district.stores)
    assert (part.tables["sites"]["capacity_m3_month"] <= district.sites["capacity_m3_month"]).all()
    figures = {**district_plan.meta["scenario"]["figures"], "goal.counts_signups": 0.0}
    figures[wave_inputs.FRONT_CAPACITY_REGISTERED] = figures[wave_inputs.FRONT_CAPACITY]
    rough = levers.levers(tables, figures)
    assert f"{part.share:.0%} of the stores" in rough.notes[0]["text"]
    gain, exact = (t["levers"].set_index("key")["in_system_gain"] for t in (rough.tables, district_plan.tables))
    assert gain["field.reps"] == pytest.approx(exact["field.reps"], rel=0.5)
    now = rough.tables["reps_search"].set_index("reps")["stores"][figures["field.reps"]]
    assert now == pytest.approx(district_plan.kpis()["in_system_stores"])


def test_stages_that_another_run_made_are_shared(village, village_scenario, tmp_path):
    make_plan(village, village_scenario, tmp_path / "first")
    moved = village_scenario.override({"capital.working_rmb": 4e9})
    second = make_plan(village, moved, tmp_path / "second")
    made_before = {name for name, stage in second.meta["stages"].items() if "shared_with" in stage}
    assert made_before == {"catchments", "potentials", "assignments"}
    alone = make_plan(village, moved, tmp_path / "elsewhere" / "run")
    for name in alone.tables:
        pd.testing.assert_frame_equal(second.tables[name], alone.tables[name])
    shutil.rmtree(tmp_path / "first")
    assert len(read_run(tmp_path / "second").tables["catchments"]) == 12


def test_reps_for_the_goal_reach_it_and_fewer_do_not(district_plan):
    search = district_plan.tables["reps_search"]
    needed = district_plan.kpis()["reps_for_goal"]
    goal = district_plan.tables["kpis"].set_index("name").at["in_system_stores", "goal"]
    assert search.loc[search["reps"] == needed, "stores"].item() >= goal
    below = search.loc[search["reps"] < needed, "reps"].max()
    assert not search.loc[search["reps"] == below, "reaches"].item()
    assert needed - below <= 0.02 * needed


def test_reps_alone_do_not_help_where_warehouses_bind(district):
    cramped = {**district.tables, "sites": district.sites.assign(capacity_m3_month=8.0)}
    result = make_plan(type(district)(district.meta, cramped), load_scenario("base"))
    assert np.isnan(result.kpis()["reps_for_goal"])
    said = next(note for note in result.notes if note["key"] == "reps_never_reach_goal")
    assert "warehouse throughput" in said["text"] and "volume_m3" in said["binds"]


def test_more_reps_sign_more_and_sign_ups_count_gross(district, district_plan):
    more = make_plan(district, load_scenario("more-reps"))
    assert more.kpis()["in_system_stores"] > district_plan.kpis()["in_system_stores"] + 50
    new = make_plan(district, load_scenario("million-new"))
    goals = new.tables["kpis"].set_index("name")["goal"]
    assert goals["signups_stores"] == pytest.approx(1e6 * 2000 / 6e6)
    assert np.isnan(goals["in_system_stores"])


def test_figures_of_the_nation_take_the_markets_share(village_plan, village):
    figures = village_plan.meta["scenario"]["figures"]
    assert figures["field.reps"] == pytest.approx(4000 * 12 / 6e6)
    assert figures["field.visits_day"] == 40
    visits = village_plan.tables["territory_months"]["visits"]
    assert visits.to_numpy() == pytest.approx(0.008 * 40 * 22 - 0.5)


def test_the_festival_month_is_short(district_plan):
    visits = district_plan.tables["capacities"].query("resource == 'visits' and resource_id == 1").set_index("month")
    whole, short = visits.loc["2018-01-01", "capacity"], visits.loc["2018-02-01", "capacity"]
    assert short / whole == pytest.approx(15 / 22)


def test_warehouses_with_a_capacity_of_zero_sign_nobody(village, village_scenario):
    closed = {**village.tables, "sites": village.sites.assign(capacity_m3_month=0.0)}
    result = make_plan(type(village)(village.meta, closed), village_scenario)
    assert result.tables["waves"].empty
    assert result.kpis()["in_system_stores"] == pytest.approx(KEPT**12)
    note = next(note for note in result.notes if note["key"] == "base_load")
    assert "more warehouse throughput than there is in 12 of 12 cases" in note["text"]


def test_a_warehouse_that_opens_later_serves_nobody_before(village, village_scenario):
    late = {**village.tables, "sites": village.sites.assign(open_month=pd.Timestamp("2018-07-01"))}
    waves = make_plan(type(village)(village.meta, late), village_scenario).tables["waves"]
    assert waves["month"].min() == pd.Timestamp("2018-07-01")


def test_a_market_without_participants_and_one_without_anybody_left(village, village_scenario):
    fresh = {**village.tables, "participants": village.participants.head(0)}
    assert make_plan(type(village)(village.meta, fresh), village_scenario).kpis()["signups_stores"] == 9
    everybody = pd.DataFrame({"store_id": village.stores["store_id"], "joined_month": pd.Timestamp("2017-03-01")})
    full = {**village.tables, "participants": everybody.assign(active=True)}
    result = make_plan(type(village)(village.meta, full), village_scenario)
    assert result.kpis()["signups_stores"] == 0
    assert result.kpis()["in_system_stores"] == pytest.approx(12 * KEPT**12)


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("stores", lambda t: t.head(0), "its table stores has no rows"),
        ("cells", lambda t: t.head(0), "its table cells has no rows"),
        ("territories", lambda t: t.head(1), "1 places with stores lie in no territory, first 2"),
        ("participants", lambda t: t.assign(store_id=99), "1 participants are not among the stores, first 99"),
        ("sites", lambda t: t.assign(tier="city"), "no front warehouse"),
    ],
)
def test_markets_that_cannot_be_planned_are_refused_before_anything_is_written(
    village, village_scenario, tmp_path, table, change, said
):
    broken = {**village.tables, table: change(village.tables[table])}
    with pytest.raises(InputError, match=said):
        make_plan(type(village)(village.meta, broken), village_scenario, tmp_path / "run")
    assert not (tmp_path / "run" / "tables" / "waves.parquet").exists()


def test_a_finished_run_is_read_and_never_edited(village, village_scenario, tmp_path):
    first = make_plan(village, village_scenario, tmp_path / "run")
    record = (tmp_path / "run" / "run.toml").read_bytes()
    again = make_plan(village, village_scenario, tmp_path / "run")
    pd.testing.assert_frame_equal(first.tables["decisions"], again.tables["decisions"])
    with pytest.raises(LstError, match=r"field\.visits_day .*give a new folder with --out"):
        make_plan(village, village_scenario.override({"field.visits_day": 30}), tmp_path / "run")
    assert (tmp_path / "run" / "run.toml").read_bytes() == record


def test_only_stages_that_read_a_changed_figure_are_made_again(village, village_scenario, tmp_path, monkeypatch):
    from lst_workbench.planning import plan

    def stopped(tables, figures):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(plan, "_levers", stopped)
        make_plan(village, village_scenario, tmp_path / "run")
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run" / "tables").iterdir()}
    make_plan(village, village_scenario.override({"field.visits_per_signup": 4}), tmp_path / "run")
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "run" / "tables").iterdir()}
    kept = {name for name in before if before[name] == after[name]}
    assert kept == {"catchments.parquet", "potentials.parquet", "assignments.parquet", "uncovered.parquet"}
    moved = shutil.move(tmp_path / "run", tmp_path / "elsewhere")
    assert len(read_run(moved).meta["stages"]) == len(STAGES), "a run folder may be moved"


def test_line_haul_follows_the_lanes_and_the_register_where_there_are_none(village):
    """A degree of latitude is 111.2 km: front to city 1 degree, city to regional 2, roads 1.3 times longer."""
    front = village.sites.iloc[[0]]
    upstream = [
        front.assign(site_id=8, tier="city", lat=front["lat"] + 1, feeds_from=9),
        front.assign(site_id=9, tier="regional", lat=front["lat"] + 3),
    ]
    figures = {"network.circuity": 1.3, "network.line_haul_km": 280.0}
    assignments = pd.DataFrame({"store_id": [1, 2], "site_id": [7, 7]})
    gmv = pd.Series([100.0, 300.0], index=[1, 2])
    traced = pd.concat([front.assign(feeds_from=8), *upstream]).astype({"feeds_from": "Int32"})
    assert line_haul_km(traced, assignments, gmv, figures) == pytest.approx(3 * 111.195 * 1.3, rel=1e-4)
    assert line_haul_km(village.sites, assignments, gmv, figures) == 280
    half = pd.concat([traced, front.assign(site_id=10)])
    split = pd.DataFrame({"store_id": [1, 2], "site_id": [7, 10]})
    assert line_haul_km(half, split, gmv, figures) == pytest.approx((3 * 111.195 * 1.3 + 3 * 280) / 4, rel=1e-4)


@pytest.mark.parametrize(("most", "tried"), [(900.0, 3), (2000.0, None)])
def test_the_search_for_reps_ends_where_more_of_them_cannot_reach_the_goal(most, tried):
    """Stores are those that reps sign until there are no more: diminishing, as in a plan."""

    def resolve(moved):
        stores = min(most, 300.0 * moved["field.reps"])
        return levers.Reach(stores, stores, stores, "visits")

    figures = {"goal.stores": 1000.0, "goal.counts_signups": 0.0, "field.reps": 1.0}
    search = levers.reps_search(figures, resolve(figures), resolve)
    assert tried is None or search["reps"].max() <= 2.0**tried
    assert search["reaches"].any() == (most >= 1000.0)
    if most >= 1000.0:
        assert search.loc[search["reaches"], "reps"].min() == pytest.approx(1000 / 300, rel=0.01)
