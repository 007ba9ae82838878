"""Numba kernel of the best range: Dinkelbach's ratios around an exact choice under limits."""

import numpy as np
from numba import njit

from lst_workbench.optim.knapsack import price_limits, reduced_worth, round_down, search_core

RATIOS = 60


@njit(cache=True, nogil=True)
def best_ranges(
    attraction: np.ndarray,
    of_store: np.ndarray,
    outside: np.ndarray,
    margin: np.ndarray,
    load: np.ndarray,
    limit: np.ndarray,
    must_start: np.ndarray,
    must_item: np.ndarray,
    barred_start: np.ndarray,
    barred_item: np.ndarray,
    present_start: np.ndarray,
    present_item: np.ndarray,
    swap_row: int,
    slack: float,
    nodes: int,
    chosen: np.ndarray,
    value: np.ndarray,
    bound: np.ndarray,
    price: np.ndarray,
    first_store: int,
    last_store: int,
) -> None:
    """Best range of each store: maximise sum_j m_j v_j x_j / (v_0 + sum_j v_j x_j) under limits, with obligations.

    v_j = exp(utility) without unit, m_j in RMB, loads in cm, items and RMB. For a ratio q the items are worth
    w_j = v_j (m_j - q); q is best when the best sum of w equals q v_0 (Dinkelbach 1967). ``price`` is the gain of the
    ratio for one more unit of each limit, ``bound`` no answer exceeds. Barred items stay away; row `swap_row` of the
    loads (-1: none) counts items that the store does not have yet. Limits below 0 are floors (loads are negative):
    where no range meets them ``value`` is minus infinity.
    """
    items = margin.size
    limits = load.shape[0]
    every, load = load, load.copy()
    floored = (load < 0.0).any()
    lowest = min(0.0, margin.min()) - 1.0
    w, r = np.empty(items), np.empty(items)
    x, best = np.empty(items, np.uint8), np.empty(items, np.uint8)
    free = np.empty(items, np.bool_)
    room, left, mu, used = np.empty(limits), np.empty(limits), np.empty(limits), np.empty(limits)
    for s in range(first_store, last_store):
        v = attraction[of_store[s]]
        v0, earned = outside[s], 0.0
        for k in range(limits):
            room[k], mu[k] = limit[s, k], 0.0
        if floored or swap_row >= 0:
            load[:, :] = every
        if swap_row >= 0:
            load[swap_row, present_item[present_start[s] : present_start[s + 1]]] = 0.0
        for j in range(items):
            free[j] = v[j] > 0.0
            best[j] = 0
        free[barred_item[barred_start[s] : barred_start[s + 1]]] = False
        for t in range(must_start[s], must_start[s + 1]):
            j = must_item[t]
            free[j] = False
            v0 += v[j]
            earned += v[j] * margin[j]
            for k in range(limits):
                room[k] -= load[k, j]
        if floored:  # what cannot be taken meets no floor
            for j in range(items):
                if not free[j]:
                    load[:, j] = 0.0
        met = bool((room >= 0.0).all())
        ratio, proven, searched = earned / v0 if met else lowest, 0.0, False
        for _ in range(RATIOS):
            for j in range(items):
                w[j] = v[j] * (margin[j] - ratio) if free[j] else 0.0
            z = price_limits(w, load, room, mu, used, r)
            reduced_worth(w, load, mu, r)
            target = ratio * v0 - earned
            proven = ratio + max(0.0, z - target) / v0
            if z - target <= slack * v0:
                break
            if not searched:
                sound = round_down(w, load, room, r, x, left) > -np.inf
                there = _ratio(v, margin, x, free, v0, earned)
                if sound and there > ratio + 1e-12 * abs(ratio):
                    ratio, met = there, True
                    for j in range(items):
                        best[j] = x[j]
                    continue
            searched = True
            for j in range(items):
                x[j] = best[j]
            found, over = search_core(w, load, room, mu, z, r, x, target, slack * v0, nodes)
            proven = ratio + max(0.0, over - target) / v0
            there = _ratio(v, margin, x, free, v0, earned)
            if found <= target or there <= ratio:
                break
            ratio, met = there, True
            for j in range(items):
                best[j] = x[j]
        value[s], bound[s] = ratio if met else -np.inf, max(proven, ratio)
        reached = v0
        for j in range(items):
            chosen[s, j] = 0 if not free[j] else best[j]
            if free[j] and best[j] == 1:
                reached += v[j]
        for t in range(must_start[s], must_start[s + 1]):
            chosen[s, must_item[t]] = 1
        for k in range(limits):
            price[s, k] = mu[k] / reached


@njit(cache=True, nogil=True)
def _ratio(v: np.ndarray, margin: np.ndarray, x: np.ndarray, free: np.ndarray, v0: float, earned: float) -> float:
    top, bottom = earned, v0
    for j in range(x.size):
        if x[j] == 1 and free[j]:
            top += v[j] * margin[j]
            bottom += v[j]
    return top / bottom


@njit(cache=True, nogil=True)
def value_of(
    attraction: np.ndarray, of_store: np.ndarray, outside: np.ndarray, margin: np.ndarray, chosen: np.ndarray,
    value: np.ndarray, first_store: int, last_store: int,
) -> None:  # fmt: skip
    """Margin per visit of given ranges: sum_j m_j v_j x_j / (v_0 + sum_j v_j x_j)."""
    for s in range(first_store, last_store):
        top, bottom = 0.0, outside[s]
        v = attraction[of_store[s]]
        for j in range(margin.size):
            if chosen[s, j] == 1:
                top += v[j] * margin[j]
                bottom += v[j]
        value[s] = top / bottom


@njit(cache=True, nogil=True)
def fill_by_score(
    score: np.ndarray,
    of_store: np.ndarray,
    load: np.ndarray,
    limit: np.ndarray,
    must_start: np.ndarray,
    must_item: np.ndarray,
    barred_start: np.ndarray,
    barred_item: np.ndarray,
    present_start: np.ndarray,
    present_item: np.ndarray,
    swap_row: int,
    chosen: np.ndarray,
    first_store: int,
    last_store: int,
) -> None:
    """Rank items one by one: obligations first, then floors, then by falling score while they fit the limits."""
    load = load.copy()
    for s in range(first_store, last_store):
        left = limit[s].copy()
        if swap_row >= 0:
            load[swap_row, :] = 1.0
            load[swap_row, present_item[present_start[s] : present_start[s + 1]]] = 0.0
        for t in range(must_start[s], must_start[s + 1]):
            chosen[s, must_item[t]] = 1
            left -= load[:, must_item[t]]
        mine = score[of_store[s]].copy()
        mine[barred_item[barred_start[s] : barred_start[s + 1]]] = 0.0
        order = np.argsort(-mine, kind="mergesort")
        for floors_first in (True, False):
            for j in order:
                if chosen[s, j] == 1 or mine[j] <= 0.0:
                    continue
                needed = ((left < 0.0) & (load[:, j] < 0.0)).any()
                fits = ((load[:, j] <= left) | (load[:, j] <= 0.0)).all()
                if fits and (needed or not floors_first):
                    chosen[s, j] = 1
                    left -= load[:, j]


@njit(cache=True, nogil=True)
def best_counts(
    attraction: np.ndarray,
    of_store: np.ndarray,
    outside: np.ndarray,
    margin: np.ndarray,
    limit: np.ndarray,
    must_start: np.ndarray,
    must_item: np.ndarray,
    chosen: np.ndarray,
    value: np.ndarray,
    bound: np.ndarray,
    price: np.ndarray,
    first_store: int,
    last_store: int,
) -> None:
    """Best range of each store when only the number of items is limited: the k items of most worth v_j (m_j - q).

    q rises to the best ratio (Dinkelbach 1967), so what does not pay at one q never pays again. ``price`` is what the
    best item left out would add. Bounds are the values: the k largest are the optimum of each ratio's problem.
    """
    items = margin.size
    w, open_items = np.empty(items), np.empty(items, np.int64)
    obliged = np.zeros(items, np.bool_)
    for s in range(first_store, last_store):
        v, v0, earned = attraction[of_store[s]], outside[s], 0.0
        for t in range(must_start[s], must_start[s + 1]):
            j = must_item[t]
            obliged[j] = True
            chosen[s, j] = 1
            v0 += v[j]
            earned += v[j] * margin[j]
        places = min(float(items), limit[s, 0]) - (must_start[s + 1] - must_start[s])
        ratio, count = earned / v0, 0
        for j in range(items):
            if v[j] > 0.0 and not obliged[j]:
                open_items[count] = j
                count += 1
        cut, next_worth = 0.0, 0.0
        for _ in range(RATIOS):
            kept = 0
            for t in range(count):
                j = open_items[t]
                if margin[j] > ratio:
                    open_items[kept], w[kept] = j, v[j] * (margin[j] - ratio)
                    kept += 1
            count = kept
            cut, next_worth = _cut(w[:count].copy(), int(places))
            top, bottom, taken = earned, v0, 0
            for t in range(count):
                if w[t] > cut:
                    j = open_items[t]
                    top, bottom, taken = top + v[j] * margin[j], bottom + v[j], taken + 1
            for t in range(count):
                if w[t] == cut and taken < int(places):
                    j = open_items[t]
                    top, bottom, taken = top + v[j] * margin[j], bottom + v[j], taken + 1
            if top / bottom <= ratio * (1.0 + 1e-15):
                break
            ratio = top / bottom
        taken = 0
        for strictly in (True, False):
            for t in range(count):
                if taken < int(places) and (w[t] > cut if strictly else w[t] == cut):
                    chosen[s, open_items[t]] = 1
                    taken += 1
        reached = v0
        for t in range(count):
            reached += v[open_items[t]] * chosen[s, open_items[t]]
        for t in range(must_start[s], must_start[s + 1]):
            obliged[must_item[t]] = False
        value[s] = bound[s] = ratio
        price[s, 0] = next_worth / reached


@njit(cache=True, nogil=True)
def _cut(worth: np.ndarray, places: int) -> tuple[float, float]:
    """Worth of the last of the `places` best and of the next; `worth` is reordered (Hoare's quickselect)."""
    if worth.size <= places:
        return 0.0, 0.0
    if places <= 0:
        return np.inf, worth.max()
    low, high, k = 0, worth.size - 1, places - 1
    while low < high:
        pivot, i, j = worth[(low + high) // 2], low, high
        while i <= j:
            while worth[i] > pivot:
                i += 1
            while worth[j] < pivot:
                j -= 1
            if i <= j:
                worth[i], worth[j] = worth[j], worth[i]
                i, j = i + 1, j - 1
        if k <= j:
            high = j
        elif k >= i:
            low = i
        else:
            break
    return worth[k], worth[places:].max()
