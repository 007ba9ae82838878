"""The frame of a page: top bar with the languages, headline, side beside the body, foot."""

from collections.abc import Sequence
from typing import Any

import ipywidgets as w
from traitlets import HasTraits

from lst_workbench.ui.panel_parts import Choice, classed, html
from lst_workbench.ui.theme import stylesheet


class Page(w.VBox):
    """A page. Built once; every change afterwards sets a trait of an existing widget.

    Parameters
    ----------
    state : HasTraits
        What is shown, with a trait ``lang``.
    side : Widget
        Controls at the left.
    body : sequence of str
        Classes of the body.
    follows : sequence of str
        Traits of the state whose change shows the page again.
    above : sequence of Widget
        What stands between the top bar and the headline.
    """

    def __init__(
        self,
        state: HasTraits,
        side: w.Widget,
        body: Sequence[str] = (),
        follows: Sequence[str] = (),
        above: Sequence[w.Widget] = (),
    ) -> None:
        self._top, self._finding, self._foot = html("top"), html("finding-box"), html("foot-box")
        language = classed(w.ToggleButtons(options=[("EN", "en"), ("中文", "zh")]), "seg", "lang")
        self._language = Choice(language, state, "lang")
        self._language.offer(language.options, state.trait_values()["lang"])
        self._body = classed(w.VBox([]), "body", *body)
        super().__init__(
            [
                html("style", value=f"<style>{stylesheet()}</style>"),
                classed(w.HBox([self._top, language]), "bar"),
                *above,
                self._finding,
                classed(w.HBox([side, self._body]), "shell"),
                self._foot,
            ]
        )
        classed(self, "lst")
        state.observe(self._show, [*follows, "lang"])
        self._show()

    def _show(self, _: Any = None) -> None:
        """Show the state as it is now."""
        raise NotImplementedError
