"""Who is signed when: the best months to start stores under reps, warehouses, capital and quotas."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from lst_workbench.contracts import InputError
from lst_workbench.optim import Certificate, Status
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.exact import solve_exactly
from lst_workbench.rollout.former import centre_table, former_starts
from lst_workbench.rollout.prices import find_prices
from lst_workbench.rollout.primal import plan_at_prices, rearranged
from lst_workbench.rollout.promises import broken_promises
from lst_workbench.rollout.reasons import shortfall_reasons
from lst_workbench.rollout.wave_inputs import WaveProblem, read_wave_tables
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.wave_tables import signed_by_target, stores_lacking, value_of, wave_tables

DEFAULTS = WaveParams()


@dataclass(frozen=True)
class WaveResult:
    """A rollout plan, its prices, and how good it is.

    ``tables`` holds ``waves`` (store_id, month), ``prices`` (resource, resource_id, month, shadow_price: gain of the
    objective per unit of capacity), ``margins`` (store_id, margin, best_month, visits_price, volume_price,
    capital_price, target_price: value less price in the best month), ``quotas`` (each with signed, shortfall and
    shadow_price), ``shortfalls`` (quotas that are not met) and ``shares`` (each with signed, all_signed, share,
    shortfall and shadow_price); ``centre`` is where the next search may begin (`former`).
    """

    tables: dict[str, pd.DataFrame]
    certificate: Certificate

    def kpis(self) -> dict[str, float]:
        """Headline figures."""
        return {
            "signed_stores": float(len(self.tables["waves"])),
            "value": self.certificate.value,
            "bound": self.certificate.bound,
            "gap_share": self.certificate.gap,
            "shortfall_stores": float(self.tables["shortfalls"]["shortfall"].sum()),
        }


def plan_waves(
    stores: pd.DataFrame,
    territories: pd.DataFrame,
    warehouses: pd.DataFrame,
    months: pd.DataFrame,
    quotas: pd.DataFrame | None = None,
    max_stores: float | None = None,
    params: WaveParams = DEFAULTS,
    shares: pd.DataFrame | None = None,
    promised: pd.DataFrame | None = None,
    excluded: Sequence[object] = (),
    former: Mapping[str, pd.DataFrame] | None = None,
) -> WaveResult:
    """Decide which stores start in which month, for the highest value that capacities allow.

    A store that starts in month m is worth value x p_sign x value_factor[m]; it uses visits_signup in m, visits_care
    in every later month, and its volume and capital in m and every later month. Loads are not scaled by p_sign.
    Capacities, ``max_stores``, the ``max_stores`` of quotas and the ``max_share`` of shares are never exceeded.
    Promises, the ``min_stores`` of quotas and the ``min_share`` of shares are met as far as possible; what lacks is
    reported.

    Parameters
    ----------
    stores : DataFrame
        store_id, territory_id, warehouse_id, value, p_sign, visits_signup, visits_care, volume_m3_month, capital_rmb,
        and any columns that quotas name. Ids are numbers or text.
    territories : DataFrame
        territory_id, month, visits.
    warehouses : DataFrame
        warehouse_id, month, capacity_m3.
    months : DataFrame
        month (timestamps or whole numbers), capital_rmb, value_factor (1 where it is left out) and start_value (0):
        what any start in the month adds to the objective beside value x p_sign x value_factor, or takes from it.
    quotas : DataFrame, optional
        column, value, month, min_stores, max_stores: stores whose `column` is `value`, started by the end of `month`.
    max_stores : float, optional
        At most so many stores in all.
    params : WaveParams
        Tuning.
    shares : DataFrame, optional
        column, value, min_share, max_share and month (the last one where it is left out): of all stores started by the
        end of `month`, those whose `column` is `value` are at least and at most such a share, read to a millionth;
        members_before and all_before count stores started before the plan.
    promised : DataFrame, optional
        store_id, and month (it starts in it) or latest_month (by its end at the latest): stores that must be signed.
    excluded : sequence, optional
        store_id of stores that must not be signed.
    former : mapping of str to DataFrame, optional
        ``tables`` of a plan of nearly the same (``waves``, and ``centre`` where it has it): the search begins there
        and takes less time. With ``params.stickiness`` above 0 keeping to it is worth something too, which value and
        bound then hold.

    Returns
    -------
    WaveResult

    Raises
    ------
    InputError
        Names every fault of the tables: among them promises for excluded stores or beyond a capacity, and shares that
        contradict each other.

    Examples
    --------
    >>> stores = pd.DataFrame({
    ...     "store_id": [1, 2, 3], "territory_id": 1, "warehouse_id": 1, "value": [3.0, 2.0, 1.0], "p_sign": 1.0,
    ...     "visits_signup": 8.0, "visits_care": 1.0, "volume_m3_month": 1.0, "capital_rmb": 100.0,
    ... })
    >>> territories = pd.DataFrame({"territory_id": 1, "month": [1, 2], "visits": [8.0, 9.0]})
    >>> warehouses = pd.DataFrame({"warehouse_id": 1, "month": [1, 2], "capacity_m3": [5.0, 5.0]})
    >>> months = pd.DataFrame({"month": [1, 2], "capital_rmb": [1e6, 1e6], "value_factor": [1.0, 0.9]})
    >>> result = plan_waves(stores, territories, warehouses, months)
    >>> result.tables["waves"]
       store_id  month
    0         1      1
    1         2      2
    >>> round(result.certificate.value, 6), result.certificate.status.value
    (4.8, 'optimal')
    """
    started = time.perf_counter()
    tables = (stores, territories, warehouses, months, quotas, max_stores, shares, promised, excluded)
    problem = read_wave_tables(*tables, former["waves"] if former else None, params.stickiness)
    if faults := broken_promises(problem):
        raise InputError("plan_waves", faults)
    with threadpool_limits(limits=1, user_api="blas"):
        dual = Dual(problem, _shortfall_price(problem, params))
        found = find_prices(problem, dual, params, former)
        begun = former_starts(problem, former)
        starts = plan_at_prices(problem, dual, found, params, begun) if len(dual.scale) else np.zeros(0, np.int64)
        exact = _exactly(problem, starts, params) if _is_small(problem, params) else None
        starts = starts if exact is None else exact.starts
        reason = shortfall_reasons(problem, dual, found.x, starts)
        if reason and len(dual.scale):
            # Prices that ask for what cannot be had say nothing about anything else: ask for what was reached.
            reachable = problem.asking_only(
                signed_by_target(problem, starts), float((problem.promised & (starts >= 0)).sum())
            )
            dual = Dual(reachable, dual.shortfall_price)
            found = find_prices(reachable, dual, params)
            starts = rearranged(reachable, dual, found, starts, params) if exact is None else starts
    value = value_of(problem, starts)
    bound = max(value, found.bound if exact is None else min(found.bound, exact.bound))
    status = _status(value, bound, params) if exact is None else exact.status
    if status is Status.TIME_LIMIT:
        reason = "; ".join(filter(None, [reason, f"stopped after {params.time_limit_s:g} s of exact search"]))
    seconds = time.perf_counter() - started
    made = wave_tables(problem, dual, found.x, starts) | {"centre": centre_table(problem, found.centre)}
    return WaveResult(made, Certificate(value, bound, status, seconds, True, reason))


@dataclass(frozen=True)
class _Exact:
    """Starts of the mixed-integer program, a bound on plans that lack as few stores, and why it stopped."""

    starts: np.ndarray
    bound: float
    status: Status


def _is_small(problem: WaveProblem, params: WaveParams) -> bool:
    small = len(problem.store_ids) * problem.n_months <= params.exact_starts
    return params.method == "exact" or (params.method == "auto" and small)


def _exactly(problem: WaveProblem, starts: np.ndarray, params: WaveParams) -> _Exact:
    """Take the mixed-integer answer; when its time ran out, the better one of both."""
    best, certificate = solve_exactly(problem, params.time_limit_s)
    if best is None or _merit(problem, best) < _merit(problem, starts):
        return _Exact(starts, np.inf, certificate.status)
    return _Exact(best, certificate.bound, certificate.status)


def _merit(problem: WaveProblem, starts: np.ndarray) -> tuple[float, float]:
    """Few stores lacking first, then value."""
    return -stores_lacking(problem, starts), value_of(problem, starts)


def _shortfall_price(problem: WaveProblem, params: WaveParams) -> float:
    worth = problem.best_worth(problem.stores)
    return params.shortfall_price * max(float(worth.mean()) if len(worth) else 0.0, 1e-6)


def _status(value: float, bound: float, params: WaveParams) -> Status:
    gap = (bound - value) / max(abs(bound), 1e-300)
    if gap <= 1e-9:
        return Status.OPTIMAL
    return Status.WITHIN_GAP if gap <= params.gap else Status.FEASIBLE
