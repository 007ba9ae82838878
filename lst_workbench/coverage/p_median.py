"""The p-median problem: swaps for a value, Lagrangian prices for a bound, branching where they do not meet."""

import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage import formulations
from lst_workbench.coverage._kernels import FREE, NONE, OPEN, SHUT, climb
from lst_workbench.coverage.branching import ruled_out
from lst_workbench.coverage.covering import fewest_sites
from lst_workbench.coverage.pairs import Pairs, is_whole, pairs_of
from lst_workbench.coverage.result import SitingResult, nearest_answer, no_answer, of_the_sites, unreached_reason
from lst_workbench.coverage.swaps import cheapest, greedy, improved, profits
from lst_workbench.optim import Certificate, Status

ROUNDING = 1e-9  # of the value: what float64 sums may be off


@dataclass(frozen=True)
class PMedianParams:
    """How hard to try.

    Parameters
    ----------
    gap : float
        Stop when value and bound are this close, as a share; 0 asks for the optimum.
    small_pairs : int
        Up to so many pairs the model is handed to HiGHS as it is written down.
    rounds, iterations : int
        Steps of the prices at the root, and after each round a try of the sites they name.
    node_iterations : int
        Most steps of the prices at a node of the tree.
    nodes : int
        Most nodes of the tree.
    sample : int
        Demands that the first greedy choice looks at.
    """

    gap: float = 0.0
    small_pairs: int = 5_000
    rounds: int = 8
    iterations: int = 150
    node_iterations: int = 60
    nodes: int = 200_000
    sample: int = 20_000


@dataclass(frozen=True)
class _Node:
    """Part of the choices: what each site must do, prices to start from, and a bound."""

    state: np.ndarray
    price: np.ndarray
    bound: float


class _Search:
    """The best sites known, and what still counts as better."""

    def __init__(self, pairs: Pairs, p: int, deadline: float, gap: float) -> None:
        self.pairs, self.p, self.deadline, self.gap = pairs, p, deadline, gap
        self.lists = (pairs.starts, pairs.site, pairs.cost, pairs.weight)
        self.penalty = (pairs.cost.max() + 1.0) * max(10.0, pairs.demands / 10)
        weighted = pairs.cost * pairs.weight[pairs.demand]
        self.whole = bool((weighted == np.round(weighted)).all())
        self.opened, self.value = np.zeros(pairs.sites, bool), np.inf

    @property
    def cutoff(self) -> float:
        """Whatever costs more is no better than what is known: a whole unit less, or `gap` less."""
        return self.value - max(self.unit, self.share) + ROUNDING * abs(self.value)

    @property
    def unit(self) -> float:
        """Least amount by which a better answer is better, where all costs are whole."""
        return 1 - 1e-6 if self.whole else 0.0

    @property
    def share(self) -> float:
        """Amount below the value at which a bound is near enough."""
        return self.value * self.gap / (1 + self.gap) if self.gap else 0.0

    @property
    def late(self) -> bool:
        return time.perf_counter() > self.deadline

    def try_sites(self, opened: np.ndarray) -> None:
        """Swap sites until none helps; keep the outcome where it is the best so far."""
        opened, value = improved(self.pairs, opened, self.penalty, lambda: self.late)
        if value < self.value:
            self.opened, self.value = opened, value

    def keep(self, opened: np.ndarray) -> None:
        """Keep these very sites where they are the best so far."""
        value = profits(self.pairs, opened, self.penalty)[3]
        if value < self.value:
            self.opened, self.value = opened, value


def solve_p_median(
    costs: pd.DataFrame,
    p: int,
    weights: pd.DataFrame | None = None,
    time_limit_s: float | None = None,
    params: PMedianParams | None = None,
) -> SitingResult:
    """Open p sites so that serving every demand from its cheapest open site costs least.

    Parameters
    ----------
    costs : DataFrame
        ``demand_id``, ``site_id``, ``cost``: long and sparse. A missing pair is forbidden.
    p : int
        Sites to open.
    weights : DataFrame, optional
        ``demand_id``, ``weight``; 1 where missing. Demands of weight 0 need not be served.
    time_limit_s : float, optional
        Wall seconds after which the best answer so far is returned, with status ``time_limit``.
    params : PMedianParams, optional
        How hard to try.

    Returns
    -------
    SitingResult
        With status ``infeasible`` and a reason when p sites cannot serve every demand.

    Raises
    ------
    InputError
        Faults of the tables, or a p that is no number of sites.

    Notes
    -----
    A greedy choice and swaps (Resende and Werneck, 2007) give a value. Prices of demands, the Lagrangian relaxation of
    "each demand is served once", give a bound and rule out sites (Beasley, 1985). Where they do not meet, sites are
    branched on, depth first, each node with prices of its own. Small cases go to HiGHS as they are written down in
    `formulations.p_median`.

    Examples
    --------
    >>> rows = [(i, j, abs(i - j)) for i in range(5) for j in range(5)]
    >>> costs = pd.DataFrame(rows, columns=["demand_id", "site_id", "cost"])
    >>> result = solve_p_median(costs, p=2)
    >>> result.certificate.value, str(result.certificate.status)
    (3.0, 'optimal')
    """
    started, params = time.perf_counter(), params or PMedianParams()
    pairs = pairs_of(costs, weights)
    _check_p(p, pairs.sites)
    counted = pairs.counted()
    if len(lost := counted.unreached()):
        return no_answer(pairs, unreached_reason(counted, lost, "at all"), time.perf_counter() - started)
    if len(counted.site) <= params.small_pairs:
        opened, certificate = formulations.p_median(counted, p, time_limit_s)
    else:
        opened, certificate = _solve_by_prices(counted, p, time_limit_s, params)
    if certificate.status is Status.INFEASIBLE:
        enough = max(p + 1, fewest_sites(counted))
        reason = f"{p} sites cannot serve every demand with the pairs given; open at least {enough} or allow more pairs"
        return no_answer(pairs, reason, time.perf_counter() - started)
    if np.isfinite(certificate.value):
        value = profits(counted, opened, 0.0)[3]
        certificate = of_the_sites(certificate, value, started)
    return nearest_answer(pairs, opened, certificate)


def _solve_by_prices(
    pairs: Pairs, p: int, time_limit_s: float | None, params: PMedianParams
) -> tuple[np.ndarray, Certificate]:
    started = time.perf_counter()
    search = _Search(pairs, p, started + (np.inf if time_limit_s is None else time_limit_s), params.gap)
    search.try_sites(greedy(pairs, p, search.penalty, params.sample))
    root = _root(search, params)
    bound = _branch(search, root, params) if root.bound <= search.cutoff else root.bound
    return search.opened, _certificate(search, bound, time.perf_counter() - started)


def _root(search: _Search, params: PMedianParams) -> _Node:
    """Raise prices in rounds, from halfway between first and second open site; try what each round names."""
    pairs = search.pairs
    first, second = cheapest(pairs, search.opened)
    low = np.where(first == NONE, pairs.cost[pairs.starts[1:] - 1], pairs.cost[first])
    high = np.where(second == NONE, low, pairs.cost[second])
    node = _Node(np.full(pairs.sites, FREE, np.int8), pairs.weight * (low + high) / 2, -np.inf)
    step = 1.0
    for _ in range(params.rounds):
        node, opened, _, step = _bounded(search, node, step, 20, params.iterations)
        if node.bound > search.cutoff or step < 1e-3 or search.late:
            break
        search.try_sites(opened)
    return node


def _bounded(
    search: _Search, node: _Node, step: float, patience: int, iterations: int
) -> tuple[_Node, np.ndarray, np.ndarray, float]:
    """Raise a node's prices; give the better node, the sites it names, how often it named each, and the last step."""
    sites = len(node.state)
    price, saving = node.price.copy(), np.zeros(sites)
    opened, often = np.zeros(sites, bool), np.full(sites, 0.5)
    target, cutoff = 1.01 * search.value, search.cutoff
    bound, step = climb(
        *search.lists, node.state, search.p, price, saving, opened, often, step, patience, iterations, target, cutoff
    )
    state = ruled_out(node.state, saving, bound, search.p, cutoff)
    return _Node(state, price, max(bound, node.bound)), opened, often, step


def _branch(search: _Search, root: _Node, params: PMedianParams) -> float:
    """Go through the tree depth first; returns the bound: that of the value, or the least of the nodes left."""
    stack, done = [root], 0
    while stack:
        if search.late or done >= params.nodes:
            return min(node.bound for node in stack)
        node, done = stack.pop(), done + 1
        if node.bound > search.cutoff:
            continue
        node, opened, often, _ = _bounded(search, node, 0.5, 6, params.node_iterations)
        if node.bound > search.cutoff:
            continue
        free = np.flatnonzero(node.state == FREE)
        wanted = search.p - int((node.state == OPEN).sum())
        if done % 50 == 1:
            search.try_sites(opened)
        if wanted in (0, len(free)):  # nothing left to choose
            search.keep((node.state == OPEN) | ((node.state == FREE) & (wanted > 0)))
        if not 0 < wanted < len(free):
            continue
        chosen = free[int(np.argmin(np.abs(often[free] - 0.5)))]
        for choice in (SHUT, OPEN):
            state = node.state.copy()
            state[chosen] = choice
            stack.append(_Node(state, node.price, node.bound))
    return search.cutoff


def _certificate(search: _Search, bound: float, seconds: float) -> Certificate:
    """Say how good the best sites are; a bound within rounding or within a whole unit proves them optimal."""
    proven = bound >= search.cutoff - 2 * ROUNDING * abs(search.value)
    if (cheapest(search.pairs, search.opened)[0] == NONE).any():
        reason = "no choice of sites that serves every demand was found; allow more time, sites or pairs"
        status = Status.INFEASIBLE if proven else (Status.TIME_LIMIT if search.late else Status.FEASIBLE)
        return Certificate(np.inf, bound, status, seconds, maximise=False, reason=reason)
    if not proven:
        status = Status.TIME_LIMIT if search.late else Status.FEASIBLE
        return Certificate(search.value, min(bound, search.value), status, seconds, maximise=False)
    exact = search.share <= search.unit
    bound = search.value if exact else max(min(bound, search.value), search.cutoff)
    status = Status.OPTIMAL if bound == search.value else Status.WITHIN_GAP
    return Certificate(search.value, bound, status, seconds, maximise=False)


def _check_p(p: int, sites: int) -> None:
    if not is_whole(p) or not 1 <= p <= sites:
        raise InputError("p", [f"it must be a whole number from 1 to the {sites:,} sites of costs, not {p}"])
