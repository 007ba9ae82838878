"""The line that says how far the nation is, and leads to its page and back."""

from typing import Any

import ipywidgets as w

from lst_workbench.ui.panel_parts import classed
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.ui.rollout.nation import ASKED, NationWatch
from lst_workbench.views.states import nation_line


class NationLine(w.HTML):
    """One line under the top bar; empty where no nation was asked for."""

    def __init__(self, state: RolloutState, watch: NationWatch) -> None:
        super().__init__()
        classed(self, "nation-line")
        self._state, self._watch = state, watch
        state.observe(self._show, "lang")
        watch.observe(self._show, "progress")
        self._show()

    def _show(self, _: Any = None) -> None:
        self.value = nation_line(self._watch.progress, self._watch.shown, ASKED, self._state.lang)
