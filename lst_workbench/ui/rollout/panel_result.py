"""Everything that a finished run fills: cards, map, charts, tables, the store in focus."""

from typing import Any

import ipywidgets as w
import pandas as pd

from lst_workbench.planning.goals import goals_of
from lst_workbench.ui.panel_parts import classed, html
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.ui.rollout.panel_chart import Chart
from lst_workbench.ui.rollout.panel_field import FieldCard
from lst_workbench.ui.rollout.panel_map import MapCard
from lst_workbench.ui.rollout.panel_scenarios import ScenarioCard
from lst_workbench.ui.rollout.panel_store import StoreCard
from lst_workbench.views import cards, charts, fairness_cards, funnel, goal_cards, odds, states, tables
from lst_workbench.views.findings import KPI_OF_GOAL, finding_of, used_shares
from lst_workbench.views.messages import text


class ResultBody(w.VBox):
    """Built when the first result is there, then changed in place."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._kpis, self._curve_head, self._twin = html("kpi-row"), html("head"), html()
        self._order, self._table, self._worth = html("card"), html("card", "span8"), html("card", "span4")
        self._funnel = html("card")
        self._odds, self._tornado = html("card", "span5"), html("card", "span7")
        self._goals = html("card", "span12", "goals")
        self._fairness = html("card", "span12")
        self._curve = Chart(charts.curve_figure(*self._curve_data()))
        self._map = MapCard(state)
        store = StoreCard(state, lambda: self._map.layer.resolution, self._map.focus)
        curve = classed(w.VBox([self._curve_head, self._curve, self._twin]), "card")
        right = classed(w.VBox([curve, self._funnel, self._order]), "span5", "stack")
        where = [classed(self._map, "card", "span7"), right, self._goals, self._fairness, self._odds, self._tornado]
        where.append(classed(ScenarioCard(state), "card", "span12"))
        field = classed(FieldCard(state), "card", "span12")
        grid = [*where, field, classed(store, "card", "span12"), self._table, self._worth]
        super().__init__([self._kpis, classed(w.HBox(grid), "grid12")])
        classed(self, "content")
        state.observe(self._show, ["result", "lang"])
        self._show()

    def _curve_data(self) -> tuple[Any, ...]:
        state = self.state
        assert state.result is not None
        finding = finding_of(state.result)
        festival = pd.Timestamp(f"{state.figures['field.festival_month']:.0f}01")
        return state.result.tables, finding.goal, state.lang, state.counted, festival

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        assert state.result is not None and state.market is not None
        run = state.result.tables
        economics = run["economics"]
        self._kpis.value = cards.kpi_row(run, cards.Figures(state.register, state.figures), lang)
        self._curve_head.value = cards.head("curve.title", lang)
        self._twin.value = tables.months_table(run["curve"], used_shares(run["capacities"]), lang)
        self._curve.show(charts.curve_figure(*self._curve_data()))
        self._funnel.value = funnel.funnel_card(run, state.figures["field.visits_per_signup"], lang)
        self._order.value = cards.head("order.title", lang) + tables.order_account(economics, lang)
        shown, every = min(tables.SHOWN_PLACES, len(run["places_plan"])), len(run["places_plan"])
        head = cards.head("places.title", lang, text("places.sub", lang, n=str(shown), all=str(every)))
        listed = tables.places_table(run, state.market.places, lang)
        self._table.value = head + listed + tables.uncovered_line(run, state.market.places, lang)
        watched = goals_of(state.result, state.market, state.register)
        self._goals.value = goal_cards.goals_card(watched, state.register, lang)
        self._show_fairness()
        self._show_odds()
        self._show_worth()

    def _show_worth(self) -> None:
        """Say what one more of each lever is worth, or that it is still being worked out."""
        state, lang = self.state, self.state.lang
        assert state.result is not None
        run = state.result.tables
        head = cards.head("worth.title", lang, text("worth.sub", lang, n=str(len(run["curve"]))))
        if "levers" in run:
            told = tables.worth_list(run["levers"], state.register, lang) + states.note(text("worth.note", lang))
        else:
            told = states.note(text("waits", lang))
        self._worth.value = head + told

    def _show_fairness(self) -> None:
        """Fill the card of who is signed; runs of older versions do not say."""
        result = self.state.result
        assert result is not None
        groups = result.tables.get("groups_plan")
        self._fairness.layout.display = None if groups is not None else "none"
        if groups is not None:
            self._fairness.value = fairness_cards.fairness_card(groups, str(result.path), self.state.lang)

    def _show_odds(self) -> None:
        """Fill the cards that say how sure the plan is; runs of older versions do not say."""
        state, lang = self.state, self.state.lang
        assert state.result is not None
        run, waits = state.result.tables, "levers" not in state.result.tables
        self._odds.layout.display = None if "kpi_ranges" in run or waits else "none"
        self._tornado.layout.display = None if "kpi_ranges" in run else "none"
        if waits:
            self._odds.value = cards.head("odds.title", lang) + states.note(text("waits", lang))
        if "kpi_ranges" in run:
            draws, reps = state.figures["rollout.draws"], state.figures["field.reps"]
            self._odds.value = odds.odds_card(run, draws, reps, lang)
            self._tornado.value = odds.tornado_card(run, KPI_OF_GOAL[state.counted], state.register, lang)
