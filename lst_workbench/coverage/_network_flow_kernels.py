"""Cheapest flow of each cell through fractions of sites, and the prices that prove it.

A cell ships one unit through a front (or none, slowly), a city and a regional, at most y of it through a site that is
open to the part y. Layers 0, 1, 2 are fronts, cities and regionals that are open at all; the last front stands for slow
delivery and has room without end. Shortest ways that go back along flows find the cheapest (successive shortest paths).
"""

import numpy as np
from numba import njit

FAR = 1e18
LEAST = 1e-9  # of a unit, and of RMB/m3
ENTRY, BACK = -1, -2  # a label comes from its own way in; from its own way out


@njit(cache=True, nogil=True)
def _relax(
    enter: np.ndarray,
    leave: np.ndarray,
    room: np.ndarray,
    used: np.ndarray,
    link: np.ndarray,
    sent: np.ndarray,
    beyond: np.ndarray,
    by_enter: np.ndarray,
    by_leave: np.ndarray,
    by_beyond: np.ndarray,
) -> bool:
    """Shorten labels of a layer, and of the way into the layer beyond it; says whether any became shorter."""
    shorter = False
    for i in range(enter.size):
        if used[i] < room[i] - LEAST and enter[i] < leave[i] - LEAST:
            leave[i], by_leave[i], shorter = enter[i], ENTRY, True
        for j in range(beyond.size):
            if sent[i, j] > LEAST and beyond[j] - link[i, j] < leave[i] - LEAST:
                leave[i], by_leave[i], shorter = beyond[j] - link[i, j], j, True
        if used[i] > LEAST and leave[i] < enter[i] - LEAST:
            enter[i], by_enter[i], shorter = leave[i], BACK, True
        if leave[i] < FAR:
            for j in range(beyond.size):
                if leave[i] + link[i, j] < beyond[j] - LEAST:
                    beyond[j], by_beyond[j], shorter = leave[i] + link[i, j], i, True
    return shorter


@njit(cache=True, nogil=True)
def _push(
    top: int,
    amount: float,
    first: tuple,
    second: tuple,
    last_used: np.ndarray,
    last_room: np.ndarray,
    by_last: np.ndarray,
    apply: bool,
) -> float:
    """Follow the shortest way back from a regional: how much fits along it, or send that much."""
    used0, room0, sent0, by_enter0, by_leave0 = first
    used1, room1, sent1, by_enter1, by_leave1 = second
    fits = min(amount, last_room[top] - last_used[top])
    if apply:
        last_used[top] += amount
    layer, at = 2, top
    for _ in range(1000):
        if layer == 2:  # into a regional, from a city
            city = by_last[at]
            if apply:
                sent1[city, at] += amount
            layer, at = 1, city
        elif layer == 1:  # out of a city
            beyond = by_leave1[at]
            if beyond == ENTRY:
                fits = min(fits, room1[at] - used1[at])
                if apply:
                    used1[at] += amount
                layer = -1
            else:
                fits = min(fits, sent1[at, beyond])
                if apply:
                    sent1[at, beyond] -= amount
                layer, at = 2, beyond
        elif layer == -1:  # into a city
            front = by_enter1[at]
            if front == BACK:
                fits = min(fits, used1[at])
                if apply:
                    used1[at] -= amount
                layer = 1
            else:
                if apply:
                    sent0[front, at] += amount
                layer, at = 0, front
        elif layer == 0:  # out of a front
            beyond = by_leave0[at]
            if beyond == ENTRY:
                fits = min(fits, room0[at] - used0[at])
                if apply:
                    used0[at] += amount
                layer = -2
            else:
                fits = min(fits, sent0[at, beyond])
                if apply:
                    sent0[at, beyond] -= amount
                layer, at = -1, beyond
        else:  # into a front
            if by_enter0[at] != BACK:
                break
            fits = min(fits, used0[at])
            if apply:
                used0[at] -= amount
            layer = 0
    return fits


@njit(cache=True, nogil=True)
def _ship(
    last: np.ndarray,
    to_city: np.ndarray,
    to_regional: np.ndarray,
    front_room: np.ndarray,
    city_room: np.ndarray,
    regional_room: np.ndarray,
    uncovered: float,
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Ship a unit at least cost: price of one more, and what it costs to get out of fronts and into the tiers above."""
    fronts, cities = to_city.shape
    regionals = to_regional.shape[1]
    used0, used1, used2 = np.zeros(fronts), np.zeros(cities), np.zeros(regionals)
    sent0, sent1 = np.zeros((fronts, cities)), np.zeros((cities, regionals))
    in0, out0, in1, out1, in2 = last.copy(), last.copy(), used1.copy(), used1.copy(), used2.copy()
    by_in0, by_out0 = np.empty(fronts, np.int64), np.empty(fronts, np.int64)
    by_in1, by_out1, by_in2 = np.empty(cities, np.int64), np.empty(cities, np.int64), np.empty(regionals, np.int64)
    first, second = (used0, front_room, sent0, by_in0, by_out0), (used1, city_room, sent1, by_in1, by_out1)
    left, price = 1.0, uncovered
    for _ in range(200):
        in0[:], out0[:], in1[:], out1[:], in2[:] = last, FAR, FAR, FAR, FAR
        by_in0[:] = ENTRY
        for stage in range(2):
            for _ in range(100):
                near = _relax(in0, out0, front_room, used0, to_city, sent0, in1, by_in0, by_out0, by_in1)
                far = _relax(in1, out1, city_room, used1, to_regional, sent1, in2, by_in1, by_out1, by_in2)
                if not (near or far):
                    break
            if stage == 1:
                return price, out0, in1, out1
            top, price = -1, uncovered
            for r in range(regionals):
                if used2[r] < regional_room[r] - LEAST and in2[r] < price:
                    top, price = r, in2[r]
            if left > LEAST and top >= 0:
                break
            for r in range(regionals):  # full ones are reached from the end
                if used2[r] > LEAST:
                    in2[r] = min(in2[r], price)
        amount = _push(top, left, first, second, used2, regional_room, by_in2, False)
        _push(top, amount, first, second, used2, regional_room, by_in2, True)
        left -= amount
    return 0.0, out0, in1, out1


@njit(cache=True, nogil=True)
def cut_cells(
    cell_starts: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    near: np.ndarray,
    to_city: np.ndarray,
    to_regional: np.ndarray,
    slow: np.ndarray,
    uncovered: np.ndarray,
    volume: np.ndarray,
    fronts_open: np.ndarray,
    cities_open: np.ndarray,
    regionals_open: np.ndarray,
    group: np.ndarray,
    city_share: np.ndarray,
    regional_share: np.ndarray,
    constant: np.ndarray,
    slope: np.ndarray,
) -> None:
    """Shares that prove each cell's cheapest flow, and the cuts of groups: cost >= constant - slope · openings.

    A site that is not open is charged no more than it takes to make it no bargain.
    """
    fronts, cities = to_city.shape
    some_regionals = np.flatnonzero(regionals_open > 0.0)
    for c in range(near.shape[0]):
        entries = np.arange(cell_starts[c], cell_starts[c + 1])
        taken = entries[fronts_open[front[entries]] > 0.0]
        listed = np.flatnonzero(cities_open[near[c]] > 0.0)
        n, m = taken.size + 1, listed.size
        enter, room, link, up = np.zeros(n), np.full(n, 2.0), np.empty((n, m)), np.empty((m, some_regionals.size))
        enter[: n - 1], room[: n - 1] = last[taken], fronts_open[front[taken]]
        for j in range(m):
            w = near[c, listed[j]]
            for i in range(n - 1):
                link[i, j] = to_city[front[taken[i]], w]
            link[n - 1, j] = slow[c, listed[j]]
            for r in range(some_regionals.size):
                up[j, r] = to_regional[w, some_regionals[r]]
        price, left, into, out = _ship(
            enter, link, up, room, cities_open[near[c, listed]], regionals_open[some_regionals], uncovered[c]
        )
        g = group[c]
        constant[g] += volume[c] * price
        for r in range(to_regional.shape[1]):
            reach = FAR
            for j in range(m):
                reach = min(reach, out[j] + to_regional[near[c, listed[j]], r])
            regional_share[c, r] = max(0.0, price - reach)
            slope[g, fronts + cities + r] += volume[c] * regional_share[c, r]
        through = np.empty(near.shape[1])
        for j in range(near.shape[1]):
            w = near[c, j]
            above = (to_regional[w] + regional_share[c]).min()
            reach = slow[c, j]
            for i in range(n - 1):
                reach = min(reach, left[i] + to_city[front[taken[i]], w])
            for k in range(m):
                if listed[k] == j:
                    reach = min(reach, into[k])
            city_share[c, j] = max(0.0, price - above - reach)
            through[j] = above + city_share[c, j]
            slope[g, fronts + w] += volume[c] * city_share[c, j]
        for k in entries:
            above = FAR
            for j in range(near.shape[1]):
                above = min(above, to_city[front[k], near[c, j]] + through[j])
            slope[g, front[k]] += volume[c] * max(0.0, price - last[k] - above)


@njit(cache=True, nogil=True)
def critical_prices(
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    least: np.ndarray,
    above: np.ndarray,
    openings: np.ndarray,
    price: np.ndarray,
) -> None:
    """Lower each store's price, a cap at first, to that of one more unit through the parts of fronts that are open."""
    longest = (starts[1:] - starts[:-1]).max() if starts.size > 1 else 0
    cost, part = np.empty(longest + 1), np.empty(longest + 1)
    for i in range(starts.size - 1):
        held, total = 0, 0.0
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            if last[k] + least[f] >= price[i]:
                break
            here = last[k] + above[entry[k]]
            if openings[f] <= 0.0 or here >= price[i]:
                continue
            at = held
            while at > 0 and cost[at - 1] > here:
                cost[at], part[at] = cost[at - 1], part[at - 1]
                at -= 1
            cost[at], part[at] = here, openings[f]
            held, total = held + 1, total + openings[f]
            while total - part[held - 1] > 1.0 + LEAST:
                held -= 1
                total -= part[held]
            if total > 1.0 + LEAST:
                price[i] = cost[held - 1]
