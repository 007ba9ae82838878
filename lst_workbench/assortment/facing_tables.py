"""Read shelves, items and sales into the arrays of `allocate_facings`; what has a fault is listed with a sentence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.assortment.range_tables import Refusals, check_columns
from lst_workbench.contracts import InputError

MOST_FACINGS = 12
WHERE = "the tables of a display"


@dataclass(frozen=True)
class FacingProblem:
    """Stores that can be arranged: rows are items in stores, shelves are levels in stores, both sorted by store."""

    store_ids: np.ndarray
    rows: pd.DataFrame
    shelves: pd.DataFrame
    first_row: np.ndarray
    first_shelf: np.ndarray
    refused: pd.DataFrame


def read_facing_tables(
    shelves: pd.DataFrame, items: pd.DataFrame, sales: pd.DataFrame, space_elasticity: float
) -> FacingProblem:
    """Bring the tables of `allocate_facings` into arrays.

    Raises
    ------
    InputError
        When columns are missing or no store can be arranged.
    """
    faults = check_columns("shelves", shelves, ["store_id", "level", "shelf_cm"])
    faults += check_columns("items", items, ["sku", "facing_cm", "facing_units", "margin_rmb"])
    faults += check_columns("sales", sales, ["store_id", "sku", "quantity_week"])
    if faults:
        raise InputError(WHERE, faults)
    refusals = Refusals()
    shelves = _sound_shelves(shelves, refusals)
    goods = _sound_items(items, space_elasticity, refusals)
    rows = _sound_rows(sales, goods, shelves, refusals)
    rows, shelves = _stores_that_fit(rows, shelves, refusals)
    if rows.empty:
        raise InputError(WHERE, ["no store can be arranged", *refusals.table()["reason"].head(3)])
    store_ids, counts = np.unique(rows["store_id"].to_numpy(), return_counts=True)
    levels = shelves.groupby("store_id", sort=True).size().to_numpy()
    first_row, first_shelf = (np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64) for sizes in (counts, levels))
    return FacingProblem(store_ids, rows, shelves, first_row, first_shelf, refusals.table())


def _numbers(frame: pd.DataFrame, defaults: dict[str, float]) -> pd.DataFrame:
    """Bring columns to numbers; what is missing or empty takes its default (NaN: there is none)."""
    made = {}
    for name, default in defaults.items():
        given = pd.to_numeric(frame[name], errors="coerce") if name in frame else pd.Series(default, frame.index)
        empty = frame[name].isna() if name in frame else pd.Series(False, frame.index)
        made[name] = given.astype(float).mask(empty, default)
    return frame.assign(**made)


def _sound_shelves(shelves: pd.DataFrame, refusals: Refusals) -> pd.DataFrame:
    table = _numbers(shelves, {"level": np.nan, "shelf_cm": np.nan, "attention": 1.0})
    bad = table.duplicated(["store_id", "level"])
    for store, level in table.loc[bad, ["store_id", "level"]].itertuples(index=False):
        refusals.add(store, None, f"store {store}: shelf level {level:g} comes twice; the first row is used")
    mend = {"level": "give its number from 1, the lowest, upwards", "shelf_cm": "give a width of more than 0",
            "attention": "give a factor of more than 0"}  # fmt: skip
    for name, words in mend.items():
        wrong = ~((table[name] > 0) & np.isfinite(table[name])) & ~bad
        for store, value in table.loc[wrong, ["store_id", name]].itertuples(index=False):
            refusals.add(store, None, f"store {store} has a shelf of {name} {value:g}; {words}")
        bad |= wrong
    return table[~bad].sort_values(["store_id", "level"], ignore_index=True)


def _sound_items(items: pd.DataFrame, space_elasticity: float, refusals: Refusals) -> pd.DataFrame:
    defaults = {"facing_cm": np.nan, "facing_units": np.nan, "margin_rmb": np.nan, "space_elasticity": space_elasticity,
                "max_facings": MOST_FACINGS, "lowest_level": -np.inf, "highest_level": np.inf}  # fmt: skip
    table = _numbers(items, defaults)
    bad = table["sku"].duplicated()
    for sku in table.loc[bad, "sku"]:
        refusals.add(None, sku, f"item {sku} comes twice in items; the first row is used")
    checks = [
        (~(table["facing_cm"] > 0), "facing_cm", "give the width of one facing, more than 0"),
        (~(table["facing_units"] > 0), "facing_units", "give the units one facing holds, more than 0"),
        (~np.isfinite(table["margin_rmb"]), "margin_rmb", "give RMB a unit"),
        (~table["space_elasticity"].between(0, 1), "space_elasticity", "give a share from 0 to 1"),
        (~(table["max_facings"] >= 1), "max_facings", "give 1 or more"),
    ]
    for wrong, name, words in checks:
        for sku, value in table.loc[wrong & ~bad, ["sku", name]].itertuples(index=False):
            refusals.add(None, sku, f"item {sku} has {name} {value:g}; {words}")
        bad |= wrong
    return table[~bad]


def _sound_rows(sales: pd.DataFrame, goods: pd.DataFrame, shelves: pd.DataFrame, refusals: Refusals) -> pd.DataFrame:
    """Join sales with their items; today's facings and shelf say what the sales were measured at."""
    table = _numbers(sales, {"quantity_week": np.nan, "facings": 1.0, "level": np.nan})
    known = {
        "store": (table["store_id"].isin(shelves["store_id"]), "is not among the sound shelves"),
        "item": (table["sku"].isin(goods["sku"]), "is not among the sound items"),
    }
    bad = table.duplicated(["store_id", "sku"])
    for store, sku in table.loc[bad, ["store_id", "sku"]].itertuples(index=False):
        refusals.add(store, sku, f"store {store}: item {sku} comes twice in sales; the first row is used")
    for what, (fine, words) in known.items():
        for store, sku in table.loc[~fine & ~bad, ["store_id", "sku"]].itertuples(index=False):
            named = store if what == "store" else sku
            refusals.add(store, sku, f"store {store}, item {sku}: {what} {named} {words}; the row is left out")
        bad |= ~fine
    for name, fine, words in (
        ("quantity_week", table["quantity_week"] >= 0, "give units a week, 0 or more"),
        ("facings", table["facings"] >= 1, "give today's facings, 1 or more"),
    ):
        for store, sku, value in table.loc[~fine & ~bad, ["store_id", "sku", name]].itertuples(index=False):
            refusals.add(store, sku, f"store {store}: item {sku} has {name} {value:g}; {words}")
        bad |= ~fine
    rows = table[~bad].rename(columns={"facings": "today_facings", "level": "today_level"})
    seen = shelves[["store_id", "level", "attention"]].rename(columns={"level": "today_level"})
    rows = rows.merge(seen, on=["store_id", "today_level"], how="left").fillna({"attention": 1.0})
    own = goods.drop(columns=[name for name in ("attention", "quantity_week") if name in goods])
    return rows.merge(own, on="sku").sort_values(["store_id", "sku"], ignore_index=True)


def _stores_that_fit(
    rows: pd.DataFrame, shelves: pd.DataFrame, refusals: Refusals
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Refuse stores whose items cannot all stand: more width than shelf, or an item too wide for its levels."""
    need = rows.groupby("store_id")["facing_cm"].sum()
    has = shelves.groupby("store_id")["shelf_cm"].sum().reindex(need.index)
    for store, wide in need[need > has + 1e-9].items():
        refusals.add(store, None, f"store {store}: one facing of each item needs {wide:g} cm and its shelves have "
                     f"{has[store]:g}; drop items or add {wide - has[store]:g} cm")  # fmt: skip
    pairs = rows[["store_id", "sku", "facing_cm", "lowest_level", "highest_level"]].merge(
        shelves[["store_id", "level", "shelf_cm"]], on="store_id"
    )
    allowed = pairs["level"].between(pairs["lowest_level"], pairs["highest_level"])
    fits = allowed & (pairs["shelf_cm"] >= pairs["facing_cm"] - 1e-9)
    anywhere = fits.groupby([pairs["store_id"], pairs["sku"]]).any()
    for store, sku in anywhere[~anywhere].index:
        refusals.add(store, sku, f"store {store}: item {sku} fits on no shelf level that it may stand on; "
                     "widen a shelf or its levels")  # fmt: skip
    refused = set(need.index[need > has + 1e-9]) | {store for store, _ in anywhere[~anywhere].index}
    kept = rows[~rows["store_id"].isin(refused)].reset_index(drop=True)
    return kept, shelves[shelves["store_id"].isin(kept["store_id"])].reset_index(drop=True)
