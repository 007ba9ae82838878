"""Past credit of a market's stores, where there is any; nothing of it that names a person is ever read."""

import pandas as pd
import pyarrow.parquet as pq

from lst_workbench.contracts import CreditHistory, CreditPayments, InputError
from lst_workbench.contracts.table import Table
from lst_workbench.market.bundle import Market
from lst_workbench.market.records import drawn, has_drawn_records, own_file, start_month
from lst_workbench.market.synthetic.credit import draw_credit, draw_payments

CREDIT_FILE, PAYMENTS_FILE = "credit.parquet", "credit_payments.parquet"


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
    history = _read(market, CREDIT_FILE, CreditHistory)
    if history is None:
        return _drawn(market)
    path = str(own_file(market, CREDIT_FILE))
    faults = []
    lost = history.loc[~history["store_id"].isin(market.stores["store_id"]), "store_id"]
    if len(lost):
        faults.append(f"{len(lost):,} stores are not in the market (first {lost.iloc[0]}); drop them")
    if early := int((history["defaulted"] < history["decided"]).sum()):
        faults.append(f"{early:,} defaults are dated before the decision; mend the dates")
    if faults:
        raise InputError(path, faults)
    return history


def read_payments(market: Market) -> pd.DataFrame | None:
    """How late stores with credit were, month by month; None where nobody knows.

    ``credit_payments.parquet`` of the market's folder (contract `CreditPayments`, no other column is read), or drawn
    in step with a drawn trial.

    Raises
    ------
    InputError
        ``credit_payments.parquet`` is no such table.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> late = read_payments(read_market(data_folder() / "sample"))["days_past_due"]
    >>> bool((late == 0).mean() > 0.8 and late.max() < 120)
    True
    """
    payments = _read(market, PAYMENTS_FILE, CreditPayments)
    if payments is None and own_file(market, CREDIT_FILE) is None and (history := _drawn(market)) is not None:
        payments = CreditPayments.check(draw_payments(history, market.meta.seed or 0, start_month(market)))
    return payments


def _read(market: Market, name: str, contract: type[Table]) -> pd.DataFrame | None:
    """Read the contract's columns of a file of the market, and no other; None where there is no file."""
    path = own_file(market, name)
    if path is None:
        return None
    try:
        there = pq.ParquetFile(path).schema_arrow.names
        table = pd.read_parquet(path, columns=[name for name in contract.columns() if name in there])
    except (ValueError, OSError) as error:
        fault = f"it is no Parquet table ({type(error).__name__}); write it again"
        raise InputError(str(path), [fault]) from None
    try:
        return contract.check(table, str(path), allow_empty=False)
    except InputError as error:
        # What stands in brackets quotes values, and a value in a wrong column may be a person's.
        told = [f"{fault.partition(' (')[0]}; see the contract {contract.__name__}" for fault in error.faults]
        raise InputError(str(path), told) from None


def _drawn(market: Market) -> pd.DataFrame | None:
    if not has_drawn_records(market):
        return None
    month, seed = start_month(market), market.meta.seed or 0
    hidden = market.truth["stores"][["store_id", "sales_rmb_month", "store_effect", "drive"]]
    return drawn(
        market, market.stores, CreditHistory, lambda group, code: draw_credit(group, hidden, code, seed, month)
    )
