"""The Network page: three tiers of warehouses, what a promise costs, what happens without one."""

from lst_workbench.ui.network.model import NetworkState, open_state

__all__ = ["NetworkState", "open_state"]
