"""The state of a monitor as arrays: what never changes of items and stores, and the lines that events move."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.inventory.order_tables import OrderLines, read_order_tables

NEVER = -(2**62)
LINE = np.dtype(
    [
        *((name, "i8") for name in ("item", "add_item", "moves_to")),
        *((name, "f8") for name in ("mean_units_day", "spread", "facings", "units_facing", "add_units_day")),
        *((name, "f8") for name in ("stays_share", "counted", "moved", "sold", "price", "ordered", "delivered")),
        *((name, "i8") for name in ("counted_at", "counted_id", "sold_at", "price_at", "price_id")),
        *((name, "i8") for name in ("listed_at", "listed_id", "lot_at", "lot_until", "old_at", "old_until")),
        *((name, "f8") for name in ("lot_units", "old_units")),
        *((name, "i8") for name in ("head", "wanted", "taken", "quiet_until")),
        ("listed", "?"),
        ("short", "?"),
    ],
    align=True,
)
ITEM = np.dtype(
    [
        *((name, "f8") for name in ("cost_rmb", "margin_rmb", "holding_rmb_day", "shelf_life_days", "price_rmb")),
        *((name, "f8") for name in ("elasticity", "width_cm")),
        ("case_pack", "i8"),
    ],
    align=True,
)
STORE = np.dtype(
    [
        *((name, "f8") for name in ("cover_days", "min_order_rmb", "cash_rmb", "restock_days")),
        *((name, "f8") for name in ("shelf_price_rmb_cm_week", "order_rmb", "spend_rmb")),
        *((name, "i8") for name in ("order_mark", "cards", "quiet_until", "swap_until")),
        ("stale", "?"),
    ],
    align=True,
)
LOG = np.dtype([("at", "i8"), ("units", "f8"), ("before", "i8")], align=True)


@dataclass
class Books:
    """Stores, items and lines of a monitor; lines of store s are ``lines[start[s]:start[s + 1]]``, free ones last."""

    store_ids: pd.Index
    skus: pd.Index
    stores: np.ndarray
    items: np.ndarray
    lines: np.ndarray
    start: np.ndarray
    refused: pd.DataFrame


def open_books(
    stock: pd.DataFrame,
    forecasts: pd.DataFrame,
    items: pd.DataFrame,
    stores: pd.DataFrame,
    swaps: pd.DataFrame | None,
    since: int,
    spare: int,
) -> Books:
    """Open the books of a monitor on the tables of `propose_orders`.

    Raises
    ------
    InputError
        When columns are missing or no line is sound; single faults are listed in ``refused``.
    """
    read = read_order_tables(stock, forecasts, items, stores)
    about, shops = _items(read.items), _stores(read)
    size = np.diff(read.start) + spare
    start = np.append(0, np.cumsum(size)).astype(np.int64)
    lines = free_lines(int(start[-1]), since)
    owner = np.repeat(np.arange(len(read.stores)), np.diff(read.start))
    place = start[owner] + np.arange(len(owner)) - read.start[owner]
    mine = lines[place]
    mine["item"] = read.item
    days = shops["cover_days"][owner]
    mine["mean_units_day"] = read.line[:, 0] / days
    mine["spread"] = np.where(read.line[:, 0] > 0, read.line[:, 1] / np.maximum(read.line[:, 0], 1e-300), 1.0)
    skus, ids = pd.Index(read.items["sku"]), pd.Index(read.stores["store_id"])
    _take_stock(mine, stock, ids[owner], skus[read.item])
    refused = [read.refused]
    if swaps is not None:
        refused.append(_take_swaps(mine, swaps, ids[owner], skus))
    lines[place] = mine
    return Books(ids, skus, shops, about, lines, start, pd.concat(refused, ignore_index=True))


def free_lines(count: int, since: int) -> np.ndarray:
    """Lines without an item; whoever opens one knows nothing of its stock."""
    lines = np.zeros(count, LINE)
    for name in ("item", "add_item", "moves_to", "head"):
        lines[name] = -1
    for name in ("price_at", "listed_at", "lot_at", "old_at"):
        lines[name] = NEVER
    for name in ("price_id", "listed_id", "counted_id"):
        lines[name] = NEVER
    lines["counted"], lines["counted_at"], lines["sold_at"] = np.nan, since, since
    lines["spread"], lines["listed"] = 1.0, True
    return lines


def more_lines(books: Books, spare: int, since: int) -> np.ndarray:
    """Give every store `spare` more free lines; returns how far each store's lines moved."""
    shift = np.arange(len(books.store_ids) + 1, dtype=np.int64) * spare
    lines = free_lines(len(books.lines) + int(shift[-1]), since)
    owner = np.repeat(np.arange(len(books.store_ids)), np.diff(books.start))
    lines[np.arange(len(books.lines)) + shift[owner]] = books.lines
    books.lines, books.start = lines, books.start + shift
    return shift[:-1]


def _column(frame: pd.DataFrame, name: str, default: float) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), default)
    return pd.to_numeric(frame[name], errors="coerce").fillna(default).to_numpy(float)


def _items(frame: pd.DataFrame) -> np.ndarray:
    about = np.zeros(len(frame), ITEM)
    for name in ITEM.names or ():
        about[name] = _column(frame, name, 0.0)
    return about


def _stores(read: OrderLines) -> np.ndarray:
    shops = np.zeros(len(read.stores), STORE)
    defaults = {"cover_days": 1.0, "restock_days": 1.0, "shelf_price_rmb_cm_week": 0.0}
    for name, default in defaults.items():
        shops[name] = _column(read.stores, name, default)
    shops["min_order_rmb"], shops["cash_rmb"], shops["stale"] = read.floor, read.cash, True
    return shops


def _take_stock(lines: np.ndarray, stock: pd.DataFrame, ids: pd.Index, skus: pd.Index) -> None:
    keyed = stock.drop_duplicates(["store_id", "sku"]).set_index(["store_id", "sku"])
    mine = keyed.reindex(pd.MultiIndex.from_arrays([ids, skus]))
    lines["counted"] = _column(mine, "on_hand", np.nan)
    lines["ordered"] = _column(mine, "on_order", 0.0)
    lines["facings"], lines["units_facing"] = _column(mine, "facings", 0.0), _column(mine, "units_facing", 0.0)


def _take_swaps(lines: np.ndarray, swaps: pd.DataFrame, ids: pd.Index, skus: pd.Index) -> pd.DataFrame:
    """Read what may be dropped for what; rows that name no line or no item are listed."""
    wanted = ["store_id", "sku", "add_sku", "add_units_day"]
    if missing := [name for name in wanted if name not in swaps]:
        raise InputError("swaps", [f"it lacks {', '.join(missing)}"])
    here = pd.MultiIndex.from_arrays([ids, lines["item"]])
    theirs = pd.MultiIndex.from_arrays([swaps["store_id"], skus.get_indexer(pd.Index(swaps["sku"]))])
    row, add = here.get_indexer(theirs), skus.get_indexer(pd.Index(swaps["add_sku"]))
    ok = (row >= 0) & (add >= 0)
    lines["add_item"][row[ok]] = add[ok]
    for name in ("add_units_day", "stays_share"):
        lines[name][row[ok]] = _column(swaps, name, 0.0)[ok]
    if "moves_to" in swaps:
        lines["moves_to"][row[ok]] = skus.get_indexer(pd.Index(swaps["moves_to"]))[ok]
    lost = swaps.loc[~ok, ["store_id", "sku"]]
    said = [f"store {s}, item {k}: its swap names no line or item that is known" for s, k in lost.to_numpy()]
    return lost.assign(reason=said)
