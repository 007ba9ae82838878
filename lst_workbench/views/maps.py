"""One map layer, and two thin renderers: ipyleaflet for pages, folium for notebooks and export."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.geo import RESOLUTION, boundaries_of, centres_of
from lst_workbench.views.formats import month, rmb
from lst_workbench.views.messages import names, text
from lst_workbench.views.theme import colour, ramp

CELLS_ACROSS = 130  # at most; beyond it cells are joined to the coarser cells that hold them
MOST_SITES = 60
MOST_CELLS = 9_000  # 1.4 MB of GeoJSON
STEPS = 6
KM_PER_DEGREE = 111.2
CELL_KM2 = {3: 12_393, 4: 1_770, 5: 253, 6: 36, 7: 5.2, 8: 0.74}
CELL_KM = {3: 120.0, 4: 45.0, 5: 17.0, 6: 6.5, 7: 2.45, 8: 0.92}  # from one middle to the next
Point = tuple[float, float]
Style = dict[str, Any]


@dataclass(frozen=True)
class Label:
    """A name on the map; `markup` is escaped."""

    lat: float
    lon: float
    markup: str
    kind: str = "place"


@dataclass(frozen=True)
class MapLayer:
    """Cells in a few colours, names and a legend; any renderer can draw it.

    Parameters
    ----------
    geojson : dict
        One MultiPolygon a colour, so that a browser draws a dozen paths and not thousands.
    legend : tuple of (colour, label)
        Swatches in order; labels are plain text.
    labels : tuple of Label
        Names of places and marks of warehouses.
    bounds : ((south, west), (north, east))
        What must be in view.
    resolution : int
        H3 resolution of the cells drawn.
    """

    geojson: dict[str, Any]
    legend: tuple[tuple[str, str], ...] = ()
    labels: tuple[Label, ...] = ()
    bounds: tuple[Point, Point] = ((18.0, 73.0), (54.0, 135.0))
    resolution: int = RESOLUTION
    title: str = field(default="")


def waves_layer(
    cells_plan: pd.DataFrame, months: Sequence[pd.Timestamp], lang: str, upto: int | None = None
) -> MapLayer:
    """Colour cells by the month of their first sign-up, sooner is darker.

    Parameters
    ----------
    cells_plan : DataFrame
        Contract `CellsPlan`.
    months : sequence of Timestamp
        Months of the plan, in order.
    lang : str
        "en" or "zh".
    upto : int, optional
        Show sign-ups of so many months, from the first; of all where it is left out.
    """
    cells, resolution = _joined(cells_plan)
    of_month = {pd.Timestamp(when): at for at, when in enumerate(months)}
    steps = min(STEPS, max(len(months), 1))
    at = cells["first_month"].map(of_month).to_numpy(dtype=np.float64, na_value=np.nan)
    at = np.where(at < (len(months) if upto is None else upto), at, np.nan)
    step = np.floor(at * steps / max(len(months), 1))
    shades = ramp(steps)[::-1]
    out = (cells["uncovered"] >= cells["stores"]) & cells["first_month"].isna()
    rest = np.where(out, colour("surface"), colour("seq-none"))
    fill = [shades[int(s)] if s == s else other for s, other in zip(step, rest.tolist(), strict=True)]
    spans = np.array_split(np.arange(len(months)), steps)
    legend = [(shades[i], span_words(months, part, lang)) for i, part in enumerate(spans)]
    legend.append((colour("seq-none"), text("map.none", lang)))
    if out.any():
        legend.append((colour("surface"), text("map.uncovered", lang)))
    return layer_of(cells["h3_8"], fill, legend, resolution, text("map.title", lang))


def potential_layer(cells_plan: pd.DataFrame, lang: str) -> MapLayer:
    """Colour cells by what their stores could buy in a month, more is darker."""
    cells, resolution = _joined(cells_plan)
    value = cells["potential_rmb_month"].to_numpy(np.float64)
    edges = _round_edges(value)
    shades = ramp(len(edges) + 1)
    fill = [shades[i] for i in np.searchsorted(edges, value, side="right")]
    ends = [f"< {rmb(edges[0], lang)}"] if len(edges) else [""]
    ends += [f"\u2265 {rmb(edge, lang)}" for edge in edges]
    return layer_of(cells["h3_8"], fill, list(zip(shades, ends, strict=True)), resolution, text("map.potential", lang))


def catchment_layer(links: pd.DataFrame, lang: str) -> MapLayer:
    """Colour the cells that one store draws from, in the colour of focus; more people is denser."""
    title, focus = text("map.draws", lang), colour("goal")
    shades = [colour("div-neg-1"), colour("div-neg-2"), focus]
    dense = np.minimum(links["people"].rank(pct=True).to_numpy() * len(shades), len(shades) - 1).astype(int)
    styles = [{"fillColor": shades[d], "fillOpacity": 0.92, "color": focus, "weight": 1} for d in dense]
    return layer_of(links["h3_8"], styles, [(focus, title)], RESOLUTION, title)


def place_labels(places: pd.DataFrame, lang: str, most: int = 14, apart: float = 0.085) -> tuple[Label, ...]:
    """Name the largest places that leave each other room, in both languages.

    Parameters
    ----------
    places : DataFrame
        Contract `Places`.
    lang : str
        "en" or "zh".
    most : int
        Names to place at most.
    apart : float
        Height that a name needs, as a share of the map's height; it needs three times that in width.
    """
    if places.empty:
        return ()
    tall = max(float(np.ptp(places["lat"])), 0.05) * apart
    wide, west, east = tall * 4.2, places["lon"].min(), places["lon"].max()
    chosen: list[Label] = []
    for row in places.sort_values(["people", "place_id"], ascending=[False, True]).head(400).itertuples():
        if len(chosen) >= most:
            break
        if all(abs(row.lat - other.lat) > tall or abs(row.lon - other.lon) > wide for other in chosen):
            left = row.lon > east - 0.22 * (east - west)  # so that no name runs out of the map
            chosen.append(Label(row.lat, row.lon, _name_markup(row.name_en, row.name_zh, lang, left)))
    return tuple(chosen)


def site_labels(sites: pd.DataFrame, lang: str) -> tuple[Label, ...]:
    """Mark the front warehouses; none where there are so many that they would hide the map."""
    front = sites[sites["tier"] == "front"]
    if len(front) > MOST_SITES:
        return ()
    return tuple(
        Label(row.lat, row.lon, _site_markup(row.name_en, row.name_zh, lang), "site")  # type: ignore[arg-type]
        for row in front.itertuples()
    )


def with_labels(layer: MapLayer, labels: Sequence[Label]) -> MapLayer:
    """Return the layer with names on it."""
    return MapLayer(layer.geojson, layer.legend, tuple(labels), layer.bounds, layer.resolution, layer.title)


def emptied(layer: MapLayer, legend: tuple[tuple[str, str], ...]) -> MapLayer:
    """Return the layer without its cells, for what is drawn in their stead."""
    nothing = {"type": "FeatureCollection", "features": []}
    return MapLayer(nothing, legend, layer.labels, layer.bounds, layer.resolution, layer.title)


def store_label(store: Mapping[str, Any], lang: str) -> Label:
    """Mark the store in focus."""
    title = escape(text("map.store", lang), quote=True)
    return Label(store["lat"], store["lon"], f'<i class="spot" title="{title}"></i>', "store")


def legend_markup(lang: str, *layers: MapLayer) -> str:
    """Legend of what is on the map: a swatch and a word each."""
    swatch = '<span><i class="swatch" style="background:{}"></i>{}</span>'
    items = "".join(swatch.format(shade, escape(label)) for layer in layers for shade, label in layer.legend)
    if any(label.kind == "site" for layer in layers for label in layer.labels):
        items += f'<span><i class="site-key"></i>{escape(text("map.warehouse", lang))}</span>'
    return f'<div class="legend map-foot">{items}</div>'


def bounds_of(cells: Sequence[int] | np.ndarray | pd.Series) -> tuple[Point, Point]:
    """Box around cells, with a little room; ((south, west), (north, east))."""
    lat, lon = centres_of(cells)
    if not len(lat):
        return MapLayer({}).bounds
    room = 0.03 * max(float(np.ptp(lat)), float(np.ptp(lon)), 0.05)
    return (float(lat.min() - room), float(lon.min() - room)), (float(lat.max() + room), float(lon.max() + room))


def parents_of(cells: np.ndarray, resolution: int) -> np.ndarray:
    """Coarser H3 cell that holds each cell of resolution 8.

    Examples
    --------
    >>> from lst_workbench.geo import cells_of
    >>> bool(parents_of(cells_of([29.7], [118.3]), 5)[0] == cells_of([29.7], [118.3], 5)[0])
    True
    """
    if resolution == RESOLUTION:
        return np.asarray(cells, np.int64)
    unused = np.int64((1 << 3 * (15 - resolution)) - 1)
    kept = np.asarray(cells, np.int64) & ~np.int64(0xF << 52)
    return kept | np.int64(resolution << 52) | unused


def children_of(cell: int, resolution: int) -> tuple[int, int]:
    """Lowest and highest cell of resolution 8 inside a coarser one: numbers of H3 cells follow the tree of cells.

    Examples
    --------
    >>> from lst_workbench.geo import cells_of
    >>> low, high = children_of(int(parents_of(cells_of([29.7], [118.3]), 5)[0]), 5)
    >>> bool(low <= cells_of([29.7], [118.3])[0] <= high)
    True
    """
    digits = ((1 << 3 * (15 - resolution)) - 1) & ~((1 << 3 * (15 - RESOLUTION)) - 1)
    fine = (int(cell) & ~(0xF << 52)) | (RESOLUTION << 52)
    return fine & ~digits, fine | digits


def _joined(cells_plan: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Cells as they are, or joined to the finest coarser ones that are large enough to see and to click."""
    (south, west), (north, east) = bounds_of(cells_plan["h3_8"])
    middle = np.radians((south + north) / 2)
    span_km = max(north - south, (east - west) * float(np.cos(middle))) * KM_PER_DEGREE
    resolution = next((r for r in range(RESOLUTION, 3, -1) if span_km / CELL_KM[r] <= CELLS_ACROSS), 3)
    if resolution == RESOLUTION and len(cells_plan) <= MOST_CELLS:
        return cells_plan, resolution
    joined = summed_cells(cells_plan, resolution)
    while len(joined) > MOST_CELLS and resolution > 3:
        resolution -= 1
        joined = summed_cells(joined, resolution)
    return joined, resolution


def summed_cells(cells_plan: pd.DataFrame, resolution: int) -> pd.DataFrame:
    """Join cells to the coarser ones that hold them; `place_id` is that of one of them."""
    cells = parents_of(cells_plan["h3_8"].to_numpy(), resolution)
    how = {"stores": "sum", "uncovered": "sum", "signups": "sum", "participants": "sum"}
    how |= {"first_month": "min", "potential_rmb_month": "sum", "place_id": "first"}
    return cells_plan.assign(h3_8=cells).groupby("h3_8", as_index=False).agg(how)


def layer_of(
    cells: pd.Series, fill: Sequence[str | Style], legend: Sequence[tuple[str, str]], resolution: int, title: str
) -> MapLayer:
    """Join the cells of one style into one feature; a colour alone stands for the usual style."""
    styles = [_filled(shade) if isinstance(shade, str) else shade for shade in fill]
    groups: dict[str, tuple[Style, list]] = {}
    lat, lon = boundaries_of(cells.to_numpy())
    for y, x, style in zip(lat.round(4).tolist(), lon.round(4).tolist(), styles, strict=True):
        ring = [list(corner) for corner in zip(x, y, strict=True)]
        groups.setdefault(str(style), (style, []))[1].append([ring + ring[:1]])
    features = [
        {
            "type": "Feature",
            "properties": {"style": {**style, "opacity": 1, "smoothFactor": 0}},
            "geometry": {"type": "MultiPolygon", "coordinates": polygons},
        }
        for style, polygons in groups.values()
    ]
    geojson = {"type": "FeatureCollection", "features": features}
    return MapLayer(geojson, tuple(legend), (), bounds_of(cells), resolution, title)


def _filled(shade: str) -> Style:
    """Stroke in the colour of the fill closes hairlines; cells that nothing reaches are empty with a rim."""
    rim = colour("line-strong") if shade == colour("surface") else shade
    return {"fillColor": shade, "fillOpacity": 1, "color": rim, "weight": 0.6}


def span_words(months: Sequence[pd.Timestamp], part: np.ndarray, lang: str) -> str:
    """Say a span of months by its first and its last."""
    first, last = months[int(part[0])], months[int(part[-1])]
    return month(first, lang) if first == last else f"{month(first, lang)}\u2013{month(last, lang)}"


def _round_edges(value: np.ndarray) -> np.ndarray:
    """Six edges between classes of like size, rounded to two digits."""
    if not len(value):
        return np.array([])
    raw = np.quantile(value, np.arange(1, 7) / 7)
    digits = 10.0 ** (np.floor(np.log10(np.maximum(raw, 1e-9))) - 1)
    edges = np.unique(np.round(raw / digits) * digits)
    return edges[edges > 0]


def _name_markup(en: object, zh: object, lang: str, left: bool) -> str:
    first, second = names(en, zh, lang)
    twin = f" <em>{escape(second)}</em>" if second else ""
    return f'<span class="place{" left" if left else ""}"><i></i>{escape(first)}{twin}</span>'


def _site_markup(en: object, zh: object, lang: str) -> str:
    title = f"{text('map.warehouse', lang)}: {names(en, zh, lang)[0]}"
    return f'<i class="site" title="{escape(title, quote=True)}"></i>'
