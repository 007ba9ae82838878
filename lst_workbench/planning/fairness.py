"""What fairness costs: the plan made again with a floor on the share of village, township or small shops."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import load_register
from lst_workbench.contracts import FairnessPrices, InputError
from lst_workbench.contracts.fairness_prices import GROUPS
from lst_workbench.market import Market
from lst_workbench.planning.groups import SMALL, members
from lst_workbench.planning.levers import BEST, roomy_as_one
from lst_workbench.rollout import plan_waves
from lst_workbench.runs import PlanResult

STEPS = (0.25, 0.5, 0.75, 1.0)  # of the way from the plan's share up to twice it, at most the whole


def fairness_price(
    result: PlanResult, market: Market, group: str = "village", floors: Sequence[float] = ()
) -> pd.DataFrame:
    """Price floors on the share of a group among all signed stores; conditions of the plan hold beside them.

    Parameters
    ----------
    result : PlanResult
        A finished plan.
    market : Market
        The market it planned.
    group : {"village", "township", "rural", "small"}
        Whose share.
    floors : sequence of float, optional
        Shares from 0 to 1; four steps up to twice the plan's own share when left out.

    Returns
    -------
    DataFrame
        Contract `FairnessPrices`, the plan without a floor first.

    Raises
    ------
    InputError
        Unknown group, or floors that are no shares.
    """
    wrong = [f"floor {floor:g} is no share; give one from 0 to 1" for floor in floors if not 0 <= floor <= 1]
    if group not in GROUPS:
        wrong.append(f"group {group} is not known; take one of {', '.join(GROUPS)}")
    if wrong:
        raise InputError("the price of fairness", wrong)
    tables = result.tables
    stores, warehouses = roomy_as_one(tables["wave_stores"], tables["warehouse_months"])
    small_share = result.meta["scenario"]["figures"].get(SMALL, load_register()[SMALL].value)  # older runs lack it
    belongs = members(market.stores, group, small_share).reindex(stores["store_id"]).to_numpy(bool)
    stores = stores.assign(belongs=belongs)
    given = (stores, tables["territory_months"], warehouses, tables["plan_months"])
    asked: dict[str, Any] = {"quotas": tables.get("quotas"), "promised": tables.get("promises")}
    own = tables.get("shares")
    free = plan_waves(*given, **asked, shares=own, former={"waves": tables["waves"]})
    start = free.tables["waves"].merge(stores[["store_id", "belongs"]], on="store_id")["belongs"].mean()
    start = float(np.nan_to_num(start))
    steps = sorted(floors) or [start + step * (min(1.0, 2 * start) - start) for step in STEPS]
    rows, value, signed = [], free.certificate.value, float(len(free.tables["waves"]))
    for floor in (0.0, *[floor for floor in steps if floor > 0]):
        shares = pd.DataFrame({"column": ["belongs"], "value": [True], "min_share": [floor]})
        shares = shares if own is None else pd.concat([own, shares], ignore_index=True)
        params = replace(BEST, method="decomposition")
        plan = free if floor == 0 else plan_waves(*given, **asked, shares=shares, params=params, former=free.tables)
        told = plan.tables["waves"].merge(stores[["store_id", "belongs"]], on="store_id")["belongs"]
        worth = max(value, 1e-9)
        rows.append(
            {
                "group": group,
                "min_share": floor,
                "share": float(np.nan_to_num(told.mean())),
                "candidates_share": float(belongs.mean()) if len(belongs) else 0.0,
                "signed_stores": float(len(told)),
                "cost_stores": signed - len(told),
                "cost_share": (value - plan.certificate.value) / worth,
                "at_least_share": max(0.0, (value - plan.certificate.bound) / worth),
                "gap_share": plan.certificate.gap,
                "shortfall_stores": _shortfall(plan.tables["shares"]),
            }
        )
    return FairnessPrices.check(pd.DataFrame(rows))


def _shortfall(shares: pd.DataFrame) -> float:
    """Count the stores that the floor lacks; those of the plan's own shares are told with the plan."""
    return float(shares.loc[shares["column"] == "belongs", "shortfall"].sum())
