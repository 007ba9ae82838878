"""The map of the field: every beat's stores, and the days of one week as lines."""

from html import escape
from typing import Any

import pandas as pd

from lst_workbench.views.maps import Label, MapLayer
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour

SHADES = ("seq-7", "seq-5", "seq-3", "goal")  # beats beside each other differ, none means more than another
HALF_SIDE_DEG = 0.0009
MOST_LABELS = 400


def beats_layer(visits: pd.DataFrame, beats: pd.DataFrame, lang: str, week: int = 1) -> MapLayer:
    """Draw the stores and day tours of each beat in a week.

    Parameters
    ----------
    visits : DataFrame
        rep_id, week, day, stop, store_id, lat, lon, in order.
    beats : DataFrame
        Contract `Beats`.
    week : int
        Week whose days are drawn.
    lang : str
        "en" or "zh".
    """
    stores = visits.drop_duplicates("store_id")
    now = visits[visits["week"] == week]
    features = []
    for at, rep in enumerate(beats["rep_id"]):
        shade = colour(SHADES[at % len(SHADES)])
        own, days = stores[stores["rep_id"] == rep], now[now["rep_id"] == rep]
        features += [_days(days, shade), _dots(own, shade)]
    labels = tuple(
        Label(row.lat, row.lon, f'<span class="place"><i></i>{escape(text("beats.rep", lang, n=row.rep_id))}</span>')
        for row in beats.head(MOST_LABELS).itertuples()
    )
    bounds = (
        (float(stores["lat"].min()), float(stores["lon"].min())),
        (float(stores["lat"].max()), float(stores["lon"].max())),
    )
    legend = ((colour(SHADES[0]), text("beats.legend", lang, n=week)),)
    title = text("beats.title", lang)
    return MapLayer({"type": "FeatureCollection", "features": features}, legend, labels, bounds, title=title)


def _days(visits: pd.DataFrame, shade: str) -> dict[str, Any]:
    lines = [group[["lon", "lat"]].round(5).to_numpy().tolist() for _, group in visits.groupby("day")]
    style = {"color": shade, "weight": 1.2, "opacity": 0.8, "fill": False}
    return _feature("MultiLineString", [line for line in lines if len(line) > 1], style)


def _dots(stores: pd.DataFrame, shade: str) -> dict[str, Any]:
    h = HALF_SIDE_DEG
    corners = ((-h, -h), (h, -h), (h, h), (-h, h), (-h, -h))
    squares = [
        [[[round(lon + dx, 5), round(lat + dy, 5)] for dx, dy in corners]]
        for lon, lat in zip(stores["lon"], stores["lat"], strict=True)
    ]
    return _feature("MultiPolygon", squares, {"fillColor": shade, "fillOpacity": 1, "color": shade, "weight": 0.6})


def _feature(kind: str, coordinates: list[Any], style: dict[str, Any]) -> dict[str, Any]:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "properties": {"style": style}, "geometry": geometry}
