"""Hot loops of the three-tier network: stores in rows, their fronts in lists by cost, cells of stores in ranges.

Throughout: `starts` marks where each store's list begins, `entry` is the (cell, front) of a pair, `front` the front of
an entry, `last` the last-mile cost of a pair in RMB/m3, `least` the cheapest cost above each front (RMB/m3); lists are
in order of the sum of the last two. Stores are sorted by cell, `cells` marks where each cell begins.
"""

import numpy as np
from numba import njit

from lst_workbench.coverage._network_slow_kernels import NONE, spots_km


@njit(cache=True, nogil=True)
def serve(
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    least: np.ndarray,
    above: np.ndarray,
    opened: np.ndarray,
    otherwise: np.ndarray,
    first: np.ndarray,
    cost: np.ndarray,
    second_cost: np.ndarray,
) -> None:
    """Each store's cheapest open front, its cost and that of the next best choice, RMB/m3; -1 is `otherwise`."""
    for i in range(starts.size - 1):
        one = two = otherwise[i]
        chosen = NONE
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            if last[k] + least[f] >= two:
                break
            if opened[f]:
                here = last[k] + above[f]
                if here < one:
                    two, one, chosen = one, here, f
                elif here < two:
                    two = here
        first[i], cost[i], second_cost[i] = chosen, one, two


@njit(cache=True, nogil=True)
def front_moves(
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    least: np.ndarray,
    above: np.ndarray,
    opened: np.ndarray,
    quantity: np.ndarray,
    first: np.ndarray,
    cost: np.ndarray,
    second_cost: np.ndarray,
    gain: np.ndarray,
    loss: np.ndarray,
    extra: np.ndarray,
) -> None:
    """Resende and Werneck (2007): opening f and closing g saves gain[f] - loss[g] + extra[f, g] RMB a month."""
    gain[:], loss[:], extra[:] = 0.0, 0.0, 0.0
    for i in range(starts.size - 1):
        g = first[i]
        if g != NONE:
            loss[g] += quantity[i] * (second_cost[i] - cost[i])
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            if last[k] + least[f] >= second_cost[i]:
                break
            if opened[f]:
                continue
            here = last[k] + above[f]
            if here < cost[i]:
                gain[f] += quantity[i] * (cost[i] - here)
            if g != NONE and here < second_cost[i]:
                extra[f, g] += quantity[i] * (second_cost[i] - max(here, cost[i]))


@njit(cache=True, nogil=True)
def upper_moves(
    cost: np.ndarray, quantity: np.ndarray, fixed: np.ndarray, opened: np.ndarray
) -> tuple[float, int, int]:
    """Best single move (opening, closing or swap) of sites that serve `quantity` at `cost`: saving, opens, closes."""
    customers, sites = cost.shape
    one, two = np.full(customers, np.inf), np.full(customers, np.inf)
    chosen = np.zeros(customers, np.int64)
    count = 0
    for w in range(sites):
        count += opened[w]
        if opened[w]:
            for f in range(customers):
                if cost[f, w] < one[f]:
                    two[f], one[f], chosen[f] = one[f], cost[f, w], w
                elif cost[f, w] < two[f]:
                    two[f] = cost[f, w]
    loss = -fixed.copy()
    for f in range(customers):
        loss[chosen[f]] += quantity[f] * (two[f] - one[f]) if quantity[f] > 0 else 0.0
    best, opens, closes = 0.0, NONE, NONE
    if count > 1:
        for w in range(sites):
            if opened[w] and -loss[w] > best:
                best, opens, closes = -loss[w], NONE, w
    extra = np.empty(sites)
    for w in range(sites):
        if opened[w] or fixed[w] == np.inf:
            continue
        extra[:] = 0.0
        gain = -fixed[w]
        for f in range(customers):
            here = cost[f, w]
            if here < two[f] and quantity[f] > 0:
                if here < one[f]:
                    gain += quantity[f] * (one[f] - here)
                if two[f] < np.inf:
                    extra[chosen[f]] += quantity[f] * (two[f] - max(here, one[f]))
        if gain > best:
            best, opens, closes = gain, w, NONE
        for g in range(sites):
            if opened[g] and count > 1 and gain - loss[g] + extra[g] > best:
                best, opens, closes = gain - loss[g] + extra[g], w, g
    return best, opens, closes


@njit(cache=True, nogil=True)
def fill_network(
    order: np.ndarray,
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    above: np.ndarray,
    city_of: np.ndarray,
    regional_of: np.ndarray,
    cell_of: np.ndarray,
    slow_cities: np.ndarray,
    slow_above: np.ndarray,
    spot: np.ndarray,
    site_spot: np.ndarray,
    through: np.ndarray,
    measure: tuple[float, float, float],
    slow: np.ndarray,
    uncovered: np.ndarray,
    quantity: np.ndarray,
    front_room: np.ndarray,
    city_room: np.ndarray,
    regional_room: np.ndarray,
    front_of: np.ndarray,
    slow_city_of: np.ndarray,
    cost: np.ndarray,
) -> None:
    """Serve stores in order, each the cheapest way that has room in every warehouse it passes, else not at all.

    `slow_cities` lists cities by what slow delivery from them costs the cell at least, `slow_above`; `through` is
    handling and all above of a city, `measure` as for slow delivery.
    """
    circuity, rate, radius = measure
    for i in order:
        q, best, chosen, slowly = quantity[i], uncovered[i], NONE, NONE
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            here = last[k] + above[f]
            if here < best and front_room[f] >= q:
                w = city_of[f]
                if city_room[w] >= q and regional_room[regional_of[w]] >= q:
                    best, chosen = here, f
        for m in range(slow_cities.shape[1]):
            w = slow_cities[cell_of[i], m]
            if slow[i] + slow_above[cell_of[i], w] >= best:
                break
            if city_room[w] >= q and regional_room[regional_of[w]] >= q:
                km = circuity * spots_km(spot[i], site_spot[w])
                here = slow[i] + through[w] + rate * km
                if km <= radius and here < best:
                    best, chosen, slowly = here, NONE, w
        front_of[i], slow_city_of[i], cost[i] = chosen, slowly, best
        w = slowly if slowly != NONE else (city_of[chosen] if chosen != NONE else NONE)
        if chosen != NONE:
            front_room[chosen] -= q
        if w != NONE:
            city_room[w] -= q
            regional_room[regional_of[w]] -= q


@njit(cache=True, nogil=True)
def open_in_lists(
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    opened: np.ndarray,
    front_of: np.ndarray,
    pair: np.ndarray,
    reached: np.ndarray,
) -> None:
    """Pair by which each store is served, -1 without a front, and how many open fronts its list has."""
    for i in range(starts.size - 1):
        pair[i], reached[i] = NONE, 0
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            reached[i] += opened[f]
            if f == front_of[i]:
                pair[i] = k
