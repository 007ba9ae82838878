"""How good forecasts would have been: made again at past origins, beside plain methods."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.demand import _kernels as kernels
from lst_workbench.demand.forecast import ForecastParams, Outlook, checked_levels, outlook_of
from lst_workbench.demand.methods import PUBLISHED, QUIET, levels_of, statistics_of
from lst_workbench.demand.panel import Panel, panel_of
from lst_workbench.demand.season import no_season

OWN = "forecast_panel"
DECILES = 10
LEAST_HISTORY = 4  # periods before the first origin


@dataclass(frozen=True)
class BacktestResult:
    """Accuracy at past origins.

    Attributes
    ----------
    tables : dict
        ``metrics``: method, by (all, volume_decile, horizon), group, wape, rmsse, wrmsse, bias, pinball,
        interval_coverage_80 … a level, points. ``origins``: origin, series. ``methods``: what was chosen at each
        origin. ``left_out``: as `forecast_panel` lists.
    """

    tables: dict[str, pd.DataFrame]

    def kpis(self) -> dict[str, float]:
        """Figures of the forecasts over all series, and their rmsse as a share of the best plain method's."""
        whole = self.tables["metrics"].query("by == 'all'").set_index("method")
        own = whole.loc[OWN].drop(["by", "group"]).astype(float)
        return {**own.to_dict(), "rmsse_of_best_plain": float(own["rmsse"] / whole["rmsse"].drop(OWN).min())}


def backtest_panel(
    sales: pd.DataFrame,
    horizon: int,
    freq: str = "W-MON",
    levels: Sequence[float] = (0.8, 0.95),
    *,
    origins: int = 3,
    params: ForecastParams = ForecastParams(),  # noqa: B008
) -> BacktestResult:
    """Judge `forecast_panel` on the past: at each origin it sees only what was known then.

    wape = Σ|f - y| / Σy; bias = Σ(f - y) / Σy; rmsse = root mean squared error of a series over that of its one-step
    naive forecast before the origin, mean over series (wrmsse: weighted by sales before the origin); pinball: mean loss
    of the levels' tail quantiles over the same scale; interval_coverage: share of periods inside the interval. Periods
    out of stock or without a row are not judged. Beside it stand the seasonal naive forecast (last year's period; the
    last period where there is no season), SES (0.1), SBA (0.1) and TSB (0.1, 0.1) as published.

    Parameters
    ----------
    sales, horizon, freq, levels, params
        As in `forecast_panel`.
    origins : int
        Past origins, a horizon apart where the history is long enough.

    Raises
    ------
    InputError
        As `forecast_panel`; or a history too short for one origin.

    Examples
    --------
    >>> weeks = pd.date_range("2017-01-02", periods=60, freq="W-MON")
    >>> sales = pd.DataFrame({"series_id": "tea", "period": weeks, "quantity": [4, 0, 5, 3, 0, 0] * 10})
    >>> tested = backtest_panel(sales, horizon=4)
    >>> tested.tables["metrics"].query("by == 'all'")["method"].tolist()
    ['forecast_panel', 'seasonal naive', 'SES', 'SBA', 'TSB']
    """
    shares = checked_levels(horizon, levels)
    panel = panel_of(sales, freq, params.promotion_price)
    room = panel.quantity.shape[1] - horizon - LEAST_HISTORY
    if room < 0:
        words = f"{panel.quantity.shape[1]} periods are too few to test {horizon} ahead"
        raise InputError("sales", [f"{words}; give {horizon + LEAST_HISTORY} or more"])
    step = max(min(horizon, room // max(origins, 1)), 1)
    backs = [horizon + step * k for k in range(origins) if step * k <= room]
    rows: list[pd.DataFrame] = []
    methods, told = [], []
    for back in backs:
        past = panel.until(back)
        begun = np.flatnonzero((~np.isnan(past.quantity)).any(1))
        if not len(begun):
            continue
        past = past.only(begun)
        made = outlook_of(past, horizon, shares, params)
        ends = past.quantity.shape[1]
        actual = panel.quantity[begun, ends : ends + horizon].astype(np.float64)
        statistics = statistics_of(past, np.arange(len(begun)), made.choice.indices[0], np.array([ends]))[:, 0]
        volume = np.nansum(past.quantity, axis=1)
        rows += list(_judged(past, made, actual, statistics[:, kernels.SCALE], volume, shares))
        name = panel.calendar.labels(np.array([past.last]))[0]
        told.append({"origin": name, "series": len(begun)})
        methods.append(made.choice.table(made.segment).assign(origin=name))
    if not rows:
        raise InputError("sales", ["no series has a period in stock before the periods to test on"])
    metrics = _metrics(pd.concat(rows, ignore_index=True), shares)
    tables = {"metrics": metrics, "origins": pd.DataFrame(told), "methods": pd.concat(methods, ignore_index=True)}
    return BacktestResult(tables | {"left_out": panel.facts})


def plain_forecasts(panel: Panel, horizon: int) -> dict[str, np.ndarray]:
    """Seasonal naive, SES, SBA and TSB (series, horizon), by their published formulas."""
    width, cycle = panel.quantity.shape[1], panel.calendar.cycle
    level, _ = levels_of(panel, np.arange(len(panel.ids)), no_season(panel, 0), PUBLISHED, np.array([width]))
    same = np.arange(horizon) % cycle + width - cycle
    naive = np.array(panel.quantity[:, np.maximum(same, 0)], np.float64)
    naive = np.where(np.isnan(naive) | (same < 0), level[:, :1, 0], naive)
    smooth = {m.name: np.repeat(level[:, c], horizon, axis=1) for c, m in enumerate(PUBLISHED)}
    return {"seasonal naive": naive} | smooth


def _judged(
    panel: Panel, made: Outlook, actual: np.ndarray, scale: np.ndarray, volume: np.ndarray, levels: np.ndarray
) -> Iterator[pd.DataFrame]:
    """Give the sums of each method and group at one origin."""
    horizon = actual.shape[1]
    judged = scale > 0
    decile = np.argsort(np.argsort(volume[judged], kind="stable")) * DECILES // max(int(judged.sum()), 1) + 1
    groups: dict[str, list[tuple[Any, Any, slice]]] = {"all": [("all", slice(None), slice(None))]}
    groups["volume_decile"] = [(d, decile == d, slice(None)) for d in np.unique(decile)]
    groups["horizon"] = [(h + 1, slice(None), slice(h, h + 1)) for h in range(horizon)]
    forecasts = {OWN: made.mean} | plain_forecasts(panel, horizon)
    inside, loss = _interval_figures(made, actual, scale, levels)
    for method, forecast in forecasts.items():
        own = method == OWN
        for by, parts in groups.items():
            for group, who, when in parts:
                f, y = forecast[judged][who][:, when], actual[judged][who][:, when]
                figures = _sums(f, y, scale[judged][who], volume[judged][who])
                if own:
                    figures["pinball"] = float(np.nansum(loss[judged][who][:, when]))
                    for k in range(len(levels)):
                        figures[f"inside_{k}"] = float(np.nansum(inside[judged][who][:, when][..., k]))
                yield pd.DataFrame([{"method": method, "by": by, "group": str(group), **figures}])


def _sums(forecast: np.ndarray, actual: np.ndarray, scale: np.ndarray, volume: np.ndarray) -> dict[str, float]:
    error = forecast - actual
    known = np.isfinite(error)
    seen = known.any(1)
    squares = np.where(known, error, 0.0) ** 2
    rmsse = np.sqrt(squares.sum(1) / np.maximum(known.sum(1), 1))[seen] / scale[seen]
    return {
        "absolute": float(np.nansum(np.abs(error))),
        "error": float(np.nansum(error)),
        "actual": float(actual[known].sum()),
        "rmsse": float(rmsse.sum()),
        "series": float(seen.sum()),
        "weighted": float(rmsse @ volume[seen]),
        "weight": float(volume[seen].sum()),
        "points": float(known.sum()),
    }


def _interval_figures(
    made: Outlook, actual: np.ndarray, scale: np.ndarray, levels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Inside (series, horizon, level; nan where unknown) and mean scaled pinball loss (series, horizon)."""
    y = actual[..., None]
    inside = np.where(np.isnan(y), np.nan, (y >= made.low) & (y <= made.high))
    tails = sorted(p for c in levels for p in ((1 - c) / 2, (1 + c) / 2))
    loss = np.zeros_like(actual)
    for p in tails:
        gap = actual - made.conformal.quantile(made.mean, made.spread, made.segment == QUIET, p)
        loss += np.maximum(p * gap, (p - 1) * gap) / np.where(scale > 0, scale, np.nan)[:, None] / len(tails)
    return inside, loss


def _metrics(rows: pd.DataFrame, levels: np.ndarray) -> pd.DataFrame:
    order = rows[["method", "by", "group"]].drop_duplicates()
    sums = rows.groupby(["method", "by", "group"], sort=False).sum(min_count=1).reindex(pd.MultiIndex.from_frame(order))
    with np.errstate(divide="ignore", invalid="ignore"):
        figures = {
            "wape": sums["absolute"] / sums["actual"],
            "rmsse": sums["rmsse"] / sums["series"],
            "wrmsse": sums["weighted"] / sums["weight"],
            "bias": sums["error"] / sums["actual"],
            "pinball": sums["pinball"] / sums["points"],
        }
        for k, level in enumerate(levels):
            figures[f"interval_coverage_{100 * level:g}"] = sums[f"inside_{k}"] / sums["points"]
    return pd.DataFrame(figures | {"points": sums["points"]}).reset_index()
