"""Announced goals watched month by month: stores, active stores, GMV doubled, procurement cycle, wallet share."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.contracts import Goals
from lst_workbench.contracts.kinds import GOALS
from lst_workbench.rollout.draws import quantiles

TENTHS = np.array([0.1, 0.5, 0.9])
NAMES = ["p10", "p50", "p90"]
LESS_IS_BETTER = ("cycle_days",)
WALLET_BY = pd.Timestamp("2020-12-01")  # the article's target is for the year 2020
GOAL_KEYS = (
    "goal.stores", "platform.gmv_target", "platform.wallet_share", "platform.wallet_target_2020", "order.per_month",
    "order.cycle_before_days", "capital.days_month",
)  # fmt: skip
Span = tuple[float, float, float]


def watch_goals(
    curve: pd.DataFrame,
    start_gmv_rmb: float,
    start_stores: float,
    figures: Mapping[str, Span],
    *,
    counts_signups: bool = False,
    curve_ranges: pd.DataFrame | None = None,
    tornado: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Put each announced goal beside the plan, month by month.

    In system is signed and not closed; active is one order in 30 days. GMV is told as a multiple of the month before
    the plan: what old and new stores buy moves together, so its range is that of the number of stores. The cycle is
    days between the orders of an active store; before, it is that of a store which buys from wholesalers. Wallet share
    is the platform's part of all purchases of ordering stores; its target lies on a straight line from today to one
    third at the end of 2020.

    Parameters
    ----------
    curve : DataFrame
        Contract `Curve`.
    start_gmv_rmb, start_stores : float
        GMV of the month before the plan, and stores in the system then.
    figures : mapping
        `GOAL_KEYS` to (value, low, high), at the scale of the market.
    counts_signups : bool
        Whether the goal is about sign-ups; stores in system have no target then.
    curve_ranges, tornado : DataFrame, optional
        Contracts of these names; without them stores and GMV have no range, and name their usual assumption.

    Returns
    -------
    DataFrame
        Contract `Goals`, the goals in the order of `GOALS`.
    """
    months = pd.DatetimeIndex(curve["month"])
    value = {key: span[0] for key, span in figures.items()}
    stores, goal = curve["in_system"].to_numpy(), value["goal.stores"]
    multiple = curve["gmv_rmb"].to_numpy() / max(start_gmv_rmb, 1e-9)
    in_system = _ranges(curve_ranges, "in_system", len(months))
    cycle, wallet = _cycle(figures), quantiles(*figures["platform.wallet_share"], TENTHS)
    share, aim = value["platform.wallet_share"], value["platform.wallet_target_2020"]
    passed = (months - months[0]).days.to_numpy() + 30
    way = np.minimum(1.0, passed / max((WALLET_BY - months[0]).days, 1))
    now = value["capital.days_month"] / value["order.per_month"]
    rows = {
        "in_system": (stores, in_system, start_stores, np.nan if counts_signups else goal, "stores",
                      _decides(tornado, "in_system_stores", "field.visits_per_signup")),
        "active": (curve["active"].to_numpy(), _ranges(curve_ranges, "active", len(months)), np.nan, np.nan, "stores",
                   _decides(tornado, "active_stores", "rollout.active_share")),
        "gmv_multiple": (multiple, in_system * (multiple / np.maximum(stores, 1e-9))[:, None], 1.0,
                         value["platform.gmv_target"], "x",
                         _decides(tornado, "in_system_stores", "field.visits_per_signup")),
        "cycle_days": (now, cycle, value["order.cycle_before_days"], value["order.cycle_before_days"], "days",
                       "order.per_month"),
        "wallet_share": (share, wallet, share, share + (aim - share) * way, "share 0-1", "platform.wallet_share"),
    }  # fmt: skip
    parts = []
    for name in GOALS:
        figure, tenths, before, target, unit, key = rows[name]
        part = pd.DataFrame({"month": months, "value": figure, "before": before, "target": target})
        part[NAMES] = np.broadcast_to(tenths, (len(months), 3))
        part["odds"] = _odds(part, name)
        parts.append(part.assign(goal=name, unit=unit, register_key=key))
    made = pd.concat(parts, ignore_index=True)
    if curve_ranges is not None and "goal_share" in curve_ranges and not counts_signups:
        counted = curve_ranges[curve_ranges["measure"] == "in_system"].sort_values("month")["goal_share"]
        made.loc[made["goal"] == "in_system", "odds"] = counted.to_numpy(np.float64)
    return Goals.check(made.assign(goal=pd.Categorical(made["goal"], GOALS))[Goals.columns()])


def _ranges(table: pd.DataFrame | None, measure: str, months: int) -> np.ndarray:
    if table is None:
        return np.full((months, 3), np.nan)
    return table[table["measure"] == measure].sort_values("month")[NAMES].to_numpy(np.float64)


def _odds(part: pd.DataFrame, name: str) -> list[float]:
    """Chance of the target, read off the line through the tenths; of days, less is better."""
    chances = []
    for row in part.itertuples():
        known = not np.isnan([row.target, row.p10]).any()
        below = float(np.interp(row.target, [row.p10, row.p50, row.p90], TENTHS)) if known else np.nan
        chances.append(below if name in LESS_IS_BETTER else 1.0 - below)
    return chances


def _cycle(figures: Mapping[str, Span]) -> np.ndarray:
    """Days between orders: fewer orders, more days, so P10 of one is P90 of the other."""
    orders = quantiles(*figures["order.per_month"], TENTHS[::-1])
    return figures["capital.days_month"][0] / orders


def _decides(tornado: pd.DataFrame | None, name: str, usual: str) -> str:
    """Assumption with the widest swing of a headline figure."""
    rows = tornado[tornado["name"] == name] if tornado is not None else pd.DataFrame()
    return str(rows.sort_values("swing", ascending=False)["key"].iloc[0]) if len(rows) else usual
