"""A lower bound on any three-tier network: stores pay prices, and cells share the fixed costs of the tiers above.

For prices v, shares γ, δ ≥ 0 of the fixed costs of cities and regionals with Σ_c Q_c γ_cw ≤ F_w and Σ_c Q_c δ_cr ≤ F_r,
and U_cf = min over (w, r) of a_fw + γ_cw + b_wr + δ_cr, no network costs less than

    Σ_i q_i v_i - Σ_f (Σ_i q_i (v_i - e_if - U_cf)⁺ - F_f)⁺,      v_i ≤ the price of slow delivery and of none.

Whoever uses a city pays its share, and all shares together are at most its fixed cost. Capacities C add a price ν ≥ 0
to every unit through a site and take ν C off its fixed cost; a minimum volume L of a front is a negative ν.
"""

from dataclasses import dataclass, replace

import numpy as np

from lst_workbench.coverage._network_dual_kernels import (
    NONE,
    cell_paths,
    floors,
    front_flows,
    front_profits,
    path_flows,
    project_shares,
    start_prices,
)
from lst_workbench.coverage.network_task import TierTask

NEAR_CITIES = 60
NEAR_REGIONALS = 12
INERTIA, DEFLECTION = 0.1, 0.2  # weights of the newest openings and of the newest slope in the smoothed ones
REGIONAL_PACE = 0.3  # of their shares beside all other prices: regionals gather the flow of many cells


@dataclass
class Prices:
    """Prices of a bound: of stores, shares of cities and regionals by cell, and of capacities by tier."""

    store: np.ndarray
    city_share: np.ndarray
    regional_share: np.ndarray
    capacity: list[np.ndarray]

    def copy(self) -> "Prices":
        """Copy, to come back to."""
        kept = [price.copy() for price in self.capacity]
        return Prices(self.store.copy(), self.city_share.copy(), self.regional_share.copy(), kept)


class Ways:
    """Cheapest ways above each front of each cell under prices, and what flows along them."""

    def __init__(self, task: TierTask) -> None:
        fronts, cities, regionals = task.sizes
        cells = len(task.cells) - 1
        self.volume = np.bincount(task.cell_of, weights=task.quantity, minlength=cells)
        listed = min(NEAR_CITIES, cities)
        entries = np.diff(task.cell_starts)
        some = (
            task.front[np.minimum(task.cell_starts[:-1], max(len(task.front) - 1, 0))]
            if len(task.front)
            else np.zeros(cells, int)
        )
        beyond = np.where((entries > 0)[:, None], 1e6 + task.to_city[some], 1e6)
        key = np.where(np.isfinite(task.slow_haul), task.slow_haul, beyond)
        self.near = np.argsort(key, axis=1, kind="stable")[:, :listed].astype(np.int64)
        self.by_haul = np.argsort(task.to_city, axis=1, kind="stable")
        ranked_up = np.argsort(task.to_regional, axis=1, kind="stable")
        self.up = ranked_up[:, :NEAR_REGIONALS].copy()
        after = ranked_up[:, NEAR_REGIONALS : NEAR_REGIONALS + 1]
        self.up_floor = np.take_along_axis(task.to_regional, after, 1)[:, 0] if after.size else np.full(cities, np.inf)
        through = task.to_city + task.to_regional.min(axis=1)[None, :]
        ranked = np.argsort(through, axis=1, kind="stable")
        self.floor = floors(task.cell_starts, task.front, self.near, ranked, np.take_along_axis(through, ranked, 1))
        far = task.slow_haul + task.to_regional.min(axis=1)[None, :]
        np.put_along_axis(far, self.near, np.inf, axis=1)
        self.slow_floor = far.min(axis=1)
        self.slow_near = np.take_along_axis(task.slow_haul, self.near, 1)
        size = len(task.front)
        self.above, self.via_city, self.via_regional = (
            np.empty(size),
            np.empty(size, np.int64),
            np.empty(size, np.int64),
        )
        self.through, self.best_up = np.empty(self.near.shape), np.empty(self.near.shape, np.int64)
        self.slow_via = np.full(task.stores, NONE)
        flat = self.near.ravel()
        self.place = np.argsort(flat, kind="stable")
        self.begin = np.searchsorted(flat[self.place], np.arange(cities + 1))
        self.cell_of_place = self.place // listed
        self.regional_place = np.arange(cells * regionals).reshape(cells, regionals).T.ravel()
        self.regional_begin = np.arange(regionals + 1) * cells
        self.cell_of_regional_place = np.tile(np.arange(cells), regionals)

    def price(self, task: TierTask, prices: Prices) -> np.ndarray:
        """Find the cheapest ways, and cap the stores' prices at slow delivery and none; says which cap holds."""
        city_price, regional_price = prices.capacity[1], prices.capacity[2]
        cell_paths(
            task.cell_starts, task.front, self.near, self.by_haul, self.up,
            prices.city_share + city_price[self.near], prices.regional_share + regional_price[None, :],
            task.to_city, task.to_regional, self.up_floor, self.floor, self.above,
            self.via_city, self.via_regional, self.through, self.best_up,
        )  # fmt: skip
        self.above += prices.capacity[0][task.front]
        limit = np.minimum(prices.store, task.uncovered) - task.slow
        haul, self.slow_via = task.delivery.ways(
            task.cells, task.spot, self.near, self.slow_near, self.through, self.slow_floor, limit
        )
        slow = task.slow + haul
        cap = np.minimum(slow, task.uncovered)
        at_cap = prices.store >= cap
        np.minimum(prices.store, cap, out=prices.store)
        return np.where(at_cap, np.where(slow <= task.uncovered, 1, 2), 0)

    def flows(self, task: TierTask, flow: np.ndarray, slow_flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Volume by cell and city, and by cell and regional, m3."""
        by_city, by_regional = np.empty(self.near.shape), np.empty((len(self.volume), task.sizes[2]))
        ways = (self.via_city, self.via_regional, self.best_up)
        path_flows(task.cell_starts, *ways, flow, slow_flow, by_city, by_regional)
        return by_city, by_regional

    def keep_budgets(self, task: TierTask, prices: Prices) -> None:
        """Bring shares back to what the fixed costs, capacity rents taken off, leave to share."""
        for tier, share, begin, place, cell in (
            (1, prices.city_share, self.begin, self.place, self.cell_of_place),
            (2, prices.regional_share, self.regional_begin, self.regional_place, self.cell_of_regional_place),
        ):
            budget = np.maximum(task.fixed[tier] - _rent(task, prices, tier), 0.0)
            project_shares(share.reshape(-1), self.volume, budget, begin, place, cell)


def _rent(task: TierTask, prices: Prices, tier: int) -> np.ndarray:
    """Sum up what the capacity prices take off a site's fixed cost, RMB a month."""
    price = prices.capacity[tier]
    limit = np.where(np.isfinite(task.capacity[tier]), task.capacity[tier], 0.0)
    return np.maximum(price, 0.0) * limit + np.minimum(price, 0.0) * task.minimum[tier]


def bound_of(task: TierTask, ways: Ways, prices: Prices) -> tuple[float, np.ndarray]:
    """Lower bound at prices whose ways are found, and each front's profit beyond its fixed cost, in float64."""
    shift = max(0.0, -float(prices.capacity[0].min(initial=0.0)))
    profit = np.zeros(task.sizes[0])
    total = front_profits(*_lists(task), shift, ways.above, task.quantity, prices.store, profit)
    profit += _rent(task, prices, 0) - task.fixed[0]
    bound = total - float(np.maximum(profit, 0.0).sum())
    cities = task.sizes[1]
    spent = np.bincount(ways.near.ravel(), weights=(prices.city_share * ways.volume[:, None]).ravel(), minlength=cities)
    for tier, shared in ((1, spent), (2, ways.volume @ prices.regional_share)):
        bound -= float(np.maximum(shared + _rent(task, prices, tier) - task.fixed[tier], 0.0).sum())
    return bound + task.constant_rmb, profit


def reprice(task: TierTask, ways: Ways, prices: Prices, opened: np.ndarray) -> None:
    """Set the stores' prices to where each open front just earns its fixed cost."""
    prices.store = np.full(task.stores, np.inf)
    ways.price(task, prices)
    shift = max(0.0, -float(prices.capacity[0].min(initial=0.0)))
    fixed = np.maximum(task.fixed[0] - _rent(task, prices, 0), 0.0)
    top = prices.store.copy()
    start_prices(*_lists(task), shift, ways.above, task.quantity, opened, fixed, top, prices.store)


def climb(
    task: TierTask, ways: Ways, prices: Prices, target: float, iterations: int, step: float, goal: float = np.inf
) -> tuple[float, Prices, np.ndarray]:
    """Raise the bound by Polyak steps along smoothed slopes; returns the best, its prices and the openings.

    A cell takes one way at a time, so that slopes jump from city to city; their mean over the last steps points to the
    shares of all of them (Barahona and Anbil's volume algorithm, 2000). The step shrinks by a quarter after ten
    iterations without gain, from the best prices; it ends when the bound passes `goal`.
    """
    best, kept, stalled = -np.inf, prices.copy(), 0
    opened: np.ndarray = np.zeros(task.sizes[0])
    slope: Slope | None = None
    for _ in range(iterations):
        capped = ways.price(task, prices)
        bound, profit = bound_of(task, ways, prices)
        stalled = 0 if bound > best + 3e-5 * abs(best) else stalled + 1
        if bound > best:
            best, kept = bound, prices.copy()
        if best >= goal or step < 0.004:
            break
        if stalled >= 10:
            step, stalled, prices = step * 0.75, 0, kept.copy()
            capped = ways.price(task, prices)
        now = (profit > 0.0) * 1.0
        opened = now if slope is None else opened + INERTIA * (now - opened)
        newest = _slope(task, ways, prices, capped, opened)
        slope = newest if slope is None else slope.toward(newest, DEFLECTION)
        square = slope.square(task, ways)
        if square <= 0.0:
            break
        _move(task, ways, prices, slope, step * max(target - bound, 1e-5 * abs(target)) / square)
    ways.price(task, kept)
    return best, kept, opened


@dataclass(frozen=True)
class Slope:
    """How far stores, shares of cities and regionals, and capacities are from balance, each by its own unit."""

    store: np.ndarray
    city: np.ndarray
    regional: np.ndarray
    capacity: list[np.ndarray]

    def toward(self, newest: "Slope", weight: float) -> "Slope":
        """Move the smoothed slope towards the newest one."""
        limits = [old + weight * (new - old) for old, new in zip(self.capacity, newest.capacity, strict=True)]
        parts = ((self.store, newest.store), (self.city, newest.city), (self.regional, newest.regional))
        store, city, regional = (old + weight * (new - old) for old, new in parts)
        return Slope(store, city, regional, limits)

    def square(self, task: TierTask, ways: Ways) -> float:
        """Squared length in the metric of the step."""
        total = float(task.quantity @ self.store**2)
        total += float(ways.volume @ (self.city**2).sum(axis=1))
        total += REGIONAL_PACE * float(ways.volume @ (self.regional**2).sum(axis=1))
        for limit, slope in zip(task.capacity, self.capacity, strict=False):
            total += 0.5 * float(np.where(np.isfinite(limit), limit, 0.0) @ slope**2)
        return total


def _slope(task: TierTask, ways: Ways, prices: Prices, capped: np.ndarray, opened: np.ndarray) -> Slope:
    """Slope of the bound at these prices: what is not yet served, and what flows along the cheapest ways."""
    flow, slow_flow = np.empty(len(task.front)), np.empty(ways.near.shape)
    slack = np.empty(task.stores)
    shift = max(0.0, -float(prices.capacity[0].min(initial=0.0)))
    front_flows(
        task.cells, *_lists(task), shift, ways.above, task.quantity, prices.store, capped, ways.slow_via, opened, slack,
        flow, slow_flow,
    )  # fmt: skip
    by_city, by_regional = ways.flows(task, flow, slow_flow)
    per_volume = 1.0 / np.maximum(ways.volume, 1e-12)[:, None]
    slopes = _capacity_slopes(task, prices, opened, flow, ways, by_city, by_regional) if task.limited else []
    return Slope(slack, by_city * per_volume, by_regional * per_volume, slopes)


def _move(task: TierTask, ways: Ways, prices: Prices, slope: Slope, length: float) -> None:
    """Take a step, and bring prices back to what is allowed."""
    prices.store = np.maximum(prices.store + length * slope.store, 0.0)
    prices.city_share += length * slope.city
    prices.regional_share += length * REGIONAL_PACE * slope.regional
    for tier, of_tier in enumerate(slope.capacity):
        moved = prices.capacity[tier] + length * of_tier
        crossed = prices.capacity[tier] * moved < 0
        prices.capacity[tier] = np.where(crossed, 0.0, moved) if tier == 0 else np.maximum(moved, 0.0)
    ways.keep_budgets(task, prices)


def _capacity_slopes(
    task: TierTask,
    prices: Prices,
    opened: np.ndarray,
    flow: np.ndarray,
    ways: Ways,
    by_city: np.ndarray,
    by_regional: np.ndarray,
) -> list[np.ndarray]:
    """How far flows pass capacities, or fall short of minimum volumes, as a share of capacity."""
    cities = task.sizes[1]
    into = (
        np.bincount(task.front, weights=flow, minlength=task.sizes[0]),
        np.bincount(ways.near.ravel(), weights=by_city.ravel(), minlength=cities),
        by_regional.sum(axis=0),
    )
    use = by_city / np.maximum(ways.volume, 1e-12)[:, None]
    city_open = np.zeros(cities)
    np.maximum.at(city_open, ways.near.ravel(), np.minimum(use, 1.0).ravel())
    regional_open = np.minimum((by_regional / np.maximum(ways.volume, 1e-12)[:, None]).max(axis=0), 1.0)
    slopes = []
    for tier, open_share in enumerate((opened, city_open, regional_open)):
        limit, price = task.capacity[tier], prices.capacity[tier]
        whole = np.where(np.isfinite(limit), limit, np.inf)
        over = np.where(
            np.isfinite(limit), (into[tier] - np.where(np.isfinite(limit), limit, 0.0) * open_share) / whole, 0.0
        )
        if tier == 0:
            size = np.where(np.isfinite(limit), limit, np.maximum(task.minimum[0], 1e-9))
            short = (into[0] - task.minimum[0] * open_share) / size
            over = np.where((price > 0) | (over > 0), over, np.where((price < 0) | (short < 0), short, 0.0))
            over = np.where(np.isfinite(limit) | (task.minimum[0] > 0), over, 0.0)
        slopes.append(over)
    return slopes


def lifted(task: TierTask, ways: Ways, prices: Prices, opened: np.ndarray) -> Prices:
    """Take shares and capacity prices learned on some stores over to all of them."""
    whole = replace(prices.copy(), store=np.full(task.stores, np.inf))
    ways.keep_budgets(task, whole)
    reprice(task, ways, whole, opened)
    return whole


def _lists(task: TierTask) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    return task.starts, task.entry, task.front, task.last, task.least
