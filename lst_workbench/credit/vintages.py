"""How credit ages: default share by cohort and month on book, moves between days past due, who to look at early."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.contracts import InputError
from lst_workbench.credit.monitoring import lunar_weeks, share_range

Floats = NDArray[np.float64]
DAYS_MONTH = 365.25 / 12
# Days past due at which a store enters the next state; the last is default.
STATES = {"paid": -1, "1-29 days": 0, "30-59 days": 29, "60-89 days": 59, "default": 89}


def vintage_curves(
    accounts: pd.DataFrame, opened: str, defaulted: str, as_of: str | pd.Timestamp, months: int = 12
) -> pd.DataFrame:
    r"""Share of each cohort that has defaulted by its first, second ... month on book.

    Cohorts are months of opening. Accounts that are younger than a month are not yet at risk in it: the share is
    :math:`1 - \prod_k (1 - d_k / n_k)` over months k with n accounts at risk (Kaplan and Meier, 1958).

    Parameters
    ----------
    accounts : DataFrame
        One row a store with credit.
    opened, defaulted : str
        Columns with the day credit was opened, and the day of default (empty where there was none).
    as_of : str or Timestamp
        Day up to which defaults are known.
    months : int
        Months on book to show.

    Returns
    -------
    DataFrame
        cohort (first day of the month), month_on_book, at_risk, defaults, default_share, low, high (95%, Greenwood's
        variance on the log-log scale), lunar_week (weeks from Spring Festival, halfway through that month on book).

    Raises
    ------
    InputError
        A column is missing, a date cannot be read, or dates are out of order.

    Examples
    --------
    >>> accounts = pd.DataFrame({"opened": ["2017-09-05"] * 4, "defaulted": ["2017-10-20", None, None, "2017-12-01"]})
    >>> table = vintage_curves(accounts, "opened", "defaulted", "2018-01-01", months=3)
    >>> table["default_share"].tolist()
    [0.0, 0.25, 0.5]
    """
    start, end, last = _dates(accounts, opened, defaulted, as_of)
    bad = ~np.isnat(end)
    # An account counts in a month that could be seen whole, whether it defaulted in it or not.
    whole, age = (
        np.floor((day - start).astype("timedelta64[D]").astype(float) / DAYS_MONTH).astype(np.int64)
        for day in (np.full(len(start), last), np.where(bad, end, last))
    )
    month = start.astype("datetime64[M]")
    parts = []
    for cohort in np.unique(month):
        inside = month == cohort
        own_whole, own_age, own_bad = whole[inside], age[inside], bad[inside]
        risk = np.array([((own_whole > k) & (~own_bad | (own_age >= k))).sum() for k in range(months)])
        lost = np.array([((own_whole > k) & own_bad & (own_age == k)).sum() for k in range(months)])
        middle = cohort.astype("datetime64[D]") + np.round((np.arange(months) + 1) * DAYS_MONTH).astype(np.int64)
        part = _curve(risk, lost).assign(cohort=pd.Timestamp(cohort), lunar_week=lunar_weeks(middle))
        parts.append(part[part["at_risk"] > 0])
    columns = ["cohort", "month_on_book", "at_risk", "defaults", "default_share", "low", "high", "lunar_week"]
    return pd.concat(parts, ignore_index=True)[columns]


def _curve(risk: NDArray[np.int64], lost: NDArray[np.int64]) -> pd.DataFrame:
    with np.errstate(divide="ignore", invalid="ignore"):
        alive = np.cumprod(np.where(risk > 0, 1 - lost / np.maximum(risk, 1), 1.0))
        greenwood = np.cumsum(np.where(risk > lost, lost / (risk * np.maximum(risk - lost, 1)), 0.0))
        reach = 1.959964 * np.sqrt(greenwood) / np.abs(np.log(alive))
        low, high = (1 - alive ** np.exp(sign * reach) for sign in (-1, 1))
    sure = (alive < 1) & (alive > 0)
    spread = share_range(np.zeros(len(risk)), np.maximum(risk, 1))[1]
    return pd.DataFrame(
        {
            "month_on_book": np.arange(1, len(risk) + 1),
            "at_risk": risk,
            "defaults": lost,
            "default_share": 1 - alive,
            "low": np.where(sure, low, np.where(alive == 0, 1 - spread, 0.0)),
            "high": np.where(sure, high, np.where(alive == 0, 1.0, spread)),
        }
    )


def _dates(
    accounts: pd.DataFrame, opened: str, defaulted: str, as_of: str | pd.Timestamp
) -> tuple[NDArray[np.datetime64], NDArray[np.datetime64], np.datetime64]:
    faults = [f"column {name} is missing; add it" for name in (opened, defaulted) if name not in accounts]
    if faults or not len(accounts):
        raise InputError("accounts", faults or ["it has no rows; give at least one"])
    start, end = (pd.to_datetime(accounts[name], errors="coerce", format="ISO8601") for name in (opened, defaulted))
    last = pd.Timestamp(as_of)
    if bad := int(start.isna().sum()):
        faults.append(f"{opened} is empty or no date in {bad:,} rows; fill it as 2017-09-30")
    if bad := int((end.isna() & accounts[defaulted].notna()).sum()):
        faults.append(f"{defaulted} is no date in {bad:,} rows; write it as 2017-09-30, or leave it empty")
    if bad := int((end < start).sum()):
        faults.append(f"{defaulted} lies before {opened} in {bad:,} rows; mend the dates or drop the rows")
    if bad := int(((start > last) | (end > last)).sum()):
        faults.append(f"{bad:,} rows have dates after {last:%Y-%m-%d}; give a later as_of or drop them")
    if faults:
        raise InputError("accounts", faults)
    return (
        *(days.to_numpy().astype("datetime64[D]") for days in (start, end)),
        last.to_datetime64().astype("datetime64[D]"),
    )


def roll_rates(history: pd.DataFrame) -> pd.DataFrame:
    """Share of stores that move from one state of days past due to another within a month.

    Parameters
    ----------
    history : DataFrame
        store_id, month (first day), days_past_due (0 where all is paid). Months a store lacks are not counted.

    Returns
    -------
    DataFrame
        from_state, to_state (paid, 1-29 days, 30-59 days, 60-89 days, default), stores, share (of those in
        from_state), low, high (95%).

    Raises
    ------
    InputError
        A column is missing, a store has a month twice, or days past due are negative or empty.

    Examples
    --------
    >>> months = pd.to_datetime(["2017-09-01", "2017-10-01"] * 2)
    >>> book = pd.DataFrame({"store_id": [1, 1, 2, 2], "month": months, "days_past_due": [10, 0, 10, 40]})
    >>> roll_rates(book).query("share > 0")[["from_state", "to_state", "share"]].to_numpy().tolist()
    [['1-29 days', 'paid', 0.5], ['1-29 days', '30-59 days', 0.5]]
    """
    wanted = ("store_id", "month", "days_past_due")
    faults = [f"column {name} is missing; add it" for name in wanted if name not in history]
    if not faults:
        late = pd.to_numeric(history["days_past_due"], errors="coerce")
        if bad := int((~(late >= 0)).sum()):
            faults.append(f"days_past_due is empty, no number or negative in {bad:,} rows; give 0 where all is paid")
        if bad := int(history.duplicated(["store_id", "month"]).sum()):
            faults.append(f"{bad:,} rows repeat a store's month; keep one of each")
    if faults:
        raise InputError("history", faults)
    names = pd.Index(STATES)
    month = pd.to_datetime(history["month"]).dt.to_period("M").astype("int64")
    state = np.searchsorted(list(STATES.values()), late.to_numpy(dtype=float) - 1e-9, side="left") - 1
    frame = pd.DataFrame({"store_id": history["store_id"], "month": month, "state": state})
    moves = frame.merge(frame.assign(month=frame["month"] - 1), on=["store_id", "month"], suffixes=("", "_next"))
    size = len(names)
    counts = np.bincount(moves["state"] * size + moves["state_next"], minlength=size**2).reshape(size, size)
    total = counts.sum(axis=1, keepdims=True)
    low, high = share_range(counts, np.broadcast_to(total, counts.shape))
    table = pd.DataFrame(
        {
            "from_state": np.repeat(names, size),
            "to_state": np.tile(names, size),
            "stores": counts.ravel(),
            "share": (counts / np.maximum(total, 1)).ravel(),
            "low": low.ravel(),
            "high": high.ravel(),
        }
    )
    return table[np.repeat(total.ravel() > 0, size)].reset_index(drop=True)


@dataclass(frozen=True)
class WarningParams:
    """When a sign is a warning.

    Parameters
    ----------
    pd_ratio : float
        PD has grown to so many times that at the start.
    orders_fall : float
        Orders have fallen by this share against the same weeks from last Spring Festival, after what all stores did.
    used_share : float
        So much of the limit is owed.
    days_past_due : float
        So many days late.
    need_ratio : float
        Owes so many times what its recommended order needs: orders stacked upon one another, or credit used elsewhere.
    """

    pd_ratio: float = 2.0
    orders_fall: float = 0.4
    used_share: float = 0.95
    days_past_due: float = 1.0
    need_ratio: float = 1.5


# Signs, the columns each needs, and how much of an expected loss each adds to the order of the list.
SIGNS: Mapping[str, tuple[str, ...]] = {
    "late": ("days_past_due",),
    "pd_risen": ("pd", "pd_at_start"),
    "orders_fallen": ("orders_rmb", "orders_year_ago_rmb"),
    "limit_used_up": ("owed_rmb", "limit_rmb"),
    "owes_more_than_it_orders": ("owed_rmb", "need_rmb"),
}


def early_warnings(stores: pd.DataFrame, *, params: WarningParams | None = None) -> pd.DataFrame:
    """List stores to look at before they default, most money at stake first, with the reasons.

    Only signs whose columns are given are looked for. Orders are compared with those of the same weeks from the last
    Spring Festival, as the caller aligns them, and the median change of all stores is taken off, so that a trough that
    all share warns of nobody.

    Parameters
    ----------
    stores : DataFrame
        store_id, pd, owed_rmb [, lgd] and any of: pd_at_start, days_past_due, orders_rmb, orders_year_ago_rmb,
        limit_rmb, need_rmb.
    params : WarningParams, optional
        Tuning.

    Returns
    -------
    DataFrame
        store_id, signs (number), reasons (late, pd_risen, orders_fallen, limit_used_up, owes_more_than_it_orders), pd,
        owed_rmb, at_stake_rmb (pd x lgd x owed; lgd 1 where not given); stores without a sign are left out.

    Raises
    ------
    InputError
        A column is missing, or none from which a sign could be read is there.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2, 3], "pd": [0.02, 0.08, 0.02], "pd_at_start": 0.02,
    ...     "owed_rmb": [5000.0, 5000.0, 400.0], "limit_rmb": 5000.0, "days_past_due": [0, 12, 0]})
    >>> early_warnings(stores)[["store_id", "reasons"]].to_numpy().tolist()
    [[2, 'late; pd_risen; limit_used_up'], [1, 'limit_used_up']]
    """
    params = params or WarningParams()
    wanted = ("store_id", "pd", "owed_rmb")
    faults = [f"column {name} is missing; add it" for name in wanted if name not in stores]
    signs = [sign for sign, columns in SIGNS.items() if all(name in stores for name in columns)]
    if not signs:
        faults.append(
            "no sign can be read; add days_past_due, pd_at_start, limit_rmb, need_rmb or orders of both years"
        )
    if faults:
        raise InputError("stores", faults)
    hits = np.column_stack([_shows(sign, stores, params) for sign in signs])
    keep = hits.any(axis=1)
    table = pd.DataFrame(
        {
            "store_id": stores["store_id"],
            "signs": hits.sum(axis=1),
            "reasons": _joined(hits, signs),
            "pd": stores["pd"],
            "owed_rmb": stores["owed_rmb"],
            "at_stake_rmb": stores["pd"] * stores.get("lgd", 1.0) * stores["owed_rmb"],
        }
    )
    return table[keep].sort_values(["at_stake_rmb", "store_id"], ascending=[False, True], ignore_index=True)


def _joined(hits: NDArray[np.bool_], signs: list[str]) -> pd.Categorical:
    """Write the signs of each store; each combination is written once."""
    combos, codes = np.unique(hits @ (1 << np.arange(len(signs))), return_inverse=True)
    return pd.Categorical.from_codes(
        codes, pd.Index(["; ".join(s for k, s in enumerate(signs) if combo >> k & 1) for combo in combos])
    )


def _shows(sign: str, stores: pd.DataFrame, params: WarningParams) -> NDArray[np.bool_]:
    """Whether each store shows a sign; what is not known shows nothing."""
    a, b = (stores[SIGNS[sign][k]].to_numpy(dtype=float) for k in (0, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(b > 0, a / b, np.nan)
    if sign == "late":
        return a >= params.days_past_due
    if sign == "orders_fallen":
        usual = np.nanmedian(ratio) if np.isfinite(ratio).any() else 1.0
        return ratio < (1 - params.orders_fall) * usual
    least = {
        "pd_risen": params.pd_ratio,
        "limit_used_up": params.used_share,
        "owes_more_than_it_orders": params.need_ratio,
    }
    return ratio >= least[sign]
