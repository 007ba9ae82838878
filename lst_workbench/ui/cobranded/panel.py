"""Widgets of the Co-branded page. Links only: state to widgets, widgets to state; no figure is computed here."""

from typing import Any

import ipywidgets as w

from lst_workbench.market import landmarks
from lst_workbench.ui.cobranded.model import LEVERS, CobrandedState
from lst_workbench.ui.panel_map import FittedMap
from lst_workbench.ui.panel_page import Page
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.views import cards, cobranded_cards, cobranded_maps, leaflet_maps, maps, states, stores
from lst_workbench.views.messages import text

CLOSEST = 14.0


class CobrandedPanel(Page):
    """The page.

    Parameters
    ----------
    state : CobrandedState
        Levers, choice and the shop in focus.
    """

    def __init__(self, state: CobrandedState) -> None:
        self.state = state
        super().__init__(state, Side(state), body=["tmall"], follows=["version"])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, state.synthetic, page="cobranded")
        self._foot.value = states.foot(None, lang) + states.ready_mark(plots=0, maps=int(state.choice is not None))
        if state.choice is None:
            self._finding.value = states.empty_headline(state.market is not None, lang)
            key, detail = state.said
            said = states.said(key, detail, lang) if key else states.empty_note(text("empty.shop", lang))
            self._body.children = (html("card", value=said),)
            return
        self._finding.value = cobranded_cards.finding(state.choice, lang)
        if not isinstance(next(iter(self._body.children), None), CobrandedBody):
            self._body.children = (CobrandedBody(state),)


class Side(w.VBox):
    """Levers of the choice, and the search for a shop."""

    def __init__(self, state: CobrandedState) -> None:
        self.state = state
        self._head, self._find, self._message = html("head"), html("head"), html("message")
        self._labels = {key: html("ctl-label") for key in LEVERS}
        self._sliders = {key: self._slider(key) for key in LEVERS} if state.choice else {}
        self._reset = classed(w.Button(layout={"width": "auto"}), "link", "reset-levers")
        self._reset.on_click(lambda _: state.reset())
        self._search_label, self._list_note = html("ctl-label"), html()
        self._search = classed(w.Text(continuous_update=False, layout={"width": "auto"}), "search")
        w.link((self._search, "value"), (state, "query"))
        self._list = Choice(classed(w.Select(rows=9, layout={"width": "auto"}), "stores"), state, "store_id")
        levers = [part for key in self._sliders for part in (self._labels[key], self._sliders[key])]
        found = [self._find, self._search_label, self._search, self._list.widget, self._list_note]
        super().__init__([self._head, *levers, self._reset, self._message, *found])
        classed(self, "card", "side")
        state.observe(self._show, ["version", "lang", "said", "levers"])
        state.observe(self._show_list, ["version", "lang", "query", "store_id"])
        self._show()
        self._show_list()

    def _slider(self, key: str) -> w.FloatSlider:
        least, most, step = self.state.span(key)
        slider = w.FloatSlider(
            value=self.state.levers[key], min=least, max=most, step=step, readout=False, continuous_update=False,
            layout={"width": "auto"},
        )  # fmt: skip
        slider.observe(lambda change: self._moved(key, change["new"], step), "value")
        return slider

    def _moved(self, key: str, value: float, step: float) -> None:
        """Take what a hand moved; a value that the browser only brought to a step is left as it was."""
        if abs(self.state.levers[key] - value) > step / 2 + 1e-9:
            self.state.move(key, round(value, 6))

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("cobranded.levers", lang)
        self._find.value = cards.head("cobranded.find", lang)
        for key, slider in self._sliders.items():
            label, figure = cobranded_cards.lever_words(state.register[key], state.levers[key], lang)
            self._labels[key].value = states.control_label(label, figure)
            slider.tooltip = f"{label}: {figure}"
            if abs(slider.value - state.levers[key]) > 1e-9:
                slider.value = min(max(state.levers[key], slider.min), slider.max)
        self._reset.description = text("reset", lang)
        self._message.value = states.said(state.said[0], state.said[1], lang) if state.said[0] and state.choice else ""

    def _show_list(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        found = state.candidates()
        options = [(cobranded_cards.option(row, lang), int(row.store_id)) for row in found.itertuples()]
        known = {value for _, value in options}
        self._list.offer(options, state.store_id if state.store_id in known else None)
        self._list_note.value = stores.list_note(len(found), state.query, lang) if state.query else ""
        self._search_label.value = states.control_label(text("store.search", lang))
        self._search.placeholder, self._search.description = text("store.hint", lang), text("store.search", lang)
        self._list.widget.description = text("store.list", lang)


class CobrandedBody(w.VBox):
    """Figures, map, the shop in focus, tables."""

    def __init__(self, state: CobrandedState) -> None:
        self.state = state
        self._kpis = html("kpi-row")
        self._why, self._waves = html("card", "why-card"), html("card")
        self._chosen, self._next = html("card", "span12", "chosen"), html("card", "span7", "following")
        self._reasons = html("card", "span5", "reasons")
        self._map_head, self._legend, self._note = html("head"), html(), html("map-note")
        self._map = FittedMap(self._layer())
        view = classed(w.VBox([self._map_head, self._map.widget, self._legend, self._note]), "card", "span7")
        right = classed(w.VBox([self._why, self._waves]), "span5", "stack")
        grid = [view, right, self._chosen, self._next, self._reasons]
        super().__init__([self._kpis, classed(w.HBox(grid), "grid12")])
        classed(self, "content")
        state.observe(self._show, ["version", "lang"])
        state.observe(self._show_store, ["version", "lang", "store_id"])
        self._show()
        self._show_store()

    def _layer(self) -> maps.MapLayer:
        assert self.state.market is not None
        market, lang = self.state.market, self.state.lang
        marks = cobranded_maps.marks(self.state.cases, market.stores, self.state.store_id, lang)
        names = maps.place_labels(landmarks(market.places), lang)
        return maps.with_labels(cobranded_maps.ground(market.cells, lang), [*names, *marks])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        assert state.choice is not None and state.market is not None
        figures = cards.Figures(state.register, state.figures)
        self._kpis.value = cobranded_cards.kpis(state.choice.tables["kpis"], figures, lang)
        self._map_head.value = cards.head("cobranded.map", lang)
        self._legend.value = cobranded_maps.legend(lang)
        self._note.value = states.note(text("cobranded.map.note", lang))
        self._waves.value = cobranded_cards.waves(state.cases, lang)
        self._chosen.value = cobranded_cards.chosen(state.cases, state.market, lang)
        self._next.value = cobranded_cards.next_in_line(state.cases, state.market, lang)
        self._reasons.value = cobranded_cards.reasons(state.table, state.choice.tables["cobranded_quotas"], lang)

    def _show_store(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        assert state.market is not None
        leaflet_maps.repaint(self._map.widget, self._layer())
        self._why.value = cobranded_cards.why_card(state.row, state.cases, state.market, lang)
