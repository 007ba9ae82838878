"""Markets on disk: a folder with one Parquet file per table and `market.toml`, written whole or not at all."""

import hashlib
import os
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow as pa
import tomli_w

from lst_workbench.contracts import InputError, LstError
from lst_workbench.market.bundle import OPTIONAL_TABLES, TABLES, LazyTables, Market, MarketMeta, fingerprint_of
from lst_workbench.market.faults import checked_tables
from lst_workbench.runs import write_pieces

META_FILE = "market.toml"
TRUTH = "truth"
FOREIGN_NAME = "own market"


def write_market(market: Market, folder: str | Path) -> Market:
    """Write a market to a folder, replacing the market that is there; return it as it stands on disk.

    The folder appears whole: everything is written beside it first and then renamed.

    Parameters
    ----------
    market : Market
        The market; its tables must meet their contracts.
    folder : str or Path
        Where to; its parents are made as needed.

    Raises
    ------
    LstError
        The folder holds something else than a market, or the disk does not take it.
    """
    folder = Path(folder)
    if folder.exists() and not (folder / META_FILE).exists() and (folder.is_file() or any(folder.iterdir())):
        raise LstError(f"{folder} holds something else than a market; name a folder that is new, empty or a market.")
    tables = checked_tables(market.tables, f"market {market.meta.name}")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
            written = Path(beside) / "new"
            _write_whole(replace(market, tables=tables), written)
            _swap(written, folder, Path(beside) / "old")
    except OSError as error:
        reason = error.strerror or error
        raise LstError(
            f"{folder} could not be written: {reason}; free space, mend the rights or name another."
        ) from None
    return read_market(folder)


def read_market(folder: str | Path) -> Market:
    """Read a market from its folder.

    Tables that are as `write_market` left them (their digests stand in `market.toml`) are read when first used; others
    are read and checked at once: contracts, keys, coordinates and the ids that point from table to table.

    Parameters
    ----------
    folder : str or Path
        Folder with `places.parquet`, `cells.parquet`, `stores.parquet`, `participants.parquet`, `sites.parquet`,
        `territories.parquet`; `rivals.parquet` too where the stores are a list that leaves shops out; and, where
        `write_market` made it, `market.toml`.

    Raises
    ------
    InputError
        Every fault of all the files at once.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> len(read_market(data_folder() / "sample").stores) > 5000
    True
    """
    folder = Path(folder)
    paths = market_files(folder)
    paths |= {name: path for name in OPTIONAL_TABLES if (path := folder / f"{name}.parquet").is_file()}
    known = _read_meta(folder)
    truth = LazyTables({path.stem: partial(_read_table, path) for path in sorted((folder / TRUTH).glob("*.parquet"))})
    if known and set(known[1]) == set(paths) and all(known[1][n] == _digest(path) for n, path in paths.items()):
        lazy = LazyTables({n: partial(_read_table, p) for n, p in paths.items()}, paths)
        return Market(known[0], lazy, folder, truth)
    tables = checked_tables(_read_all(paths, folder), str(folder))
    return Market(_meta_of(tables, known[0] if known else None, folder), tables, folder, truth)


def market_files(folder: Path) -> dict[str, Path]:
    """Files of a market's tables by name.

    Raises
    ------
    InputError
        It is no folder, or files are missing.
    """
    if not folder.is_dir():
        raise InputError(str(folder), ["it is not a folder; build a market with `lst market build` or mend the path"])
    paths = {name: folder / f"{name}.parquet" for name in TABLES}
    missing = [path.name for path in paths.values() if not path.is_file()]
    if missing:
        raise InputError(str(folder), [f"it lacks {', '.join(missing)}; a market is a folder with all six tables"])
    return paths


def _swap(written: Path, folder: Path, old: Path) -> None:
    """Put the new folder in the place of the old; a stop between the two renames puts the old one back."""
    try:
        if folder.exists():
            folder.rename(old)
        written.rename(folder)
    except BaseException:
        if old.exists() and not folder.exists():
            old.rename(folder)
        raise


def _write_whole(market: Market, folder: Path) -> None:
    (folder / TRUTH).mkdir(parents=True) if market.truth else folder.mkdir(parents=True)
    for name, frame in market.tables.items():
        write_pieces(frame, folder / f"{name}.parquet")
    for name, frame in market.truth.items():
        write_pieces(frame, folder / TRUTH / f"{name}.parquet")
    meta = {key: value for key, value in asdict(market.meta).items() if value is not None}
    digests = {name: _digest(folder / f"{name}.parquet") for name in market.tables}
    (folder / META_FILE).write_text(tomli_w.dumps({"market": meta, "digests": digests}), "utf-8")
    for path in folder.iterdir():
        if path.is_file():
            _sync(path)


def _read_table(path: Path) -> pd.DataFrame:
    return pd.read_parquet(path)


def _read_all(paths: Mapping[str, Path], folder: Path) -> dict[str, pd.DataFrame]:
    tables, faults = {}, []
    for name, path in paths.items():
        try:
            tables[name] = _read_table(path)
        except (pa.ArrowException, OSError, ValueError):
            faults.append(f"{path.name} is not a Parquet file or is cut off; write it again")
    if faults:
        raise InputError(str(folder), faults)
    return tables


def _read_meta(folder: Path) -> tuple[MarketMeta, dict[str, str]] | None:
    """Read what `market.toml` says, where there is one."""
    path = folder / META_FILE
    if not path.is_file():
        return None
    try:
        content = tomllib.loads(path.read_text("utf-8"))
        return MarketMeta(**content["market"]), content["digests"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError):
        raise InputError(
            str(path), ["it is not what `lst market build` writes; delete it to have the tables checked"]
        ) from None


def _meta_of(tables: Mapping[str, pd.DataFrame], known: MarketMeta | None, folder: Path) -> MarketMeta:
    """Meta of tables that `write_market` did not write, or changed since; a drawn store makes it synthetic."""
    counts = {name: len(frame) for name, frame in tables.items()}
    meta = known or MarketMeta(name=folder.name or FOREIGN_NAME, source=str(folder), synthetic=False, fingerprint="")
    drawn = bool((tables["stores"]["origin"] == "synthetic").any())
    return replace(meta, fingerprint=fingerprint_of(tables), counts=counts, synthetic=drawn)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
