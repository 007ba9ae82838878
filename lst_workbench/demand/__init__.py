"""Demand: what a store could buy in a month."""

from lst_workbench.demand.potential import potential_of_stores, spend_per_head

__all__ = ["potential_of_stores", "spend_per_head"]
