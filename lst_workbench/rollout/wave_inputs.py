"""From plain tables to arrays in a canonical order; every fault of the input is named at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError, PlanMonths, Quotas, TerritoryMonths, WarehouseMonths, WaveStores

SHOWN = 3
EXACT_UNIT = 2.0**-20
ROUNDING = 2.0**-53


class Stores(NamedTuple):
    """Stores sorted by territory, warehouse, group, value per visit (best first) and id."""

    value: np.ndarray
    signup: np.ndarray
    care: np.ndarray
    volume: np.ndarray
    capital: np.ndarray
    territory: np.ndarray
    warehouse: np.ndarray
    group: np.ndarray


class Targets(NamedTuple):
    """Rows that count stores: ``sense`` +1 at most ``limit`` members by the end of ``month``, -1 at least."""

    month: np.ndarray
    limit: np.ndarray
    sense: np.ndarray
    member: np.ndarray  # groups x rows: whether stores of the group count
    quota: np.ndarray  # row of the quotas table; -1 for max_stores


@dataclass(frozen=True)
class WaveProblem:
    """One rollout problem in arrays; months, territories and warehouses are positions in their sorted ids."""

    store_ids: np.ndarray
    stores: Stores
    factor: np.ndarray
    visits: np.ndarray  # territories x months
    volume: np.ndarray  # warehouses x months
    capital: np.ndarray  # months
    targets: Targets
    months: pd.Index
    territory_ids: np.ndarray
    warehouse_ids: np.ndarray
    quotas: pd.DataFrame
    counts: bool = False  # whether the last month stands for counts of stores (`with_counts`): nothing starts in it

    @property
    def n_months(self) -> int:
        """Months of the plan."""
        return len(self.months)

    def asking_only(self, reached: np.ndarray) -> "WaveProblem":
        """Lower the floors of quotas to the stores that a plan reached."""
        targets = self.targets
        limit = np.where(targets.sense < 0, np.minimum(targets.limit, reached), targets.limit)
        return replace(self, targets=targets._replace(limit=limit))

    def room(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Capacities (visits, volume, capital) that sums of loads, rounded in any order, cannot overrun.

        Loads that are multiples of 2^-20 add up exactly, so their capacity is used to the last unit; others leave what
        rounding could make of as many stores, moved a few dozen times each.
        """
        s = self.stores
        by_territory = np.bincount(s.territory, minlength=len(self.visits))[:, None]
        by_warehouse = np.bincount(s.warehouse, minlength=len(self.volume))[:, None]
        return (
            _strict(self.visits, by_territory, s.signup, s.care),
            _strict(self.volume, by_warehouse, s.volume),
            _strict(self.capital, np.array(len(s.value)), s.capital),
        )


def _strict(capacity: np.ndarray, stores: np.ndarray, *loads: np.ndarray) -> np.ndarray:
    exact = all(bool(np.all(np.rint(load / EXACT_UNIT) * EXACT_UNIT == load)) for load in loads)
    if exact and sum(float(load.sum()) for load in loads) < 2.0**53 * EXACT_UNIT:
        return capacity.copy()
    return capacity * (1 - 1e-11 - 40 * stores * ROUNDING)


def read_wave_tables(
    stores: pd.DataFrame,
    territories: pd.DataFrame,
    warehouses: pd.DataFrame,
    months: pd.DataFrame,
    quotas: pd.DataFrame | None,
    max_stores: float | None,
) -> WaveProblem:
    """Check the tables of `plan_waves` and bring them into arrays.

    Raises
    ------
    InputError
        Names every fault: missing columns, empty or negative figures, double or unknown ids, missing months.
    """
    faults: list[str] = []
    quotas = _with_limits(quotas)
    frames = {"stores": stores, "territories": territories, "warehouses": warehouses, "months": months}
    contracts = (WaveStores, TerritoryMonths, WarehouseMonths, PlanMonths)
    for (name, frame), contract in zip(frames.items(), contracts, strict=True):
        optional = {"value_factor"}
        missing = [c for c in contract.columns() if c not in frame and c not in optional]
        if missing:
            faults.append(
                f"{name}: column {', '.join(missing)} is missing; it has {', '.join(map(str, frame.columns))}"
            )
    missing = [c for c in ("column", "value", "month") if c not in quotas]
    if missing:
        faults.append(f"quotas: column {', '.join(missing)} is missing")
    if faults:
        raise InputError("plan_waves", faults)

    numbers = {
        "stores": [c for c in WaveStores.columns() if not c.endswith("_id")],
        "territories": ["visits"],
        "warehouses": ["capacity_m3"],
        "months": [c for c in ("capital_rmb", "value_factor") if c in months],
    }
    figures = {
        (name, column): _figures(frames[name], name, column, faults)
        for name, names in numbers.items()
        for column in names
    }
    plan_months = _months(months["month"])
    _no_doubles(stores["store_id"], "stores: store_id", faults)
    _no_doubles(plan_months, "months: month", faults)
    if not len(plan_months):
        faults.append("months: it has no rows; give at least one month")
    order = plan_months.argsort()
    plan_months = plan_months[order]
    visits, territory_ids = _grid(
        territories, "territories", "territory_id", plan_months, figures["territories", "visits"], faults
    )
    volume, warehouse_ids = _grid(
        warehouses, "warehouses", "warehouse_id", plan_months, figures["warehouses", "capacity_m3"], faults
    )
    territory = _positions(stores["territory_id"], territory_ids, "territories", faults)
    warehouse = _positions(stores["warehouse_id"], warehouse_ids, "warehouses", faults)
    quota_months = _quota_faults(quotas, stores, plan_months, faults)
    if max_stores is not None and not max_stores >= 0:
        faults.append(f"max_stores must be at least 0 or None, not {max_stores}")
    if faults:
        raise InputError("plan_waves", faults)

    def months_figure(column: str) -> np.ndarray:
        given = figures.get(("months", column))
        return np.ones(len(plan_months)) if given is None else given[order]

    group, targets = _targets(quotas, quota_months, stores, max_stores, len(plan_months))
    store_ids = stores["store_id"].to_numpy()
    worth = figures["stores", "value"] * figures["stores", "p_sign"]
    signup, care = figures["stores", "visits_signup"], figures["stores", "visits_care"]
    rows = _canonical_order(store_ids, territory, warehouse, group, worth / (1e-9 + signup + care))
    arrays = Stores(
        worth[rows],
        signup[rows],
        care[rows],
        figures["stores", "volume_m3_month"][rows],
        figures["stores", "capital_rmb"][rows],
        territory[rows],
        warehouse[rows],
        group[rows],
    )
    problem = WaveProblem(
        store_ids=store_ids[rows],
        stores=arrays,
        factor=months_figure("value_factor"),
        visits=visits,
        volume=volume,
        capital=months_figure("capital_rmb"),
        targets=targets,
        months=plan_months,
        territory_ids=territory_ids,
        warehouse_ids=warehouse_ids,
        quotas=quotas.reset_index(drop=True),
    )
    return _without_endless_capacities(problem)


def _without_endless_capacities(problem: WaveProblem) -> WaveProblem:
    """Cut each capacity to twice what all its stores together could use: nothing changes, and figures stay in scale."""
    s = problem.stores
    most_visits = np.bincount(s.territory, s.signup + s.care, len(problem.visits))[:, None]
    most_volume = np.bincount(s.warehouse, s.volume, len(problem.volume))[:, None]
    most_capital = s.capital.sum()
    return replace(
        problem,
        visits=np.minimum(problem.visits, 2 * most_visits),
        volume=np.minimum(problem.volume, 2 * most_volume),
        capital=np.minimum(problem.capital, 2 * most_capital),
    )


def _with_limits(quotas: pd.DataFrame | None) -> pd.DataFrame:
    if quotas is None:
        return Quotas.without_rows()
    absent = {c: np.nan for c in ("min_stores", "max_stores") if c not in quotas}
    return quotas.assign(**absent)


def _figures(frame: pd.DataFrame, name: str, column: str, faults: list[str]) -> np.ndarray:
    """One column as float64; capacities may be endless, nothing else may."""
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = np.isnan(values)
    if bad.any():
        faults.append(f"{name}: column {column} must be a number and not empty ({_rows(bad)})")
    bad = values < 0
    if bad.any():
        faults.append(f"{name}: column {column} must be at least 0 ({_rows(bad)})")
    bad = np.isinf(values) if name == "stores" or column == "value_factor" else np.zeros(0, bool)
    if bad.any():
        faults.append(f"{name}: column {column} must be finite ({_rows(bad)})")
    bad = values > 1 if column == "p_sign" else np.zeros(0, bool)
    if bad.any():
        faults.append(f"{name}: column p_sign must be at most 1 ({_rows(bad)})")
    return values


def _rows(bad: np.ndarray) -> str:
    return f"{int(bad.sum()):,} of {len(bad):,} rows, first row {int(np.flatnonzero(bad)[0])}"


def _months(values: pd.Series) -> pd.Index:
    """Months as timestamps, or as whole numbers where the caller counts them."""
    if pd.api.types.is_integer_dtype(values) or pd.api.types.is_float_dtype(values):
        return pd.Index(values.to_numpy())
    return pd.DatetimeIndex(pd.to_datetime(values)).as_unit("us")


def _some(values: Iterable[object]) -> str:
    shown = list(dict.fromkeys(map(str, values)))
    return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN} more" if len(shown) > SHOWN else "")


def _no_doubles(values: pd.Series | pd.Index, what: str, faults: list[str]) -> None:
    doubled = values.duplicated()
    if doubled.any():
        faults.append(f"{what} must be unique ({int(doubled.sum()):,} repeated, e.g. {_some(values[doubled][:SHOWN])})")


def _grid(
    frame: pd.DataFrame, name: str, key: str, months: pd.Index, figures: np.ndarray, faults: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Capacities as ids x months; ids sorted, months beyond the plan left out."""
    codes, ids = pd.factorize(frame[key], sort=True)
    if (codes < 0).any():
        faults.append(f"{name}: column {key} must not be empty ({_rows(codes < 0)})")
    column = months.get_indexer(_months(frame["month"])) if months.is_unique else np.full(len(frame), -1)
    inside = (column >= 0) & (codes >= 0)
    if pd.DataFrame({"id": codes[inside], "month": column[inside]}).duplicated().any():
        faults.append(f"{name}: {key} + month must be unique")
    grid = np.full((len(ids), len(months)), np.nan)
    grid[codes[inside], column[inside]] = figures[inside]
    seen = np.zeros(grid.shape, bool)
    seen[codes[inside], column[inside]] = True
    if months.is_unique and not seen.all():
        lacking = [f"{ids[i]} in {month_name(months[t])}" for i, t in np.argwhere(~seen)[: SHOWN + 1]]
        faults.append(
            f"{name}: {int((~seen).sum()):,} months are missing ({_some(lacking)}); give every month of the plan"
        )
    return grid, np.asarray(ids)


def month_name(month: object) -> str:
    """Write a month as 2017-09, or as the number it is."""
    return f"{month:%Y-%m}" if isinstance(month, pd.Timestamp) else str(month)


def _positions(values: pd.Series, ids: np.ndarray, name: str, faults: list[str]) -> np.ndarray:
    codes = pd.Index(ids).get_indexer(pd.Index(values))
    unknown = codes < 0
    if unknown.any():
        offenders = _some(values[unknown].unique()[: SHOWN + 1])
        faults.append(
            f"stores: {values.name} {offenders} has no rows in {name} ({int(unknown.sum()):,} stores); add its months"
        )
    return codes.astype(np.int32)


def _quota_faults(quotas: pd.DataFrame, stores: pd.DataFrame, months: pd.Index, faults: list[str]) -> np.ndarray:
    """Positions of the quotas' months; faults are added to `faults`."""
    if quotas.empty:
        return np.zeros(0, np.int64)
    unknown = [c for c in quotas["column"].unique() if c not in stores]
    if unknown:
        faults.append(f"quotas: stores have no column {_some(unknown)}; add it or drop the quota")
    when = _months(quotas["month"])
    at = months.get_indexer(when) if months.is_unique else np.full(len(quotas), -1)
    if months.is_unique and (at < 0).any():
        faults.append(f"quotas: month {_some(month_name(m) for m in when[at < 0])} is not a month of the plan")
    if quotas.duplicated(["column", "value", "month"]).any():
        faults.append("quotas: column + value + month must be unique")
    for column in ("min_stores", "max_stores"):
        limits = pd.to_numeric(quotas[column], errors="coerce")
        bad = (limits.isna() & quotas[column].notna()) | (limits < 0)
        if bad.any():
            faults.append(f"quotas: column {column} must be empty or at least 0 ({_rows(bad.to_numpy())})")
    return at


def _targets(
    quotas: pd.DataFrame, months: np.ndarray, stores: pd.DataFrame, max_stores: float | None, n_months: int
) -> tuple[np.ndarray, Targets]:
    """Group stores that count in the same quotas, and list the rows that count them."""
    code = np.zeros(len(stores), np.int64)
    order = quotas.assign(at=months, row=np.arange(len(quotas)), name=quotas["value"].map(repr))
    quotas = order.sort_values(["column", "name", "at"], ignore_index=True)
    for name, rows in quotas.groupby("column", sort=True):
        values = pd.Index(rows["value"].unique())
        position = values.get_indexer(pd.Index(stores[name].astype(object))) + 1
        code = code * (len(values) + 1) + position
    codes = np.unique(code) if len(quotas) else np.zeros(min(1, len(stores)), np.int64)
    group = np.searchsorted(codes, code).astype(np.int32)
    first = np.zeros(len(codes), np.int64)
    first[group[::-1]] = np.arange(len(stores))[::-1]
    rows_: list[tuple[int, float, int, np.ndarray, int]] = []
    if max_stores is not None:
        limit = np.floor(min(max_stores, len(stores)))
        rows_.append((n_months - 1, limit, 1, np.ones(len(codes), bool), -1))
    for quota in quotas.itertuples(index=False):
        if not len(codes):
            member = np.zeros(0, bool)
        else:
            member = (stores[quota.column].iloc[first].astype(object) == quota.value).to_numpy()
        if pd.notna(quota.max_stores) and np.isfinite(float(quota.max_stores)):
            rows_.append((quota.at, np.floor(float(quota.max_stores)), 1, member, quota.row))
        if pd.notna(quota.min_stores) and float(quota.min_stores) > 0:
            rows_.append((quota.at, np.ceil(float(quota.min_stores)), -1, member, quota.row))
    return group, Targets(
        np.array([row[0] for row in rows_], np.int64),
        np.array([row[1] for row in rows_], np.float64),
        np.array([row[2] for row in rows_], np.float64),
        np.array([row[3] for row in rows_], bool).reshape(len(rows_), len(codes)).T.copy(),
        np.array([row[4] for row in rows_], np.int64),
    )


def _canonical_order(
    ids: np.ndarray, territory: np.ndarray, warehouse: np.ndarray, group: np.ndarray, density: np.ndarray
) -> np.ndarray:
    """Rows by territory, warehouse, group, value per visit (best first), id: the order of the input plays no part."""
    by_id = pd.Index(ids).argsort()
    place = (territory.astype(np.int64) * (int(warehouse.max(initial=0)) + 1) + warehouse) * (
        int(group.max(initial=0)) + 1
    ) + group
    order = np.lexsort((-density[by_id], place[by_id]))
    return by_id[order]
