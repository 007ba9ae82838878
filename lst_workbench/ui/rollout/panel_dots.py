"""The map's dots: an image of every shop in view, and circles to click when few enough are."""

from typing import Any

import ipyleaflet as leaflet
import numpy as np

from lst_workbench.geo import off_web_map
from lst_workbench.ui.rollout.atlas import Atlas, Latest
from lst_workbench.views import dots, leaflet_maps

FINEST = (1400, 1200)  # pixels of an image, at most


class Dots:
    """Two layers of a map that follow its window.

    Parameters
    ----------
    view : ipyleaflet.Map
        The map; layers are added to it.
    """

    def __init__(self, view: leaflet.Map) -> None:
        self._image, self._shops = leaflet_maps.dots_layers()
        self._found: Any = None
        self.shown = False
        self._paint = Latest(self._painted)
        view.add(self._image)
        view.add(self._shops)

    def show(self, atlas: Atlas, bounds: dots.Bounds, pixels: tuple[float, float]) -> None:
        """Paint the window, soon."""
        self.shown = True
        across, down = (int(np.clip(side, 64, most)) for side, most in zip(pixels, FINEST, strict=True))
        self._paint.ask(atlas, bounds, (across, down))

    def hide(self) -> None:
        """Take the dots off the map."""
        self.shown, self._found = False, None
        self._image.url, self._shops.data = leaflet_maps.NOTHING, leaflet_maps.EMPTY

    def shop_at(self, lat: float, lon: float, reach_deg: float) -> int | None:
        """Id of the single shop that stands nearest to a click, within reach."""
        if self._found is None or self._found.empty:
            return None
        south, west = off_web_map(self._found["x"], self._found["y"])
        away = np.hypot(south - lat, (west - lon) * np.cos(np.radians(lat)))
        return int(self._found["store_id"].iloc[int(away.argmin())]) if away.min() <= reach_deg else None

    def _painted(self, atlas: Atlas, bounds: dots.Bounds, size: tuple[int, int]) -> None:
        found = atlas.shops(bounds)
        url = atlas.image(bounds, size) if found.empty else leaflet_maps.NOTHING
        if not self.shown:
            return
        self._found = found
        self._image.bounds, self._image.url = bounds, url
        self._shops.data = dots.shops_geojson(found, len(atlas.months))
