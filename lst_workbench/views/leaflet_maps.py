"""Renderers of a map layer: ipyleaflet for pages, folium for notebooks and exported HTML; neither asks the network."""

import math
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib.metadata import PackageNotFoundError, files
from importlib.resources import files as package_files
from typing import Any

import folium
import h3.api.basic_int as h3
import ipyleaflet as leaflet
from branca.element import Element

from lst_workbench.contracts import LstError
from lst_workbench.views.maps import Label, MapLayer, Point
from lst_workbench.views.theme import tokens_css

TILE = 256  # pixels of a tile at zoom 0: the scale of web maps
FOCUS = "focus"
NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
EMPTY: dict[str, Any] = {"type": "FeatureCollection", "features": []}


def leaflet_map(layer: MapLayer) -> leaflet.Map:
    """Draw the layer as a widget; no tiles: `layers` is given, or ipyleaflet would ask a tile server.

    Layers of the map, in order: cells, the chosen store's cells, names.
    """
    (south, west), (north, east) = layer.bounds
    view = leaflet.Map(
        layers=(leaflet.GeoJSON(data=layer.geojson), leaflet.GeoJSON(data=EMPTY, pane=FOCUS)),
        panes={FOCUS: {"zIndex": 450}},  # over the cells, also when those are drawn again
        center=((south + north) / 2, (west + east) / 2),
        zoom=8,
        zoom_snap=0.05,
        zoom_delta=0.5,
        min_zoom=3,
        max_zoom=15,
        scroll_wheel_zoom=False,
        attribution_control=False,
        zoom_control=False,
    )
    view.add(leaflet.ZoomControl(position="topright"))
    view.add(leaflet.LayerGroup(layers=label_markers(layer.labels), name="names"))
    return view


def repaint(view: leaflet.Map, layer: MapLayer) -> None:
    """Put other cells and names into the same widget."""
    recolour(view, layer)
    view.layers[2].layers = label_markers(layer.labels)


def recolour(view: leaflet.Map, layer: MapLayer) -> None:
    """Put other cells into the same widget; names stay."""
    if view.layers[0].data != layer.geojson:
        view.layers[0].data = layer.geojson


def highlight(view: leaflet.Map, layer: MapLayer | None) -> None:
    """Show the cells that the chosen store draws from, or none."""
    view.layers[1].data = layer.geojson if layer else EMPTY


def dots_layers() -> tuple[leaflet.ImageOverlay, leaflet.GeoJSON]:
    """Make the layers of dots: the image of all, and circles for single shops."""
    shop = {"radius": 5, "weight": 1, "fillOpacity": 1, "opacity": 1}
    return leaflet.ImageOverlay(url=NOTHING, bounds=((0, 0), (1, 1))), leaflet.GeoJSON(data=EMPTY, point_style=shop)


def label_markers(labels: Sequence[Label]) -> tuple[leaflet.Marker, ...]:
    """Names as markers of plain markup."""
    return tuple(
        leaflet.Marker(
            location=(label.lat, label.lon),
            icon=leaflet.DivIcon(html=label.markup, icon_size=[0, 0], icon_anchor=[0, 0]),
            draggable=False,
            keyboard=False,
        )
        for label in labels
    )


def fitting_zoom(bounds: tuple[Point, Point], wide: float, tall: float) -> float:
    """Zoom at which the bounds fill a map of so many pixels, in steps of 0.05.

    Examples
    --------
    >>> fitting_zoom(((29.4, 117.6), (30.4, 119.0)), 700, 580)
    9.45
    """
    (south, west), (north, east) = bounds
    across = (east - west) / 360 * TILE
    down = (_mercator(north) - _mercator(south)) / (2 * math.pi) * TILE
    return math.floor(20 * min(math.log2(wide / across), math.log2(tall / down))) / 20


def cell_at(lat: float, lon: float, resolution: int) -> int:
    """Cell under a click; features need no ids of their own."""
    return int(h3.latlng_to_cell(lat, lon, resolution))


class OfflineMap(folium.Map):
    """A folium map with Leaflet inside: no script, style, font or tile is fetched."""

    default_js: list[tuple[str, str]] = []
    default_css: list[tuple[str, str]] = []


def folium_map(layer: MapLayer, height: int = 520) -> folium.Map:
    """Draw the layer as a folium map for a notebook or an HTML file; it works without a network.

    Parameters
    ----------
    layer : MapLayer
        From `waves_layer`, `potential_layer` or `catchment_layer`.
    height : int
        Pixels.

    Raises
    ------
    LstError
        The installed ipyleaflet brings no Leaflet.
    """
    view = OfflineMap(tiles=None, height=height, zoom_snap=0.05, scrollWheelZoom=False, attributionControl=False)
    header = view.get_root().header  # type: ignore[attr-defined]
    header.add_child(Element(f"<script>{leaflet_script()}</script>"), name="leaflet")
    header.add_child(Element(f"<style>{tokens_css()}{_map_css()}</style>"), name="leaflet-css")
    cells = folium.GeoJson(
        layer.geojson, style_function=lambda feature: feature["properties"]["style"], smooth_factor=0
    )
    cells.add_to(view)
    for label in layer.labels:
        icon = folium.DivIcon(html=label.markup, icon_size=(0, 0), icon_anchor=(0, 0), class_name="place-icon")
        folium.Marker((label.lat, label.lon), icon=icon).add_to(view)
    view.get_root().html.add_child(Element(_legend(layer)))  # type: ignore[attr-defined]
    view.fit_bounds([list(corner) for corner in layer.bounds])
    return view


def _legend(layer: MapLayer) -> str:
    items = "".join(f'<span><i style="background:{shade}"></i>{escape(label)}</span>' for shade, label in layer.legend)
    return f'<div class="lst-map-legend"><b>{escape(layer.title)}</b>{items}</div>'


@cache
def leaflet_script() -> str:
    """Leaflet itself, as a script that sets ``L``, taken from the bundle that ipyleaflet installs.

    Raises
    ------
    LstError
        No bundle of the installed ipyleaflet holds it.
    """
    try:
        listed = files("jupyter-leaflet") or []
    except PackageNotFoundError:
        listed = []
    for path in listed:
        if path.suffix == ".js" and "labextensions" in path.parts and path.name != "remoteEntry.js":
            script = path.locate().read_text(encoding="utf-8")  # type: ignore[attr-defined]
            if ".noConflict=function" in script and "webpackChunk" in script[:400]:
                return _unpacked(script)
    raise LstError("Leaflet was not found in the installed ipyleaflet: install ipyleaflet 0.20 or newer again.")


def _unpacked(chunk: str) -> str:
    """Run the one webpack module that is Leaflet, outside webpack."""
    chunk = chunk.replace("</script", "<\\/script")
    return (
        "(function(){var kept=window.webpackChunkjupyter_leaflet;var got=[];window.webpackChunkjupyter_leaflet=got;"
        f"{chunk};window.webpackChunkjupyter_leaflet=kept;"
        "got.forEach(function(part){Object.values(part[1]).forEach(function(run){var m={exports:{}};"
        "try{run.call(m.exports,m,m.exports,function(){return {}})}catch(e){return}"
        "if(m.exports.version&&m.exports.Map)window.L=m.exports})})})();"
    )


@cache
def _map_css() -> str:
    return package_files("lst_workbench.views").joinpath("map.css").read_text(encoding="utf-8")


def _mercator(lat: float) -> float:
    return math.log(math.tan(math.pi / 4 + math.radians(lat) / 2))
