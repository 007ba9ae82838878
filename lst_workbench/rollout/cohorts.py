"""Cohorts: what became of the stores that joined in a month, by what they ordered since."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError, OrderCohorts, Orders

ACTIVE_DAYS = 30  # a store is active that ordered within so many days, as `Participants.active` has it
DAYS_A_MONTH = 30.4


def order_cohorts(
    participants: pd.DataFrame,
    orders: pd.DataFrame,
    today: str | pd.Timestamp,
    purchases_rmb_month: pd.Series | None = None,
) -> pd.DataFrame:
    """Say of every cohort how many ordered at all, again, and lately, how often, how much, and what share of wallet.

    Parameters
    ----------
    participants : DataFrame
        store_id, joined_month: the stores on record.
    orders : DataFrame
        Contract `Orders`.
    today : str or Timestamp
        First day that the record no longer holds.
    purchases_rmb_month : Series, optional
        What each store buys in a month from all sources, by store; the wallet share is empty without it.

    Returns
    -------
    DataFrame
        Contract `OrderCohorts`: a row a month of joining.

    Raises
    ------
    InputError
        Orders name stores that did not join, or are dated before the store's month of joining or not before today.

    Examples
    --------
    >>> joined = pd.DataFrame({"store_id": [1, 2], "joined_month": pd.to_datetime(["2017-03-01", "2017-03-01"])})
    >>> orders = pd.DataFrame({"store_id": [1, 1], "ordered": pd.to_datetime(["2017-03-05", "2017-03-15"]),
    ...                        "order_rmb": [500.0, 700.0], "lines": [9, 12]})
    >>> cohorts = order_cohorts(joined, orders, "2017-04-01")
    >>> cohorts[["stores", "first_order_share", "repeat_share", "cycle_days"]].values.tolist()
    [[2.0, 0.5, 0.5, 10.0]]
    """
    known = _by_store(participants, orders, pd.Timestamp(today))
    lately = known["lately_rmb"] > 0
    bought = np.nan
    if purchases_rmb_month is not None:
        bought = known.index.map(purchases_rmb_month) * ACTIVE_DAYS / DAYS_A_MONTH
    known = known.assign(lately=lately, bought=np.where(lately, bought, 0.0))
    groups = known.groupby("joined_month")
    totals = groups[["orders", "all_rmb", "lately_rmb", "bought"]].sum(min_count=1)
    table = pd.DataFrame(
        {
            "stores": groups.size(),
            "first_order_share": groups["orders"].agg(lambda n: (n > 0).mean()),
            "days_to_first": groups["days_to_first"].median(),
            "repeat_share": groups["orders"].agg(lambda n: (n > 1).mean()),
            "ordering_share": groups["lately"].mean(),
            "cycle_days": groups["cycle_days"].median(),
            "order_rmb": (totals["all_rmb"] / totals["orders"]).where(totals["orders"] > 0),
            "wallet_share": (totals["lately_rmb"] / totals["bought"]).where(totals["bought"] > 0),
        }
    )
    return OrderCohorts.check(table.rename_axis("cohort").reset_index())


def watched(participants: pd.DataFrame, orders: pd.DataFrame, today: str | pd.Timestamp) -> pd.DataFrame:
    """List stores that ordered, as `retention` takes them: months watched, whether they stopped, and their cohort.

    A store has stopped when its last order is more than 30 days back; it is then watched from its first order to that
    last one, otherwise to today.

    Raises
    ------
    InputError
        As `order_cohorts`.

    Examples
    --------
    >>> joined = pd.DataFrame({"store_id": [1], "joined_month": pd.to_datetime(["2017-03-01"])})
    >>> orders = pd.DataFrame({"store_id": [1], "ordered": pd.to_datetime(["2017-03-05"]), "order_rmb": [500.0],
    ...                        "lines": [9]})
    >>> watched(joined, orders, "2017-06-01")["stopped"].tolist()
    [True]
    """
    now = pd.Timestamp(today)
    known = _by_store(participants, orders, now).query("orders > 0")
    stopped = known["lately_rmb"] <= 0
    until = known["last"].where(stopped, now)
    months = ((until - known["first"]).dt.days // DAYS_A_MONTH).astype(np.int64)
    table = pd.DataFrame({"months": months, "stopped": stopped, "cohort": known["joined_month"]})
    return table.rename_axis("store_id").reset_index()


def _by_store(participants: pd.DataFrame, orders: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """Each participant's orders in short; refuses orders that cannot be."""
    joined = participants.set_index("store_id")["joined_month"]
    orders = Orders.check(orders).sort_values(["store_id", "ordered"])
    month = orders["store_id"].map(joined)
    faults = []
    if lost := int(month.isna().sum()):
        first = orders.loc[month.isna(), "store_id"].iloc[0]
        faults.append(f"{lost:,} orders are of stores that did not join (first {first}); add them or drop the orders")
    if early := int((orders["ordered"] < month).sum()):
        faults.append(f"{early:,} orders are dated before the store's month of joining; mend the dates")
    if late := int((orders["ordered"] >= today).sum()):
        faults.append(f"{late:,} orders are dated {today:%Y-%m-%d} or later; mend the dates or move today")
    if faults:
        raise InputError("the orders", faults)
    gap = orders["ordered"].diff().dt.days.where(orders["store_id"].diff() == 0)
    recent = orders["order_rmb"].where(orders["ordered"] >= today - pd.Timedelta(days=ACTIVE_DAYS), 0.0)
    own = orders.assign(gap=gap, recent=recent).groupby("store_id")
    short = own.agg(
        orders=("ordered", "size"), first=("ordered", "min"), last=("ordered", "max"), cycle_days=("gap", "mean"),
        all_rmb=("order_rmb", "sum"), lately_rmb=("recent", "sum"),
    )  # fmt: skip
    known = joined.to_frame().join(short)
    numbers = ["orders", "all_rmb", "lately_rmb"]
    known[numbers] = known[numbers].fillna(0.0).astype(np.float64)
    return known.assign(days_to_first=(known["first"] - known["joined_month"]).dt.days)
