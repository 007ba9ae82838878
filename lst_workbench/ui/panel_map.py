"""A map widget that fits what it shows to its size, phone or desktop."""

from typing import Any

from lst_workbench.ui.panel_parts import classed
from lst_workbench.views import leaflet_maps, maps

CLOSEST = 15.0


class FittedMap:
    """A Leaflet map of one layer, zoomed to its bounds whenever its size in pixels changes.

    Parameters
    ----------
    layer : MapLayer
        What is shown at first.
    bounds : ((south, west), (north, east)), optional
        What must be in view; the layer's own by default.

    Attributes
    ----------
    widget : Map
        The map.
    pixels : (float, float)
        Its width and height; zero until the browser says.
    """

    def __init__(self, layer: maps.MapLayer, bounds: tuple[maps.Point, maps.Point] | None = None) -> None:
        self.pixels = (0.0, 0.0)
        self._shown = (bounds or layer.bounds, CLOSEST)
        self.widget = classed(leaflet_maps.leaflet_map(layer), "map")
        self.widget.observe(self._measure, "pixel_bounds")

    def fit(self, bounds: tuple[maps.Point, maps.Point], closest: float = CLOSEST) -> None:
        """Bring the bounds into view, no closer than a zoom."""
        self._shown = (bounds, closest)
        if min(self.pixels) < 1:
            return
        (south, west), (north, east) = bounds
        self.widget.center = ((south + north) / 2, (west + east) / 2)
        self.widget.zoom = min(closest, leaflet_maps.fitting_zoom(bounds, *self.pixels))

    def _measure(self, change: Any) -> None:
        """Learn the map's size in pixels and fit what is shown to it whenever it changes."""
        if not change["new"]:
            return
        (left, top), (right, bottom) = change["new"]
        pixels = (right - left, bottom - top)
        if max(abs(a - b) for a, b in zip(pixels, self.pixels, strict=True)) > 2:
            self.pixels = pixels
            self.fit(*self._shown)
