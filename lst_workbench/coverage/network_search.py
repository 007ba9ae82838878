"""Good networks fast: fronts by swaps of many at a time, the tiers above on their volumes, then moves of both."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.coverage._network_kernels import NONE, front_moves, serve, upper_moves
from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.geo import haversine_km

LEAST_SAVING = 1e-9
TRIED_MOVES = 40
SHAKEN_SHARE = 0.3  # of the upper sites that may close
Opened = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Network:
    """A design with what it costs: `value` in RMB a month, each store's cost and its second choice in RMB/m3."""

    design: Design
    value: float
    cost: np.ndarray
    second_cost: np.ndarray
    above: np.ndarray


def evaluate(task: TierTask, opened: Opened) -> Network:
    """Serve every store at least cost from the open sites, capacities aside."""
    fronts, cities, regionals = opened
    b = np.where(regionals[None, :], task.to_regional, np.inf)
    regional_of = b.argmin(axis=1)
    through = np.where(cities, b.min(axis=1), np.inf)
    at = np.flatnonzero(cities) if cities.any() else np.zeros(1, np.int64)  # few are open of many
    a = task.to_city[:, at] + through[at]
    city_of, above = at[a.argmin(axis=1)], a.min(axis=1)
    slow_city, slow = slow_choice(task, at, through[at])
    otherwise = np.minimum(slow, task.uncovered)
    first = np.empty(task.stores, np.int64)
    cost, second = np.empty(task.stores), np.empty(task.stores)
    lists = (task.starts, task.entry, task.front, task.last, task.least)
    serve(*lists, above, fronts, otherwise, first, cost, second)
    slowly = (first == NONE) & (slow <= task.uncovered)
    design = Design(
        fronts, cities, regionals,
        np.where(fronts, city_of, NONE), np.where(cities, regional_of, NONE),
        first, np.where(slowly, slow_city, NONE),
    )  # fmt: skip
    return Network(design, fixed_rmb(task, opened) + float(task.quantity @ cost), cost, second, above)


def slow_choice(task: TierTask, at: np.ndarray, through: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each store's city of slow delivery among some, and what that costs with its drop, RMB/m3."""
    cells = len(task.cells) - 1
    near, on_top = np.tile(at, (cells, 1)), np.tile(through, (cells, 1))
    haul, via = task.delivery.ways(
        task.cells, task.spot, near, task.slow_haul[:, at], on_top, np.full(cells, np.inf),
        task.uncovered - task.slow,
    )  # fmt: skip
    return np.where(via == NONE, NONE, at[via]), task.slow + haul


def fixed_rmb(task: TierTask, opened: Opened) -> float:
    """Sum up the fixed costs of open sites, and what is paid anyway."""
    return task.constant_rmb + sum(float(f[o].sum()) for f, o in zip(task.fixed, opened, strict=True))


def search(task: TierTask, start: Opened | None = None, tried: int = TRIED_MOVES, rounds: int = 4) -> Network:
    """Search a network: fronts and upper tiers in turn until neither helps, then joint moves."""
    network = evaluate(task, start if start is not None else first_sites(task))
    network = in_turn(task, network)
    for _ in range(rounds):
        better = joint_moves(task, network, tried)
        better = in_turn(task, better)
        done = better.value >= network.value * (1.0 - 1e-6)
        network = better if better.value < network.value else network
        if done:
            break
    nothing = evaluate(task, (task.must[0], task.must[1], task.must[2]))
    return nothing if nothing.value < network.value else network


def shaken(task: TierTask, network: Network, times: int, seed: int = 0) -> Network:
    """Leave a local optimum: swap a part of the upper sites by lot, search again, and keep what is better."""
    rng = np.random.default_rng(seed)
    for _ in range(times):
        opened = tuple(sites.copy() for sites in network.design.opened)
        for tier in (1, 2):
            may_close, closed = np.flatnonzero(opened[tier] & ~task.must[tier]), np.flatnonzero(~opened[tier])
            swapped = min(int(np.ceil(SHAKEN_SHARE * len(may_close))), len(closed))
            opened[tier][rng.choice(may_close, swapped, replace=False)] = False
            opened[tier][rng.choice(closed, swapped, replace=False)] = True
        other = search(task, (opened[0], opened[1], opened[2]))
        network = other if other.value < network.value else network
    return network


def in_turn(task: TierTask, network: Network, turns: int = 8) -> Network:
    """Improve fronts, then cities and regionals on the fronts' volumes, until neither helps."""
    for _ in range(turns):
        better = improve_uppers(task, improve_fronts(task, network))
        if better.value >= network.value * (1.0 - 1e-7):
            return better if better.value < network.value else network
        network = better
    return network


def first_sites(task: TierTask) -> Opened:
    """Sites that must stay, and of each tier those nearest to the most volume."""
    fronts, cities, regionals = (must.copy() for must in task.must)
    listed = np.flatnonzero(np.diff(task.starts) > 0)
    nearest_front = task.front[task.entry[task.starts[listed]]]
    volume = np.bincount(nearest_front, weights=task.quantity[listed], minlength=task.sizes[0])
    fronts |= volume > np.maximum(np.quantile(volume, 0.75), 0.0)
    by_city = np.bincount(task.slow_haul.argmin(axis=1)[task.cell_of], weights=task.quantity, minlength=task.sizes[1])
    cities[np.argsort(-by_city, kind="stable")[: max(1, task.sizes[1] // 2)]] = True
    by_regional = np.bincount(task.to_regional.argmin(axis=1), weights=by_city, minlength=task.sizes[2])
    regionals[np.argsort(-by_regional, kind="stable")[: max(1, task.sizes[2] // 2)]] = True
    return fronts, cities, regionals


def improve_fronts(task: TierTask, network: Network, rounds: int = 60) -> Network:
    """Make the best openings, closings and swaps of fronts that lie apart, many at a time."""
    lists = (task.starts, task.entry, task.front, task.last, task.least)
    count, many = task.sizes[0], 80
    gain, loss, extra = np.empty(count), np.empty(count), np.empty((count, count), np.float32)
    lat, lon = task.sites[0]["lat"].to_numpy(), task.sites[0]["lon"].to_numpy()
    apart_km = 1.5 * float(task.km.max(initial=1.0))
    for _ in range(rounds):
        design = network.design
        front_moves(
            *lists, network.above, design.fronts, task.quantity, design.front_of, network.cost, network.second_cost,
            gain, loss, extra,
        )  # fmt: skip
        moves = _ranked_moves(task, design.fronts, gain, loss, extra, LEAST_SAVING * abs(network.value))
        while moves:
            opened = design.fronts.copy()
            for add, drop in _apart(moves, lat, lon, apart_km, many):
                if add != NONE:
                    opened[add] = True
                if drop != NONE:
                    opened[drop] = False
            better = evaluate(task, (opened, design.cities, design.regionals))
            if better.value < network.value * (1.0 - LEAST_SAVING):
                break
            if many == 1:
                return network
            many = max(1, many // 8)
        if not moves:
            return network
        network = better
    return network


def _ranked_moves(
    task: TierTask, fronts: np.ndarray, gain: np.ndarray, loss: np.ndarray, extra: np.ndarray, least: float
) -> list[tuple[int, int]]:
    fixed, closed = task.fixed[0], np.flatnonzero(~fronts)
    may_drop = np.flatnonzero(fronts & ~task.must[0])
    add, drop = gain[closed] - fixed[closed], fixed[may_drop] - loss[may_drop]
    swap = add[:, None] + drop[None, :] + extra[np.ix_(closed, may_drop)]
    rows, columns = np.nonzero(swap > least)
    found = [
        np.column_stack((add, closed, np.full(len(closed), NONE))),
        np.column_stack((drop, np.full(len(may_drop), NONE), may_drop)),
        np.column_stack((swap[rows, columns], closed[rows], may_drop[columns])),
    ]
    moves = np.concatenate(found)
    moves = moves[moves[:, 0] > least]
    best = moves[np.lexsort((moves[:, 2], moves[:, 1], -moves[:, 0]))][:3000]
    return [(int(a), int(d)) for _, a, d in best]


def _apart(
    moves: list[tuple[int, int]], lat: np.ndarray, lon: np.ndarray, apart_km: float, many: int
) -> list[tuple[int, int]]:
    """Take the best moves whose fronts lie apart from those of better ones."""
    chosen: list[tuple[int, int]] = []
    blocked = np.zeros(len(lat), bool)
    for move in moves:
        sites = [site for site in move if site != NONE]
        if blocked[sites].any():
            continue
        chosen.append(move)
        if len(chosen) >= many:
            break
        for site in sites:
            blocked |= haversine_km(lat[site], lon[site], lat, lon) < apart_km
    return chosen


def improve_uppers(task: TierTask, network: Network) -> Network:
    """Improve cities by single moves and regionals by flips and swaps, volumes of fronts and slow cells as they are."""
    design = network.design
    volume = np.bincount(
        design.front_of[design.front_of != NONE],
        weights=task.quantity[design.front_of != NONE],
        minlength=task.sizes[0],
    )
    slowly = design.slow_city_of != NONE
    by_cell = np.bincount(task.cell_of[slowly], weights=task.quantity[slowly], minlength=len(task.cells) - 1)
    used, cells = np.flatnonzero(volume > 0), np.flatnonzero(by_cell > 0)
    haul = np.concatenate((task.to_city[used], task.slow_haul[cells]))
    quantity = np.concatenate((volume[used], by_cell[cells]))
    if not len(quantity):
        return network
    cities, regionals = design.cities.copy(), design.regionals.copy()
    cities = _city_moves(task, haul, quantity, cities, regionals)
    for _ in range(20):
        moved = _regional_move(task, haul, quantity, cities, regionals)
        if moved is None:
            break
        regionals = moved
        cities = _city_moves(task, haul, quantity, cities, regionals)
    better = evaluate(task, (design.fronts, cities, regionals))
    return better if better.value < network.value else network


def _city_moves(
    task: TierTask, haul: np.ndarray, quantity: np.ndarray, cities: np.ndarray, regionals: np.ndarray
) -> np.ndarray:
    cities = cities.copy()
    cost = haul + np.where(regionals[None, :], task.to_regional, np.inf).min(axis=1)[None, :]
    fixed = np.where(task.must[1], 0.0, task.fixed[1])
    for _ in range(2 * task.sizes[1]):
        saving, opens, closes = upper_moves(cost, quantity, fixed, cities)
        if saving <= LEAST_SAVING * float(fixed.sum() + 1.0):
            break
        if closes != NONE and task.must[1][closes]:
            break
        if opens != NONE:
            cities[opens] = True
        if closes != NONE:
            cities[closes] = False
    return cities


def _regional_move(
    task: TierTask, haul: np.ndarray, quantity: np.ndarray, cities: np.ndarray, regionals: np.ndarray
) -> np.ndarray | None:
    """Best opening, closing or swap of a regional, cities as they are; None when none helps."""
    open_haul, up = haul[:, cities], task.to_regional[cities]

    def cost(chosen: np.ndarray) -> float:
        through = up[:, chosen].min(axis=1)
        least = (open_haul + through[None, :]).min(axis=1)
        return float(quantity @ np.minimum(least, 1e9)) + float(task.fixed[2][chosen].sum())

    best, found = cost(regionals) * (1.0 - LEAST_SAVING), None
    for add in (NONE, *np.flatnonzero(~regionals)):
        for drop in (NONE, *np.flatnonzero(regionals & ~task.must[2])):
            chosen = regionals.copy()
            if add != NONE:
                chosen[add] = True
            if drop != NONE:
                chosen[drop] = False
            if chosen.any() and (here := cost(chosen)) < best:
                best, found = here, chosen
    return found


def joint_moves(task: TierTask, network: Network, tried: int) -> Network:
    """Flip or swap a city or regional, let fronts follow, and keep what helps; the most promising first."""
    ranked = sorted(
        (
            (evaluate(task, opened).value, number, change)
            for number, (opened, change) in enumerate(_upper_changes(task, network))
        ),
        key=lambda found: found[:2],
    )
    for value, _, change in ranked[:tried]:
        if value > network.value * 1.004:
            break
        opened = _changed(network.design, change)
        if not (opened[1].any() and opened[2].any()):
            continue
        better = improve_fronts(task, evaluate(task, opened), rounds=12)
        if better.value < network.value * (1.0 - 1e-7):
            network = better
    return network


Change = tuple[tuple[int, int], ...]


def _upper_changes(task: TierTask, network: Network) -> list[tuple[Opened, Change]]:
    """Every flip of a city or regional, and swaps with the nearest closed ones; a change is (tier, site) flips."""
    found: list[tuple[Opened, Change]] = []
    for tier, near in ((1, 4), (2, 6)):
        opened, must = network.design.opened[tier], task.must[tier]
        sites = task.sites[tier]
        flips: list[Change] = [((tier, s),) for s in range(len(opened)) if not must[s]]
        for s in np.flatnonzero(opened & ~must):
            km = haversine_km(sites["lat"].iloc[s], sites["lon"].iloc[s], sites["lat"], sites["lon"])
            km[opened] = np.inf
            order = np.argsort(km, kind="stable")[:near]
            flips += [((tier, int(s)), (tier, int(other))) for other in order if np.isfinite(km[other])]
        for change in flips:
            changed = _changed(network.design, change)
            if changed[1].any() and changed[2].any():
                found.append((changed, change))
    return found


def _changed(design: Design, change: Change) -> Opened:
    opened = tuple(sites.copy() for sites in design.opened)
    for tier, site in change:
        opened[tier][site] = not opened[tier][site]
    return opened[0], opened[1], opened[2]
