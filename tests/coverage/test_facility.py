from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from lst_workbench.contracts import InputError
from lst_workbench.coverage import CflpParams, solve_cflp
from tests.coverage.orlib import OPTIMA, long_table, published, read_cap

BY_ROWS = CflpParams(small_pairs=0)


@pytest.mark.parametrize("name", ["cap61", "cap62", "cap63", "cap64"])
def test_published_instances_are_proven_optimal(name):
    costs, sites, demand = read_cap(published(name))
    for params in (None, BY_ROWS):
        certificate = solve_cflp(costs, sites, demand, params=params).certificate
        assert certificate.status == "optimal"
        assert certificate.value == pytest.approx(OPTIMA[name], abs=1e-3)
    assert solve_cflp(costs, sites, demand, single_source=True).certificate.value >= OPTIMA[name] - 1e-3


def tiny(seed):
    rng = np.random.default_rng(seed)
    demands, sites = 5, 4
    cost = rng.integers(1, 20, (demands, sites)).astype(float)
    where = pd.DataFrame(
        {
            "site_id": np.arange(sites),
            "fixed_cost": rng.integers(5, 80, sites).astype(float),
            "capacity": rng.integers(3, 14, sites).astype(float),
        }
    )
    wanted = pd.DataFrame({"demand_id": np.arange(demands), "quantity": rng.integers(1, 7, demands).astype(float)})
    return cost, where, wanted


def brute_force(cost, sites, demand, single_source):
    quantity, capacity = demand["quantity"].to_numpy(), sites["capacity"].to_numpy()
    best = np.inf
    if single_source:
        for chosen in product(range(len(sites)), repeat=len(demand)):
            if (np.bincount(chosen, quantity, len(sites)) <= capacity).all():
                fixed = sites["fixed_cost"].to_numpy()[list(set(chosen))].sum()
                best = min(best, fixed + quantity @ cost[np.arange(len(demand)), list(chosen)])
        return best
    for opened in product([0, 1], repeat=len(sites)):
        served = np.kron(np.eye(len(demand)), np.ones(len(sites)))
        used = np.kron(quantity, np.eye(len(sites)))
        flow = linprog(
            (quantity[:, None] * cost).ravel(), used, capacity * np.array(opened), served, np.ones(len(demand))
        )
        if flow.success:
            best = min(best, flow.fun + sites["fixed_cost"] @ np.array(opened))
    return best


@pytest.mark.parametrize("single_source", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_both_ways_equal_brute_force(seed, single_source):
    cost, sites, demand = tiny(seed)
    best = brute_force(cost, sites, demand, single_source)
    for params in (None, BY_ROWS):
        result = solve_cflp(long_table(cost), sites, demand, single_source, params=params)
        assert result.certificate.status == ("infeasible" if best == np.inf else "optimal")
        assert result.certificate.value == pytest.approx(best, rel=1e-7)


def larger(seed=1, demands=60, sites=15):
    rng = np.random.default_rng(seed)
    there, where = rng.random((demands, 2)) * 100, rng.random((sites, 2)) * 100
    return (
        long_table(np.hypot(*(there[:, None] - where).transpose(2, 0, 1))),
        pd.DataFrame({"site_id": np.arange(sites), "fixed_cost": 4000.0, "capacity": 500.0}),
        pd.DataFrame({"demand_id": np.arange(demands), "quantity": rng.integers(5, 50, demands).astype(float)}),
    )


@pytest.mark.parametrize("single_source", [False, True])
def test_flows_are_conserved_and_capacities_kept(single_source):
    costs, sites, demand = larger()
    result = solve_cflp(costs, sites, demand, single_source)
    served = result.tables["assignments"]
    got = served.groupby("demand_id")["quantity"].sum()
    np.testing.assert_allclose(got, demand.set_index("demand_id")["quantity"], rtol=1e-6)
    load = served.groupby("site_id")["quantity"].sum()
    assert (load <= 500 + 1e-5).all()
    assert set(load.index) <= set(result.tables["facilities"]["site_id"])
    paid = (served["quantity"] * served["cost"]).sum() + 4000 * len(result.tables["facilities"])
    assert paid == pytest.approx(result.certificate.value, rel=1e-6)
    assert not single_source or served["demand_id"].is_unique


def test_what_cannot_be_is_said():
    costs, sites, demand = larger()
    short = solve_cflp(costs, sites.assign(capacity=50.0), demand).certificate
    assert short.status == "infeasible" and "add at least" in short.reason
    lonely = solve_cflp(costs[costs["demand_id"] != 4], sites, demand).certificate
    assert lonely.status == "infeasible" and "have no site at all (4)" in lonely.reason
    forced = costs[(costs["demand_id"] > 30) | (costs["site_id"] == 0)]
    assert "together" in solve_cflp(forced, sites, demand).certificate.reason


def test_faults_are_all_named():
    costs, sites, demand = larger()
    with pytest.raises(InputError, match="sites lacks 14"):
        solve_cflp(costs, sites.head(14), demand)
    with pytest.raises(InputError, match="demand lacks 59"):
        solve_cflp(costs, sites, demand.head(59))
    with pytest.raises(InputError) as raised:
        solve_cflp(costs, sites.drop(columns="capacity"), demand.assign(quantity=-1.0))
    assert len(raised.value.faults) == 2


def single_sourced(seed, demands=25, sites=8, ratio=2.0, whole=True):
    """Demands and sites as in Holmberg, Rönnqvist and Yuan (1999)."""
    rng = np.random.default_rng(seed)
    there, where = rng.random((demands, 2)) * 100, rng.random((sites, 2)) * 100
    quantity = rng.integers(10, 51, demands).astype(float)
    way = np.hypot(*(there[:, None] - where).transpose(2, 0, 1)) * rng.uniform(1, 3, (demands, 1))
    way = np.round(way) if whole else way
    capacity = np.round(rng.uniform(0.7, 1.3, sites) * quantity.sum() * ratio / sites)
    fixed = np.round(rng.uniform(70, 130, sites))
    return (
        long_table(way / quantity[:, None]),
        pd.DataFrame({"site_id": np.arange(sites), "fixed_cost": fixed, "capacity": capacity}),
        pd.DataFrame({"demand_id": np.arange(demands), "quantity": quantity}),
    )


@pytest.mark.parametrize(("seed", "ratio", "whole"), [(1, 2.0, True), (2, 1.3, False), (3, 5.0, True), (4, 3.0, False)])
def test_single_sources_are_those_of_highs(seed, ratio, whole):
    case = single_sourced(seed, ratio=ratio, whole=whole)
    written = solve_cflp(*case, single_source=True, params=CflpParams(small_pairs=10**6)).certificate
    result = solve_cflp(*case, single_source=True)
    assert result.certificate.status == written.status == "optimal"
    assert result.certificate.value == pytest.approx(written.value, rel=1e-7)
    served = result.tables["assignments"]
    assert served["demand_id"].is_unique and len(served) == 25
    load = served.groupby("site_id")["quantity"].sum()
    assert (load <= case[1].set_index("site_id")["capacity"].reindex(load.index) + 1e-9).all()
    paid = (served["quantity"] * served["cost"]).sum()
    paid += case[1].set_index("site_id")["fixed_cost"].reindex(result.tables["facilities"]["site_id"]).sum()
    assert paid == pytest.approx(result.certificate.value)


def test_single_sources_of_thirds_go_another_way():
    costs, sites, demand = single_sourced(5, demands=15, sites=6)
    thirds = demand.assign(quantity=demand["quantity"] / 3)
    small = sites.assign(capacity=sites["capacity"] / 3)
    whole = solve_cflp(costs.assign(cost=costs["cost"] / 3), sites, demand, single_source=True)
    parts = solve_cflp(costs, small, thirds, single_source=True, params=BY_ROWS)
    assert parts.certificate.value == pytest.approx(whole.certificate.value)


def test_a_late_single_source_is_not_called_optimal_and_a_gap_is_kept():
    case = single_sourced(6, demands=90, sites=30, ratio=1.3)
    late = solve_cflp(*case, single_source=True, time_limit_s=0.0)
    assert late.certificate.status == "time_limit"
    assert late.certificate.bound <= late.certificate.value
    near = solve_cflp(*case, single_source=True, params=CflpParams(gap=0.05)).certificate
    assert near.status in ("within_gap", "optimal") and near.gap <= 0.05


def test_one_source_for_each_can_be_impossible_where_room_is_enough():
    costs = long_table(np.ones((3, 2)))
    sites = pd.DataFrame({"site_id": [0, 1], "fixed_cost": 1.0, "capacity": 3.0})
    demand = pd.DataFrame({"demand_id": [0, 1, 2], "quantity": 2.0})
    for params in (None, BY_ROWS):
        assert solve_cflp(costs, sites, demand, params=params).certificate.status == "optimal"
        alone = solve_cflp(costs, sites, demand, single_source=True, params=params).certificate
        assert alone.status == "infeasible" and "together" in alone.reason
