"""Announced goals of a finished plan, from its own tables: for pages, memo and notebooks."""

import pandas as pd

from lst_workbench.assumptions import Register
from lst_workbench.market import Market
from lst_workbench.rollout import GOAL_KEYS, watch_goals
from lst_workbench.runs import PlanResult


def goals_of(result: PlanResult, market: Market, register: Register) -> pd.DataFrame:
    """Watch the announced goals along a plan; contract `Goals`.

    Parameters
    ----------
    result : PlanResult
        A finished plan; runs of older versions have no ranges.
    market : Market
        The market it planned: who is in the system at the start.
    register : Register
        Ranges of the figures, and values of those that the run did not know yet.
    """
    scenario, tables = result.meta["scenario"], result.tables
    here, scale = scenario["figures"], scenario["scale"]
    spans = {}
    for key in GOAL_KEYS:
        entry = register[key]
        factor = scale if entry.scales else 1.0
        value = here.get(key, entry.value * factor)
        spans[key] = (value, min(value, entry.low * factor), max(value, entry.high * factor))
    bought = tables["potentials"][["store_id", "gmv_rmb_month"]]
    in_system = bought["store_id"].isin(market.participants["store_id"])
    return watch_goals(
        tables["curve"],
        float(bought.loc[in_system, "gmv_rmb_month"].sum() * here["rollout.active_share"]),
        float(in_system.sum()),
        spans,
        counts_signups=scenario["goal"] == "signups",
        curve_ranges=tables.get("curve_ranges"),
        tornado=tables.get("tornado"),
    )
