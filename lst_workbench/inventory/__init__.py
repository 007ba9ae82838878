"""Inventory: how much to hold, when to order, and today's order of every store."""

from lst_workbench.inventory.lot_sizes import (
    eoq,
    eoq_all_units_discounts,
    eoq_backorders,
    eoq_incremental_discounts,
    epq,
    wagner_whitin,
)
from lst_workbench.inventory.monitor import Advice, Monitor, MonitorParams
from lst_workbench.inventory.orders import OrderParams, OrderResult, propose_orders
from lst_workbench.inventory.reorder_points import (
    rq_cost,
    rq_normal,
    rq_poisson,
    rq_reorder_point,
    ss_cost,
    ss_discrete,
    ss_poisson,
    ss_power_approximation,
)
from lst_workbench.inventory.replay import Policy, ReplayResult, procurement_cycle, replay_policies
from lst_workbench.inventory.single_period import (
    newsvendor_discrete,
    newsvendor_lognormal,
    newsvendor_normal,
    newsvendor_poisson,
    newsvendor_profit,
)
from lst_workbench.inventory.warehouse_stock import WarehousePlan, build_up, stock_warehouses

__all__ = [
    "Advice",
    "Monitor",
    "MonitorParams",
    "OrderParams",
    "OrderResult",
    "Policy",
    "ReplayResult",
    "WarehousePlan",
    "build_up",
    "eoq",
    "eoq_all_units_discounts",
    "eoq_backorders",
    "eoq_incremental_discounts",
    "epq",
    "newsvendor_discrete",
    "newsvendor_lognormal",
    "newsvendor_normal",
    "newsvendor_poisson",
    "newsvendor_profit",
    "procurement_cycle",
    "propose_orders",
    "replay_policies",
    "rq_cost",
    "rq_normal",
    "rq_poisson",
    "rq_reorder_point",
    "ss_cost",
    "ss_discrete",
    "ss_poisson",
    "ss_power_approximation",
    "stock_warehouses",
    "wagner_whitin",
]
