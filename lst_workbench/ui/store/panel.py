"""Widgets of the Store page. Links only: state to widgets, widgets to state; no figure is computed here."""

from typing import Any

import ipywidgets as w

from lst_workbench.ui.panel_page import Page
from lst_workbench.ui.panel_parts import classed, html
from lst_workbench.ui.rollout.panel_chart import Chart
from lst_workbench.ui.store.advice import Told
from lst_workbench.ui.store.model import StoreState
from lst_workbench.ui.store.panel_map import MapCard
from lst_workbench.ui.store.panel_side import Side
from lst_workbench.views import advice_cards, cards, states, store_cards, store_charts
from lst_workbench.views.messages import text
from lst_workbench.views.stores import store_name


class StorePanel(Page):
    """The page.

    Parameters
    ----------
    state : StoreState
        Which shop is looked at and what the models say of it.
    """

    def __init__(self, state: StoreState) -> None:
        self.state = state
        super().__init__(state, Side(state), body=["shop"], follows=["version"])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, state.synthetic, page="store")
        if state.about is None:
            self._finding.value = states.empty_headline(state.market is not None, lang)
            said = (
                states.said(state.said[0], state.said[1], lang)
                if state.said[0]
                else states.empty_note(text("empty.shop", lang))
            )
            self._body.children = (html("card", value=said),)
            self._foot.value = states.foot(None, lang) + states.ready_mark(plots=0, maps=0)
            return
        self._finding.value = store_cards.finding(state.about, state.store, state.place, state.weeks, lang)
        if not isinstance(next(iter(self._body.children), None), ShopBody):
            self._body.children = (ShopBody(state),)
        self._foot.value = states.foot(None, lang) + states.ready_mark(plots=int(state.weeks is not None), maps=1)


class ShopBody(w.VBox):
    """Everything that the models say of one shop."""

    def __init__(self, state: StoreState) -> None:
        self.state = state
        self._kpis = html("kpi-row")
        self._reasons, self._nearby = html("card", "reasons"), html("card", "nearby")
        self._rivals, self._twins = html("card", "span6", "rivals"), html("card", "span6", "twins")
        self._weeks_head, self._weeks_note = html("head"), html("weeks-note")
        self._chart = Chart(self._figure()) if state.weeks is not None else html()
        weeks = classed(w.VBox([self._weeks_head, self._chart, self._weeks_note]), "card", "span12", "weeks")
        right = classed(w.VBox([self._reasons, self._nearby]), "span5", "stack")
        self._order, self._swaps = html("card", "span6", "order"), html("card", "span6", "swaps")
        self._shelf = html("card", "span12", "shelf-card")
        advice = [self._order, self._swaps, self._shelf]
        grid = [classed(MapCard(state), "card", "span7"), right, weeks, *advice, self._rivals, self._twins]
        super().__init__([self._kpis, classed(w.HBox(grid), "grid12")])
        classed(self, "content")
        state.observe(self._show, ["version", "lang"])
        state.observe(self._advise, ["told", "lang"])
        self._show()
        self._advise()
        state.wants_advice = True

    def _advise(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        told = state.told or Told()
        said = text("advice.none", lang, error=told.fault) if told.fault else ""
        items = told.study.items if told.study is not None else None
        self._order.value = advice_cards.order_card(told.advice, items, said, lang)
        self._swaps.value = advice_cards.swaps_card(told.advice, items, said, lang)
        title = store_name(state.store, lang) if state.store else ""
        self._shelf.value = advice_cards.shelf_card(told.advice, items, title, said, lang)

    def _figure(self) -> Any:
        weeks = self.state.weeks
        assert weeks is not None
        return store_charts.weeks_figure(weeks.sold, weeks.expected, self.state.lang)

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        about, study = state.about, state.study
        assert about is not None and study is not None
        figures = cards.Figures(state.register, {})
        self._kpis.value = store_cards.kpis(about, study, state.weeks, figures, lang)
        self._reasons.value = store_cards.reasons(about, study, lang)
        self._nearby.value = store_cards.nearby(about, lang)
        self._rivals.value = store_cards.rivals(about, study.market.stores, lang)
        self._twins.value = store_cards.twins(about, study.market.stores, lang)
        self._weeks_head.value = store_cards.weeks_head(state.weeks, lang)
        self._weeks_note.value = store_cards.weeks_note(state.weeks, state.synthetic, lang)
        if isinstance(self._chart, Chart) and state.weeks is not None:
            self._chart.show(self._figure())
