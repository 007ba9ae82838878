"""Past credit of a market's stores, where there is any; nothing of it that names a person is ever read."""

import ast

import pandas as pd
import pyarrow.parquet as pq

from lst_workbench.contracts import CreditHistory, InputError
from lst_workbench.market.bundle import Market
from lst_workbench.market.synthetic.credit import draw_credit

CREDIT_FILE = "credit.parquet"


def read_credit(market: Market) -> pd.DataFrame | None:
    """Past credit of the market's stores; None where it has none.

    A market's folder may hold ``credit.parquet`` (contract `CreditHistory`): only the contract's columns are read, so
    that names of owners, phones and identity numbers beside them never come into the program. A synthetic market
    without one has a trial drawn, the same for the same seed: whoever shows it must say that it is synthetic.

    Raises
    ------
    InputError
        ``credit.parquet`` is no such table, names stores that the market does not have, or a default is before its
        decision.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> past = read_credit(read_market(data_folder() / "sample"))
    >>> bool(0.6 < past["approved"].mean() < 0.95)
    True
    """
    path = market.folder / CREDIT_FILE if market.folder is not None else None
    if path is None or not path.is_file():
        return _drawn(market)
    try:
        there = pq.ParquetFile(path).schema_arrow.names
        history = pd.read_parquet(path, columns=[name for name in CreditHistory.columns() if name in there])
    except (ValueError, OSError) as error:
        fault = f"it is no Parquet table ({type(error).__name__}); write it again"
        raise InputError(str(path), [fault]) from None
    try:
        history = CreditHistory.check(history, str(path), allow_empty=False)
    except InputError as error:
        # What stands in brackets quotes values, and a value in a wrong column may be a person's.
        told = [f"{fault.partition(' (')[0]}; see contract credit_history" for fault in error.faults]
        raise InputError(str(path), told) from None
    faults = []
    lost = history.loc[~history["store_id"].isin(market.stores["store_id"]), "store_id"]
    if len(lost):
        faults.append(f"{len(lost):,} stores are not in the market (first {lost.iloc[0]}); drop them")
    if early := int((history["defaulted"] < history["decided"]).sum()):
        faults.append(f"{early:,} defaults are dated before the decision; mend the dates")
    if faults:
        raise InputError(str(path), faults)
    return history


def _drawn(market: Market) -> pd.DataFrame | None:
    if not market.meta.synthetic or "stores" not in market.truth:
        return None
    parameters = market.truth["parameters"].set_index("parameter")["value"]
    start_month = str(ast.literal_eval(parameters["start_month"]))
    hidden = market.truth["stores"][["store_id", "sales_rmb_month", "store_effect", "drive"]]
    parts = [
        draw_credit(group, hidden, int(code), market.meta.seed or 0, start_month)
        for code, group in market.stores.groupby("prefecture_code", sort=True)
    ]
    return CreditHistory.check(pd.concat(parts, ignore_index=True)) if parts else None
