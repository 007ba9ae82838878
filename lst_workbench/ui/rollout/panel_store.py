"""The store card: find a store or take one of the chosen cell, and see why the plan takes it or not."""

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets as w
import pandas as pd

from lst_workbench.contracts import LstError
from lst_workbench.runs import where
from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.rollout.model import Chosen, RolloutState
from lst_workbench.views import cards, states, stores
from lst_workbench.views.messages import text


class StoreCard(w.VBox):
    """A list that search and map fill, and beside it the explanation of the store in focus."""

    def __init__(
        self, state: RolloutState, resolution: Callable[[], int], focus: Callable[[Chosen | None, bool], None]
    ) -> None:
        self.state, self._resolution, self._focus = state, resolution, focus
        self._one_at_a_time = threading.RLock()
        self._found = state.examples()
        if len(self._found):
            self.state.store_id = int(self._found["store_id"].iloc[0])
        self._head, self._search_label, self._list_note, self._card = (
            html("head"),
            html("ctl-label"),
            html(),
            html("why"),
        )
        self._search = classed(w.Text(continuous_update=False, layout={"width": "auto"}), "search")
        w.link((self._search, "value"), (state, "query"))
        self._list = Choice(classed(w.Select(rows=9, layout={"width": "auto"}), "stores"), state, "store_id")
        left = classed(w.VBox([self._search_label, self._search, self._list.widget, self._list_note]), "store-list")
        super().__init__([self._head, classed(w.HBox([left, self._card]), "store-grid")])
        state.observe(self._search_changed, "query")
        state.observe(self._cell_changed, "cell")
        state.observe(self._show, ["lang", "result"])
        state.observe(self._show_store, ["store_id", "result", "lang"])
        self._show()
        threading.Thread(target=self._show_store, daemon=True).start()  # the page need not wait for its first example

    def _search_changed(self, _: Any = None) -> None:
        if self.state.query.strip() and self.state.market is not None:
            self._list_stores(self.state.matching(self.state.query))

    def _cell_changed(self, _: Any = None) -> None:
        found = self.state.stores_of_cell(self.state.cell, self._resolution())
        if len(found):
            self._list_stores(found)

    def _list_stores(self, found: pd.DataFrame) -> None:
        """Fill the list; its first store comes into focus, so that one look answers."""
        self._found = found
        self.state.store_id = int(found["store_id"].iloc[0]) if len(found) else None
        self._show()

    def _show(self, _: Any = None) -> None:
        state, lang = self.state, self.state.lang
        self._head.value = cards.head("store.title", lang)
        self._search_label.value = states.control_label(text("store.search", lang))
        self._search.placeholder = text("store.hint", lang)
        self._search.description = text("store.search", lang)
        self._list.widget.description = text("store.list", lang)
        if state.result is None or self._found.empty:
            self._list.offer([], None)
        else:
            shown = {"store_id": self._found["store_id"].head(stores.SHOWN_STORES).tolist()}
            decisions = where(state.result.tables, "decisions", shown, ["store_id", "status", "month"])
            self._list.offer(stores.store_options(self._found, decisions, lang), state.store_id)
        self._list_note.value = stores.list_note(len(self._found), state.query, lang)

    def _show_store(self, change: Any = None) -> None:
        with self._one_at_a_time:  # the first example may still be at work when a store is chosen
            self._explain(go=bool(change) and change["name"] == "store_id")

    def _explain(self, go: bool) -> None:
        lang = self.state.lang
        try:
            chosen = self.state.chosen()
        except (LstError, KeyError) as error:
            self._card.value = states.said("error.page", str(error), lang)
            return
        self._focus(chosen, go)
        if chosen is None:
            self._card.value = states.empty_note(text("store.choose", lang))
            return
        card = stores.store_card(chosen.store, chosen.explanation, chosen.place, chosen.site, lang)
        self._card.value = card + stores.draws_from(chosen.links, lang)
