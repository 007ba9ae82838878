"""Numba kernels of the order proposal: what each case is worth, and the best order a store can place."""

import math

import numpy as np
from numba import njit

from lst_workbench.optim.knapsack import price_second, reduced_worth, search_core

TINY = 1e-290
FEN = 0.01
CELLS = 200_000
CELLS_TIMES_CASES = 40_000_000


@njit(cache=True, nogil=True)
def cumulative(mean: float, variance: float, count: int, out: np.ndarray) -> None:
    """P(D <= y) for y = 0 .. count - 1: Poisson, negative binomial when variance exceeds the mean, normal far out.

    Negative binomial: r = mean^2 / (variance - mean), q = mean / variance, p(i + 1) = p(i) (i + r) / (i + 1) (1 - q).
    """
    if mean <= 0.0:
        out[:count] = 1.0
        return
    wide = variance > mean * (1.0 + 1e-9)
    shape = mean * mean / (variance - mean) if wide else 0.0
    q = mean / variance if wide else 0.0
    p = math.exp(shape * math.log(q)) if wide else math.exp(-mean)
    if p < TINY:
        sd = math.sqrt(max(variance, mean))
        for y in range(count):
            out[y] = 0.5 * math.erfc((mean - 0.5 - y) / (sd * math.sqrt(2.0)))
        return
    total = p
    for y in range(count):
        out[y] = min(total, 1.0)
        p *= (y + shape) / (y + 1.0) * (1.0 - q) if wide else mean / (y + 1.0)
        total += p


@njit(cache=True, nogil=True)
def case_values(
    cover: np.ndarray,
    life: np.ndarray,
    perishes: bool,
    early: bool,
    position: int,
    pack: int,
    margin: float,
    holding: float,
    waste: float,
    values: np.ndarray,
) -> None:
    """Worth in RMB of each further case: unit y sells with P(D > y), else costs holding, and waste if it spoils.

    worth = sum_y margin P(D_sale > y) - holding P(D_cover <= y) - waste P(D_life <= y); it falls with every case. What
    perishes before the next delivery sells by demand of its life.
    """
    for k in range(values.size):
        worth = 0.0
        for y in range(position + k * pack, position + (k + 1) * pack):
            unsold = life[y] if early else cover[y]
            worth += margin * (1.0 - unsold) - holding * cover[y]
            if perishes:
                worth -= waste * life[y]
        values[k] = worth


@njit(cache=True, nogil=True)
def best_orders(
    start: np.ndarray,
    line: np.ndarray,
    pack: np.ndarray,
    position: np.ndarray,
    floor: np.ndarray,
    cash: np.ndarray,
    most: int,
    slack: float,
    nodes: int,
    cases: np.ndarray,
    edge: np.ndarray,
    store: np.ndarray,
    first_store: int,
    last_store: int,
) -> None:
    """Best order of some stores: which cases to take so that spend is between minimum and cash, or none at all.

    maximise sum_c M_c x_c subject to floor <= sum_c cost_c x_c <= cash, or x = 0. ``line`` columns: mean and variance
    of demand until the next delivery, the same over shelf life (mean below 0: it keeps), cost, margin, holding and
    waste of a unit. ``edge``: worth of the last case taken, of the next, of all taken; ``store``: value, bound, spend,
    price of cash, price of the minimum, largest spend that can be thought of.
    """
    for s in range(first_store, last_store):
        first, lines = start[s], start[s + 1] - start[s]
        worth = np.empty((lines, most))
        _value_lines(first, lines, most, line, pack, position, worth)
        keep_all = _spend_of(worth, first, line, pack, False) < floor[s]
        store[s, 5] = _spend_of(worth, first, line, pack, True)
        count = 0
        w, cost, owner = np.empty(lines * most), np.empty(lines * most), np.empty(lines * most, np.int64)
        for i in range(lines):
            for k in range(most):
                if worth[i, k] <= 0.0 and not keep_all:
                    break
                w[count], cost[count], owner[count] = worth[i, k], line[first + i, 4] * pack[first + i], i
                count += 1
        mine = cases[first : start[s + 1]]
        choose_cases(w[:count], cost[:count], owner[:count], floor[s], cash[s], slack, nodes, mine, store[s])
        store[s, 0], store[s, 2] = 0.0, 0.0
        for i in range(lines):
            taken = cases[first + i]
            edge[first + i, 2] = worth[i, :taken].sum()
            store[s, 0] += edge[first + i, 2]
            store[s, 2] += taken * line[first + i, 4] * pack[first + i]
            edge[first + i, 0] = worth[i, taken - 1] if taken > 0 else 0.0
            edge[first + i, 1] = worth[i, taken] if taken < most else -np.inf
        store[s, 1] = max(store[s, 1], store[s, 0])


@njit(cache=True, nogil=True)
def _value_lines(
    first: int, lines: int, most: int, line: np.ndarray, pack: np.ndarray, position: np.ndarray, worth: np.ndarray
) -> None:
    longest = 0
    for i in range(first, first + lines):
        longest = max(longest, position[i] + most * pack[i])
    cover, life = np.empty(longest), np.empty(longest)
    for i in range(lines):
        j = first + i
        perishes = line[j, 2] >= 0.0
        until = position[j] + most * pack[j]
        cumulative(line[j, 0], line[j, 1], until, cover)
        if perishes:
            cumulative(line[j, 2], line[j, 3], until, life)
        early = perishes and line[j, 2] < line[j, 0]
        case_values(cover, life, perishes, early, position[j], pack[j], line[j, 5], line[j, 6], line[j, 7], worth[i])


@njit(cache=True, nogil=True)
def _spend_of(worth: np.ndarray, first: int, line: np.ndarray, pack: np.ndarray, every: bool) -> float:
    """RMB of every case that pays for itself, or of all there are."""
    total = 0.0
    for i in range(worth.shape[0]):
        for k in range(worth.shape[1]):
            if worth[i, k] <= 0.0 and not every:
                break
            total += line[first + i, 4] * pack[first + i]
    return total


@njit(cache=True, nogil=True)
def choose_cases(
    w: np.ndarray,
    cost: np.ndarray,
    owner: np.ndarray,
    floor: float,
    cash: float,
    slack: float,
    nodes: int,
    cases: np.ndarray,
    store: np.ndarray,
) -> None:
    """Choose cases; writes how many of each line, the bound, and the prices of cash and of the minimum.

    Whichever of the two limits binds first is priced first.
    """
    cases[:] = 0
    store[1] = store[3] = store[4] = 0.0
    if w.size == 0 or floor > cash or cost.sum() < floor:
        return
    load, limit = np.empty((2, w.size)), np.empty(2)
    spend = 0.0
    for c in range(w.size):
        spend += cost[c] if w[c] > 0.0 else 0.0
    floor_first = spend < floor
    sign = -1.0 if floor_first else 1.0
    for c in range(w.size):
        load[0, c], load[1, c] = sign * cost[c], -sign * cost[c]
    limit[0], limit[1] = (-floor, cash) if floor_first else (cash, -floor)
    mu, used, r = np.zeros(2), np.empty(2), np.empty(w.size)
    z = price_second(w, load, limit, mu, used, r)
    store[3], store[4] = (mu[1], mu[0]) if floor_first else (mu[0], mu[1])
    if z <= slack:
        return
    reduced_worth(w, load, mu, r)
    x = np.zeros(w.size, np.uint8)
    value = _round_order(w, cost, r, floor, cash, x)
    if value <= 0.0:
        value = 0.0
        x[:] = 0
    near = slack * max(1.0, z)
    value, bound = search_core(w, load, limit, mu, z, r, x, value, near, nodes)
    if bound > value + 2.0 * near:
        value, proven = _settle(w, cost, r, z - value, floor, cash, x, value)
        bound = value if proven else z
    store[1] = max(bound, 0.0)
    if value > 0.0:
        for c in range(w.size):
            cases[owner[c]] += x[c]


@njit(cache=True, nogil=True)
def _settle(
    w: np.ndarray, cost: np.ndarray, r: np.ndarray, gap: float, floor: float, cash: float, x: np.ndarray, value: float
) -> tuple[float, bool]:
    """Settle by spend the cases that the gap leaves open: |r| below it."""
    core = np.flatnonzero(np.abs(r) <= gap)
    spent, worth = 0.0, 0.0
    for c in range(w.size):
        if r[c] > gap:
            spent += cost[c]
            worth += w[c]
    if spent > cash:
        return value, True
    answer = np.zeros(core.size, np.uint8)
    found, proven = _by_spend(w[core], cost[core], max(0.0, floor - spent), cash - spent, answer, value - worth)
    if found > value - worth:
        for c in range(w.size):
            x[c] = 1 if r[c] > gap else 0
        x[core] = answer
        value = found + worth
    return value, proven


@njit(cache=True, nogil=True)
def _by_spend(
    w: np.ndarray, cost: np.ndarray, floor: float, cash: float, x: np.ndarray, value: float
) -> tuple[float, bool]:
    """Best worth for every amount spent, by dynamic programming: the way out when few sums fall between the limits.

    Exact (and said so) when every case costs whole cells, else an answer only when its true spend is within the limits.
    """
    top = min(cash, cost.sum())
    unit = max(FEN, top / min(CELLS, max(1, CELLS_TIMES_CASES // max(1, w.size))))
    cells = int(math.floor(top / unit + 1e-6))
    best = np.full(cells + 1, -np.inf)
    best[0] = 0.0
    taken = np.zeros((w.size, cells + 1), np.uint8)
    exact = True
    for c in range(w.size):
        step = int(round(cost[c] / unit))
        exact = exact and abs(step * unit - cost[c]) <= 1e-9 * cost[c]
        for q in range(cells, step - 1, -1):
            if best[q - step] + w[c] > best[q]:
                best[q] = best[q - step] + w[c]
                taken[c, q] = 1
    q = int(math.ceil(floor / unit - 1e-6))
    for p in range(q, cells + 1):
        if best[p] > best[q]:
            q = p
    if q > cells or best[q] <= value:
        return value, exact
    spend, worth = 0.0, 0.0
    answer = np.zeros(w.size, np.uint8)
    for c in range(w.size - 1, -1, -1):
        if taken[c, q] == 1:
            answer[c] = 1
            q -= int(round(cost[c] / unit))
            spend += cost[c]
            worth += w[c]
    if spend > cash * (1.0 + 1e-12) or spend < floor * (1.0 - 1e-12):
        return value, False
    if worth <= value:
        return value, exact
    x[:] = answer
    return worth, exact


@njit(cache=True, nogil=True)
def _round_order(w: np.ndarray, cost: np.ndarray, r: np.ndarray, floor: float, cash: float, x: np.ndarray) -> float:
    """Take cases by falling r while they pay or the minimum is not met and cash lasts; then drop losses not needed."""
    spend, value = 0.0, 0.0
    order = np.argsort(-r, kind="mergesort")
    for c in order:
        if (r[c] > 0.0 or w[c] > 0.0 or spend < floor) and spend + cost[c] <= cash:
            x[c] = 1
            spend += cost[c]
            value += w[c]
    for t in range(order.size - 1, -1, -1):
        c = order[t]
        if x[c] == 1 and w[c] < 0.0 and spend - cost[c] >= floor:
            x[c] = 0
            spend -= cost[c]
            value -= w[c]
    return value if spend >= floor else -np.inf
