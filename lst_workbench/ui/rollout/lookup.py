"""Find stores of a market and what a plan does with them; of a large market only the pieces that hold them are read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.catchment import HuffParams, store_cells
from lst_workbench.geo import boundaries_of
from lst_workbench.market import TOUR_STORE_ID, Market
from lst_workbench.runs import Explanation, PlanResult, pieces, where
from lst_workbench.views.maps import KM_PER_DEGREE, children_of
from lst_workbench.views.stores import SHOWN_STORES, matching_stores

MOST_EXAMPLES = 1_000
SHOP = ("store_id", "lat", "lon", "area_m2")
SHOWN = ("store_id", "source_id", "name", "place_id", "h3_8", "lat", "lon", "area_m2", "store_kind", "settlement_kind")


@dataclass(frozen=True)
class Chosen:
    """All about the store in focus."""

    store: dict[str, Any]
    place: dict[str, Any]
    site: str
    explanation: Explanation
    links: pd.DataFrame


def examples(market: Market, result: PlanResult) -> pd.DataFrame:
    """Find the stores to begin with: that of the tour, then those signed in the first month, the largest first."""
    signed = result.tables["curve"].query("signups > 0")["month"]
    first = (
        where(result.tables, "waves", {"month": (signed.iloc[0], signed.iloc[0])}, ["store_id"])
        if len(signed)
        else None
    )
    ids = [] if first is None else sorted(first["store_id"].tolist())[:MOST_EXAMPLES]
    stores = where(market.tables, "stores", {"store_id": [TOUR_STORE_ID, *ids]}, SHOWN)
    stores["tour"] = stores["store_id"] == TOUR_STORE_ID
    order = stores.sort_values(["tour", "area_m2", "store_id"], ascending=[False, False, True])
    return order.drop(columns="tour")


def stores_of_cell(market: Market, cell: int, resolution: int) -> pd.DataFrame:
    """Find the stores in a cell of the map."""
    if not cell:
        return where(market.tables, "stores", {"store_id": [-1]}, SHOWN)
    lat, lon = boundaries_of(np.array([cell]))
    room_lat, room_lon = (
        0.2 * np.ptp(lat),
        0.2 * np.ptp(lon),
    )  # finer cells stick out of the coarser one that holds them
    box = {
        "lat": (float(lat.min() - room_lat), float(lat.max() + room_lat)),
        "lon": (float(lon.min() - room_lon), float(lon.max() + room_lon)),
    }
    return where(market.tables, "stores", {**box, "h3_8": children_of(cell, resolution)}, SHOWN)


def matching(market: Market, query: str) -> pd.DataFrame:
    """Find stores by name or id, as many as are shown; an exact id comes first."""
    found, count = [], 0
    if query.strip().isdigit():
        wanted = min(int(query.strip()), 2**63 - 1)
        found.append(where(market.tables, "stores", {"store_id": (wanted, wanted)}, SHOWN))
    for piece in pieces(market.tables, "stores", SHOWN):
        found.append(matching_stores(piece, query))
        count += len(found[-1])
        if count > SHOWN_STORES:
            break
    return pd.concat(found, ignore_index=True).drop_duplicates("store_id", ignore_index=True)


def chosen(market: Market, result: PlanResult, store_id: int, params: HuffParams, lang: str) -> Chosen | None:
    """Explain a store; None where the market or the plan has no such one."""
    one = {"store_id": (store_id, store_id)}
    row = where(market.tables, "stores", one).merge(where(result.tables, "decisions", one), on="store_id")
    if row.empty:
        return None
    store = row.iloc[0].to_dict()
    place = market.places[market.places["place_id"] == store["place_id"]]
    near = _box(store, 2 * params.radius_km)
    listed = [name for name in ("stores", "rivals") if name in market.tables]
    shops = pd.concat([where(market.tables, name, near, SHOP) for name in listed], ignore_index=True)
    cells = where(market.tables, "cells", near, ["h3_8", "lat", "lon", "people"])
    return Chosen(
        store,
        place.iloc[0].to_dict() if len(place) else {},
        _site_name(store, market.sites, result, lang),
        result.explain(store_id),
        store_cells(store_id, shops, cells, params),
    )


def _box(store: dict[str, Any], reach_km: float) -> dict[str, tuple[float, float]]:
    """Ranges of latitude and longitude that hold everything within reach."""
    high = 1.01 * reach_km / KM_PER_DEGREE
    wide = high / max(float(np.cos(np.radians(min(abs(store["lat"]) + high, 89.0)))), 0.02)
    return {"lat": (store["lat"] - high, store["lat"] + high), "lon": (store["lon"] - wide, store["lon"] + wide)}


def _site_name(store: dict[str, Any], sites: pd.DataFrame, result: PlanResult, lang: str) -> str:
    """Name of the warehouse that serves the store, or of the nearest one where none does."""
    site_id = store["site_id"]
    if pd.isna(site_id) and "uncovered" in result.tables:
        uncovered = where(result.tables, "uncovered", {"store_id": (store["store_id"], store["store_id"])})
        site_id = uncovered["nearest_site_id"].iloc[0] if len(uncovered) else site_id
    row = sites[sites["site_id"] == site_id] if pd.notna(site_id) else sites.iloc[:0]
    if row.empty:
        return ""
    name = row["name_zh" if lang == "zh" else "name_en"].iloc[0]
    return str(name) if pd.notna(name) else str(row["name_en"].iloc[0])
