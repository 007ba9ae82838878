"""Rows of a stored table without the table: only the pieces of its file that may hold them are read."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd
import pyarrow.parquet as pq

ROWS_A_GROUP = 65_536  # a file is read in pieces of so many rows
BATCH = 4 * ROWS_A_GROUP
Wanted = Mapping[str, tuple[Any, Any] | list[Any]]


@runtime_checkable
class Windowed(Protocol):
    """Tables that lie in files."""

    def path_of(self, name: str) -> Path | None:
        """File of a table; None where the table is at hand already, or must be."""
        ...


def where(
    tables: Mapping[str, pd.DataFrame], name: str, wanted: Wanted, columns: Sequence[str] | None = None
) -> pd.DataFrame:
    """Rows of a table whose columns lie in a range, both ends included, or are one of a list.

    Parameters
    ----------
    tables : mapping
        Tables by name; those in files are not read whole.
    name : str
        Of the table.
    wanted : mapping
        ``(low, high)`` or a list of values by column.
    columns : sequence of str, optional
        Columns to return; all by default.

    Examples
    --------
    >>> where({"stores": pd.DataFrame({"store_id": [1, 2, 3]})}, "stores", {"store_id": (2, 9)})["store_id"].tolist()
    [2, 3]
    """
    path = tables.path_of(name) if isinstance(tables, Windowed) else None
    if path is not None:
        return pq.read_table(path, filters=_filters(wanted), columns=columns and list(columns)).to_pandas()
    frame = tables[name]
    kept = pd.Series(True, index=frame.index)
    for column, of in wanted.items():
        kept &= frame[column].isin(of) if isinstance(of, list) else frame[column].between(*of)
    return (frame[kept] if columns is None else frame.loc[kept, list(columns)]).reset_index(drop=True)


def pieces(
    tables: Mapping[str, pd.DataFrame], name: str, columns: Sequence[str], wanted: Wanted | None = None
) -> Iterator[pd.DataFrame]:
    """Give a table piece by piece, so that it is never in memory as a whole.

    Pieces without any wanted row may be left out; others hold unwanted rows too.
    """
    path = tables.path_of(name) if isinstance(tables, Windowed) else None
    if path is None:
        yield tables[name][list(columns)]
        return
    with pq.ParquetFile(path) as file:
        groups = [n for n in range(file.num_row_groups) if _may_hold(file.metadata.row_group(n), wanted or {})]
        for batch in file.iter_batches(BATCH, row_groups=groups, columns=list(columns)):
            yield batch.to_pandas()


def _filters(wanted: Wanted) -> list[tuple[str, str, Any]]:
    found: list[tuple[str, str, Any]] = []
    for column, of in wanted.items():
        found += [(column, "in", of)] if isinstance(of, list) else [(column, ">=", of[0]), (column, "<=", of[1])]
    return found


def _may_hold(group: Any, wanted: Wanted) -> bool:
    columns = {group.column(n).path_in_schema: group.column(n).statistics for n in range(group.num_columns)}
    for name, of in wanted.items():
        known = columns.get(name)
        if known is None or not known.has_min_max:
            continue
        low, high = (min(of), max(of)) if isinstance(of, list) else of
        if known.max < low or known.min > high:
            return False
    return True
