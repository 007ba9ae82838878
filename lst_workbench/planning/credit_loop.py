"""The loop order → limit → capped order, to its fixed point."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.credit import LimitParams, LimitResult, allocate_limits
from lst_workbench.planning.credit_orders import Orders

SPARE_SHARE = 1e-3  # of all limits: less than this left over is a fixed point
CENT = 0.01
ROUNDING_RMB = 1e-6
ROUND = [
    "round", "stores_with_limit", "limits_rmb", "financed_rmb", "idle", "spare_rmb", "net_margin_rmb", "settled",
]  # fmt: skip


@dataclass(frozen=True)
class SettledLimits:
    """Limits of the last round, the order of every store under them, and a row a round."""

    limits: LimitResult
    order_rmb: np.ndarray
    rounds: pd.DataFrame


def settle_limits(
    asked: pd.DataFrame, budgets: pd.DataFrame, params: LimitParams, orders: Orders, cash_rmb: np.ndarray, rounds: int
) -> SettledLimits:
    """Allocate limits and cap orders by them in turn, until the limits are what the capped orders use.

    Orders are whole cases and have a least size, so a limit finances less than itself, and one that with the store's
    own cash falls short of the least order finances nothing. A store of the latter kind leaves the list; any other is
    given at most what its order used (but a least useful limit) from then on; what is left over goes round again.
    Ceilings only fall, so limits, orders and ceilings come to rest: a round that leaves less than 0.1% of all limits
    over is a fixed point, ``settled``.

    Parameters
    ----------
    asked, budgets, params
        As for `allocate_limits`.
    orders : Orders
        Of the stores asked, in their order.
    cash_rmb : array
        Own cash of each store.
    rounds : int
        Most rounds.
    """
    need = asked["need_rmb"].to_numpy(float)
    useful, most = np.minimum(params.min_useful_rmb, need), need.copy()
    tried, spend, told = np.full(len(need), -1.0), np.zeros(len(need)), []
    for number in range(1, rounds + 1):
        result = allocate_limits(asked.assign(most_rmb=most), budgets, params=params)
        limit = result.tables["limits"]["limit_rmb"].to_numpy(float)
        given = limit > 0
        # The order of a larger limit stands as long as the limit pays for it.
        stands = (limit <= tried + CENT) & (spend - cash_rmb <= limit + ROUNDING_RMB)
        rows = np.flatnonzero(given & ~stands)
        spend[rows], tried[rows] = orders.capped(rows, cash_rmb[rows], limit[rows]), limit[rows]
        financed = np.where(given, np.clip(spend - cash_rmb, 0, limit), 0.0)
        idle = given & (financed <= 0)
        used = np.where(idle, 0.0, np.maximum(financed, np.minimum(useful, limit)))
        spare = float((limit - used).sum())
        settled = not idle.any() and spare <= SPARE_SHARE * limit.sum()
        margin = result.kpis()["net_margin_rmb_year"]
        told.append((number, given.sum(), limit.sum(), financed.sum(), idle.sum(), spare, margin, settled))
        if settled or number == rounds:
            break
        most = np.where(idle, 0.0, np.where(given, np.minimum(most, used + CENT), most))
    alone = np.where(cash_rmb >= orders.minimum_rmb, cash_rmb, 0.0)
    order = np.where(given, spend, alone)
    return SettledLimits(result, order, pd.DataFrame(told, columns=ROUND))
