"""An analyst's own census: counties or townships with positions and people, read, and compared with a market."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from lst_workbench.assumptions import data_folder
from lst_workbench.contracts import InputError
from lst_workbench.geo import nearest
from lst_workbench.market.bundle import Market
from lst_workbench.market.synthetic import Geography, read_geography

# Headings that mean a column, the likeliest first.
HEADINGS = {
    "people": ("people", "pop_2017", "pop_2017_est", "population", "pop", "常住人口", "人口", "人口数", "pop_2020"),
    "lat": ("lat", "latitude", "纬度"),
    "lon": ("lon", "lng", "longitude", "经度"),
    "code": ("code", "adcode", "county_code", "township_code", "行政区划代码", "代码", "编码"),
    "name": ("name", "name_zh", "township_zh", "county_zh", "township", "county", "名称", "街道", "乡镇", "县", "区县"),
    "stores": ("stores", "small_stores", "small_stores_est", "shops", "门店数"),
}
NEEDED = ("people", "lat", "lon")
ENCODINGS = ("utf-8-sig", "gb18030")
SHOWN, WORST = 3, 10
SEAT_DIGITS = 2  # of a degree: a kilometre


@dataclass(frozen=True)
class CensusCheck:
    """A market beside a census.

    Attributes
    ----------
    figures : DataFrame
        figure, value, unit: seats compared, and for people and stores rank correlation and median relative error.
    units : DataFrame
        One row a unit: code, name, people of the census and of the market, stores likewise, relative errors.
    worst : DataFrame
        Ten units whose people are farthest off.
    """

    figures: pd.DataFrame
    units: pd.DataFrame
    worst: pd.DataFrame


def read_census(path: str | Path, people: str | None = None) -> pd.DataFrame:
    """Read a table of counties or townships.

    Parameters
    ----------
    path : str or Path
        CSV (UTF-8 or GB18030), Excel or Parquet with people, latitude and longitude of each unit's seat; a code, a name
        and the number of small stores where it has them. Usual headings are known, Chinese ones too.
    people : str, optional
        Heading of the column of people, where there are several.

    Returns
    -------
    DataFrame
        code (NBS, 0 where unknown), name, lat, lon (WGS-84), people, and stores where the table has them.

    Raises
    ------
    InputError
        Every fault: columns missing, values that are no numbers, negative, or not in China.
    """
    path = Path(path)
    raw = _read(path)
    taken = {column: _heading(raw, column, people) for column in HEADINGS}
    missing = [column for column in NEEDED if taken[column] is None]
    if missing:
        faults = [f"column {name} is missing, known as {', '.join(HEADINGS[name])}" for name in missing]
        raise InputError(str(path), [*faults, f"it has {', '.join(map(str, raw.columns[:12]))}"])
    units = pd.DataFrame({name: raw[heading] for name, heading in taken.items() if heading is not None})
    numbers = [name for name in ("people", "lat", "lon", "stores") if name in units]
    units[numbers] = units[numbers].apply(pd.to_numeric, errors="coerce").astype("float64")
    if faults := _faults(units, numbers):
        raise InputError(str(path), faults)
    codes = pd.to_numeric(units["code"], errors="coerce") if "code" in units else pd.Series(0, units.index)
    names = units["name"].astype("str") if "name" in units else codes.astype("str")
    return units.assign(code=codes.fillna(0).astype("int64"), name=names).reset_index(drop=True)


def placed_units(units: pd.DataFrame, geography: Geography) -> pd.DataFrame:
    """Add the prefecture of each unit: by its code where that is known, else that of the nearest real place.

    Codes of townships (nine or twelve digits) begin with those of their county. Units of a prefecture whose seats stand
    at one position (districts of a city often do in such tables) cannot be told apart by place and count together.
    """
    code = units["code"].to_numpy()
    code = np.where(code >= 10**11, code // 10**6, np.where(code >= 10**8, code // 10**3, code))
    row, _ = geography.nearest_place(units["lat"].to_numpy(), units["lon"].to_numpy())
    found = geography.places["prefecture_code"].to_numpy()[row]
    for known in (code // 100 * 100, code):
        found = np.where(np.isin(known, geography.prefectures.index), known, found)
    return _joined_at_one_seat(units.assign(prefecture_code=found.astype("int64")))


def _joined_at_one_seat(units: pd.DataFrame) -> pd.DataFrame:
    seat = [units["prefecture_code"], units["lat"].round(SEAT_DIGITS), units["lon"].round(SEAT_DIGITS)]
    groups = units.groupby(seat, sort=False)
    first, sums = (
        groups[["code", "name", "lat", "lon", "prefecture_code"]].first(),
        groups[[name for name in ("people", "stores") if name in units]].sum(),
    )
    more = groups.size() - 1
    first["name"] += np.where(more > 0, " and " + more.astype("str") + " more", "")
    return pd.concat([first.reset_index(drop=True), sums.reset_index(drop=True)], axis=1)


def compare_with_census(market: Market, units: pd.DataFrame) -> CensusCheck:
    """Put people and stores of a market beside a census: each cell counts for the nearest seat.

    Parameters
    ----------
    market : Market
        Any market.
    units : DataFrame
        From `read_census`; units of prefectures that the market does not hold are left out.

    Raises
    ------
    InputError
        No unit lies in the market.
    """
    units = placed_units(units, read_geography(data_folder() / "places"))
    units = units[units["prefecture_code"].isin(market.cells["prefecture_code"].unique())].reset_index(drop=True)
    if units.empty:
        raise InputError("the census", ["none of its units lies in a prefecture of the market; give another file"])
    cells = market.cells
    unit, _ = nearest(cells["lat"], cells["lon"], units["lat"], units["lon"])
    of_cell = pd.Series(unit, index=cells["h3_8"].to_numpy())
    units["people_market"] = np.bincount(unit, cells["people"].to_numpy(float), len(units))
    at_home = of_cell.reindex(market.stores["h3_8"]).dropna().to_numpy(np.int64)
    units["stores_market"] = np.bincount(at_home, minlength=len(units))
    rows: list[tuple[str, float, str]] = [("census_seats", float(len(units)), "seats")]
    for column in ("people", "stores"):
        if column in units:
            there, here = units[column], units[f"{column}_market"]
            units[f"{column}_error"] = here / there.where(there > 0) - 1
            rows.append((f"census_{column}_total_ratio", float(here.sum() / max(there.sum(), 1.0)), "ratio"))
            rows.append((f"census_{column}_rank_correlation", float(there.corr(here, "spearman")), "correlation"))
            rows.append((f"census_{column}_median_error", float(units[f"{column}_error"].abs().median()), "share"))
    order = (units["people_market"] - units["people"]).abs().sort_values(ascending=False, kind="stable").index
    shown = ["code", "name", "people", "people_market", "people_error"]
    return CensusCheck(pd.DataFrame(rows, columns=["figure", "value", "unit"]), units, units.loc[order[:WORST], shown])


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(str(path), ["it is not a file; mend the path"])
    if path.suffix.lower() in (".xlsx", ".parquet"):
        read = pd.read_excel if path.suffix.lower() == ".xlsx" else pd.read_parquet
        try:
            return read(path)
        except Exception as error:  # each format's library has faults of its own
            said = " ".join(str(error).split())[:120]
            raise InputError(str(path), [f"it cannot be read as {path.suffix[1:]} ({said}); export it again"]) from None
    for encoding in ENCODINGS:
        try:
            return pd.read_csv(path, encoding=encoding)
        except UnicodeDecodeError:
            continue
        except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
            said = " ".join(str(error).split())[:120]
            raise InputError(str(path), [f"it cannot be read as CSV ({said}); export it again"]) from None
    raise InputError(str(path), [f"it is neither of {' nor of '.join(ENCODINGS)}; export it as UTF-8"])


def _heading(raw: pd.DataFrame, column: str, people: str | None) -> str | None:
    if column == "people" and people:
        return people if people in raw else None
    by_name = {str(heading).strip().casefold(): str(heading) for heading in raw.columns}
    return next((by_name[name] for name in HEADINGS[column] if name in by_name), None)


def _faults(units: pd.DataFrame, numbers: list[str]) -> list[str]:
    if units.empty:
        return ["it has no rows below its header; give at least one unit"]
    bounds = {"people": (0, np.inf), "stores": (0, np.inf), "lat": (3, 54), "lon": (73, 136)}
    words = {"people": "a number from 0", "stores": "a number from 0"}
    words |= {"lat": "a latitude of China (3 to 54)", "lon": "a longitude of China (73 to 136)"}
    faults = []
    for name in numbers:
        low, high = bounds[name]
        wrong = np.flatnonzero(~((units[name] >= low) & (units[name] <= high) & np.isfinite(units[name])))
        if len(wrong):
            first = ", ".join(str(row + 2) for row in wrong[:SHOWN])
            faults.append(f"{name} must be {words[name]} in every row ({len(wrong):,} are not, first in line {first})")
    if not faults and not units["people"].sum() > 0:
        faults.append("people add up to 0; name the right column")
    return faults
