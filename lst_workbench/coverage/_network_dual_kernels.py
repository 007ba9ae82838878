"""Hot loops of the network's bound: cheapest ways by cell, profits of fronts, flows, prices and shares.

Arrays are those of `_network_kernels`.
"""

import numpy as np
from numba import njit

from lst_workbench.coverage._network_slow_kernels import NONE

LEAST = 1e-300


@njit(cache=True, nogil=True)
def cell_paths(
    cell_starts: np.ndarray,
    front: np.ndarray,
    near: np.ndarray,
    by_haul: np.ndarray,
    up: np.ndarray,
    city_share: np.ndarray,
    regional_share: np.ndarray,
    to_city: np.ndarray,
    to_regional: np.ndarray,
    up_floor: np.ndarray,
    floor: np.ndarray,
    above: np.ndarray,
    via_city: np.ndarray,
    via_regional: np.ndarray,
    through: np.ndarray,
    best_up: np.ndarray,
) -> None:
    """Cheapest way above each front and listed city of each cell, shares of fixed costs included, RMB/m3.

    U[c, f] = min over (w, r) of a[f, w] + γ[c, w] + b[w, r] + δ[c, r]; `through` is that of a city, without a. Cities
    that are not near the cell, and regionals not in a city's row of `up`, bear no share: their cheapest way is a floor
    that keeps U a lower bound. `by_haul` holds each front's cities, the nearest first.
    """
    cells, listed = near.shape
    place = np.full(to_city.shape[1], NONE)
    for c in range(cells):
        lowest = np.inf
        for j in range(listed):
            w = near[c, j]
            place[w] = j
            through[c, j], best_up[c, j] = up_floor[w], NONE
            for m in range(up.shape[1]):
                r = up[w, m]
                if to_regional[w, r] >= through[c, j]:
                    break
                here = to_regional[w, r] + regional_share[c, r]
                if here < through[c, j]:
                    through[c, j], best_up[c, j] = here, r
            through[c, j] += city_share[c, j]
            lowest = min(lowest, through[c, j])
        for k in range(cell_starts[c], cell_starts[c + 1]):
            f = front[k]
            least, by = floor[k], NONE
            for m in range(by_haul.shape[1]):
                w = by_haul[f, m]
                if to_city[f, w] + lowest >= least:
                    break
                j = place[w]
                if j != NONE and to_city[f, w] + through[c, j] < least:
                    least, by = to_city[f, w] + through[c, j], j
            above[k], via_city[k], via_regional[k] = least, by, best_up[c, by] if by != NONE else NONE
        for j in range(listed):
            place[near[c, j]] = NONE


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
    slow_via: np.ndarray,
    opened: np.ndarray,
    slack: np.ndarray,
    flow: np.ndarray,
    slow_flow: np.ndarray,
) -> None:
    """Slack of each store at its price, what flows by each entry, and slowly by cell and listed city, m3."""
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
                if capped[i] == 1 and slow_via[i] != NONE:
                    slow_flow[c, slow_via[i]] += quantity[i] * left
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
    """Nearest shares ≥ 0 with Σ_c Q_c share[c, w] ≤ budget[w]: (share - τ)⁺, τ by Newton's steps from below.

    Places of a site's shares in the flat `share` stand at begin[w]:begin[w + 1] of `place`, their cells in `cell`.
    """
    most = (begin[1:] - begin[:-1]).max()
    value, size = np.empty(most), np.empty(most)
    for w in range(budget.size):
        held, total, sizes = 0, 0.0, 0.0
        for p in range(begin[w], begin[w + 1]):
            if share[place[p]] > 0.0:
                value[held], size[held] = share[place[p]], weight[cell[p]]
                total, sizes, held = total + value[held] * size[held], sizes + size[held], held + 1
            else:
                share[place[p]] = 0.0
        if total <= budget[w]:
            continue
        low = 0.0
        for _ in range(100):
            step = (total - low * sizes - budget[w]) / max(sizes, LEAST)
            if step <= 1e-12 * (low + step):
                break
            low, kept, total, sizes = low + step, 0, 0.0, 0.0
            for p in range(held):
                if value[p] > low:
                    value[kept], size[kept] = value[p], size[p]
                    total, sizes, kept = total + value[kept] * size[kept], sizes + size[kept], kept + 1
            held = kept
        low *= 1.0 + 1e-13
        for p in range(begin[w], begin[w + 1]):
            share[place[p]] = max(share[place[p]] - low, 0.0)


@njit(cache=True, nogil=True)
def path_flows(
    cell_starts: np.ndarray,
    via_city: np.ndarray,
    via_regional: np.ndarray,
    best_up: np.ndarray,
    flow: np.ndarray,
    slow_flow: np.ndarray,
    by_city: np.ndarray,
    by_regional: np.ndarray,
) -> None:
    """Sum up what flows along the cheapest ways of entries, and slowly, by cell and listed city, and regional; m3."""
    by_city[:], by_regional[:] = slow_flow, 0.0
    for c in range(slow_flow.shape[0]):
        for j in range(slow_flow.shape[1]):
            if slow_flow[c, j] > 0.0 and best_up[c, j] != NONE:
                by_regional[c, best_up[c, j]] += slow_flow[c, j]
        for k in range(cell_starts[c], cell_starts[c + 1]):
            if flow[k] > 0.0 and via_city[k] != NONE:
                by_city[c, via_city[k]] += flow[k]
                if via_regional[k] != NONE:
                    by_regional[c, via_regional[k]] += flow[k]


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
