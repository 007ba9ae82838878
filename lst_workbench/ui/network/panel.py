"""Widgets of the Network page. Links only: state to widgets, widgets to state; no figure is computed here."""

from typing import Any

import ipywidgets as w

from lst_workbench.ui.network.model import NetworkState
from lst_workbench.ui.network.panel_map import MapCard
from lst_workbench.ui.network.panel_side import Side
from lst_workbench.ui.panel_page import Page
from lst_workbench.ui.panel_parts import classed, html
from lst_workbench.ui.rollout.panel_chart import Chart
from lst_workbench.views import cards, network_cards, network_charts, network_files, states
from lst_workbench.views.messages import text
from lst_workbench.views.network_words import place_name


class NetworkPanel(Page):
    """The page.

    Parameters
    ----------
    state : NetworkState
        Promise, network and what-ifs.
    """

    def __init__(self, state: NetworkState) -> None:
        self.state = state
        super().__init__(state, Side(state), body=["net"], follows=["version", "progress", "said"])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, state.synthetic, page="network")
        there = state.shown is not None and state.study is not None
        self._foot.value = states.foot(None, lang) + states.ready_mark(plots=int(there), maps=int(there))
        if state.shown is None or state.study is None:
            self._finding.value = network_cards.waiting(place_name(state, lang), lang, state.market is not None)
            said = states.said(state.said[0], state.said[1], lang) if state.said[0] else ""
            self._body.children = (html("card", value=said or network_cards.how_far(state.progress, lang)),)
            return
        place = place_name(state, lang)
        self._finding.value = network_cards.finding(
            state.study, state.shown, "what_if" if state.is_changed else state.mode, place, lang
        )
        if not isinstance(next(iter(self._body.children), None), NetworkBody):
            self._body.children = (NetworkBody(state),)


class NetworkBody(w.VBox):
    """Figures, map, trade-off, areas, warehouses, files."""

    def __init__(self, state: NetworkState) -> None:
        self.state = state
        self._kpis, self._curve_head = html("kpi-row"), html("head")
        self._areas, self._sites = html("card", "areas-card"), html("card", "span12", "sites-card")
        self._chart = Chart(self._figure())
        self._files, self._head_files = html("files-links"), html("head")
        self._make = classed(w.Button(layout={"width": "auto"}), "link", "make-files")
        self._make.on_click(self._write_files)
        curve = classed(w.VBox([self._curve_head, self._chart]), "card", "curve")
        right = classed(w.VBox([curve, self._areas]), "span5", "stack")
        files = classed(w.VBox([self._head_files, self._files, self._make]), "card", "span12", "files")
        super().__init__([self._kpis, classed(w.HBox([MapCard(state), right, self._sites, files]), "grid12")])
        classed(self, "content")
        state.observe(self._show, ["version", "lang"])
        self._show()

    @property
    def _promise(self) -> float | None:
        return self.state.promise_share if self.state.aim == "promise" else None

    def _figure(self) -> Any:
        state = self.state
        assert state.study is not None and state.shown is not None
        budget = state.budget_rmb_month if state.aim == "budget" else None
        return network_charts.trade_off_figure(state.study, state.mode, state.shown, self._promise, budget, state.lang)

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        if state.study is None or state.shown is None:
            return
        figures = cards.Figures(state.register, {})
        self._kpis.value = network_cards.kpis(state.study, state.shown, self._promise, figures, lang)
        other = text("network.sub.may_close" if state.mode == "keep" else "network.sub.keep", lang)
        self._curve_head.value = cards.head("network.curve", lang, text("network.curve.sub", lang, other=other))
        self._chart.show(self._figure())
        self._areas.value = network_cards.areas(state.study, state.shown, self._promise, lang)
        self._sites.value = network_cards.sites(state.shown, lang)
        self._head_files.value = cards.head("network.files", lang)
        self._make.description, self._files.value = text("network.made", lang), ""

    def _write_files(self, _: Any) -> None:
        """Write the files of the network shown when they are asked for: they take longer than the answer."""
        state = self.state
        if state.study is not None and state.shown is not None:
            about = network_files.about_rows(state.study, state.mode, state.is_changed)
            made = network_files.NetworkFiles(state.shown, about, state.study.steps, state.lang)
            self._files.value = network_files.links(made, state.lang)
