from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

from lst_workbench.contracts import InputError
from lst_workbench.coverage import TwoStageParams, solve_two_stage
from tests.coverage.orlib import long_table

BY_PATHS, BY_FLOWS = TwoStageParams(), TwoStageParams(paths=0)


def drawn(seed, demands=4, sites=3, sources=2, capacity=True):
    rng = np.random.default_rng(seed)
    costs = long_table(np.round(rng.random((demands, sites)) * 9, 1))
    supplies = long_table(np.round(rng.random((sites, sources)) * 9, 1))
    supplies = supplies.rename(columns={"site_id": "source_id", "demand_id": "site_id"})
    quantity = rng.integers(1, 9, demands).astype(float)
    place = pd.DataFrame({"site_id": range(sites), "fixed_cost": rng.integers(0, 40, sites).astype(float)})
    source = pd.DataFrame({"source_id": range(sources), "fixed_cost": rng.integers(0, 40, sources).astype(float)})
    if capacity:
        place["capacity"] = quantity.sum() * rng.uniform(0.3, 1.2, sites)
        source["capacity"] = quantity.sum() * rng.uniform(0.4, 1.4, sources)
    costs = costs.drop(rng.choice(len(costs), 2, replace=False)).reset_index(drop=True)
    return costs, supplies, place, source, pd.DataFrame({"demand_id": range(demands), "quantity": quantity})


def best_by_hand(case, single_source, single_feed):
    """Every choice of open sites and sources, of the site of each demand and the source of each site."""
    costs, supplies, place, source, demand = case
    j, k, i = len(place), len(source), len(demand)
    c, d, q = np.full((i, j), np.inf), np.full((j, k), np.inf), demand["quantity"].to_numpy()
    c[costs["demand_id"], costs["site_id"]] = costs["cost"]
    d[supplies["site_id"], supplies["source_id"]] = supplies["cost"]
    room = [t["capacity"].to_numpy() if "capacity" in t else np.full(len(t), q.sum()) for t in (place, source)]
    best = np.inf
    for opened in product((0, 1), repeat=j + k):
        y, z = np.array(opened[:j], bool), np.array(opened[j:], bool)
        fixed = float(place["fixed_cost"].to_numpy() @ y + source["fixed_cost"].to_numpy() @ z)
        if not (y.any() and z.any()):
            continue
        for feeds in product(np.flatnonzero(z), repeat=int(y.sum())) if single_feed else [None]:
            lanes = np.zeros((j, k), bool)
            lanes[np.ix_(y, z)] = True
            if feeds is not None:
                lanes[:] = False
                lanes[np.flatnonzero(y), list(feeds)] = True
            for served in product(np.flatnonzero(y), repeat=i) if single_source else [None]:
                pairs = np.isfinite(c) & y
                if served is not None:
                    one = np.zeros((i, j), bool)
                    one[np.arange(i), list(served)] = True
                    pairs &= one
                best = min(best, fixed + cheapest_flow(c, d, q, room, pairs, lanes))
    return best


def cheapest_flow(c, d, q, room, pairs, lanes):
    """Cost of the cheapest flow over the pairs and lanes that are allowed."""
    x, v = np.argwhere(pairs), np.argwhere(lanes)
    if set(x[:, 0]) != set(range(len(q))):
        return np.inf
    cost = np.concatenate([c[pairs] * q[x[:, 0]], d[lanes]])
    whole = np.zeros((len(q) + len(d), len(cost)))
    most = np.zeros((len(d) + d.shape[1], len(cost)))
    for at, (i, j) in enumerate(x):
        whole[i, at], whole[len(q) + j, at], most[j, at] = 1.0, -q[i], q[i]
    for at, (j, k) in enumerate(v):
        whole[len(q) + j, len(x) + at], most[len(d) + k, len(x) + at] = 1.0, 1.0
    limits = np.concatenate([np.ones(len(q)), np.zeros(len(d))])
    answer = linprog(cost, most, np.concatenate(room), whole, limits)
    return answer.fun if answer.status == 0 else np.inf


@pytest.mark.parametrize("seed", range(24))
def test_equals_every_choice_by_hand_by_paths_and_by_flows(seed):
    source, feed = bool(seed & 1), bool(seed & 2)
    case = drawn(seed, demands=3, capacity=seed % 3 > 0)
    best = best_by_hand(case, source, feed)
    for params in (BY_PATHS, BY_FLOWS):
        result = solve_two_stage(*case, single_source=source, single_feed=feed, params=params)
        if not np.isfinite(best):
            assert result.certificate.status == "infeasible" and result.certificate.reason
            continue
        assert result.certificate.status == "optimal"
        assert result.certificate.value == pytest.approx(best, rel=1e-7)
        holds(case, result, source, feed)


def holds(case, result, single_source, single_feed):
    """The tables alone: everything served, flows kept, capacities held, and the cost is the value."""
    _, _, place, source, demand = case
    tables = result.tables
    got = tables["assignments"].groupby("demand_id")["quantity"].sum()
    assert got.to_numpy() == pytest.approx(demand.set_index("demand_id").loc[got.index, "quantity"].to_numpy())
    assert len(got) == (demand["quantity"] > 0).sum() and tables["uncovered"].empty
    out = tables["assignments"].groupby("site_id")["quantity"].sum()
    fed = tables["supplies"].groupby("site_id")["quantity"].sum()
    assert fed.to_numpy() == pytest.approx(out.loc[fed.index].to_numpy()) and len(fed) == len(out)
    cost = 0.0
    for table, key, load in ((place, "site_id", out), (source, "source_id", tables["sources"])):
        opened = tables["facilities" if key == "site_id" else "sources"]
        cost += table.set_index(key).loc[opened[key], "fixed_cost"].sum()
        load = load if key == "site_id" else load.set_index(key)["weight"]
        assert set(load.index[load > 0]) <= set(opened[key])
        if "capacity" in table:
            assert (load <= table.set_index(key).loc[load.index, "capacity"] * (1 + 1e-6)).all()
    for name in ("assignments", "supplies"):
        cost += float((tables[name]["cost"] * tables[name]["quantity"]).sum())
    assert cost == pytest.approx(result.certificate.value, rel=1e-6)
    assert not single_source or tables["assignments"]["demand_id"].is_unique
    assert not single_feed or tables["supplies"]["site_id"].is_unique


@pytest.mark.parametrize("kinds", [(False, False), (True, True)])
def test_paths_and_flows_agree_on_a_larger_case(kinds):
    case = drawn(3, 25, 6, 3, capacity=False)
    both = [
        solve_two_stage(*case, single_source=kinds[0], single_feed=kinds[1], params=params)
        for params in (BY_PATHS, BY_FLOWS)
    ]
    assert both[0].certificate.value == pytest.approx(both[1].certificate.value, rel=1e-7)
    for result in both:
        assert result.certificate.status == "optimal"
        holds(case, result, *kinds)


def test_a_late_answer_is_not_called_optimal_and_its_bound_is_valid():
    case = drawn(5, 60, 14, 6)
    late = solve_two_stage(*case, single_source=True, time_limit_s=0.0).certificate
    whole = solve_two_stage(*case, time_limit_s=20.0).certificate
    assert late.status == "time_limit" and late.bound <= whole.value * (1 + 1e-9)


def test_what_cannot_be_is_said():
    costs, supplies, place, source, demand = drawn(1)
    short = solve_two_stage(costs, supplies, place, source.assign(capacity=1.0), demand)
    assert short.certificate.status == "infeasible" and "capacities of sources to 2" in short.certificate.reason
    lost = solve_two_stage(costs[costs["demand_id"] > 0], supplies, place, source, demand)
    assert "1 demands have no site that any source feeds (0)" in lost.certificate.reason


def test_faults_are_all_named():
    costs, supplies, place, source, demand = drawn(1)
    with pytest.raises(InputError) as raised:
        solve_two_stage(costs, supplies.drop(columns="cost"), place.assign(fixed_cost=-1.0), source, demand)
    assert len(raised.value.faults) == 2
    with pytest.raises(InputError, match=r"sources lacks 1, which supplies names"):
        solve_two_stage(costs, supplies, place, source.head(1), demand)
    with pytest.raises(InputError, match=r"supplies.cost must be a number of at least 0"):
        solve_two_stage(costs, supplies.assign(cost=-1.0), place, source, demand)


def test_sites_that_no_source_feeds_serve_nobody():
    costs, supplies, place, source, demand = drawn(2, demands=4, sites=3, capacity=False)
    result = solve_two_stage(costs, supplies[supplies["site_id"] != 1], place, source, demand)
    left = costs[costs["site_id"] != 1]
    if set(left["demand_id"]) == set(demand["demand_id"]):
        assert 1 not in set(result.tables["facilities"]["site_id"])
        other = solve_two_stage(left, supplies[supplies["site_id"] != 1], place, source, demand)
        assert result.certificate.value == pytest.approx(other.certificate.value)
    else:
        assert result.certificate.status == "infeasible"
