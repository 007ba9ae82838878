"""The side of the Store page: find a shop, move the levers, see what follows."""

from typing import Any

import ipywidgets as w
import pandas as pd

from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.store.model import (
    FASTEST,
    FURTHEST_RIVAL_KM,
    LEAST_M2,
    MOST_M2,
    RIVAL_M2,
    SLOWEST,
    STEP_M2,
    StoreState,
)
from lst_workbench.views import cards, states, store_cards, stores
from lst_workbench.views.formats import number
from lst_workbench.views.messages import text

SLIDERS = {  # trait of the state: least, most, step
    "area_m2": (LEAST_M2, MOST_M2, STEP_M2),
    "rival_km": (0.0, FURTHEST_RIVAL_KM, 0.1),
    "decay_per_km": (SLOWEST, FASTEST, 0.1),
}


class Side(w.VBox):
    """Search, list, three sliders, and what follows from them."""

    def __init__(self, state: StoreState) -> None:
        self.state = state
        self._found = state.examples()
        self._find, self._search_label, self._list_note = html("head"), html("ctl-label"), html()
        self._search = classed(w.Text(continuous_update=False, layout={"width": "auto"}), "search")
        w.link((self._search, "value"), (state, "query"))
        self._list = Choice(classed(w.Select(rows=6, layout={"width": "auto"}), "stores"), state, "store_id")
        self._what_if = html("what-if")
        self._labels = {name: html("ctl-label") for name in SLIDERS}
        self._sliders = {name: self._slider(name) for name in SLIDERS}
        self._reset = classed(w.Button(layout={"width": "auto"}), "link", "reset-levers")
        self._reset.on_click(lambda _: state.reset())
        self._message, self._follows = html("message"), html("follows")
        levers = [part for name in SLIDERS for part in (self._labels[name], self._sliders[name])]
        super().__init__(
            [self._find, self._search_label, self._search, self._list.widget, self._list_note, self._what_if]
            + [*levers, self._reset, self._message, self._follows]
        )
        classed(self, "card", "side")
        state.observe(self._search_changed, "query")
        state.observe(self._show_list, ["lang", "store_id"])
        state.observe(self._show, ["version", "lang", "said"])
        self._show_list()
        self._show()

    def _slider(self, name: str) -> w.FloatSlider:
        least, most, step = SLIDERS[name]
        slider = w.FloatSlider(
            value=getattr(self.state, name), min=least, max=most, step=step, readout=False, continuous_update=False,
            layout={"width": "auto"},
        )  # fmt: skip
        slider.observe(lambda change: self._moved(name, change["new"]), "value")
        return slider

    def _moved(self, name: str, value: float) -> None:
        """Take what a hand moved; a value that the browser only brought to a step is left as it was."""
        _, _, step = SLIDERS[name]
        if abs(getattr(self.state, name) - value) > step / 2 + 1e-9:
            setattr(self.state, name, round(value, 4))

    def _search_changed(self, _: Any = None) -> None:
        if not self.state.query.strip() or self.state.market is None:
            return
        self._found = stores.matching_stores(self.state.market.stores, self.state.query)
        if len(self._found):
            self.state.store_id = int(self._found["store_id"].iloc[0])
        self._show_list()

    def _show_list(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        if len(self._found) and state.store_id not in set(self._found["store_id"]):
            self._found = state.examples()  # chosen on the map
        shown: pd.DataFrame = self._found.head(stores.SHOWN_STORES)
        options = [(stores.store_facts(row._asdict(), lang), int(row.store_id)) for row in shown.itertuples()]
        self._list.offer(options, state.store_id if len(shown) else None)
        self._list_note.value = stores.list_note(len(self._found), state.query, lang)
        self._find.value = cards.head("shop.find", lang)
        self._search_label.value = states.control_label(text("store.search", lang))
        self._search.placeholder, self._search.description = text("store.hint", lang), text("store.search", lang)
        self._list.widget.description = text("store.list", lang)

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._what_if.value = f'<h3 class="side-head">{text("shop.what_if", lang)}</h3>'
        rival = (
            text("shop.rival.at", lang, km=number(state.rival_km)) if state.rival_km else text("shop.rival.none", lang)
        )
        said = {
            "area_m2": (text("shop.area", lang), f"{number(state.area_m2)} m²"),
            "rival_km": (text("shop.rival", lang, area=number(RIVAL_M2)), rival),
            "decay_per_km": (text("shop.decay", lang), text("shop.decay.unit", lang, n=number(state.decay_per_km))),
        }
        for name, (label, figure) in said.items():
            self._labels[name].value = states.control_label(label, figure)
            self._sliders[name].tooltip = f"{label}: {figure}"
            if abs(self._sliders[name].value - getattr(state, name)) > 1e-9:
                self._sliders[name].value = min(max(getattr(state, name), SLIDERS[name][0]), SLIDERS[name][1])
        self._reset.description = text("reset", lang)
        self._message.value = states.said(state.said[0], state.said[1], lang) if state.said[0] else ""
        if state.market is not None and state.store_id is not None:
            self._follows.value = store_cards.follows(state.change, state.market.stores, state.store_id, lang)
