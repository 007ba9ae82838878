"""A network summed up for people: figures, open sites with their lanes, areas, cells of the map."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lst_workbench.assumptions import data_folder
from lst_workbench.geo import RESOLUTION, cells_of
from lst_workbench.market import Market
from lst_workbench.market.synthetic.geography import read_geography

MOST_CELLS = 5_000  # of a map that a browser draws in a moment
COARSEST = 3


@dataclass(frozen=True)
class Overview:
    """One network in a few small tables.

    Attributes
    ----------
    figures : dict
        Columns of contract `NetworkSteps` that the network itself gives.
    sites, areas, cells : DataFrame
        Contracts `NetworkStepSites`, `NetworkStepAreas`, `NetworkStepCells`, without mode and step. Sites are those
        open, and those of today that are not.
    """

    figures: dict[str, float]
    sites: pd.DataFrame
    areas: pd.DataFrame
    cells: pd.DataFrame

    @property
    def opened(self) -> pd.DataFrame:
        """Open sites."""
        return self.sites[self.sites["opened"]]

    @property
    def open_ids(self) -> list[int]:
        """Ids of the open sites."""
        return [int(site) for site in self.opened["site_id"]]


@dataclass(frozen=True)
class Ground:
    """What every network of a market is summed up over: where its stores lie and what the sites are called.

    Attributes
    ----------
    stores : DataFrame
        ``store_id``, ``volume_m3_month``, ``orders_month``, area and cell of each store.
    areas : DataFrame
        ``area_code`` and names.
    sites : DataFrame
        ``site_id``, names and ``today`` of every candidate.
    """

    stores: pd.DataFrame
    areas: pd.DataFrame
    sites: pd.DataFrame

    @classmethod
    def of(cls, market: Market, stores: pd.DataFrame, sites: pd.DataFrame) -> "Ground":
        """Find the level of areas and of cells that suits the market."""
        level = area_level(market.places)
        areas = area_names(market.places, level)
        of_place = market.places.set_index("place_id")[level].fillna(0).astype(np.int32)
        rows = pd.DataFrame(
            {
                **{name: stores[name].to_numpy() for name in ("store_id", "volume_m3_month", "orders_month")},
                "area_code": stores["place_id"].map(of_place).fillna(0).to_numpy(np.int32),
                "cell": cells_that_fit(stores["lat"].to_numpy(), stores["lon"].to_numpy()),
            }
        )
        named = sites[["site_id", "name_en", "name_zh"]].assign(today=sites["site_id"].isin(market.sites["site_id"]))
        return cls(rows, areas, named)

    @cached_property
    def orders_month(self) -> float:
        """Expected orders of all stores."""
        return float(self.stores["orders_month"].sum())

    def sum_up(self, tables: Mapping[str, pd.DataFrame], said: Mapping[str, float]) -> Overview:
        """Sum a network up over the stores, each on its real position: its tables, and the figures it says itself."""
        served = tables["network_stores"]
        service, backup = served["service"].astype(str).to_numpy(), served["backup"].to_numpy()
        rows = self.stores.assign(
            next_day=service == "next_day",
            slow=service == "slow",
            sole=(service == "next_day") & ~backup,
            site_id=served["site_id"].to_numpy(),
            cost_rmb_month=served["cost_rmb_month"].to_numpy(),
        )
        sites = self._sites(tables, rows)
        rows["cost_rmb_month"] += rows["volume_m3_month"] * _fixed_rmb_m3(sites, rows["site_id"])
        figures = self._figures(said, rows, sites)
        counted = {"stores": ("store_id", "size"), "next_day": ("next_day", "sum"), "slow": ("slow", "sum")}
        summed = {name: (name, "sum") for name in ("orders_month", "cost_rmb_month")}
        areas = rows.groupby("area_code", as_index=False).agg(**counted, **summed)
        areas["uncovered"] = areas["stores"] - areas["next_day"] - areas["slow"]
        cells = rows.groupby("cell", as_index=False).agg(**counted)
        return Overview(figures, sites, areas.merge(self.areas, on="area_code", how="left"), cells)

    def _sites(self, tables: Mapping[str, pd.DataFrame], rows: pd.DataFrame) -> pd.DataFrame:
        lanes = tables["network_lanes"].rename(
            columns={"to_site_id": "site_id", "km": "lane_km", "cost_rmb_month": "lane_rmb_month"}
        )
        bare = tables["network_sites"].drop(columns=["name_en", "name_zh", "place_id"], errors="ignore")
        sites = bare.merge(self.sites, on="site_id", how="left", validate="one_to_one")
        sites = sites[sites["opened"] | sites["today"]]
        sites = sites.merge(lanes[["site_id", "lane_km", "lane_rmb_month"]], on="site_id", how="left")
        sole = rows.loc[rows["sole"], "site_id"].value_counts()
        return sites.assign(sole_stores=sites["site_id"].map(sole).fillna(0).astype(np.int64)).reset_index(drop=True)

    def _figures(self, own: Mapping[str, float], rows: pd.DataFrame, sites: pd.DataFrame) -> dict[str, float]:
        fast = float(rows["next_day"].sum())
        return {
            "next_day_share": own["next_day_share"],
            "single_share": float(rows["sole"].sum()) / fast if fast else 0.0,
            "cost_rmb_month": own["cost_rmb_month"],
            "cost_rmb_order": own["cost_rmb_month"] / self.orders_month,
            "fixed_rmb_month": float(sites.loc[sites["opened"], "fixed_cost_rmb_month"].sum()),
            **{f"stores_{service}": own[f"stores_{service}"] for service in ("next_day", "slow", "uncovered")},
            **{f"{tier}_open": own[f"{tier}_open"] for tier in ("fronts", "cities", "regionals")},
        }


def difference(before: Overview, after: Overview) -> pd.DataFrame:
    """Say area by area who gains and who suffers from one network to the other, the largest loss first.

    Returns
    -------
    DataFrame
        ``area_code``, names, ``stores``, ``next_day_before``, ``next_day_after`` and ``change``, in stores.
    """
    rows = before.areas[["area_code", "name_en", "name_zh", "stores", "next_day"]].merge(
        after.areas[["area_code", "next_day"]], on="area_code", suffixes=("_before", "_after"), validate="one_to_one"
    )
    rows["change"] = rows["next_day_after"] - rows["next_day_before"]
    return rows.sort_values(["change", "area_code"], ignore_index=True)


def province_around(market: Market) -> str:
    """Name of the province that a synthetic market is a part of; empty for own lists, whole provinces and more."""
    codes = market.places["province_code"].unique()
    if market.meta.source != "china-2017" or len(codes) != 1:
        return ""
    geography = read_geography(data_folder() / "places")
    of_province = geography.prefectures[geography.prefectures["province_code"] == codes[0]]
    part = market.places["prefecture_code"].nunique() < len(of_province)
    return str(geography.provinces.loc[codes[0], "province_en"]) if part else ""


def names_of(market: Market) -> tuple[tuple[str, str], tuple[str, str]]:
    """Names (English, Chinese) of a market and of the province it lies in; a larger market's own name only."""
    own, provinces = (market.meta.name, ""), market.places["province_code"].unique()
    if market.places["prefecture_code"].nunique() == 1:
        own = _first_name(market.places, "prefecture_code")
    if len(provinces) != 1:
        return own, ("", "")
    province = _first_name(market.places, "province_code")
    return (province if own[1] == "" and own[0] == province[0] else own), province


def _first_name(places: pd.DataFrame, level: str) -> tuple[str, str]:
    row = area_names(places, level).iloc[0]
    return str(row["name_en"]), str(row["name_zh"]) if pd.notna(row["name_zh"]) else ""


def area_level(places: pd.DataFrame) -> str:
    """Column of the areas that a market is told by: provinces, else prefectures, else counties."""
    for level, least in (("province_code", 2), ("prefecture_code", 2)):
        if places[level].nunique() >= least:
            return level
    return "county_code"


def area_names(places: pd.DataFrame, level: str) -> pd.DataFrame:
    """Names of areas: of provinces and prefectures their own, of a county that of its largest place."""
    known = places.dropna(subset=[level]).sort_values(["people", "place_id"], ascending=[False, True])
    first = known.drop_duplicates(level).set_index(level)[["name_en", "name_zh"]]
    if level != "county_code":
        geography = read_geography(data_folder() / "places")
        table = geography.provinces if level == "province_code" else geography.prefectures
        own = table.rename(columns={"province_en": "name_en", "province_zh": "name_zh"})[["name_en", "name_zh"]]
        first.update(own)
    first = first.reset_index().rename(columns={level: "area_code"}).astype({"area_code": np.int32})
    rest = pd.DataFrame({"area_code": np.array([0], np.int32), "name_en": ["elsewhere"], "name_zh": ["其他"]})
    return pd.concat([first, rest], ignore_index=True)


def cells_that_fit(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """H3 cell of each store, of the finest resolution that a map can draw."""
    for resolution in range(RESOLUTION, COARSEST - 1, -1):
        cells = cells_of(lat, lon, resolution)
        if len(np.unique(cells)) <= MOST_CELLS:
            break
    return cells


def _fixed_rmb_m3(sites: pd.DataFrame, served_by: pd.Series) -> np.ndarray:
    """Sum the fixed cost by volume of all sites on the way to each store, RMB/m3; 0 for stores that nobody serves."""
    at = sites.set_index("site_id")
    own = at["fixed_cost_rmb_month"] / at["volume_m3_month"].where(at["volume_m3_month"] > 0)
    way, step = own.fillna(0.0), at["feeds_from"]
    for _ in range(2):
        way = way + step.map(own).astype(np.float64).fillna(0.0)
        step = step.map(at["feeds_from"])
    return served_by.map(way).astype(np.float64).fillna(0.0).to_numpy()
