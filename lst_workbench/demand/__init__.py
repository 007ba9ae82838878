"""Demand: what a store could buy in a month, and what it will sell next."""

from lst_workbench.demand.backtest import BacktestResult, backtest_panel
from lst_workbench.demand.forecast import ForecastParams, Forecasts, forecast_panel
from lst_workbench.demand.reconcile import reconcile

__all__ = ["BacktestResult", "ForecastParams", "Forecasts", "backtest_panel", "forecast_panel", "reconcile"]
