"""The map card of the Network page: plan, today or the difference; a click chooses a warehouse."""

from typing import Any

import ipywidgets as w

from lst_workbench.ui.network.model import VIEWS, NetworkState
from lst_workbench.ui.panel_map import FittedMap
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.views import cards, leaflet_maps, maps, network_maps, states
from lst_workbench.views.messages import text

CLICK_PIXELS = 16.0


class MapCard(w.VBox):
    """Cells by service, lanes and warehouses; no tile and no boundary is asked for."""

    def __init__(self, state: NetworkState) -> None:
        self.state = state
        self._head, self._legend, self._note = html("head"), html(), html("map-note")
        self._view = Choice(classed(w.ToggleButtons(), "seg", "map-mode"), state, "view")
        layer = self._layer()
        self._scope = state.scope
        self._fitted = FittedMap(layer)
        self._fitted.widget.on_interaction(self._clicked)
        row = classed(w.HBox([self._head, self._view.widget]), "row")
        super().__init__([row, self._fitted.widget, self._legend, self._note])
        classed(self, "card", "span7", "map-card")
        state.observe(self._show, ["version", "lang", "view", "site_id"])
        self._show()

    def _layer(self) -> maps.MapLayer:
        state, lang = self.state, self.state.lang
        assert state.study is not None and state.shown is not None
        if state.view == "today":
            today = state.study.today
            layer = network_maps.service_layer(today, lang)
            return network_maps.drawn(layer, network_maps.site_marks(today, lang, focus=state.site_id))
        if state.view == "difference":
            before = state.base if state.is_changed and state.base is not None else state.study.today
            layer = network_maps.difference_layer(before, state.shown, lang)
        else:
            layer = network_maps.service_layer(state.shown, lang)
        return network_maps.drawn(layer, network_maps.site_marks(state.shown, lang, state.closed, state.site_id))

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        if state.study is None or state.shown is None:
            return
        layer = self._layer()
        leaflet_maps.repaint(self._fitted.widget, layer)
        if self._scope != state.scope:
            self._scope = state.scope
            self._fitted.fit(layer.bounds)
        self._head.value = cards.head("network.map", lang)
        self._view.offer([(text(f"network.view.{name}", lang), name) for name in VIEWS], state.view)
        shown = state.study.today if state.view == "today" else state.shown
        self._legend.value = network_maps.legend(shown, layer, lang)
        self._note.value = states.note(text("network.map.note", lang))

    def _clicked(self, **event: Any) -> None:
        state = self.state
        if event.get("type") != "click" or state.base is None or min(self._fitted.pixels) < 1:
            return
        bounds = self._fitted.widget.bounds
        degrees = CLICK_PIXELS * (bounds[1][0] - bounds[0][0]) / self._fitted.pixels[1] if bounds else 0.0
        lat, lon = event["coordinates"]
        if (site := network_maps.nearest_site(state.base, lat, lon, degrees)) is not None:
            state.site_id = site
