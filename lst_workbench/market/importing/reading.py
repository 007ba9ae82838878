"""Read a stranger's table, whatever its format, as text columns; rows the format itself cannot hold are counted."""

import csv
import io
import zipfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv

from lst_workbench.contracts import InputError
from lst_workbench.market.importing.mapping import MOSTLY, SAMPLE_ROWS, propose_mapping
from lst_workbench.market.importing.notes import note

if TYPE_CHECKING:
    import geopandas as gpd

DELIMITERS = ",;\t|"
SPREADSHEETS, LAYERS = (".xlsx", ".xlsm"), (".gpkg", ".geojson", ".json")
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
TITLE_ROWS_MOST = 30  # rows above a header, at most
PARTS_SHOWN = 5
UNPACKED_MOST_BYTES = 2_000_000_000
CELLS_MOST = 60_000_000  # of a sheet, empty ones too: each takes memory
PACKED_MOST = 200  # a spreadsheet that unpacks to more than this many times its size is a bomb
HEADER_MOST, KNOWN_FIELDS = 5000, 2  # characters of a header line; fields it must make known to be taken for one
BOTH = r"^\s*(?:POINT\s*)?[\[(]?\s*(-?\d+\.\d+)\s*[,，;；\s]\s*(-?\d+\.\d+)\s*[\])]?\s*$"
BLOCK_BYTES, BLOCK_MOST_BYTES = 16 << 20, (1 << 31) - 1


@dataclass(frozen=True)
class RawTable:
    """A table as it was read: text or numbers, no meaning yet.

    Attributes
    ----------
    frame : DataFrame
        One column per distinct header.
    broken : list of str
        One reason per row that did not fit the header.
    notes : list of str
        What was found out about the file: encoding, delimiter, sheet, projection.
    """

    frame: pd.DataFrame
    broken: list[str]
    notes: list[str]


def read_table(path: str | Path, part: str | None = None) -> RawTable:
    """Read CSV (UTF-8, UTF-16, GB18030; delimiter sniffed), Excel, Parquet, GeoPackage or GeoJSON.

    Parameters
    ----------
    path : str or Path
        The file.
    part : str, optional
        Sheet of a spreadsheet or layer of a GeoPackage. Without it, sheets whose headers are those of the sheet that
        is known best are read together, and of layers the first.

    Raises
    ------
    InputError
        The file is missing, empty, cut off, of no known format, or has no such sheet or layer.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), ["it is not a file; mend the path"])
    if not path.stat().st_size:
        raise InputError(str(path), ["it is empty; export it again"])
    kind = path.suffix.lower()
    if part is not None and kind not in (*SPREADSHEETS, *LAYERS):
        raise InputError(str(path), [f"it has no sheets or layers, so none is {part}; leave the table out"])
    readers: dict[str, Callable[[Path], RawTable]] = {".parquet": _parquet}
    readers |= dict.fromkeys(SPREADSHEETS, partial(_excel, part=part))
    readers |= dict.fromkeys(LAYERS, partial(_layer, part=part))
    reader = readers.get(kind, _text)
    try:
        raw = reader(path)
    except InputError:
        raise
    except Exception as error:  # each format's library has faults of its own for a file cut off or made up
        said = " ".join(str(error).split())[:160]
        raise InputError(
            str(path), [f"it cannot be read as {path.suffix.lstrip('.') or 'text'} ({said}); export it again"]
        ) from None
    raw = with_split_positions(raw)
    if not len(raw.frame.columns) or not len(raw.frame) + len(raw.broken):
        raise InputError(str(path), ["it has no rows below its header; export it again"])
    return raw


def with_split_positions(raw: RawTable) -> RawTable:
    """Split a column that holds both coordinates, as "118.31,29.71"; which is which is found out later."""
    frame = raw.frame
    if {"lat", "lon"} & set(propose_mapping([str(name) for name in frame.columns])):
        return raw
    for name in frame.columns:
        sample = frame[name].dropna().head(SAMPLE_ROWS).astype("str")
        if len(sample) and sample.str.slice(0, 100).str.match(BOTH).mean() > MOSTLY and "lon" not in frame:
            sides = frame[name].astype("str").str.slice(0, 100).str.extract(BOTH)
            split = frame.assign(lon=sides[0], lat=sides[1])
            return replace(raw, frame=split, notes=[*raw.notes, note("both", name=name)])
    return raw


def _text(path: Path) -> RawTable:
    content = path.read_bytes()
    if content[:4] == b"PK\x03\x04":
        raise InputError(str(path), ["it is an archive or a spreadsheet, not text; unpack it or name it .xlsx"])
    if content[:4] == OLD_EXCEL:
        raise InputError(str(path), ["it is an Excel file of before 2007; save it as .xlsx or CSV"])
    text, encoding = _decoded(content)
    if "\0" in text:
        text = text.replace("\0", "")
    head = text[:65536].lstrip("\r\n")
    delimiter, above = _layout(head)
    body = text.lstrip("\r\n") if above else text
    for _ in range(above):
        body = body[body.find("\n") + 1 :]
    table, broken, found = _parsed(body.encode("utf-8", "replace"), delimiter)
    names = [str(column[0].as_py() or "") for column in table.columns] if table.num_rows else []
    frame = table.slice(1).rename_columns([str(number) for number in range(len(names))]).to_pandas()
    frame.columns = pd.Index(distinct(names), dtype="object")
    return RawTable(
        frame, broken, [note("text", encoding=encoding, delimiter=repr(delimiter)), *_titles(above), *found]
    )


def _layout(head: str) -> tuple[str, int]:
    """Find the delimiter, and how many lines stand above the header: the pair that makes most headers known."""
    lines = head.splitlines()[:TITLE_ROWS_MOST]
    first = next(iter(lines), "")
    usual = max(DELIMITERS, key=first.count)
    found = [
        (*_header_of([next(csv.reader([line[:HEADER_MOST]], delimiter=mark), []) for line in lines]), mark)
        for mark in DELIMITERS
    ]
    known, above, mark = max(found, key=lambda one: one[0])
    return (mark, above) if known >= KNOWN_FIELDS else (usual if usual in first else ",", 0)


def _header_of(rows: list[list[str]]) -> tuple[int, int]:
    """Find the header: how many of its fields are known, and its row; rows above it must have fewer filled cells."""
    best, most = (0, 0), 0
    for number, row in enumerate(rows):
        filled = sum(bool(cell.strip()) for cell in row)
        if filled > most and (known := len(propose_mapping(distinct(row)))) > best[0]:
            best = known, number
        most = max(most, filled)
    return best


def _titles(above: int) -> list[str]:
    return [note("titles", rows=above)] if above else []


def _decoded(content: bytes) -> tuple[str, str]:
    """Text of the bytes, and the encoding; bytes of no encoding become replacement marks."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", "replace"), "UTF-16"
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    damaged = {encoding: content.decode(encoding, "replace") for encoding in ("utf-8", "gb18030")}
    best = min(damaged, key=lambda encoding: damaged[encoding].count("\ufffd"))
    return damaged[best].lstrip("\ufeff"), f"{best} with damaged characters"


def _parsed(content: bytes, delimiter: str) -> tuple[pa.Table, list[str], list[str]]:
    """Table of text, its header as the first row, a reason for each row of another number of fields, and notes.

    A quote that is opened and not closed would make one cell of all rows up to the next quote, personal columns and
    all: where a cell holds whole rows, quotes mean nothing in this file and each line is a row.
    """
    opening = content[:65536].decode("utf-8", "replace").lstrip("\r\n")
    width = len(next(csv.reader(io.StringIO(opening), delimiter=delimiter), [""]))
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


def distinct(names: list[str]) -> list[str]:
    """Headers without blanks; a repeated one gets its number, an empty one its position."""
    seen: dict[str, int] = {}
    distinct = []
    for position, name in enumerate(names, start=1):
        plain = " ".join(str(name).split())[:80] or f"column {position}"
        while (count := seen.get(plain, 0)) and plain in seen:
            seen[plain] = count + 1
            plain = f"{plain} ({count + 1})"
        seen[plain] = 1
        distinct.append(plain)
    return distinct


def _excel(path: Path, part: str | None) -> RawTable:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > UNPACKED_MOST_BYTES or unpacked > PACKED_MOST * max(path.stat().st_size, 100_000):
        raise InputError(str(path), [f"it unpacks to {unpacked / 1e6:,.0f} MB; export it as CSV"])
    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        cells = {sheet.title: (sheet.max_row or 0) * (sheet.max_column or 0) for sheet in book.worksheets}
    if wide := [name for name, count in cells.items() if count > CELLS_MOST]:
        raise InputError(
            str(path),
            [f"its sheet {wide[0]} reaches over {cells[wide[0]]:,} cells; delete stray cells or export it as CSV"],
        )
    sheets = pd.read_excel(path, sheet_name=None, header=None, dtype=object, engine="openpyxl")
    read = {name: _below_header(sheet.dropna(how="all")) for name, sheet in sheets.items()}
    known = {name: len(propose_mapping(list(frame.columns))) for name, (frame, _) in read.items()}
    best = _of_parts(path, part, list(read)) or max(read, key=lambda name: (known[name], len(read[name][0])))
    head = list(read[best][0].columns)
    alike = [n for n in read if n == best or (part is None and known[n] and list(read[n][0].columns) == head)]
    frame = pd.concat([read[name][0] for name in alike], ignore_index=True)
    left = _left_out([name for name in read if name not in alike])
    return RawTable(_as_text(frame), [], [note("excel", sheets=", ".join(alike)), *left, *_titles(read[best][1])])


def _of_parts(path: Path, part: str | None, names: list[str]) -> str | None:
    """Give the part that is asked for, where there is one."""
    if part is not None and part not in names:
        raise InputError(str(path), [f"it has no {part}; its sheets or layers are {', '.join(names)}"])
    return part


def _left_out(names: list[str]) -> list[str]:
    return [note("left_out", parts=", ".join(names[:PARTS_SHOWN]))] if names else []


def _below_header(sheet: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Table of a sheet, and how many filled rows stand above its header: the row that makes most known."""
    heads = [
        ["" if pd.isna(cell) else str(cell) for cell in row]
        for row in sheet.head(TITLE_ROWS_MOST).itertuples(index=False)
    ]
    known, row = _header_of(heads)
    above = row if known >= KNOWN_FIELDS else 0
    frame = sheet.iloc[above + 1 :].reset_index(drop=True)
    frame.columns = pd.Index(distinct(heads[above]) if heads else [], dtype="object")
    return frame, above


def _parquet(path: Path) -> RawTable:
    frame = pd.read_parquet(path).reset_index(drop=True)
    frame.columns = pd.Index(distinct([str(name) for name in frame.columns]), dtype="object")
    return RawTable(_as_text(frame), [], [note("parquet")])


def _layer(path: Path, part: str | None) -> RawTable:
    import geopandas as gpd

    names = [str(name) for name in gpd.list_layers(path)["name"]]
    chosen = _of_parts(path, part, names) or names[0]
    layer = gpd.read_file(path, layer=chosen)
    left = _left_out([name for name in names if name != chosen])
    frame, notes = pd.DataFrame(layer.drop(columns=layer.geometry.name)), [note("layer", crs=layer.crs), *left]
    lat, lon = layer_positions(layer.geometry)
    frame = frame.drop(columns=[name for name in ("lat", "lon") if name in frame])
    return RawTable(_as_text(frame.assign(lat=lat, lon=lon)), [], notes)


def layer_positions(shapes: "gpd.GeoSeries") -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of a point on each shape; in degrees where the projection is known."""
    points = (shapes if shapes.crs is None else shapes.to_crs(4326)).representative_point()
    return points.y.to_numpy(), points.x.to_numpy()


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed objects as text; numbers stay."""
    mixed = [name for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    texts = {
        name: frame[name].map(lambda v: None if v is None or v is pd.NaT or v != v else str(v)).astype("str")
        for name in mixed
    }
    return frame.assign(**{str(name): text for name, text in texts.items()})
