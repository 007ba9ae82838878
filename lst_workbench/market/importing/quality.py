"""The quality report of a list of shops: what is missing, impossible, doubled, old or stands alone."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lst_workbench.geo import haversine_km, nearest, neighbours_within
from lst_workbench.market.bundle import Market
from lst_workbench.market.importing._kernels import names_alike
from lst_workbench.market.importing.rows import possible_area
from lst_workbench.market.importing.values import of_distinct

NEAR_KM, ORPHAN_KM = 0.05, 30.0
STALE_MONTHS = 24
NO_AREA, ODD_AREA = "area_m2 is missing or unreadable", "area_m2 is impossible"
DOUBLED, ALIKE = "source_id is doubled", "likely the same shop (within 50 m, alike in name)"
FAR, EMPTY = "orphan: no known place within 30 km", "orphan: nobody lives in its cell"
STALE = f"stale: {STALE_MONTHS} months older than the newest row"
Findings = dict[str, np.ndarray]
# Findings that make a row unfit for a stage.
HARM = {
    "catchments": (ALIKE, EMPTY),
    "potentials": (ALIKE, EMPTY, NO_AREA, ODD_AREA),
    "warehouses": (ALIKE, FAR),
    "waves": (ALIKE, FAR, DOUBLED, STALE),
}
SHOWN = 3
NAME_LETTERS = 48  # compared of a name
LEAST_LETTERS = np.array([3, 4, 6])  # of the shorter name: to be part of the longer, to lack a letter, to have another
ENDINGS = r"[\W_]|店$|门店|有限公司|便利|超市"


def quality_of(market: Market, imported: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count what is wrong with the stores of a market, with the first offenders.

    Parameters
    ----------
    market : Market
        The market.
    imported : DataFrame, optional
        Rows as they were imported, with areas before they were filled.

    Returns
    -------
    DataFrame
        finding, rows, share (0-1), first (ids).

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> report = quality_of(read_market(data_folder() / "sample"))
    >>> int(report.set_index("finding").at["source_id is doubled", "rows"])
    0
    """
    return report(findings_of(market, imported), market.stores)


def trust_of(market: Market, imported: pd.DataFrame | None = None) -> pd.DataFrame:
    """Count the rows that can be trusted for each stage of a plan: those with none of the findings that harm it.

    Parameters
    ----------
    market, imported
        As for `quality_of`.

    Returns
    -------
    DataFrame
        stage, rows, share (0-1).

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> trust_of(read_market(data_folder() / "sample"))["stage"].tolist()
    ['catchments', 'potentials', 'warehouses', 'waves']
    """
    return trust(findings_of(market, imported))


def report(findings: Findings, stores: pd.DataFrame) -> pd.DataFrame:
    """Write findings as `quality_of` says."""
    ids = stores["source_id"].fillna(stores["store_id"].astype("str")).to_numpy()
    return pd.DataFrame(
        [
            (name, int(bad.sum()), float(bad.mean()), ", ".join(map(str, ids[np.flatnonzero(bad)[:SHOWN]])))
            for name, bad in findings.items()
        ],
        columns=["finding", "rows", "share", "first"],
    )


def trust(findings: Findings) -> pd.DataFrame:
    """Write findings as `trust_of` says."""
    good = {stage: ~np.any([findings[name] for name in harms], axis=0) for stage, harms in HARM.items()}
    return pd.DataFrame(
        [(stage, int(rows.sum()), float(rows.mean())) for stage, rows in good.items()],
        columns=["stage", "rows", "share"],
    )


def findings_of(market: Market, imported: pd.DataFrame | None = None) -> Findings:
    """Say of every finding which stores it concerns."""
    stores = market.stores
    area = stores["area_m2"] if imported is None else imported["area_m2"]
    ids = stores["source_id"]
    updated = imported["updated"] if imported is not None and "updated" in imported else pd.Series(pd.NaT, stores.index)
    newest = updated[updated <= pd.Timestamp.now()].max()  # a date to come is a slip of the pen
    return {
        "name is missing": stores["name"].isna().to_numpy(),
        NO_AREA: area.isna().to_numpy(),
        ODD_AREA: (area.notna() & ~possible_area(area)).to_numpy(),
        "source_id is missing": ids.isna().to_numpy(),
        DOUBLED: (ids.notna() & ids.duplicated(keep=False)).to_numpy(),
        ALIKE: likely_duplicates(stores),
        FAR: _far_from_places(stores, market.places),
        EMPTY: ~stores["h3_8"].isin(market.cells["h3_8"]).to_numpy(),
        STALE: (updated < newest - pd.DateOffset(months=STALE_MONTHS)).to_numpy(bool),
    }


def _far_from_places(stores: pd.DataFrame, places: pd.DataFrame) -> np.ndarray:
    """Whether no place lies near; only stores far from their own place are compared with all."""
    own = places.iloc[pd.Index(places["place_id"]).get_indexer(stores["place_id"])]
    far = haversine_km(*(table[side].to_numpy() for table in (stores, own) for side in ("lat", "lon"))) > ORPHAN_KM
    some = stores[far]
    far[far] = nearest(some["lat"], some["lon"], places["lat"], places["lon"])[1] > ORPHAN_KM
    return far


def likely_duplicates(stores: pd.DataFrame) -> np.ndarray:
    """Whether a store has another within 50 m that is alike in name.

    Blanks, punctuation and endings such as 便利店 aside, the names are the same, one begins or ends with the other, or
    they differ by one letter; a numeral makes two branches of them.
    """
    code, names = pd.factorize(of_distinct(stores["name"], _core_of_name))
    lat, lon = stores["lat"].to_numpy(), stores["lon"].to_numpy()
    near = neighbours_within(lat, lon, lat, lon, NEAR_KM)
    a, b = near.rows, near.indices
    pairs = (a < b) & (code[a] >= 0) & (code[b] >= 0)
    a, b = a[pairs], b[pairs]
    used, known = np.unique(np.concatenate([code[a], code[b]]), return_inverse=True)
    letters = np.asarray(names)[used].astype(f"U{NAME_LETTERS}") if len(used) else np.empty(0, f"U{NAME_LETTERS}")
    length = np.char.str_len(letters).astype(np.int64)
    table = letters.view(np.uint32).reshape(len(used), NAME_LETTERS)
    alike = np.zeros(len(a), bool)
    names_alike(table, length, known[: len(a)], known[len(a) :], LEAST_LETTERS, alike)
    found = np.zeros(len(stores), bool)
    found[a[alike]] = found[b[alike]] = True
    return found


def _core_of_name(name: pd.Series) -> np.ndarray:
    core = name.str.normalize("NFKC").str.casefold().str.replace(ENDINGS, "", regex=True)
    return core.where(core.ne("")).to_numpy(object, na_value=None)


@dataclass(frozen=True)
class Quality:
    """What is known of the rows of a market's list: `quality_of`, `trust_of`, rows rejected, and how many were read."""

    quality: pd.DataFrame
    trust: pd.DataFrame
    rejected: pd.DataFrame
    count: str = ""


def read_quality(folder: str | Path, market: Market) -> Quality:
    """Read what the import found in a list, areas and dates as they were given; of other markets, look at the tables.

    Parameters
    ----------
    folder : path
        Folder of the market.
    market : Market
        The market in it.
    """
    folder = Path(folder)
    try:
        rows = tomllib.loads((folder / "import.toml").read_text("utf-8"))["rows"]
        names = ("quality", "trust", "rejected")
        quality, trusted, rejected = (pd.read_parquet(folder / f"{name}.parquet") for name in names)
    except (OSError, KeyError, tomllib.TOMLDecodeError):
        nothing = pd.DataFrame({"row": [], "reason": []})
        return Quality(quality_of(market), trust_of(market), nothing)
    count = f"{rows['read']:,} rows read = {rows['imported']:,} imported + {rows['rejected']:,} rejected"
    return Quality(quality, trusted, rejected, count)
