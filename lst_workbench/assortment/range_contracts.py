"""Exclusive contracts, category minimums and today's range as arrays; what cannot be kept is listed with a sentence."""

import numpy as np
import pandas as pd
from scipy import sparse

from lst_workbench.assortment.refusals import Refusals, check_columns


def more_columns(items: pd.DataFrame, exclusive: pd.DataFrame | None, minimums: pd.DataFrame | None) -> list[str]:
    """One sentence for each table that lacks columns."""
    faults = []
    if exclusive is not None:
        faults += check_columns("exclusive", exclusive, ["store_id", "category", "brand"])
        faults += check_columns("items", items, ["category", "brand"])
    if minimums is not None:
        faults += check_columns("minimums", minimums, ["category", "min_items"])
        faults += check_columns("items", items, ["category"])
    return list(dict.fromkeys(faults))


def pairs_of(stores: pd.DataFrame, items: pd.DataFrame, pairs: pd.DataFrame | None) -> sparse.csr_array:
    """Mark pairs of store and item, store by item; those of others are left out."""
    shape = (len(stores), len(items))
    if pairs is None:
        return sparse.csr_array(shape, dtype=np.int8)
    row = pd.Index(stores["store_id"]).get_indexer(pd.Index(pairs["store_id"]))
    column = pd.Index(items["sku"]).get_indexer(pd.Index(pairs["sku"]))
    ok = (row >= 0) & (column >= 0)
    there = sparse.csr_array((np.ones(ok.sum(), np.int8), (row[ok], column[ok])), shape)
    there.data[:] = 1
    return there


def barred_pairs(
    stores: pd.DataFrame, items: pd.DataFrame, exclusive: pd.DataFrame | None, refusals: Refusals
) -> sparse.csr_array:
    """Mark what exclusive contracts keep off the shelf: other brands of their category."""
    if exclusive is None or exclusive.empty:
        return pairs_of(stores, items, None)
    contracts = exclusive[exclusive["store_id"].isin(stores["store_id"])]
    offers = set(items[["category", "brand"]].itertuples(index=False, name=None))
    for store, category, brand in contracts[["store_id", "category", "brand"]].itertuples(index=False):
        if (category, brand) not in offers:
            words = "has no sound item: its exclusive contract leaves the category empty"
            refusals.add(store, None, f"store {store}: brand {brand} of category {category} {words}")
    goods = items[["sku", "category", "brand"]]
    rivals = contracts[["store_id", "category", "brand"]].merge(goods, on="category", suffixes=("", "_of_item"))
    return pairs_of(stores, items, rivals[rivals["brand"] != rivals["brand_of_item"]])


def contracts_agree(
    stores: pd.DataFrame, items: pd.DataFrame, must: sparse.csr_array, barred: sparse.csr_array, refusals: Refusals
) -> np.ndarray:
    """Find stores whose obligations no exclusive contract forbids; the others are listed."""
    torn = must.multiply(barred).tocoo()
    agree = np.ones(len(stores), bool)
    for s, j in zip(torn.row[torn.data > 0], torn.col[torn.data > 0], strict=True):
        store, sku = stores["store_id"].iat[s], items["sku"].iat[j]
        words = "is kept off its shelf by an exclusive contract; release one of the two"
        refusals.add(store, sku, f"store {store}: must-carry item {sku} {words}")
        agree[s] = False
    return agree


def floors_of(
    stores: pd.DataFrame, items: pd.DataFrame, minimums: pd.DataFrame | None, refusals: Refusals
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Category minimums as limits with negative loads: names, loads (limit by item), limits (store by limit)."""
    if minimums is None or minimums.empty:
        return [], np.empty((0, len(items))), np.empty((len(stores), 0))
    count = pd.to_numeric(minimums["min_items"], errors="coerce")
    wrong = ~(count >= 0) | ~minimums["category"].isin(items["category"])
    for category, least in minimums.loc[wrong, ["category", "min_items"]].itertuples(index=False):
        words = "is left out: give 0 or more items of a category that items has"
        refusals.add(None, None, f"the minimum of {least} items of category {category} {words}")
    rows = minimums.assign(min_items=count)[~wrong]
    names = list(dict.fromkeys(rows["category"]))
    load = np.array([np.where(items["category"] == name, -1.0, 0.0) for name in names]).reshape(-1, len(items))
    limit = np.full((len(stores), len(names)), np.inf)
    for k, name in enumerate(names):
        mine = rows[rows["category"] == name]
        if "store_id" in mine:
            least = stores["store_id"].map(mine.groupby("store_id")["min_items"].max()).to_numpy(float)
        else:
            least = np.full(len(stores), float(mine["min_items"].max()))
        limit[:, k] = np.where(np.isnan(least), np.inf, -least)
    return names, load, limit
