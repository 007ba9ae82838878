"""Capacitated facility location (CFLP): fixed costs and capacities of sites, splittable or single-source."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage import formulations
from lst_workbench.coverage.facility_prices import FacilityTask, solve_by_prices
from lst_workbench.coverage.pairs import Pairs, amounts_faults, amounts_in, names_of, pairs_of
from lst_workbench.coverage.result import SitingResult, no_answer, unreached_reason
from lst_workbench.coverage.single_source import SourceTask, solve_single_source, whole_scale
from lst_workbench.optim import Certificate, Status

SERVED = 1e-7  # smallest share of a demand that counts as served from a site


@dataclass(frozen=True)
class CflpParams:
    """How hard to try.

    Parameters
    ----------
    gap : float
        Stop when value and bound are this close, as a share; 0 asks for the optimum.
    small_pairs : int
        Up to so many pairs the model is handed to HiGHS as it is written down.
    """

    gap: float = 0.0
    small_pairs: int = 400


def solve_cflp(
    costs: pd.DataFrame,
    sites: pd.DataFrame,
    demand: pd.DataFrame,
    single_source: bool = False,
    *,
    time_limit_s: float | None = None,
    params: CflpParams | None = None,
) -> SitingResult:
    """Open sites and serve all quantities within capacities at least fixed and variable cost (Balinski, 1965).

    Parameters
    ----------
    costs : DataFrame
        ``demand_id``, ``site_id``, ``cost`` of one unit of quantity: long and sparse. A missing pair is forbidden.
    sites : DataFrame
        ``site_id``, ``fixed_cost``, ``capacity``.
    demand : DataFrame
        ``demand_id``, ``quantity``. Demands of quantity 0 need not be served.
    single_source : bool
        Whether each demand must be served from one site alone.
    time_limit_s : float, optional
        Wall seconds after which the best answer so far is returned, with status ``time_limit``.
    params : CflpParams, optional
        How hard to try.

    Returns
    -------
    SitingResult
        ``assignments`` has one row for each demand and site that serves it, with the ``quantity`` and the ``cost`` of
        one unit; ``facilities`` has the quantity served. Status ``infeasible``, with a reason, when that cannot be.

    Raises
    ------
    InputError
        Faults of the tables, among them sites or demands of `costs` that the other tables lack.

    Notes
    -----
    The model is in `formulations.capacitated_location`. In larger cases prices of the demands (Lagrangian relaxation;
    Beasley, 1988) give a bound and say which sites and pairs can matter: HiGHS first chooses among few of them, for a
    good value, and then among all that the bound has not ruled out.

    Examples
    --------
    >>> costs = pd.DataFrame({"demand_id": [1, 1, 2, 2], "site_id": [1, 2, 1, 2], "cost": [1.0, 3.0, 3.0, 1.0]})
    >>> sites = pd.DataFrame({"site_id": [1, 2], "fixed_cost": [10.0, 12.0], "capacity": [10.0, 10.0]})
    >>> demand = pd.DataFrame({"demand_id": [1, 2], "quantity": [4.0, 4.0]})
    >>> solve_cflp(costs, sites, demand).certificate.value
    26.0
    """
    started, params = time.perf_counter(), params or CflpParams()
    pairs, fixed_cost, capacity = _read(costs, sites, demand)
    pairs = pairs.counted()
    if reason := _shortage(pairs, capacity):
        return no_answer(pairs, reason, time.perf_counter() - started)
    if len(pairs.site) <= params.small_pairs:
        solved = formulations.capacitated_location(pairs, fixed_cost, capacity, single_source, time_limit_s)
    else:
        scale = whole_scale(pairs, capacity) if single_source else 0
        if scale:
            solved = solve_single_source(SourceTask(pairs, fixed_cost, capacity, scale), time_limit_s, params.gap)
        else:
            task = FacilityTask(pairs, fixed_cost, capacity, single_source)
            solved = solve_by_prices(task, time_limit_s, params.gap)
    opened, share, certificate = solved
    certificate = replace(certificate, seconds=time.perf_counter() - started)
    if certificate.status is Status.INFEASIBLE:
        reason = "capacities and pairs cannot serve every quantity together; add capacity or pairs"
        return no_answer(pairs, reason, certificate.seconds)
    if not np.isfinite(certificate.value):
        share, opened = np.zeros(len(pairs.site)), np.zeros(pairs.sites, bool)
    return _answer(pairs, opened, share, certificate)


def _read(costs: pd.DataFrame, sites: pd.DataFrame, demand: pd.DataFrame) -> tuple[Pairs, np.ndarray, np.ndarray]:
    faults = amounts_faults("sites", sites, "site_id", ("fixed_cost", "capacity"))
    faults += amounts_faults("demand", demand, "demand_id", ("quantity",))
    if faults:
        raise InputError("the facility location model", faults)
    pairs = pairs_of(costs, demand.rename(columns={"quantity": "weight"})[["demand_id", "weight"]])
    lacking = {
        "demand": np.setdiff1d(costs["demand_id"].unique(), demand["demand_id"].unique()),
        "sites": np.setdiff1d(pairs.site_ids, sites["site_id"].unique()),
    }
    if faults := [f"{name} lacks {names_of(ids)}, which costs names" for name, ids in lacking.items() if len(ids)]:
        raise InputError("the facility location model", faults)
    fixed_cost, capacity = (amounts_in(pairs.site_ids, sites, "site_id", c) for c in ("fixed_cost", "capacity"))
    return pairs, fixed_cost, capacity


def _shortage(pairs: Pairs, capacity: np.ndarray) -> str:
    """Say what can be seen at once to be impossible."""
    if len(lost := pairs.unreached()):
        return unreached_reason(pairs, lost, "at all")
    wanted, there = float(pairs.weight.sum()), float(capacity.sum())
    if wanted > there * (1 + 1e-12):
        return f"the quantities add up to {wanted:g}, all capacities to {there:g}; add at least {wanted - there:g}"
    return ""


def _answer(pairs: Pairs, opened: np.ndarray, share: np.ndarray, certificate: Certificate) -> SitingResult:
    used = np.flatnonzero(share > SERVED)
    quantity = share[used] * pairs.weight[pairs.demand[used]]
    assignments = pd.DataFrame(
        {
            "demand_id": pairs.demand_ids[pairs.demand[used]],
            "site_id": pairs.site_ids[pairs.site[used]],
            "cost": pairs.cost[used],
            "quantity": quantity,
        }
    )
    load = np.bincount(pairs.site[used], weights=quantity, minlength=pairs.sites)
    counts = np.bincount(pairs.site[used], minlength=pairs.sites)
    facilities = pd.DataFrame({"site_id": pairs.site_ids[opened], "demands": counts[opened], "weight": load[opened]})
    left = np.setdiff1d(np.arange(pairs.demands), pairs.demand[used])
    uncovered = pd.DataFrame({"demand_id": pairs.demand_ids[left], "weight": pairs.weight[left]})
    tables = {"facilities": facilities, "assignments": assignments, "uncovered": uncovered}
    return SitingResult(tables, certificate)
