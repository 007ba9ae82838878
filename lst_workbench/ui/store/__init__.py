"""The Store page: who shops at one shop, who competes, what it could buy, what it will sell, what follows if."""

from lst_workbench.ui.store.model import StoreState, open_state

__all__ = ["StoreState", "open_state"]
