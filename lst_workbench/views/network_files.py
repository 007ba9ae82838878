"""Sites and lanes of a network to take away: CSV, Excel, GeoPackage, and a map that asks nothing of a network."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

import geopandas as gpd
import pandas as pd
import shapely

from lst_workbench.geo import boundaries_of
from lst_workbench.market.geopackage import geopackage_bytes
from lst_workbench.planning import NetworkStudy, Overview
from lst_workbench.views.downloads import EXCEL, csv_bytes, data_link, excel_bytes
from lst_workbench.views.leaflet_maps import folium_map
from lst_workbench.views.messages import text
from lst_workbench.views.network_maps import drawn, service_layer, site_marks

WGS84 = "EPSG:4326"
SITES = [
    "site_id", "name_en", "name_zh", "tier", "lat", "lon", "today", "opened", "opens_in_month", "feeds_from", "stores",
    "sole_stores", "volume_m3_month", "capacity_m3_month", "fixed_cost_rmb_month", "saving_rmb_month",
]  # fmt: skip
AREAS = ["area_code", "name_en", "name_zh", "stores", "next_day", "slow", "uncovered", "orders_month", "cost_rmb_month"]
KINDS = {
    "sites.csv": "text/csv", "lanes.csv": "text/csv", "network.xlsx": EXCEL,
    "network.gpkg": "application/geopackage+sqlite3", "network.html": "text/html",
}  # fmt: skip
HTML_PIXELS = 760


@dataclass(frozen=True)
class NetworkFiles:
    """A network as files.

    Parameters
    ----------
    shown : Overview
        The network.
    steps : DataFrame, optional
        Contract `NetworkSteps`: the trade-off, for the workbook.
    about : mapping
        What it is, in words: market, promise, radius …
    lang : str
        Language of the map.
    """

    shown: Overview
    about: Mapping[str, object]
    steps: pd.DataFrame | None = None
    lang: str = "en"

    def written(self) -> dict[str, bytes]:
        """Write all files: content by name."""
        return {
            "sites.csv": csv_bytes(self.sites()),
            "lanes.csv": csv_bytes(self.lanes()),
            "network.xlsx": self.workbook(),
            "network.gpkg": geopackage_bytes(self.layers()),
            "network.html": self.map_html().encode("utf-8"),
        }

    def sites(self) -> pd.DataFrame:
        """Open warehouses, and those of today that are shut."""
        table = self.shown.sites[[name for name in SITES if name in self.shown.sites]]
        return table.sort_values(
            ["opened", "tier", "volume_m3_month"], ascending=[False, True, False], ignore_index=True
        )

    def lanes(self) -> pd.DataFrame:
        """Who feeds whom: both ends with name and position, road km, volume, cost."""
        ends = self.shown.sites[["site_id", "name_en", "name_zh", "lat", "lon"]]
        fed = self.shown.opened.dropna(subset=["feeds_from"])
        lanes = fed[["site_id", "feeds_from", "tier", "lane_km", "volume_m3_month", "lane_rmb_month"]]
        lanes = lanes.merge(ends.add_prefix("to_"), left_on="site_id", right_on="to_site_id")
        lanes = lanes.merge(ends.add_prefix("from_"), left_on="feeds_from", right_on="from_site_id")
        columns = [f"{end}_{name}" for end in ("from", "to") for name in ends.columns]
        return lanes[[*columns, "tier", "lane_km", "volume_m3_month", "lane_rmb_month"]]

    def workbook(self) -> bytes:
        """Workbook: what it is, sites, lanes, areas, and the trade-off."""
        said = {**self.about, **self.shown.figures}
        about = pd.DataFrame({"item": list(said), "value": list(said.values())}, dtype=object)
        sheets = {"about": about, "sites": self.sites(), "lanes": self.lanes(), "areas": self.shown.areas[AREAS]}
        return excel_bytes(sheets | ({"trade-off": self.steps} if self.steps is not None else {}))

    def layers(self) -> dict[str, gpd.GeoDataFrame]:
        """Layers in WGS-84: sites as points, lanes as lines (none within one place), cells of stores as polygons."""
        sites, lanes, cells = self.sites(), self.lanes(), self.shown.cells
        points = gpd.points_from_xy(sites["lon"], sites["lat"])
        ends = zip(lanes["from_lon"], lanes["from_lat"], lanes["to_lon"], lanes["to_lat"], strict=True)
        lines = [shapely.LineString([(a, b), (c, d)]) if (a, b) != (c, d) else None for a, b, c, d in ends]
        lat, lon = boundaries_of(cells["cell"].to_numpy())
        rings = [shapely.Polygon(zip(x, y, strict=True)) for x, y in zip(lon, lat, strict=True)]
        counted = cells[["cell", "stores", "next_day", "slow"]].astype("int64")
        return {
            "sites": gpd.GeoDataFrame(sites.astype({"tier": str}), geometry=points, crs=WGS84),
            "lanes": gpd.GeoDataFrame(lanes.astype({"tier": str}), geometry=lines, crs=WGS84),
            "cells": gpd.GeoDataFrame(counted, geometry=rings, crs=WGS84),
        }

    def map_html(self) -> str:
        """Map as one HTML text: script, style and figures inside, nothing is fetched."""
        layer = drawn(service_layer(self.shown, self.lang), site_marks(self.shown, self.lang))
        return str(folium_map(layer, HTML_PIXELS).get_root().render())


def about_rows(study: NetworkStudy, mode: str, is_changed: bool) -> dict[str, object]:
    """Say what the files hold: market, run, what stands, whether it is a what-if, whether stores are synthetic."""
    run = study.run.path.name if study.run.path is not None else "in memory"
    return {
        "market": study.market.meta.name,
        "run": run,
        "standing warehouses": text(f"network.mode.{mode}"),
        "service radius, km": study.radius_km,
        "a what-if": is_changed,
        "stores": text("synthetic" if study.market.meta.synthetic else "stores.own"),
    }


def links(files: NetworkFiles, lang: str) -> str:
    """Links that carry the files."""
    made = ""
    for name, content in files.written().items():
        words = escape(text(f"network.file.{_kind(name)}", lang))
        made += f'<a download="{name}" href="{data_link(content, KINDS[name])}">{words}</a>'
    return f'<div class="downloads">{made}</div>'


def _kind(name: str) -> str:
    return name.replace(".csv", "").rpartition(".")[2]
