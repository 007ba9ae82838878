"""Hot loops of single-source location: knapsacks of sites at prices of demands, and repairs of what they choose.

Pairs are in order of site, `starts` marks where each site's begin. Sizes of demands and room of sites are whole.
"""

import numpy as np
from numba import njit

from lst_workbench.coverage._kernels import NONE, OPEN, SHUT

DOUBTFUL = 0.7  # of its fixed cost that a site must save at most for its knapsack to be solved to the end
OVERLOAD = 1e3  # worth of a unit of overload, in the dearest way


@njit(cache=True, nogil=True)
def _positive(begin: int, end: int, margin: np.ndarray, size: np.ndarray, banned: np.ndarray) -> tuple[np.ndarray, int]:
    """Pairs of a site that save something, those that save most for a unit first, and their whole size."""
    kept = np.empty(end - begin, np.int64)
    count, whole = 0, 0
    for k in range(begin, end):
        if margin[k] > 0.0 and not banned[k]:
            kept[count] = k
            whole += size[k]
            count += 1
    kept = kept[:count]
    return kept[np.argsort(-margin[kept] / size[kept])], whole


@njit(cache=True, nogil=True)
def _relaxed(items: np.ndarray, margin: np.ndarray, size: np.ndarray, room: int) -> float:
    """Most that fits when the last item may be cut."""
    saving, left = 0.0, room
    for k in items:
        if size[k] >= left:
            return saving + margin[k] * left / size[k]
        saving += margin[k]
        left -= size[k]
    return saving


@njit(cache=True, nogil=True)
def _filled(items: np.ndarray, margin: np.ndarray, size: np.ndarray, room: int, whole: int, taken: np.ndarray) -> float:
    """Solve a knapsack exactly, and mark what it takes."""
    saving = 0.0
    if whole <= room:
        for k in items:
            taken[k] = True
            saving += margin[k]
        return saving
    best = np.zeros(room + 1)
    chosen = np.zeros((items.size, room + 1), np.bool_)
    for t in range(items.size):
        k = items[t]
        for c in range(room, size[k] - 1, -1):
            more = best[c - size[k]] + margin[k]
            if more > best[c]:
                best[c] = more
                chosen[t, c] = True
    left = room
    for t in range(items.size - 1, -1, -1):
        if chosen[t, left]:
            taken[items[t]] = True
            left -= size[items[t]]
    return best[room]


@njit(cache=True, nogil=True)
def _nets(
    starts: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    fixed: np.ndarray,
    state: np.ndarray,
    banned: np.ndarray,
    margin: np.ndarray,
    net: np.ndarray,
    taken: np.ndarray,
) -> None:
    """Net cost of opening each site: its fixed cost less the most that its knapsack saves (or a little too much)."""
    taken[:] = False
    for j in range(room.size):
        net[j] = np.inf
        if state[j] == SHUT:
            continue
        items, whole = _positive(starts[j], starts[j + 1], margin, size, banned)
        saving = _relaxed(items, margin, size, room[j])
        if state[j] == OPEN or saving > DOUBTFUL * fixed[j]:
            saving = _filled(items, margin, size, room[j], whole, taken)
        net[j] = fixed[j] - saving


@njit(cache=True, nogil=True)
def _named(state: np.ndarray, net: np.ndarray, least: int, named: np.ndarray) -> float:
    """Choose the sites of least net cost: open ones, those that save, and at least `least`; returns their sum."""
    total, count = 0.0, 0
    for j in np.argsort(np.where(state == OPEN, -np.inf, net)):
        named[j] = state[j] != SHUT and (state[j] == OPEN or net[j] < 0.0 or count < least)
        if named[j]:
            total += net[j]
            count += 1
    return total


@njit(cache=True, nogil=True)
def climb_sources(
    starts: np.ndarray,
    demand: np.ndarray,
    cost: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    fixed: np.ndarray,
    state: np.ndarray,
    banned: np.ndarray,
    least: int,
    price: np.ndarray,
    site_often: np.ndarray,
    pair_often: np.ndarray,
    best_net: np.ndarray,
    best_taken: np.ndarray,
    step: float,
    patience: int,
    iterations: int,
    target: float,
    cutoff: float,
) -> tuple[float, float]:
    """Raise L(u) = Σ u_i + min Σ_j y_j (F_j - most of Σ_i (u_i - c_ij) x_ij that fits), Σ y_j ≥ `least`.

    Deflected Polyak steps, halved after `patience` iterations without gain; it ends when the bound passes `cutoff`.
    Afterwards `price`, `best_net` and `best_taken` are those of the best bound; `site_often` and `pair_often` are how
    often each was named, lately weighing most. Returns the bound and the last step.
    """
    best, best_price, stalled, first_step = -np.inf, price.copy(), 0, step
    margin, net, taken = np.empty(cost.size), np.empty(room.size), np.zeros(cost.size, np.bool_)
    named, direction = np.zeros(room.size, np.bool_), np.zeros(price.size)
    for _ in range(iterations):
        for k in range(cost.size):
            margin[k] = price[demand[k]] - cost[k]
        _nets(starts, size, room, fixed, state, banned, margin, net, taken)
        bound = price.sum() + _named(state, net, least, named)
        slack = np.ones(price.size)
        for j in range(room.size):
            site_often[j] += 0.1 * (named[j] - site_often[j])
            for k in range(starts[j], starts[j + 1]):
                taken[k] = taken[k] and named[j]
                pair_often[k] += 0.1 * (taken[k] - pair_often[k])
                if taken[k]:
                    slack[demand[k]] -= 1.0
        stalled += 1
        if bound > best:
            stalled = 0 if bound > best + 1e-6 * abs(bound) else stalled
            best = bound
            best_price[:], best_net[:], best_taken[:] = price, net, taken
        if best > cutoff:
            break
        if stalled >= patience:
            step, stalled = step / 2, 0
            price[:] = best_price
            direction[:] = 0.0
            if step < 1e-2 * first_step:
                break
            continue
        direction = slack + 0.5 * direction
        square = direction @ direction
        if square == 0.0:
            break
        price += step * (target - bound) / square * direction
    price[:] = best_price
    return best, step


@njit(cache=True, nogil=True)
def forced_nets(
    starts: np.ndarray,
    size: np.ndarray,
    room: np.ndarray,
    fixed: np.ndarray,
    state: np.ndarray,
    banned: np.ndarray,
    margin: np.ndarray,
    forced: np.ndarray,
) -> None:
    """Net cost of each site when a pair of it must be taken: the knapsack of all others in what room is left."""
    forced[:] = np.inf
    for j in range(room.size):
        if state[j] == SHUT:
            continue
        items, _ = _positive(starts[j], starts[j + 1], margin, size, banned)
        n, top = items.size, room[j]
        before, after = np.zeros((n + 1, top + 1)), np.zeros((n + 1, top + 1))
        for t in range(n):
            s, m = size[items[t]], margin[items[t]]
            before[t + 1] = before[t]
            for c in range(s, top + 1):
                before[t + 1, c] = max(before[t, c], before[t, c - s] + m)
        for t in range(n - 1, -1, -1):
            s, m = size[items[t]], margin[items[t]]
            after[t] = after[t + 1]
            for c in range(s, top + 1):
                after[t, c] = max(after[t + 1, c], after[t + 1, c - s] + m)
        for k in range(starts[j], starts[j + 1]):
            if not banned[k] and size[k] <= top and margin[k] <= 0.0:
                forced[k] = fixed[j] - margin[k] - before[n, top - size[k]]
        for t in range(n):
            k = items[t]
            left = top - size[k]
            most = -np.inf
            for c in range(left + 1):
                most = max(most, before[t, c] + after[t + 1, left - c])
            forced[k] = fixed[j] - margin[k] - most


@njit(cache=True, nogil=True)
def repaired(
    way: np.ndarray, size: np.ndarray, room: np.ndarray, fixed: np.ndarray, usable: np.ndarray, site: np.ndarray
) -> float:
    """Place demands that have no site, then move and swap demands until nothing helps; returns the cost, or inf.

    `way` is the cost of each demand at each site, `site` where it is (-1: nowhere), which is changed in place. A site
    is paid for while it serves anybody; more than its room is allowed on the way, at a price.
    """
    demands, sites = way.shape
    load, count, dearest = np.zeros(sites, np.int64), np.zeros(sites, np.int64), 1.0
    for i in range(demands):
        if site[i] != NONE:
            load[site[i]] += size[i]
            count[site[i]] += 1
        for j in range(sites):
            if way[i, j] < np.inf:
                dearest = max(dearest, way[i, j])
    unit = OVERLOAD * dearest
    for i in np.argsort(-size):
        if site[i] == NONE:
            best, to = np.inf, NONE
            for j in range(sites):
                if usable[j]:
                    paid = way[i, j] + (fixed[j] if count[j] == 0 else 0.0)
                    paid += unit * max(0, load[j] + size[i] - max(room[j], load[j]))
                    if paid < best:
                        best, to = paid, j
            if to == NONE:
                return np.inf
            site[i] = to
            load[to] += size[i]
            count[to] += 1
    better = True
    while better:
        better = _moved(way, size, room, fixed, usable, site, load, count, unit)
        better = _swapped(way, size, room, site, load, unit) or better
    total = 0.0
    for j in range(sites):
        if load[j] > room[j]:
            return np.inf
        total += fixed[j] if count[j] else 0.0
    for i in range(demands):
        total += way[i, site[i]]
    return total


@njit(cache=True, nogil=True)
def _over(load: int, room: int) -> int:
    return max(0, load - room)


@njit(cache=True, nogil=True)
def _moved(
    way: np.ndarray, size: np.ndarray, room: np.ndarray, fixed: np.ndarray, usable: np.ndarray, site: np.ndarray,
    load: np.ndarray, count: np.ndarray, unit: float,
) -> bool:  # fmt: skip
    """Move each demand where it costs least."""
    better = False
    for i in range(site.size):
        a = site[i]
        left = unit * (_over(load[a] - size[i], room[a]) - _over(load[a], room[a])) - way[i, a]
        left -= fixed[a] if count[a] == 1 else 0.0
        best, to = -1e-7 * way[i, a] - 1e-9, NONE
        for b in range(room.size):
            if usable[b] and b != a:
                change = left + way[i, b] + unit * (_over(load[b] + size[i], room[b]) - _over(load[b], room[b]))
                change += fixed[b] if count[b] == 0 else 0.0
                if change < best:
                    best, to = change, b
        if to != NONE:
            site[i] = to
            load[a] -= size[i]
            load[to] += size[i]
            count[a] -= 1
            count[to] += 1
            better = True
    return better


@njit(cache=True, nogil=True)
def _swapped(
    way: np.ndarray, size: np.ndarray, room: np.ndarray, site: np.ndarray, load: np.ndarray, unit: float
) -> bool:
    """Let two demands change places where that costs less."""
    better = False
    for i in range(site.size):
        for k in range(i):
            a, b = site[i], site[k]
            change = way[i, b] + way[k, a] - way[i, a] - way[k, b]
            if a == b or change >= 0.0 and load[a] <= room[a] and load[b] <= room[b]:
                continue
            more = size[k] - size[i]
            change += unit * (_over(load[a] + more, room[a]) - _over(load[a], room[a]))
            change += unit * (_over(load[b] - more, room[b]) - _over(load[b], room[b]))
            if change < -1e-7 * (way[i, a] + way[k, b]) - 1e-9:
                site[i], site[k] = b, a
                load[a] += more
                load[b] -= more
                better = True
    return better
