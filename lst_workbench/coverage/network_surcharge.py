"""Promise and budget by one surcharge on stores that are not served next day: the search, and its bound."""

import numpy as np

from lst_workbench.coverage._network_kernels import NONE
from lst_workbench.coverage.network_capacity import within_limits
from lst_workbench.coverage.network_cuts import learned_prices
from lst_workbench.coverage.network_dual import Prices, Ways, bound_of, climb, lifted
from lst_workbench.coverage.network_guide import guided
from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_params import NetworkParams
from lst_workbench.coverage.network_search import Network, Opened, evaluate, improve_fronts, search, shaken
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.optim import Certificate, Status

SURCHARGE_STEPS = 14
STEPS_BY_STORES = 200_000_000  # of a bound's last climb: a million stores take 200 steps
MEETS = 1e-9


def by_search(
    task: TierTask, params: NetworkParams, promised: float, budget: float, start: Opened | None
) -> tuple[Network, Certificate]:
    """Search by the surcharge that keeps the promise or the budget, and bound the same."""
    everybody, maximise = float(task.promised.sum()), np.isfinite(budget)

    def keeps(network: Network, surcharge: float) -> bool:
        if maximise:
            return plain_cost(task, network, surcharge) <= budget * (1.0 + MEETS)
        return next_day(task, network.design) >= promised * (1.0 - MEETS)

    surcharge, low, high = 0.0, 0.0, np.inf
    found, network = None, settled(task, task, start, params)
    if maximise and not keeps(network, 0.0):
        reason = f"the cheapest network found costs {network.value:,.0f} RMB a month; raise the budget to that"
        return network, Certificate(-np.inf, np.inf, Status.FEASIBLE, 0.0, True, reason)
    if keeps(network, 0.0):
        found = (network, 0.0)
    if maximise or found is None:
        surcharge = float(task.quantity @ np.minimum(task.uncovered, 1e4)) / everybody * 0.05
        for _ in range(SURCHARGE_STEPS):
            tried = settled(task, task.surcharged(surcharge), network.design.opened, params)
            good = keeps(tried, surcharge)
            better = found is None or next_day(task, tried.design) >= next_day(task, found[0].design)
            if good and (not maximise or better):
                cheaper = found is None or plain_cost(task, tried, surcharge) <= plain_cost(task, found[0], found[1])
                found = (tried, surcharge) if maximise or cheaper else found
            if good == maximise:
                low = surcharge
            else:
                high = surcharge
            surcharge = 2.0 * surcharge if high == np.inf else 0.5 * (low + high)
            if high < np.inf and high - low < 0.02 * high:
                break
    if found is None:
        reason = "no network found keeps the promise within the warehouses' capacities; raise them or promise less"
        return network, Certificate(np.inf, -np.inf, Status.FEASIBLE, 0.0, False, reason)
    network, surcharge = found
    bound = lower_bound(task.surcharged(surcharge), params, network)
    if maximise:
        bound = everybody - (bound - budget) / surcharge if surcharge > 0 else everybody
        bound = min(bound, float(task.promised[np.diff(task.starts) > 0].sum()))
        return network, Certificate(next_day(task, network.design), bound, Status.FEASIBLE, 0.0, True)
    bound -= surcharge * (everybody - promised)
    value = plain_cost(task, network, surcharge)
    return network, Certificate(value, bound, Status.FEASIBLE, 0.0, False)


def settled(task: TierTask, charged: TierTask, start: Opened | None, params: NetworkParams) -> Network:
    """Search on a sample, finish on all stores, and bring the network within its limits."""
    few = charged.sampled(params.sample)
    network = _searched(few, start, params)
    if few.stores < charged.stores:
        network = improve_fronts(charged, evaluate(charged, network.design.opened), rounds=12)
    return within_limits(charged, network) if task.limited else network


def _searched(task: TierTask, start: Opened | None, params: NetworkParams) -> Network:
    """Search from a network at hand, or from where cuts point; without either, leave local optima a few times too."""
    if start is not None:
        return search(task, start)
    pointed = guided(task, params.cuts)
    return shaken(task, search(task, pointed.design.opened), params.shakes)


def lower_bound(task: TierTask, params: NetworkParams, network: Network) -> float:
    """Lower bound on the cost: shares learned from cuts by cell, prices raised on all stores, summed up in float64."""
    ways, design = Ways(task), network.design
    few = task.sampled(3 * params.sample)
    many = few.stores < task.stores
    if task.limited and many:
        prices = learned_prices(few, ways, design.opened, params.cuts)
        _, prices, _ = climb(few, ways, prices, network.value, params.iterations, 0.8)
        prices = lifted(task, ways, prices, design.fronts)
    else:
        prices = learned_prices(task, ways, design.opened, params.cuts)
        starts = (prices, lifted(task, ways, prices, design.fronts))
        prices = max(starts, key=lambda at: _bound_at(task, ways, at))
    goal = network.value * (1.0 - max(params.gap, 1e-9))
    steps = min(params.iterations, max(params.iterations // 6, STEPS_BY_STORES // task.stores))
    _, prices, _ = climb(task, ways, prices, network.value, steps, 0.3, goal)
    return _bound_at(task, ways, prices)


def _bound_at(task: TierTask, ways: Ways, prices: Prices) -> float:
    """Bound at prices, none above what else a store could do."""
    ways.price(task, prices)
    return bound_of(task, ways, prices)[0]


def plain_cost(task: TierTask, network: Network, surcharge: float) -> float:
    """Cost of a network found under a surcharge, the surcharge taken off."""
    return network.value - surcharge * (float(task.promised.sum()) - next_day(task, network.design))


def next_day(task: TierTask, design: Design) -> float:
    """Sum up what the stores served next day count in the promise."""
    return float(task.promised[design.front_of != NONE].sum())
