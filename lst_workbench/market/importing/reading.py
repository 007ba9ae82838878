"""Read a stranger's file, whatever its format, as text columns; rows the format itself cannot hold are counted."""

import zipfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pandas as pd
import pyarrow.parquet as pq

from lst_workbench.contracts import InputError
from lst_workbench.market.importing.delimited import ARCHIVE, UNPACKED_MOST_BYTES, read_text
from lst_workbench.market.importing.geometry import layer_positions, with_positions
from lst_workbench.market.importing.mapping import propose_mapping
from lst_workbench.market.importing.notes import note
from lst_workbench.market.importing.personal import PERSONAL_VALUE, without_personal
from lst_workbench.market.importing.raw import (
    KNOWN_FIELDS,
    TITLE_ROWS_MOST,
    Header,
    RawTable,
    distinct,
    header_of,
)

if TYPE_CHECKING:
    import geopandas as gpd

SPREADSHEETS, LAYERS = (".xlsx", ".xlsm"), (".gpkg", ".geojson", ".json")
WORKBOOK = "xl/workbook.xml"
STARTS = {b"PAR1": ".parquet", b"SQLite format 3": ".gpkg"}
NEED_START = (*SPREADSHEETS, ".parquet", ".gpkg")  # what begins otherwise is none of these, whatever its name
PARTS_SHOWN = 5
CELLS_MOST = 60_000_000  # of a sheet, empty ones too: each takes memory
PACKED_MOST = 200  # a spreadsheet that unpacks to more than this many times its size is a bomb
SAID_MOST = 160  # characters of what a library says of a file
VALUES_LEAST = 2  # numbers among headers: a row stands where the header should


def read_table(path: str | Path, part: str | None = None) -> RawTable:
    """Read CSV (UTF-8, UTF-16, GB18030; delimiter sniffed; .gz too), Excel, Parquet, GeoPackage or GeoJSON.

    Parameters
    ----------
    path : str or Path
        The file; its first bytes say its format where its name says another.
    part : str, optional
        Sheet of a spreadsheet or layer of a GeoPackage. Without it, sheets whose headers are those of the sheet that
        is known best are read together, and of layers the first.

    Raises
    ------
    InputError
        The file is missing, empty, cut off, of no known format, without headers, or has no such sheet or layer.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(str(path), ["it is not a file; mend the path"])
    if not path.stat().st_size:
        raise InputError(str(path), ["it is empty; export it again"])
    kind = _kind_of(path)
    if part is not None and kind not in (*SPREADSHEETS, *LAYERS):
        raise InputError(str(path), [f"it has no sheets or layers, so none is {part}; leave the table out"])
    readers: dict[str, Callable[[Path], RawTable]] = {".parquet": _parquet}
    readers |= dict.fromkeys(SPREADSHEETS, partial(_excel, part=part))
    readers |= dict.fromkeys(LAYERS, partial(_layer, part=part))
    try:
        raw = readers.get(kind, read_text)(path)
    except InputError:
        raise
    except Exception as error:  # each format's library has faults of its own for a file cut off or made up
        said = without_personal(" ".join(str(error).split())[:SAID_MOST])
        fault = f"it cannot be read as {kind.lstrip('.') or 'text'} ({said}); export it again"
        raise InputError(str(path), [fault]) from None
    if not len(raw.frame.columns) or not len(raw.frame) + len(raw.broken):
        raise InputError(str(path), ["it has no rows below its header; export it again"])
    if kind not in (".parquet", *LAYERS) and _is_row(list(raw.frame.columns)):
        raise InputError(str(path), ["its first line holds values; put the names of the columns in a line above it"])
    return with_positions(raw)


def _kind_of(path: Path) -> str:
    """Format of a file by its first bytes, or else its name; "" is text."""
    with path.open("rb") as file:
        start = file.read(max(map(len, STARTS)))
    kind = path.suffix.lower()
    if start[: len(ARCHIVE)] == ARCHIVE and kind not in SPREADSHEETS:
        return SPREADSHEETS[0] if zipfile.is_zipfile(path) and _holds_workbook(path) else ""
    found = next((other for mark, other in STARTS.items() if start.startswith(mark)), "")
    return found or ("" if kind in NEED_START and start[: len(ARCHIVE)] != ARCHIVE else kind)


def _holds_workbook(path: Path) -> bool:
    with zipfile.ZipFile(path) as archive:
        return WORKBOOK in archive.namelist()


def _is_row(names: list[str]) -> bool:
    """Whether headers are the values of a row: numbers or persons, hardly a name that is known."""
    values = pd.Series(names, dtype="str").str.strip()
    count = (pd.to_numeric(values, errors="coerce").notna() | values.str.contains(PERSONAL_VALUE)).sum()
    return bool(count >= VALUES_LEAST and len(propose_mapping(names)) < KNOWN_FIELDS)


def _excel(path: Path, part: str | None) -> RawTable:
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > UNPACKED_MOST_BYTES or unpacked > PACKED_MOST * max(path.stat().st_size, 100_000):
        raise InputError(str(path), [f"it unpacks to {unpacked / 1e6:,.0f} MB; export it as CSV"])
    with path.open("rb") as file:
        _refuse_wide_sheets(path, file)
        sheets = pd.read_excel(file, sheet_name=None, header=None, dtype=object, engine="openpyxl")
    read = {name: _below_header(sheet.dropna(how="all")) for name, sheet in sheets.items()}
    known = {name: header.known for name, (_, header) in read.items()}
    best = _of_parts(path, part, list(read)) or max(read, key=lambda name: (known[name], len(read[name][0])))
    head = list(read[best][0].columns)
    alike = [n for n in read if n == best or (part is None and known[n] and list(read[n][0].columns) == head)]
    frame = pd.concat([read[name][0] for name in alike], ignore_index=True)
    left = _left_out([name for name in read if name not in alike])
    return RawTable(_as_text(frame), [], [note("excel", sheets=", ".join(alike)), *left, *read[best][1].notes()])


def _refuse_wide_sheets(path: Path, file: Any) -> None:
    with closing(openpyxl.load_workbook(file, read_only=True)) as book:
        cells = {sheet.title: (sheet.max_row or 0) * (sheet.max_column or 0) for sheet in book.worksheets}
    if wide := [name for name, count in cells.items() if count > CELLS_MOST]:
        raise InputError(
            str(path),
            [f"its sheet {wide[0]} reaches over {cells[wide[0]]:,} cells; delete stray cells or export it as CSV"],
        )


def _of_parts(path: Path, part: str | None, names: list[str]) -> str | None:
    """Give the part that is asked for, where there is one."""
    if part is not None and part not in names:
        raise InputError(str(path), [f"it has no {part}; its sheets or layers are {', '.join(names)}"])
    return part


def _left_out(names: list[str]) -> list[str]:
    return [note("left_out", parts=", ".join(names[:PARTS_SHOWN]))] if names else []


def _below_header(sheet: pd.DataFrame) -> tuple[pd.DataFrame, Header]:
    """Table of a sheet, and its header."""
    header = header_of(
        [
            ["" if pd.isna(cell) else str(cell) for cell in row]
            for row in sheet.head(TITLE_ROWS_MOST).itertuples(index=False)
        ]
    )
    frame = sheet.iloc[header.above + header.rows :].reset_index(drop=True)
    frame.columns = pd.Index(header.names, dtype="object")
    return frame, header


def _parquet(path: Path) -> RawTable:
    if b"geo" in (pq.read_schema(path).metadata or {}):
        import geopandas as gpd

        return _of_layer(gpd.read_parquet(path), [])
    frame = pd.read_parquet(path)
    frame = frame.reset_index(drop=frame.index.names == [None])  # a named index is a column like others
    frame.columns = pd.Index(distinct([str(name) for name in frame.columns]), dtype="object")
    return RawTable(_as_text(frame), [], [note("parquet")])


def _layer(path: Path, part: str | None) -> RawTable:
    import geopandas as gpd

    try:
        names = [str(name) for name in gpd.list_layers(path)["name"]]
    except Exception as error:  # of the library that reads layers
        raise InputError(str(path), ["it holds no layer that can be read; export it as GeoJSON or CSV"]) from error
    chosen = _of_parts(path, part, names) or names[0]
    return _of_layer(gpd.read_file(path, layer=chosen), _left_out([name for name in names if name != chosen]))


def _of_layer(layer: "gpd.GeoDataFrame", left: list[str]) -> RawTable:
    frame = pd.DataFrame(layer.drop(columns=layer.geometry.name)).reset_index(drop=True)
    lat, lon = layer_positions(layer.geometry)
    frame = frame.drop(columns=[name for name in ("lat", "lon") if name in frame])
    return RawTable(_as_text(frame.assign(lat=lat, lon=lon)), [], [note("layer", crs=_name_of(layer.crs)), *left])


def _name_of(crs: Any) -> str:
    """EPSG:4326 rather than the whole definition."""
    return ":".join(crs.to_authority() or [crs.name]) if crs is not None else "no projection that is named"


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    """Columns of mixed objects as text; numbers and text stay."""
    mixed = [
        name
        for name in frame
        if not pd.api.types.is_numeric_dtype(frame[name]) and not isinstance(frame[name].dtype, pd.StringDtype)
    ]
    texts = {name: pd.Series([_cell(value) for value in frame[name]], frame.index, dtype="str") for name in mixed}
    return frame.assign(**{str(name): text for name, text in texts.items()})


def _cell(value: Any) -> str | None:
    """Text of a value; bytes in hexadecimal."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    return value.hex() if isinstance(value, bytes) else str(value)
