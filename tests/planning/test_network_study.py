"""Networks along the trade-off of the sample market: tables that agree, choices by promise and budget, what-ifs."""

import numpy as np
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.planning import difference, make_network, make_network_study, open_study, overview_of
from lst_workbench.planning.network_overview import area_level, names_of, province_around
from lst_workbench.runs import read_run


@pytest.fixture(scope="module")
def study(market, tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies") / "sample"
    make_network_study(market, load_scenario("base"), folder)
    return open_study(read_run(folder), market, load_scenario("base"))


def test_areas_and_cells_count_every_store_once(study, market):
    for mode, step in zip(study.steps["mode"], study.steps["step"], strict=True):
        shown = study.overview(mode, step)
        assert shown.areas["stores"].sum() == shown.cells["stores"].sum() == len(market.stores)
        assert shown.areas["next_day"].sum() == shown.cells["next_day"].sum() == shown.figures["stores_next_day"]
        served = shown.areas[["next_day", "slow", "uncovered"]].sum(axis=1)
        assert (served == shown.areas["stores"]).all()


def test_cost_by_area_adds_up_but_for_sites_that_nothing_passes(study):
    shown = study.overview("may_close", study.step_for("may_close", 0.7))
    idle = shown.opened["volume_m3_month"] == 0
    spread = shown.figures["cost_rmb_month"] - shown.opened.loc[idle, "fixed_cost_rmb_month"].sum()
    assert shown.areas["cost_rmb_month"].sum() == pytest.approx(spread)


def test_no_network_costs_less_than_its_bound(study):
    known = study.steps.dropna(subset=["bound_rmb_month"])
    assert (known["bound_rmb_month"] <= known["cost_rmb_month"] * (1 + 1e-9)).all()
    assert len(known) == len(study.steps) - 1


def test_a_promise_is_kept_at_least_cost_and_a_budget_is_not_passed(study):
    curve = study.curve("may_close")
    promise = float(curve["next_day_share"].iloc[1])
    row = study.row("may_close", study.step_for("may_close", promise))
    kept = curve[curve["next_day_share"] >= promise - 1e-9]
    assert row["cost_rmb_month"] == kept["cost_rmb_month"].min()
    assert study.row("may_close", study.step_for("may_close", 0.999))["next_day_share"] == curve["next_day_share"].max()
    budget = float(curve["cost_rmb_month"].median())
    assert study.row("may_close", study.step_within("may_close", budget))["cost_rmb_month"] <= budget
    assert study.step_within("may_close", 1.0) == study.step_for("may_close", 0.0)


def test_standing_sites_stay_or_may_close(study, market):
    kept = study.overview("keep", 0)
    assert set(market.sites["site_id"]) <= set(kept.open_ids)
    free = study.overview("may_close", 0)
    assert not set(market.sites["site_id"]) <= set(free.open_ids)
    assert set(study.today.open_ids) == set(market.sites["site_id"])


def test_a_step_laid_out_again_is_the_step(study):
    base = study.overview("keep", 0)
    again = study.changed(base)
    assert again.figures["cost_rmb_month"] == pytest.approx(base.figures["cost_rmb_month"])
    assert again.figures["stores_next_day"] == base.figures["stores_next_day"]


def test_a_closed_front_loses_the_stores_that_only_it_reaches(study):
    base = study.overview("keep", 0)
    front = base.opened[base.opened["tier"] == "front"].sort_values("stores").iloc[-1]
    without = study.changed(base, [int(front["site_id"])])
    rows = difference(base, without)
    assert rows["change"].sum() == without.figures["stores_next_day"] - base.figures["stores_next_day"]
    assert -rows["change"].sum() == front["sole_stores"] > 0
    assert rows["change"].is_monotonic_increasing


def test_a_longer_reach_serves_more(study):
    base = study.overview("keep", 0)
    share = [study.changed(base, radius_km=km).figures["next_day_share"] for km in (25.0, 40.0, 60.0)]
    assert share[0] < share[1] < share[2]
    assert share[1] == pytest.approx(base.figures["next_day_share"])


def test_a_designed_network_is_summed_up_the_same_way(market):
    run = make_network(market, load_scenario("base"), promise_share=0.7)
    shown = overview_of(run, market, load_scenario("base"))
    assert shown.areas["next_day"].sum() == run.kpis()["stores_next_day"]
    assert set(shown.open_ids) == set(run.tables["sites"]["site_id"])
    assert shown.opened["lane_km"].notna().sum() == len(run.tables["network_lanes"])


def test_a_part_of_a_province_knows_what_lies_around_it(market, village):
    assert province_around(market) == "Anhui" and province_around(village) == ""
    assert names_of(market) == (("Huangshan", "黄山市"), ("Anhui", "安徽省"))
    assert area_level(market.places) == "county_code"
    two = market.places.assign(prefecture_code=np.where(market.places.index % 2, 341000, 341100))
    assert area_level(two) == "prefecture_code"
