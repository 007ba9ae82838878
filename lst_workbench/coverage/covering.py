"""Covering: the most from p sites (MCLP), or everybody from the fewest sites (LSCP)."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from lst_workbench.contracts import InputError
from lst_workbench.coverage import formulations
from lst_workbench.coverage.covering_blocks import tightened
from lst_workbench.coverage.covering_prices import PATIENCE, ROUNDING, Prices, branched, kicked
from lst_workbench.coverage.pairs import Pairs, is_number, is_whole, pairs_of
from lst_workbench.coverage.result import SitingResult, nearest_answer, no_answer, of_the_sites, unreached_reason
from lst_workbench.coverage.swaps import cheapest, greedy, improved
from lst_workbench.optim import ArrayModel, Certificate, Status, solve_arrays

HASHES = 2
LARGE_PAIRS, TREE_REACH = 10_000, 0.0005  # with more pairs a tree alone closes no gap wider than this
REASON_SECONDS = 10.0  # that a sentence on what would help may take


@dataclass(frozen=True)
class CoveringParams:
    """How hard to try.

    Parameters
    ----------
    gap : float
        Stop when value and bound are this close, as a share; 0 asks for the optimum.
    small_pairs : int
        Up to so many pairs within the radius the model is handed to HiGHS as it is written down.
    iterations : int
        Most steps of the prices that bound a maximal covering.
    kicks : int
        Kicks of a maximal covering without gain after which HiGHS is asked.
    kicks_share : float
        Most of the time limit that they may take.
    sample : int
        Demands that the first greedy choice looks at.
    """

    gap: float = 0.0
    small_pairs: int = 2_000
    iterations: int = 12_000
    kicks: int = 150
    kicks_share: float = 0.5
    sample: int = 20_000


def solve_mclp(
    costs: pd.DataFrame,
    radius: float,
    p: int,
    weights: pd.DataFrame | None = None,
    *,
    kept: Sequence[Any] = (),
    backup_share: float = 0.0,
    time_limit_s: float | None = None,
    params: CoveringParams | None = None,
) -> SitingResult:
    """Open p sites that cover the most weight within the radius (Church and ReVelle, 1974).

    Parameters
    ----------
    costs : DataFrame
        ``demand_id``, ``site_id``, ``cost``: long and sparse. A site covers a demand when their pair costs at most
        `radius` (≤); other pairs, given or missing, do not count.
    radius : float
        In the unit of the costs.
    p : int
        Sites to open, kept ones included.
    weights : DataFrame, optional
        ``demand_id``, ``weight``; 1 where missing.
    kept : sequence of site ids
        Sites that are open whatever it costs.
    backup_share : float
        Worth of a second open site within the radius, as a share of the first.
    time_limit_s : float, optional
        Wall seconds after which the best answer so far is returned, with status ``time_limit``.
    params : CoveringParams, optional
        How hard to try.

    Returns
    -------
    SitingResult
        The value is the weight covered, each demand once, plus `backup_share` times the weight covered twice. Every
        covered demand is assigned to its cheapest open site; the uncovered ones are listed.

    Raises
    ------
    InputError
        Faults of the tables, or a p, radius, share or kept site that makes no sense.

    Notes
    -----
    Demands that the same sites cover are merged; the model is in `formulations.maximal_covering`. Larger cases start
    from a greedy choice with swaps and kicks; prices of cover, the Lagrangian relaxation of "who is covered has an open
    site", bound them and rule sites out; where they do not meet, blocks of neighbouring sites are solved whole,
    and sites are branched on. With backup HiGHS reads arrays.

    Examples
    --------
    >>> rows = [(i, j, abs(i - j)) for i in range(7) for j in range(7)]
    >>> costs = pd.DataFrame(rows, columns=["demand_id", "site_id", "cost"])
    >>> solve_mclp(costs, radius=1, p=2).certificate.value
    6.0
    """
    started, params = time.perf_counter(), params or CoveringParams()
    pairs = pairs_of(costs, weights)
    stay = _kept_sites(pairs, kept)
    _check_covering(pairs, radius, p, stay, backup_share)
    lists = pairs.within(radius)
    merged = _merged(lists)
    if len(merged.site) <= params.small_pairs:
        opened, certificate = formulations.maximal_covering(
            merged, p, np.flatnonzero(stay).tolist(), backup_share, time_limit_s
        )
    else:
        deadline = started + (math.inf if time_limit_s is None else time_limit_s)
        opened, certificate = _cover_most(merged, p, stay, backup_share, deadline, params)
    first, second = cheapest(lists, opened)
    covered, twice = float(pairs.weight[first >= 0].sum()), float(pairs.weight[second >= 0].sum())
    figures = {"weight_covered": covered, "weight_backed_up": twice, "weight": float(pairs.weight.sum())}
    value = covered + backup_share * twice  # of the sites themselves, in float64
    return nearest_answer(lists, opened, of_the_sites(certificate, value, started), figures)


def solve_lscp(
    costs: pd.DataFrame,
    radius: float,
    *,
    time_limit_s: float | None = None,
    params: CoveringParams | None = None,
) -> SitingResult:
    """Open the fewest sites that cover every demand within the radius (Toregas and others, 1971).

    Parameters
    ----------
    costs : DataFrame
        ``demand_id``, ``site_id``, ``cost``: long and sparse; a pair covers when it costs at most `radius` (≤).
    radius : float
        In the unit of the costs.
    time_limit_s : float, optional
        Wall seconds after which the best answer so far is returned, with status ``time_limit``.
    params : CoveringParams, optional
        How hard to try.

    Returns
    -------
    SitingResult
        With status ``infeasible`` and the radius that would do when a demand has no site within the radius.

    Raises
    ------
    InputError
        Faults of the table, or a radius that makes no sense.

    Examples
    --------
    >>> rows = [(i, j, abs(i - j)) for i in range(7) for j in range(7)]
    >>> costs = pd.DataFrame(rows, columns=["demand_id", "site_id", "cost"])
    >>> solve_lscp(costs, radius=1).certificate.value
    3.0
    """
    started, params = time.perf_counter(), params or CoveringParams()
    pairs = pairs_of(costs)
    _check_covering(pairs, radius, 1, np.zeros(pairs.sites, bool), 0.0)
    lists = pairs.within(radius)
    if len(lost := lists.unreached()):
        return no_answer(lists, _radius_reason(pairs, lost, radius), time.perf_counter() - started)
    merged = _merged(lists)
    if len(merged.site) <= params.small_pairs:
        opened, certificate = formulations.set_covering(merged, time_limit_s)
    else:
        opened, certificate = _cover_all(merged, time_limit_s, params)
    return nearest_answer(lists, opened, of_the_sites(certificate, float(opened.sum()), started))


def fewest_sites(pairs: Pairs) -> int:
    """Give a number of sites below which no choice serves every demand by the pairs given."""
    return int(_cover_all(_merged(pairs), REASON_SECONDS, CoveringParams())[1].bound)


def _merged(lists: Pairs) -> Pairs:
    """One demand for all that the same sites cover, with their weights together; costs no longer count.

    Sets of sites are told apart by two independent 64-bit sums, and then compared site by site.
    """
    lengths = np.diff(lists.starts)
    order = np.lexsort((lists.site, lists.demand))
    site = lists.site[order]
    numbers = np.random.default_rng(0).integers(0, 2**63, (HASHES, lists.sites), dtype=np.int64)
    sums = [np.add.reduceat(np.append(number[site], 0), lists.starts[:-1]) * (lengths > 0) for number in numbers]
    codes = pd.DataFrame(dict(enumerate(sums))).assign(length=lengths)
    group = codes.groupby(list(codes), sort=False).ngroup().to_numpy()
    _, leader = np.unique(group, return_index=True)
    same = np.repeat(lists.starts[leader[group]] - lists.starts[:-1], lengths) + np.arange(len(site))
    if (site[same] != site).any():
        raise ArithmeticError("two sets of sites share both sums; merging would be wrong")
    weight = np.bincount(group, weights=lists.weight)
    plain = Pairs(lists.demand_ids, lists.site_ids, lists.starts, site, np.zeros(len(site)), lists.weight)
    groups = plain.of_demands(leader)
    useful = np.flatnonzero((np.diff(groups.starts) > 0) & (weight > 0))
    return replace(groups, weight=weight).of_demands(useful)


def _cover_most(
    merged: Pairs, p: int, kept: np.ndarray, backup_share: float, deadline: float, params: CoveringParams
) -> tuple[np.ndarray, Certificate]:
    """Take swaps and kicks for a value, prices for a bound, a tree between them; HiGHS where backup counts."""
    started = time.perf_counter()
    first = greedy(merged, p, 1.0, params.sample, kept)
    opened, _ = improved(merged, first, 1.0, lambda: time.perf_counter() > deadline, kept)
    if backup_share:
        return _chosen(merged, p, kept, backup_share, deadline, params.gap, opened)
    prices = Prices(merged, p)
    root = prices.lowered(prices.root(opened, kept), prices.covered(opened), PATIENCE, params.iterations)
    until = started + params.kicks_share * (deadline - started)
    opened = kicked(prices, opened, kept, root.often, params.kicks, lambda: time.perf_counter() > until)
    value = prices.covered(opened)
    if len(merged.site) > LARGE_PAIRS and root.bound > value * (1 + max(params.gap, TREE_REACH)):
        root = tightened(prices, root, value, params.gap, deadline)
    opened, bound = branched(prices, root, opened, params.gap, lambda: time.perf_counter() > deadline)
    value = prices.covered(opened)
    return opened, Certificate(value, bound, _status(value, bound, params.gap), 0.0, maximise=True)


def _status(value: float, bound: float, gap: float) -> Status:
    """How near value and bound are, rounding of float64 sums aside."""
    if bound <= value * (1 + 2 * ROUNDING):
        return Status.OPTIMAL
    return Status.WITHIN_GAP if bound <= value * (1 + gap) else Status.TIME_LIMIT


def _chosen(
    merged: Pairs,
    p: int,
    kept: np.ndarray,
    backup_share: float,
    deadline: float,
    gap: float,
    opened: np.ndarray,
) -> tuple[np.ndarray, Certificate]:
    """HiGHS on arrays: variables are sites, demands covered, and demands covered twice."""
    sites, demands = merged.sites, merged.demands
    cover = sparse.csr_matrix((-np.ones(len(merged.site)), (merged.demand, merged.site)), shape=(demands, sites))
    once = sparse.identity(demands, format="csr")
    count = sparse.csr_matrix((np.ones(sites), (np.zeros(sites, int), np.arange(sites))))
    blocks = [[cover, once], [count, None]]
    worth = [np.zeros(sites), -merged.weight]
    upper = [np.zeros(demands), np.array([p])]
    hits = np.bincount(merged.demand, weights=opened[merged.site], minlength=demands)
    start = [opened.astype(float), np.minimum(hits, 1)]
    if backup_share:
        blocks = [[cover, once, once], [count, None, None], [None, -once, once]]
        worth.append(-backup_share * merged.weight)
        upper.append(np.zeros(demands))
        start.append(np.clip(hits - 1, 0, 1))
    matrix = sparse.bmat(blocks, format="csr")
    lower = np.full(matrix.shape[0], -np.inf)
    lower[demands] = p
    columns = matrix.shape[1]
    model = ArrayModel(
        cost=np.concatenate(worth),
        matrix=matrix,
        row_lower=lower,
        row_upper=np.concatenate(upper),
        lower=np.append(kept.astype(float), np.zeros(columns - sites)),
        upper=np.ones(columns),
        integer=np.arange(columns) < sites,
    )
    left = None if deadline == math.inf else max(0.0, deadline - time.perf_counter())
    answer = solve_arrays(model, time_limit_s=left, gap=gap, start=np.concatenate(start))
    most = float(merged.weight.sum() * (1 + backup_share))
    if len(answer.x):
        opened = answer.x[:sites] > 0.5
    bound = min(most, -answer.certificate.bound)
    value = float(-model.cost @ np.concatenate(start)) if not len(answer.x) else -answer.certificate.value
    return opened, Certificate(value, bound, answer.certificate.status, answer.certificate.seconds, maximise=True)


def _cover_all(merged: Pairs, time_limit_s: float | None, params: CoveringParams) -> tuple[np.ndarray, Certificate]:
    """HiGHS on arrays, from a greedy cover."""
    sites = merged.sites
    cover = sparse.csr_matrix((np.ones(len(merged.site)), (merged.demand, merged.site)), shape=(merged.demands, sites))
    ones = np.ones(sites)
    model = ArrayModel(
        cost=ones,
        matrix=cover,
        row_lower=np.ones(merged.demands),
        row_upper=np.full(merged.demands, np.inf),
        lower=0 * ones,
        upper=ones,
        integer=ones > 0,
    )
    start = _greedy_cover(cover)
    answer = solve_arrays(model, time_limit_s=time_limit_s, gap=params.gap, start=start.astype(float))
    opened = answer.x > 0.5 if len(answer.x) else start
    value = float(opened.sum())
    bound = min(value, math.ceil(answer.certificate.bound - 1e-6) if np.isfinite(answer.certificate.bound) else 0.0)
    status = Status.OPTIMAL if bound == value else answer.certificate.status
    return opened, Certificate(value, bound, status, answer.certificate.seconds, maximise=False)


def _greedy_cover(cover: sparse.csr_matrix) -> np.ndarray:
    """Open the site that covers most of what is left, until nothing is; the first of equals."""
    by_site, left = cover.tocsc(), np.ones(cover.shape[0])
    opened = np.zeros(cover.shape[1], bool)
    while left.any():
        best = int(np.argmax(by_site.T @ left))
        opened[best] = True
        left[by_site.indices[by_site.indptr[best] : by_site.indptr[best + 1]]] = 0.0
    return opened


def _kept_sites(pairs: Pairs, kept: Sequence[Any]) -> np.ndarray:
    ids = [kept] if isinstance(kept, str) else list(kept)
    if unknown := [i for i in ids if i not in set(pairs.site_ids.tolist())]:
        raise InputError("kept", [f"site {i} is not among the sites of costs" for i in unknown])
    return np.isin(pairs.site_ids, ids)


def _check_covering(pairs: Pairs, radius: float, p: int, kept: np.ndarray, backup_share: float) -> None:
    faults = []
    if not is_number(radius) or not 0 <= radius < math.inf:
        faults.append(f"radius must be a number of at least 0, not {radius}")
    if not is_whole(p) or not max(1, kept.sum()) <= p <= pairs.sites:
        faults.append(f"p must be a whole number from {max(1, kept.sum())} to {pairs.sites:,}, not {p}")
    if not is_number(backup_share) or not 0 <= backup_share <= 1:
        faults.append(f"backup_share must be a number from 0 to 1, not {backup_share}")
    if faults:
        raise InputError("the covering model", faults)


def _radius_reason(pairs: Pairs, lost: np.ndarray, radius: float) -> str:
    """Name who is out of reach, and the radius that would reach them."""
    said = unreached_reason(pairs, lost, f"within {radius:g}")
    nearest = np.full(pairs.demands, np.inf)
    reached = np.diff(pairs.starts) > 0
    nearest[reached] = pairs.cost[pairs.starts[:-1][reached]]
    needed = float(nearest.max())
    return said if needed == math.inf else f"the radius must be at least {needed:g}: {said}"
