"""Small widgets that every page is built of."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets as w
from traitlets import HasTraits


def classed(widget: Any, *classes: str) -> Any:
    """Give a widget the classes that the style sheet knows."""
    for name in classes:
        widget.add_class(name)
    return widget


def html(*classes: str, value: str = "") -> w.HTML:
    """Make a piece of markup with classes."""
    return classed(w.HTML(value), *classes)


def switch_class(widget: w.DOMWidget, name: str, on: bool) -> None:
    """Put a class on a widget, or take it off."""
    (widget.add_class if on else widget.remove_class)(name)


class Choice:
    """A drop-down or row of buttons tied to one trait of the state; its labels may change with the language.

    New options reset an ipywidget to its first one and, through a link, the state with it: the tie is silent meanwhile.
    """

    def __init__(self, widget: Any, state: HasTraits, trait: str) -> None:
        self.widget, self._muted = widget, False
        widget.observe(self._to_state(state, trait), "value")
        state.observe(self._to_widget, trait)

    def offer(self, options: Sequence[tuple[str, Any]], value: Any) -> None:
        """Show these options with one of them chosen."""
        self._muted = True
        try:
            if tuple(self.widget.options) != tuple(options):
                self.widget.options = tuple(options)
            self.widget.value = value
        finally:
            self._muted = False

    def _to_state(self, state: HasTraits, trait: str) -> Callable[[Any], None]:
        def set_trait(change: Any) -> None:
            if not self._muted and change["new"] is not None:
                setattr(state, trait, change["new"])

        return set_trait

    def _to_widget(self, change: Any) -> None:
        known = [option[1] for option in self.widget.options]
        if change["new"] in known and self.widget.value != change["new"]:
            self._muted = True
            self.widget.value = change["new"]
            self._muted = False
