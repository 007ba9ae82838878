"""Map of a network: cells by service, lanes, warehouses of three tiers; one layer for the page and for the file."""

from collections.abc import Collection
from html import escape
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pandas as pd

from lst_workbench.planning import Overview
from lst_workbench.views.maps import Label, MapLayer, layer_of, with_labels
from lst_workbench.views.messages import names, text
from lst_workbench.views.theme import colour

SERVICES = ("next_day", "slow", "uncovered")
SHADES = {"next_day": "seq-3", "slow": "div-neg-1", "uncovered": "seq-none"}
CHANGES = {"gained": "div-pos-2", "lost": "div-neg-2", "same": "seq-none"}
CHANGED_SHARE = 0.05  # of a cell's stores that must gain or lose for it to be coloured
LANE_WIDTHS = {"front": 0.8, "city": 1.8}
APART_SHARE = (0.045, 0.16)  # height and width that a name needs, as shares of the map


def service_layer(shown: Overview, lang: str) -> MapLayer:
    """Colour cells by how most of their stores are served, with the lanes over them."""
    cells = shown.cells
    counts = np.column_stack([cells["next_day"], cells["slow"], cells["stores"] - cells["next_day"] - cells["slow"]])
    fill = [colour(SHADES[SERVICES[most]]) for most in counts.argmax(axis=1)]
    legend = [(colour(SHADES[name]), text(f"network.{name}", lang)) for name in SERVICES]
    return _with_lanes(_ground(cells["cell"], fill, legend, text("network.map", lang)), shown)


def difference_layer(before: Overview, shown: Overview, lang: str) -> MapLayer:
    """Colour cells whose stores gain or lose next-day delivery from one network to the other."""
    both = before.cells.merge(shown.cells[["cell", "next_day"]], on="cell", suffixes=("", "_then"))
    change = (both["next_day_then"] - both["next_day"]) / both["stores"]
    kind = np.where(change >= CHANGED_SHARE, "gained", np.where(change <= -CHANGED_SHARE, "lost", "same"))
    fill = [colour(CHANGES[name]) for name in kind]
    legend = [(colour(shade), text(f"network.{name}", lang)) for name, shade in CHANGES.items()]
    return _with_lanes(_ground(both["cell"], fill, legend, text("network.map", lang)), shown)


def site_marks(shown: Overview, lang: str, closed: Collection[int] = (), focus: int = 0) -> tuple[Label, ...]:
    """Mark the warehouses: a square, a diamond or a ring by tier, hollow where it is new; crossed out where closed.

    Regional and city warehouses are named where there is room, and so is the one in focus.
    """
    sites = shown.sites[shown.sites["opened"] | shown.sites["site_id"].isin([*closed]) | shown.sites["today"]]
    rank = sites["tier"].astype(str).map({"regional": 0, "city": 1, "front": 2})
    rows = sites.assign(rank=rank).sort_values(["rank", "volume_m3_month"], ascending=[True, False])
    tall, wide = (part * span for part, span in zip(APART_SHARE, _span(shown), strict=True))
    named: list[tuple[float, float]] = []
    taken: set[tuple[float, float]] = set()
    marks = []
    for row in rows.itertuples():
        free = all(
            abs(row.lat - y) > APART_SHARE[0] * tall or abs(row.lon - x) > APART_SHARE[1] * wide for y, x in named
        )
        said = row.site_id == focus or (row.rank < 2 and row.opened and free)
        if said:
            named.append((row.lat, row.lon))
        spot = (round(row.lat, 3), round(row.lon, 3))
        marks.append(Label(row.lat, row.lon, _mark(row, lang, said, row.site_id == focus, spot in taken), "tier"))
        taken.add(spot)
    return tuple(marks[::-1])  # the upper tiers lie on top


def legend(shown: Overview, layer: MapLayer, lang: str) -> str:
    """Say what marks and colours mean, with how many warehouses of each tier are open."""
    swatch = '<span><i class="swatch" style="background:{}"></i>{}</span>'
    count = {tier: int((shown.opened["tier"].astype(str) == tier).sum()) for tier in ("regional", "city", "front")}
    keys = "".join(
        f'<span><i class="tier key {tier}"></i>{escape(text(f"network.{tier}", lang))} {n}</span>'
        for tier, n in count.items()
    )
    keys += f'<span><i class="tier key front fresh"></i>{escape(text("network.new", lang))}</span>'
    if (shown.sites["today"] & ~shown.sites["opened"]).any():
        keys += f'<span><i class="tier key front shut"></i>{escape(text("network.shut", lang))}</span>'
    items = "".join(swatch.format(shade, escape(label)) for shade, label in layer.legend)
    return f'<div class="legend map-foot">{keys}{items}</div>'


def drawn(layer: MapLayer, marks: tuple[Label, ...]) -> MapLayer:
    """Return the layer with the warehouses on it."""
    return with_labels(layer, marks)


def nearest_site(shown: Overview, lat: float, lon: float, most_degrees: float) -> int | None:
    """Open site nearest to a click; None when none is within so many degrees."""
    sites = shown.sites[shown.sites["opened"]]
    away = np.hypot(sites["lat"] - lat, (sites["lon"] - lon) * np.cos(np.radians(lat)))
    if not len(away) or away.min() > most_degrees:
        return None
    return int(sites["site_id"].to_numpy()[int(away.to_numpy().argmin())])


def site_name(row: Any, lang: str) -> str:
    """Name a site in the chosen language, without the kind of warehouse where the tier says it."""
    return names(row.name_en, row.name_zh, lang)[0]


def short_name(name: object, lang: str) -> str:
    """Name of the place that a warehouse is called after.

    Examples
    --------
    >>> short_name("Hefei city warehouse", "en"), short_name("合肥城市仓", "zh"), short_name(None, "zh")
    ('Hefei', '合肥', '')
    """
    said = name if isinstance(name, str) else ""
    for ending in text("network.endings", lang).split("|"):
        said = said.removesuffix(ending)
    return said


def _ground(cells: pd.Series, fill: list[str], legend_: list[tuple[str, str]], title: str) -> MapLayer:
    resolution = h3.get_resolution(int(cells.iloc[0])) if len(cells) else 6
    return layer_of(cells, fill, legend_, resolution, title)


def _with_lanes(layer: MapLayer, shown: Overview) -> MapLayer:
    """Lanes as lines of the same layer; upper tiers are thicker."""
    at = shown.sites.set_index("site_id")[["lat", "lon"]]
    fed = shown.opened.dropna(subset=["feeds_from"])
    features = []
    for tier, width in LANE_WIDTHS.items():
        rows = fed[fed["tier"].astype(str) == tier]
        lines = [
            [[round(float(at.loc[up, "lon"]), 4), round(float(at.loc[up, "lat"]), 4)], [round(lon, 4), round(lat, 4)]]
            for up, lat, lon in zip(rows["feeds_from"].astype(int), rows["lat"], rows["lon"], strict=True)
            if up in at.index
        ]
        style = {"color": colour("accent-strong"), "weight": width, "opacity": 0.75, "fill": False}
        geometry = {"type": "MultiLineString", "coordinates": lines}
        features.append({"type": "Feature", "properties": {"style": style}, "geometry": geometry})
    geojson = {"type": "FeatureCollection", "features": [*layer.geojson["features"], *features]}
    (south, west), (north, east) = layer.bounds
    opened = shown.opened[shown.opened["volume_m3_month"] > 0]  # idle ones may stand far away
    if len(opened):
        south, north = min(south, opened["lat"].min() - 0.1), max(north, opened["lat"].max() + 0.1)
        west, east = min(west, opened["lon"].min() - 0.1), max(east, opened["lon"].max() + 0.1)
    bounds = ((float(south), float(west)), (float(north), float(east)))
    return MapLayer(geojson, layer.legend, layer.labels, bounds, layer.resolution, layer.title)


def _span(shown: Overview) -> tuple[float, float]:
    sites = shown.sites
    return max(float(np.ptp(sites["lat"])), 0.05), max(float(np.ptp(sites["lon"])), 0.05)


def _mark(row: Any, lang: str, said: bool, focus: bool, beside: bool) -> str:
    kinds = ["tier", str(row.tier), *(["fresh"] if not row.today else []), *(["shut"] if not row.opened else [])]
    kinds += [name for name, on in (("focus", focus), ("beside", beside)) if on]
    name = site_name(row, lang)
    place = f'<span class="place bare">{escape(short_name(name, lang))}</span>' if said else ""
    return f'<i class="{" ".join(kinds)}" title="{escape(name, quote=True)}"></i>{place}'
