"""Widgets of the Rollout page. Links only: state to widgets, widgets to state; no figure is computed here."""

import threading
from typing import Any

from lst_workbench.ui.panel_page import Page
from lst_workbench.ui.panel_parts import html
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.ui.rollout.nation import open_watch
from lst_workbench.ui.rollout.panel_nation import NationLine
from lst_workbench.ui.rollout.panel_result import ResultBody
from lst_workbench.ui.rollout.panel_side import Side
from lst_workbench.ui.theme import stylesheet
from lst_workbench.views import cards, downloads, states
from lst_workbench.views.findings import finding_markup, finding_of
from lst_workbench.views.messages import text


class RolloutPanel(Page):
    """The page.

    Parameters
    ----------
    state : RolloutState
        What was chosen and what is shown.
    """

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._files: downloads.Files | None = None
        self._side = Side(state)
        line = NationLine(state, open_watch())
        super().__init__(state, self._side, follows=["result", "market"], above=[line])

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._top.value = cards.topbar(lang, state.synthetic)
        if state.result is None or state.market is None:
            self._finding.value = states.empty_headline(state.market is not None, lang)
            self._body.children = (html("card", value=states.empty_note(text("empty.figures", lang))),)
            self._foot.value = states.foot(None, lang) + states.ready_mark(plots=0, maps=0)
            return
        try:
            self._finding.value = finding_markup(finding_of(state.result), lang)
            if not isinstance(next(iter(self._body.children), None), ResultBody):
                self._body.children = (ResultBody(state),)
        except Exception as error:  # whatever it is, a manager reads a sentence and not a traceback
            self._body.children = (html("card", value=states.said("error.page", repr(error), lang)),)
            self._foot.value = states.foot(state.result, lang) + states.ready_mark(plots=0, maps=0)
            return
        self._foot.value = states.foot(state.result, lang) + states.ready_mark(plots=1, maps=1)
        if "levers" not in state.result.tables:  # at work: its files are made once it is whole
            self._side.downloads.value = states.note(text("waits", lang))
            return
        threading.Thread(target=self._make_downloads, daemon=True).start()

    def _make_downloads(self) -> None:
        """Make the files beside the page: a workbook takes longer than a figure may be waited for."""
        state = self.state
        result, market, lang = state.result, state.market, state.lang
        if result is None or market is None:
            return
        if self._files is None or self._files.result is not result:
            try:
                files = downloads.files_of(result, market, state.register)
                self._files = downloads.with_memos(files, market, state.register, stylesheet())
            except Exception as error:  # in a thread no one else would say it
                self._files = downloads.Files(result, 0, fault=str(error) or type(error).__name__)
        if result is state.result and lang == state.lang:
            self._side.downloads.value = downloads.links(self._files, lang)
