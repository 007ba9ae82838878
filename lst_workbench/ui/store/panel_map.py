"""The map card of the Store page: the shop's cells in three readings, its rivals, a click on another cell."""

from typing import Any

import ipywidgets as w

from lst_workbench.ui.panel_map import FittedMap
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.store.model import StoreState
from lst_workbench.views import cards, leaflet_maps, maps, states, store_maps
from lst_workbench.views.messages import text

CLOSEST = 14.0


class MapCard(w.VBox):
    """H3 cells, the shop and its rivals; no tile and no boundary is asked for."""

    def __init__(self, state: StoreState) -> None:
        self.state = state
        self._head, self._legend, self._note = html("head"), html(), html()
        self._mode = Choice(classed(w.ToggleButtons(), "seg", "map-mode"), state, "map_mode")
        self._ground = self._ground_layer()
        self._fitted = FittedMap(self._ground, self._shoppers().bounds)
        self._fitted.widget.on_interaction(self._clicked)
        row = classed(w.HBox([self._head, self._mode.widget]), "row")
        super().__init__([row, self._fitted.widget, self._legend, self._note])
        state.observe(self._show, ["version", "map_mode", "lang"])
        self._at: tuple[int | None, float] = (None, 0.0)
        self._show()

    def _ground_layer(self) -> maps.MapLayer:
        assert self.state.study is not None
        return store_maps.ground_layer(self.state.study.market.cells, self.state.lang)

    def _shoppers(self) -> maps.MapLayer:
        state = self.state
        assert state.about is not None and state.study is not None
        return store_maps.shoppers_layer(state.about.cells, state.study.market.cells, state.map_mode, state.lang)

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        if state.about is None or state.study is None or state.change is None:
            return
        here, view = self._shoppers(), self._fitted.widget
        marks = store_maps.store_marks(
            state.store, state.about.rivals, state.study.market.stores, state.change.opened, lang
        )
        self._ground = self._ground_layer()
        leaflet_maps.repaint(view, maps.with_labels(self._ground, marks))
        leaflet_maps.highlight(view, here)
        self._head.value = cards.head("map.here", lang)
        self._mode.offer([(text(f"map.{mode}", lang), mode) for mode in ("share", "people", "income")], state.map_mode)
        keys = store_maps.marks_legend(lang, tried=len(state.change.opened) > 0)
        legend = maps.legend_markup(lang, here, self._ground)
        self._legend.value = legend.replace("</div>", f"{keys}</div>")
        self._note.value = states.note(text("map.here.sub", lang))
        if self._at != (state.store_id, state.decay_per_km):
            self._at = (state.store_id, state.decay_per_km)
            self._fitted.fit(here.bounds, CLOSEST)

    def _clicked(self, **event: Any) -> None:
        if event.get("type") == "click":
            lat, lon = event["coordinates"]
            found = self.state.stores_of_cell(leaflet_maps.cell_at(lat, lon, self._ground.resolution))
            if len(found):
                self.state.store_id = int(found["store_id"].iloc[0])
