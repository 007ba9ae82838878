"""The sidebar: scenario, levers, Run and Cancel, how the last run went, downloads."""

from typing import Any

import ipywidgets as w

from lst_workbench.assumptions import load_scenario, scenario_names
from lst_workbench.ui.panel_parts import Choice, classed, html, switch_class
from lst_workbench.ui.rollout.levers import Lever, levers_of, snapped
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.ui.rollout.panel_conditions import ConditionsForm
from lst_workbench.views import cards, states
from lst_workbench.views.messages import text


class Side(w.VBox):
    """Everything a manager sets, and what came of the last run."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._head, self._scenario_label, self._scenario_note = html("head"), html("ctl-label"), html()
        self._scenario = Choice(classed(w.Dropdown(layout={"width": "auto"}), "scenario"), state, "scenario")
        self._levers = levers_of(state.register, load_scenario(state.scenario))
        self._by_key = {lever.key: lever for lever in self._levers}
        self._labels = {lever.key: html("ctl-label") for lever in self._levers}
        self._sliders = {lever.key: self._slider(lever) for lever in self._levers}
        self._run = self._button(state.start, "primary", "run-plan")
        self._cancel = self._button(state.cancel, "quiet", "cancel-run")
        self._reset = self._button(state.reset, "link", "reset-levers")
        self._bar = classed(w.FloatProgress(min=0, max=1, layout={"width": "auto"}), "thin")
        self._message, self._status, self.downloads = html("message"), html("status"), html("downloads")
        sliders = [part for lever in self._levers for part in (self._labels[lever.key], self._sliders[lever.key])]
        buttons = classed(w.HBox([self._run, self._cancel]), "buttons")
        super().__init__(
            [self._head, self._scenario_label, self._scenario.widget, self._scenario_note, *sliders]
            + [ConditionsForm(state), self._reset, buttons, self._bar, self._message, self._status, self.downloads]
        )
        classed(self, "card", "side")
        state.observe(self._show_labels, ["lang", "levers", "market", "scenario"])
        state.observe(self._show_run, ["running", "progress", "stage", "said", "result", "lang", "levers", "market"])
        state.observe(self._show_run, "conditions")
        self._show_labels()
        self._show_run()

    def _button(self, act: Any, *classes: str) -> w.Button:
        button = classed(w.Button(layout={"width": "auto"}), *classes)
        button.on_click(lambda _: act())
        return button

    def _slider(self, lever: Lever) -> w.FloatSlider:
        """Make a bare slider; label and figure stand above it, since the built-in readout cannot be aligned."""
        slider = w.FloatSlider(
            value=self.state.levers[lever.key],
            min=lever.low,
            max=lever.high,
            step=lever.step,
            readout=False,
            layout={"width": "auto"},
        )
        slider.observe(lambda change: self._moved(lever.key, change["new"]), "value")
        return slider

    def _moved(self, key: str, value: float) -> None:
        """Take what a hand moved; a value that the browser only rounded to a step is left as it was."""
        kept = snapped(self._by_key[key], self.state.levers[key])
        if abs(kept - value) > 1e-9 * max(1.0, abs(value)):
            self.state.move(key, value)

    def _show_labels(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("levers", lang)
        self._scenario_label.value = states.control_label(text("scenario", lang))
        self._scenario.widget.description = text("scenario", lang)
        scenarios = {name: load_scenario(name) for name in scenario_names()}
        names = [(s.label_zh if lang == "zh" else s.label, name) for name, s in scenarios.items()]
        self._scenario.offer(names, state.scenario)
        chosen = scenarios[state.scenario]
        self._scenario_note.value = states.note(chosen.description_zh if lang == "zh" else chosen.description)
        for lever in self._levers:
            value = state.levers[lever.key]
            label, said = states.lever_label(lever.entry, value, state.scale, lang)
            self._labels[lever.key].value, self._sliders[lever.key].tooltip = label, said
            if abs(self._sliders[lever.key].value - value) > 1e-9 * max(1.0, abs(value)):
                self._sliders[lever.key].value = value
        self._run.description, self._cancel.description = text("run", lang), text("cancel", lang)
        self._reset.description = text("reset", lang)

    def _show_run(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._run.disabled, self._cancel.disabled = state.running or state.market is None, not state.running
        self._bar.value = state.progress
        switch_class(self._bar, "busy", state.running)
        if state.running:
            self._message.value = states.progress_line(state.stage, state.progress, lang)
        elif state.said[0]:
            key, detail = state.said
            self._message.value = states.said(key, detail, lang)
        elif state.result is not None:
            self._message.value = states.state_line("state.stale" if state.stale else "state.fresh", lang)
        else:
            self._message.value = ""
        self._status.value = states.run_status(state.result, lang) if state.result is not None else ""
