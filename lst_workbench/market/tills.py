"""What the shops with a till sold and what stores ordered, where a market has any."""

from collections.abc import Callable, Iterable
from functools import partial

import pandas as pd

from lst_workbench.contracts import InputError, Items, Orders, Sales
from lst_workbench.contracts.table import Table
from lst_workbench.market.bundle import Market
from lst_workbench.market.records import drawn, has_drawn_records, own_file, own_table, start_month
from lst_workbench.market.synthetic.items import draw_catalogue, draw_item_sales
from lst_workbench.market.synthetic.orders import draw_orders
from lst_workbench.market.synthetic.sales import draw_sales

SALES_FILE, ORDERS_FILE = "sales.parquet", "orders.parquet"
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
    wanted = _within(market, prefectures)
    if path := own_file(market, SALES_FILE):
        return _of(wanted, own_table(path, Sales, market))
    return _drawn(
        market, _tills(market, wanted), Sales, lambda group, *rest: draw_sales(group["store_id"].to_list(), *rest)
    )


def read_orders(market: Market, prefectures: Iterable[int] | None = None) -> pd.DataFrame | None:
    """Orders of the market's stores on the platform, since they joined; None where it has none.

    A market's folder may hold ``orders.parquet`` (contract `Orders`). A synthetic market without one has the orders of
    its participants drawn, the same for the same seed: whoever shows them must say that they are synthetic.

    Parameters
    ----------
    market : Market
        The market.
    prefectures : iterable of int, optional
        Codes of the prefectures whose stores are wanted; all by default.

    Raises
    ------
    InputError
        ``orders.parquet`` is no such table, or names stores that the market does not have.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> orders = read_orders(read_market(data_folder() / "sample"))
    >>> bool(500 < orders["order_rmb"].mean() < 1500)
    True
    """
    wanted = _within(market, prefectures)
    if path := own_file(market, ORDERS_FILE):
        return _of(wanted, own_table(path, Orders, market))
    joined = market.participants.merge(wanted[["store_id", "prefecture_code"]], on="store_id")
    return _drawn(market, joined, Orders, draw_orders)


def read_items(market: Market, prefectures: Iterable[int] | None = None) -> tuple[pd.DataFrame, pd.DataFrame] | None:
    """Items and their weekly sales by store, where a market has any; None where it has none.

    A market's folder may hold ``items.parquet`` (contract `Items`) and ``item_sales.parquet`` (contract `Sales`, level
    sku: a row for every item that a store carries, sold or not). A synthetic market without them has both drawn, the
    same for the same seed: whoever shows them must say that they are synthetic.

    Parameters
    ----------
    market : Market
        The market.
    prefectures : iterable of int, optional
        Codes of the prefectures whose sales are wanted; all by default.

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
    wanted = _within(market, prefectures)
    items_path, sales_path = (own_file(market, name) for name in ITEM_FILES)
    if items_path and sales_path:
        items, sales = Items.check(pd.read_parquet(items_path), str(items_path)), own_table(sales_path, Sales, market)
        faults = ["item_level must be sku in every row"] if (sales["item_level"] != "sku").any() else []
        if lost := sorted(set(sales["item_id"]) - set(items["sku"])):
            faults.append(f"{len(lost):,} items are not in {ITEM_FILES[0]} (first {lost[0]}); describe or drop them")
        if faults:
            raise InputError(str(sales_path), faults)
        return items, _of(wanted, sales)
    if items_path or sales_path:
        raise InputError(str(market.folder), [f"it has one of {' and '.join(ITEM_FILES)}; give both, or neither"])
    catalogue = draw_catalogue(market.meta.seed or 0)
    sold = _drawn(market, _tills(market, wanted), Sales, partial(draw_item_sales, catalogue))
    return None if sold is None else (Items.check(catalogue.items), sold)


def _within(market: Market, prefectures: Iterable[int] | None) -> pd.DataFrame:
    """Give the stores of these prefectures; all without any."""
    return market.stores if prefectures is None else market.stores[market.stores["prefecture_code"].isin(prefectures)]


def _of(wanted: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """Keep the records of these stores."""
    return records[records["store_id"].isin(wanted["store_id"])].reset_index(drop=True)


def _drawn(
    market: Market, stores: pd.DataFrame, contract: type[Table], draw: Callable[..., pd.DataFrame]
) -> pd.DataFrame | None:
    """Draw records of these stores by `draw(stores, monthly sales, prefecture, seed, month)`; None if none can be."""
    if not has_drawn_records(market):
        return None
    monthly = market.truth["stores"].set_index("store_id")["sales_rmb_month"]
    month, seed = start_month(market), market.meta.seed or 0
    return drawn(market, stores, contract, lambda group, code: draw(group, monthly, code, seed, month))


def _tills(market: Market, wanted: pd.DataFrame) -> pd.DataFrame:
    """Give the stores with a till in a synthetic market: its active participants."""
    active = market.participants.loc[market.participants["active"], "store_id"]
    return wanted[wanted["store_id"].isin(active)]
