"""Sales of the shops with a till, where a market has any."""

import ast
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from lst_workbench.contracts import InputError, Items, Sales
from lst_workbench.market.bundle import Market
from lst_workbench.market.synthetic.items import draw_catalogue, draw_item_sales
from lst_workbench.market.synthetic.sales import draw_sales

SALES_FILE = "sales.parquet"
ITEM_FILES = ("items.parquet", "item_sales.parquet")


def read_sales(market: Market, prefectures: Iterable[int] | None = None) -> pd.DataFrame | None:
    """Weekly sales over the counter of the market's shops with a till; None where it has none.

    A market's folder may hold ``sales.parquet`` (contract `Sales`). A synthetic market without one has the tills of its
    active participants drawn, the same for the same seed: whoever shows them must say that they are synthetic.

    Parameters
    ----------
    market : Market
        The market.
    prefectures : iterable of int, optional
        Codes of the prefectures whose shops are wanted; all by default.

    Raises
    ------
    InputError
        ``sales.parquet`` is no such table, or names stores that the market does not have.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> sales = read_sales(read_market(data_folder() / "sample"))
    >>> sales["week"].nunique(), sales["item_id"].nunique()
    (104, 8)
    """
    wanted = market.stores if prefectures is None else market.stores[market.stores["prefecture_code"].isin(prefectures)]
    path = market.folder / SALES_FILE if market.folder is not None else None
    if path is not None and path.is_file():
        sales = _own(path, market)
        return sales[sales["store_id"].isin(wanted["store_id"])].reset_index(drop=True)
    if not market.meta.synthetic or "stores" not in market.truth:
        return None
    return _drawn(market, wanted)


def read_items(market: Market) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Items and their weekly sales by store, where a market has any; None where it has none.

    A market's folder may hold ``items.parquet`` (contract `Items`) and ``item_sales.parquet`` (contract `Sales`, level
    sku: a row for every item that a store carries, sold or not). A synthetic market without them has both drawn, the
    same for the same seed: whoever shows them must say that they are synthetic.

    Raises
    ------
    InputError
        A file is no such table, one of the two lacks, or sales name stores or items that are not there.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> items, sales = read_items(read_market(data_folder() / "sample"))
    >>> len(items), sales["week"].nunique()
    (64, 26)
    """
    folder = market.folder
    paths = [folder / name for name in ITEM_FILES] if folder is not None else []
    there = [path.is_file() for path in paths]
    if any(there):
        if not all(there):
            raise InputError(str(folder), [f"it has one of {' and '.join(ITEM_FILES)}; give both, or neither"])
        items, sales = Items.check(pd.read_parquet(paths[0]), str(paths[0])), _own(paths[1], market)
        faults = ["item_level must be sku in every row"] if (sales["item_level"] != "sku").any() else []
        if lost := sorted(set(sales["item_id"]) - set(items["sku"])):
            faults.append(f"{len(lost):,} items are not in {ITEM_FILES[0]} (first {lost[0]}); describe or drop them")
        if faults:
            raise InputError(str(paths[1]), faults)
        return items, sales
    if not market.meta.synthetic or "stores" not in market.truth:
        return None
    tills, monthly, start_month = _tills(market, market.stores)
    seed = market.meta.seed or 0
    catalogue = draw_catalogue(seed)
    drawn = [
        draw_item_sales(catalogue, group, monthly, int(code), seed, start_month)
        for code, group in tills.groupby("prefecture_code", sort=True)
    ]
    return (Items.check(catalogue.items), Sales.check(pd.concat(drawn, ignore_index=True))) if drawn else None


def _own(path: Path, market: Market) -> pd.DataFrame:
    """Sales of a market's own file; stores that the market does not have are refused."""
    sales = Sales.check(pd.read_parquet(path), str(path))
    lost = sales.loc[~sales["store_id"].isin(market.stores["store_id"]), "store_id"].unique()
    if len(lost):
        raise InputError(str(path), [f"{len(lost):,} stores are not in the market (first {lost[0]}); drop them"])
    return sales


def _tills(market: Market, wanted: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, str]:
    """Give stores with a till in a synthetic market, what each store sells in a month, and when records end."""
    parameters = market.truth["parameters"].set_index("parameter")["value"]
    active = market.participants.loc[market.participants["active"], "store_id"]
    monthly = market.truth["stores"].set_index("store_id")["sales_rmb_month"]
    return wanted[wanted["store_id"].isin(active)], monthly, str(ast.literal_eval(parameters["start_month"]))


def _drawn(market: Market, wanted: pd.DataFrame) -> pd.DataFrame | None:
    tills, monthly, start_month = _tills(market, wanted)
    drawn = [
        draw_sales(group["store_id"].to_list(), monthly, int(code), market.meta.seed or 0, start_month)
        for code, group in tills.groupby("prefecture_code", sort=True)
    ]
    return Sales.check(pd.concat(drawn, ignore_index=True)) if drawn else None
