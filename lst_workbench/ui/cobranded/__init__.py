"""The Co-branded page: which shops become Tmall stores, what that pays back, and why not another one."""

from lst_workbench.ui.cobranded.model import CobrandedState, open_state

__all__ = ["CobrandedState", "open_state"]
