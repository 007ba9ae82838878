"""Cuts of the network's bound: below the cost of any choice of sites, and equal to it where they were made."""

import numpy as np
import pytest

from lst_workbench.coverage.network_cuts import _shares_at, cut_task, learned_prices
from lst_workbench.coverage.network_dual import Ways, bound_of
from lst_workbench.coverage.network_search import evaluate, fixed_rmb
from lst_workbench.coverage.network_task import tier_task
from tests.coverage.test_network import EXACT, OWN, case, cheapest_by_hand


def choices(task, count, seed):
    """Random sites open in every tier, and what serving everybody from them costs beside the fixed costs."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        opened = [rng.random(size) < 0.6 for size in task.sizes]
        for tier in opened:
            tier[rng.integers(len(tier))] = True
        network = evaluate(task, tuple(opened))
        used = network.design.opened
        yield np.concatenate(used).astype(float), network.value - fixed_rmb(task, used)


@pytest.mark.parametrize("seed", range(6))
def test_cuts_hold_for_every_choice_and_touch_where_they_are_made(seed):
    task = tier_task(*case(seed, stores=14, fronts=6, cities=4, regionals=3), EXACT)
    ways, rng = Ways(task), np.random.default_rng(seed)
    cut = cut_task(task, ways)
    known = list(choices(task, 20, seed))
    for point in [rng.random(sum(task.sizes)) for _ in range(5)]:
        _, constant, slope = _shares_at(task, ways, cut, point)
        for opened, cost in known:
            assert constant.sum() - slope.sum(axis=0) @ opened <= cost + 1e-6 * abs(cost)
    for opened, cost in known:
        _, constant, slope = _shares_at(task, ways, cut, opened)
        assert constant.sum() - slope.sum(axis=0) @ opened == pytest.approx(cost, rel=1e-6)


@pytest.mark.parametrize("seed", range(6))
def test_learned_prices_bound_the_best_network_closely(seed):
    stores, sites = case(seed)
    task = tier_task(stores, sites, OWN)
    ways, best = Ways(task), cheapest_by_hand(stores, sites, EXACT)
    prices = learned_prices(
        task, ways, evaluate(task, tuple(np.ones(size, bool) for size in task.sizes)).design.opened, 60
    )
    ways.price(task, prices)
    bound = bound_of(task, ways, prices)[0]
    assert bound <= best * (1 + 1e-9)
    assert bound >= 0.8 * best
