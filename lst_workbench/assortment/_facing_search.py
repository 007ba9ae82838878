"""Search of `allocate_facings`: annealing finds better plans, branching shows how much better one could be at most."""

import numpy as np
from numba import njit

NOT_ALLOWED = -1.0
HOT, COLD = 0.15, 0.005  # of the price of an item's width
PENALTY = 3.0  # of the highest price, for a centimetre too much
SEED = 88172645463325252


@njit(cache=True, nogil=True)
def _draw(state: np.uint64) -> tuple[np.uint64, float]:
    """Next state and a number in [0, 1)."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state, (state >> np.uint64(11)) / 9007199254740992.0


@njit(cache=True, nogil=True)
def _proposal(
    state: np.uint64, worth: np.ndarray, most: np.ndarray, level_of: np.ndarray, n_of: np.ndarray
) -> tuple[np.uint64, int, int, int, int, int]:
    """Draw a change: item i gets a level and facings, item j (-1: none) takes i's level; no facings where forbidden.

    Half of them exchange the levels of two items, or a facing where they stand on one level; a quarter each move one
    item to another level, and give or take a facing.
    """
    state, kind = _draw(state)
    state, place = _draw(state)
    state, other = _draw(state)
    i = int(place * level_of.size)
    home, n = level_of[i], n_of[i]
    j, to, n_j = -1, home, 0
    if kind < 0.5:
        j = int(other * level_of.size)
        to, n_j = level_of[j], n_of[j]
        if to == home:
            n, n_j = n + 1, n_j - 1
            if i == j or n_j < 1:
                return state, i, home, 0, j, n_j
        elif worth[j, home, 0] == NOT_ALLOWED:
            return state, i, home, 0, j, n_j
    elif kind < 0.75:
        to = int(other * worth.shape[1])
    else:
        n += 1 if other < 0.5 else -1
    if n > most[i] or worth[i, to, 0] == NOT_ALLOWED:
        n = 0
    return state, i, to, n, j, n_j


@njit(cache=True, nogil=True)
def _anneal(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, price: np.ndarray, steps: int,
    state: np.uint64, value: float, level_of: np.ndarray, n_of: np.ndarray,
) -> float:  # fmt: skip
    """Change a plan at random, ever less often for the worse; levels may be too full on the way. Leaves the best."""
    level, n = level_of.copy(), n_of.copy()
    left, now, best = room.copy(), 0.0, value
    for i in range(width.size):
        left[level[i]] -= n[i] * width[i]
        now += worth[i, level[i], n[i] - 1]
    warm = HOT * max(price.mean() * width.mean(), 1e-9)
    cooling, fine = (COLD / HOT) ** (1.0 / steps), PENALTY * price.max() + 1e-9
    for _ in range(steps):
        warm *= cooling
        state, i, to, n_i, j, n_j = _proposal(state, worth, most, level, n)
        if n_i == 0:
            continue
        home = level[i]
        gain = worth[i, to, n_i - 1] - worth[i, home, n[i] - 1]
        here, there = left[home] + n[i] * width[i], left[to] - n_i * width[i]
        if j >= 0:
            gain += worth[j, home, n_j - 1] - worth[j, to, n[j] - 1]
            here -= n_j * width[j]
            there += n[j] * width[j]
        if to == home:
            here += there - left[home]
            there = here
        less = min(here, 0.0) - min(left[home], 0.0)
        if to != home:
            less += min(there, 0.0) - min(left[to], 0.0)
        state, chance = _draw(state)
        if gain + fine * less < 0.0 and chance >= np.exp((gain + fine * less) / warm):
            continue
        left[home], left[to] = here, there
        level[i], n[i] = to, n_i
        if j >= 0:
            level[j], n[j] = home, n_j
        now += gain
        if now > best + 1e-9 and left.min() >= -1e-9:
            best = now
            level_of[:], n_of[:] = level, n
    return best


@njit(cache=True, nogil=True)
def annealed(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, price: np.ndarray, steps: int,
    anneals: int, enough: float, value: float, level_of: np.ndarray, n_of: np.ndarray,
) -> float:  # fmt: skip
    """Anneal from the best plan so far until one is worth `enough`; `steps` are those of an item."""
    for k in range(anneals):
        if value >= enough:
            break
        state = np.uint64(SEED + 977 * k)
        value = _anneal(worth, most, width, room, price, steps * width.size, state, value, level_of, n_of)
    return value


@njit(cache=True, nogil=True)
def _options(
    worth: np.ndarray, most: int, width: float, price: np.ndarray, budget: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels, facings and losses against the best choice at the prices, the least first, up to a budget."""
    count = price.size * most
    level, n, gain = np.empty(count, np.int64), np.empty(count, np.int64), np.empty(count)
    k = 0
    for at in range(price.size):
        if worth[at, 0] != NOT_ALLOWED:
            for facings in range(1, most + 1):
                level[k], n[k] = at, facings
                gain[k] = worth[at, facings - 1] - price[at] * facings * width
                k += 1
    order = np.argsort(-gain[:k])
    loss = gain[:k].max() - gain[:k][order]
    kept = np.searchsorted(loss, budget)
    return level[:k][order][:kept], n[:k][order][:kept], loss[:kept]


@njit(cache=True, nogil=True)
def _core(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, price: np.ndarray, order: np.ndarray, budget: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Options of each item in the order of branching, padded: how many, and level, facings and loss of each."""
    count = np.zeros(order.size, np.int64)
    level = np.zeros((order.size, price.size * most.max()), np.int64)
    n, loss = np.zeros_like(level), np.zeros(level.shape)
    for d in range(order.size):
        i = order[d]
        levels, facings, losses = _options(worth[i], most[i], width[i], price, budget)
        count[d] = levels.size
        level[d, : count[d]], n[d, : count[d]], loss[d, : count[d]] = levels, facings, losses
    return count, level, n, loss


@njit(cache=True, nogil=True)
def _still_filled(
    count: np.ndarray, level: np.ndarray, n: np.ndarray, width: np.ndarray, levels: int
) -> tuple[np.ndarray, np.ndarray]:
    """Centimetres of each level that the items from a depth on can fill at most, and each one's widest facings."""
    filled = np.zeros((count.size + 1, levels))
    for d in range(count.size - 1, -1, -1):
        widest = np.zeros(levels)
        for k in range(count[d]):
            widest[level[d, k]] = max(widest[level[d, k]], n[d, k] * width[d])
        filled[d] = filled[d + 1] + widest
    return filled, filled[:-1] - filled[1:]


@njit(cache=True, nogil=True)
def branched(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, price: np.ndarray, nodes: int,
    close: float, bound: float, value: float, level_of: np.ndarray, n_of: np.ndarray,
) -> tuple[float, float]:  # fmt: skip
    """Value and bound after branching over items, widest first, for plans that are better by more than `close`.

    A plan is worth the bound less what its choices lose at the prices and less the price of width left empty. Where
    all plans were seen within `nodes`, none is better by more than `close` than the best one found.
    """
    order = np.argsort(-width)
    wide, items, levels = width[order], order.size, room.size
    target = value / (1.0 - close)
    count, level, n, loss = _core(worth, most, width, price, order, bound - target)
    filled, widest = _still_filled(count, level, n, wide, levels)
    paid = np.zeros(items + 1)
    for d in range(items - 1, -1, -1):
        paid[d] = paid[d + 1] + (price * widest[d]).max()
    pick, stands, lost, left = np.full(items, -1), np.zeros(items, np.bool_), np.zeros(items + 1), room.copy()
    d, seen = 0, 0
    while d >= 0:
        if stands[d]:
            left[level[d, pick[d]]] += n[d, pick[d]] * wide[d]
            stands[d] = False
        pick[d] += 1
        k = pick[d]
        if k >= count[d] or lost[d] + loss[d, k] >= bound - target:
            pick[d] = -1
            d -= 1
            continue
        if left[level[d, k]] < n[d, k] * wide[d] - 1e-9:
            continue
        seen += 1
        if seen > nodes:
            return value, bound
        left[level[d, k]] -= n[d, k] * wide[d]
        stands[d], lost[d + 1] = True, lost[d] + loss[d, k]
        empty = max((price * np.maximum(left - filled[d + 1], 0.0)).sum(), (price * left).sum() - paid[d + 1])
        if lost[d + 1] + empty >= bound - target:
            continue
        if d < items - 1:
            d += 1
            continue
        value = 0.0
        for e in range(items):
            level_of[order[e]], n_of[order[e]] = level[e, pick[e]], n[e, pick[e]]
            value += worth[order[e], level[e, pick[e]], n[e, pick[e]] - 1]
        target = value / (1.0 - close)
    return value, min(bound, max(value, target))
