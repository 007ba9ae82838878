"""Exact 0/1 choices under a few linear limits: prices of the limits, then a search of the few doubtful items.

maximise sum_j w_j x_j  subject to  sum_j load_kj x_j <= limit_k,  x_j in {0, 1}.

Prices mu >= 0 give the bound z(mu) = sum_j max(0, r_j) + sum_k mu_k limit_k with r_j = w_j - sum_k mu_k load_kj.
An item with |r_j| above the gap between bound and best answer is decided; a search settles the rest (the core).
A floor is a limit with negative loads. A limit that is infinite costs one comparison.
"""

import numpy as np
from numba import njit

HALVINGS = 60
OUTER_HALVINGS = 30
DOUBLINGS = 120
OUTER_STEPS = 60
NEARLY = 1e-12


@njit(cache=True, nogil=True)
def _loads(r: np.ndarray, a: np.ndarray) -> float:
    total = 0.0
    for j in range(r.size):
        if r[j] > 0.0:
            total += a[j]
    return total


@njit(cache=True, nogil=True)
def price_first(
    w: np.ndarray, load: np.ndarray, limit: np.ndarray, mu: np.ndarray, used: np.ndarray, r: np.ndarray
) -> float:
    """Set mu[0] to its best for given mu[1:]; returns the bound and the use of each limit by the relaxed answer."""
    limits, items = load.shape
    a, b = load[0], limit[0]
    for j in range(items):
        r[j] = w[j]
    for k in range(1, limits):
        if mu[k] > 0.0:
            for j in range(items):
                r[j] -= mu[k] * load[k, j]
    low, high, over, under = 0.0, 0.0, 0.0, 0.0
    mu[0] = 0.0
    if b < np.inf:
        over = _loads(r, a)
        if over > b:
            high = 1e-9
            for j in range(items):
                if a[j] != 0.0:
                    high = max(high, 1e-3 * abs(r[j] / a[j]))
            for _ in range(DOUBLINGS):
                under = _priced_load(r, a, high)
                if under <= b:
                    break
                low, over = high, under
                high *= 2.0
            low, high, over, under = _halve(r, a, b, low, high, over, under)
            mu[0] = high
    share = 0.0
    if mu[0] > 0.0 and over > under:
        share = min(1.0, (b - under) / (over - under))
    z = 0.0
    for k in range(limits):
        used[k] = 0.0
        if mu[k] > 0.0:
            z += mu[k] * limit[k]
    for j in range(items):
        at_high, part = r[j] - high * a[j], 0.0
        if at_high > 0.0:
            z += at_high
            part = 1.0 - share
        if share > 0.0 and r[j] - low * a[j] > 0.0:
            part += share
        if part > 0.0:
            for k in range(limits):
                used[k] += part * load[k, j]
    return z


@njit(cache=True, nogil=True)
def _halve(
    r: np.ndarray, a: np.ndarray, b: float, low: float, high: float, over: float, under: float
) -> tuple[float, float, float, float]:
    """Narrow the price between too low (loads above `b`) and high enough, looking only at items still undecided."""
    undecided = np.empty(r.size, np.int64)
    count, sure = 0, 0.0
    for j in range(r.size):
        at_low, at_high = r[j] > low * a[j], r[j] > high * a[j]
        if at_low != at_high:
            undecided[count] = j
            count += 1
        elif at_low:
            sure += a[j]
    for _ in range(HALVINGS):
        mid = 0.5 * (low + high)
        if high - low <= 1e-13 * high:
            break
        there = sure
        for t in range(count):
            j = undecided[t]
            if r[j] > mid * a[j]:
                there += a[j]
        if there > b:
            low, over = mid, there
        else:
            high, under = mid, there
        kept = 0
        for t in range(count):
            j = undecided[t]
            at_low, at_high = r[j] > low * a[j], r[j] > high * a[j]
            if at_low != at_high:
                undecided[kept] = j
                kept += 1
            elif at_low:
                sure += a[j]
        count = kept
    return low, high, over, under


@njit(cache=True, nogil=True)
def _priced_load(r: np.ndarray, a: np.ndarray, price: float) -> float:
    total = 0.0
    for j in range(r.size):
        if r[j] - price * a[j] > 0.0:
            total += a[j]
    return total


@njit(cache=True, nogil=True)
def price_second(
    w: np.ndarray, load: np.ndarray, limit: np.ndarray, mu: np.ndarray, used: np.ndarray, r: np.ndarray
) -> float:
    """Set mu[0] and mu[1] to their best for given mu[2:]."""
    mu[1] = 0.0
    z = price_first(w, load, limit, mu, used, r)
    if load.shape[0] < 2 or used[1] <= limit[1] * (1 + 1e-12):
        return z
    low, z_low, slope_low = 0.0, z, limit[1] - used[1]
    high, z_high, slope_high = _first_guess(w, load[1]), 0.0, 0.0
    for _ in range(DOUBLINGS):
        mu[1] = high
        z_high = price_first(w, load, limit, mu, used, r)
        slope_high = limit[1] - used[1]
        if slope_high >= 0.0:
            break
        low, z_low, slope_low = high, z_high, slope_high
        high *= 2.0
    best_z, best = z_high, high
    for _ in range(OUTER_STEPS):
        mu[1] = _where_tangents_meet(low, z_low, slope_low, high, z_high, slope_high)
        promised = z_low + slope_low * (mu[1] - low)
        z = price_first(w, load, limit, mu, used, r)
        slope = limit[1] - used[1]
        if z < best_z:
            best_z, best = z, mu[1]
        if best_z - promised <= NEARLY * abs(best_z) or not low < mu[1] < high:
            break
        if slope < 0.0:
            low, z_low, slope_low = mu[1], z, slope
        else:
            high, z_high, slope_high = mu[1], z, slope
    mu[1] = best
    return price_first(w, load, limit, mu, used, r)


@njit(cache=True, nogil=True)
def _first_guess(w: np.ndarray, a: np.ndarray) -> float:
    """Guess a price to double from: of the order of the most worth an item has for its load."""
    guess = 1e-9
    for j in range(w.size):
        if w[j] > 0.0 and a[j] > 0.0:
            guess = max(guess, 1e-3 * w[j] / a[j])
    return guess


@njit(cache=True, nogil=True)
def _where_tangents_meet(
    low: float, z_low: float, slope_low: float, high: float, z_high: float, slope_high: float
) -> float:
    """Find where a convex function with these tangents would have its minimum (Kelley's cutting planes on a line)."""
    if slope_high - slope_low <= 0.0:
        return 0.5 * (low + high)
    meet = (z_low - z_high + slope_high * high - slope_low * low) / (slope_high - slope_low)
    return min(max(meet, low), high)


@njit(cache=True, nogil=True)
def price_limits(
    w: np.ndarray, load: np.ndarray, limit: np.ndarray, mu: np.ndarray, used: np.ndarray, r: np.ndarray
) -> float:
    """Set all prices (of up to three limits) to their best and return the bound."""
    if load.shape[0] < 3:
        return price_second(w, load, limit, mu, used, r)
    mu[2] = 0.0
    z = price_second(w, load, limit, mu, used, r)
    if used[2] <= limit[2] * (1 + 1e-12):
        return z
    low, high = 0.0, _first_guess(w, load[2])
    for _ in range(DOUBLINGS):
        mu[2] = high
        z = price_second(w, load, limit, mu, used, r)
        if used[2] <= limit[2]:
            break
        low = high
        high *= 2.0
    best_z, best = z, high
    for _ in range(OUTER_HALVINGS):
        mu[2] = 0.5 * (low + high)
        z = price_second(w, load, limit, mu, used, r)
        if z < best_z:
            best_z, best = z, mu[2]
        if used[2] > limit[2]:
            low = mu[2]
        else:
            high = mu[2]
    mu[2] = best
    return price_second(w, load, limit, mu, used, r)


@njit(cache=True, nogil=True)
def reduced_worth(w: np.ndarray, load: np.ndarray, mu: np.ndarray, r: np.ndarray) -> None:
    """r_j = w_j - sum_k mu_k load_kj."""
    for j in range(w.size):
        r[j] = w[j]
    for k in range(mu.size):
        if mu[k] > 0.0:
            for j in range(w.size):
                r[j] -= mu[k] * load[k, j]


@njit(cache=True, nogil=True)
def round_down(
    w: np.ndarray, load: np.ndarray, limit: np.ndarray, r: np.ndarray, x: np.ndarray, left: np.ndarray
) -> float:
    """Take what is clearly worth it, then by falling r_j what fits; returns the sum of w, or -inf below a floor."""
    limits, items = load.shape
    for k in range(limits):
        left[k] = limit[k]
    total = 0.0
    sure = 0.0
    for j in range(items):
        x[j] = 0
        if r[j] > 0.0:
            sure = max(sure, r[j])
    cut = 0.02 * sure
    for j in range(items):
        if r[j] > cut and _fits(load, left, j):
            x[j] = 1
            total += w[j]
            for k in range(limits):
                left[k] -= load[k, j]
    waiting = np.empty(items, np.int64)
    count = 0
    for j in range(items):
        if x[j] == 0 and (w[j] > 0.0 or r[j] > 0.0) and _fits(load, left, j):
            waiting[count] = j
            count += 1
    order = np.argsort(-r[waiting[:count]], kind="mergesort")
    for t in range(count):
        j = waiting[order[t]]
        if _fits(load, left, j):
            x[j] = 1
            total += w[j]
            for k in range(limits):
                left[k] -= load[k, j]
    for k in range(limits):
        if left[k] < 0.0:
            return -np.inf
    return total


@njit(cache=True, nogil=True)
def _fits(load: np.ndarray, left: np.ndarray, j: int) -> bool:
    for k in range(left.size):  # noqa: SIM110 - compiled
        if load[k, j] > 0.0 and load[k, j] > left[k]:
            return False
    return True


@njit(cache=True, nogil=True)
def search_core(
    w: np.ndarray,
    load: np.ndarray,
    limit: np.ndarray,
    mu: np.ndarray,
    z: float,
    r: np.ndarray,
    best: np.ndarray,
    value: float,
    slack: float,
    nodes: int,
) -> tuple[float, float]:
    """Improve `best` (worth `value`) until nothing within `slack` of the bound is left to try, or `nodes` are spent.

    Items whose |r_j| exceeds the gap are decided. The others are tried deepest-doubt last: going against the sign of
    r_j costs |r_j|, room left in a priced limit costs its price. Returns the best value and a bound on every answer.
    """
    limits, items = load.shape
    gap = z - value - slack
    if gap <= 0.0:
        return value, z
    core = np.empty(items, np.int64)
    count = 0
    left = limit.copy()
    taken = np.zeros(items, np.uint8)
    base = 0.0
    for j in range(items):
        if r[j] >= gap:
            taken[j] = 1
            base += w[j]
            for k in range(limits):
                left[k] -= load[k, j]
        elif r[j] > -gap:
            core[count] = j
            count += 1
    doubt = np.empty(count)
    for t in range(count):
        doubt[t] = -abs(r[core[t]])
    order = np.argsort(doubt, kind="mergesort")
    # What the rest of the core could add to, or take from, each limit.
    up, down = np.zeros((count + 1, limits)), np.zeros((count + 1, limits))
    for t in range(count - 1, -1, -1):
        j = core[order[t]]
        for k in range(limits):
            up[t, k] = up[t + 1, k] + max(load[k, j], 0.0)
            down[t, k] = down[t + 1, k] + min(load[k, j], 0.0)
    tried = np.zeros(count + 1, np.int8)
    spent = 0
    worth, against, depth = base, 0.0, 0
    while depth >= 0:
        spent += 1
        if spent > nodes:
            return value, z
        alive = tried[depth] < 2
        if alive and tried[depth] == 0:
            least = z - against
            for k in range(limits):
                if left[k] < down[depth, k] - 1e-9 * (1.0 + abs(limit[k])):
                    alive = False
                elif mu[k] > 0.0 and left[k] > up[depth, k]:
                    least -= mu[k] * (left[k] - up[depth, k])
            if least <= value + slack:
                alive = False
        if alive and depth == count:
            if worth > value + slack:
                value = worth
                for j in range(items):
                    best[j] = taken[j]
            alive = False
        if not alive:
            tried[depth] = 0
            depth -= 1
            if depth >= 0:
                j = core[order[depth]]
                was_first = tried[depth] == 1
                if taken[j] == 1:
                    taken[j] = 0
                    worth -= w[j]
                    for k in range(limits):
                        left[k] += load[k, j]
                if not was_first:
                    against -= abs(r[j])
            continue
        j = core[order[depth]]
        wanted = r[j] > 0.0
        take = wanted if tried[depth] == 0 else not wanted
        if tried[depth] == 1:
            against += abs(r[j])
        tried[depth] += 1
        if take:
            taken[j] = 1
            worth += w[j]
            for k in range(limits):
                left[k] -= load[k, j]
        depth += 1
        tried[depth] = 0
    return value, value + slack
