"""Sales over the counter of shops with a till: weeks with seasons, Spring Festival, empty shelves and luck."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import ITEM_LEVELS
from lst_workbench.market.synthetic.streams import stream

WEEKS_A_MONTH = 365 / 12 / 7
SPRING_FESTIVALS = np.array(
    ["2013-02-10", "2014-01-31", "2015-02-19", "2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05"], "datetime64[D]"
)
WEEKS_OF_YEAR = 52.18


@dataclass(frozen=True)
class Category:
    """How one category sells: share of the basket, price, summer wave, festival peak, festival trough after it."""

    item_id: str
    share: float
    price_rmb: float
    summer: float
    festival: float
    after: float


@dataclass(frozen=True)
class TillDrawing:
    """Settings of the generator; none of them is a planning figure.

    Parameters
    ----------
    weeks : int
        Length of the record, up to the week before the plan begins.
    taste_sd, weekly_sd, item_sd : float
        Standard deviations (of logarithms) of a prefecture's taste, a store's weeks and a store's taste.
    drift_sd : float
        Of a store's growth over a year.
    empty_share, empty_weeks : float
        Share of weeks that an item is out of stock, and how long that lasts; it then sells `empty_sells` of its usual.
    """

    weeks: int = 104
    taste_sd: float = 0.15
    weekly_sd: float = 0.10
    item_sd: float = 0.25
    drift_sd: float = 0.06
    empty_share: float = 0.02
    empty_weeks: float = 2.0
    empty_sells: float = 0.3
    lead_weeks: float = 3.0
    categories: tuple[Category, ...] = field(
        default=(
            Category("beverages", 0.22, 3.5, 0.35, 0.25, 0.10),
            Category("snacks", 0.17, 5.0, 0.00, 0.70, 0.25),
            Category("dairy", 0.11, 4.5, 0.05, 0.60, 0.20),
            Category("alcohol", 0.16, 14.0, -0.05, 1.10, 0.35),
            Category("grain_oil_seasoning", 0.13, 12.0, -0.08, 0.45, 0.25),
            Category("instant_food", 0.08, 4.0, -0.10, 0.05, 0.05),
            Category("personal_care", 0.07, 15.0, 0.05, 0.20, 0.10),
            Category("household", 0.06, 9.0, 0.00, 0.30, 0.15),
        )
    )


def draw_sales(
    tills: Sequence[int],
    sales_rmb_month: pd.Series,
    prefecture_code: int,
    seed: int,
    start_month: str,
    drawing: TillDrawing = TillDrawing(),  # noqa: B008
) -> pd.DataFrame:
    """Draw the weeks of the tills of one prefecture.

    Expected sales of a week are the store's monthly figure spread over weeks, times the share of the category, times
    1 + summer wave + festival peak, times growth and luck; a year's mean is the store's own figure. Units are Poisson.

    Parameters
    ----------
    tills : sequence of int
        Stores with a till.
    sales_rmb_month : Series
        What each store sells in a month, by store.
    prefecture_code, seed
        Name the random stream.
    start_month : str
        First month of the plan, "2017-09-01"; the record ends the week before.

    Returns
    -------
    DataFrame
        store_id, item_id, week, item_level, quantity, sales_rmb, in_stock.
    """
    rng = stream(seed, "sales", prefecture_code)
    weeks, season = _weeks(start_month, drawing)
    stores, items, count = len(tills), drawing.categories, drawing.weeks
    share = np.array([item.share for item in items]) * rng.lognormal(0, drawing.taste_sd, len(items))
    taste = share * rng.lognormal(0, drawing.item_sd, (stores, len(items)))
    taste /= taste.sum(axis=1, keepdims=True)
    growth = np.exp(rng.normal(0, drawing.drift_sd, stores)[:, None] * (np.arange(count) - count + 26) / WEEKS_OF_YEAR)
    luck = rng.lognormal(-(drawing.weekly_sd**2) / 2, drawing.weekly_sd, (stores, count))
    weekly = sales_rmb_month.reindex(tills).to_numpy(np.float64) / WEEKS_A_MONTH
    expected = (weekly[:, None] * growth * luck)[:, None, :] * taste[:, :, None] * season[None]
    empty = _empty(stores * len(items), count, rng, drawing).reshape(expected.shape)
    price = np.array([item.price_rmb for item in items])[None, :, None]
    units = rng.poisson(np.where(empty, drawing.empty_sells, 1.0) * expected / price)
    return pd.DataFrame(
        {
            "store_id": np.repeat(np.asarray(tills, np.int64), len(items) * count),
            "item_id": np.tile(np.repeat([item.item_id for item in items], count), stores),
            "week": np.tile(weeks, stores * len(items)),
            "item_level": at_level("category", units.size),
            "quantity": units.reshape(-1).astype(np.float32),
            "sales_rmb": (units * price).reshape(-1).astype(np.float32),
            "in_stock": ~empty.reshape(-1),
        }
    )


def at_level(name: str, count: int) -> pd.Categorical:
    """Repeat the level of items that rows of sales have."""
    return pd.Categorical.from_codes(np.full(count, ITEM_LEVELS.index(name), np.int8), ITEM_LEVELS)


def weeks_before(start_month: str, weeks: int) -> np.ndarray:
    """Mondays of the last whole weeks before a month."""
    end = pd.Timestamp(start_month)
    last = (end - pd.Timedelta(days=end.weekday() + 7)).to_datetime64().astype("datetime64[us]")
    return last - np.arange(weeks)[::-1] * np.timedelta64(7, "D")


def _weeks(start_month: str, drawing: TillDrawing) -> tuple[np.ndarray, np.ndarray]:
    """Mondays of the record, and what a week of each category is multiplied by (category, week); mean 1 a year."""
    weeks = weeks_before(start_month, drawing.weeks).astype("datetime64[D]")
    days = (weeks[:, None] + np.timedelta64(3, "D") - SPRING_FESTIVALS).astype(float) / 7
    until = days[np.arange(len(weeks)), np.abs(days).argmin(axis=1)]
    peak = np.where(until < 0, np.exp(until / drawing.lead_weeks), 0.0)
    trough = np.where((until >= 0) & (until < 3), 1 - until / 3, 0.0)
    year = (weeks - weeks.astype("datetime64[Y]")).astype(float) / 365.25
    summer = np.cos(2 * np.pi * (year - 0.56))  # warmest late in July
    rows = [1 + item.summer * summer + item.festival * peak - item.after * trough for item in drawing.categories]
    season = np.array(rows)
    return weeks.astype("datetime64[us]"), season / season[:, -52:].mean(axis=1, keepdims=True)


def _empty(series: int, weeks: int, rng: np.random.Generator, drawing: TillDrawing) -> np.ndarray:
    """Weeks in which the item was out of stock: runs that begin and end at random."""
    ends = 1 / drawing.empty_weeks
    begins = ends * drawing.empty_share / (1 - drawing.empty_share)
    draws = rng.random((series, weeks))
    empty = np.zeros((series, weeks), bool)
    now = draws[:, 0] < drawing.empty_share
    for week in range(weeks):
        empty[:, week] = now
        now = np.where(now, draws[:, week] >= ends, draws[:, week] < begins)
    return empty
