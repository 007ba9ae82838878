"""What a plan is for: active stores, discounted GMV, discounted contribution, or a weighted sum of them."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import RURAL
from lst_workbench.rollout.curve import monthly_survival
from lst_workbench.rollout.economics import OrderCosts, contribution_rmb

Figures = Mapping[str, float]
WEIGHTS = ("rollout.weight_active", "rollout.weight_gmv", "rollout.weight_contribution")
KEYS = (
    *WEIGHTS, "rollout.months", "rollout.active_share", "rollout.tie_weight", "store.closure_year",
    "econ.discount_rate_year", "order.aov_rmb", "econ.take_rate", "econ.first_party_margin", "econ.first_party_share",
    "network.handling_rate", "network.line_haul_tkm", "network.line_haul_km", "network.rmb_per_tonne",
    "network.drop_cost", "network.drop_cost_rural", "field.commission_signup",
)  # fmt: skip
RMB = 1_000.0  # the unit of money in which GMV and contribution are weighed


class Worth(NamedTuple):
    """Worth of a start in a month: ``value`` of the store x ``factor`` of the month + ``start`` of the month."""

    value: np.ndarray
    factor: np.ndarray
    start: np.ndarray


def worth_of_starts(settlement: pd.Series, gmv_rmb_month: np.ndarray, figures: Figures) -> Worth:
    """Say what each store is worth to the plan, and how that changes with the month of its start.

    With a the active share, g GMV, d(s) discount and survival until month s, c the contribution of an RMB of GMV:

        weight_active x a x (1 - tie weight x month / months)
        + sum over months s from the start on of d(s) x a x g x (weight_gmv + weight_contribution x c) / 1,000 RMB
        - weight_contribution x d(start) x commission / 1,000 RMB

    Where active stores alone count, GMV breaks ties: value = a x (1 + tie weight x GMV / mean GMV). A store whose
    orders lose money is worth nothing beside its start: it is signed for what else counts, or not at all.

    Parameters
    ----------
    settlement : Series
        Kind of settlement of each store: the drop to townships and villages costs more.
    gmv_rmb_month : ndarray
        GMV of each store in a month in which it is active.
    figures : mapping
        `KEYS`.
    """
    active, gmv, contribution = (figures[key] for key in WEIGHTS)
    months, share = np.arange(int(figures["rollout.months"])), figures["rollout.active_share"]
    fading = start_worth(len(months), figures["rollout.tie_weight"])
    if not gmv and not contribution:
        ties = figures["rollout.tie_weight"] * gmv_rmb_month / max(float(gmv_rmb_month.mean()), 1.0)
        return Worth(share * (1.0 + ties), fading, np.zeros(len(months)))
    month_rate = (1.0 + figures["econ.discount_rate_year"]) ** (-1.0 / 12.0)
    alive = (month_rate * monthly_survival(figures["store.closure_year"])) ** months
    onward = np.cumsum(alive[::-1])[::-1]
    earns = np.where(settlement.isin(RURAL), *(_earned(figures, rural) for rural in (1.0, 0.0)))
    value = share * gmv_rmb_month * (gmv + contribution * earns) * onward[0] / RMB
    paid = contribution * figures["field.commission_signup"] * month_rate**months / RMB
    return Worth(np.maximum(value, 0.0), onward / onward[0], active * share * fading - paid)


def start_worth(months: int, tie_weight: float) -> np.ndarray:
    """Worth of a start in each month against month 1: nearly the same, a little less the later it is.

    A store may close whether it is signed or not, so waiting saves no closure and no month is worth more for it. What
    an early start adds is trade until the end, a tie among plans of as many stores: a wait of the whole plan costs
    `tie_weight`, as much as the GMV of an average store adds.

    Examples
    --------
    >>> start_worth(2, 0.01).tolist()
    [1.0, 0.995]
    """
    return 1.0 - tie_weight * np.arange(months) / months


def order_costs(figures: Figures, haul_km: float) -> OrderCosts:
    """Take the figures of an average order from the register; the margin mixes both ways of selling."""
    own = figures["econ.first_party_share"]
    return OrderCosts(
        order_rmb=figures["order.aov_rmb"],
        margin_share=(1 - own) * figures["econ.take_rate"] + own * figures["econ.first_party_margin"],
        handling_share=figures["network.handling_rate"],
        line_haul_tkm_rmb=figures["network.line_haul_tkm"],
        line_haul_km=haul_km,
        rmb_per_tonne=figures["network.rmb_per_tonne"],
        drop_urban_rmb=figures["network.drop_cost"],
        drop_rural_rmb=figures["network.drop_cost_rural"],
    )


def _earned(figures: Figures, rural_share: float) -> float:
    """Contribution of an RMB of GMV."""
    costs = order_costs(figures, figures["network.line_haul_km"])
    return contribution_rmb(costs, rural_share) / costs.order_rmb
