"""The plan month by month: sign-ups, stores in system, active stores, GMV."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import Curve


def monthly_survival(closure_year: float) -> float:
    """Share of stores that live through a month when `closure_year` of them close in a year.

    Examples
    --------
    >>> round(monthly_survival(0.12) ** 12, 6)
    0.88
    """
    return (1.0 - closure_year) ** (1.0 / 12.0)


def plan_curve(
    waves: pd.DataFrame,
    months: pd.DatetimeIndex,
    participants: pd.Series,
    gmv_rmb_month: pd.Series,
    *,
    survival: float,
    active_share: float,
    contribution_share: float,
) -> pd.DataFrame:
    """Add up a plan by month, closures taken off.

    A store signed in month m is in the system at the end of m; each later month it survives with `survival`.
    Participants lose one month of closures by the end of month 1.

    Parameters
    ----------
    waves : DataFrame
        Contract `Waves`.
    months : DatetimeIndex
        All months of the plan, in order.
    participants : Series
        Ids of the stores in the system at the start.
    gmv_rmb_month : Series
        GMV of a store in a month in which it is active, indexed by store id, RMB/month.
    survival, active_share : float
        Monthly survival, and share of stores in system with an order in 30 days.
    contribution_share : float
        Contribution per RMB of GMV; negative when orders lose money.

    Returns
    -------
    DataFrame
        Contract `Curve`, one row a month.

    Examples
    --------
    >>> waves = pd.DataFrame({"store_id": [2], "month": [pd.Timestamp("2017-10-01")]})
    >>> months = pd.date_range("2017-09-01", periods=2, freq="MS")
    >>> gmv = pd.Series(100.0, index=[1, 2])
    >>> curve = plan_curve(waves, months, pd.Series([1]), gmv, survival=0.5, active_share=1.0, contribution_share=0.0)
    >>> curve["in_system"].tolist(), curve["gmv_rmb"].tolist()
    ([0.5, 1.25], [50.0, 125.0])
    """
    started = months.get_indexer(waves["month"])
    signups = np.bincount(started, minlength=len(months))
    wave_gmv = gmv_rmb_month.reindex(waves["store_id"]).to_numpy(np.float64)
    signed_gmv = np.bincount(started, weights=wave_gmv, minlength=len(months))
    base_gmv = float(gmv_rmb_month.reindex(participants).to_numpy(np.float64).sum())
    in_system = _surviving(signups.astype(np.float64), float(len(participants)), survival)
    gmv_rmb = _surviving(signed_gmv, base_gmv, survival) * active_share
    curve = pd.DataFrame(
        {
            "month": months,
            "signups": signups,
            "in_system": in_system,
            "active": in_system * active_share,
            "gmv_rmb": gmv_rmb,
            "contribution_rmb": gmv_rmb * contribution_share,
        }
    )
    return Curve.check(curve)


def _surviving(added: np.ndarray, start: float, survival: float) -> np.ndarray:
    """Stock at each month's end: what was there, thinned by closures, plus what came in the month."""
    stock = np.empty(len(added))
    for month, new in enumerate(added):
        start = stock[month] = start * survival + new
    return stock
