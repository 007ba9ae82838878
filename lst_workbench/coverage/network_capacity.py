"""A network within its capacities and minimum volumes: lanes by volume, stores by regret, small sites closed."""

import numpy as np

from lst_workbench.coverage._network_kernels import NONE, fill_network
from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_search import Network, evaluate, fixed_rmb
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.geo import haversine_km

TURNS = 400


def within_limits(task: TierTask, network: Network) -> Network:
    """Bring a network within every capacity and minimum volume, then close and open sites while that saves.

    Every store may stay uncovered, so that there always is such a network, but for sites that must stay.
    """
    best = filled(task, network)
    for _ in range(TURNS):
        smaller = _without_idle(task, best)
        if smaller is None:
            break
        best = smaller
    for change in _full_neighbours(task, best):
        opened = tuple(sites.copy() for sites in best.design.opened)
        opened[change[0]][change[1]] = True
        tried = filled(task, evaluate(task, (opened[0], opened[1], opened[2])))
        while tried is not None and (smaller := _without_idle(task, tried)) is not None:
            tried = smaller
        if tried.value < best.value:
            best = tried
    return best


def filled(task: TierTask, network: Network) -> Network:
    """Give lanes to sites by volume and stores to fronts by regret, as long as there is room on the whole way."""
    design = network.design
    volume = _front_volume(task, design.front_of)
    city_of = _parents(design.fronts, volume, design.cities, task.to_city + _least_up(task, design), task.capacity[1])
    by_city = np.bincount(city_of[city_of != NONE], weights=volume[city_of != NONE], minlength=task.sizes[1])
    regional_of = _parents(design.cities, by_city, design.regionals, task.to_regional, task.capacity[2])
    above = np.full(task.sizes[0], np.inf)
    fed = design.fronts & (city_of != NONE)
    fed[fed] &= regional_of[city_of[fed]] != NONE
    at = np.flatnonzero(fed)
    above[at] = task.to_city[at, city_of[at]] + task.to_regional[city_of[at], regional_of[city_of[at]]]
    through = np.full(task.sizes[1], np.inf)
    used = np.flatnonzero(regional_of != NONE)
    through[used] = task.to_regional[used, regional_of[used]]
    regret = (network.second_cost - network.cost) * task.quantity
    order = np.argsort(-regret, kind="stable")
    front_of, slow_city = np.full(task.stores, NONE), np.full(task.stores, NONE)
    cost = np.empty(task.stores)
    room = [np.where(np.isfinite(limit), limit, 1e300) for limit in task.capacity]
    least_slow = task.slow_haul + through[None, :]
    cheapest = np.argsort(least_slow, axis=1, kind="stable")[:, : min(12, task.sizes[1])]
    way = task.delivery
    fill_network(
        order, task.starts, task.entry, task.front, task.last, above, city_of, regional_of, task.cell_of, cheapest,
        least_slow, task.spot, way.spot, way.handling + through, way.measure, task.slow,
        task.uncovered, task.quantity, room[0], room[1], room[2],
        front_of, slow_city, cost,
    )  # fmt: skip
    made = Design(design.fronts, design.cities, design.regionals, city_of, regional_of, front_of, slow_city)
    value = fixed_rmb(task, made.opened) + float(task.quantity @ cost)
    return Network(made, value, cost, np.maximum(network.second_cost, cost), above)


def _without_idle(task: TierTask, network: Network) -> Network | None:
    """Close the site that falls shortest of its minimum volume, or that serves nobody; None when there is none."""
    design = network.design
    for tier, volume in enumerate(volumes(task, design)):
        opened = design.opened[tier] & ~task.must[tier]
        short = np.where(opened, volume / np.maximum(task.minimum[tier], 1e-9), np.inf)
        worst = int(short.argmin())
        if short[worst] < 1.0 - 1e-9:
            left = tuple(sites.copy() for sites in design.opened)
            left[tier][worst] = False
            if not (left[1].any() and left[2].any()):
                continue
            return filled(task, evaluate(task, (left[0], left[1], left[2])))
    return None


def _full_neighbours(task: TierTask, network: Network) -> list[tuple[int, int]]:
    """List the closed sites nearest to full ones, a few by tier."""
    found = []
    for tier, volume in enumerate(volumes(task, network.design)):
        opened = network.design.opened[tier]
        full = opened & (volume > 0.9 * task.capacity[tier])
        sites = task.sites[tier]
        for site in np.flatnonzero(full)[:20]:
            lat, lon = sites["lat"].to_numpy(), sites["lon"].to_numpy()
            away = np.where(opened, np.inf, haversine_km(lat[site], lon[site], lat, lon))
            if np.isfinite(away.min(initial=np.inf)):
                found.append((tier, int(away.argmin())))
    return list(dict.fromkeys(found))


def volumes(task: TierTask, design: Design) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Volume through each site, m3 a month, from fronts up."""
    by_front = _front_volume(task, design.front_of)
    slowly = design.slow_city_of != NONE
    by_city = np.bincount(design.slow_city_of[slowly], weights=task.quantity[slowly], minlength=task.sizes[1])
    fed = design.city_of != NONE
    by_city = by_city + np.bincount(design.city_of[fed], weights=by_front[fed], minlength=task.sizes[1])
    fed = design.regional_of != NONE
    by_regional = np.bincount(design.regional_of[fed], weights=by_city[fed], minlength=task.sizes[2])
    return by_front, by_city, by_regional


def _front_volume(task: TierTask, front_of: np.ndarray) -> np.ndarray:
    served = front_of != NONE
    return np.bincount(front_of[served], weights=task.quantity[served], minlength=task.sizes[0])


def _least_up(task: TierTask, design: Design) -> np.ndarray:
    return np.where(design.regionals[None, :], task.to_regional, np.inf).min(axis=1)[None, :]


def _parents(
    lower: np.ndarray, volume: np.ndarray, upper: np.ndarray, cost: np.ndarray, capacity: np.ndarray
) -> np.ndarray:
    """Cheapest open parent with room for each open site, the largest volume first; where none has, the roomiest."""
    parent, room = np.full(len(lower), NONE), np.where(upper, capacity, -np.inf)
    for site in np.flatnonzero(lower)[np.argsort(-volume[lower], kind="stable")]:
        fits = np.where(room >= volume[site], cost[site], np.inf)
        chosen = int(fits.argmin()) if np.isfinite(fits.min()) else int(room.argmax())
        parent[site] = chosen
        room[chosen] -= volume[site]
    return parent
