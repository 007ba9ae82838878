"""Read a stranger's table from a database, as text columns; nothing there is ever changed."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa

from lst_workbench.contracts import InputError
from lst_workbench.market.importing.geometry import with_geometry, with_positions
from lst_workbench.market.importing.notes import note
from lst_workbench.market.importing.personal import without_personal
from lst_workbench.market.importing.raw import RawTable, distinct

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Executable

ROWS_AT_ONCE = 50_000
SAID_MOST = 200  # characters of what a server says
ANSWER_RATHER = "give one that answers, or export the table to a file"
READING = r"^\s*(select|with|values|table)\b"


def is_database(source: object) -> bool:
    """Whether a source is a database's URL rather than a file.

    Examples
    --------
    >>> is_database("postgresql+psycopg://analyst@db/shops"), is_database("shops.csv")
    (True, False)
    """
    return bool(re.match(r"^[a-z][a-z0-9_+]*://", str(source), re.IGNORECASE))


def read_database(url: str, table: str | None = None, query: str | None = None) -> RawTable:
    """Read a table, or what a query selects, through a SQLAlchemy URL; whatever the query changes is rolled back.

    Positions in a geometry column (PostGIS, or WKB as bytes or hexadecimal text) become lat and lon.

    Parameters
    ----------
    url : str
        As "postgresql+psycopg://user@host/database"; its password is never shown.
    table : str, optional
        Name of a table or view, with its schema where needed ("sales.shops").
    query : str, optional
        A SELECT, in place of a table.

    Raises
    ------
    InputError
        The URL, the table or the query cannot be used, or no row comes.

    Examples
    --------
    >>> import sqlite3, tempfile
    >>> file = tempfile.mkdtemp() + "/shops.db"
    >>> with sqlite3.connect(file) as made:
    ...     _ = made.execute("create table shops as select '张记' as name, 29.71 as lat, 118.31 as lon")
    >>> read_database(f"sqlite:///{file}", "shops").frame.iloc[0].tolist()
    ['张记', '29.71', '118.31']
    """
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    known = _known_url(url)
    where = f"{known.drivername}://{known.host or ''}/{known.database or ''}"
    if bool(table) == bool(query):
        raise InputError(where, ["say what to read: either a table or a query"])
    if query and not re.match(READING, query, re.IGNORECASE):
        raise InputError(where, ["the query does not select rows; begin it with SELECT or WITH"])
    try:
        engine = create_engine(known)
        with engine.connect() as connection:
            frame = _fetched(connection, _selection(table, query))
    except (SQLAlchemyError, ImportError) as error:
        said = without_personal(" ".join(str(getattr(error, "orig", None) or error).split())[:SAID_MOST])
        raise InputError(where, [f"it cannot be read ({said}); {ANSWER_RATHER}"]) from None
    if not len(frame):
        raise InputError(where, [f"{table or 'the query'} has no rows; {ANSWER_RATHER}"])
    frame, notes = with_geometry(frame)
    name = known.get_backend_name()
    read = note("table", database=name, table=table) if table else note("query", database=name)
    return with_positions(RawTable(frame, [], [read, *notes]))


def _known_url(url: str) -> "URL":
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except (ArgumentError, ValueError):  # the text may hold a password: it is not repeated
        raise InputError(
            "the database's URL", ["it cannot be read; write it as postgresql+psycopg://user@host/database"]
        ) from None


def _selection(table: str | None, query: str | None) -> "Executable":
    from sqlalchemy import literal_column, select, text
    from sqlalchemy import table as named

    if query:
        return text(query.rstrip("; \n").replace(":", r"\:"))  # a colon is SQL's own (::text), no parameter
    schema, _, name = str(table).rpartition(".")
    return select(literal_column("*")).select_from(named(name, schema=schema or None))


def _fetched(connection: "Connection", selection: "Executable") -> pd.DataFrame:
    """Rows as columns of text, fetched piece by piece; nothing is committed."""
    options = {"stream_results": True, "postgresql_readonly": True}
    result = connection.execution_options(**options).execute(selection)
    names = distinct(list(map(str, result.keys())))
    pieces = [[_as_text(column) for column in zip(*rows, strict=True)] for rows in result.partitions(ROWS_AT_ONCE)]
    columns = [pa.chunked_array(list(column), pa.large_string()) for column in zip(*pieces, strict=True)]
    return pa.table(columns, names=names).to_pandas() if columns else pd.DataFrame(columns=names)


def _as_text(values: Sequence[Any]) -> pa.Array:
    return pa.array([_cell(value) for value in values], pa.large_string())


def _cell(value: Any) -> str | None:
    """Text of a value; bytes in hexadecimal, text that is no Unicode with marks."""
    if value is None:
        return None
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value).encode("utf-8", "replace").decode("utf-8").replace("\0", "")
