"""Demand: what a store could buy in a month, and what it will sell next."""

from lst_workbench.demand.reconcile import reconcile

__all__ = ["reconcile"]
