"""What drawn figures do to a plan: factors on visits, loads, GMV and money, one for each draw."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.planning.objective import order_costs
from lst_workbench.planning.wave_inputs import first_day, reps_by_month
from lst_workbench.rollout import Lives, Queues
from lst_workbench.rollout.economics import contribution_rmb

Figures = Mapping[str, float]
Drawn = Mapping[str, np.ndarray]
# Figures of the world: they may turn out otherwise. Decisions (reps, capital, radius, mix of selling) are not drawn.
UNCERTAIN = (
    "field.visits_per_signup", "field.visits_day", "field.care_visits_month", "field.working_days",
    "field.working_days_festival", "rollout.active_share", "store.closure_year", "platform.wallet_share",
    "store.purchases_month", "store.tobacco_share", "demand.tobacco_in_base_share", "network.rmb_per_m3",
    "capital.credit_share", "capital.stock_days", "credit.term_days", "order.aov_rmb", "econ.take_rate",
    "econ.first_party_margin", "network.handling_rate", "network.line_haul_tkm", "network.circuity",
    "network.rmb_per_tonne", "network.drop_cost", "network.drop_cost_rural", "field.rep_cost_rmb_month",
    "field.commission_signup",
)  # fmt: skip
REGIONAL = ("field.visits_per_signup", "rollout.active_share", "platform.wallet_share")
FIXED = (
    "field.reps", "field.reps_hired_month", "field.festival_month", "capital.days_month", "econ.first_party_share",
    "network.line_haul_km", "rollout.start_month", "rollout.months",
)  # fmt: skip


def lives_of(drawn: Drawn, plan: Figures, queues: Queues, months: pd.DatetimeIndex, reps: float = 1.0) -> Lives:
    """Turn drawn figures into what the plan lives through.

    Parameters
    ----------
    drawn : mapping
        `UNCERTAIN` figures by draw, those of `REGIONAL` by draw and region.
    plan : mapping
        The plan's own figures: `UNCERTAIN` and `FIXED`.
    queues : Queues
        The plan by group.
    months : DatetimeIndex
        Months of the plan.
    reps : float
        Factor on the plan's reps.
    """
    wide = np.ones((len(drawn["field.visits_day"]), int(queues.region.max(initial=0)) + 1))
    festival = months == first_day(plan["field.festival_month"])

    def days(of: Mapping[str, np.ndarray | float]) -> np.ndarray:
        usual, short = (
            np.atleast_1d(of[key])[:, None] for key in ("field.working_days", "field.working_days_festival")
        )
        return np.where(festival[None, :], short, usual)

    def each(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(wide * (values if values.ndim == 2 else values[:, None]))

    visits = drawn["field.visits_day"][:, None] * days(drawn) / (plan["field.visits_day"] * days(plan))
    active = each(drawn["rollout.active_share"])
    gmv = each(_worth(drawn)) / _worth({key: np.array([plan[key]]) for key in UNCERTAIN})
    tied = drawn["capital.credit_share"] * drawn["credit.term_days"] + drawn["capital.stock_days"]
    return Lives(
        visits=np.ascontiguousarray(visits * reps),
        signup=each(drawn["field.visits_per_signup"]),
        care=drawn["field.care_visits_month"],
        volume=active * gmv / drawn["network.rmb_per_m3"][:, None],
        capital=active * gmv * tied[:, None] / plan["capital.days_month"],
        gmv=gmv,
        active=active,
        survival=(1.0 - drawn["store.closure_year"]) ** (1.0 / 12.0),
    )


def _worth(drawn: Drawn) -> np.ndarray:
    """Give what GMV is proportional to: purchases, tobacco taken off, times the platform's share of them."""
    addressable = 1.0 - drawn["store.tobacco_share"] * drawn["demand.tobacco_in_base_share"]
    base = drawn["store.purchases_month"] * addressable
    wallet = drawn["platform.wallet_share"]
    return wallet * (base[:, None] if wallet.ndim == 2 else base)


def order_contribution(drawn: Drawn, plan: Figures, haul_km: float, rural_share: float) -> np.ndarray:
    """Contribution of an average order in each draw, RMB; line-haul stretches with the roads drawn."""
    mixed: dict[str, np.ndarray | float] = {**{key: plan[key] for key in FIXED}, **drawn}
    costs = order_costs(mixed, haul_km * drawn["network.circuity"] / plan["network.circuity"])  # type: ignore[arg-type]
    return np.asarray(contribution_rmb(costs, rural_share))


def field_cost(drawn: Drawn, plan: Figures, signups: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Pay and commissions of reps over the plan for each store active at its end, RMB, in each draw."""
    pay = float(reps_by_month(plan).sum()) * drawn["field.rep_cost_rmb_month"]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(active > 0, (pay + signups * drawn["field.commission_signup"]) / active, np.nan)
