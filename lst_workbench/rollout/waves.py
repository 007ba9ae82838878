"""Who is signed when: the best months to start stores under reps, warehouses, capital and quotas."""

import time
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from lst_workbench.contracts import Waves
from lst_workbench.optim import Certificate, Status
from lst_workbench.rollout._kernels import best_starts
from lst_workbench.rollout.classes import plan_classes
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.exact import solve_exactly
from lst_workbench.rollout.newton import Point, follow_path, starting_prices
from lst_workbench.rollout.primal import plan_at_prices
from lst_workbench.rollout.wave_inputs import WaveProblem, read_wave_tables


@dataclass(frozen=True)
class WaveParams:
    """Tuning of `plan_waves`.

    Parameters
    ----------
    method : {"auto", "exact", "decomposition"}
        ``auto`` solves small cases exactly and larger ones by decomposition.
    exact_starts : int
        Stores times months up to which ``auto`` is exact.
    gap : float
        Gap to the bound at which the search stops.
    class_rows, classes : int
        Most capacities and targets for which prices are first sought with classes of like stores, and how many of them.
    class_gap : float
        Share of the bound that classes may cost; where they cost more, prices come from the stores one by one.
    sample_stores : int
        Stores in the sample on which prices are first found.
    coarse, fine : tuple of float
        Temperatures on the sample and on all stores, as shares of a store's value.
    coarse_rounds, fine_rounds : int
        Newton steps at each temperature, at most.
    swap_rounds, swap_tries : int
        Rounds of exchanges, and partners tried for each store in a round.
    shortfall_price : float
        What a store that a quota lacks costs the plan, in worths of an average store.
    time_limit_s : float
        Wall seconds for the exact way; when they run out the status is ``time_limit``.
    """

    method: Literal["auto", "exact", "decomposition"] = "auto"
    exact_starts: int = 600
    gap: float = 0.001
    class_rows: int = 400
    classes: int = 400
    class_gap: float = 0.001
    sample_stores: int = 6000
    coarse: tuple[float, ...] = (0.5, 0.3, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02)
    fine: tuple[float, ...] = (0.01, 0.004, 0.0015, 0.0006)
    coarse_rounds: int = 3
    fine_rounds: int = 5
    swap_rounds: int = 3
    swap_tries: int = 40
    shortfall_price: float = 30.0
    time_limit_s: float = 60.0


@dataclass(frozen=True)
class WaveResult:
    """A rollout plan, its prices, and how good it is.

    ``tables`` holds ``waves`` (store_id, month), ``prices`` (resource, resource_id, month, shadow_price: gain of the
    objective per unit of capacity), ``margins`` (store_id, margin, best_month, visits_price, volume_price,
    capital_price, target_price: value less price in the best month), ``quotas`` (each with signed, shortfall and
    shadow_price) and ``shortfalls`` (quotas that are not met).
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
    params: WaveParams = WaveParams(),
    *,
    start_prices: pd.DataFrame | None = None,
) -> WaveResult:
    """Decide which stores start in which month, for the highest value that capacities allow.

    A store that starts in month m is worth value x p_sign x value_factor[m]; it uses visits_signup in m, visits_care
    in every later month, and its volume and capital in m and every later month. Loads are not scaled by p_sign.
    Capacities, ``max_stores`` and the ``max_stores`` of quotas are never exceeded; the ``min_stores`` of quotas are met
    as far as possible and what lacks is reported.

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
        month (timestamps or whole numbers), capital_rmb, and value_factor (1 where it is left out).
    quotas : DataFrame, optional
        column, value, month, min_stores, max_stores: stores whose `column` is `value`, started by the end of `month`.
    max_stores : float, optional
        At most so many stores in all.
    params : WaveParams
        Tuning.
    start_prices : DataFrame, optional
        ``tables["prices"]`` of a similar plan: the search starts there.

    Returns
    -------
    WaveResult

    Raises
    ------
    InputError
        Names every fault of the tables.

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
    problem = read_wave_tables(stores, territories, warehouses, months, quotas, max_stores)
    dual = Dual(problem, _shortfall_price(problem, params))
    point, meant = _find_prices(problem, dual, params, start_prices)
    prices = dual.prices(point.best)
    starts = plan_at_prices(problem, prices, dual.largest, dual.scale, params.swap_rounds, params.swap_tries, meant)
    answer = _Answer(starts, point.bound + dual.shortfall_price * _short(problem, starts))
    if _is_exact(problem, params):
        answer = _exactly(problem, answer, params)
    return _result(problem, dual, point.best, answer, params, started)


@dataclass(frozen=True)
class _Answer:
    """Starts, the bound on plans that miss no more of the quotas, and why the search stopped."""

    starts: np.ndarray
    bound: float
    status: Status | None = None


def _exactly(problem: WaveProblem, answer: _Answer, params: WaveParams) -> _Answer:
    starts, certificate = solve_exactly(problem, params.time_limit_s)
    if certificate.status is not Status.TIME_LIMIT and starts is not None:
        return _Answer(starts, certificate.bound, certificate.status)
    if starts is None or (_short(problem, starts), -certificate.value) > (
        _short(problem, answer.starts),
        -_value(problem, answer.starts),
    ):
        return replace(answer, status=Status.TIME_LIMIT)
    return _Answer(starts, min(certificate.bound, answer.bound), Status.TIME_LIMIT)


def _value(problem: WaveProblem, starts: np.ndarray) -> float:
    chosen = np.flatnonzero(starts >= 0)
    return float((problem.stores.value[chosen] * problem.factor[starts[chosen]]).sum())


def _short(problem: WaveProblem, starts: np.ndarray) -> float:
    """Stores that the quotas lack, all together."""
    return float(sum(max(0.0, limit - n) for limit, n, sense in _counted(problem, starts) if sense < 0))


def _counted(problem: WaveProblem, starts: np.ndarray) -> list[tuple[float, int, float]]:
    """Limit, members started by its month, and sense of each target."""
    targets, group = problem.targets, problem.stores.group
    started = starts >= 0
    return [
        (
            targets.limit[r],
            int((targets.member[group, r] & started & (starts <= targets.month[r])).sum()),
            targets.sense[r],
        )
        for r in range(len(targets.limit))
    ]


def _is_exact(problem: WaveProblem, params: WaveParams) -> bool:
    small = len(problem.store_ids) * problem.n_months <= params.exact_starts
    return params.method == "exact" or (params.method == "auto" and small)


def _shortfall_price(problem: WaveProblem, params: WaveParams) -> float:
    worth = problem.stores.value * problem.factor.max()
    return params.shortfall_price * max(float(worth.mean()) if len(worth) else 0.0, 1e-6)


def _find_prices(
    problem: WaveProblem, dual: Dual, params: WaveParams, start_prices: pd.DataFrame | None
) -> tuple[Point, np.ndarray | None]:
    """Prices (and months meant) from classes where stores are alike; else on a sample first, then on all stores."""
    n = len(problem.store_ids)
    if not n:
        nothing = np.zeros(dual.limit.size)
        return Point(nothing, bound=0.0, best=nothing), None
    if dual.limit.size <= params.class_rows:
        classes = plan_classes(dual, params.classes)
        bound = dual.bound(classes.prices)
        if bound - classes.value <= params.class_gap * bound:
            return Point(classes.prices, bound=bound, best=classes.prices), classes.meant
    step = max(1, n // params.sample_stores)
    sample = Dual(problem, dual.shortfall_price, np.arange(0, n, step), float(step)) if step > 1 else dual
    point = follow_path(sample, Point(starting_prices(sample)), params.coarse, params.coarse_rounds)
    point = follow_path(dual, point, params.fine, params.fine_rounds)
    return _without_idle_prices(dual, point), None


def _without_idle_prices(dual: Dual, point: Point) -> Point:
    """Drop prices that only the barrier holds up, where the bound gains by it."""
    candidates = [point.x, np.zeros_like(point.x)]
    negligible = abs(point.bound) / dual.limit.size
    candidates += [np.where(dual.limit * point.x < share * negligible, 0, point.x) for share in (1e-4, 1e-2)]
    bound, best = point.bound, point.best
    for x in candidates:
        value = dual.bound(x)
        if value < bound:
            bound, best = value, x
    return replace(point, bound=bound, best=best)


def _result(
    problem: WaveProblem, dual: Dual, x: np.ndarray, answer: _Answer, params: WaveParams, started: float
) -> WaveResult:
    starts, status = answer.starts, answer.status
    value = _value(problem, starts)
    quotas = _quota_table(problem, dual, x, starts)
    shortfalls = quotas[quotas["shortfall"] > 0].reset_index(drop=True)
    bound = max(answer.bound, value)
    gap = (bound - value) / max(abs(bound), 1e-300)
    if status is None:
        status = Status.OPTIMAL if gap <= 1e-9 else Status.WITHIN_GAP if gap <= params.gap else Status.FEASIBLE
    reason = ""
    tables = {
        "waves": _wave_table(problem, starts),
        "prices": _price_table(problem, dual, x),
        "margins": _margin_table(problem, dual, x),
        "quotas": quotas,
        "shortfalls": shortfalls,
    }
    certificate = Certificate(value, bound, status, time.perf_counter() - started, True, reason)
    return WaveResult(tables, certificate)


def _wave_table(problem: WaveProblem, starts: np.ndarray) -> pd.DataFrame:
    chosen = np.flatnonzero(starts >= 0)
    waves = pd.DataFrame({"store_id": problem.store_ids[chosen], "month": problem.months[starts[chosen]]})
    waves = waves.sort_values("store_id", ignore_index=True)
    dated = isinstance(problem.months, pd.DatetimeIndex)
    return Waves.check(waves) if dated and waves["store_id"].dtype.kind == "i" else waves


def _price_table(problem: WaveProblem, dual: Dual, x: np.ndarray) -> pd.DataFrame:
    visits, volume, capital, _ = dual.split(x)
    parts = []
    whole = 0 if problem.territory_ids.dtype.kind in "iu" else "plan"
    kinds = (
        ("visits", problem.territory_ids, visits),
        ("volume_m3", problem.warehouse_ids, volume),
        ("capital_rmb", np.array([whole]), capital[None]),
    )
    for resource, ids, grid in kinds:
        parts.append(
            pd.DataFrame(
                {
                    "resource": resource,
                    "resource_id": np.repeat(ids, problem.n_months),
                    "month": problem.months[np.tile(np.arange(problem.n_months), len(ids))],
                    "shadow_price": grid.ravel(),
                }
            )
        )
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _margin_table(problem: WaveProblem, dual: Dual, x: np.ndarray) -> pd.DataFrame:
    s, prices = problem.stores, dual.prices(x)
    margin, month, _ = best_starts(s, prices, dual.largest)
    table = pd.DataFrame(
        {
            "store_id": problem.store_ids,
            "margin": margin,
            "best_month": problem.months[month],
            "visits_price": s.signup * prices.visits[s.territory, month] + s.care * prices.care[s.territory, month],
            "volume_price": s.volume * prices.volume[s.warehouse, month],
            "capital_price": s.capital * prices.capital[month],
            "target_price": prices.count[s.group, month],
        }
    )
    return table.sort_values("store_id", ignore_index=True)


def _quota_table(problem: WaveProblem, dual: Dual, x: np.ndarray, starts: np.ndarray) -> pd.DataFrame:
    targets = problem.targets
    price = dual.split(x)[3] * targets.sense
    n = len(problem.quotas)
    signed, shadow = np.zeros(n), np.zeros(n)
    for r, (_, count, _) in enumerate(_counted(problem, starts)):
        if targets.quota[r] >= 0:
            signed[targets.quota[r]] = count
            shadow[targets.quota[r]] += price[r]
    floor = np.ceil(problem.quotas["min_stores"].to_numpy(float))
    short = np.nan_to_num(np.maximum(floor - signed, 0.0))
    return problem.quotas.assign(signed=signed, shortfall=short, shadow_price=shadow)
