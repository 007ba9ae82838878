"""Widgets of the Range page. Links only: state to widgets, widgets to state; no figure is computed here."""

import threading
from typing import Any

import ipywidgets as w

from lst_workbench.ui.panel_page import Page
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.range.model import RangeState
from lst_workbench.views import cards, range_cards, states
from lst_workbench.views.advice_cards import item_name, word_of
from lst_workbench.views.messages import names, text

SEGMENTS = ("town", "country")


class RangePanel(Page):
    """The page.

    Parameters
    ----------
    state : RangeState
        What is looked at and what the models say of it.
    """

    def __init__(self, state: RangeState) -> None:
        self.state = state
        super().__init__(state, Side(state), body=["range"], follows=["version"])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, state.synthetic, page="range")
        self._foot.value = states.foot(None, lang) + states.ready_mark(plots=0, maps=0)
        if state.study is None:
            self._finding.value = _waiting(state)
            key, detail = state.said
            words = states.said(key, detail, lang) if key else states.empty_note(text("range.working", lang))
            self._body.children = (html("card", value=words),)
            return
        self._finding.value = range_cards.finding(state.study, lang)
        if not isinstance(next(iter(self._body.children), None), RangeBody):
            self._body.children = (RangeBody(state),)


class Side(w.VBox):
    """What is looked at: prefecture, category, item under contract."""

    def __init__(self, state: RangeState) -> None:
        self.state = state
        self._head = html("head")
        self._labels = {name: html("ctl-label") for name in ("prefecture", "category", "contract")}
        self._choices = {
            name: Choice(classed(w.Dropdown(layout={"width": "auto"}), name), state, name) for name in self._labels
        }
        parts = [part for name in self._labels for part in (self._labels[name], self._choices[name].widget)]
        super().__init__([self._head, *parts])
        classed(self, "card", "side")
        state.observe(self._show, ["version", "lang", "category", "contract"])
        self._show()

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("range.side", lang)
        for name, key in (("prefecture", "prefecture"), ("category", "category"), ("contract", "contract.item")):
            self._labels[name].value = states.control_label(text(f"range.{key}", lang))
            self._choices[name].widget.tooltip = text(f"range.{key}", lang)
        if state.market is None:
            return
        places = [(names(*named, lang)[0], code) for code, named in state.prefectures.items()]
        if places:
            self._choices["prefecture"].offer(places, state.prefecture)
        if state.study is None:
            return
        self._choices["category"].offer([(word_of("category", c, lang), c) for c in state.categories], state.category)
        items = {str(item["sku"]): item for item in state.study.items.to_dict("records")}
        self._choices["contract"].offer([(item_name(items[sku], lang), sku) for sku in state.contracts], state.contract)


class RangeBody(w.VBox):
    """Everything that the study says."""

    def __init__(self, state: RangeState) -> None:
        self.state = state
        self._kpis, self._files = html("kpi-row"), html("card", "span12", "files")
        self._beside, self._categories = html("card", "span6", "beside-card"), html("card", "span6", "categories")
        self._segment = classed(w.ToggleButtons(options=list(SEGMENTS)), "seg", "segment")
        self._transfer_head, self._matrix = html("head"), html("matrix-box")
        transfer = classed(w.VBox([self._transfer_head, self._segment, self._matrix]), "card", "span12", "transfer")
        self._contract, self._swaps = html("card", "span5", "contract-card"), html("card", "span7", "swaps")
        self._wanted = html("card", "span12", "wanted")
        grid = [self._beside, self._categories, self._swaps, self._contract, transfer, self._wanted, self._files]
        super().__init__([self._kpis, classed(w.HBox(grid), "grid12")])
        classed(self, "content")
        state.observe(self._show, ["version", "lang"])
        self._segment.observe(lambda _: self._show_transfer(), "value")
        self._show()

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        study = state.study
        if study is None:
            return
        figures = cards.Figures(state.register, {})
        self._kpis.value = range_cards.kpi_row(study, figures, lang)
        self._beside.value = range_cards.beside(study, lang)
        self._categories.value = range_cards.categories(study, lang)
        self._swaps.value = range_cards.swaps(study, lang)
        self._contract.value = range_cards.contract(study, state.costs, state.contract, lang)
        self._wanted.value = range_cards.wanted(study, state.wanted, lang)
        self._transfer_head.value = cards.head("range.transfer", lang, text("range.transfer.sub", lang))
        chosen = self._segment.value
        self._segment.options = [(text(f"range.segment.{name}", lang), name) for name in SEGMENTS]
        self._segment.value = chosen
        self._show_transfer()
        threading.Thread(target=self._make_files, args=(lang,), daemon=True).start()  # a workbook takes a moment

    def _show_transfer(self) -> None:
        state = self.state
        if state.study is not None and self._segment.value is not None:
            self._matrix.value = range_cards.transfer(state.study, state.category, self._segment.value, state.lang)

    def _make_files(self, lang: str) -> None:
        if self.state.study is not None:
            self._files.value = range_cards.downloads(*self.state.downloads(), lang)


def _waiting(state: RangeState) -> str:
    title, said = text("range.title", state.lang), text("range.working", state.lang)
    return f'<div class="finding"><h1>{title}</h1><p>{said if state.at_work else ""}</p></div>'
