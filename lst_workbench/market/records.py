"""Records beside the bundle: a market's own files, or what is drawn for a synthetic market; shared by their readers."""

import ast
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.contracts.table import Table
from lst_workbench.market.bundle import Market
from lst_workbench.market.synthetic.stores import IDS_PER_PREFECTURE
from lst_workbench.market.synthetic.streams import stream


def own_file(market: Market, name: str) -> Path | None:
    """Give the market's own file of that name, where its folder holds one."""
    path = market.folder / name if market.folder is not None else None
    return path if path is not None and path.is_file() else None


def own_table(path: Path, contract: type[Table], market: Market) -> pd.DataFrame:
    """Read a market's own file; stores that the market does not have are refused."""
    table = contract.check(pd.read_parquet(path), str(path))
    lost = table.loc[~table["store_id"].isin(market.stores["store_id"]), "store_id"].unique()
    if len(lost):
        raise InputError(str(path), [f"{len(lost):,} stores are not in the market (first {lost[0]}); drop them"])
    return table


def has_drawn_records(market: Market) -> bool:
    """Whether records can be drawn: the market is synthetic, and what it was drawn with is there."""
    return market.meta.synthetic and "stores" in market.truth


def start_month(market: Market) -> str:
    """First month of the plan of a synthetic market: its records end before."""
    return str(_parameter(market, "start_month", "'2017-09-01'"))


def drawn(
    market: Market, stores: pd.DataFrame, contract: type[Table], draw: Callable[[pd.DataFrame, int], pd.DataFrame]
) -> pd.DataFrame | None:
    """Draw the records of these stores prefecture by prefecture: a part alone has those of the same part of the nation.

    Parameters
    ----------
    market : Market
        A synthetic one.
    stores : DataFrame
        store_id, prefecture_code, and what `draw` needs.
    contract : type of Table
        What is drawn.
    draw : callable
        Gives the records of the stores of one prefecture, by its code.
    """
    share, parts = float(str(_parameter(market, "recorded_share", "1.0"))), []
    for key, group in stores.groupby("prefecture_code", sort=True):
        code = int(str(key))
        records = draw(group, code)
        parts.append(records[_on_record(records["store_id"], share, market.meta.seed or 0, code)])
    return contract.check(pd.concat(parts, ignore_index=True)) if parts else None


def _on_record(stores: pd.Series, share: float, seed: int, prefecture_code: int) -> np.ndarray:
    """Whether records are of stores in the sample; a larger sample holds the smaller."""
    if share >= 1 or stores.empty:
        return np.ones(len(stores), bool)
    place = stores.to_numpy(np.int64) - prefecture_code * IDS_PER_PREFECTURE
    return (stream(seed, "records", prefecture_code).random(int(place.max()) + 1) < share)[place]


def _parameter(market: Market, name: str, usual: str) -> object:
    return ast.literal_eval(str(market.truth["parameters"].set_index("parameter")["value"].get(name, usual)))
