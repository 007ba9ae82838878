"""Forecasts of many series at once, with intervals, from a plain table of sales."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.demand import _kernels as kernels
from lst_workbench.demand.intervals import Conformal
from lst_workbench.demand.methods import (
    ERRATIC,
    METHODS,
    QUIET,
    SEGMENTS,
    SHORT,
    SHORT_KNOWN,
    Choice,
    choose,
    levels_of,
    segments_of,
    statistics_of,
)
from lst_workbench.demand.panel import FACTS, Panel, panel_of
from lst_workbench.demand.promotions import without_promotions
from lst_workbench.demand.season import indices_of, no_season

CYCLE_DAYS, UNDATED_CYCLE = 7, 24  # where a week is no time to call a series quiet
QUIET_WORDS = "nothing sold for long, or ever: perhaps delisted"
LEAN_PERIODS = 4  # that the panel weighs in a series' own deviation
LEAST_SPREAD = 0.05  # of the panel's median deviation


@dataclass(frozen=True)
class ForecastParams:
    """Tuning of `forecast_panel`.

    Parameters
    ----------
    origins : int
        Past origins at which methods are compared and intervals calibrated.
    sample : int
        Series on which that is done; all are forecast.
    bias_penalty : float
        Share of rmsse that a bias of 100% counts for.
    quiet_cycles : float
        A series that sold nothing for this part of a season (a year, where dated) may have been delisted.
    promotion_price : float
        A price below this share of the series' median marks a promotion; its sales are brought to the usual level.
    """

    origins: int = 4
    sample: int = 20_000
    bias_penalty: float = 0.1
    quiet_cycles: float = 0.5
    promotion_price: float = 0.9


class Forecasts(pd.DataFrame):
    """A table of forecasts that also says how they came about, in `tables`.

    ``tables["methods"]`` (segment, series, method, rmsse, bias, windows), ``tables["series"]`` (series_id, segment,
    method) and ``tables["left_out"]`` (series_id, reason, rows, served).
    """

    _metadata = ["tables"]
    tables: dict[str, pd.DataFrame]

    def kpis(self) -> dict[str, float]:
        """Series forecast and left out, and the expected rmsse and bias over the segments."""
        methods = self.tables["methods"].dropna(subset="rmsse")
        left = self.tables["left_out"]
        weight = methods["series"] / max(methods["series"].sum(), 1)
        return {
            "series": float(len(self.tables["series"])),
            "series_left_out": float(left.loc[~left["served"].astype(bool), "series_id"].nunique()),
            "rmsse": float((methods["rmsse"] * weight).sum()),
            "bias": float((methods["bias"] * weight).sum()),
        }


@dataclass(frozen=True)
class Outlook:
    """Forecasts of a panel as arrays: mean, spread, segment by series; intervals by level; how they came about."""

    mean: np.ndarray
    spread: np.ndarray
    segment: np.ndarray
    low: np.ndarray
    high: np.ndarray
    choice: Choice
    conformal: Conformal


def forecast_panel(
    sales: pd.DataFrame,
    horizon: int,
    freq: str = "W-MON",
    levels: Sequence[float] = (0.8, 0.95),
    *,
    params: ForecastParams = ForecastParams(),  # noqa: B008
) -> Forecasts:
    """Forecast what each series will sell in each of the next periods.

    Series are sorted by how often and how evenly they sell. For each segment the method, or the average of the best
    few, is chosen among SES, SBA, TSB, discounted means and damped trends by rolling-origin rmsse with bias checked,
    with or without a season index that all series of a pool share (week of the year, weeks to Spring Festival). Periods
    out of stock are unknown, not zero; promotions are brought to the usual level, and expected as often as before; new
    series lean on the others as far as credibility theory says; series that stopped selling are a segment of their own.
    Intervals are conformal: quantiles of past errors by horizon and kind of series.

    Parameters
    ----------
    sales : DataFrame
        ``series_id``, ``period`` (date, or whole number where undated), ``quantity``, and optionally ``in_stock``,
        ``price`` and ``pool`` (which series share a season). Any order.
    horizon : int
        Periods to forecast, from the one after the table's last.
    freq : str
        W-MON (the week and its Monday), D, MS, ME, QS, QE, YS or YE; dates of one weekday keep it.
    levels : sequence of float
        Shares of cases that intervals hold.
    params : ForecastParams
        Tuning.

    Returns
    -------
    Forecasts
        A DataFrame ``series_id``, ``period``, ``mean``, and ``lo_80``, ``hi_80``, … a level, with ``.tables`` beside.
        Periods follow the last one of the table; where series without zeros or holes end at different times, as in a
        collection from many sources, they follow each series' own last one.

    Raises
    ------
    InputError
        Missing columns, an unknown frequency, a horizon below 1, levels outside 0 to 1, or no usable row. Single bad
        rows and series are left out and listed in ``.tables["left_out"]`` instead.

    Examples
    --------
    >>> weeks = pd.date_range("2017-01-02", periods=60, freq="W-MON")
    >>> sales = pd.DataFrame({"series_id": "tea", "period": weeks, "quantity": [4, 0, 5, 3, 0, 0] * 10})
    >>> found = forecast_panel(sales, horizon=2)
    >>> list(found.columns), found["period"].dt.strftime("%Y-%m-%d").tolist()
    (['series_id', 'period', 'mean', 'lo_80', 'hi_80', 'lo_95', 'hi_95'], ['2018-02-26', '2018-03-05'])
    >>> bool(found["mean"].between(1.5, 2.5).all())
    True
    """
    shares = checked_levels(horizon, levels)
    panel = panel_of(sales, freq, params.promotion_price)
    outlook = outlook_of(panel, horizon, shares, params)
    columns = {
        "series_id": panel.ids.repeat(horizon),
        "period": panel.ahead(horizon),
        "mean": outlook.mean.reshape(-1),
    }
    for k, share in enumerate(shares):
        columns[f"lo_{100 * share:g}"] = outlook.low[..., k].reshape(-1)
        columns[f"hi_{100 * share:g}"] = outlook.high[..., k].reshape(-1)
    table = Forecasts(columns)
    table.tables = _tables(panel, outlook)
    return table


def outlook_of(panel: Panel, horizon: int, levels: np.ndarray, params: ForecastParams) -> Outlook:
    """Forecast a panel: season, choice by rolling origin, levels, conformal intervals."""
    sold = panel.quantity
    panel, promoting = without_promotions(panel)
    width, cycle = panel.quantity.shape[1], panel.calendar.cycle
    quiet_after = params.quiet_cycles * (cycle if cycle > CYCLE_DAYS else UNDATED_CYCLE)
    rows, ends = _sample(panel, params.sample), _origins(width, horizon, params.origins)
    everyone = np.arange(len(panel.ids))
    today = statistics_of(panel, everyone, no_season(panel, horizon), np.array([width]))[:, 0]
    indices = indices_of(panel, horizon, segments_of(today, quiet_after) <= ERRATIC)
    choice = choose(panel, rows, ends, horizon, indices, quiet_after, params.bias_penalty)

    def made(rows: np.ndarray, end: int, *, unseen: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        mean, spread, segment = _forecast(panel, rows, np.array([end]), horizon, choice, quiet_after, unseen=unseen)
        return mean * promoting[rows, None], spread, segment

    past = [np.concatenate(part) for part in zip(*(made(rows, end, unseen=True) for end in ends), strict=True)]
    actual = np.concatenate([_ahead(sold, rows, end, horizon) for end in ends])
    conformal = Conformal.fit(past[0], past[1], past[2] == QUIET, actual, levels)
    mean, spread, segment = made(everyone, width, unseen=False)
    low, high = conformal.around(mean, spread, segment == QUIET, levels)
    return Outlook(mean, spread, segment, low, high, choice, conformal)


def _ahead(quantity: np.ndarray, rows: np.ndarray, end: int, horizon: int) -> np.ndarray:
    """Give what came in the `horizon` periods after `end`; nan beyond the table."""
    ahead = np.full((len(rows), horizon), np.nan)
    seen = quantity[rows, end : end + horizon]
    ahead[:, : seen.shape[1]] = seen
    return ahead


def _forecast(
    panel: Panel,
    rows: np.ndarray,
    end: np.ndarray,
    horizon: int,
    choice: Choice,
    quiet_after: float,
    *,
    unseen: bool,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean (row, horizon), spread and segment of each row at one end."""
    statistics = statistics_of(panel, rows, choice.indices[-1], end)[:, 0]
    segment = segments_of(statistics, quiet_after)
    mean = np.zeros((len(rows), horizon))
    damped = np.cumsum(kernels.DAMPING ** np.arange(1, horizon + 1))
    for s in np.unique(segment):
        mine = np.flatnonzero(segment == s)
        used = np.flatnonzero(choice.weights[s])
        index = choice.indices[choice.index[s]]
        level, slope = levels_of(panel, rows[mine], index, tuple(METHODS[c] for c in used), end)
        level, slope = (part[..., 0] @ choice.weights[s, used] for part in (level, slope))
        if s == SHORT:
            level = _credible(level, statistics, mine)
        future = index.unseen if unseen else index.fitted
        ahead = future[index.pool[rows[mine]], end[0] : end[0] + horizon]
        mean[mine] = np.maximum(level[:, None] + slope[:, None] * damped, 0.0) * ahead
    return mean, _spread(statistics, mean), segment


def _credible(level: np.ndarray, statistics: np.ndarray, mine: np.ndarray) -> np.ndarray:
    """Lean on the panel (Bühlmann): own × n / (n + k) + mean × k / (n + k), k = variance within / between."""
    known, average, deviation = (statistics[:, k] for k in (kernels.KNOWN, kernels.AVERAGE, kernels.DEVIATION))
    old = np.setdiff1d(np.flatnonzero(known >= 2), mine)
    if len(old) < 2:
        return level
    between, within = average[old].var(), (deviation[old] ** 2).mean()
    trust = known[mine] / (known[mine] + within / max(between, 1e-12))
    return np.where(known[mine] > 0, trust * level + (1 - trust) * average[old].mean(), level)


def _spread(statistics: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Expect an error of the size of the series' own deviation, leaning on the panel's ratio of deviation to mean."""
    known, average, deviation = (statistics[:, k] for k in (kernels.KNOWN, kernels.AVERAGE, kernels.DEVIATION))
    sold = (average > 0) & (known >= SHORT_KNOWN)
    usual = max(float(np.median(deviation[sold] / average[sold])), 0.05) if sold.any() else 1.0
    level = np.maximum(average, mean.mean(1))
    variance = (known * deviation**2 + LEAN_PERIODS * (usual * level) ** 2) / (known + LEAN_PERIODS)
    floor = LEAST_SPREAD * float(np.median(deviation[sold])) if sold.any() else 0.0
    return np.maximum(np.sqrt(variance), max(floor, 1e-9))


def _sample(panel: Panel, size: int) -> np.ndarray:
    """Series spread evenly over volumes."""
    count = len(panel.ids)
    if count <= size:
        return np.arange(count)
    volume = np.nansum(panel.quantity[:, ::8], axis=1)  # every eighth period orders them well enough
    order = np.argsort(volume, kind="stable")
    return np.sort(order[np.linspace(0, count - 1, size).astype(np.int64)])


def _origins(width: int, horizon: int, count: int) -> np.ndarray:
    """Numbers of columns seen at past origins, ascending, the last one horizon before the end."""
    last = width - horizon
    least = max(min(SHORT_KNOWN, width // 2), width // 3, 1)
    if last < least:
        return np.array([max(width // 2, 1)])
    step = max(min(horizon, (last - least) // max(count - 1, 1)), 1)
    return np.unique(np.maximum(last - step * np.arange(count), least))


def checked_levels(horizon: int, levels: Sequence[float]) -> np.ndarray:
    """Levels ascending, or every fault of horizon and levels."""
    whole = isinstance(horizon, int | np.integer) and horizon >= 1
    faults = [] if whole else [f"horizon must be a whole number from 1, not {horizon}"]
    if not len(levels) or not all(0 < level < 1 for level in levels):
        faults.append(f"levels must lie between 0 and 1, not {tuple(levels)}")
    if faults:
        raise InputError("the forecast", faults)
    return np.unique(np.asarray(levels, np.float64))


def _tables(panel: Panel, outlook: Outlook) -> dict[str, pd.DataFrame]:
    words = np.array([outlook.choice.words(s) for s in range(len(SEGMENTS))])
    code, names = pd.factorize(words)
    series = pd.DataFrame(
        {
            "series_id": panel.ids,
            "segment": pd.Categorical.from_codes(outlook.segment, SEGMENTS),
            "method": pd.Categorical.from_codes(code[outlook.segment], names),
        }
    )
    quiet = {"series_id": panel.ids[outlook.segment == QUIET], "reason": QUIET_WORDS, "rows": 0, "served": True}
    left_out = pd.concat([panel.facts, pd.DataFrame(quiet)], ignore_index=True)[FACTS]
    return {"methods": outlook.choice.table(outlook.segment), "series": series, "left_out": left_out}
