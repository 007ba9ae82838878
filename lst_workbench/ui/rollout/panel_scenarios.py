"""The card of plans side by side: up to two others of the same market beside the one shown."""

from typing import Any

import ipywidgets as w

from lst_workbench.contracts import LstError
from lst_workbench.runs import read_run
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.views import cards, states
from lst_workbench.views.messages import text
from lst_workbench.views.scenarios import Named, side_by_side

TRAITS = ("beside", "beside_too")


class ScenarioCard(w.VBox):
    """Two drop-downs, and what the chosen plans come to against the one shown."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._head, self._body = html("head"), html()
        self._labels = [html("ctl-label") for _ in TRAITS]
        self._choices = [
            Choice(classed(w.Dropdown(layout={"width": "auto"}), "beside-choice"), state, trait) for trait in TRAITS
        ]
        pairs = [w.VBox([label, choice.widget]) for label, choice in zip(self._labels, self._choices, strict=True)]
        self._pickers = classed(w.HBox(pairs), "beside-pickers")
        super().__init__([self._head, self._pickers, self._body])
        state.observe(self._offer, ["result", "lang"])
        state.observe(self._show, TRAITS)
        self._offer()

    def _offer(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._others = state.others()
        self._head.value = cards.head("beside.title", lang, text("beside.sub", lang))
        for label, key, choice, trait in zip(
            self._labels, ("beside.first", "beside.second"), self._choices, TRAITS, strict=True
        ):
            label.value = states.control_label(text(key, lang))
            choice.widget.description = text(key, lang)
            if getattr(state, trait) not in self._others:
                setattr(state, trait, "")
            names = [(label_of(name, told, lang), name) for name, told in self._others.items()]
            choice.offer([(text("beside.none", lang), ""), *names], getattr(state, trait))
        self._pickers.layout.display = None if self._others else "none"
        self._show()

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        chosen = list(dict.fromkeys(name for name in (state.beside, state.beside_too) if name))
        if not self._others or not chosen or state.result is None:
            self._body.value = states.empty_note(text("beside.choose" if self._others else "beside.empty", lang))
            return
        try:
            plans = [Named(text("beside.this", lang), state.result)]
            for name in chosen:
                plans.append(Named(label_of(name, self._others[name], lang), read_run(state.runs_folder / name)))
            self._body.value = side_by_side(plans, state.register, lang)
        except (LstError, KeyError) as error:  # its folder may be gone, or of an older version
            self._body.value = states.said("error.page", str(error), lang)


def label_of(name: str, scenario: dict[str, Any], lang: str) -> str:
    """Name a run by its scenario and folder."""
    said = scenario["label_zh"] if lang == "zh" else scenario["label"]
    return f"{said} · {name}"
