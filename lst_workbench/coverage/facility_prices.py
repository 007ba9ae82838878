"""Capacitated facility location by prices: what the bound rules out never reaches HiGHS."""

import time
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from lst_workbench.coverage._kernels import fill_sites
from lst_workbench.coverage.pairs import Pairs
from lst_workbench.optim import ArrayAnswer, ArrayModel, Certificate, Status, solve_arrays

STEPS = 400  # of the prices, before and after a value is known
PATIENCE = 15
NEAR_PAIRS = 8  # pairs of each demand in the first choice
FIRST_GAP = 2e-4  # of the first choice
FIRST_NODES = 300
SPARE = 1.3  # capacity of the sites in the first choice, over what is wanted
ROUNDING = 1e-9


@dataclass(frozen=True)
class FacilityTask:
    """Demands with their quantities as weights, sites with fixed costs and capacities."""

    pairs: Pairs
    fixed_cost: np.ndarray
    capacity: np.ndarray
    single_source: bool


@dataclass(frozen=True)
class _Prices:
    """Prices of a unit of each demand, their bound, and what forcing a site or a pair open adds to it."""

    price: np.ndarray
    bound: float
    site_extra: np.ndarray
    pair_extra: np.ndarray
    often: np.ndarray


def solve_by_prices(
    task: FacilityTask, time_limit_s: float | None, gap: float
) -> tuple[np.ndarray, np.ndarray, Certificate]:
    """Bound by prices, a value from few sites and pairs, then the rest exactly.

    Returns
    -------
    opened : ndarray of bool
        Open sites.
    share : ndarray
        Share of its demand that each pair serves.
    certificate : Certificate
        The bound is the better of the prices' and HiGHS's.
    """
    started, count = time.perf_counter(), len(task.pairs.site)
    deadline = None if time_limit_s is None else started + time_limit_s
    prices = _raise_prices(task, _first_prices(task), None)
    first = _choose(task, _promising(task, prices), None, _left(deadline), FIRST_GAP, FIRST_NODES)
    value, status, proven = first.certificate.value, Status.OPTIMAL, -np.inf
    if np.isfinite(value):
        prices = _raise_prices(task, prices, value)
    best = first
    if value == np.inf or value - prices.bound > max(gap * prices.bound, ROUNDING * abs(value)):
        cutoff = value + ROUNDING * abs(value)
        shut, kept = prices.bound + prices.site_extra > cutoff, prices.bound - prices.site_extra > cutoff
        left = (prices.bound + prices.pair_extra <= cutoff) & ~shut[task.pairs.site]
        final = _choose(task, left, first.x if len(first.x) else None, _left(deadline), gap, None, kept)
        best = final if final.certificate.value <= value else first
        status, proven = final.certificate.status, final.certificate.bound
        if status is Status.INFEASIBLE and np.isfinite(value):
            status, proven = Status.OPTIMAL, value  # nothing is better than the first choice
    value = best.certificate.value
    bound = min(max(prices.bound, proven), value)
    if status is Status.OPTIMAL and value - bound > 1e-6 * abs(value):
        status = Status.WITHIN_GAP
    certificate = Certificate(value, bound, status, time.perf_counter() - started, maximise=False)
    x = best.x if len(best.x) else np.zeros(task.pairs.sites + count)
    return x[: task.pairs.sites] > 0.5, x[task.pairs.sites :], certificate


def _first_prices(task: FacilityTask) -> _Prices:
    """Price a unit at what it costs at its cheapest site, that site's fixed cost spread over its capacity."""
    spread = np.divide(task.fixed_cost, task.capacity, out=np.full(task.pairs.sites, np.inf), where=task.capacity > 0)
    all_in = task.pairs.cost + spread[task.pairs.site]
    price = np.minimum.reduceat(all_in, task.pairs.starts[:-1])
    price = np.where(np.isfinite(price), price, task.pairs.cost[task.pairs.starts[1:] - 1])
    none = np.zeros(0)
    return _Prices(price, -np.inf, none, none, np.full(task.pairs.sites, 0.5))


def _raise_prices(task: FacilityTask, prices: _Prices, value: float | None) -> _Prices:
    """Climb L(u) = Σ q u + min {Σ (F - saving) y : Σ C y ≥ Σ q, 0 ≤ y ≤ 1} by deflected Polyak steps."""
    pairs, quantity = task.pairs, task.pairs.weight
    order = np.lexsort((pairs.demand, pairs.site))
    starts = np.searchsorted(pairs.site[order], np.arange(pairs.sites + 1))
    demand, site, cost = pairs.demand[order], pairs.site[order], pairs.cost[order]
    saving, scarcity, share = np.zeros(pairs.sites), np.zeros(pairs.sites), np.zeros(len(site))
    price, direction, often = prices.price.copy(), np.zeros(pairs.demands), prices.often.copy()
    best, step, stalled = prices, 1.0, 0
    for _ in range(STEPS):
        fill_sites(starts, demand, cost, quantity, task.capacity, price, saving, scarcity, share)
        net = task.fixed_cost - saving
        opened, worth = _cover_capacity(net, task.capacity, float(quantity.sum()))
        site_extra = net - worth * task.capacity
        bound = float(quantity @ price + np.minimum(site_extra, 0).sum() + worth * quantity.sum())
        often += 0.1 * (opened - often)
        stalled += 1
        if bound > best.bound:
            stalled = 0 if bound > best.bound + 1e-7 * abs(bound) else stalled
            each = quantity[demand] * np.maximum(cost + scarcity[site] - price[demand], 0)
            pair_extra = np.empty(len(site))
            pair_extra[order] = each + np.maximum(site_extra, 0)[site]
            best = _Prices(price.copy(), bound, site_extra, pair_extra, often)
        if stalled >= PATIENCE:
            step, stalled, price = step / 2, 0, best.price.copy()
            direction[:] = 0.0
            if step < 1e-3:
                break
            continue
        slack = 1 - np.bincount(demand, weights=share * opened[site], minlength=pairs.demands)
        direction = slack + 0.6 * direction
        square = float(direction @ direction)
        target = 1.02 * best.bound if value is None else 1.001 * value
        if square == 0 or target <= bound:
            break
        price = price + step * (target - bound) / square * direction / quantity
    return replace(best, often=often)


def _cover_capacity(net: np.ndarray, capacity: np.ndarray, wanted: float) -> tuple[np.ndarray, float]:
    """Open what is worth it, then the cheapest capacity until enough is open; also the worth of a unit of it."""
    opened = (net < 0).astype(float)
    missing = wanted - float(capacity @ opened)
    if missing <= 0:
        return opened, 0.0
    left = np.flatnonzero((opened == 0) & (capacity > 0))
    left = left[np.argsort(net[left] / capacity[left], kind="stable")]
    for j in left:
        opened[j] = min(1.0, missing / capacity[j])
        missing -= capacity[j]
        if missing <= 0:
            break
    return opened, float(net[j] / capacity[j])


def _promising(task: FacilityTask, prices: _Prices) -> np.ndarray:
    """Choose the pairs that cost least extra, of sites that the prices named or that capacity needs."""
    pairs = task.pairs
    ranked = np.argsort(prices.site_extra, kind="stable")
    enough = np.cumsum(task.capacity[ranked]) <= SPARE * pairs.weight.sum()
    sites = prices.often > 0.01
    sites[ranked[: int(enough.sum()) + 1]] = True
    usable = np.flatnonzero(sites[pairs.site])
    usable = usable[np.lexsort((prices.pair_extra[usable], pairs.demand[usable]))]
    demand = pairs.demand[usable]
    place = np.arange(len(usable)) - np.searchsorted(demand, demand)
    chosen = np.zeros(len(pairs.site), bool)
    chosen[usable[place < NEAR_PAIRS]] = True
    return chosen


def _choose(
    task: FacilityTask,
    chosen: np.ndarray,
    start: np.ndarray | None,
    time_limit_s: float | None,
    gap: float,
    nodes: int | None,
    kept: np.ndarray | None = None,
) -> ArrayAnswer:
    """Solve the model on some pairs; the answer speaks of all of them."""
    if start is not None:
        held = start[task.pairs.sites :][~chosen].max(initial=0.0) == 0.0
        start = np.concatenate((start[: task.pairs.sites], start[task.pairs.sites :][chosen])) if held else None
    model = _model(replace(task, pairs=task.pairs.only(chosen)), kept)
    answer = solve_arrays(model, time_limit_s=time_limit_s, gap=gap, start=start, nodes=nodes)
    if not len(answer.x):
        return answer
    x = np.zeros(task.pairs.sites + len(chosen))
    x[: task.pairs.sites] = answer.x[: task.pairs.sites]
    x[task.pairs.sites :][chosen] = answer.x[task.pairs.sites :]
    return replace(answer, x=x)


def _model(task: FacilityTask, kept: np.ndarray | None) -> ArrayModel:
    """Build min F y + q c x; Σ x = 1; Σ q x ≤ C y; Σ C y ≥ Σ q; x ≤ y."""
    pairs = task.pairs
    sites, demands, count = pairs.sites, pairs.demands, len(pairs.site)
    each, quantity = np.arange(count), pairs.weight[pairs.demand]
    served = sparse.csr_matrix((np.ones(count), (pairs.demand, each)), shape=(demands, count))
    used = sparse.csr_matrix((quantity, (pairs.site, each)), shape=(sites, count))
    opening = sparse.csr_matrix((-np.ones(count), (each, pairs.site)), shape=(count, sites))
    matrix = sparse.bmat(
        [
            [None, served],
            [-sparse.diags(task.capacity), used],
            [sparse.csr_matrix(task.capacity), None],
            [opening, sparse.identity(count)],
        ],
        format="csr",
    )
    wanted, columns = float(pairs.weight.sum()), sites + count
    lower = np.zeros(columns)
    if kept is not None:
        lower[:sites] = kept
    return ArrayModel(
        cost=np.concatenate((task.fixed_cost, quantity * pairs.cost)),
        matrix=matrix,
        row_lower=np.concatenate((np.ones(demands), np.full(sites, -np.inf), [wanted], np.full(count, -np.inf))),
        row_upper=np.concatenate((np.ones(demands), np.zeros(sites), [np.inf], np.zeros(count))),
        lower=lower,
        upper=np.ones(columns),
        integer=(np.arange(columns) < sites) | task.single_source,
    )


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.perf_counter())
