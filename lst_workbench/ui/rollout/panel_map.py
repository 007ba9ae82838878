"""The map card: cells by month or potential, a click, the chosen store's cells."""

from typing import Any

import ipywidgets as w
import pandas as pd

from lst_workbench.market import landmarks
from lst_workbench.ui.panel_map import FittedMap
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.rollout.atlas import Atlas, Latest
from lst_workbench.ui.rollout.model import Chosen, RolloutState
from lst_workbench.ui.rollout.panel_dots import Dots
from lst_workbench.ui.rollout.panel_play import MonthPlay
from lst_workbench.views import cards, dots, leaflet_maps, maps, states, stores
from lst_workbench.views.messages import text


class MapCard(w.VBox):
    """H3 cells, place names and warehouses; no tile and no boundary is asked for."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._chosen: Chosen | None = None
        self._head, self._legend, self._note = html("head"), html(), html("map-note")
        self._mode = Choice(classed(w.ToggleButtons(), "seg", "map-mode"), state, "map_mode")
        self._whole = classed(w.Button(layout={"width": "auto"}), "link", "map-whole")
        assert state.result is not None
        self._atlas = Atlas(state.result)
        self.layer: maps.MapLayer = self._layer()
        self._window: dots.Bounds | None = None
        self._fitted = FittedMap(self.layer)
        self.view = self._fitted.widget
        self._whole.on_click(lambda _: self._fitted.fit(self.layer.bounds))
        self.view.on_interaction(self._clicked)
        self._dots = Dots(self.view)
        self._follow = Latest(self._followed)
        self.view.observe(self._moved, "bounds")
        controls = classed(w.HBox([self._whole, self._mode.widget]), "map-controls")
        row = classed(w.HBox([self._head, controls]), "row")
        super().__init__([row, self.view, MonthPlay(state), self._legend, self._note])
        state.observe(self._show, ["result", "map_mode", "lang"])
        state.observe(self._show_months, "upto")
        state.observe(self._show_note, ["cell", "result", "lang", "map_mode"])
        self._show()
        self._show_note()

    def focus(self, chosen: Chosen | None, go: bool) -> None:
        """Show the cells that a store draws from; go there when the store was just chosen."""
        self._chosen = chosen
        if chosen is None or chosen.links.empty:
            leaflet_maps.highlight(self.view, None)
            return
        around = maps.catchment_layer(chosen.links[chosen.links["people"] > 0], self.state.lang)
        spot = maps.store_label(chosen.store, self.state.lang)
        leaflet_maps.highlight(self.view, around)
        leaflet_maps.repaint(self.view, maps.with_labels(self.layer, [*self.layer.labels, spot]))
        self._legend.value = maps.legend_markup(self.state.lang, self.layer, around)
        if go:
            self._fitted.fit(around.bounds, closest=13.0)

    def _layer(self, window: dots.Bounds | None = None) -> maps.MapLayer:
        state = self.state
        assert state.result is not None and state.market is not None
        cells, lang = self._atlas.cells(window), state.lang
        if state.map_mode == "potential":
            layer = maps.potential_layer(cells, lang)
        else:
            layer = maps.waves_layer(cells, self._atlas.months, lang, state.upto or None)
        if state.map_mode == "dots":
            layer = maps.emptied(layer, dots.dots_legend(self._atlas.months, lang))
        labels = maps.site_labels(state.market.sites, lang) + maps.place_labels(landmarks(state.market.places), lang)
        return maps.with_labels(layer, labels)

    def _show(self, _: Any = None) -> None:
        lang = self.state.lang
        assert self.state.result is not None
        if not self._atlas.is_of(self.state.result):
            self._atlas = Atlas(self.state.result)
        self.layer = self._layer()
        leaflet_maps.repaint(self.view, self.layer)
        self._head.value = cards.head("map.title", lang)
        modes = ["month", "potential", *(["dots"] if self._atlas.has_dots else [])]
        self._mode.offer([(text(f"map.{mode}", lang), mode) for mode in modes], self.state.map_mode)
        self._legend.value = maps.legend_markup(lang, self.layer)
        self._whole.description = text("map.whole", lang)
        self.focus(self._chosen, go=False)
        if self.state.map_mode != "dots":
            self._dots.hide()
        if self._window is not None:
            self._follow.ask(self._window)

    def _show_months(self, _: Any = None) -> None:
        """Colour what is signed until the month chosen; the window stays."""
        if self.state.map_mode == "month":
            self.layer = maps.with_labels(self._layer(self._window), self.layer.labels)
            leaflet_maps.recolour(self.view, self.layer)

    def _moved(self, change: Any) -> None:
        """Follow the window: finer cells of a large plan, or the dots in it."""
        if change["new"] and len(change["new"]) == 2:
            self._window = tuple(tuple(corner) for corner in change["new"])  # type: ignore[assignment]
            self._follow.ask(self._window)

    def _followed(self, window: dots.Bounds) -> None:
        if self.state.map_mode == "dots":
            self._dots.show(self._atlas, window, self._fitted.pixels)
        elif self._atlas.large:
            self.layer = maps.with_labels(self._layer(window), self.layer.labels)
            leaflet_maps.repaint(self.view, self.layer)
            self._legend.value = maps.legend_markup(self.state.lang, self.layer)

    def _show_note(self, _: Any = None) -> None:
        state = self.state
        assert state.result is not None and state.market is not None
        rows = self._atlas.cell(state.cell, self.layer.resolution) if state.cell else pd.DataFrame()
        if state.map_mode == "dots":
            self._note.value = states.note(text("dots.hint", state.lang))
            return
        if rows.empty:
            self._note.value = states.note(text("map.hint", state.lang, n=f"{maps.CELL_KM2[self.layer.resolution]:g}"))
            return
        place = state.market.places[state.market.places["place_id"] == rows["place_id"].iloc[0]]
        counts = rows[["stores", "signups", "participants"]].sum().to_dict()
        self._note.value = stores.cell_line(counts, place.iloc[0].to_dict() if len(place) else {}, state.lang)

    def _clicked(self, **event: Any) -> None:
        if event.get("type") == "click":
            lat, lon = event["coordinates"]
            if (shop := self._dots.shop_at(lat, lon, self._reach_deg())) is not None:
                self.state.store_id = shop
                return
            self.state.cell = leaflet_maps.cell_at(lat, lon, self.layer.resolution)

    def _reach_deg(self) -> float:
        """How far from a shop a click may be: a dozen pixels."""
        if self._window is None or min(self._fitted.pixels) < 1:
            return 0.0
        return 12.0 * (self._window[1][0] - self._window[0][0]) / self._fitted.pixels[1]
