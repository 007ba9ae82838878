"""Orders of participants on the platform: a rhythm of their own, a wallet that opens slowly, and stores that stop."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.market.synthetic.streams import stream

DAY = np.timedelta64(1, "D")
QUIET_DAYS = 30  # a store is active that ordered within so many days


@dataclass(frozen=True)
class OrderDrawing:
    """Settings of the generator; none of them is a planning figure.

    Parameters
    ----------
    cycle_days, cycle_sd : float
        Median days between a store's orders, and the spread of its logarithm between stores.
    steadiness : float
        Shape of the gamma of single gaps; the larger, the steadier.
    wallet_share, wallet_sd : float
        Share of a store's purchases that it orders in the end, and the spread of its logarithm between stores.
    opens_at, opens_months : float
        A store begins with so much of it and has all after so many months.
    cost_share : float
        Purchases over sales.
    stops_after_months : float
        Mean months that a store which stopped had ordered.
    never_share : float
        Part of the inactive stores that signed and never ordered.
    line_rmb : float
        Value of one line of an order.
    """

    cycle_days: float = 7.5
    cycle_sd: float = 0.3
    steadiness: float = 4.0
    wallet_share: float = 0.15
    wallet_sd: float = 0.4
    opens_at: float = 0.5
    opens_months: float = 6.0
    cost_share: float = 0.78
    stops_after_months: float = 3.0
    never_share: float = 0.25
    line_rmb: float = 45.0


def draw_orders(
    participants: pd.DataFrame,
    sales_rmb_month: pd.Series,
    prefecture_code: int,
    seed: int,
    start_month: str,
    drawing: OrderDrawing = OrderDrawing(),  # noqa: B008
) -> pd.DataFrame:
    """Draw the orders of the participants of one prefecture, from signing to the day before the plan.

    Who is active ordered within the last 30 days; who is not stopped before that, or never began. An order is worth
    the store's purchases of the days since the one before, times its wallet share of that time.

    Parameters
    ----------
    participants : DataFrame
        store_id, joined_month, active.
    sales_rmb_month : Series
        What each store sells in a month, by store.
    prefecture_code, seed
        Name the random stream.
    start_month : str
        First month of the plan.

    Returns
    -------
    DataFrame
        Contract `Orders`.
    """
    rng, today = stream(seed, "orders", prefecture_code), np.datetime64(start_month, "D")
    known = participants.sort_values("store_id")
    joined, active = known["joined_month"].to_numpy("datetime64[D]"), known["active"].to_numpy(bool)
    count = len(known)
    cycle = drawing.cycle_days * rng.lognormal(0, drawing.cycle_sd, count)
    began = (joined - today) / DAY + rng.uniform(0, QUIET_DAYS, count)
    stopped = np.minimum(began + 30.4 * rng.exponential(drawing.stops_after_months, count), -1.0 - QUIET_DAYS)
    last = np.where(active, -rng.uniform(1, np.minimum(cycle, QUIET_DAYS)), stopped)
    none = ~active & ((rng.random(count) < drawing.never_share) | (began > stopped))
    most = int(np.ceil(((last - began) / cycle).clip(0).max(initial=0.0) * 1.5)) + 12
    gaps = np.maximum(cycle[:, None] * rng.gamma(drawing.steadiness, 1 / drawing.steadiness, (count, most)), 1.0)
    day = np.floor(last[:, None] - np.cumsum(gaps, axis=1) + gaps)  # backwards from the last order
    there = (day >= np.minimum(began, last)[:, None] - 0.5) & ~none[:, None]
    there[:, 0] = ~none
    wallet = drawing.wallet_share * rng.lognormal(-(drawing.wallet_sd**2) / 2, drawing.wallet_sd, count)
    months = (day - began[:, None]).clip(0) / 30.4
    opened = drawing.opens_at + (1 - drawing.opens_at) * np.minimum(months / drawing.opens_months, 1.0)
    daily = sales_rmb_month.reindex(known["store_id"]).to_numpy(np.float64) * drawing.cost_share / 30.4
    worth = np.maximum((wallet * daily)[:, None] * opened * gaps, 1.0)
    row, at = np.nonzero(there[:, ::-1])
    at = most - 1 - at
    value = np.round(worth[row, at], 2)
    return pd.DataFrame(
        {
            "store_id": known["store_id"].to_numpy(np.int64)[row],
            "ordered": (today + day[row, at].astype(np.int64) * DAY).astype("datetime64[us]"),
            "order_rmb": value.astype(np.float32),
            "lines": (1 + rng.poisson(value / drawing.line_rmb)).clip(1, 30_000).astype(np.int16),
        }
    ).drop_duplicates(["store_id", "ordered"], ignore_index=True)
