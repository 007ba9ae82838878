"""The Import page: a list of shops is uploaded, understood, corrected, imported, judged and planned on."""

from lst_workbench.ui.market_import.model import ImportState, open_state

__all__ = ["ImportState", "open_state"]
