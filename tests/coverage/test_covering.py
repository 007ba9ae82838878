import math
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.coverage import CoveringParams, solve_lscp, solve_mclp
from lst_workbench.coverage._kernels import OPEN, SHUT
from lst_workbench.coverage.covering import _chosen, _merged
from lst_workbench.coverage.covering_prices import PATIENCE, Prices, branched, kicked
from lst_workbench.coverage.pairs import pairs_of
from lst_workbench.coverage.swaps import greedy
from tests.coverage.orlib import long_table

BY_ARRAYS = CoveringParams(small_pairs=0)


def tiny(seed):
    rng = np.random.default_rng(seed)
    demands, sites = int(rng.integers(3, 25)), int(rng.integers(3, 9))
    cost = np.round(rng.random((demands, sites)), 1)  # ties at the radius
    weights = pd.DataFrame({"demand_id": np.arange(demands), "weight": rng.integers(0, 9, demands)})
    return rng, cost, weights


@pytest.mark.parametrize("seed", range(40))
def test_mclp_equals_brute_force_both_ways(seed):
    rng, cost, weights = tiny(seed)
    sites, radius = cost.shape[1], 0.3
    p, share = int(rng.integers(1, sites + 1)), float(rng.choice([0, 0.3]))
    kept = [int(rng.integers(sites))] if seed % 3 == 0 else []
    hits = {
        chosen: (cost[:, list(chosen)] <= radius).sum(axis=1)
        for chosen in combinations(range(sites), p)
        if set(kept) <= set(chosen)
    }
    worth = weights["weight"].to_numpy()
    best = max(worth @ (hit >= 1) + share * (worth @ (hit >= 2)) for hit in hits.values())
    for params in (None, BY_ARRAYS):
        result = solve_mclp(long_table(cost), radius, p, weights, kept=kept, backup_share=share, params=params)
        opened = tuple(result.tables["facilities"]["site_id"])
        assert result.certificate.status == "optimal"
        assert result.certificate.value == pytest.approx(best, abs=1e-9)
        assert len(opened) == p and set(kept) <= set(opened)
        assert result.kpis()["weight_backed_up"] == worth @ (hits[opened] >= 2)
        assert set(result.tables["uncovered"]["demand_id"]) == set(np.flatnonzero(hits[opened] == 0))


@pytest.mark.parametrize("seed", range(30))
def test_lscp_equals_brute_force_both_ways(seed):
    _, cost, _ = tiny(seed)
    sites = cost.shape[1]
    for radius in (0.2, 0.6):
        sizes = (
            len(chosen)
            for size in range(1, sites + 1)
            for chosen in combinations(range(sites), size)
            if (cost[:, list(chosen)] <= radius).any(axis=1).all()
        )
        best = next(sizes, None)
        for params in (None, BY_ARRAYS):
            certificate = solve_lscp(long_table(cost), radius, params=params).certificate
            assert certificate.status == ("infeasible" if best is None else "optimal")
            assert best is None or certificate.value == best


def scattered(demands, sites, seed=1):
    rng = np.random.default_rng(seed)
    there, where = rng.random((demands, 2)), rng.random((sites, 2))
    weights = pd.DataFrame({"demand_id": np.arange(demands), "weight": rng.lognormal(0, 0.7, demands)})
    return long_table(np.hypot(*(there[:, None] - where).transpose(2, 0, 1))), weights


def test_both_ways_agree_on_a_thousand_demands():
    costs, weights = scattered(1000, 30)
    written = solve_mclp(costs, 0.15, 5, weights, params=CoveringParams(small_pairs=10**9))
    arrays = solve_mclp(costs, 0.15, 5, weights, params=BY_ARRAYS)
    assert written.certificate.value == pytest.approx(arrays.certificate.value, rel=1e-9)
    assert written.certificate.status == arrays.certificate.status == "optimal"


def test_more_radius_or_more_sites_never_cover_less():
    costs, weights = scattered(500, 25)
    by_radius = [solve_mclp(costs, radius, 3, weights).certificate.value for radius in (0.05, 0.1, 0.2, 0.4, 2)]
    by_sites = [solve_mclp(costs, 0.1, p, weights).certificate.value for p in (1, 2, 5, 12, 25)]
    assert by_radius == sorted(by_radius) and by_sites == sorted(by_sites)
    assert by_radius[-1] == pytest.approx(weights["weight"].sum())
    fewest = [solve_lscp(costs, radius).certificate.value for radius in (0.25, 0.4, 0.8, 2)]
    assert fewest == sorted(fewest, reverse=True) and fewest[-1] == 1


def test_covered_demands_lie_within_the_radius_of_their_site():
    costs, weights = scattered(500, 25)
    tables = solve_mclp(costs, 0.1, 5, weights).tables
    assert (tables["assignments"]["cost"] <= 0.1).all()
    assert tables["assignments"]["demand_id"].is_unique
    assert len(tables["assignments"]) + len(tables["uncovered"]) == 500


def test_an_unreachable_demand_is_named_with_the_radius_it_needs():
    costs = pd.DataFrame({"demand_id": [1, 2, 2], "site_id": [1, 1, 2], "cost": [5.0, 70.0, 63.0]})
    result = solve_lscp(costs, 40)
    assert result.certificate.status == "infeasible"
    assert "the radius must be at least 63" in result.certificate.reason
    assert solve_lscp(costs, 63).certificate.status == "optimal"


def test_faults_are_all_named():
    costs, weights = scattered(20, 5)
    with pytest.raises(InputError) as raised:
        solve_mclp(costs, -1, 9, weights, backup_share=2)
    assert len(raised.value.faults) == 3
    with pytest.raises(InputError, match="site 77 is not among"):
        solve_mclp(costs, 1, 2, kept=[77])
    with pytest.raises(InputError, match="weights.demand_id must be unique"):
        solve_mclp(costs, 1, 2, pd.concat([weights, weights.head(1)]))


@pytest.mark.parametrize("p", [3, 8])
def test_prices_bound_every_choice_and_the_tree_equals_highs(p):
    costs, weights = scattered(1_500, 40)
    lists = _merged(pairs_of(costs, weights).within(0.12))
    prices, none = Prices(lists, p), np.zeros(lists.sites, bool)
    first = greedy(lists, p, 1.0, 10_000)
    root = prices.lowered(prices.root(first, none), prices.covered(first), PATIENCE, 400)
    best, bound = branched(prices, root, first, 0.0, lambda: False)
    highs, certificate = _chosen(lists, p, none, 0.0, math.inf, 0.0, first)
    assert prices.covered(best) == pytest.approx(certificate.value) == pytest.approx(prices.covered(highs))
    assert prices.covered(best) <= bound <= root.bound * (1 + 1e-9) and best.sum() == p
    kicked_sites = kicked(prices, first, none, root.often, 30, lambda: False)
    assert prices.covered(first) <= prices.covered(kicked_sites) <= bound * (1 + 1e-9)
    if prices.covered(best) > prices.covered(first):  # what prices ruled out is in no better choice
        assert not best[root.state == SHUT].any() and best[root.state == OPEN].all()


def test_a_late_answer_is_not_called_optimal():
    costs, weights = scattered(2_000, 80)
    hasty = CoveringParams(small_pairs=0, iterations=5)
    late = solve_mclp(costs, 0.1, 12, weights, time_limit_s=0.0, params=hasty)
    whole = solve_mclp(costs, 0.1, 12, weights, params=BY_ARRAYS)
    assert late.certificate.status == "time_limit" and late.certificate.bound > late.certificate.value
    assert late.certificate.value <= whole.certificate.value <= late.certificate.bound


def test_lists_are_in_order_of_cost_then_site():
    rng = np.random.default_rng(3)
    cells = rng.choice(60 * 90, 3_000, replace=False)  # lists of about 50: longer and shorter than what is inserted
    table = pd.DataFrame({"demand_id": cells // 90 + 7, "site_id": cells % 90, "cost": rng.integers(0, 6, 3_000)})
    lists = pairs_of(table)
    expected = table.sort_values(["demand_id", "cost", "site_id"])
    assert (lists.demand_ids[lists.demand] == expected["demand_id"]).all()
    assert (lists.site_ids[lists.site] == expected["site_id"]).all() and (lists.cost == expected["cost"]).all()


def test_words_in_place_of_numbers_are_said_all_at_once():
    costs = pd.DataFrame({"demand_id": [1, 2], "site_id": ["a", "b"], "cost": 1.0})
    with pytest.raises(InputError) as raised:
        solve_mclp(costs, "far", "three", backup_share="half")
    assert len(raised.value.faults) == 3
    assert solve_mclp(costs, 1.0, 1, kept="b").tables["facilities"]["site_id"].tolist() == ["b"]
