"""Demand: what a store could buy in a month, what it will sell next, and sums that agree from store to nation."""

from lst_workbench.demand.backtest import BacktestResult, backtest_panel
from lst_workbench.demand.forecast import ForecastParams, Forecasts, forecast_panel
from lst_workbench.demand.hierarchy import TreeParams, backtest_tree, forecast_tree
from lst_workbench.demand.potential import potential_of_stores, spend_per_head
from lst_workbench.demand.potential_fit import Drivers, PotentialFit, drivers_of, fit_potential
from lst_workbench.demand.reconcile import reconcile

__all__ = [
    "BacktestResult",
    "Drivers",
    "ForecastParams",
    "Forecasts",
    "PotentialFit",
    "TreeParams",
    "backtest_panel",
    "backtest_tree",
    "drivers_of",
    "fit_potential",
    "forecast_panel",
    "forecast_tree",
    "potential_of_stores",
    "reconcile",
    "spend_per_head",
]
