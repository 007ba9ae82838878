"""Read stock, forecasts, items and stores into order lines; whatever has a fault is listed with a sentence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

COLUMNS = {
    "stock": ("store_id", "sku", "on_hand"),
    "forecasts": ("store_id", "sku", "mean_units_day"),
    "items": ("sku", "case_pack", "cost_rmb", "margin_rmb", "holding_rmb_day"),
    "stores": ("store_id", "cover_days"),
}


@dataclass(frozen=True)
class OrderLines:
    """Lines that can be ordered, sorted by store; lines of store s are ``start[s]:start[s + 1]``."""

    stores: pd.DataFrame
    items: pd.DataFrame
    start: np.ndarray
    item: np.ndarray
    position: np.ndarray
    pack: np.ndarray
    line: np.ndarray
    floor: np.ndarray
    cash: np.ndarray
    refused: pd.DataFrame


def read_order_tables(
    stock: pd.DataFrame, forecasts: pd.DataFrame, items: pd.DataFrame, stores: pd.DataFrame
) -> OrderLines:
    """Bring the tables of `propose_orders` into arrays.

    Raises
    ------
    InputError
        When columns are missing or nothing can be ordered.
    """
    tables = {"stock": stock, "forecasts": forecasts, "items": items, "stores": stores}
    faults = []
    for name, wanted in COLUMNS.items():
        if missing := [column for column in wanted if column not in tables[name]]:
            has = ", ".join(map(str, tables[name].columns[:12])) or "no columns"
            faults.append(f"{name} lacks {', '.join(missing)}; it has {has}")
    if faults:
        raise InputError("the tables of an order", faults)
    refused: list[pd.DataFrame] = []
    items, stores = _sound_items(items, refused), _sound_stores(stores, refused)
    have = _keyed(stock, stores, items, "stock", refused)
    need = _keyed(forecasts, stores, items, "forecasts", refused)
    have = have[_sound_stock(have, stores, items, refused)]
    need = need[_sound_forecasts(need, stores, items, refused)]
    lines = _joined(have, need, stores, items, refused)
    if lines.empty:
        said = pd.concat(refused)["reason"].head(3).tolist() if refused else []
        raise InputError("the tables of an order", ["no line can be ordered", *said])
    return _arrays(lines, items, stores, refused)


def _number(frame: pd.DataFrame, name: str, default: float = np.nan) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), default)
    return pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _refuse(refused: list[pd.DataFrame], store: object, sku: object, reasons: list[str]) -> None:
    if reasons:
        refused.append(pd.DataFrame({"store_id": store, "sku": sku, "reason": reasons}, dtype=object))


def _sound_items(items: pd.DataFrame, refused: list[pd.DataFrame]) -> pd.DataFrame:
    pack, life = _number(items, "case_pack"), _number(items, "shelf_life_days", np.inf)
    checks = [
        (items["sku"].duplicated().to_numpy(), "sku", "comes twice in items; the first row is used"),
        (
            ~((pack >= 1) & (pack == np.floor(pack))),
            "case_pack",
            "has case_pack {}; give whole units a case, 1 or more",
        ),
        (~(_number(items, "cost_rmb") > 0), "cost_rmb", "has no price: cost_rmb is {}; give RMB a unit"),
        (~np.isfinite(_number(items, "margin_rmb")), "margin_rmb", "has no price: margin_rmb is {}; give RMB a unit"),
        (
            ~(_number(items, "holding_rmb_day") >= 0),
            "holding_rmb_day",
            "has holding_rmb_day {}; give RMB a unit and day",
        ),
        (life <= 0, "shelf_life_days", "has shelf_life_days {}: it is expired; leave it empty if it keeps"),
    ]
    bad = np.zeros(len(items), bool)
    for fault, name, words in checks:
        new = fault & ~bad
        if new.any():
            skus, values = items.loc[new, "sku"].to_numpy(), items.loc[new, name].to_numpy()
            said = [f"item {k} {words.format(v)}" for k, v in zip(skus, values, strict=True)]
            _refuse(refused, None, skus, said)
        bad |= new
    return items[~bad].reset_index(drop=True)


def _sound_stores(stores: pd.DataFrame, refused: list[pd.DataFrame]) -> pd.DataFrame:
    checks = [
        (stores["store_id"].duplicated().to_numpy(), "store_id", "comes twice in stores; the first row is used"),
        (
            ~(_number(stores, "cover_days") > 0),
            "cover_days",
            "has cover_days {}; give days until the next delivery arrives",
        ),
        *[
            (_number(stores, name, 0.0) < 0, name, f"has {name} {{}}; give 0 or more")
            for name in ("min_order_rmb", "cash_rmb", "credit_rmb")
        ],
    ]
    bad = np.zeros(len(stores), bool)
    for fault, name, words in checks:
        new = fault & ~bad
        if new.any():
            ids, values = stores.loc[new, "store_id"].to_numpy(), stores.loc[new, name].to_numpy()
            said = [f"store {i} {words.format(v)}" for i, v in zip(ids, values, strict=True)]
            _refuse(refused, ids, None, said)
        bad |= new
    return stores[~bad].reset_index(drop=True)


def _keyed(
    frame: pd.DataFrame, stores: pd.DataFrame, items: pd.DataFrame, name: str, refused: list[pd.DataFrame]
) -> pd.DataFrame:
    """Rows with positions of their store and item; rows of unknown ones are listed, doubles too."""
    store = pd.Index(stores["store_id"]).get_indexer(pd.Index(frame["store_id"]))
    item = pd.Index(items["sku"]).get_indexer(pd.Index(frame["sku"]))
    known = (store >= 0) & (item >= 0)
    if not known.all():
        ids, skus = frame.loc[~known, "store_id"].to_numpy(), frame.loc[~known, "sku"].to_numpy()
        what = np.where(store[~known] < 0, "store is not among the sound stores", "item is not among the sound items")
        said = [f"store {i}, item {k}: the {w}" for i, k, w in zip(ids, skus, what, strict=True)]
        _refuse(refused, ids, skus, said)
    keyed = frame.assign(_key=store * np.int64(len(items)) + item, _store=store, _item=item)[known]
    again = keyed["_key"].duplicated().to_numpy()
    _refuse_lines(keyed[again], stores, items, f"comes twice in {name}; the first row is used", refused)
    return keyed[~again]


def _refuse_lines(
    rows: pd.DataFrame,
    stores: pd.DataFrame,
    items: pd.DataFrame,
    words: str,
    refused: list[pd.DataFrame],
    name: str = "",
) -> None:
    if rows.empty:
        return
    ids = stores["store_id"].to_numpy()[rows["_store"].to_numpy()]
    skus = items["sku"].to_numpy()[rows["_item"].to_numpy()]
    shown = rows[name].to_numpy() if name else [""] * len(rows)
    said = [f"store {i}, item {k} {words.format(v)}" for i, k, v in zip(ids, skus, shown, strict=True)]
    _refuse(refused, ids, skus, said)


def _sound_stock(
    have: pd.DataFrame, stores: pd.DataFrame, items: pd.DataFrame, refused: list[pd.DataFrame]
) -> np.ndarray:
    bad = np.zeros(len(have), bool)
    for name, words in (
        ("on_hand", "has a negative or empty stock of {}; count it"),
        ("on_order", "has on_order {}; give 0 or more"),
    ):
        fault = ~(_number(have, name, 0.0) >= 0) & ~bad
        if fault.any():
            _refuse_lines(have[fault], stores, items, words, refused, name)
        bad |= fault
    return ~bad


def _sound_forecasts(
    need: pd.DataFrame, stores: pd.DataFrame, items: pd.DataFrame, refused: list[pd.DataFrame]
) -> np.ndarray:
    bad = np.zeros(len(need), bool)
    for name in ("mean_units_day", "sd_units_day"):
        value = _number(need, name, 0.0)
        fault = ~((value >= 0) & np.isfinite(value)) & ~bad
        if fault.any():
            _refuse_lines(need[fault], stores, items, f"has {name} {{}}; give 0 or more", refused, name)
        bad |= fault
    return ~bad


def _joined(
    have: pd.DataFrame, need: pd.DataFrame, stores: pd.DataFrame, items: pd.DataFrame, refused: list[pd.DataFrame]
) -> pd.DataFrame:
    """Lines with both stock and forecast, sorted by store and item."""
    a, b = have["_key"].to_numpy(), need["_key"].to_numpy()
    both, i, j = np.intersect1d(a, b, assume_unique=True, return_indices=True)
    if len(both) < len(a):
        lone = np.setdiff1d(np.arange(len(a)), i, assume_unique=True)
        _refuse_lines(have.iloc[lone], stores, items, "has stock but no sound forecast; forecast it", refused)
    if len(both) < len(b):
        lone = np.setdiff1d(np.arange(len(b)), j, assume_unique=True)
        _refuse_lines(need.iloc[lone], stores, items, "has a forecast but no sound stock count; count it", refused)
    have, need = have.iloc[i], need.iloc[j]
    return pd.DataFrame({
        "store": both // max(len(items), 1), "item": both % max(len(items), 1),
        "position": np.floor(_number(have, "on_hand") + _number(have, "on_order", 0.0)).astype(np.int64),
        "mean": _number(need, "mean_units_day"), "sd": _number(need, "sd_units_day", np.nan),
    })  # fmt: skip


def _arrays(lines: pd.DataFrame, items: pd.DataFrame, stores: pd.DataFrame, refused: list[pd.DataFrame]) -> OrderLines:
    store, item = lines["store"].to_numpy(), lines["item"].to_numpy()
    served, code = np.unique(store, return_inverse=True)
    start = np.append(np.flatnonzero(np.diff(code, prepend=-1)), len(code)).astype(np.int64)
    days = _number(stores, "cover_days")[store]
    life = _number(items, "shelf_life_days", np.nan)[item]
    mean = lines["mean"].to_numpy()
    variance = np.where(np.isnan(lines["sd"]), mean, lines["sd"].to_numpy() ** 2)
    cost = _number(items, "cost_rmb")
    line = np.column_stack([
        mean * days, variance * days, np.where(np.isfinite(life), mean * life, -1.0), np.nan_to_num(variance * life),
        cost[item], _number(items, "margin_rmb")[item], _number(items, "holding_rmb_day")[item] * days, cost[item],
    ])  # fmt: skip
    stores = stores.iloc[served].reset_index(drop=True)
    cash = np.nan_to_num(_number(stores, "cash_rmb", np.inf), nan=np.inf) + np.nan_to_num(
        _number(stores, "credit_rmb", 0.0)
    )
    floor = np.nan_to_num(_number(stores, "min_order_rmb", 0.0))
    listed = (
        pd.concat(refused, ignore_index=True).drop_duplicates(ignore_index=True)
        if refused
        else pd.DataFrame({"store_id": [], "sku": [], "reason": []})
    )
    pack = _number(items, "case_pack")[item].astype(np.int64)
    return OrderLines(stores, items, start, item, lines["position"].to_numpy(), pack, line, floor, cash, listed)
