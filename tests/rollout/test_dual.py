"""The dual's kernels against slow and obvious NumPy, and its derivatives against differences."""

import numpy as np
import pytest

from lst_workbench.rollout import WaveParams
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.hessian import Couplings
from lst_workbench.rollout.newton import starting_prices
from lst_workbench.rollout.prices import find_prices
from lst_workbench.rollout.wave_inputs import read_wave_tables


@pytest.fixture(scope="module")
def dual(case_of):
    case = case_of(2, 300, 5, 4, 3)
    case["stores"].loc[:9, "capital_rmb"] = 1e6  # too large for any month
    return Dual(read_wave_tables(**case), shortfall_price=30.0)


@pytest.fixture(scope="module")
def x(dual):
    rng = np.random.default_rng(1)
    return starting_prices(dual) * rng.uniform(0.3, 2, dual.limit.size)


def worths(dual, x):
    """z[i, t] with full grids."""
    s, p, largest = dual.stores, dual.prices(x), dual.largest
    z = s.value[:, None] * p.factor - s.signup[:, None] * p.visits[s.territory] - s.care[:, None] * p.care[s.territory]
    z = z - s.volume[:, None] * p.volume[s.warehouse] - s.capital[:, None] * p.capital - p.target[s.group]
    too_large = (
        (s.signup[:, None] > largest.signup[s.territory])
        | (s.care[:, None] > largest.care[s.territory])
        | (s.volume[:, None] > largest.volume[s.warehouse])
        | (s.capital[:, None] > largest.capital)
    )
    assert too_large.any()
    return np.where(too_large, -np.inf, z)


def constant_part(dual, x):
    over = np.maximum(0, x - dual.shortfall_price) * (dual.limit + 1)
    return float((dual.limit * dual.sense * x).sum() + over[dual.sense < 0].sum())


def test_exact_dual_is_the_sum_of_best_months(dual, x):
    best = np.maximum(0, worths(dual, x).max(axis=1))
    assert dual.bound(x) == pytest.approx(best.sum() + constant_part(dual, x))
    worth, month, lead = dual.best_starts(dual.prices(x))
    np.testing.assert_allclose(worth, worths(dual, x).max(axis=1))
    assert (month[np.isfinite(worth)] == worths(dual, x).argmax(axis=1)[np.isfinite(worth)]).all()
    assert (lead <= worth + 1e-12).all()


def test_smoothed_dual_is_a_soft_maximum(dual, x):
    heat = 0.1 * dual.scale[:, None]
    options = np.column_stack([np.zeros(len(heat)), worths(dual, x)])
    soft = (heat * np.log(np.exp(options / heat).sum(axis=1, keepdims=True))).sum()
    now = dual.evaluate(x, 0.1)
    assert now.smoothed >= now.exact
    # Beside the stores: limits, shortfalls, and the little that limits of nothing are lifted by.
    rest = now.smoothed - soft
    assert rest == pytest.approx(constant_part(dual, x), rel=1e-2)


@pytest.mark.parametrize("part", ["visits", "volume", "capital", "targets", "all"])
def test_gradient_and_hessian_match_differences(dual, x, part):
    names = ["visits", "volume", "capital", "targets"]
    edges = [0, *dual.cuts, dual.limit.size]
    direction = x * np.random.default_rng(3).normal(size=x.size)
    if part != "all":
        inside = np.zeros(x.size, bool)
        inside[edges[names.index(part)] : edges[names.index(part) + 1]] = True
        direction = np.where(inside, direction, 0)
    step, temperature = 1e-5, 0.2
    now = dual.evaluate(x, temperature)
    up, down = (dual.evaluate(x + sign * step * direction, temperature) for sign in (1, -1))
    assert (up.smoothed - down.smoothed) / (2 * step) == pytest.approx(now.gradient @ direction, rel=1e-6)
    bend = (up.gradient - down.gradient) / (2 * step)
    diagonal = np.full(x.size, 1e-3)
    solved = dual.newton_step(now, diagonal, bend + diagonal * direction)
    assert np.linalg.norm((solved - direction) / x) < 1e-3 * np.linalg.norm(direction / x)


def test_newton_steps_agree_between_dense_and_sparse(case_of, monkeypatch):
    dual = Dual(read_wave_tables(**case_of(4, 400, 6, 5, 7)), shortfall_price=30.0)
    x = starting_prices(dual)
    now = dual.evaluate(x, 0.2)
    dense = dual.newton_step(now, 1.0 / x, now.gradient)
    monkeypatch.setattr("lst_workbench.rollout.hessian.DENSE_ROWS", 0)
    np.testing.assert_allclose(dual.newton_step(now, 1.0 / x, now.gradient), dense, rtol=1e-6, atol=1e-9)


def test_prices_found_are_nearly_the_best_there_are(case_of):
    """Against the linear relaxation solved by HiGHS."""
    from scipy.optimize import linprog

    problem = read_wave_tables(**case_of(6, 200, 4, 3, 2, quotas=False))
    dual = Dual(problem, shortfall_price=30.0)
    found = find_prices(problem, dual, WaveParams())
    s, T = dual.stores, 4
    n = len(s.value)
    possible = np.isfinite(worths_or_all(dual, found.x))
    columns = [(i, t) for i in range(n) for t in range(T) if possible[i, t]]
    rows, limits = {}, list(dual.limit)
    for column, (i, t) in enumerate(columns):
        for u in range(t, T):
            load = s.signup[i] if u == t else s.care[i]
            rows.setdefault(s.territory[i] * T + u, []).append((column, load))
            rows.setdefault(dual.cuts[0] + s.warehouse[i] * T + u, []).append((column, s.volume[i]))
            rows.setdefault(dual.cuts[1] + u, []).append((column, s.capital[i]))
        rows.setdefault(dual.cuts[2], []).append((column, 1.0))
        rows.setdefault(len(dual.limit) + i, []).append((column, 1.0))
    limits += [1.0] * n
    matrix = np.zeros((len(limits), len(columns)))
    for row, terms in rows.items():
        for column, load in terms:
            matrix[row, column] = load
    worth = [-s.value[i] * problem.factor[t] for i, t in columns]
    best = -linprog(worth, A_ub=matrix, b_ub=limits, bounds=(0, None)).fun
    assert best * (1 - 1e-9) <= found.bound <= best * 1.002


def worths_or_all(dual, x):
    s, p, largest = dual.stores, dual.prices(x), dual.largest
    fits = (
        (s.signup[:, None] <= largest.signup[s.territory])
        & (s.care[:, None] <= largest.care[s.territory])
        & (s.volume[:, None] <= largest.volume[s.warehouse])
        & (s.capital[:, None] <= largest.capital)
    )
    return np.where(fits, 0.0 * p.factor, -np.inf)


def test_newton_steps_agree_whichever_side_is_eliminated_first(case_of):
    dual = Dual(read_wave_tables(**case_of(4, 400, 6, 5, 7)), shortfall_price=30.0)
    x = starting_prices(dual)
    now = dual.evaluate(x, 0.2)
    sides = dual.couplings
    months = dual.n_months
    sides.exchanged = None
    sides._couple(months)
    usual = dual.newton_step(now, 1.0 / x, now.gradient)
    sides.exchanged = sides._exchanged(months)
    np.testing.assert_allclose(dual.newton_step(now, 1.0 / x, now.gradient), usual, rtol=1e-6, atol=1e-9)


def test_one_territory_of_many_warehouses_has_its_sides_exchanged():
    many = Couplings(np.array([0, 50]), np.arange(50), 50, 12)
    assert many.exchanged is not None and len(many.exchanged.left) == 50
    assert Couplings(np.arange(51), np.zeros(50, np.int64), 1, 12).exchanged is None
