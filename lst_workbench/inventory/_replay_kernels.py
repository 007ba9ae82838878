"""Numba kernel of the replay: a shop lives through the days it has seen, under a policy of ordering."""

import math

import numpy as np
from numba import njit

from lst_workbench.inventory._kernels import case_values, choose_cases, cumulative

UP_TO, REORDER, WORTH = range(3)
LOTS = 24
SOLD, LOST, WASTED, STOCK, ORDERS, SPENT, LOST_MARGIN, MARGIN, WASTE_RMB, HOLDING, SUMS = range(11)


@njit(cache=True, nogil=True)
def live(
    start: np.ndarray, demand: np.ndarray, mean: np.ndarray, spread: np.ndarray, item: np.ndarray, pack: np.ndarray,
    opening: np.ndarray, shop: np.ndarray, policy: int, cycle: int, z: float, cover_days: float, most: int, warm: int,
    sums: np.ndarray, first_store: int, last_store: int,
) -> None:  # fmt: skip
    """Live through days ``warm ..`` of each shop; adds up units and RMB in ``sums`` (columns as named above).

    ``item`` columns: cost, margin, holding a day, shelf life in days (0: it keeps). ``shop`` columns: days until an
    order comes, least and most RMB of an order. ``opening``: units on hand (below 0: for one cycle and lead time) and
    on the way, which come the next day. A day: goods come, goods expire, customers buy the oldest first and what is not
    there is lost, and every `cycle` days the shop orders by what it holds and has on the way.
    """
    days = demand.shape[1]
    for s in range(first_store, last_store):
        a, b = start[s], start[s + 1]
        lead = int(shop[s, 0])
        units, until = np.zeros((b - a, LOTS)), np.zeros((b - a, LOTS))
        coming = np.zeros((b - a, lead + 1))
        position, cases = np.zeros(b - a), np.zeros(b - a, np.int64)
        for i in range(b - a):
            units[i, 0] = math.ceil(mean[a + i, warm] * (cycle + lead))
            if opening[a + i, 0] >= 0.0:
                units[i, 0] = opening[a + i, 0]
                coming[i, (warm + min(lead, 1)) % (lead + 1)] = opening[a + i, 1]
            until[i, 0] = warm + item[a + i, 3] if item[a + i, 3] > 0.0 else np.inf
        for day in range(warm, days):
            for i in range(b - a):
                _arrive(units[i], until[i], coming[i], day, item[a + i, 3])
                wasted = _expire(units[i], until[i], day)
                sold = _sell(units[i], until[i], demand[a + i, day])
                lost, have = demand[a + i, day] - sold, units[i].sum()
                sums[s, SOLD] += sold
                sums[s, LOST] += lost
                sums[s, WASTED] += wasted
                sums[s, STOCK] += have * item[a + i, 0]
                sums[s, LOST_MARGIN] += lost * item[a + i, 1]
                sums[s, MARGIN] += sold * item[a + i, 1]
                sums[s, WASTE_RMB] += wasted * item[a + i, 0]
                sums[s, HOLDING] += have * item[a + i, 2]
                position[i] = have + coming[i].sum()
            if (day - warm) % cycle == 0:
                spend = _order(
                    position, mean[a:b, day], spread[a:b], item[a:b], pack[a:b], shop[s], policy, float(cycle + lead),
                    z, cover_days, most, cases,
                )  # fmt: skip
                if spend > 0.0:
                    sums[s, ORDERS] += 1.0
                    sums[s, SPENT] += spend
                    for i in range(b - a):
                        coming[i, (day + lead) % (lead + 1)] += cases[i] * pack[a + i]


@njit(cache=True, nogil=True)
def _arrive(units: np.ndarray, until: np.ndarray, coming: np.ndarray, day: int, life: float) -> None:
    """Put what arrives behind the other lots; the last place takes what is over."""
    slot = day % coming.size
    if coming[slot] <= 0.0:
        return
    k = LOTS - 1
    while k > 0 and units[k - 1] <= 0.0:
        k -= 1
    units[k] += coming[slot]
    until[k] = day + life if life > 0.0 else np.inf
    coming[slot] = 0.0


@njit(cache=True, nogil=True)
def _expire(units: np.ndarray, until: np.ndarray, day: int) -> float:
    wasted = 0.0
    for k in range(LOTS):
        if units[k] > 0.0 and until[k] <= day:
            wasted += units[k]
            units[k] = 0.0
    return wasted


@njit(cache=True, nogil=True)
def _sell(units: np.ndarray, until: np.ndarray, wanted: float) -> float:
    """Sell the oldest lots first, and close ranks."""
    sold, kept = 0.0, 0
    for k in range(LOTS):
        taken = min(units[k], wanted - sold)
        sold += taken
        left, last = units[k] - taken, until[k]
        units[k] = 0.0
        if left > 0.0:
            units[kept], until[kept] = left, last
            kept += 1
    return sold


@njit(cache=True, nogil=True)
def _order(
    position: np.ndarray, mean: np.ndarray, spread: np.ndarray, item: np.ndarray, pack: np.ndarray, shop: np.ndarray,
    policy: int, horizon: float, z: float, cover_days: float, most: int, cases: np.ndarray,
) -> float:  # fmt: skip
    """Cases of each line, and what they cost; nothing when they come to less than the least order."""
    lines = position.size
    cases[:] = 0
    if policy == WORTH:
        return _worth_order(position, mean, spread, item, pack, shop, horizon, most, cases)
    spend, cover = 0.0, np.empty(lines)
    for i in range(lines):
        cover[i] = position[i] / max(mean[i], 1e-9)
    for i in np.argsort(cover, kind="mergesort"):
        expected = mean[i] * horizon
        level = expected + z * math.sqrt(expected * spread[i])
        if policy == REORDER and position[i] > level:
            continue
        target = level + mean[i] * cover_days if policy == REORDER else level
        wanted = math.ceil(max(0.0, target - position[i]) / pack[i])
        cost = item[i, 0] * pack[i]
        cases[i] = int(min(float(wanted), np.floor(max(0.0, shop[2] - spend) / cost + 1e-9)))
        spend += cases[i] * cost
    if spend < shop[1]:
        cases[:] = 0
        return 0.0
    return spend


@njit(cache=True, nogil=True)
def _worth_order(
    position: np.ndarray, mean: np.ndarray, spread: np.ndarray, item: np.ndarray, pack: np.ndarray, shop: np.ndarray,
    horizon: float, most: int, cases: np.ndarray,
) -> float:  # fmt: skip
    """Order as `propose_orders` does: the cases of most worth between the least and the most RMB."""
    lines, count = position.size, 0
    worth, cost, owner = np.empty(lines * most), np.empty(lines * most), np.empty(lines * most, np.int64)
    values = np.empty(most)
    for i in range(lines):
        have = int(position[i])
        units = have + most * pack[i]
        perishes = item[i, 3] > 0.0
        cover, life = np.empty(units), np.empty(units if perishes else 0)
        cumulative(mean[i] * horizon, mean[i] * horizon * spread[i], units, cover)
        if perishes:
            cumulative(mean[i] * item[i, 3], mean[i] * item[i, 3] * spread[i], units, life)
        early = perishes and item[i, 3] < horizon
        case_values(
            cover, life, perishes, early, have, pack[i], item[i, 1], item[i, 2] * horizon, item[i, 0], values
        )  # fmt: skip
        for k in range(most):
            worth[count], cost[count], owner[count] = values[k], item[i, 0] * pack[i], i
            count += 1
    keep = np.flatnonzero(worth > 0.0)
    if cost[keep].sum() < shop[1]:
        keep = np.arange(count)
    figures = np.zeros(6)
    choose_cases(worth[keep], cost[keep], owner[keep], shop[1], shop[2], 1e-6, 2000, cases, figures)
    spend = 0.0
    for i in range(lines):
        spend += cases[i] * item[i, 0] * pack[i]
    return spend
