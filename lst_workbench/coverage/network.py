"""Design a three-tier network: regional, city and front warehouses, who serves whom, how fast, at what cost."""

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError, NetworkLanes, NetworkSites, NetworkStores
from lst_workbench.coverage._network_kernels import NONE
from lst_workbench.coverage.barriers import distance_faults
from lst_workbench.coverage.network_exact import exact_network
from lst_workbench.coverage.network_explain import NetworkResult
from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_params import NetworkParams
from lst_workbench.coverage.network_reach import limits_reason, out_of_reach
from lst_workbench.coverage.network_search import Network, Opened, evaluate, fixed_rmb
from lst_workbench.coverage.network_surcharge import by_search, next_day, plain_cost, settled
from lst_workbench.coverage.network_tables import network_tables, store_by_store
from lst_workbench.coverage.network_task import TierTask, tier_task
from lst_workbench.optim import Certificate, Status


def design_network(
    stores: pd.DataFrame,
    sites: pd.DataFrame,
    params: NetworkParams | None = None,
    *,
    promise_share: float = 0.0,
    budget_rmb_month: float | None = None,
    openings_month: int = 1_000_000,
    distances: pd.DataFrame | None = None,
    start: Sequence[int] | None = None,
) -> NetworkResult:
    """Open warehouses of three tiers and serve every store next day, slowly or not at all, at least cost.

    Every front is fed by one open city warehouse, that by one open regional one. With `promise_share` at least so many
    stores are served next day; with `budget_rmb_month` as many as it pays for. Between the two, every trade-off is the
    least cost with a surcharge for each store that is not served next day, which also gives the bound.

    Parameters
    ----------
    stores : DataFrame
        ``store_id``, ``lat``, ``lon``, ``volume_m3_month`` (> 0), ``orders_month``; where wanted ``settlement_kind``,
        ``fast_share`` and ``weight`` (what a store counts in the promise: 1, or its GMV).
    sites : DataFrame
        ``site_id``, ``tier``, ``lat``, ``lon``, ``fixed_cost_rmb_month``; where wanted ``capacity_m3_month``,
        ``min_volume_m3_month``, ``handling_rmb_m3``, ``status`` (candidate, keep, may_close, forbidden) and
        ``closing_cost_rmb_month``. The minimum volume does not hold for sites that must stay.
    params : NetworkParams, optional
        Costs and tuning.
    promise_share : float
        Share of the stores' weight to serve next day.
    budget_rmb_month : float, optional
        Serve the most next day for this much, in place of a promise.
    openings_month : int
        New fronts that can open in a month; those that save most open first.
    distances : DataFrame, optional
        ``store_id``, ``site_id`` (fronts), ``km``: an analyst's own road table in place of great circle x circuity.
    start : sequence of int, optional
        Sites of a network to start the search from.

    Returns
    -------
    NetworkResult
        Its tables are empty when no network keeps the promise; the certificate's reason says what would.

    Raises
    ------
    InputError
        Every fault of the tables and figures at once.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "lat": [30.0, 30.1], "lon": [114.0, 114.1]})
    >>> stores = stores.assign(volume_m3_month=4.0, orders_month=30.0)
    >>> sites = pd.DataFrame({"site_id": [1, 2, 3], "tier": ["regional", "city", "front"]})
    >>> sites = sites.assign(lat=30.0, lon=114.0, fixed_cost_rmb_month=[900.0, 600.0, 300.0])
    >>> result = design_network(stores, sites)
    >>> result.tables["network_stores"]["service"].tolist()
    ['next_day', 'next_day']
    """
    started = time.perf_counter()
    params = params or NetworkParams()
    if not 0.0 <= promise_share <= 1.0:
        raise InputError("the network", [f"promise_share must lie between 0 and 1, not {promise_share}"])
    if budget_rmb_month is not None and not budget_rmb_month >= 0.0:
        raise InputError("the network", [f"budget_rmb_month must be at least 0, not {budget_rmb_month:g}"])
    if distances is not None and (faults := distance_faults(distances, stores, sites)):
        raise InputError("the road table", faults)
    task = tier_task(stores, sites, params, distances)
    promised = promise_share * float(task.promised.sum())
    budget = np.inf if budget_rmb_month is None else float(budget_rmb_month)
    ids = stores["store_id"].to_numpy()
    if (reason := out_of_reach(task, promised, params)) != "":
        return _no_network(task, reason, started, maximise=False)
    if _choices(task) <= params.small_pairs and task.exact_cells:
        design, certificate = exact_network(task, promised, budget, np.isfinite(budget))
        if design is None:
            return _no_network(task, limits_reason(task, budget), started, maximise=np.isfinite(budget))
        certificate = _with_constant(certificate, task, np.isfinite(budget))
        network = replace(evaluate(task, design.opened), design=design)
    else:
        network, certificate = by_search(task, params, promised, budget, _opened(task, start))
        if not np.isfinite(certificate.value):
            return _no_network(task, certificate.reason, started, maximise=True)
    design, cost = network.design, store_by_store(task, network.design)
    figures = network_figures(task, design, cost, network)
    own = figures["next_day_weight"] if np.isfinite(budget) else figures["cost_rmb_month"]
    certificate = _certified(certificate, own, params.gap, time.perf_counter() - started)
    tables = network_tables(task, network, design, cost, params, ids, openings_month)
    return NetworkResult(tables, certificate, figures, task, network.design.opened)


def trade_off(
    stores: pd.DataFrame,
    sites: pd.DataFrame,
    params: NetworkParams | None = None,
    *,
    surcharges_rmb_store: Sequence[float] = (0.0, 5.0, 15.0, 40.0, 100.0, 300.0),
) -> pd.DataFrame:
    """Trade-off curve between cost and promise: the best network for each surcharge on stores not served next day.

    Parameters
    ----------
    stores, sites, params
        As for `design_network`.
    surcharges_rmb_store : sequence of float
        RMB a month for a store that is not served next day.

    Returns
    -------
    DataFrame
        ``surcharge_rmb_store``, ``next_day_share``, ``cost_rmb_month`` and sites open by tier; in order of share.
    """
    task, opened, rows = tier_task(stores, sites, params or NetworkParams()), None, []
    for surcharge in sorted(surcharges_rmb_store):
        network = settled(task, task.surcharged(surcharge), opened, params or NetworkParams())
        opened = network.design.opened
        share = next_day(task, network.design) / float(task.promised.sum())
        rows.append((surcharge, share, plain_cost(task, network, surcharge), *(int(o.sum()) for o in opened)))
    columns = ["surcharge_rmb_store", "next_day_share", "cost_rmb_month", "fronts", "cities", "regionals"]
    return pd.DataFrame(rows, columns=columns).sort_values("next_day_share", ignore_index=True)


def network_figures(task: TierTask, design: Design, cost: np.ndarray, network: Network) -> dict[str, float]:
    """Sum a design up: cost in RMB a month, share and stores by service, open sites by tier."""
    fast, slowly = design.front_of != NONE, design.slow_city_of != NONE
    total = fixed_rmb(task, design.opened) + float(cost.sum())
    return {
        "cost_rmb_month": total,
        "cost_by_solver_rmb_month": network.value,
        "next_day_weight": float(task.promised[fast].sum()),
        "next_day_share": float(task.promised[fast].sum() / task.promised.sum()),
        "stores_next_day": float(fast.sum()),
        "stores_slow": float(slowly.sum()),
        "stores_uncovered": float((~fast & ~slowly).sum()),
        "fronts_open": float(design.fronts.sum()),
        "cities_open": float(design.cities.sum()),
        "regionals_open": float(design.regionals.sum()),
    }


def _certified(certificate: Certificate, value: float, gap: float, seconds: float) -> Certificate:
    """Certify the value of stores on their real positions."""
    bound = certificate.bound  # as it is: a bound that crosses its value is refused, never mended
    near = abs(value - bound) <= 1e-6 * max(1.0, abs(value))
    status = (
        Status.OPTIMAL if near else Status.WITHIN_GAP if abs(value - bound) <= gap * abs(bound) else certificate.status
    )
    if status is Status.OPTIMAL and not near:
        status = Status.FEASIBLE
    return replace(certificate, value=value, bound=bound, status=status, seconds=seconds)


def _with_constant(certificate: Certificate, task: TierTask, maximise: bool) -> Certificate:
    if maximise:
        return certificate
    return replace(
        certificate, value=certificate.value + task.constant_rmb, bound=certificate.bound + task.constant_rmb
    )


def _choices(task: TierTask) -> int:
    fronts, cities, regionals = task.sizes
    return len(task.entry) + task.stores * cities + fronts * cities + cities * regionals


def _opened(task: TierTask, start: Sequence[int] | None) -> Opened | None:
    if start is None:
        return None
    named = [
        sites["site_id"].isin(list(start)).to_numpy() | must for sites, must in zip(task.sites, task.must, strict=True)
    ]
    return (named[0], named[1], named[2]) if named[1].any() and named[2].any() else None


def _no_network(task: TierTask, reason: str, started: float, *, maximise: bool) -> NetworkResult:
    worst, best = (-np.inf, np.inf) if maximise else (np.inf, -np.inf)
    certificate = Certificate(worst, best, Status.INFEASIBLE, time.perf_counter() - started, maximise, reason)
    tables = {
        contract.table_name(): contract.without_rows() for contract in (NetworkSites, NetworkLanes, NetworkStores)
    }
    shut = tuple(np.zeros(size, bool) for size in task.sizes)
    return NetworkResult(tables, certificate, {}, task, (shut[0], shut[1], shut[2]))
