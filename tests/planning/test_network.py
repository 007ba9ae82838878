"""A market's network: candidates at its places, a run folder, and a plan that is served from it."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.contracts import InputError, LstError, NetworkSites, NetworkStores, Sites
from lst_workbench.planning import Roads, make_network, make_plan
from lst_workbench.runs import read_run


@pytest.fixture(scope="module")
def run(market, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "network"
    return make_network(market, load_scenario("base"), folder, promise_share=0.7)


def test_the_run_folder_holds_contract_tables_and_a_certificate(run, market):
    read = read_run(run.path)
    NetworkSites.check(read.tables["network_sites"])
    NetworkStores.check(read.tables["network_stores"])
    assert len(read.tables["network_stores"]) == len(market.stores)
    assert read.certificate.bound <= read.certificate.value
    assert read.kpis()["next_day_share"] >= 0.7


def test_a_plan_is_served_from_the_designed_network(run, market):
    plan = make_plan(market, load_scenario("base"), network=run)
    sites = Sites.check(run.tables["sites"])
    fronts = set(sites.loc[sites["tier"] == "front", "site_id"])
    assert set(plan.tables["assignments"]["site_id"]) <= fronts
    given = set(market.sites.loc[market.sites["tier"] == "front", "site_id"])
    assert fronts != given
    assert len(plan.tables["waves"]) > 0


def test_sites_that_stay_are_open_and_forbidden_ones_are_not(market):
    kept = make_network(market, load_scenario("base"), existing="keep").tables["network_sites"].set_index("site_id")
    assert kept.loc[market.sites["site_id"], "opened"].all()
    new = make_network(market, load_scenario("base"), existing="forbidden").tables["network_sites"]
    assert not np.isin(new["site_id"], market.sites["site_id"]).any()


def test_a_promise_that_no_network_found_keeps_is_refused_in_one_sentence(market):
    small = load_scenario("base").override({"network.front_radius_km": "20"})
    with pytest.raises(LstError, match="promise less") as said:
        make_network(market, small, promise_share=1.0)
    assert str(said.value).count("\n") == 0


def test_an_unknown_option_is_refused(market):
    with pytest.raises(InputError, match="existing"):
        make_network(market, load_scenario("base"), existing="sold")


def test_a_river_without_a_bridge_parts_stores_from_fronts(run, market):
    middle = float(market.stores["lon"].median())
    river = pd.DataFrame({"barrier_id": ["river"] * 2, "lat": [10.0, 50.0], "lon": [middle] * 2})
    parted = make_network(market, load_scenario("base"), existing="keep", roads=Roads(barriers=river))
    served = parted.tables["network_stores"].query("service == 'next_day'")
    sites = parted.tables["network_sites"].set_index("site_id")["lon"]
    shops = market.stores.set_index("store_id")["lon"]
    assert len(served)
    assert ((shops[served["store_id"]].to_numpy() > middle) == (sites[served["site_id"]].to_numpy() > middle)).all()


def test_an_own_road_table_replaces_the_great_circle(run, market):
    front = run.tables["sites"].query("tier == 'front'")["site_id"].iloc[0]
    few = market.stores["store_id"].head(40)
    roads = Roads(distances=pd.DataFrame({"store_id": few, "site_id": front, "km": 3.0}))
    served = make_network(market, load_scenario("base"), existing="keep", roads=roads).tables["network_stores"]
    fast = served[served["service"] == "next_day"]
    assert set(fast["store_id"]) <= set(few) and (fast["distance_km"] == 3.0).all()


def test_roads_that_contradict_each_other_are_refused(market):
    table = pd.DataFrame({"barrier_id": ["a"], "lat": [30.0], "lon": [118.0]})
    with pytest.raises(InputError, match="not both"):
        make_network(market, load_scenario("base"), roads=Roads(table, None, table))
    with pytest.raises(InputError, match="give these too"):
        make_network(market, load_scenario("base"), roads=Roads(crossings=table))
