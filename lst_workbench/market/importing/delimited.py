"""Text with delimiters: its encoding, its delimiter, its header, its rows."""

import csv
import gzip
import io
import re
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from lst_workbench.contracts import InputError
from lst_workbench.market.importing.notes import note
from lst_workbench.market.importing.raw import KNOWN_FIELDS, TITLE_ROWS_MOST, Header, RawTable, header_of

DELIMITERS = ",;\t|"
ARCHIVE, OLD_EXCEL, GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|table|\?xml)", re.IGNORECASE)
UNPACKED_MOST_BYTES = 2_000_000_000
HEADER_MOST = 5000  # characters of a line that is looked at for a header
HEAD, BLOCK_BYTES, BLOCK_MOST_BYTES = 65_536, 16 << 20, (1 << 31) - 1
WIDE_SHARE = 16  # of the bytes of a table in UTF-16 one in so many at least is a zero, on one side
ROWS_TRIED = 10


def read_text(path: Path) -> RawTable:
    """Read text with delimiters (UTF-8, UTF-16, GB18030; delimiter and lines above the header are found out).

    Raises
    ------
    InputError
        It is an archive, an old spreadsheet or a web page.
    """
    content = _unpacked(path)
    text, encoding = _decoded(content)
    if "\0" in text:
        text = text.replace("\0", "")
    if "\r" in text[:HEAD] and "\n" not in text[:HEAD]:
        text = text.replace("\r", "\n")
    if WEB_PAGE.match(text[:HEAD]):
        raise InputError(str(path), ["it is a web page, not a table; open it and save it as CSV or .xlsx"])
    header, delimiter = _layout(text[:HEAD].lstrip("\r\n"))
    body = text.lstrip("\r\n") if header.above else text
    for _ in range(header.above):
        body = body[body.find("\n") + 1 :]
    table, broken, found = _parsed(_with_last_field(body, delimiter).encode("utf-8", "replace"), delimiter)
    read = note("text", encoding=encoding, delimiter=repr(delimiter))
    return RawTable(_frame(table, header), broken, [read, *header.notes(), *found])


def _unpacked(path: Path) -> bytes:
    """Bytes of the file, of a .gz unpacked; what is no text at all is refused."""
    content = path.read_bytes()
    if content[:2] == GZIP:
        with gzip.open(path) as file:
            content = file.read(UNPACKED_MOST_BYTES + 1)
        if len(content) > UNPACKED_MOST_BYTES:
            raise InputError(str(path), [f"it unpacks to over {UNPACKED_MOST_BYTES / 1e6:,.0f} MB; give it in parts"])
    if content[:4] == ARCHIVE:
        raise InputError(str(path), ["it is an archive or a spreadsheet, not text; unpack it or save it as .xlsx"])
    if content[:4] == OLD_EXCEL:
        raise InputError(str(path), ["it is an Excel file of before 2007; save it as .xlsx or CSV"])
    return content


def _decoded(content: bytes) -> tuple[str, str]:
    """Text of the bytes, and the encoding; bytes of no encoding become replacement marks."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace"), "UTF-16"
    even, odd = (content[side:HEAD:2].count(0) for side in (0, 1))
    if max(even, odd) > max(len(content[:HEAD]) / WIDE_SHARE, 4 * min(even, odd)):
        return content.decode("utf-16-le" if odd > even else "utf-16-be", "replace"), "UTF-16"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    damaged = {encoding: content.decode(encoding, "replace") for encoding in ("utf-8", "gb18030")}
    best = min(damaged, key=lambda encoding: damaged[encoding].count("\ufffd"))
    return damaged[best].lstrip("\ufeff"), f"{best} with damaged characters"


def _layout(head: str) -> tuple[Header, str]:
    """Find the header and the delimiter: the pair that makes most headers known."""
    lines = head.splitlines()[:TITLE_ROWS_MOST]
    first = next(iter(lines), "")
    usual = max(DELIMITERS, key=first.count)
    found = [(header_of([_fields(line[:HEADER_MOST], mark) for line in lines]), mark) for mark in DELIMITERS]
    header, mark = max(found, key=lambda one: one[0].known)
    if header.known >= KNOWN_FIELDS:
        return header, mark
    return Header([]), usual if usual in first else ","


def _fields(line: str, delimiter: str) -> list[str]:
    return next(csv.reader([line], delimiter=delimiter), [])


def _with_last_field(body: str, delimiter: str) -> str:
    """Text whose header ends with the delimiter where all rows do, and the header alone does not."""
    first, *rows = [line for line in body[:HEAD].splitlines() if line.strip()][: ROWS_TRIED + 1] or [""]
    width = len(_fields(first, delimiter)) + 1
    if rows and all(row.endswith(delimiter) and len(_fields(row, delimiter)) == width for row in rows):
        return body.replace(first, first + delimiter, 1)
    return body


def _frame(table: pa.Table, header: Header) -> pd.DataFrame:
    """Rows below the header as text columns."""
    names = header.names
    if not names or len(names) != table.num_columns:  # a header that is not known, or has lines within
        first = [str(column[0].as_py() or "") for column in table.columns] if table.num_rows else []
        names = header_of([first]).names
    frame = table.slice(header.rows).rename_columns([str(number) for number in range(len(names))]).to_pandas()
    frame.columns = pd.Index(names, dtype="object")
    return frame


def _parsed(content: bytes, delimiter: str) -> tuple[pa.Table, list[str], list[str]]:
    """Table of text, its header as the first row, a reason for each row of another number of fields, and notes.

    A quote that is opened and not closed would make one cell of all rows up to the next quote, personal columns and
    all: where a cell holds whole rows, quotes mean nothing in this file and each line is a row.
    """
    opening = content[:HEAD].decode("utf-8", "replace").lstrip("\r\n")
    width = len(next(csv.reader(io.StringIO(opening, newline=None), delimiter=delimiter), [""]))
    table, refused = _rows(content, delimiter, width, quoted=True)
    if table.num_rows + len(refused) == content.count(b"\n") + (not content.endswith(b"\n")):
        return table, [reason for reason, _ in refused], []  # a row a line: no cell holds two
    cells = [column.filter(pc.match_substring(column, "\n")) for column in table.columns]
    long = [text for column in cells for text in column.to_pylist()] + [text for _, text in refused if "\n" in text]
    if not any(_holds_rows(text, delimiter, width) for text in long):
        return table, [reason for reason, _ in refused], []
    table, refused = _rows(content, delimiter, width, quoted=False)
    bare = [pc.replace_substring_regex(column, '^"(.*)"$', r"\1") for column in table.columns]
    return pa.table(bare, names=table.column_names), [reason for reason, _ in refused], [note("quote")]


def _holds_rows(text: str, delimiter: str, width: int) -> bool:
    """Whether a line below the first of a cell has the delimiters of a row."""
    return any(line.count(delimiter) >= max(1, width - 1) for line in text.split("\n")[1:])


def _rows(content: bytes, delimiter: str, width: int, quoted: bool) -> tuple[pa.Table, list[tuple[str, str]]]:
    """Rows of text, and reason and text of each that has another number of fields than the header."""
    refused: list[tuple[str, str]] = []

    def refuse(row: pcsv.InvalidRow) -> str:
        refused.append((f"it has {row.actual_columns} fields, the header {row.expected_columns}", row.text))
        return "skip"

    layout = pcsv.ParseOptions(
        delimiter=delimiter, newlines_in_values=quoted, quote_char='"' if quoted else False, invalid_row_handler=refuse
    )
    types = {f"f{number}": pa.large_string() for number in range(width)}
    for block in (BLOCK_BYTES, min(len(content) + 1, BLOCK_MOST_BYTES)):
        refused.clear()
        try:
            table = pcsv.read_csv(
                pa.BufferReader(content),
                pcsv.ReadOptions(autogenerate_column_names=True, block_size=block),
                layout,
                pcsv.ConvertOptions(column_types=types, strings_can_be_null=True),
            )
            return table, refused
        except pa.ArrowInvalid:  # a row longer than the block, or a cell longer than any
            if block != BLOCK_BYTES:
                raise
    raise AssertionError("unreachable")
