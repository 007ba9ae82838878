"""The side of the Network page: promise or budget, what-ifs, one warehouse."""

from typing import Any

import ipywidgets as w

from lst_workbench.ui.network.model import AIMS, MODES, RADII_KM, NetworkState
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.views import cards, network_cards, states
from lst_workbench.views.formats import rmb, share
from lst_workbench.views.messages import text
from lst_workbench.views.network_words import scope_names

AUTO = {"width": "auto"}


class Side(w.VBox):
    """Everything that can be asked of the network."""

    def __init__(self, state: NetworkState) -> None:
        self.state = state
        self._head, self._message = html("head"), html("message")
        self._scope = Choice(classed(w.ToggleButtons(), "seg", "scope"), state, "scope")
        self._mode_label, self._aim_label = html("ctl-label"), html("ctl-label")
        self._mode = Choice(classed(w.ToggleButtons(), "seg", "mode"), state, "mode")
        self._aim = Choice(classed(w.ToggleButtons(), "seg", "aim"), state, "aim")
        self._promise_label, self._radius_label, self._site_label = (
            html("ctl-label"),
            html("ctl-label"),
            html("ctl-label"),
        )
        self._promise = self._slider("promise_share", 0.3, 0.99, 0.01, "promise")
        self._budget = self._slider("budget_rmb_month", 0.0, 1.0, 1.0, "budget")
        self._radius = self._slider("radius_km", *RADII_KM, "radius")
        self._reset = self._button(state.reset, "link", "reset-levers")
        self._margins, self._story, self._what_if = html("status"), html("story"), html("story", "what-if")
        self._site = Choice(classed(w.Dropdown(layout=AUTO), "site"), state, "site_id")
        self._close = self._button(state.toggle_site, "quiet", "close-site")
        self._restore = self._button(state.restore, "link", "restore")
        super().__init__(
            [self._head, self._scope.widget, self._mode_label, self._mode.widget, self._aim_label, self._aim.widget]
            + [self._promise_label, self._promise, self._budget, self._reset, self._message, self._margins]
            + [self._site_label, self._site.widget, self._story, self._close, self._radius_label, self._radius]
            + [self._what_if, self._restore]
        )
        classed(self, "card", "side", "net-side")
        state.observe(self._show, ["version", "lang", "said", "progress", "scopes"])
        state.observe(self._show_site, ["version", "lang", "site_id"])
        self._show()
        self._show_site()

    def _slider(self, name: str, least: float, most: float, step: float, kind: str) -> w.FloatSlider:
        slider = w.FloatSlider(
            value=least, min=least, max=most, step=step, readout=False, continuous_update=False, layout=AUTO
        )
        slider.observe(lambda change: self._moved(name, change["new"], slider.step), "value")
        return classed(slider, kind)

    def _button(self, act: Any, *classes: str) -> w.Button:
        button = classed(w.Button(layout=AUTO), *classes)
        button.on_click(lambda _: act())
        return button

    def _moved(self, name: str, value: float, step: float) -> None:
        """Take what a hand moved; a value that the browser only brought to a step is left as it was."""
        if abs(getattr(self.state, name) - value) > step / 2 + 1e-9:
            setattr(self.state, name, round(value, 6))

    def _put(self, slider: w.FloatSlider, value: float) -> None:
        if abs(slider.value - value) > slider.step / 2 + 1e-9:
            slider.value = min(max(value, slider.min), slider.max)

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("network.levers", lang)
        there = state.study is not None
        self._scope.offer(scope_names(state, lang), state.scope if state.scopes else None)
        self._scope.widget.layout.display = "" if len(state.scopes) > 1 else "none"
        for label, choice, name, options in (
            (self._mode_label, self._mode, "mode", MODES), (self._aim_label, self._aim, "aim", AIMS)
        ):  # fmt: skip
            label.value = states.control_label(text(f"network.{name}", lang))
            choice.offer([(text(f"network.{name}.{one}", lang), one) for one in options], getattr(state, name))
        self._reset.description = text("reset", lang)
        self._message.value = self._said()
        for part in (self._promise, self._budget, self._radius, self._close, self._site.widget):
            part.disabled = not there
        if state.study is None or state.shown is None:
            return
        self._show_levers()
        self._margins.value = network_cards.neighbours(state.study, state.mode, state.base or state.shown, lang)
        changed = state.is_changed and state.base is not None
        self._what_if.value = (
            network_cards.what_if(state.base, state.shown, state.closed, state.radius_km, state.seconds, lang)
            if changed and state.base is not None
            else ""
        )
        self._restore.description = text("network.restore", lang)
        self._restore.layout.display = "" if changed else "none"

    def _show_levers(self) -> None:
        state, lang = self.state, self.state.lang
        by_promise = state.aim == "promise"
        self._promise.layout.display, self._budget.layout.display = ("", "none") if by_promise else ("none", "")
        least, most, step = state.budgets
        self._budget.max = max(most, self._budget.min)
        self._budget.min, self._budget.max, self._budget.step = least, most, step
        self._put(self._promise, state.promise_share)
        self._put(self._budget, state.budget_rmb_month)
        self._put(self._radius, state.radius_km)
        name = text("network.promise" if by_promise else "network.budget", lang)
        figure = share(state.promise_share) if by_promise else rmb(state.budget_rmb_month, lang)
        self._promise_label.value = states.control_label(name, figure)
        self._promise.tooltip = self._budget.tooltip = f"{name}: {figure}"
        reach = text("network.km", lang, n=f"{state.radius_km:g}")
        self._radius_label.value = states.control_label(text("network.radius", lang), reach)
        self._radius.tooltip = f"{text('network.radius', lang)}: {reach}"

    def _said(self) -> str:
        state, lang = self.state, self.state.lang
        if state.said[0]:
            return states.said(state.said[0], state.said[1], lang)
        if state.study is not None and not state.kept:
            return network_cards.out_of_reach(state.study, state.mode, state.aim, lang)
        return network_cards.meanwhile(state.progress, state.province_name, lang) if state.scope == "market" else ""

    def _show_site(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        options = [(network_cards.option(row, lang), int(row.site_id)) for row in state.sites.itertuples()]
        hint = text("network.site.hint", lang)
        self._site.offer([(hint, 0), *options], state.site_id)
        self._site.widget.description = text("network.site", lang)
        self._site_label.value = f'<div class="side-top">{states.control_label(text("network.site", lang))}</div>'
        known = state.site_id > 0 and state.base is not None and state.shown is not None
        self._close.layout.display = "" if known else "none"
        if not known or state.base is None or state.shown is None:
            self._story.value = ""
            return
        shut = state.site_id in state.closed
        self._close.description = text("network.reopen" if shut else "network.close", lang)
        without = None if shut else state.without(state.site_id)
        self._story.value = network_cards.story(state.base, state.shown, without, state.site_id, lang)
