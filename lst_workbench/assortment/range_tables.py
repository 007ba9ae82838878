"""Read stores, items, utilities and obligations into arrays; whatever has a fault is listed with a sentence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from lst_workbench.assortment.range_contracts import (
    barred_pairs,
    contracts_agree,
    floors_of,
    more_columns,
    pairs_of,
)
from lst_workbench.assortment.refusals import Refusals, check_columns
from lst_workbench.contracts import InputError

# Column of stores that limits, column of items that loads it (None: one an item), and its unit in words.
LIMITS = (("shelf_cm", "width_cm", "cm"), ("max_items", None, "items"), ("cash_rmb", "cost_rmb", "RMB"),
          ("max_swaps", None, "new items"))  # fmt: skip
SWAPS = "max_swaps"


@dataclass(frozen=True)
class RangeProblem:
    """Stores that can be served, in arrays; ``utilities`` are group by item, sparse, the others store by item.

    ``barred`` marks what exclusive contracts keep off the shelf, ``present`` today's range; limits are named by their
    column, floors by their category.
    """

    stores: pd.DataFrame
    items: pd.DataFrame
    utilities: sparse.csr_array
    group: np.ndarray
    outside: np.ndarray
    load: np.ndarray
    limit: np.ndarray
    limit_names: tuple[str, ...]
    must: sparse.csr_array
    barred: sparse.csr_array
    present: sparse.csr_array
    refused: pd.DataFrame

    @property
    def swap_row(self) -> int:
        """Row of the loads that counts new items, which depends on the store; -1 without."""
        return self.limit_names.index(SWAPS) if SWAPS in self.limit_names else -1

    def loads_of(self, s: int) -> np.ndarray:
        """Give the loads of the items in one store, limit by item."""
        load = self.load.copy()
        if self.swap_row >= 0:
            load[self.swap_row, self.present[[s]].indices] = 0.0
        return load


def read_range_tables(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    utilities: pd.DataFrame,
    must_carry: pd.DataFrame | None,
    current: pd.DataFrame | None = None,
    exclusive: pd.DataFrame | None = None,
    minimums: pd.DataFrame | None = None,
) -> RangeProblem:
    """Bring the tables of `optimise_assortment` into arrays.

    Raises
    ------
    InputError
        When columns are missing or nobody can be served.
    """
    key = "segment" if "segment" in utilities and "store_id" not in utilities else "store_id"
    cash = ["cost_rmb"] if "cash_rmb" in stores else []
    faults = check_columns("stores", stores, ["store_id", "shelf_cm", *([key] if key == "segment" else [])])
    faults += check_columns("items", items, ["sku", "width_cm", "margin_rmb", *cash])
    faults += check_columns("utilities", utilities, [key, "sku", "utility"])
    faults += check_columns("must_carry", must_carry, ["store_id", "sku"]) if must_carry is not None else []
    faults += more_columns(items, exclusive, minimums)
    if faults:
        raise InputError("the tables of a range", faults)
    refusals = Refusals()
    _strangers("utilities", utilities, "sku", items["sku"], "items", refusals)
    for name, table in (("utilities", utilities), ("must_carry", must_carry)):
        if table is not None and "store_id" in table:
            _strangers(name, table, "store_id", stores["store_id"], "stores", refusals)
    items = _sound_items(items, cash, refusals)
    stores, group, matrix = _with_utilities(_sound_stores(stores, refusals), items, utilities, key, refusals)
    must = _obligations(stores, items, matrix, group, must_carry, refusals)
    barred = barred_pairs(stores, items, exclusive, refusals)
    today = pairs_of(stores, items, current)
    present = [(c, name, unit) for c, name, unit in LIMITS if c in stores and (c != SWAPS or current is not None)]
    load = np.array([items[name].to_numpy(float) if name else np.ones(len(items)) for _, name, _ in present])
    limit = np.column_stack([_limit(stores[column]) for column, _, _ in present])
    fits = _obligations_fit(stores, items, must, load, limit, present, today, refusals)
    fits &= contracts_agree(stores, items, must, barred, refusals)
    floor_names, floor_load, floors = floors_of(stores, items, minimums, refusals)
    load, limit = np.vstack([load, floor_load]), np.hstack([limit, floors])
    if not fits.any():
        raise InputError("the tables of a range", ["no store can be served", *refusals.table()["reason"].head(3)])
    active = np.isfinite(limit[fits]).any(axis=0)
    outside = stores["outside_utility"].to_numpy(float) if "outside_utility" in stores else np.zeros(len(stores))
    return RangeProblem(
        stores[fits].reset_index(drop=True), items, matrix, group[fits], outside[fits],
        np.ascontiguousarray(load[active]), np.ascontiguousarray(limit[fits][:, active]),
        tuple(name for name, on in zip([*(p[0] for p in present), *floor_names], active, strict=True) if on),
        must[fits], barred[fits], today[fits], refusals.table(),
    )  # fmt: skip


def _strangers(name: str, table: pd.DataFrame, column: str, known: pd.Series, where: str, refusals: Refusals) -> None:
    """List the stores or items of a table that the table of stores or items does not have."""
    rows = table.groupby(column, sort=False, observed=True).size()
    for stranger, count in rows[~rows.index.isin(known)].items():
        what, store, sku = ("store", stranger, None) if column == "store_id" else ("item", None, stranger)
        words = f"is in {count:,} rows of {name} but not in {where}; they are ignored"
        refusals.add(store, sku, f"{what} {stranger} {words}")


def _limit(values: pd.Series) -> np.ndarray:
    """Empty means no limit."""
    return np.where(np.isnan(filled := values.to_numpy(float, na_value=np.nan)), np.inf, filled)


def _sound_items(items: pd.DataFrame, cash: list[str], refusals: Refusals) -> pd.DataFrame:
    bad = items["sku"].duplicated().to_numpy()
    for sku in items.loc[bad, "sku"]:
        refusals.add(None, sku, f"item {sku} comes twice in items; the first row is used")
    number = {name: pd.to_numeric(items[name], errors="coerce") for name in ("width_cm", "margin_rmb", *cash)}
    checks = [
        (~(number["width_cm"] > 0), "width_cm", "has width_cm {}; give its width on the shelf, more than 0"),
        (~np.isfinite(number["margin_rmb"]), "margin_rmb", "has no price: margin_rmb is {}; give RMB a unit"),
        *[(~(number[name] >= 0), name, "has cost_rmb {}; give RMB to put it on the shelf") for name in cash],
    ]
    for fault, name, words in checks:
        for sku, value in items.loc[fault.to_numpy() & ~bad, ["sku", name]].itertuples(index=False):
            refusals.add(None, sku, f"item {sku} {words.format(value)}")
        bad = bad | fault.to_numpy()
    return items[~bad].assign(**{name: values[~bad] for name, values in number.items()}).reset_index(drop=True)


def _sound_stores(stores: pd.DataFrame, refusals: Refusals) -> pd.DataFrame:
    bad = stores["store_id"].duplicated().to_numpy()
    for store in stores.loc[bad, "store_id"]:
        refusals.add(store, None, f"store {store} comes twice in stores; the first row is used")
    checks = [(~(pd.to_numeric(stores["shelf_cm"], errors="coerce") > 0), "shelf_cm", "give a width of more than 0")]
    for name in ("max_items", "cash_rmb", SWAPS, "outside_utility"):
        if name in stores:
            value = pd.to_numeric(stores[name], errors="coerce")
            wrong = ~np.isfinite(value) if name == "outside_utility" else (value < 0)
            checks.append((wrong, name, "give a number" if name == "outside_utility" else "give 0 or more"))
    for fault, name, mend in checks:
        for store, value in stores.loc[fault.to_numpy() & ~bad, ["store_id", name]].itertuples(index=False):
            refusals.add(store, None, f"store {store} has {name} {value}; {mend}")
        bad = bad | fault.to_numpy()
    return stores[~bad].reset_index(drop=True)


def _with_utilities(
    stores: pd.DataFrame, items: pd.DataFrame, utilities: pd.DataFrame, key: str, refusals: Refusals
) -> tuple[pd.DataFrame, np.ndarray, sparse.csr_array]:
    """Attach each store to its row of utilities (stored as exp); items without a utility are not on offer there."""
    groups = pd.Index(utilities[key].unique())
    row = groups.get_indexer(pd.Index(utilities[key]))
    column = pd.Index(items["sku"]).get_indexer(pd.Index(utilities["sku"]))
    value = pd.to_numeric(utilities["utility"], errors="coerce").to_numpy(float)
    wrong = ~np.isfinite(value) & (column >= 0)
    for name, sku in utilities.loc[wrong, [key, "sku"]].itertuples(index=False):
        store = name if key == "store_id" else None
        refusals.add(
            store, sku, f"{key.removesuffix('_id')} {name}: item {sku} has no finite utility; it is not offered"
        )
    pair = row * np.int64(len(items) + 1) + column
    again = pd.Series(pair).duplicated().to_numpy() & (column >= 0)
    for name, sku in utilities.loc[again & ~wrong, [key, "sku"]].itertuples(index=False):
        store = name if key == "store_id" else None
        refusals.add(
            store, sku, f"{key.removesuffix('_id')} {name}: item {sku} comes twice in utilities; the first is used"
        )
    ok = (column >= 0) & ~wrong & ~again
    matrix = sparse.csr_array((value[ok], (row[ok], column[ok])), (len(groups), len(items)))
    group = groups.get_indexer(pd.Index(stores[key]))
    known = (group >= 0) & (np.diff(matrix.indptr)[group] > 0)
    for store in stores.loc[~known, "store_id"]:
        refusals.add(store, None, f"store {store} has no utility for any sound item; give {key}, sku, utility")
    return stores[known].reset_index(drop=True), group[known], matrix


def _obligations(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    offered: sparse.csr_array,
    group: np.ndarray,
    must_carry: pd.DataFrame | None,
    refusals: Refusals,
) -> sparse.csr_array:
    """Mark what each store must carry, store by item; what it cannot carry is listed."""
    shape = (len(stores), len(items))
    if must_carry is None or must_carry.empty:
        return sparse.csr_array(shape, dtype=np.int8)
    pairs = must_carry.drop_duplicates(["store_id", "sku"])
    row = pd.Index(stores["store_id"]).get_indexer(pd.Index(pairs["store_id"]))
    column = pd.Index(items["sku"]).get_indexer(pd.Index(pairs["sku"]))
    for store, sku in pairs.loc[(column < 0) & (row >= 0), ["store_id", "sku"]].itertuples(index=False):
        refusals.add(store, sku, f"store {store}: must-carry item {sku} is not among the sound items; it is left out")
    ok = (row >= 0) & (column >= 0)
    must = sparse.csr_array((np.ones(ok.sum(), np.int8), (row[ok], column[ok])), shape)
    known = np.repeat(np.arange(offered.shape[0]), np.diff(offered.indptr)) * np.int64(len(items)) + offered.indices
    lacking = ~np.isin(group[row[ok]] * np.int64(len(items)) + column[ok], known)
    for i, j in zip(row[ok][lacking], column[ok][lacking], strict=True):
        store, sku = stores["store_id"].iat[i], items["sku"].iat[j]
        refusals.add(
            store, sku, f"store {store}: must-carry item {sku} has no utility; it takes its place and sells nothing"
        )
    return must


def _obligations_fit(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    must: sparse.csr_array,
    load: np.ndarray,
    limit: np.ndarray,
    present: list[tuple[str, str | None, str]],
    today: sparse.csr_array,
    refusals: Refusals,
) -> np.ndarray:
    taken = must @ load.T
    for k in [k for k, (column, _, _) in enumerate(present) if column == SWAPS]:
        taken[:, k] -= must.multiply(today).sum(axis=1)
    over = taken > limit * (1 + 1e-12)
    for s in np.flatnonzero(over.any(axis=1)):
        k = int(np.flatnonzero(over[s])[0])
        store, unit = stores["store_id"].iat[s], present[k][2]
        named = ", ".join(map(str, items["sku"].iloc[must[[s]].indices[:5]]))
        excess = f"{taken[s, k]:g} {unit}, {taken[s, k] - limit[s, k]:g} {unit} more than its {present[k][0]}"
        refusals.add(
            store,
            None,
            f"store {store}: must-carry items {named} need {excess} of {limit[s, k]:g}; "
            f"release a contract or raise {present[k][0]}",
        )
    return ~over.any(axis=1)
