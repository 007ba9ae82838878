"""Widgets of the Credit page. Links only: state to widgets, widgets to state; no figure is computed here."""

from typing import Any

import ipywidgets as w

from lst_workbench.planning.credit_watch import cash_of
from lst_workbench.ui.credit.model import LEVERS, MOST_TIMES, CreditState
from lst_workbench.ui.panel_map import FittedMap
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.rollout.panel_chart import Chart
from lst_workbench.ui.theme import stylesheet
from lst_workbench.views import cards, credit_cards, credit_charts, leaflet_maps, maps, states
from lst_workbench.views import credit_watch_cards as watch_cards
from lst_workbench.views.messages import text

RANGES = {name: (0.1, MOST_TIMES, 0.1) for name in LEVERS[:3]} | {
    "cut": (0.01, 0.5, 0.01), "city": (0.05, 1.0, 0.05), "warehouse": (0.05, 1.0, 0.05),
    "month": (0.05, 1.0, 0.05),
}  # fmt: skip


class CreditPanel(w.VBox):
    """The page. Built once; every change afterwards sets a trait of an existing widget.

    Parameters
    ----------
    state : CreditState
        Budgets, and what follows from them.
    """

    def __init__(self, state: CreditState) -> None:
        self.state = state
        self._top, self._finding, self._foot = html("top"), html("finding-box"), html("foot-box")
        language = classed(w.ToggleButtons(options=[("EN", "en"), ("中文", "zh")]), "seg", "lang")
        self._language = Choice(language, state, "lang")
        self._language.offer(language.options, state.lang)
        body = (
            CreditBody(state)
            if state.decision is not None
            else html("card", value=states.said(state.said[0], state.said[1], "en"))
        )
        parts = [Side(state), body] if state.decision is not None else [body]
        super().__init__(
            [
                html("style", value=f"<style>{stylesheet()}</style>"),
                classed(w.HBox([self._top, language]), "bar"),
                self._finding,
                classed(w.HBox([*parts[:-1], classed(w.VBox(parts[-1:]), "body", "credit")]), "shell"),
                self._foot,
            ]
        )
        classed(self, "lst")
        state.observe(self._show, ["version", "lang"])
        self._show()

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, state.synthetic, page="credit")
        there = state.decision is not None
        self._finding.value = (
            credit_cards.finding(state.decision, lang)
            if state.decision is not None
            else states.empty_headline(True, lang)
        )
        self._foot.value = states.foot(None, lang) + states.ready_mark(plots=2 * there, maps=int(there))


class Side(w.VBox):
    """Budgets as sliders, and one store's score."""

    def __init__(self, state: CreditState) -> None:
        self.state = state
        self._head, self._message, self._took = html("head"), html("message"), html()
        self._labels = {name: html("ctl-label") for name in state.offered}
        self._sliders = {name: self._slider(name) for name in state.offered}
        self._reset = classed(w.Button(layout={"width": "auto"}), "link", "reset-levers")
        self._reset.on_click(lambda _: state.reset())
        self._search_label, self._story = html("ctl-label"), html("story")
        self._search = classed(w.Text(continuous_update=False, layout={"width": "auto"}), "search")
        w.link((self._search, "value"), (state, "query"))
        levers = [part for name in state.offered for part in (self._labels[name], self._sliders[name])]
        super().__init__(
            [self._head, *levers, self._reset, self._took, self._message, self._search_label, self._search, self._story]
        )
        classed(self, "card", "side")
        state.observe(self._show, ["version", "lang", "said", "store_id"])
        self._show()

    def _slider(self, name: str) -> w.FloatSlider:
        least, most, step = RANGES[name]
        slider = w.FloatSlider(
            value=getattr(self.state, name), min=least, max=most, step=step, readout=False, continuous_update=False,
            layout={"width": "auto"},
        )  # fmt: skip
        w.link((slider, "value"), (self.state, name))
        return slider

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("credit.levers", lang)
        words = credit_cards.lever_words(state.levers, lang)
        for name in state.offered:
            label, figure = words[name]
            self._labels[name].value = states.control_label(label, figure)
            self._sliders[name].tooltip = f"{label}: {figure}"
        self._reset.description = text("reset", lang)
        self._took.value = states.note(text("credit.took", lang, n=f"{state.seconds:.2f}"))
        self._message.value = states.said(state.said[0], state.said[1], lang) if state.said[0] else ""
        self._search_label.value = states.control_label(text("credit.store_id", lang))
        self._search.description = self._search.placeholder = text("credit.store_id", lang)
        if state.study is not None and state.decision is not None and state.store_id is not None:
            self._story.value = credit_cards.store_card(state.study, state.decision, state.store_id, lang)


class CreditBody(w.VBox):
    """What the limits come to, and what must be watched."""

    def __init__(self, state: CreditState) -> None:
        self.state = state
        self._kpis = html("kpi-row")
        self._frontier_head, self._vintage_head, self._map_head = html("head"), html("head"), html("head")
        self._legend = html()
        self._frontier, self._vintages = Chart(self._frontier_figure()), Chart(self._vintage_figure())
        layer = self._layer()
        self._map = FittedMap(layer, layer.bounds)
        self._stress, self._warnings = html("card", "span5", "stress"), html("card", "span7", "warnings")
        self._fairness, self._card = html("card", "span7", "fairness"), html("card", "span5", "model-card")
        self._policies, self._stages = html("card", "span7", "policies"), html("card", "span5", "stages")
        self._drift, self._rolls = html("card", "span5", "drift"), html("card", "span7", "rolls")
        self._challenger, self._cash = html("card", "span5", "challenger"), html("card", "span7", "cash")
        self._files, self._make = html("files-links"), classed(w.Button(layout={"width": "auto"}), "link", "make-files")
        self._make.on_click(self._write_files)
        grid = [
            classed(w.VBox([self._frontier_head, self._frontier]), "card", "span5", "frontier"),
            classed(w.VBox([self._map_head, self._map.widget, self._legend]), "card", "span7"),
            self._stress,
            self._warnings,
            self._fairness,
            self._card,
            self._policies,
            self._stages,
            self._drift,
            self._rolls,
            self._challenger,
            self._cash,
            classed(w.VBox([self._vintage_head, self._vintages]), "card", "span12", "vintages"),
            classed(w.VBox([self._files, self._make]), "card", "span12", "files"),
        ]
        super().__init__([self._kpis, classed(w.HBox(grid), "grid12")])
        classed(self, "content")
        state.observe(self._show, ["version", "lang"])
        state.observe(self._show_after, ["frontier", "lang"])
        self._show()
        self._show_after()

    def _frontier_figure(self) -> Any:
        assert self.state.frontier is not None and self.state.decision is not None
        return credit_charts.frontier_figure(self.state.frontier, self.state.decision.kpis, self.state.lang)

    def _vintage_figure(self) -> Any:
        assert self.state.study is not None
        return credit_charts.vintage_figure(self.state.watched["vintages"], self.state.lang)

    def _layer(self) -> maps.MapLayer:
        state = self.state
        assert state.study is not None and state.decision is not None
        return credit_charts.exposure_layer(state.decision.plan, state.study.market.stores, state.lang)

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        study, decision = state.study, state.decision
        assert study is not None and decision is not None
        figures = cards.Figures(state.register, {})
        self._kpis.value = credit_cards.kpis(decision, figures, lang)
        self._frontier_head.value = cards.head("credit.frontier", lang, text("credit.frontier.sub", lang))
        self._vintage_head.value = cards.head("credit.vintages", lang, text("credit.vintages.sub", lang))
        self._map_head.value = cards.head("credit.map", lang)
        self._vintages.show(self._vintage_figure())
        layer = self._layer()
        leaflet_maps.repaint(self._map.widget, layer)
        self._legend.value = maps.legend_markup(lang, layer)
        self._stress.value = credit_cards.stress(decision, lang)
        self._warnings.value = credit_cards.warnings(state.watched["warnings"], lang)
        self._fairness.value = credit_cards.fairness(decision, study.told, lang)
        self._card.value = credit_cards.model_card(study, lang)
        self._show_watched()
        self._files.value, self._make.description = cards.head("credit.download", lang), text("credit.make_files", lang)

    def _show_after(self, _: Any = None) -> None:
        """Show what follows a moment after the answer: the frontier and other policies."""
        self._frontier.show(self._frontier_figure())
        table, test = self.state.policies
        self._policies.value = watch_cards.policies(table, test, self.state.lang)

    def _show_watched(self) -> None:
        watched, lang = self.state.watched, self.state.lang
        assert self.state.study is not None and self.state.decision is not None
        self._stages.value = watch_cards.stages(watched["stages"], lang)
        self._rolls.value = watch_cards.rolls(watched["rolls"], lang)
        self._drift.value = watch_cards.drift(watched["drift"], watched["calibration"], lang)
        self._challenger.value = watch_cards.challenger(watched["challenger"], lang)
        self._cash.value = watch_cards.cash(cash_of(self.state.study, self.state.decision), lang)

    def _write_files(self, _: Any) -> None:
        """Write the files when they are asked for: the workbook takes longer than the answer."""
        study, decision = self.state.study, self.state.decision
        if study is not None and decision is not None:
            self._files.value = credit_cards.files(study, decision, self.state.lang)
