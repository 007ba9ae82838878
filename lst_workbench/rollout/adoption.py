"""Adoption: how a place takes up the platform (Bass), and how long signed stores keep ordering, with intervals."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import least_squares
from scipy.special import ndtri

from lst_workbench.contracts import InputError

LEAST_PERIODS = 4


@dataclass(frozen=True)
class BassFit:
    """A Bass curve fitted to adoptions.

    Attributes
    ----------
    market, innovation, imitation : float
        Adopters in the end (m), share of the rest that adopts unasked in a period (p), and by others' example (q).
    parameters : DataFrame
        name, value, low, high: intervals of the level asked for, from the curvature of the fit.
    """

    market: float
    innovation: float
    imitation: float
    parameters: pd.DataFrame

    def adopters(self, periods: np.ndarray) -> np.ndarray:
        """Cumulative adopters at the end of periods counted from 1."""
        return self.market * bass_share(np.asarray(periods, np.float64), self.innovation, self.imitation)

    @property
    def peak(self) -> float:
        """Period of most new adopters: ln(q / p) / (p + q); 0 where imitation is weaker than innovation."""
        p, q = self.innovation, self.imitation
        return float(np.log(q / p) / (p + q)) if q > p else 0.0


def bass_share(t: np.ndarray, innovation: float, imitation: float) -> np.ndarray:
    """Share of the final adopters who have adopted by t: (1 - e^-(p+q)t) / (1 + (q/p) e^-(p+q)t).

    Bass, Management Science 15(5), 1969.

    Examples
    --------
    >>> bass_share(np.array([0.0, 5.0, 50.0]), 0.03, 0.38).round(3).tolist()
    [0.0, 0.331, 1.0]
    """
    fall = np.exp(-(innovation + imitation) * t)
    return (1.0 - fall) / (1.0 + imitation / innovation * fall)


def fit_bass(adopters: np.ndarray, *, market: float | None = None, level: float = 0.8) -> BassFit:
    """Fit a Bass curve to new adopters by period.

    Nonlinear least squares on what is adopted within each period (Srinivasan and Mason, Marketing Science 5(2), 1986),
    not on the density at its end, which is biased.

    Parameters
    ----------
    adopters : array
        New adopters of each period, from the first on.
    market : float, optional
        Adopters in the end, where it is known (stores of a territory, say); fitted otherwise. Before the peak is
        passed the data hardly tell it: give it.
    level : float
        Of the intervals.

    Raises
    ------
    InputError
        Fewer than four periods, negative numbers, or nobody adopts.
    """
    y = np.asarray(adopters, np.float64)
    faults = [f"give at least {LEAST_PERIODS} periods, not {y.size}"] if y.size < LEAST_PERIODS else []
    if not (np.isfinite(y) & (y >= 0)).all() or y.sum() <= 0:
        faults.append("adopters must be numbers from 0, and some above it")
    if market is not None and market < y.sum():
        faults.append(f"market {market} is less than the {y.sum():,.0f} who adopted")
    if faults:
        raise InputError("the adoptions", faults)
    t = np.arange(y.size + 1.0)
    scale = y.max()

    def curve(x: np.ndarray) -> np.ndarray:
        size = market if market is not None else np.exp(x[2])
        return np.diff(size * bass_share(t, np.exp(x[0]), np.exp(x[1])))

    starts = [
        np.log([p, q, *([k * y.sum()] if market is None else [])])
        for p in (0.001, 0.01, 0.05) for q in (0.1, 0.4, 0.8) for k in ((1.1, 2.0) if market is None else (1.0,))
    ]  # fmt: skip
    low = np.log([1e-7, 1e-5, *([y.sum()] if market is None else [])])
    high = np.log([1.0, 5.0, *([100 * y.sum()] if market is None else [])])
    fits = [least_squares(lambda x: (curve(x) - y) / scale, np.clip(x, low, high), bounds=(low, high)) for x in starts]
    best = min(fits, key=lambda fit: fit.cost)
    freedom = max(y.size - best.x.size, 1)
    spread = np.sqrt(np.diag(np.linalg.pinv(best.jac.T @ best.jac)) * 2 * best.cost / freedom)
    far = ndtri(0.5 + level / 2) * spread
    names = ["innovation", "imitation", *(["market"] if market is None else [])]
    table = pd.DataFrame(
        {"name": names, "value": np.exp(best.x), "low": np.exp(best.x - far), "high": np.exp(best.x + far)}
    )
    found = dict(zip(names, np.exp(best.x), strict=True))
    size = float(found["market"]) if market is None else market
    return BassFit(size, float(found["innovation"]), float(found["imitation"]), table)


def retention(stores: pd.DataFrame, *, cohort: str | None = "cohort", level: float = 0.8) -> pd.DataFrame:
    """Say what share of a cohort still orders after so many months, with intervals.

    The product-limit estimate (Kaplan and Meier, JASA 53, 1958): stores that were watched for a shorter time count for
    as long as they were watched. Intervals are Greenwood's on log(-log S), which stay between 0 and 1.

    Parameters
    ----------
    stores : DataFrame
        months (from the first order to the last, or to today), stopped (whether the store stopped ordering then; false
        while it still does), and the column of the cohort.
    cohort : str, optional
        Column of the cohort; all stores together when None.
    level : float
        Of the intervals.

    Returns
    -------
    DataFrame
        cohort, months, at_risk, stopped, retained_share, low, high: a row for each month in which a store stopped.

    Raises
    ------
    InputError
        A column is missing, or months are negative.

    Examples
    --------
    >>> watched = pd.DataFrame({"months": [1, 2, 2, 3], "stopped": [True, True, False, False]})
    >>> retention(watched, cohort=None)["retained_share"].tolist()
    [0.75, 0.5]
    """
    missing = [name for name in ("months", "stopped", *([cohort] if cohort else [])) if name not in stores]
    if missing:
        raise InputError("the stores watched", [f"column {', '.join(missing)} is missing; add it"])
    if not (stores["months"] >= 0).all():
        raise InputError("the stores watched", ["months must be 0 or more"])
    groups = stores.groupby(cohort, observed=True) if cohort else [("all", stores)]
    far = ndtri(0.5 + level / 2)
    parts = [_kept(own, far).assign(cohort=name) for name, own in groups]
    columns = ["cohort", "months", "at_risk", "stopped", "retained_share", "low", "high"]
    return pd.concat(parts, ignore_index=True)[columns]


def _kept(stores: pd.DataFrame, far: float) -> pd.DataFrame:
    months, stopped = stores["months"].to_numpy(), stores["stopped"].to_numpy(bool)
    at = np.unique(months[stopped])
    at_risk = len(months) - np.searchsorted(np.sort(months), at)
    ended = np.bincount(np.searchsorted(at, months[stopped]), minlength=len(at))
    kept = np.cumprod(1.0 - ended / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        spread = np.sqrt(np.cumsum(ended / (at_risk * (at_risk - ended)))) / np.abs(np.log(kept))
        low, high = kept ** np.exp(far * spread), kept ** np.exp(-far * spread)
    sure = kept > 0  # when all have stopped, nothing is left to be uncertain about
    return pd.DataFrame(
        {
            "months": at,
            "at_risk": at_risk,
            "stopped": ended,
            "retained_share": kept,
            "low": np.where(sure, low, 0.0),
            "high": np.where(sure, high, 0.0),
        }
    )
