"""The Credit page: who gets credit, how much, at what loss, and why."""

from lst_workbench.ui.credit.model import CreditState, open_state

__all__ = ["CreditState", "open_state"]
