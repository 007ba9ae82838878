"""The quality report of a list of shops: what is missing, impossible, doubled or stands alone."""

import numpy as np
import pandas as pd

from lst_workbench.geo import nearest, neighbours_within
from lst_workbench.market.bundle import Market
from lst_workbench.market.importing.rows import possible_area

NEAR_KM, ORPHAN_KM = 0.05, 30.0
SHOWN = 3
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
    stores = market.stores
    area = stores["area_m2"] if imported is None else imported["area_m2"]
    distance = nearest(stores["lat"], stores["lon"], market.places["lat"], market.places["lon"])[1]
    ids = stores["source_id"]
    findings = {
        "name is missing": stores["name"].isna().to_numpy(),
        "area_m2 is missing or unreadable": area.isna().to_numpy(),
        "area_m2 is impossible": (area.notna() & ~possible_area(area)).to_numpy(),
        "source_id is missing": ids.isna().to_numpy(),
        "source_id is doubled": (ids.notna() & ids.duplicated(keep=False)).to_numpy(),
        "likely the same shop (within 50 m, alike in name)": likely_duplicates(stores),
        "orphan: no known place within 30 km": distance > ORPHAN_KM,
        "orphan: nobody lives in its cell": ~stores["h3_8"].isin(market.cells["h3_8"]).to_numpy(),
    }
    shown = ids.fillna(stores["store_id"].astype("str")).to_numpy()
    return pd.DataFrame(
        [
            (name, int(bad.sum()), float(bad.mean()), ", ".join(map(str, shown[np.flatnonzero(bad)[:SHOWN]])))
            for name, bad in findings.items()
        ],
        columns=["finding", "rows", "share", "first"],
    )


def likely_duplicates(stores: pd.DataFrame) -> np.ndarray:
    """Whether a store has another within 50 m whose name is the same but for blanks, punctuation and endings."""
    name = stores["name"].str.normalize("NFKC").str.casefold().str.replace(ENDINGS, "", regex=True)
    code = pd.factorize(name.where(name.ne("")))[0]
    several = np.flatnonzero((code >= 0) & pd.Series(code).duplicated(keep=False).to_numpy())
    found = np.zeros(len(stores), bool)
    if not len(several):
        return found
    lat, lon, code = (side.to_numpy()[several] for side in (stores["lat"], stores["lon"], pd.Series(code)))
    near = neighbours_within(lat, lon, lat, lon, NEAR_KM)
    alike = (near.rows != near.indices) & (code[near.rows] == code[near.indices])
    found[several[near.rows[alike]]] = True
    return found
