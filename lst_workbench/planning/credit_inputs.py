"""What a credit score may know of a store, on the day of a past decision and today."""

from collections.abc import Mapping

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.contracts.kinds import RURAL
from lst_workbench.planning.credit_levers import UNSERVED

OF_STORE = ["store_id", "area_m2", "store_kind", "settlement_kind", "people", "income_index", "rivals"]
OF_FILE = ["months_known", "order_rmb_month", "late_share"]
FEATURES = [*OF_STORE[1:], "potential_rmb_month", *OF_FILE]
MONOTONE = {"late_share": "increasing", "months_known": "decreasing", "order_rmb_month": "decreasing"}
SEGMENTS = ("ground", "settlement_kind", "area_m2")
DAYS_A_MONTH = 365.25 / 12


def applications_of(history: pd.DataFrame, features: pd.DataFrame, potential: pd.Series) -> pd.DataFrame:
    """Past applications with what was known on their day, and how those approved ended.

    Parameters
    ----------
    history : DataFrame
        Contract `CreditHistory`.
    features : DataFrame
        Of `store_features`.
    potential : Series
        RMB a month, in the order of `features`.

    Returns
    -------
    DataFrame
        store_id, decided, approved, the features of the score, ground (rural or urban) and ``default``: 1, 0, or empty
        where no credit was given.

    Raises
    ------
    InputError
        No store was given credit.
    """
    if not history["approved"].any():
        raise InputError("the past credit", ["no application was approved; a score needs outcomes of credit given"])
    known = described(features, potential)
    table = history[["store_id", "decided", "approved", *OF_FILE]].merge(known, on="store_id", validate="one_to_one")
    ended = history.set_index("store_id")["defaulted"].reindex(table["store_id"]).notna().to_numpy()
    return table.assign(default=pd.Series(ended, table.index).astype(float).where(table["approved"]))


def stores_today(
    history: pd.DataFrame | None,
    participants: pd.DataFrame,
    features: pd.DataFrame,
    potential: pd.Series,
    today: pd.Timestamp,
) -> pd.DataFrame:
    """Say what is known of every store today; a store that never asked for credit has a thin file."""
    table = described(features, potential)
    joined = participants.set_index("store_id")["joined_month"].reindex(table["store_id"]).to_numpy()
    months = pd.Series((today - pd.to_datetime(joined)).days / DAYS_A_MONTH, table.index).clip(lower=0)
    table = table.assign(months_known=months, order_rmb_month=float("nan"), late_share=float("nan"))
    if history is None:
        return table
    past = history.set_index("store_id").reindex(table["store_id"]).set_index(table.index)
    since = (today - past["decided"]).dt.days / DAYS_A_MONTH
    own = (past["months_known"] + since).where(past["months_known"].notna(), months)
    orders = past["orders_rmb"].where(past["order_rmb_month"].notna())
    return table.assign(months_known=own, order_rmb_month=orders, late_share=past["late_share"])


def starts_of(run: Mapping[str, pd.DataFrame], participants: pd.DataFrame, today: pd.Timestamp) -> pd.DataFrame:
    """List stores of a plan with the month their credit may start, and the warehouse that the plan assigns.

    Participants start at once. A store that no warehouse serves has the warehouse `UNSERVED`.
    """
    at_once = pd.DataFrame({"store_id": participants["store_id"], "month": today})
    table = pd.concat([at_once, run["waves"][["store_id", "month"]]], ignore_index=True)
    table = table.drop_duplicates("store_id").assign(month=lambda t: t["month"].astype("datetime64[us]"))
    if "assignments" not in run:
        return table
    served = run["assignments"].set_index("store_id")["site_id"].astype(str)
    return table.assign(warehouse=table["store_id"].map(served).astype(object).fillna(UNSERVED))


def described(features: pd.DataFrame, potential: pd.Series) -> pd.DataFrame:
    """Columns of the score that hold on any day, and the ground for fairness."""
    table = features[OF_STORE].assign(potential_rmb_month=potential.to_numpy(float))
    words = table[["store_kind", "settlement_kind"]].astype(str)
    ground = words["settlement_kind"].isin(RURAL).map({True: "rural", False: "urban"})
    return table.assign(**{name: words[name] for name in words}, ground=ground).astype({"ground": object})
