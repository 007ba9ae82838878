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
UNSERVED = "none"


@dataclass(frozen=True)
class CreditLevers:
    """What management decides.

    Parameters
    ----------
    capital_rmb, loss_budget_rmb, tail_budget_rmb : float
        What all limits, the expected loss of a year, and the loss of a year of one in a thousand may come to.
    pd_cut : float
        No credit for stores with a higher PD.
    city_share, month_share, warehouse_share : float
        Part of the capital that one city may have, that may newly start in one month of a plan, and that stores of
        one of its warehouses may have; 1 is no cap.
    """

    capital_rmb: float
    loss_budget_rmb: float
    tail_budget_rmb: float
    pd_cut: float = 1.0
    city_share: float = 1.0
    month_share: float = 1.0
    warehouse_share: float = 1.0


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


def budgets_of(levers: CreditLevers, stores: pd.DataFrame, caps: pd.DataFrame | None = None) -> pd.DataFrame:
    """Budgets as `allocate_limits` wants them.

    Parameters
    ----------
    levers : CreditLevers
        What management decides.
    stores : DataFrame
        city [, month in which credit starts].
    caps : DataFrame, optional
        Further budgets, contract `CreditBudgets`.

    Raises
    ------
    InputError
        A cap on months or warehouses, and no plan says when stores start or what serves them.
    """
    limits = [levers.capital_rmb, levers.loss_budget_rmb, levers.tail_budget_rmb]
    parts = [pd.DataFrame({"name": ["capital", "expected_loss", "tail_loss"], "limit": limits})]
    dated = "month" in stores
    if not dated and (levers.month_share < 1 or (caps is not None and "month" in caps and caps["month"].notna().any())):
        raise InputError("caps of credit by month", ["no plan says when stores start; give the run of one"])
    if levers.warehouse_share < 1 and "warehouse" not in stores:
        raise InputError("caps of credit by warehouse", ["no plan says what serves the stores; give the run of one"])
    if levers.city_share < 1:
        cities = sorted(stores["city"].unique())
        parts.append(pd.DataFrame({"name": "capital", "limit": levers.capital_rmb * levers.city_share, "city": cities}))
    if levers.warehouse_share < 1:
        sites = sorted(set(stores["warehouse"].dropna()) - {UNSERVED})
        upto = levers.capital_rmb * levers.warehouse_share
        parts.append(pd.DataFrame({"name": "capital", "limit": upto, "warehouse": sites}))
    if levers.month_share < 1:
        months = pd.DatetimeIndex(sorted(stores["month"].unique()))
        upto = levers.capital_rmb * np.minimum(levers.month_share * np.arange(1, len(months) + 1), 1.0)
        parts.append(pd.DataFrame({"name": "capital", "limit": upto, "month": months}))
    if caps is not None:
        parts.append(caps)
    blank = {name: None for name in ("city", "warehouse", "month")}
    return pd.concat([part.assign(**{**blank, **part}).astype(object) for part in parts], ignore_index=True)


def checked(levers: CreditLevers, rounds: int) -> None:
    """Refuse levers out of range, all at once."""
    faults = [
        f"{name} is {getattr(levers, name):g}; give an amount of at least 0"
        for name in ("capital_rmb", "loss_budget_rmb", "tail_budget_rmb")
        if not 0 <= getattr(levers, name) < np.inf
    ]
    faults += [
        f"{name} is {getattr(levers, name):g}; give a share above 0 and up to 1"
        for name in ("pd_cut", "city_share", "month_share", "warehouse_share")
        if not 0 < getattr(levers, name) <= 1
    ]
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
