"""Hot loops of the three-tier network: stores in rows, their fronts in lists by cost, cells of stores in ranges.

Throughout: `starts` marks where each store's list begins, `entry` is the (cell, front) of a pair, `front` the front of
an entry, `last` the last-mile cost of a pair in RMB/m3, `least` the cheapest cost above each front (RMB/m3); lists are
in order of the sum of the last two. Stores are sorted by cell, `cells` marks where each cell begins.
"""

import numpy as np
from numba import njit

NONE = -1


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
def cell_paths(
    cell_starts: np.ndarray,
    front: np.ndarray,
    near: np.ndarray,
    up: np.ndarray,
    city_share: np.ndarray,
    regional_share: np.ndarray,
    to_city: np.ndarray,
    to_regional: np.ndarray,
    up_floor: np.ndarray,
    floor: np.ndarray,
    slow: np.ndarray,
    slow_floor: np.ndarray,
    above: np.ndarray,
    via_city: np.ndarray,
    via_regional: np.ndarray,
    slow_above: np.ndarray,
    slow_city: np.ndarray,
    slow_regional: np.ndarray,
) -> None:
    """Cheapest way above each front of each cell, shares of the upper tiers' fixed costs included, RMB/m3.

    U[c, f] = min over (w, r) of a[f, w] + γ[c, w] + b[w, r] + δ[c, r], and the same for slow delivery with its haul in
    place of a. Cities that are not near the cell, and regionals not in a city's row of `up`, bear no share: their
    cheapest way is a floor that keeps U a lower bound.
    """
    cells, listed = near.shape
    through = np.empty(listed)
    best_up = np.empty(listed, np.int64)
    for c in range(cells):
        slow_above[c], slow_city[c], slow_regional[c] = slow_floor[c], NONE, NONE
        for j in range(listed):
            w = near[c, j]
            through[j], best_up[j] = up_floor[w], NONE
            for m in range(up.shape[1]):
                r = up[w, m]
                here = to_regional[w, r] + regional_share[c, r]
                if here < through[j]:
                    through[j], best_up[j] = here, r
            through[j] += city_share[c, j]
            here = slow[c, j] + through[j]
            if here < slow_above[c]:
                slow_above[c], slow_city[c], slow_regional[c] = here, j, best_up[j]
        for k in range(cell_starts[c], cell_starts[c + 1]):
            f = front[k]
            least, by, top = floor[k], NONE, NONE
            for j in range(listed):
                here = to_city[f, near[c, j]] + through[j]
                if here < least:
                    least, by, top = here, j, best_up[j]
            above[k], via_city[k], via_regional[k] = least, by, top


@njit(cache=True, nogil=True)
def front_profits(
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    least: np.ndarray,
    shift: float,
    above: np.ndarray,
    quantity: np.ndarray,
    price: np.ndarray,
    profit: np.ndarray,
) -> float:
    """profit[f] = Σ_i q_i (v_i - e_if - U_if)⁺; returns Σ q v. No U lies more than `shift` under the list's order."""
    profit[:] = 0.0
    total = 0.0
    for i in range(starts.size - 1):
        total += quantity[i] * price[i]
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            if last[k] + least[f] - shift >= price[i]:
                break
            margin = price[i] - last[k] - above[entry[k]]
            if margin > 0.0:
                profit[f] += quantity[i] * margin
    return total


@njit(cache=True, nogil=True)
def front_flows(
    cells: np.ndarray,
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    least: np.ndarray,
    shift: float,
    above: np.ndarray,
    quantity: np.ndarray,
    price: np.ndarray,
    capped: np.ndarray,
    opened: np.ndarray,
    slack: np.ndarray,
    flow: np.ndarray,
    slow_flow: np.ndarray,
) -> None:
    """Slack of each store at its price, what flows by each entry and slowly by cell, m3."""
    flow[:], slow_flow[:] = 0.0, 0.0
    for c in range(cells.size - 1):
        for i in range(cells[c], cells[c + 1]):
            left = 1.0
            for k in range(starts[i], starts[i + 1]):
                f = front[entry[k]]
                if last[k] + least[f] - shift >= price[i]:
                    break
                if price[i] - last[k] - above[entry[k]] > 0.0 and opened[f] > 0.0:
                    left -= opened[f]
                    flow[entry[k]] += quantity[i] * opened[f]
            if capped[i] > 0 and left > 0.0:
                if capped[i] == 1:
                    slow_flow[c] += quantity[i] * left
                left = 0.0
            slack[i] = left


@njit(cache=True, nogil=True)
def start_prices(
    starts: np.ndarray,
    entry: np.ndarray,
    front: np.ndarray,
    last: np.ndarray,
    least: np.ndarray,
    shift: float,
    above: np.ndarray,
    quantity: np.ndarray,
    opened: np.ndarray,
    fixed: np.ndarray,
    top: np.ndarray,
    price: np.ndarray,
) -> None:
    """Prices at which each open front just earns its fixed cost: v = first + λ_f (second - first), λ_f = F_f / loss_f.

    First and second are a store's cheapest open fronts, its `top` price counted; loss_f = Σ q (second - first).
    """
    stores = starts.size - 1
    second, chosen = np.empty(stores), np.empty(stores, np.int64)
    loss = np.zeros(opened.size)
    for i in range(stores):
        price[i] = second[i] = top[i]
        chosen[i] = NONE
        for k in range(starts[i], starts[i + 1]):
            f = front[entry[k]]
            if last[k] + least[f] - shift >= second[i]:
                break
            if opened[f]:
                here = last[k] + above[entry[k]]
                if here < price[i]:
                    second[i], price[i], chosen[i] = price[i], here, f
                elif here < second[i]:
                    second[i] = here
        if chosen[i] != NONE:
            loss[chosen[i]] += quantity[i] * (second[i] - price[i])
    for i in range(stores):
        if chosen[i] != NONE:
            f = chosen[i]
            price[i] += min(1.0, fixed[f] / max(loss[f], 1e-12)) * (second[i] - price[i])


@njit(cache=True, nogil=True)
def project_shares(
    share: np.ndarray, weight: np.ndarray, budget: np.ndarray, begin: np.ndarray, place: np.ndarray, cell: np.ndarray
) -> None:
    """Nearest shares ≥ 0 with Σ_c Q_c share[c, w] ≤ budget[w]: (share - τ)⁺, τ by bisection.

    Places of a site's shares in the flat `share` stand at begin[w]:begin[w + 1] of `place`, their cells in `cell`.
    """
    for w in range(budget.size):
        high, total = 0.0, 0.0
        for p in range(begin[w], begin[w + 1]):
            value = max(share[place[p]], 0.0)
            total += weight[cell[p]] * value
            high = max(high, value)
        low = 0.0
        if total > budget[w]:
            for _ in range(40):
                middle, total = 0.5 * (low + high), 0.0
                for p in range(begin[w], begin[w + 1]):
                    total += weight[cell[p]] * max(share[place[p]] - middle, 0.0)
                if total > budget[w]:
                    low = middle
                else:
                    high = middle
            low = high
        for p in range(begin[w], begin[w + 1]):
            share[place[p]] = max(share[place[p]] - low, 0.0)


@njit(cache=True, nogil=True)
def floors(
    cell_starts: np.ndarray, front: np.ndarray, near: np.ndarray, ranked: np.ndarray, least_of: np.ndarray
) -> np.ndarray:
    """Cheapest way above each entry by a city that is not near its cell; `ranked` holds each front's cities by cost."""
    cities = ranked.shape[1]
    floor = np.full(front.size, np.inf)
    inside = np.zeros(cities, np.bool_)
    for c in range(near.shape[0]):
        inside[:] = False
        for j in range(near.shape[1]):
            inside[near[c, j]] = True
        for k in range(cell_starts[c], cell_starts[c + 1]):
            for m in range(cities):
                if not inside[ranked[front[k], m]]:
                    floor[k] = least_of[front[k], m]
                    break
    return floor


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
    """Serve stores in order, each the cheapest way that has room in every warehouse it passes, else not at all."""
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
            here = slow[i] + slow_above[cell_of[i], w]
            if here >= best:
                break
            if city_room[w] >= q and regional_room[regional_of[w]] >= q:
                best, chosen, slowly = here, NONE, w
                break
        front_of[i], slow_city_of[i], cost[i] = chosen, slowly, best
        w = slowly if slowly != NONE else (city_of[chosen] if chosen != NONE else NONE)
        if chosen != NONE:
            front_room[chosen] -= q
        if w != NONE:
            city_room[w] -= q
            regional_room[regional_of[w]] -= q
