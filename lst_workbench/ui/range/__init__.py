"""The Range page."""

from lst_workbench.ui.range.model import RangeState, open_state

__all__ = ["RangeState", "open_state"]
