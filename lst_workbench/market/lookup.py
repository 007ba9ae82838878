"""Stores by what people call them: the analyst's own id, or the store_id of the market."""

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.market.bundle import Market
from lst_workbench.runs import where

BY_NUMBER = "#"  # before a store_id that is also somebody's own id
SHOWN = 3


def find_store(market: Market, word: str | int) -> int:
    """Give the store_id of the store that is meant: own ids of the list come first, then store_ids; #17 is store_id 17.

    Parameters
    ----------
    market : Market
        The market.
    word : str or int
        Own id (`source_id`), store_id, or store_id after #.

    Raises
    ------
    InputError
        No store is called so, or several are.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> find_store(read_market(data_folder() / "sample"), "341000000000")
    341000000000
    """
    name = str(word).strip()
    number = name.removeprefix(BY_NUMBER)
    found = pd.Series(dtype="int64")
    if not name.startswith(BY_NUMBER):
        found = where(market.tables, "stores", {"source_id": [name]}, ["store_id"])["store_id"]
    if found.empty and number.isdecimal():
        wanted = (int(number), int(number))
        found = where(market.tables, "stores", {"store_id": wanted}, ["store_id"])["store_id"]
    if len(found) == 1:
        return int(found.iloc[0])
    if found.empty:
        raise InputError(f"store {name}", [f"{market.meta.name} has no such store; give its own id or its store_id"])
    first = ", ".join(f"{BY_NUMBER}{store_id}" for store_id in found.head(SHOWN))
    raise InputError(f"store {name}", [f"{len(found):,} stores have this id; give one by its store_id ({first})"])


def with_store_ids(market: Market, table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Give a list of stores its store_ids where it names them by their own ids (`source_id`).

    Parameters
    ----------
    market : Market
        The market.
    table : DataFrame
        With store_id, or with source_id in its place.
    name : str
        What the list is called in errors.

    Raises
    ------
    InputError
        Own ids that no store has, or several have.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> market = read_market(data_folder() / "sample")
    >>> with_store_ids(market, pd.DataFrame({"store_id": [341000000000]}), "excluded").columns.tolist()
    ['store_id']
    """
    if "store_id" in table or "source_id" not in table:
        return table
    wanted = table["source_id"].astype("str").str.strip()
    known = where(market.tables, "stores", {"source_id": wanted.tolist()}, ["source_id", "store_id"])
    several = known.loc[known["source_id"].duplicated(), "source_id"].unique()
    unknown = wanted[~wanted.isin(known["source_id"])].unique()
    faults = [
        f"{len(ids):,} ids are {what} (first {', '.join(map(str, ids[:SHOWN]))}); {mend}"
        for ids, what, mend in (
            (unknown, "of no store", "drop them"),
            (several, "of several stores", "give their store_id in a column store_id"),
        )
        if len(ids)
    ]
    if faults:
        raise InputError(name, faults)
    ids = wanted.map(known.set_index("source_id")["store_id"]).astype("int64")
    return table.drop(columns="source_id").assign(store_id=ids.to_numpy())
