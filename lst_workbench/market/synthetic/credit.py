"""Past credit of a trial: self-selected applicants, a careless rule of approval, defaults that share bad months."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import RURAL
from lst_workbench.market.synthetic.streams import stream


@dataclass(frozen=True)
class CreditDrawing:
    """Settings of the generator; none of them is a planning figure.

    Parameters
    ----------
    asked_share : float
        Share of stores that asked for credit in the trial.
    first_month, months : int
        The trial began so many months before the plan, and decided for so many.
    default_log_odds : float
        Log-odds of default within a year of the usual applicant.
    hidden_sd : float
        Of what no column shows.
    """

    asked_share: float = 0.4
    first_month: int = 30
    months: int = 17
    default_log_odds: float = -3.75
    hidden_sd: float = 0.4
    no_file_share: float = 0.15
    wallet_share: float = 0.3
    usual_limit_rmb: float = 5000.0


def draw_credit(
    stores: pd.DataFrame, truth: pd.DataFrame, prefecture_code: int, seed: int, start_month: str,
    drawing: CreditDrawing = CreditDrawing(),  # noqa: B008
) -> pd.DataFrame:  # fmt: skip
    """Draw the trial of one prefecture: a row a store that asked.

    Parameters
    ----------
    stores : DataFrame
        store_id, area_m2, settlement_kind.
    truth : DataFrame
        store_id, sales_rmb_month, store_effect, drive.
    prefecture_code, seed
        Name the random stream.
    start_month : str
        First month of the plan; everything is known up to its first day.

    Returns
    -------
    DataFrame
        Columns of contract `CreditHistory`.
    """
    rng, today = stream(seed, "credit", prefecture_code), pd.Timestamp(start_month)
    known = stores[["store_id", "area_m2", "settlement_kind"]].merge(truth, on="store_id").sort_values("store_id")
    drive = known["drive"].to_numpy(float)
    asked = rng.random(len(known)) < drawing.asked_share * np.exp(0.3 * np.clip(drive, -2, 2) - 0.045)
    known, n = known[asked].reset_index(drop=True), int(asked.sum())
    late = np.clip(rng.beta(1.0, 9.0, n) + 0.25 * (rng.random(n) < 0.08), 0, 1)
    months = rng.gamma(1.5, 8.0, n)
    sells = known["sales_rmb_month"].to_numpy(float)
    orders = drawing.wallet_share * sells * rng.lognormal(-0.1, 0.45, n)
    hidden = rng.normal(0, drawing.hidden_sd, n)
    rural = known["settlement_kind"].astype(str).isin(RURAL).to_numpy()
    odds = drawing.default_log_odds + 9.0 * late - 0.6 * np.log1p(months / 6) - 0.8 * np.log(orders / orders.mean())
    odds += 0.2 * rural - 0.5 * known["store_effect"].to_numpy(float) + hidden
    shown = 3 * late - 0.4 * np.log(orders / orders.mean()) + 0.8 * hidden
    approved = shown + rng.normal(0, 0.6, n) < np.quantile(shown, 0.82) if n else np.zeros(0, bool)
    start = today - pd.DateOffset(months=drawing.first_month)
    decided = start + pd.to_timedelta(np.floor(rng.random(n) * drawing.months * 30.4), "D")
    # Stock bought for Spring Festival is owed when the cash trough follows: two months of each year are worse.
    trough = np.isin(decided.month, (1, 2))
    bad = approved & (rng.random(n) < 1 / (1 + np.exp(-odds - 0.4 * trough)))
    ends = decided + pd.to_timedelta(np.floor(90 + 270 * rng.beta(1.3, 1.6, n)), "D")
    limit = np.where(approved, np.round(drawing.usual_limit_rmb * np.sqrt(sells / sells.mean()), -2), 0.0)
    trouble = rng.random(n) < np.clip(3 / (1 + np.exp(-odds)), 0, 0.6)
    live = approved & ~bad
    thin = rng.random(n) < drawing.no_file_share
    recent = orders * rng.lognormal(0, 0.15, n) * np.where(trouble, 0.5, 1.0)
    return pd.DataFrame(
        {
            "store_id": known["store_id"].to_numpy(np.int64),
            "decided": decided.to_numpy().astype("datetime64[us]"),
            "approved": approved,
            "limit_rmb": limit,
            "months_known": np.where(thin, np.nan, np.round(months, 1)),
            "order_rmb_month": np.where(thin, np.nan, np.round(orders)),
            "late_share": np.where(thin, np.nan, np.round(late, 3)),
            "defaulted": pd.Series(ends).where(bad).to_numpy().astype("datetime64[us]"),
            "owed_rmb": np.round(np.where(live, limit * np.where(trouble, 0.98, rng.beta(4, 3, n)), 0.0)),
            "days_past_due": np.where(live & trouble, np.floor(rng.gamma(1.2, 12, n)).clip(0, 80), 0.0),
            "orders_rmb": np.round(recent),
            "orders_year_ago_rmb": np.round(orders),
        }
    )


def draw_payments(history: pd.DataFrame, seed: int, start_month: str, months: int = 12) -> pd.DataFrame:
    """Draw how late each store was in the months before the plan, in step with how its credit stands and ended.

    A store in default went through 30 and 60 days on its way; one that is late today was less late the month before;
    any other is a few days late now and then.

    Parameters
    ----------
    history : DataFrame
        Of `draw_credit`.
    months : int
        Months up to the first of the plan.

    Returns
    -------
    DataFrame
        Contract `CreditPayments`; a month counts when credit was open at its end and not yet in default a month before.
    """
    rng = stream(seed, "payments", 0)
    given = history[history["approved"]].sort_values("store_id")
    month = pd.date_range(end=pd.Timestamp(start_month) - pd.DateOffset(months=1), periods=months, freq="MS")
    ends = (month + pd.DateOffset(months=1)).to_numpy()[None, :]
    opened, bad = given["decided"].to_numpy()[:, None], given["defaulted"].to_numpy()[:, None]
    day = np.timedelta64(1, "D")
    # A default is 90 days: so many days later, or before, it was so many more, or fewer.
    from_bad = np.where(np.isnat(bad), -999.0, 90 + (ends - bad) / day)
    last = given["days_past_due"].to_numpy(float)[:, None] - 30.0 * np.arange(months)[::-1][None, :]
    slips = np.where(rng.random(last.shape) < 0.06, np.floor(rng.gamma(1.2, 9, last.shape)).clip(1, 45), 0.0)
    slips[:, -1] = 0.0
    late = np.where(np.isnat(bad), np.where(last > 0, last, slips), np.where(from_bad > 0, from_bad, slips))
    row, at = np.nonzero((opened < ends) & (late < 120))
    table = {"store_id": given["store_id"].to_numpy()[row], "month": month.to_numpy()[at].astype("datetime64[us]")}
    return pd.DataFrame({**table, "days_past_due": np.floor(late[row, at])})
