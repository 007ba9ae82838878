"""The form of conditions: floors of groups, quotas of regions, stores promised and excluded."""

from html import escape
from typing import Any

import ipywidgets as w

from lst_workbench.contracts import LstError
from lst_workbench.ui.panel_parts import classed, html
from lst_workbench.ui.rollout import conditions
from lst_workbench.ui.rollout.model import RolloutState
from lst_workbench.views import states
from lst_workbench.views.formats import count, share
from lst_workbench.views.messages import names, text

LISTS = ("promised", "excluded")
MOST_FLOOR, FLOOR_STEP = 0.9, 0.05


class ConditionsForm(w.VBox):
    """A button that says how many conditions there are, and under it the form."""

    def __init__(self, state: RolloutState) -> None:
        self.state = state
        self._open = self._button(self._toggle, "link", "conditions-open")
        self._floors_label, self._quota_label, self._quotas, self._message = (
            html("ctl-label"), html("ctl-label"), html("conditions-quotas"), html("message"),
        )  # fmt: skip
        self._labels = {name: html("ctl-label") for name in (*conditions.GROUPS, *LISTS)}
        self._floors = {group: self._floor(group) for group in conditions.GROUPS}
        self._region = classed(w.Dropdown(layout={"width": "auto"}), "conditions-region")
        self._least, self._most = (w.Text(layout={"width": "auto"}) for _ in range(2))
        self._add = self._button(self._set_quota, "quiet", "conditions-add")
        self._clear = self._button(self._take_back, "link", "conditions-clear")
        self._lists = {kind: self._list(kind) for kind in LISTS}
        floors = [part for group in conditions.GROUPS for part in (self._labels[group], self._floors[group])]
        lists = [part for kind in LISTS for part in (self._labels[kind], self._lists[kind])]
        quota = [self._quota_label, self._region, self._least, self._most, self._add, self._quotas]
        self._body = w.VBox([self._floors_label, *floors, *quota, *lists, self._message, self._clear])
        self._body.layout.display = "none"
        super().__init__([self._open, self._body])
        classed(self, "conditions")
        state.observe(self._show, ["conditions", "lang", "market"])
        self._show()

    def _button(self, act: Any, *classes: str) -> w.Button:
        button = classed(w.Button(layout={"width": "auto"}), *classes)
        button.on_click(lambda _: act())
        return button

    def _floor(self, group: str) -> w.FloatSlider:
        slider = w.FloatSlider(min=0, max=MOST_FLOOR, step=FLOOR_STEP, readout=False, layout={"width": "auto"})
        slider.observe(lambda change: self._set_floor(group, change["new"]), "value")
        return slider

    def _list(self, kind: str) -> w.Text:
        field = w.Text(continuous_update=False, layout={"width": "auto"})
        field.observe(lambda change: self._set_list(kind, change["new"]), "value")
        return field

    def _toggle(self) -> None:
        self._body.layout.display = None if self._body.layout.display == "none" else "none"

    def _set_floor(self, group: str, value: float) -> None:
        if abs(value - conditions.floor_of(self.state.conditions, group)) > FLOOR_STEP / 2:
            self.state.conditions = conditions.with_floor(self.state.conditions, group, round(value, 4))

    def _set_list(self, kind: str, written: str) -> None:
        if written == conditions.written(self.state.conditions, kind):
            return
        try:
            self.state.conditions = conditions.with_stores(self.state.conditions, kind, written)
        except LstError as error:
            self._message.value = states.note(text("conditions.strange", self.state.lang, why=str(error)))

    def _set_quota(self) -> None:
        words = [field.value.strip().replace(",", "") for field in (self._least, self._most)]
        if not all(word.isdecimal() or not word for word in words) or self._region.value is None:
            self._message.value = states.note(text("conditions.no_number", self.state.lang))
            return
        least, most = (float(word) if word else None for word in words)
        column, code = self._region.value
        self.state.conditions = conditions.with_quota(self.state.conditions, column, code, least, most)
        self._least.value = self._most.value = ""

    def _take_back(self) -> None:
        self.state.conditions = {}

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        rows = state.conditions
        n = sum(len(listed) for listed in rows.values())
        self._open.description = text("conditions.open", lang, n=str(n) if n else text("conditions.none", lang))
        self._message.value = ""
        self._floors_label.value = states.control_label(text("conditions.floors", lang))
        self._quota_label.value = states.control_label(text("conditions.quota", lang))
        for group, slider in self._floors.items():
            least = conditions.floor_of(rows, group)
            said = share(least) if least else text("conditions.no_floor", lang)
            said = f"{text(f'conditions.{group}', lang)}: {said}"
            self._labels[group].value, slider.tooltip, slider.value = states.control_label(said), said, least
        for kind, field in self._lists.items():
            label = text(f"conditions.{kind}", lang)
            self._labels[kind].value, field.tooltip = states.control_label(label), label
            field.placeholder, field.value = text("conditions.numbers", lang), conditions.written(rows, kind)
        self._region.description = text("conditions.quota", lang)
        self._least.placeholder, self._most.placeholder = text("conditions.least", lang), text("conditions.most", lang)
        self._add.description, self._clear.description = text("conditions.add", lang), text("conditions.clear", lang)
        self._show_quotas()

    def _show_quotas(self) -> None:
        """Offer the market's regions, and list the quotas there are."""
        state, lang = self.state, self.state.lang
        if state.market is None:
            return
        regions = conditions.regions(state.market.places)
        known = {(row.column, row.code): names(row.name_en, row.name_zh, lang)[0] for row in regions.itertuples()}
        if tuple(self._region.options) != (options := tuple((name, key) for key, name in known.items())):
            self._region.options = options
            self._region.index = 0 if options else None
        said = [self._quota(row, known) for row in conditions.quotas(state.conditions)]
        self._quotas.value = "".join(f"<p>{escape(line)}</p>" for line in said)

    def _quota(self, row: dict[str, Any], known: dict[tuple[str, int], str]) -> str:
        lang, where = self.state.lang, known.get((row["column"], row.get("value", 1)), str(row["column"]))
        ends = {name: row.get(f"{end}_stores") for name, end in (("least", "min"), ("most", "max"))}
        key = {(True, True): "between", (True, False): "from", (False, True): "to", (False, False): "other"}
        told = {name: count(value, lang) for name, value in ends.items() if value is not None}
        return text(f"conditions.{key['least' in told, 'most' in told]}", lang, where=where, **told)
