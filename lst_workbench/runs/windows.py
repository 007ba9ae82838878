"""Rows of a stored table without the table: only the pieces of its file that may hold them are read."""

from collections.abc import Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ROWS_A_GROUP = 65_536  # a file is read in pieces of so many rows
BATCH = ROWS_A_GROUP
Wanted = Mapping[str, tuple[Any, Any] | list[Any]]


@runtime_checkable
class Windowed(Protocol):
    """Tables that lie in files."""

    def path_of(self, name: str) -> Path | None:
        """File of a table; None where the table is at hand already, or must be."""
        ...


def write_pieces(table: pd.DataFrame, path: Path) -> None:
    """Write a Parquet file in pieces; only words get a dictionary, numbers are smaller and quicker without."""
    words = [name for name, dtype in table.dtypes.items() if not pd.api.types.is_numeric_dtype(dtype)]
    table.to_parquet(path, index=False, compression="zstd", row_group_size=ROWS_A_GROUP, use_dictionary=words)


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
        return _rows_of_file(path, wanted, columns)
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
        for batch in file.iter_batches(BATCH, row_groups=groups, columns=list(columns), use_threads=False):
            yield batch.to_pandas()
    pa.default_memory_pool().release_unused()


def _rows_of_file(path: Path, wanted: Wanted, columns: Sequence[str] | None) -> pd.DataFrame:
    """Read piece by piece, and keep of each piece the wanted rows only."""
    with pq.ParquetFile(path) as file:
        names = list(columns) if columns is not None else file.schema_arrow.names
        kept = [file.schema_arrow.empty_table().select(names)]
        for group in range(file.num_row_groups):
            if _may_hold(file.metadata.row_group(group), wanted):
                piece = file.read_row_group(group, columns=[*names, *(set(wanted) - set(names))], use_threads=False)
                kept.append(piece.filter(_mask(piece, wanted)).select(names))
        frame = pa.concat_tables(kept).to_pandas()
    pa.default_memory_pool().release_unused()  # a page should not keep what it only read through
    return frame


def _mask(piece: pa.Table, wanted: Wanted) -> pa.Array:
    parts = []
    for column, of in wanted.items():
        values = piece[column]
        if isinstance(of, list):
            known = pa.array(of) if pa.types.is_dictionary(values.type) else pa.array(of, values.type)
            parts.append(pc.is_in(values.cast(known.type), value_set=known))
        else:
            low, high = (pa.scalar(end, values.type) for end in of)
            parts.append(pc.and_(pc.greater_equal(values, low), pc.less_equal(values, high)))
    return reduce(pc.and_, parts)


def _may_hold(group: Any, wanted: Wanted) -> bool:
    columns = {group.column(n).path_in_schema: group.column(n).statistics for n in range(group.num_columns)}
    for name, of in wanted.items():
        known = columns.get(name)
        if known is None or not known.has_min_max:
            continue
        if isinstance(of, list):
            if not any(known.min <= value <= known.max for value in of):
                return False
        elif known.max < of[0] or known.min > of[1]:
            return False
    return True
