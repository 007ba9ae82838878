"""The real frame of the synthetic China: provinces, prefectures and places, with their people of 2017."""

import math
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lst_workbench.market.synthetic.streams import apportion

PLACE_DTYPES = {"name_zh": "str", "name_en": "str", "county_code": "Int32", "role": "str", "population": "float64"}

EARTH_KM = 6371.0088
CLEARLY = 1 / 3  # a shop this much nearer to a place beyond the border stands there
TOWN_ROLES = ("prefecture_seat", "county_seat", "street")
URBAN_BY_TOWNS = 2.5  # rise of the logit of the urban share when the known towns hold all people instead of none


@dataclass(frozen=True)
class Geography:
    """The nation's provinces, prefectures and real places; the same whatever part of it is drawn.

    Attributes
    ----------
    provinces, prefectures, counties : DataFrame
        Indexed by their code; prefectures carry `people` of 2017, `urban_share` and `consumption_index` (1 = nation),
        counties the number of their streets, towns and townships.
    places : DataFrame
        Real places by id.
    tree : cKDTree
        Unit vectors of the places.
    not_covered : cKDTree
        Unit vectors of the places of Hong Kong, Macao and Taiwan, which no market holds.
    rows : dict
        Rows of the places of each prefecture.
    census : DataFrame, optional
        Units of an analyst's census (prefecture_code, lat, lon, people), which the cells then add up to.
    """

    provinces: pd.DataFrame
    prefectures: pd.DataFrame
    counties: pd.DataFrame
    places: pd.DataFrame
    tree: cKDTree
    not_covered: cKDTree
    rows: dict[int, np.ndarray]
    census: pd.DataFrame | None = None

    def with_census(self, units: pd.DataFrame) -> "Geography":
        """Replace the modelled people of every prefecture that the census has units of."""
        people = units.assign(people=units["people"].round().astype("int64"))
        counted = people.groupby("prefecture_code")["people"].sum()
        counted = counted[(counted > 0) & counted.index.isin(self.prefectures.index)]
        prefectures = self.prefectures.copy()
        prefectures.loc[counted.index, "people"] = counted
        return replace(self, prefectures=prefectures, census=people[people["prefecture_code"].isin(counted.index)])

    def places_of(self, prefecture_code: int) -> pd.DataFrame:
        """Real places of a prefecture, by id."""
        return self.places.iloc[self.rows[prefecture_code]]

    def nearest_place(self, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Row of the nearest real place in the whole nation, and its distance in km."""
        chord, row = self.tree.query(unit_vectors(lat, lon))
        return row, chord * EARTH_KM

    def beyond_border(self, lat: np.ndarray, lon: np.ndarray, nearer: float = CLEARLY) -> np.ndarray:
        """Whether a place of Hong Kong, Macao or Taiwan lies so much nearer than any that is covered."""
        lats, lons = degrees(self.not_covered.data)
        across = (lat > lats.min() - 1) & (lat < lats.max() + 1) & (lon > lons.min() - 1) & (lon < lons.max() + 1)
        lat, lon = lat[across], lon[across]
        km = self.not_covered.query(unit_vectors(lat, lon))[0] * EARTH_KM
        across[across] = km < nearer * self.nearest_place(lat, lon)[1]
        return across


def unit_vectors(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Positions as points on the unit sphere."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))


def degrees(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of points on the unit sphere."""
    return np.degrees(np.arcsin(vectors[:, 2])), np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))


@cache
def read_geography(folder: Path) -> Geography:
    """Read the tables of real places and give each prefecture its people of 2017.

    A prefecture's people are its province's of 2017 in proportion to the census of 2020, in whole numbers that add up.
    """
    counties = pd.read_csv(folder / "counties.csv").set_index("county_code").sort_index()
    provinces = pd.read_csv(folder / "provinces.csv").set_index("province_code").sort_index()
    prefectures = pd.read_csv(folder / "prefectures.csv").set_index("prefecture_code").sort_index()
    places = pd.read_csv(folder / "places.csv", dtype=PLACE_DTYPES).sort_values("place_id", ignore_index=True)
    places = pd.concat([places, _seats_without_places(prefectures)], ignore_index=True)
    people_2017 = provinces["pop_2017_10k"] * 10_000
    nation = np.average(provinces["consumption_pc_2017_rmb"], weights=people_2017)
    provinces = provinces.assign(consumption_index=provinces["consumption_pc_2017_rmb"] / nation)
    towns = places[places["role"].isin(TOWN_ROLES)]
    town_people = towns.groupby("prefecture_code")["population"].sum()
    parts = []
    for code, own in prefectures.groupby("province_code"):
        province = provinces.loc[code]
        parts.append(
            own.assign(
                people=apportion(int(people_2017[code]), own["people_2020"].to_numpy(float)),
                urban_share=_urban_shares(own, town_people, province["urban_pct_2017"] / 100),
                consumption_index=province["consumption_index"],
            )
        )
    rows = places.groupby("prefecture_code").indices
    tree = cKDTree(unit_vectors(places["lat"].to_numpy(), places["lon"].to_numpy()))
    beyond = pd.read_csv(folder / "not_covered.csv")
    not_covered = cKDTree(unit_vectors(beyond["lat"].to_numpy(), beyond["lon"].to_numpy()))
    return Geography(provinces, pd.concat(parts).sort_index(), counties, places, tree, not_covered, rows)


def _urban_shares(prefectures: pd.DataFrame, town_people: pd.Series, province_share: float) -> np.ndarray:
    """Urban share of each prefecture: higher where known towns hold more of its people, the province's on the whole."""
    people = prefectures["people_2020"].to_numpy(float)
    known = np.clip(town_people.reindex(prefectures.index).fillna(0).to_numpy() / people, 0, 1)
    low, high = -20.0, 20.0
    for _ in range(60):
        level = (low + high) / 2
        shares = 1 / (1 + np.exp(-(level + URBAN_BY_TOWNS * known)))
        low, high = (level, high) if np.average(shares, weights=people) < province_share else (low, level)
    return shares


def _seats_without_places(prefectures: pd.DataFrame) -> pd.DataFrame:
    """Seats that the gazetteer lacks, as synthetic places."""
    missing = prefectures[prefectures["seat_place_id"].isna()].reset_index()
    return pd.DataFrame(
        {
            "place_id": synthetic_place_id(missing["prefecture_code"].to_numpy(), 0),
            "name_en": missing["seat_name"],
            "name_zh": missing["name_zh"].str.removesuffix("市"),
            "lat": missing["seat_lat"],
            "lon": missing["seat_lon"],
            "province_code": missing["province_code"],
            "prefecture_code": missing["prefecture_code"],
            "county_code": pd.array([pd.NA] * len(missing), dtype="Int32"),
            "role": "prefecture_seat",
            "population": math.nan,
        }
    )


def synthetic_place_id(prefecture_code: int | np.ndarray, number: int | np.ndarray) -> int | np.ndarray:
    """Id of a synthetic place: above every GeoNames id, the same whatever else is drawn.

    Examples
    --------
    >>> synthetic_place_id(341000, 2)
    1241000002
    """
    return 900_000_000 + prefecture_code * 1_000 + number
