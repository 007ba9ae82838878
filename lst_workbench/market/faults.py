"""Everything that can be wrong with a market's tables, found at once and said in sentences."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError, Table
from lst_workbench.market.bundle import OPTIONAL_TABLES, TABLES

MAY_BE_EMPTY = {"participants", "rivals"}
# The rectangle around China in which a latitude cannot be taken for a longitude.
CHINA_LAT, CHINA_LON = (3.0, 54.0), (73.0, 136.0)
FOREIGN_KEYS = (  # table, column, table it points to, column there
    ("cells", "place_id", "places", "place_id"),
    ("stores", "place_id", "places", "place_id"),
    ("stores", "place_id", "territories", "place_id"),
    ("territories", "place_id", "places", "place_id"),
    ("participants", "store_id", "stores", "store_id"),
    ("sites", "feeds_from", "sites", "site_id"),
)
SHOWN = 3


def checked_tables(tables: Mapping[str, pd.DataFrame], where: str) -> dict[str, pd.DataFrame]:
    """Return the tables in their contracts' dtypes and order of columns, or name every fault of all of them.

    Raises
    ------
    InputError
        Missing columns, wrong types, values out of bounds, double ids, no rows, swapped coordinates, ids that point
        to nothing, no front warehouse.
    """
    contracts = TABLES | OPTIONAL_TABLES
    checked: dict[str, pd.DataFrame] = {}
    faults: list[str] = []
    for name, frame in tables.items():
        swapped, righted = _swapped_coordinates(frame, contracts[name])
        faults += [f"{name}.parquet: {fault}" for fault in [*swapped, *_infinite(righted, contracts[name])]]
        try:
            table = contracts[name].check(righted, name, allow_empty=name in MAY_BE_EMPTY)
            columns = contracts[name].columns()
            checked[name] = table[columns + [column for column in table if column not in columns]]
        except InputError as error:
            faults += [f"{name}.parquet: {fault}" for fault in error.faults]
    faults += _dangling(checked)
    if "sites" in checked and not (checked["sites"]["tier"] == "front").any():
        faults.append(
            "sites.parquet: none is of tier front; give at least one front warehouse, stores are served from those"
        )
    if faults:
        raise InputError(where, faults)
    return checked


def _infinite(frame: pd.DataFrame, contract: type[Table]) -> list[str]:
    """Columns that hold an infinite number: a contract's bounds do not catch it where there is no upper one."""
    faults = []
    for name, column in frame.select_dtypes("number").items():
        if (rows := np.flatnonzero(np.isinf(column.to_numpy(np.float64, na_value=np.nan)))).size:
            first = contract.row_named(frame.index[rows[0]], frame)
            faults.append(f"column {name} is infinite in {len(rows):,} rows, first in {first}; give a number")
    return faults


def _swapped_coordinates(frame: pd.DataFrame, contract: type[Table]) -> tuple[list[str], pd.DataFrame]:
    """Rows whose latitude is a longitude of China and the reverse; the second value has them the right way round."""
    if not {"lat", "lon"} <= set(frame):
        return [], frame
    lat, lon = (pd.to_numeric(frame[side], errors="coerce") for side in ("lat", "lon"))
    rows = np.flatnonzero(lat.between(*CHINA_LON) & lon.between(*CHINA_LAT))
    if not len(rows):
        return [], frame
    righted = frame.assign(lat=lat, lon=lon)
    righted.loc[righted.index[rows], ["lat", "lon"]] = np.column_stack((lon.iloc[rows], lat.iloc[rows]))
    first = contract.row_named(frame.index[rows[0]], frame)
    return [
        f"lat and lon are swapped in {len(rows):,} of {len(frame):,} rows, first in {first}; swap them back"
    ], righted


def _dangling(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    faults = []
    for table, column, target, key in FOREIGN_KEYS:
        if table not in tables or target not in tables:
            continue
        pointers = tables[table][column].dropna()
        lost = pointers[~pointers.isin(tables[target][key])]
        if len(lost):
            first = ", ".join(str(value) for value in lost.unique()[:SHOWN])
            faults.append(
                f"{table}.parquet: {column} of {len(lost):,} rows is not in {target} (first {first}); add or drop them"
            )
    return faults
