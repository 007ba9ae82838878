"""Whether a score still fits the stores it scores: drift of points and features, drift of calibration."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2, norm

from lst_workbench.assumptions.festivals import SPRING_FESTIVALS
from lst_workbench.contracts import InputError
from lst_workbench.credit.scorecard import Scorecard
from lst_workbench.credit.terms import codes_of, offsets_of

Floats = NDArray[np.float64]
# Siddiqi, Credit Risk Scorecards (2006): below .10 little has moved, above .25 something must be done.
LITTLE, MUCH = 0.10, 0.25
SCORE = "score"
GROUPS = 10
# Chance alone passes a limit in one look of a thousand: a card of 23 features is looked at every month.
CHANCE = 0.001
NORMAL_95 = 1.959964
DAY = np.timedelta64(1, "D")


def lunar_weeks(dates: ArrayLike) -> NDArray[np.int64]:
    """Whole weeks from the nearest Spring Festival: -1 is the week before it, 0 the one that begins with it.

    Raises
    ------
    InputError
        A date lies outside the years whose festivals are known.

    Examples
    --------
    >>> lunar_weeks(["2018-02-15", "2018-02-16", "2017-12-01"]).tolist()
    [-1, 0, -11]
    """
    days = pd.to_datetime(pd.Series(dates)).to_numpy().astype("datetime64[D]")
    year = 366 * DAY
    if len(days) and not (days.min() >= SPRING_FESTIVALS[0] - year and days.max() <= SPRING_FESTIVALS[-1] + year):
        fault = (
            f"dates from {days.min()} to {days.max()} leave the years {SPRING_FESTIVALS[0]} to {SPRING_FESTIVALS[-1]}"
        )
        raise InputError("dates", [f"{fault}; mend them"])
    after = np.clip(np.searchsorted(SPRING_FESTIVALS, days), 1, len(SPRING_FESTIVALS) - 1)
    before = (days - SPRING_FESTIVALS[after - 1]).astype(np.int64)
    until = (days - SPRING_FESTIVALS[after]).astype(np.int64)
    return np.where(-until < before, until, before) // 7


def population_drift(card: Scorecard, past: pd.DataFrame, now: pd.DataFrame, date: str | None = None) -> pd.DataFrame:
    r"""How far points and features have moved: PSI of the score, CSI of every feature, against limits that know n.

    .. math:: PSI = \sum_b (q_b - p_b) \ln \frac{q_b}{p_b}, \quad
              PSI_{chance} \approx \left(\frac1n + \frac1m\right) \chi^2_{B-1}

    With small samples chance alone passes .10: a drift is told from chance by the second formula, and called little,
    moderate or much by the usual figures. Source: Yurdakul and
    Naranjo, Journal of Risk Model Validation 14 (2020).

    Parameters
    ----------
    card : Scorecard
        The score.
    past, now : DataFrame
        Stores as they were when the score was fitted, and as they are.
    date : str, optional
        Column with the date of each row: `past` is weighed to the weeks from Spring Festival that `now` has, so that a
        season is not taken for a drift.

    Returns
    -------
    DataFrame
        feature ("score" first), psi, chance_limit (passed once in a thousand looks by chance), bins, verdict ("stable",
        "watch", "act"), moved_most (the bin whose share moved most).

    Raises
    ------
    InputError
        A column is missing, a table is empty, or no past row lies in the season of `now`.
    """
    if not len(past) or not len(now):
        raise InputError("past" if not len(past) else "now", ["it has no rows; give at least one"])
    weights = _same_season(past, now, date) if date else np.ones(len(past))
    used = weights > 0
    then, today = (codes_of(frame, card.bins) for frame in (past[used], now))
    weights = weights[used]
    size = float(weights.sum() ** 2 / (weights**2).sum())
    old, new = (card.score(frame)["points"].to_numpy() for frame in (past[used], now))
    edges = np.unique(np.quantile(old, np.linspace(0, 1, GROUPS + 1)[1:-1]))
    places = [np.searchsorted(edges, points, side="right") for points in (old, new)]
    names = [f"{GROUPS * k}-{GROUPS * (k + 1)}% of past scores" for k in range(len(edges) + 1)]
    rows = [_drift(SCORE, places[0], places[1], weights, size, names)]
    for j, (b, start) in enumerate(zip(card.bins, offsets_of(card.bins)[:-1], strict=True)):
        rows.append(_drift(b.feature, then[:, j] - start, today[:, j] - start, weights, size, b.labels()))
    return pd.DataFrame(rows)


def _same_season(past: pd.DataFrame, now: pd.DataFrame, date: str) -> Floats:
    """Weight past rows so that weeks from Spring Festival have the shares they have now."""
    if absent := [name for name, frame in (("past", past), ("now", now)) if date not in frame]:
        raise InputError(absent[0], [f"date {date} is no column; name the column of the date or none"])
    then, today = lunar_weeks(past[date]), lunar_weeks(now[date])
    shares = pd.Series(today).value_counts(normalize=True)
    had = pd.Series(then).value_counts(normalize=True)
    ratio = (shares / had).dropna()
    if shares[ratio.index].sum() < 0.5:
        fault = f"{1 - shares[ratio.index].sum():.0%} of now lies in weeks from Spring Festival that past lacks"
        raise InputError("past", [f"{fault}; give past a whole year, or no date"])
    return pd.Series(then).map(ratio).fillna(0.0).to_numpy(dtype=float)


def _drift(
    feature: str, then: NDArray[np.int64], today: NDArray[np.int64], weights: Floats, size: float, names: list[str]
) -> dict[str, object]:
    """PSI of one feature; bins that either side lacks count half a row, so that the sum is finite."""
    p, q = np.bincount(then, weights, len(names)), np.bincount(today, minlength=len(names)).astype(float)
    held = (p > 0) | (q > 0)
    p, q = np.maximum(p[held] / p.sum(), 0.5 / size), np.maximum(q[held] / q.sum(), 0.5 / len(today))
    parts = (q - p) * np.log(q / p)
    limit = float((1 / size + 1 / len(today)) * chi2.isf(CHANCE, max(held.sum() - 1, 1)))
    psi = float(parts.sum())
    verdict = "stable" if psi <= max(limit, LITTLE) else "watch" if psi <= max(limit, MUCH) else "act"
    most = names[int(np.flatnonzero(held)[parts.argmax()])] if psi > 0 else ""
    return {
        "feature": feature, "psi": psi, "chance_limit": limit, "bins": int(held.sum()), "verdict": verdict,
        "moved_most": most,
    }  # fmt: skip


def calibration_drift(scores: pd.DataFrame, outcome: str, date: str) -> pd.DataFrame:
    """Defaults seen against defaults expected, quarter by lunar quarter.

    Lunar quarters are 13 weeks and begin six weeks before Spring Festival, so that the stock-up and the trough after it
    always fall into the same quarter.

    Parameters
    ----------
    scores : DataFrame
        pd, the outcome (1 default, 0 paid, empty where open) and the date of the decision.
    outcome, date : str
        Their columns.

    Returns
    -------
    DataFrame
        quarter (first day), season ("festival" or the number of the quarter after it), stores, expected_share,
        default_share, low, high (95%, Wilson), ratio (seen over expected), verdict (the PD was "as expected",
        "too low", "too high": told from chance once in a thousand looks).

    Raises
    ------
    InputError
        A column is missing, a PD is out of range, or no row has an outcome.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> days = pd.Timestamp("2017-01-01") + pd.to_timedelta(rng.integers(0, 700, 8000), "D")
    >>> told = pd.DataFrame({"pd": 0.05, "day": days, "bad": (rng.random(8000) < 0.05).astype(float)})
    >>> set(calibration_drift(told, "bad", "day")["verdict"])
    {'as expected'}
    """
    faults = [f"column {name} is missing; add it" for name in ("pd", outcome, date) if name not in scores]
    if faults:
        raise InputError("scores", faults)
    told = scores[scores[outcome].notna()]
    pd_ = told["pd"].to_numpy(dtype=float)
    if not len(told) or not ((pd_ > 0) & (pd_ < 1)).all():
        fault = "no row has an outcome yet" if not len(told) else "column pd must lie between 0 and 1"
        raise InputError("scores", [f"{fault}; score the stores and wait for outcomes"])
    day = pd.to_datetime(told[date]).to_numpy().astype("datetime64[D]")
    quarter, season = _lunar_quarter(day)
    frame = pd.DataFrame({"quarter": quarter, "season": season, "pd": pd_, "bad": told[outcome].to_numpy(dtype=float)})
    frame["noise"] = frame["pd"] * (1 - frame["pd"])
    table = frame.groupby("quarter").agg(
        season=("season", "first"), stores=("pd", "size"), expected_share=("pd", "mean"), default_share=("bad", "mean"),
        noise=("noise", "sum"),
    ).reset_index()  # fmt: skip
    table["low"], table["high"] = share_range(table["default_share"] * table["stores"], table["stores"])
    away = (table["default_share"] - table["expected_share"]) * table["stores"] / np.sqrt(table.pop("noise"))
    clear = norm.isf(CHANCE / 2)
    table["ratio"] = table["default_share"] / table["expected_share"]
    table["verdict"] = np.select([away > clear, away < -clear], ["too low", "too high"], "as expected")
    return table


def _lunar_quarter(day: NDArray[np.datetime64]) -> tuple[NDArray[np.datetime64], NDArray[np.object_]]:
    """First day of the lunar quarter of each day, and its season."""
    starts = SPRING_FESTIVALS - 42 * DAY
    year = np.searchsorted(starts, day, side="right") - 1
    number = np.minimum((day - starts[year]).astype(np.int64) // 91, 3)
    first = (starts[year] + number * 91 * DAY).astype("datetime64[D]")
    return first, np.where(number == 0, "festival", number.astype(str)).astype(object)


def share_range(hits: ArrayLike, tries: ArrayLike) -> tuple[Floats, Floats]:
    """95% range of a share (Wilson, 1927); 0 to 1 where nothing was tried."""
    k, n = np.asarray(hits, dtype=float), np.asarray(tries, dtype=float)
    z2, safe = NORMAL_95**2, np.maximum(n, 1e-12)
    middle = (k + z2 / 2) / (safe + z2)
    reach = NORMAL_95 * np.sqrt(np.maximum(k * (safe - k) / safe, 0.0) + z2 / 4) / (safe + z2)
    return np.where(n > 0, (middle - reach).clip(0), 0.0), np.where(n > 0, (middle + reach).clip(max=1), 1.0)
