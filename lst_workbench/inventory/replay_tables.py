"""Read a history of sales into days of demand, line by line; whatever has a fault is listed with a sentence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

COLUMNS = {
    "sales": ("store_id", "sku", "day", "units"),
    "items": ("sku", "case_pack", "cost_rmb", "margin_rmb", "holding_rmb_day"),
    "stores": ("store_id",),
}


@dataclass(frozen=True)
class History:
    """Lines sorted by store; ``demand`` and ``mean`` (what a forecast knew that morning) are line x day."""

    store_ids: np.ndarray
    start: np.ndarray
    demand: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    item: np.ndarray
    pack: np.ndarray
    opening: np.ndarray
    shop: np.ndarray
    delivery_rmb: np.ndarray
    refused: pd.DataFrame


def read_history(
    sales: pd.DataFrame, items: pd.DataFrame, stores: pd.DataFrame, warm_days: int, stock: pd.DataFrame | None = None
) -> History:
    """Bring the tables of `replay_policies` into arrays.

    Raises
    ------
    InputError
        When columns are missing, no line is sound, or history is too short.
    """
    tables = {"sales": sales, "items": items, "stores": stores}
    faults = [
        f"{name} lacks {', '.join(missing)}"
        for name, wanted in COLUMNS.items()
        if (missing := [column for column in wanted if column not in tables[name]])
    ]
    if faults:
        raise InputError("the tables of a replay", faults)
    items, stores = items.drop_duplicates("sku"), stores.drop_duplicates("store_id")
    numbers = items[list(COLUMNS["items"][1:])].apply(pd.to_numeric, errors="coerce")
    sound = (numbers["case_pack"] >= 1) & (numbers["cost_rmb"] > 0) & numbers.notna().all(axis=1)
    items = items.assign(**numbers)[sound]
    sales, refused = _sound_sales(sales, items, stores)
    day = _days(sales["day"])
    if sales.empty or day.max() - day.min() + 1 <= warm_days:
        said = refused["reason"].head(3).tolist()
        raise InputError("sales", [f"the replay needs more than {warm_days} days of sound sales", *said])
    pairs = sales[["store_id", "sku"]].drop_duplicates().sort_values(["store_id", "sku"], ignore_index=True)
    line = pd.MultiIndex.from_frame(pairs).get_indexer(pd.MultiIndex.from_frame(sales[["store_id", "sku"]]))
    demand, mean, spread = _demand(sales, line, (day - day.min()).to_numpy(), len(pairs), warm_days)
    store_ids, first = np.unique(pairs["store_id"].to_numpy(), return_index=True)
    goods = items.set_index("sku").loc[pairs["sku"]]
    shops = stores.set_index("store_id").loc[store_ids]
    column = {"lead_days": 1.0, "min_order_rmb": 0.0, "cash_rmb": np.inf, "delivery_rmb": 0.0}
    about = [_filled(shops, name, default) for name, default in column.items()]
    opening, unsound = _opening(pairs, stock)
    refused = pd.concat([refused, unsound], ignore_index=True)
    names = ("cost_rmb", "margin_rmb", "holding_rmb_day")
    item = np.column_stack([goods[name].to_numpy(float) for name in names] + [_filled(goods, "shelf_life_days", 0.0)])
    return History(
        store_ids, np.append(first, len(pairs)).astype(np.int64), demand, mean, spread, item,
        goods["case_pack"].to_numpy(np.int64), opening, np.column_stack(about[:3]), about[3], refused,
    )  # fmt: skip


def _opening(pairs: pd.DataFrame, stock: pd.DataFrame | None) -> tuple[np.ndarray, pd.DataFrame]:
    """Units on hand (-1 where nobody counted) and on the way of each line; counts that cannot be are listed."""
    none = pd.DataFrame({"store_id": [], "sku": [], "reason": []})
    if stock is None:
        return np.column_stack([np.full(len(pairs), -1.0), np.zeros(len(pairs))]), none
    if missing := [name for name in ("store_id", "sku", "on_hand") if name not in stock]:
        raise InputError("stock", [f"it lacks {', '.join(missing)}"])
    units = np.column_stack([_filled(stock, "on_hand", np.nan), _filled(stock, "on_order", 0.0)])
    sound = (units >= 0).all(axis=1) & ~stock.duplicated(["store_id", "sku"]).to_numpy()
    bad = stock.loc[~sound, ["store_id", "sku"]]
    words = "its stock is empty, negative or given twice; a cycle's stock is taken"
    told = bad.assign(reason=[f"store {s}, item {k}: {words}" for s, k in bad.itertuples(index=False)])
    place = pd.MultiIndex.from_frame(stock.loc[sound, ["store_id", "sku"]]).get_indexer(pd.MultiIndex.from_frame(pairs))
    known = units[sound][place] if sound.any() else np.zeros((len(pairs), 2))
    return np.where((place >= 0)[:, None], known, [-1.0, 0.0]), told


def _filled(frame: pd.DataFrame, name: str, default: float) -> np.ndarray:
    if name not in frame:
        return np.full(len(frame), default)
    return pd.to_numeric(frame[name], errors="coerce").fillna(default).to_numpy(float)


def _days(day: pd.Series) -> pd.Series:
    if pd.api.types.is_numeric_dtype(day):
        return day.astype(np.int64)
    return (pd.to_datetime(day).dt.normalize() - pd.Timestamp(0)).dt.days


def _sound_sales(sales: pd.DataFrame, items: pd.DataFrame, stores: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    units = pd.to_numeric(sales["units"], errors="coerce")
    checks = [
        (~sales["store_id"].isin(stores["store_id"]), "the store is not in stores"),
        (~sales["sku"].isin(items["sku"]), "the item is not among the sound items (case_pack, cost_rmb, margin_rmb)"),
        (~((units >= 0) & np.isfinite(units)), "units are empty or negative; give 0 or more"),
        (sales["day"].isna(), "the day is empty"),
        (sales.duplicated(["store_id", "sku", "day"]), "a day comes twice; the first row is used"),
    ]
    bad, parts = np.zeros(len(sales), bool), []
    for fault, words in checks:
        new = fault.to_numpy() & ~bad
        bad |= new
        rows = sales.loc[new, ["store_id", "sku"]].drop_duplicates()
        said = [f"store {s}, item {k}: {words}" for s, k in rows.itertuples(index=False)]
        parts.append(rows.assign(reason=said))
    return sales.assign(units=units)[~bad], pd.concat(parts, ignore_index=True)


def _demand(
    sales: pd.DataFrame, line: np.ndarray, day: np.ndarray, lines: int, warm: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Demand of each line and day, the mean of the days before in stock, and variance over mean."""
    shape = (lines, int(day.max()) + 1)
    demand, counts = np.zeros(shape), np.ones(shape)
    demand[line, day] = sales["units"].to_numpy(float)
    if "in_stock" in sales:
        out = ~sales["in_stock"].fillna(True).to_numpy(bool)
        counts[line[out], day[out]], demand[line[out], day[out]] = 0.0, 0.0
    ahead = ((0, 0), (1, 0))
    seen, there = (np.pad(np.cumsum(part, axis=1), ahead) for part in (demand, counts))
    last = np.arange(shape[1])
    first = np.maximum(last - warm, 0)
    mean = (seen[:, last] - seen[:, first]) / np.maximum(there[:, last] - there[:, first], 1.0)
    demand = np.where(counts > 0, demand, mean)
    early = demand[:, :warm]
    level = early.mean(axis=1)
    spread = np.where(level > 0, early.var(axis=1) / np.maximum(level, 1e-9), 1.0)
    return demand, mean, np.maximum(spread, 1.0)
