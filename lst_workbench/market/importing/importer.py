"""Import an analyst's own list of shops as a market that can be planned."""

import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import tomli_w

from lst_workbench import __version__
from lst_workbench.assumptions import Register, data_folder, load_register
from lst_workbench.contracts import InputError
from lst_workbench.geo import datum_named
from lst_workbench.market.build import figures_from
from lst_workbench.market.bundle import Market, MarketMeta, fingerprint_of
from lst_workbench.market.faults import checked_tables
from lst_workbench.market.files import write_market
from lst_workbench.market.importing.around import market_around
from lst_workbench.market.importing.database import is_database, read_database
from lst_workbench.market.importing.mapping import checked_mapping, merged_mapping, propose_mapping, read_mapping
from lst_workbench.market.importing.notes import note
from lst_workbench.market.importing.personal import digested, personal_columns
from lst_workbench.market.importing.quality import findings_of, report, trust
from lst_workbench.market.importing.raw import RawTable
from lst_workbench.market.importing.reading import read_table
from lst_workbench.market.importing.rows import split_rows
from lst_workbench.market.synthetic import read_geography

NAME_MOST = 80  # characters of an uploaded file's name


@dataclass(frozen=True)
class Proposal:
    """A file that was read, and what its columns are taken to mean.

    Attributes
    ----------
    path : Path
        The file, or the name of a database's table.
    mapping : dict
        Field to header.
    personal : list of str
        Headers of the columns that hold personal data; they are dropped already.
    raw : RawTable
        The rest of the table.
    digests : DataFrame or None
        Personal columns as HMAC digests, where a key was given.
    """

    path: Path
    mapping: dict[str, str]
    personal: list[str]
    raw: RawTable
    digests: pd.DataFrame | None = None


@dataclass(frozen=True)
class Imported:
    """An imported market and its account: ``read == imported + rejected``.

    Attributes
    ----------
    market : Market
        Ready for `make_plan`; its stores have origin "imported".
    rejected : DataFrame
        row, reason, source_id, name.
    quality : DataFrame
        As `quality_of` says.
    trust : DataFrame
        As `trust_of` says: how many rows can be trusted for which stage.
    digests : DataFrame or None
        store_id, and personal columns as HMAC digests, where a key was given.
    notes : list of str
        What the analyst should know: encoding, datum, positions, what was dropped and what is modelled.
    read : int
        Rows of the file below its header.
    """

    market: Market
    rejected: pd.DataFrame
    quality: pd.DataFrame
    trust: pd.DataFrame
    notes: list[str]
    read: int
    digests: pd.DataFrame | None = None


def propose_import(
    path: str | Path,
    mapping: Mapping[str, str] | str | Path | None = None,
    key: str | None = None,
    table: str | None = None,
    query: str | None = None,
) -> Proposal:
    """Read a file or a database, drop the personal columns, and say what the others are taken to mean.

    Parameters
    ----------
    path : str or Path
        The file, or the SQLAlchemy URL of a database.
    mapping : dict or path, optional
        As for `import_market`.
    key : str, optional
        Keeps personal columns as HMAC digests made with it, so that rows of two lists can be told to be one person's.
    table, query : str, optional
        What to read from a database: one of the two. Of a file, `table` is the sheet or layer.

    Raises
    ------
    InputError
        The file or the mapping cannot be used; every fault is named.
    """
    if is_database(path):
        raw, named = read_database(str(path), table, query), Path(table or "query")
    elif query:
        raise InputError(str(path), ["it is a file, which answers no query; leave the query out"])
    else:
        raw, named = read_table(path, table), Path(path)
    personal = personal_columns(raw.frame)
    kept = raw.frame.drop(columns=personal)
    if mapping is None:
        chosen = propose_mapping(list(kept.columns))
    else:
        given = dict(mapping) if isinstance(mapping, Mapping) else read_mapping(mapping)
        chosen = merged_mapping(given, propose_mapping(list(kept.columns)))
        chosen = checked_mapping(chosen, raw.frame, personal, str(named))
    digests = digested(raw.frame[personal], key) if key and personal else None
    return Proposal(named, chosen, [str(name) for name in personal], replace(raw, frame=kept), digests)


def propose_upload(name: str, content: bytes) -> Proposal:
    """Do as `propose_import` for the content of a file that a browser sent; the content is not kept.

    Raises
    ------
    InputError
        The content cannot be used; every fault is named.
    """
    plain = re.sub(r"[^\w.\- ()]", "_", name.replace("\\", "/").rpartition("/")[2])[-NAME_MOST:].lstrip(".") or "list"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / plain
        path.write_bytes(content)
        try:
            return replace(propose_import(path), path=Path(plain))
        except InputError as error:
            raise InputError(plain, error.faults) from None


def import_market(
    source: str | Path | Proposal,
    out: str | Path | None = None,
    mapping: Mapping[str, str] | str | Path | None = None,
    datum: str = "wgs84",
    seed: int = 7,
    whole: bool = False,
    register: Register | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    r"""Make a market of a list of shops: its stores, and the modelled China around them.

    Parameters
    ----------
    source : str, Path or Proposal
        CSV, Excel, Parquet, GeoPackage or GeoJSON file; or what `propose_import` made of it.
    out : str or Path, optional
        Folder for the market; beside its tables it gets `rejected.parquet`, `quality.parquet`, `trust.parquet` and
        `import.toml`, which can be given as a mapping again.
    mapping : dict or path, optional
        Field to header, or a TOML file with them under `[columns]`; proposed from the headers by default.
    datum : {"wgs84", "gcj02", "bd09"}
        Datum of the file's positions.
    seed : int
        Seed of what is drawn: cells, people, warehouses, territories, and participants where the file has none.
    whole : bool
        Whether the list holds every small shop of its towns. Where it does not, shops that it leaves out are modelled:
        they compete for customers and are never planned.
    register : Register, optional
        Planning figures; the shipped ones by default.
    progress : callable, optional
        Called with (prefectures done, prefectures in all).

    Raises
    ------
    InputError
        The file cannot be read, lacks positions, or no row of it can be imported.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "shops.csv"
    >>> _ = file.write_text("店名,经度,纬度,电话\n张记,118.31,29.71,13800000000\n李记,0,0,\n", "utf-8")
    >>> done = import_market(file)
    >>> done.read, len(done.market.stores), done.rejected["reason"].tolist()
    (2, 1, ['position lies outside China'])
    """
    datum = datum_named(datum)  # refused before the work
    proposal = source if isinstance(source, Proposal) else propose_import(source, mapping)
    checked_mapping(proposal.mapping, proposal.raw.frame, proposal.personal, str(proposal.path))
    geography = read_geography(data_folder() / "places")
    rows, rejected, notes = split_rows(proposal.raw, proposal.mapping, datum, geography)
    read = len(proposal.raw.frame) + len(proposal.raw.broken)
    if not len(rows):
        reasons = rejected["reason"].value_counts().head(3)
        raise InputError(
            str(proposal.path),
            [f"none of its {read:,} rows can be imported; {n:,} rows: {why}" for why, n in reasons.items()],
        )
    figures = figures_from(register or load_register())
    tables = checked_tables(market_around(rows, geography, seed, figures, not whole, progress), str(proposal.path))
    counts = {name: len(frame) for name, frame in tables.items()}
    meta = MarketMeta(proposal.path.stem, proposal.path.name, False, fingerprint_of(tables), seed, counts, __version__)
    market = Market(meta, tables)
    notes = [*proposal.raw.notes, *notes, *_said(proposal, market, "participant" in rows)]
    findings = findings_of(market, rows)
    digests = _digests_of(proposal, rows["row"])
    done = Imported(market, rejected, report(findings, market.stores), trust(findings), notes, read, digests)
    return done if out is None else _written(done, proposal.mapping, datum, Path(out))


def _said(proposal: Proposal, market: Market, participants_given: bool) -> list[str]:
    how = "dropped" if proposal.digests is None else "digested"
    said: list[str] = [note(how, columns=", ".join(proposal.personal)) if proposal.personal else note("not_personal")]
    said.append(note("modelled" if participants_given else "joined"))
    if rivals := len(market.rivals):
        said.append(note("rivals", listed=len(market.stores), more=rivals))
    return said


def _digests_of(proposal: Proposal, row: pd.Series) -> pd.DataFrame | None:
    if proposal.digests is None:
        return None
    kept = proposal.digests.iloc[row.to_numpy() - 1].reset_index(drop=True)
    return pd.concat([row.astype("int64").rename("store_id").reset_index(drop=True), kept], axis=1)


def _written(done: Imported, mapping: Mapping[str, str], datum: str, folder: Path) -> Imported:
    market = write_market(done.market, folder)
    done.rejected.to_parquet(folder / "rejected.parquet", index=False)
    done.quality.to_parquet(folder / "quality.parquet", index=False)
    done.trust.to_parquet(folder / "trust.parquet", index=False)
    if done.digests is not None:
        done.digests.to_parquet(folder / "personal_digests.parquet", index=False)
    account = {"read": done.read, "imported": len(done.market.stores), "rejected": len(done.rejected)}
    content = {"rows": account, "datum": datum, "notes": done.notes, "columns": dict(mapping)}
    (folder / "import.toml").write_text(tomli_w.dumps(content), "utf-8")
    return replace(done, market=market)
