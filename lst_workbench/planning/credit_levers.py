"""Levers of credit: what management decides, what an RMB of limit earns, and whom the answer serves."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import InputError

Figures = Mapping[str, Any] | Scenario
DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class CreditLevers:
    """What management decides.

    Parameters
    ----------
    capital_rmb, loss_budget_rmb, tail_budget_rmb : float
        What all limits, the expected loss of a year, and the loss of a year of one in a thousand may come to.
    pd_cut : float
        No credit for stores with a higher PD.
    """

    capital_rmb: float
    loss_budget_rmb: float
    tail_budget_rmb: float
    pd_cut: float = 1.0


def margin_of(figures: Figures) -> float:
    """Yearly margin on the first RMB of limit after funding: orders it adds, turned over each term, less its cost."""
    turns = DAYS_A_YEAR / float(figures["credit.term_days"])
    own = float(figures["econ.first_party_share"])
    margin = own * float(figures["econ.first_party_margin"]) + (1 - own) * float(figures["econ.take_rate"])
    return max(float(figures["credit.order_lift_share"]) * margin * turns - float(figures["credit.funds_cost_year"]), 0)


def capital_of(figures: Figures) -> float:
    """Part of the working capital that credit ties up, the rest being stock."""
    owed = float(figures["capital.credit_share"]) * float(figures["credit.term_days"])
    return float(figures["capital.working_rmb"]) * owed / (owed + float(figures["capital.stock_days"]))


def budgets_of(levers: CreditLevers) -> pd.DataFrame:
    """Budgets as `allocate_limits` wants them."""
    limits = [levers.capital_rmb, levers.loss_budget_rmb, levers.tail_budget_rmb]
    return pd.DataFrame({"name": ["capital", "expected_loss", "tail_loss"], "limit": limits})


def checked(levers: CreditLevers, rounds: int) -> None:
    """Refuse levers out of range, all at once."""
    faults = [
        f"{name} is {getattr(levers, name):g}; give an amount of at least 0"
        for name in ("capital_rmb", "loss_budget_rmb", "tail_budget_rmb")
        if not 0 <= getattr(levers, name) < np.inf
    ]
    if not 0 < levers.pd_cut <= 1:
        faults.append(f"pd_cut is {levers.pd_cut:g}; give a share above 0 and up to 1")
    if rounds < 1:
        faults.append(f"rounds is {rounds}; give at least 1")
    if faults:
        raise InputError("the levers of credit", faults)


def fairness_of(plan: pd.DataFrame, stores: pd.DataFrame) -> pd.DataFrame:
    """Approval, PD and limits by rural and urban, kind of settlement, and shop size."""
    size = pd.qcut(stores["area_m2"].rank(method="first"), 3, labels=["small", "middle", "large"]).astype(str)
    segments = {"ground": stores["ground"], "settlement_kind": stores["settlement_kind"], "size": size}
    frame = plan[["pd", "need_rmb", "limit_rmb", "told_share"]].reset_index(drop=True)
    parts = []
    for name, values in segments.items():
        by = frame.assign(given=frame["limit_rmb"] > 0).groupby(values.to_numpy(), sort=True)
        part = by.agg(
            stores=("pd", "size"), served_share=("given", "mean"), pd_mean=("pd", "mean"), need_rmb=("need_rmb", "sum"),
            limit_rmb=("limit_rmb", "sum"), told_share=("told_share", "mean"),
        )  # fmt: skip
        parts.append(part.rename_axis("value").reset_index().assign(segment=name))
    table = pd.concat(parts, ignore_index=True)
    met = table["limit_rmb"] / table["need_rmb"].where(table["need_rmb"] > 0)
    return table.assign(need_met_share=met.fillna(0.0))[["segment", "value", *table.columns[1:-1], "need_met_share"]]
