"""Widgets of the Import page. Links only: state to widgets, widgets to state; no figure is computed here."""

from typing import Any

import ipywidgets as w

from lst_workbench.market.importing.headers import HEADERS
from lst_workbench.ui.market_import.model import DATUMS, ImportState
from lst_workbench.ui.panel_page import Page
from lst_workbench.ui.panel_parts import Choice, classed, html, switch_class
from lst_workbench.views import cards, imports, states
from lst_workbench.views.findings import finding_markup, finding_of
from lst_workbench.views.messages import text

ACCEPTED = ".csv,.txt,.tsv,.xlsx,.xlsm,.parquet,.gpkg,.geojson,.json"


class ImportPanel(Page):
    """The page.

    Parameters
    ----------
    state : ImportState
        What was uploaded and what came of it.
    """

    def __init__(self, state: ImportState) -> None:
        self.state = state
        self._rows, self._kpis, self._plan = html("card", "first-rows"), html("kpi-row"), html("card", "planned")
        self._quality, self._trust = html("card", "span7", "quality"), html("card", "trust")
        self._rejected, self._notes = html("card", "rejected"), html("card", "notes-card")
        right = classed(w.VBox([self._trust, self._rejected]), "span5", "stack")
        self._report = classed(w.HBox([self._quality, right]), "grid12")
        super().__init__(state, Side(state), body=["content"], follows=["proposal", "done", "plan"])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, False, page="import")
        self._finding.value = imports.finding(state.proposal, state.done, lang)
        shown: list[w.Widget] = []
        if state.plan is not None:
            self._plan.value = cards.head("import.plan_card", lang) + finding_markup(finding_of(state.plan), lang)
            self._plan.value += states.run_link(str(state.plan.path.name if state.plan.path else ""), lang)
            shown.append(self._plan)
        if state.done is not None:
            self._kpis.value = imports.kpis(state.done, lang)
            self._quality.value = imports.quality_table(state.done, lang)
            self._trust.value = imports.trust_table(state.done, lang)
            self._rejected.value = imports.rejected_table(state.done, lang)
            self._notes.value = imports.notes(state.done.notes, lang)
            shown += [self._kpis, self._report, self._notes]
        if state.proposal is not None:
            self._rows.value = imports.first_rows(state.proposal, lang)
        else:
            self._rows.value = states.empty_note(text("import.empty", lang))
        self._body.children = [*shown, self._rows]
        self._foot.value = states.foot(state.plan, lang) + states.ready_mark(plots=0, maps=0)


class Side(w.VBox):
    """The file, the meaning of its columns, and the buttons."""

    def __init__(self, state: ImportState) -> None:
        self.state, self._muted = state, False
        self._head, self._message = html("head"), html("message")
        self._upload = classed(w.FileUpload(accept=ACCEPTED, multiple=False, layout={"width": "auto"}), "upload")
        self._labels = {field: html("ctl-label") for field in HEADERS}
        self._fields = {field: self._field(field) for field in HEADERS}
        self._datum_label = html("ctl-label")
        self._datum = Choice(w.Dropdown(layout={"width": "auto"}), state, "datum")
        self._whole = w.Checkbox(value=state.whole, indent=False, layout={"width": "auto"})
        self._import = self._button(state.start, "primary", "import-list")
        self._plan = self._button(state.start_plan, "primary", "plan-list")
        self._bar = classed(w.FloatProgress(min=0, max=1, layout={"width": "auto"}), "thin")
        self._choices = classed(
            w.VBox(
                [part for field in HEADERS for part in (self._labels[field], self._fields[field])]
                + [self._datum_label, self._datum.widget, self._whole, self._import]
            ),
            "choices",
        )
        super().__init__([self._head, self._upload, self._choices, self._plan, self._bar, self._message])
        classed(self, "card", "side", "import-side")
        self._upload.observe(self._uploaded, "value")
        w.link((state, "whole"), (self._whole, "value"))
        names = ["lang", "proposal", "mapping", "done", "running", "progress", "stage", "said"]
        state.observe(self._show, names)
        self._show()

    def _button(self, act: Any, *classes: str) -> w.Button:
        button = classed(w.Button(layout={"width": "auto"}), *classes)
        button.on_click(lambda _: act())
        return button

    def _field(self, field: str) -> w.Dropdown:
        choice = w.Dropdown(layout={"width": "auto"})
        choice.observe(lambda change: self._chosen(field, change["new"]), "value")
        return choice

    def _chosen(self, field: str, header: str | None) -> None:
        if not self._muted:
            self.state.choose(field, header or "")

    def _uploaded(self, change: Any) -> None:
        for file in change["new"]:
            self.state.take(file["name"], bytes(file["content"]))

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("import.columns", lang)
        self._upload.description = text("import.upload", lang)
        self._import.description, self._plan.description = text("import.run", lang), text("import.plan", lang)
        self._import.disabled, self._plan.disabled = state.running, state.running
        self._datum_label.value = states.control_label(text("import.datum", lang))
        self._datum.offer([(name.upper(), name) for name in DATUMS], state.datum)
        self._datum.widget.description = text("import.datum", lang)
        self._whole.description = text("import.whole", lang)
        self._offer_fields()
        self._choices.layout.display = "" if state.proposal is not None else "none"
        self._plan.layout.display = "" if state.done is not None else "none"
        self._bar.value = state.progress
        switch_class(self._bar, "busy", state.running)
        if state.running:
            self._message.value = states.progress_line(state.stage, state.progress, lang)
        else:
            key, detail = state.said
            self._message.value = states.said(key, detail, lang) if key else ""

    def _offer_fields(self) -> None:
        lang, proposal = self.state.lang, self.state.proposal
        headers = [] if proposal is None else [str(name) for name in proposal.raw.frame.columns]
        self._muted = True
        for field, choice in self._fields.items():
            name = text(f"field.{field}", lang)
            self._labels[field].value, choice.description = states.control_label(name), name
            options = ((text("import.none", lang), ""), *((header, header) for header in headers))
            if tuple(choice.options) != options:
                choice.options = options
            chosen = self.state.mapping.get(field, "")
            choice.value = chosen if chosen in headers else ""
        self._muted = False
