"""From plain tables to arrays in a canonical order; every fault of the input is named at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from lst_workbench.contracts import (
    InputError,
    PlanMonths,
    Quotas,
    Shares,
    TerritoryMonths,
    WarehouseMonths,
    WaveStores,
)
from lst_workbench.rollout.wave_faults import (
    SHOWN,
    month_name,
    months_of,
    no_doubles,
    rows_of,
    some,
    strange_ids,
    strange_months,
)
from lst_workbench.rollout.wave_targets import (
    Targets,
    Windows,
    former_months,
    grouped,
    kept_worth,
    read_asked,
    with_limits,
)

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
    shares: pd.DataFrame
    windows: Windows
    bonus: np.ndarray  # groups x months: what a start adds beside its value
    counts: bool = False  # whether the last month stands for counts of stores (`with_counts`): nothing starts in it

    @property
    def n_months(self) -> int:
        """Months of the plan."""
        return len(self.months)

    @property
    def promised(self) -> np.ndarray:
        """Whether each store is promised."""
        return self.windows.promised[self.stores.group]

    def best_worth(self, stores: Stores) -> np.ndarray:
        """Worth of each store in the month that is best for it, at the least nothing."""
        top = stores.value * self.factor.max()
        return np.maximum(0.0, top + self.bonus.max(axis=1)[stores.group]) if self.bonus.any() else top

    def asking_only(self, reached: np.ndarray, kept: float) -> "WaveProblem":
        """Lower the floors of quotas and shares, and the promises, to what a plan reached."""
        targets = self.targets
        limit = np.where(targets.sense < 0, np.minimum(targets.limit, reached), targets.limit)
        return replace(self, targets=targets._replace(limit=limit), windows=self.windows._replace(kept=kept))

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
    shares: pd.DataFrame | None = None,
    promised: pd.DataFrame | None = None,
    excluded: Sequence[object] = (),
    former: pd.DataFrame | None = None,
    stickiness: float = 0.0,
) -> WaveProblem:
    """Check the tables of `plan_waves` and bring them into arrays.

    Raises
    ------
    InputError
        Names every fault: missing columns, empty or negative figures, double or unknown ids, missing months.
    """
    faults: list[str] = []
    quotas, shares = with_limits(quotas, Quotas), with_limits(shares, Shares)
    frames = {"stores": stores, "territories": territories, "warehouses": warehouses, "months": months}
    contracts = (WaveStores, TerritoryMonths, WarehouseMonths, PlanMonths)
    optional = {"value_factor", "start_value"}
    for (name, frame), contract in zip(frames.items(), contracts, strict=True):
        if not isinstance(frame, pd.DataFrame):
            faults.append(f"{name}: it must be a DataFrame, not {type(frame).__name__}")
            continue
        if doubled := frame.columns[frame.columns.duplicated()].tolist():
            faults.append(f"{name}: column {', '.join(map(str, doubled))} is there twice; drop one of them")
        missing = [c for c in contract.columns() if c not in frame and c not in optional]
        if missing:
            faults.append(
                f"{name}: column {', '.join(missing)} is missing; it has {', '.join(map(str, frame.columns))}"
            )
    for name, frame in (("quotas", quotas), ("shares", shares)):
        missing = [c for c in ("column", "value", "month") if c not in frame]
        if missing:
            faults.append(f"{name}: column {', '.join(missing)} is missing")
    if faults:
        raise InputError("plan_waves", faults)
    known = stores["store_id"]
    if len(excluded):
        frames["stores"] = stores = stores[~known.isin(list(excluded))]

    numbers = {
        "stores": [c for c in WaveStores.columns() if not c.endswith("_id")],
        "territories": ["visits"],
        "warehouses": ["capacity_m3"],
        "months": [c for c in ("capital_rmb", "value_factor", "start_value") if c in months],
    }
    figures = {
        (name, column): _figures(frames[name], name, column, faults)
        for name, names in numbers.items()
        for column in names
    }
    for name in ("territories", "warehouses", "months"):
        strange_months(frames[name]["month"], name, faults)
    plan_months = months_of(months["month"])
    sound = len(faults)
    for name in ("stores", "territories", "warehouses"):
        for key in frames[name].columns.intersection(["store_id", "territory_id", "warehouse_id"]):
            strange_ids(frames[name][key], f"{name}: column {key}", faults)
    if len(faults) > sound:  # ids that cannot be put in order
        raise InputError("plan_waves", faults)
    no_doubles(stores["store_id"], "stores: store_id", faults)
    no_doubles(plan_months, "months: month", faults)
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
    asked = read_asked(stores, known, plan_months, quotas, shares, promised, excluded, faults)
    if former is not None and stickiness:
        asked = asked._replace(former=former_months(stores, former, plan_months))
    if max_stores is not None and (isinstance(max_stores, str) or not max_stores >= 0):
        faults.append(f"max_stores must be at least 0 or None, not {max_stores!r}")
    if faults:
        raise InputError("plan_waves", faults)

    def months_figure(column: str, absent: float = 1.0) -> np.ndarray:
        given = figures.get(("months", column))
        return np.full(len(plan_months), absent) if given is None else given[order]

    group, targets, windows = grouped(asked, stores, max_stores, len(plan_months))
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
        shares=shares.reset_index(drop=True),
        windows=windows,
        bonus=months_figure("start_value", 0.0)
        + kept_worth(windows, stickiness * (worth.mean() if len(worth) else 0.0)),
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


def _figures(frame: pd.DataFrame, name: str, column: str, faults: list[str]) -> np.ndarray:
    """One column as float64; capacities may be endless, nothing else may."""
    values = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64, na_value=np.nan)
    bad = np.isnan(values)
    if bad.any():
        faults.append(f"{name}: column {column} must be a number and not empty ({rows_of(bad)})")
    bad = values < 0 if column != "start_value" else np.zeros(0, bool)
    if bad.any():
        faults.append(f"{name}: column {column} must be at least 0 ({rows_of(bad)})")
    bad = np.isinf(values) if name == "stores" or column in ("value_factor", "start_value") else np.zeros(0, bool)
    if bad.any():
        faults.append(f"{name}: column {column} must be finite ({rows_of(bad)})")
    bad = values > 1 if column == "p_sign" else np.zeros(0, bool)
    if bad.any():
        faults.append(f"{name}: column p_sign must be at most 1 ({rows_of(bad)})")
    return values


def _grid(
    frame: pd.DataFrame, name: str, key: str, months: pd.Index, figures: np.ndarray, faults: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Capacities as ids x months; ids sorted, months beyond the plan left out."""
    codes, ids = pd.factorize(frame[key], sort=True)
    if (codes < 0).any():
        faults.append(f"{name}: column {key} must not be empty ({rows_of(codes < 0)})")
    column = months.get_indexer(months_of(frame["month"])) if months.is_unique else np.full(len(frame), -1)
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
            f"{name}: {int((~seen).sum()):,} months are missing ({some(lacking)}); give every month of the plan"
        )
    return grid, np.asarray(ids)


def _positions(values: pd.Series, ids: np.ndarray, name: str, faults: list[str]) -> np.ndarray:
    codes = pd.Index(ids).get_indexer(pd.Index(values))
    unknown = codes < 0
    if unknown.any():
        offenders = some(values[unknown].unique()[: SHOWN + 1])
        alike = set(map(str, values[unknown].unique()[: SHOWN + 1])) & set(map(str, ids))
        mend = "it is text in one and a number in the other, make them alike" if alike else "add its months"
        faults.append(
            f"stores: {values.name} {offenders} has no rows in {name} ({int(unknown.sum()):,} stores); {mend}"
        )
    return codes.astype(np.int32)


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
