"""Sales of the shops with a till, where a market has any."""

import ast
from collections.abc import Iterable

import pandas as pd

from lst_workbench.contracts import InputError, Sales
from lst_workbench.market.bundle import Market
from lst_workbench.market.synthetic.sales import draw_sales

SALES_FILE = "sales.parquet"


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
        sales = Sales.check(pd.read_parquet(path), str(path))
        lost = sales.loc[~sales["store_id"].isin(market.stores["store_id"]), "store_id"].unique()
        if len(lost):
            raise InputError(str(path), [f"{len(lost):,} stores are not in the market (first {lost[0]}); drop them"])
        return sales[sales["store_id"].isin(wanted["store_id"])].reset_index(drop=True)
    if not market.meta.synthetic or "stores" not in market.truth:
        return None
    return _drawn(market, wanted)


def _drawn(market: Market, wanted: pd.DataFrame) -> pd.DataFrame | None:
    parameters = market.truth["parameters"].set_index("parameter")["value"]
    start_month = str(ast.literal_eval(parameters["start_month"]))
    monthly = market.truth["stores"].set_index("store_id")["sales_rmb_month"]
    active = market.participants.loc[market.participants["active"], "store_id"]
    tills = wanted[wanted["store_id"].isin(active)]
    drawn = [
        draw_sales(group["store_id"].to_list(), monthly, int(code), market.meta.seed or 0, start_month)
        for code, group in tills.groupby("prefecture_code", sort=True)
    ]
    return Sales.check(pd.concat(drawn, ignore_index=True)) if drawn else None
