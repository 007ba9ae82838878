"""Kernels of `allocate_facings`: prices of shelf width by level, a plan from them that is mended, and the search."""

import numpy as np
from numba import njit

from lst_workbench.assortment._facing_search import NOT_ALLOWED, annealed, branched

LEAST_STEP = 1e-7
SHRINK, LONGER, SHORTER, FREE_STEPS = 0.5, 1.2, 0.9, 2  # Shor's r-algorithm


@njit(cache=True, nogil=True)
def _best_choice(worth: np.ndarray, most: int, width: float, price: np.ndarray) -> tuple[int, int, float]:
    """Level and facings of the highest worth less the price of their width."""
    best_level, best_n, best = -1, 0, -np.inf
    for level in range(price.size):
        if worth[level, 0] == NOT_ALLOWED:
            continue
        paid = price[level] * width
        n = 1
        while n < most and worth[level, n] - worth[level, n - 1] > paid:
            n += 1
        gain = worth[level, n - 1] - n * paid
        if gain > best:
            best_level, best_n, best = level, n, gain
    return best_level, best_n, best


@njit(cache=True, nogil=True)
def _dual(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, rounds: int, price: np.ndarray
) -> float:
    """Lower sum(price * room) + sum_i best_i(price) by deflected subgradients; leaves the best prices in `price`."""
    levels = room.size
    at, best_price, push = np.zeros(levels), np.zeros(levels), np.zeros(levels)
    best, scale = np.inf, 1.0
    stale = 0
    reached = 0.0
    for i in range(width.size):
        top = 0.0
        for level in range(levels):
            top = max(top, worth[i, level, 0])
        reached += top
    for _ in range(rounds):
        z = 0.0
        slack = room.copy()
        for i in range(width.size):
            level, n, gain = _best_choice(worth[i], most[i], width[i], at)
            z += gain
            slack[level] -= n * width[i]
        for level in range(levels):
            z += at[level] * room[level]
        if z < best * (1.0 - 1e-9):
            best, stale = z, 0
            best_price[:] = at
        else:
            best = min(best, z)
            stale += 1
            if stale == 6:
                scale, stale = 0.6 * scale, 0
                at[:] = best_price
                push[:] = 0.0
        norm = 0.0
        for level in range(levels):
            push[level] = 0.4 * push[level] - slack[level]
            norm += push[level] * push[level]
        if norm == 0.0 or scale < LEAST_STEP:
            break
        step = scale * max(z - reached, 1e-3 * abs(z)) / norm
        for level in range(levels):
            at[level] = max(0.0, at[level] + step * push[level])
    price[:] = best_price
    return best


@njit(cache=True, nogil=True)
def _cheapest_mend(
    worth: np.ndarray, width: np.ndarray, level_of: np.ndarray, n_of: np.ndarray, left: np.ndarray
) -> tuple[int, int, int]:
    """Item, level and facings whose change loses least worth a centimetre freed on levels that are too full."""
    best_i, best_level, best_n, least = -1, 0, 0, np.inf
    for i in range(width.size):
        home, n = level_of[i], n_of[i]
        if left[home] >= -1e-9:
            continue
        if n > 1:
            lost = (worth[i, home, n - 1] - worth[i, home, n - 2]) / width[i]
            if lost < least:
                best_i, best_level, best_n, least = i, home, n - 1, lost
        for level in range(left.size):
            if level == home or worth[i, level, 0] == NOT_ALLOWED:
                continue
            fit = min(n, int(np.floor((left[level] + 1e-9) / width[i])))
            if fit >= 1:
                freed = min(n * width[i], -left[home])
                lost = (worth[i, home, n - 1] - worth[i, level, fit - 1]) / freed
                if lost < least:
                    best_i, best_level, best_n, least = i, level, fit, lost
    return best_i, best_level, best_n


@njit(cache=True, nogil=True)
def _bound_at(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, at: np.ndarray, slope: np.ndarray
) -> float:
    """Bound at prices, those below 0 taken as 0, and its slope; where a price is below 0 it points steeply back."""
    price = np.maximum(at, 0.0)
    z = float((price * room).sum())
    slope[:] = room
    for i in range(width.size):
        level, n, gain = _best_choice(worth[i], most[i], width[i], price)
        z += gain
        slope[level] -= n * width[i]
    for level in range(at.size):
        if at[level] < 0.0:
            slope[level] = -float((width * most).sum())
    return z


@njit(cache=True, nogil=True)
def _sharpen(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, rounds: int, price: np.ndarray
) -> float:
    """Lower the bound from `price` on by Shor's r-algorithm; leaves the best prices there.

    Space is squeezed along the difference of successive slopes, so that steps follow the valley that prices of several
    levels form together, where plain subgradients jump from side to side.
    """
    levels = room.size
    at, best_price = price.copy(), price.copy()
    slope, there = np.empty(levels), np.empty(levels)
    space = np.eye(levels)
    best = _bound_at(worth, most, width, room, at, slope)
    length = 0.05 * (1e-6 + price.mean())
    least = LEAST_STEP * length
    for _ in range(rounds):
        push = space.T @ slope
        norm = np.sqrt((push * push).sum())
        if norm == 0.0 or length < least:
            break
        way = space @ (push / norm)
        steps = 0
        while steps < rounds:
            at = at - length * way
            z = _bound_at(worth, most, width, room, at, there)
            steps += 1
            if z < best:
                best = z
                best_price[:] = np.maximum(at, 0.0)
            if (there * way).sum() <= 0.0:
                break
            if steps > FREE_STEPS:
                length *= LONGER
        if steps == 1:
            length *= SHORTER
        turn = space.T @ (there - slope)
        norm = np.sqrt((turn * turn).sum())
        if norm > 0.0:
            turn /= norm
            space += (SHRINK - 1.0) * np.outer(space @ turn, turn)
        slope[:] = there
    price[:] = best_price
    return best


@njit(cache=True, nogil=True)
def _set(
    i: int, level: int, n: int, width: np.ndarray, level_of: np.ndarray, n_of: np.ndarray, left: np.ndarray
) -> None:
    left[level_of[i]] += n_of[i] * width[i]
    left[level] -= n * width[i]
    level_of[i], n_of[i] = level, n


@njit(cache=True, nogil=True)
def _pack(
    worth: np.ndarray, width: np.ndarray, room: np.ndarray, level_of: np.ndarray, n_of: np.ndarray, left: np.ndarray
) -> bool:
    """Place one facing of each item, widest first, where most room is left; false when that fails."""
    left[:] = room
    for i in np.argsort(-width):
        best, most_left = -1, -np.inf
        for level in range(room.size):
            if worth[i, level, 0] != NOT_ALLOWED and left[level] >= width[i] - 1e-9 and left[level] > most_left:
                best, most_left = level, left[level]
        if best < 0:
            return False
        level_of[i], n_of[i] = best, 1
        left[best] -= width[i]
    return True


@njit(cache=True, nogil=True)
def _add_facings(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, level_of: np.ndarray, n_of: np.ndarray, left: np.ndarray
) -> None:
    """Add the facing that is worth most a centimetre, while one fits."""
    while True:
        best_i, best = -1, 1e-12
        for i in range(width.size):
            level, n = level_of[i], n_of[i]
            if n < most[i] and left[level] >= width[i] - 1e-9:
                gain = (worth[i, level, n] - worth[i, level, n - 1]) / width[i]
                if gain > best:
                    best_i, best = i, gain
        if best_i < 0:
            return
        _set(best_i, level_of[best_i], n_of[best_i] + 1, width, level_of, n_of, left)


@njit(cache=True, nogil=True)
def _plan(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, price: np.ndarray, level_of: np.ndarray,
    n_of: np.ndarray,
) -> float:  # fmt: skip
    """Take each item's best choice at the prices, mend what is too full, and fill what is left; -inf: too full."""
    left = room.copy()
    for i in range(width.size):
        level_of[i], n_of[i], _ = _best_choice(worth[i], most[i], width[i], price)
        left[level_of[i]] -= n_of[i] * width[i]
    for _ in range(4 * width.size * most.max()):
        if left.min() >= -1e-9:
            break
        i, level, n = _cheapest_mend(worth, width, level_of, n_of, left)
        if i < 0:
            break
        _set(i, level, n, width, level_of, n_of, left)
    if left.min() < -1e-9 and not _pack(worth, width, room, level_of, n_of, left):
        return -np.inf
    _add_facings(worth, most, width, level_of, n_of, left)
    value = 0.0
    for i in range(width.size):
        value += worth[i, level_of[i], n_of[i] - 1]
    return value


@njit(cache=True, nogil=True)
def facings_of_stores(
    first_item: np.ndarray, first_level: np.ndarray, worth: np.ndarray, most: np.ndarray, width: np.ndarray,
    room: np.ndarray, rounds: int, steps: int, anneals: int, nodes: int, close: float, level_of: np.ndarray,
    n_of: np.ndarray, value: np.ndarray, bound: np.ndarray, price: np.ndarray, first_store: int, last_store: int,
) -> None:  # fmt: skip
    """Solve store by store; `worth` is row x level x facings, levels beyond a store's own are not allowed.

    Writes level and facings of each row, RMB a cycle and its bound of each store, RMB a cm of each shelf.
    """
    for s in range(first_store, last_store):
        a, b, c, d = first_item[s], first_item[s + 1], first_level[s], first_level[s + 1]
        mine, wide, own, paid = worth[a:b, : d - c], width[a:b], room[c:d], price[c:d]
        _dual(mine, most[a:b], wide, own, rounds, paid)
        best = _sharpen(mine, most[a:b], wide, own, rounds, paid)
        plan = level_of[a:b], n_of[a:b]
        found = _plan(mine, most[a:b], wide, own, paid, *plan)
        enough = best * (1.0 - close)
        found = annealed(mine, most[a:b], wide, own, paid, steps, anneals, enough, found, *plan)
        if -np.inf < found < enough:
            found, best = branched(mine, most[a:b], wide, own, paid, nodes, close, best, found, *plan)
        value[s], bound[s] = found, best
