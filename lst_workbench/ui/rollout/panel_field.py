"""The field card: prefecture, territory, month, rep and week lead to the list that a rep works through."""

from typing import Any

import ipywidgets as w
import pandas as pd

from lst_workbench.contracts import LstError
from lst_workbench.market import prefecture_names
from lst_workbench.planning.beats import rep_sheets
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.rollout.atlas import Latest
from lst_workbench.ui.rollout.field import Field
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.views import cards, field_cards, states
from lst_workbench.views.formats import count, month
from lst_workbench.views.messages import names, text

CHOICES = {
    "prefecture": "field.prefecture",
    "field_month": "field.month",
    "territory": "field.territory",
    "rep": "field.rep",
    "week": "field.week",
}


class FieldCard(w.VBox):
    """Five drop-downs, the reps of what they choose, and one rep's week with its files."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        assert state.market is not None
        self._prefectures = prefecture_names(state.market.places)
        self._field: Field | None = None
        self._head, self._said, self._beats, self._list_head = html("head"), html(), html(), html()
        self._list, self._files = html(), html()
        self._labels = {trait: html("ctl-label") for trait in CHOICES}
        self._choices = {
            trait: Choice(classed(w.Dropdown(layout={"width": "auto"}), f"field-{trait}"), state, trait)
            for trait in CHOICES
        }
        pairs = [w.VBox([self._labels[trait], self._choices[trait].widget]) for trait in CHOICES]
        body = classed(w.VBox([self._said, self._beats, self._list_head, self._list, self._files]), "field")
        super().__init__([self._head, classed(w.HBox(pairs), "field-pickers"), body])
        self._latest = Latest(self._cut)
        if len(self._prefectures) == 1 and not state.prefecture:
            state.prefecture = int(self._prefectures["prefecture_code"].iloc[0])
        state.observe(self._ask, ["prefecture", "field_month", "result", "lang"])
        state.observe(self._show_territory, "territory")
        state.observe(self._show_list, ["rep", "week"])
        self._ask()

    def _ask(self, _: Any = None) -> None:
        """Offer prefectures and months at once; cutting the beats is work for a thread."""
        state, lang = self.state, self.state.lang
        assert state.result is not None
        months = state.result.tables["curve"]["month"]
        if state.field_month > len(months):
            state.field_month = 1
        self._head.value = cards.head("field.title", lang, text("field.sub", lang))
        for trait, key in CHOICES.items():
            self._labels[trait].value = states.control_label(text(key, lang))
            self._choices[trait].widget.description = text(key, lang)
        named = [
            (names(row.name_en, row.name_zh, lang)[0], row.prefecture_code) for row in self._prefectures.itertuples()
        ]
        self._choices["prefecture"].offer([(text("field.choose", lang), 0), *named], state.prefecture)
        dated = [(month(when, lang, year=True), at) for at, when in enumerate(months, start=1)]
        self._choices["field_month"].offer(dated, state.field_month)
        if not state.prefecture:
            self._clear(states.empty_note(text("field.empty", lang)))
            return
        if self._field is None:
            self._clear(states.note(text("field.at_work", lang)))
        self._latest.ask(state.prefecture, state.field_month, lang)

    def _clear(self, said: str) -> None:
        self._field, self._said.value = None, said
        for part in (self._beats, self._list_head, self._list, self._files):
            part.value = ""
        for trait in ("territory", "rep", "week"):
            self._choices[trait].widget.disabled = True

    def _cut(self, prefecture: int, month: int, lang: str) -> None:
        try:
            self._field = self.state.field()
            self._show_territories()
        except (LstError, KeyError) as error:  # no store in that month, or a run of an older version
            self._clear(states.said("error.page", str(error), lang))

    def _show_territories(self) -> None:
        field, state = self._field, self.state
        assert field is not None and state.market is not None
        named = state.market.territories.drop_duplicates("territory_id").set_index("territory_id")
        ids = [int(number) for number in sorted(set(field.beats["territory_id"])) if number]
        options = [(field_cards.territory_name(named, number, field.lang), number) for number in ids]
        if state.territory not in ids:
            state.territory = 0
        self._choices["territory"].offer([(text("field.every", field.lang), 0), *options], state.territory)
        weeks = sorted(set(field.visits["week"])) or [1]
        if state.week not in weeks:
            state.week = int(weeks[0])
        offered = [(text("field.week_n", field.lang, n=week), int(week)) for week in weeks]
        self._choices["week"].offer(offered, state.week)
        for trait in ("territory", "rep", "week"):
            self._choices[trait].widget.disabled = False
        self._show_territory()

    def _show_territory(self, _: Any = None) -> None:
        field, state = self._field, self.state
        if field is None or state.market is None:
            return
        beats = field.of_territory(state.territory)
        ids = [int(number) for number in beats["rep_id"]]
        if state.rep not in ids:
            state.rep = ids[0]
        self._choices["rep"].offer([(text("beats.rep", field.lang, n=number), number) for number in ids], state.rep)
        self._said.value = states.note(self._sentence(beats))
        self._beats.value = field_cards.beats_table(beats, state.market.territories, field.lang)
        self._show_list()

    def _sentence(self, beats: pd.DataFrame) -> str:
        field, state = self._field, self.state
        assert field is not None and state.result is not None
        lang, widget = field.lang, self._choices["territory" if state.territory else "prefecture"].widget
        return text(
            "field.said",
            lang,
            n=str(len(beats)),
            reps=count(len(beats), lang),
            stores=count(beats["stores"].sum(), lang),
            signups=count(beats["signups"].sum(), lang),
            fits=count(beats["fits"].sum(), lang),
            where=widget.label,
            month=month(state.result.tables["curve"]["month"].iloc[field.month - 1], lang, year=True),
        )

    def _show_list(self, _: Any = None) -> None:
        field, state = self._field, self.state
        if field is None:
            return
        own = field.visits[field.visits["rep_id"] == state.rep]
        rep, week = text("beats.rep", field.lang, n=state.rep), text("field.week_n", field.lang, n=state.week)
        self._list_head.value = f'<h3 class="list-head">{text("field.list", field.lang, rep=rep, week=week)}</h3>'
        self._list.value = field_cards.visit_list(own, state.week, field.lang)
        sheets = rep_sheets(field.beats, field.visits, state.rep)
        self._files.value = field_cards.rep_links(sheets, state.rep, field.lang)
