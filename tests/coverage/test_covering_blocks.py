import math
import time
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from lst_workbench.coverage import CoveringParams, solve_mclp
from lst_workbench.coverage import covering as covering_module
from lst_workbench.coverage._kernels import FREE, OPEN, SHUT
from lst_workbench.coverage.covering import _merged
from lst_workbench.coverage.covering_blocks import _blocks, _linear_prices, _neighbourhoods, block_bound, tightened
from lst_workbench.coverage.covering_prices import Node, Prices
from lst_workbench.coverage.pairs import pairs_of
from lst_workbench.coverage.swaps import greedy
from tests.coverage.orlib import long_table


def scattered(demands, sites, seed):
    rng = np.random.default_rng(seed)
    there, where = rng.random((demands, 2)), rng.random((sites, 2))
    weights = pd.DataFrame({"demand_id": np.arange(demands), "weight": rng.lognormal(0, 0.7, demands)})
    return long_table(np.hypot(*(there[:, None] - where).transpose(2, 0, 1))), weights


def by_prices(prices, price):
    """The Lagrangian bound, of all choices."""
    merged = prices.merged
    worth = np.bincount(merged.site, weights=price[merged.demand], minlength=merged.sites)
    return float((merged.weight - price).sum() + np.sort(worth)[-prices.p :].sum())


@pytest.mark.parametrize("seed", range(30))
def test_a_bound_of_blocks_holds_for_every_choice_at_any_prices(seed):
    rng, p, sites = np.random.default_rng(seed), 3, 9
    costs, weights = scattered(60, sites, seed)
    lists = _merged(pairs_of(costs, weights).within(0.3))
    prices = Prices(lists, p)
    price = lists.weight * rng.random(lists.demands) * rng.integers(0, 2, lists.demands)
    state = rng.permutation([OPEN, SHUT, SHUT] + [FREE] * (sites - 3)).astype(np.int8)
    for node in (Node(np.full(sites, FREE, np.int8), price, np.inf, price), Node(state, price, np.inf, price)):
        allowed = [
            np.isin(np.arange(sites), chosen)
            for chosen in combinations(range(sites), p)
            if (node.state[list(chosen)] != SHUT).all() and set(np.flatnonzero(node.state == OPEN)) <= set(chosen)
        ]
        best = max(prices.covered(opened) for opened in allowed)
        for size in (1, 3, 100):
            assert block_bound(prices, node, size) >= best * (1 - 1e-9)
            late = block_bound(prices, node, size, deadline=time.perf_counter() - 1)
            assert late >= block_bound(prices, node, size) * (1 - 1e-5)
            if (node.state == FREE).all():
                assert late == pytest.approx(by_prices(prices, price))


def test_blocks_take_each_demand_and_site_once():
    costs, weights = scattered(1_500, 40, 1)
    lists = _merged(pairs_of(costs, weights).within(0.12))
    label = _neighbourhoods(lists, 7)
    assert label.min() == 0 and np.bincount(label).max() == 7
    assert sorted(np.concatenate(list(_blocks(lists, 7)))) == list(range(lists.demands))


def wide():
    """A case whose prices stay .09% above the best, the best value, and its root."""
    costs, weights = scattered(3_000, 100, 2)
    lists = _merged(pairs_of(costs, weights).within(0.08))
    prices = Prices(lists, 25)
    root = prices.root(greedy(lists, 25, 1.0, 10_000), np.zeros(100, bool))
    return prices, root, solve_mclp(costs, 0.08, 25, weights).certificate.value


def test_one_block_of_everything_leaves_little_of_the_gap():
    prices, root, best = wide()
    root = replace(root, price=_linear_prices(prices, root, math.inf))
    bounds = [block_bound(prices, root, size) for size in (1, 15, 100)]
    linear = by_prices(prices, root.price)
    assert linear > best * 1.0005  # or there is nothing to show
    assert best <= bounds[2] < best + 0.05 * (linear - best)
    assert max(bounds) <= linear * (1 + 1e-6)


def test_tightened_stops_at_the_gap_asked_and_never_below_the_value():
    prices, root, value = wide()
    tight, loose = (tightened(prices, root, value, gap, math.inf) for gap in (0.0, 0.9))
    assert value <= tight.bound < loose.bound < value * 1.9


def test_a_large_case_with_blocks_has_the_optimum_without_them(monkeypatch):
    costs, weights = scattered(2_000, 50, 5)
    params = CoveringParams(small_pairs=0)
    plain = solve_mclp(costs, 0.12, 8, weights, params=params).certificate
    monkeypatch.setattr(covering_module, "LARGE_PAIRS", 0)
    monkeypatch.setattr(covering_module, "TREE_REACH", 0.0)
    blocks = solve_mclp(costs, 0.12, 8, weights, params=params).certificate
    assert blocks.value == pytest.approx(plain.value, rel=1e-9) and blocks.status == plain.status == "optimal"
