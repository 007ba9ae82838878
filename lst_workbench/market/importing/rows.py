"""From a raw table to imported rows and rejected rows; every row is in one of the two."""

import numpy as np
import pandas as pd

from lst_workbench.market.importing.personal import SAMPLE_ROWS, shortened
from lst_workbench.market.importing.positions import placed
from lst_workbench.market.importing.raw import RawTable
from lst_workbench.market.importing.values import dates, kinds, numbers, truths
from lst_workbench.market.synthetic import Geography

TEXT_MOST = 120
AREA_MOST_M2 = 5000.0  # as the contract of stores says
WHOLE = r"\d{1,18}\.0"
REPEATED = "it repeats an earlier row"


def split_rows(
    raw: RawTable, mapping: dict[str, str], datum: str, geography: Geography
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Part rows into imported ones and rejected ones with a reason.

    Returns
    -------
    imported : DataFrame
        row (1 = first below the header), source_id, name, lat, lon (WGS-84), area_m2 (as given, NaN where
        unreadable), store_kind, and participant, joined_month and updated where mapped.
    rejected : DataFrame
        row (empty where the format hides it), reason, source_id, name; no other value of the file is kept.
    notes : list of str
        What was found out about positions.
    """
    frame = raw.frame
    rows = pd.DataFrame({"row": np.arange(1, len(frame) + 1)})
    rows["source_id"] = _texts(frame, mapping.get("source_id"))
    rows["name"] = _texts(frame, mapping.get("name"))
    headers = [mapping["lat"], mapping["lon"]]
    lat, lon = (numbers(frame[header]) for header in headers)
    where = placed(lat, lon, datum, headers, geography)
    rows["lat"], rows["lon"], rows["reason"] = where.lat, where.lon, where.reason
    rows["area_m2"] = numbers(frame[mapping["area_m2"]]) if "area_m2" in mapping else np.nan
    rows["store_kind"] = kinds(_texts(frame, mapping.get("store_kind")), rows["name"])
    if "participant" in mapping:
        rows["participant"] = truths(frame[mapping["participant"]])
    if "joined_month" in mapping:
        rows["joined_month"] = dates(frame[mapping["joined_month"]])
    if "updated" in mapping:
        rows["updated"] = dates(frame[mapping["updated"]])
    if "source_id" in mapping or "name" in mapping:
        together = rows[rows.duplicated(["lat", "lon"], keep=False) & (rows["reason"] == "")]
        repeats = together.duplicated(["source_id", "name", "lat", "lon", "area_m2"])
        rows.loc[repeats.index[repeats], "reason"] = REPEATED
    refused = rows["reason"] != ""
    broken = pd.DataFrame({"row": pd.array([pd.NA] * len(raw.broken), "Int64"), "reason": raw.broken})
    rejected = pd.concat(
        [rows.loc[refused, ["row", "reason", "source_id", "name"]].astype({"row": "Int64"}), broken],
        ignore_index=True,
    ).astype({"reason": "str", "source_id": "str", "name": "str"})
    return rows[~refused].drop(columns="reason").reset_index(drop=True), rejected, where.notes


def possible_area(area_m2: pd.Series) -> pd.Series:
    """Whether an area is one a shop can have."""
    return (area_m2 > 0) & (area_m2 <= AREA_MOST_M2)


def _texts(frame: pd.DataFrame, header: str | None) -> pd.Series:
    """Text of a column, without numbers and addresses of persons, never a spreadsheet formula."""
    if header is None:
        return pd.Series([None] * len(frame), index=frame.index, dtype="str")
    text = shortened(_without_point(frame[header]).astype("str"), TEXT_MOST)
    return text.str.strip().str.lstrip("=+@").replace("", None)


def _without_point(column: pd.Series) -> pd.Series:
    """Whole numbers as such: a gap in a column makes 1000.0 of 1000 in many a program."""
    if pd.api.types.is_float_dtype(column):
        return column.astype("Int64") if column.dropna().mod(1).eq(0).all() else column
    some = column.dropna().head(SAMPLE_ROWS).astype("str")
    if len(some) and some.str.fullmatch(WHOLE).all() and column.dropna().astype("str").str.fullmatch(WHOLE).all():
        return column.astype("str").str.removesuffix(".0")
    return column
