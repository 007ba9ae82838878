"""Positions that a table holds as geometry: WKB, a layer's shapes, or both coordinates in one column."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lst_workbench.market.importing.mapping import propose_mapping
from lst_workbench.market.importing.notes import note
from lst_workbench.market.importing.personal import MOSTLY, SAMPLE_ROWS
from lst_workbench.market.importing.raw import RawTable

if TYPE_CHECKING:
    import geopandas as gpd

BOTH = r"^\s*(?:(?:SRID=4326;\s*)?POINT\s*)?[\[(]?\s*(-?\d+\.\d+)\s*[,，;；\s]\s*(-?\d+\.\d+)\s*[\])]?\s*$"
BOTH_MOST = 100  # letters of a cell that holds both coordinates
WKB_HEX = r"^[0-9A-Fa-f]{42,}$"  # a point has 21 bytes


def with_positions(raw: RawTable) -> RawTable:
    """Give a table without known coordinates those of its column of WKB, or of "118.31,29.71"."""
    if {"lat", "lon"} & set(propose_mapping([str(name) for name in raw.frame.columns])):
        return raw
    frame, notes = with_geometry(raw.frame)
    return replace(raw, frame=frame, notes=[*raw.notes, *notes]) if notes else _with_split_positions(raw)


def _with_split_positions(raw: RawTable) -> RawTable:
    """Split a column that holds both coordinates; which is which is found out later."""
    frame = raw.frame
    for name in frame.columns:
        sample = frame[name].dropna().head(SAMPLE_ROWS).astype("str").str.slice(0, BOTH_MOST)
        if len(sample) and sample.str.match(BOTH).mean() > MOSTLY and "lon" not in frame:
            sides = frame[name].astype("str").str.slice(0, BOTH_MOST).str.extract(BOTH)
            split = frame.assign(lon=sides[0], lat=sides[1])
            return replace(raw, frame=split, notes=[*raw.notes, note("both", name=name)])
    return raw


def with_geometry(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Replace the first column of WKB in hexadecimal by lat and lon; further ones are dropped."""
    shapes = list(_geometries(frame))
    if not shapes:
        return frame, []
    name, (lat, lon) = shapes[0]
    kept = frame.drop(columns=[other for other, _ in shapes])
    kept = kept.drop(columns=[side for side in ("lat", "lon") if side in kept])
    return kept.assign(lat=lat, lon=lon), [note("geometry", name=name)]


def layer_positions(shapes: "gpd.GeoSeries") -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of a point on each shape; in degrees where the projection is known."""
    points = (shapes if shapes.crs is None else shapes.to_crs(4326)).representative_point()
    return points.y.to_numpy(), points.x.to_numpy()


def _geometries(frame: pd.DataFrame) -> Iterator[tuple[str, tuple[np.ndarray, np.ndarray]]]:
    for name in frame.columns:
        text = frame[name]
        sample = text.dropna().head(SAMPLE_ROWS)
        if len(sample) and sample.str.match(WKB_HEX).mean() > MOSTLY and (found := _positions_of(text)) is not None:
            yield str(name), found


def _positions_of(text: pd.Series) -> tuple[np.ndarray, np.ndarray] | None:
    """Latitude and longitude of WKB in hexadecimal, brought to degrees; None where most of it is no WKB."""
    import geopandas as gpd
    import shapely

    shapes = shapely.from_wkb(text.astype(object).where(text.notna(), None).to_numpy(), on_invalid="ignore")
    if (shapes != None).mean() <= MOSTLY:  # noqa: E711 - element by element
        return None
    srid = int(shapely.get_srid(shapes).max())
    return layer_positions(gpd.GeoSeries(shapes, crs=srid if srid > 0 else None))
