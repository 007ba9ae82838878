"""Prices of limits: a floor with many equal items, and bounds beside all subsets."""

from itertools import product

import numpy as np
import pytest

from lst_workbench.optim.knapsack import price_first, price_limits, reduced_worth, search_core


def test_a_floor_with_many_equal_items_is_met_exactly_by_the_relaxed_answer():
    w = np.concatenate([[5.0, 3.5], np.full(12, -0.13)])
    cost = np.concatenate([[12.0, 45.0], np.full(12, 22.0)])
    load, limit = np.array([-cost, cost]), np.array([-130.0, 150.0])
    mu, used, r = np.zeros(2), np.empty(2), np.empty(len(w))
    z = price_first(w, load, limit, mu, used, r)
    np.testing.assert_allclose(used, [-130.0, 130.0])
    assert z == pytest.approx(8.5 - 0.13 * (130 - 57) / 22)


@pytest.mark.parametrize("seed", range(6))
def test_value_and_bound_are_those_of_all_subsets(seed):
    rng = np.random.default_rng(seed)
    items = 11
    cost = np.repeat(rng.integers(3, 9, 4), 3)[:items].astype(float)
    w = np.repeat(rng.normal(0, 2, 4), 3)[:items]
    load, limit = np.array([-cost, cost, np.ones(items)]), np.array([-18.0, 30.0, 6.0])
    mu, used, r = np.zeros(3), np.empty(3), np.empty(items)
    z = price_limits(w, load, limit, mu, used, r)
    reduced_worth(w, load, mu, r)
    best = np.zeros(items, np.uint8)
    value, bound = search_core(w, load, limit, mu, z, r, best, -1e3, 1e-9, 100_000)
    wanted = max(
        float(w @ x) for x in (np.array(p) for p in product((0, 1), repeat=items)) if (load @ x <= limit).all()
    )
    assert value == pytest.approx(wanted)
    assert wanted <= bound <= wanted + 1e-6
    assert wanted - 1e-9 <= z <= np.maximum(w, 0).sum() + 1e-9
