"""The months of the map: a button that plays them, a slider, and what is signed until then."""

from typing import Any

import ipywidgets as w
import pandas as pd

from lst_workbench.ui.panel_parts import classed, html
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.views import states
from lst_workbench.views.formats import count, month
from lst_workbench.views.messages import text

INTERVAL_MS = 1_100


class MonthPlay(w.HBox):
    """Play, slider and words; shown while the map tells months."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._play = classed(w.Play(min=1, max=2, interval=INTERVAL_MS, show_repeat=False), "play")
        self._slider = classed(w.IntSlider(min=1, max=2, readout=False, layout={"width": "auto"}), "play-month")
        self._said = html("play-said")
        w.jslink((self._play, "value"), (self._slider, "value"))
        super().__init__([self._play, self._slider, self._said])
        classed(self, "play-row")
        self._slider.observe(self._moved, "value")
        state.observe(self._show, ["result", "lang", "map_mode", "upto"])
        self._show()

    def _moved(self, change: Any) -> None:
        last = self._slider.max
        self.state.upto = change["new"] if change["new"] < last else 0

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self.layout.display = None if state.map_mode == "month" else "none"
        assert state.result is not None
        curve: pd.DataFrame = state.result.tables["curve"]
        self._play.max = self._slider.max = len(curve)
        at = state.upto or len(curve)
        if self._slider.value != at and not state.upto:
            self._slider.value = at
        self._slider.description = self._slider.tooltip = text("play.label", lang)
        signed = count(curve["signups"].iloc[:at].sum(), lang)
        when = month(curve["month"].iloc[at - 1], lang, year=True)
        self._said.value = states.note(text("play.month", lang, month=when, n=signed))
