"""Two-stage facility location: demands served by sites, sites by sources, both with fixed costs and capacities."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage.pairs import Pairs, amounts_faults, amounts_in, names_of, pairs_of
from lst_workbench.coverage.result import SitingResult, no_answer, unreached_reason
from lst_workbench.coverage.two_stage_model import PATHS, TwoStageTask, two_stage_model, ways_of
from lst_workbench.optim import Certificate, Status, solve_arrays

USED = 1e-7  # smallest part of a demand, or of all quantities on a lane, that counts as used


@dataclass(frozen=True)
class TwoStageParams:
    """How hard to try.

    Parameters
    ----------
    gap : float
        Stop when value and bound are this close, as a share; 0 asks for the optimum.
    paths : int
        Where sources have no capacity, up to so many ways from source over site to demand the model names each; else,
        and above it, the flow of each lane.
    """

    gap: float = 0.0
    paths: int = PATHS


def solve_two_stage(
    costs: pd.DataFrame,
    supplies: pd.DataFrame,
    sites: pd.DataFrame,
    sources: pd.DataFrame,
    demand: pd.DataFrame,
    *,
    single_source: bool = False,
    single_feed: bool = False,
    time_limit_s: float | None = None,
    params: TwoStageParams | None = None,
) -> SitingResult:
    """Open sources and sites, and serve all quantities over two stages at least cost (Geoffrion and Graves, 1974).

    Published two-stage instances (plants, depots, customers) run as they are; `design_network` is the model for stores
    on the ground, with service radius and promise.

    Parameters
    ----------
    costs : DataFrame
        ``demand_id``, ``site_id``, ``cost`` of one unit: long and sparse. A missing pair is forbidden.
    supplies : DataFrame
        ``site_id``, ``source_id``, ``cost`` of one unit; a missing pair is forbidden.
    sites, sources : DataFrame
        ``site_id`` or ``source_id``, ``fixed_cost``, and ``capacity`` where there is one.
    demand : DataFrame
        ``demand_id``, ``quantity``. Demands of quantity 0 need not be served.
    single_source : bool
        Whether each demand must be served from one site alone.
    single_feed : bool
        Whether each site must be fed from one source alone.
    time_limit_s : float, optional
        Wall seconds after which the best answer so far is returned, with status ``time_limit``.
    params : TwoStageParams, optional
        How hard to try.

    Returns
    -------
    SitingResult
        ``assignments`` (demand_id, site_id, cost, quantity), ``facilities`` (site_id, demands, weight), ``supplies``
        (site_id, source_id, cost, quantity), ``sources`` (source_id, weight). Status ``infeasible``, with a reason,
        when that cannot be.

    Raises
    ------
    InputError
        Faults of the tables, among them ids that the other tables lack.

    Notes
    -----
    The model is in `two_stage_model`: by flows, or by paths where sources have no capacity, since only these keep its
    linear program tight then. HiGHS solves it on arrays, whatever its size.

    Examples
    --------
    >>> costs = pd.DataFrame({"demand_id": [1, 1, 2, 2], "site_id": [1, 2, 1, 2], "cost": [1.0, 3.0, 3.0, 1.0]})
    >>> supplies = pd.DataFrame({"site_id": [1, 2], "source_id": ["a", "a"], "cost": [2.0, 1.0]})
    >>> sites = pd.DataFrame({"site_id": [1, 2], "fixed_cost": [10.0, 12.0], "capacity": [10.0, 10.0]})
    >>> sources = pd.DataFrame({"source_id": ["a"], "fixed_cost": [5.0]})
    >>> demand = pd.DataFrame({"demand_id": [1, 2], "quantity": [4.0, 4.0]})
    >>> solve_two_stage(costs, supplies, sites, sources, demand).certificate.value
    41.0
    """
    started, params = time.perf_counter(), params or TwoStageParams()
    task, source_ids = _read(costs, supplies, sites, sources, demand, single_source, single_feed)
    if reason := _shortage(task):
        return _with_no_sources(no_answer(task.served, reason, time.perf_counter() - started))
    by_paths = task.paths <= params.paths and not np.isfinite(task.capacity[1]).all()
    model, columns = two_stage_model(task, by_paths)
    answer = solve_arrays(model, time_limit_s=time_limit_s, gap=params.gap)
    certificate = replace(answer.certificate, seconds=time.perf_counter() - started)
    if certificate.status is Status.INFEASIBLE:
        reason = "capacities, pairs and supplies cannot serve every quantity together; add capacity or pairs"
        return _with_no_sources(no_answer(task.served, reason, certificate.seconds))
    x = answer.x if len(answer.x) else np.zeros(columns.count)
    flow = _flow_of_lanes(task, x[columns.ways], by_paths)
    opened = x[columns.sites] > 0.5, x[columns.sources] > 0.5
    return _answer(task, source_ids, opened, x[columns.pairs], flow, certificate)


def _read(
    costs: pd.DataFrame,
    supplies: pd.DataFrame,
    sites: pd.DataFrame,
    sources: pd.DataFrame,
    demand: pd.DataFrame,
    single_source: bool,
    single_feed: bool,
) -> tuple[TwoStageTask, np.ndarray]:
    faults = amounts_faults("demand", demand, "demand_id", ("quantity",))
    for name, table, key in (("sites", sites, "site_id"), ("sources", sources, "source_id")):
        amounts = ("fixed_cost", "capacity") if "capacity" in table else ("fixed_cost",)
        faults += amounts_faults(name, table, key, amounts)
    if lacking := [name for name in ("site_id", "source_id", "cost") if name not in supplies]:
        faults.append(f"supplies lacks the column {', '.join(lacking)}")
    if faults:
        raise InputError("the two-stage model", faults)
    served = pairs_of(costs, demand.rename(columns={"quantity": "weight"})[["demand_id", "weight"]]).counted()
    fed = _fed(supplies)
    if faults := _unknown(costs, supplies, sites, sources, demand):
        raise InputError("the two-stage model", faults)
    fed = fed.of_demands(np.flatnonzero(np.isin(fed.demand_ids, served.site_ids)))
    if len(without := np.setdiff1d(served.site_ids, fed.demand_ids)):
        kept = ~np.isin(served.site_ids, without)[served.site]
        served = _of_sites(served.only(kept), ~np.isin(served.site_ids, without))
    both = ((served.site_ids, sites, "site_id"), (fed.site_ids, sources, "source_id"))
    fixed = tuple(amounts_in(ids, table, key, "fixed_cost") for ids, table, key in both)
    capacity = tuple(_capacity(ids, table, key) for ids, table, key in both)
    task = TwoStageTask(served, fed, (fixed[0], fixed[1]), (capacity[0], capacity[1]), single_source, single_feed)
    return task, fed.site_ids


def _fed(supplies: pd.DataFrame) -> Pairs:
    """Read the supplies as lists: sites are who is served, sources who serves."""
    names = {"site_id": "demand_id", "source_id": "site_id"}
    try:
        return pairs_of(supplies[["site_id", "source_id", "cost"]].rename(columns=names))
    except InputError as error:
        said = [fault.replace("site_id", "source_id").replace("demand_id", "site_id") for fault in error.faults]
        raise InputError("supplies of the two-stage model", [f.replace("costs", "supplies") for f in said]) from None


def _unknown(
    costs: pd.DataFrame, supplies: pd.DataFrame, sites: pd.DataFrame, sources: pd.DataFrame, demand: pd.DataFrame
) -> list[str]:
    named = (
        ("demand", demand["demand_id"], "costs", costs["demand_id"]),
        ("sites", sites["site_id"], "costs", costs["site_id"]),
        ("sites", sites["site_id"], "supplies", supplies["site_id"]),
        ("sources", sources["source_id"], "supplies", supplies["source_id"]),
    )
    missing = [(name, other, np.setdiff1d(there.unique(), here.unique())) for name, here, other, there in named]
    return [f"{name} lacks {names_of(ids)}, which {other} names" for name, other, ids in missing if len(ids)]


def _of_sites(served: Pairs, kept: np.ndarray) -> Pairs:
    """Forget sites that no pair names any more."""
    return replace(served, site_ids=served.site_ids[kept], site=(np.cumsum(kept) - 1)[served.site].astype(np.int32))


def _capacity(ids: np.ndarray, table: pd.DataFrame, key: str) -> np.ndarray:
    return amounts_in(ids, table, key, "capacity") if "capacity" in table else np.full(len(ids), np.inf)


def _shortage(task: TwoStageTask) -> str:
    """Say what can be seen at once to be impossible."""
    if len(lost := task.served.unreached()):
        return unreached_reason(task.served, lost, "that any source feeds")
    wanted = float(task.served.weight.sum())
    for name, capacity in zip(("sites", "sources"), task.capacity, strict=True):
        if wanted > (there := float(capacity.sum())) * (1 + 1e-12):
            return f"the quantities add up to {wanted:g}, capacities of {name} to {there:g}; add {wanted - there:g}"
    return ""


def _flow_of_lanes(task: TwoStageTask, ways: np.ndarray, by_paths: bool) -> np.ndarray:
    """Quantity on each lane from a source to a site."""
    if not by_paths:
        return np.asarray(ways)
    pair, lane = ways_of(task)
    quantity = task.served.weight[task.served.demand]
    return np.bincount(lane, weights=ways * quantity[pair], minlength=len(task.fed.site))


def _answer(
    task: TwoStageTask,
    source_ids: np.ndarray,
    opened: tuple[np.ndarray, np.ndarray],
    share: np.ndarray,
    flow: np.ndarray,
    certificate: Certificate,
) -> SitingResult:
    served, fed = task.served, task.fed
    used, lanes = np.flatnonzero(share > USED), np.flatnonzero(flow > USED * float(served.weight.sum()))
    quantity = share[used] * served.weight[served.demand[used]]
    sites, sources = opened
    assignments = pd.DataFrame(
        {
            "demand_id": served.demand_ids[served.demand[used]],
            "site_id": served.site_ids[served.site[used]],
            "cost": served.cost[used],
            "quantity": quantity,
        }
    )
    supplied = pd.DataFrame(
        {
            "site_id": served.site_ids[fed.demand[lanes]],
            "source_id": source_ids[fed.site[lanes]],
            "cost": fed.cost[lanes],
            "quantity": flow[lanes],
        }
    )
    load = np.bincount(served.site[used], weights=quantity, minlength=served.sites)
    counts = np.bincount(served.site[used], minlength=served.sites)
    out = np.bincount(fed.site[lanes], weights=flow[lanes], minlength=len(source_ids))
    left = np.setdiff1d(np.arange(served.demands), served.demand[used])
    tables = {
        "facilities": pd.DataFrame(
            {"site_id": served.site_ids[sites], "demands": counts[sites], "weight": load[sites]}
        ),
        "assignments": assignments,
        "uncovered": pd.DataFrame({"demand_id": served.demand_ids[left], "weight": served.weight[left]}),
        "supplies": supplied,
        "sources": pd.DataFrame({"source_id": source_ids[sources], "weight": out[sources]}),
    }
    return SitingResult(tables, certificate)


def _with_no_sources(result: SitingResult) -> SitingResult:
    none = {
        "supplies": pd.DataFrame({"site_id": [], "source_id": [], "cost": [], "quantity": []}),
        "sources": pd.DataFrame({"source_id": [], "weight": []}),
    }
    return replace(result, tables={**result.tables, **none})
