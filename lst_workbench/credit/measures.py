"""How well probabilities of default rank and how true they are, with standard errors."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import rankdata

Floats = NDArray[np.float64]
GROUPS = 10
NORMAL_95 = 1.959964


def area_under_curve(y: Floats, pd_: Floats) -> float:
    """Chance that a defaulted store has the higher PD of a random pair, ties half: (R1 - n1 (n1 + 1) / 2) / (n1 n0)."""
    bad = y.sum()
    return float((rankdata(pd_)[y == 1].sum() - bad * (bad + 1) / 2) / (bad * (len(y) - bad)))


def measure(y: Floats, pd_: Floats) -> pd.DataFrame:
    """AUC, Gini, KS, Brier score and calibration error with 95% intervals.

    AUC's error is Hanley and McNeil's (1982), KS's the binomial one at the point found, Brier's that of a mean.
    Calibration error is the mean gap between PD and default share over ten groups of equal size, its range from
    default shares drawn again; calibration noise is what the same measure would show by chance if every PD were right,
    sum sqrt(2 sum p (1 - p) / pi) / n; calibration excess is the root of the mean squared gap less what chance adds to
    it (Kumar, Liang and Ma, 2019). Level is defaults seen over expected, slope that of the log-odds: both 1 when true.

    Returns
    -------
    DataFrame
        measure, value, low, high.

    Examples
    --------
    >>> measure(np.array([0, 0, 1, 1.0]), np.array([0.1, 0.4, 0.35, 0.8]))["value"].round(3).head(4).tolist()
    [0.75, 0.5, 0.5, 0.158]
    """
    bad, good = y.sum(), (1 - y).sum()
    auc = area_under_curve(y, pd_)
    spread = auc * (1 - auc) + (bad - 1) * (auc / (2 - auc) - auc**2) + (good - 1) * (2 * auc**2 / (1 + auc) - auc**2)
    auc_error = float(np.sqrt(spread / (bad * good)))
    order = np.argsort(pd_, kind="stable")
    last = np.append(np.diff(pd_[order]) > 0, True)
    caught_bad, caught_good = (np.cumsum(part[order])[last] / part.sum() for part in (y, 1 - y))
    at = int(np.argmax(np.abs(caught_good - caught_bad)))
    b, g = caught_bad[at], caught_good[at]
    squares = (pd_ - y) ** 2
    rows = [
        ("auc", auc, auc_error),
        ("gini", 2 * auc - 1, 2 * auc_error),
        ("ks", abs(g - b), float(np.sqrt(b * (1 - b) / bad + g * (1 - g) / good))),
        ("brier", squares.mean(), float(squares.std() / np.sqrt(len(y)))),
        ("calibration_error", calibration_error(y, pd_), np.nan),
        ("calibration_noise", calibration_noise(pd_), np.nan),
        ("calibration_excess", calibration_excess(y, pd_), np.nan),
        ("calibration_level", y.sum() / pd_.sum(), float(np.sqrt((pd_ * (1 - pd_)).sum()) / pd_.sum())),
        ("calibration_slope", *calibration_slope(y, pd_)),
    ]
    table = pd.DataFrame(rows, columns=["measure", "value", "error"])
    table = table.assign(
        low=table["value"] - NORMAL_95 * table["error"], high=table["value"] + NORMAL_95 * table["error"]
    ).drop(columns="error")
    table.loc[table["measure"] == "calibration_error", ["low", "high"]] = _error_range(y, pd_)
    return table


def calibration_error(y: Floats, pd_: Floats) -> float:
    """Mean gap between PD and default share over ten groups of equal size, ordered by PD."""
    parts = np.array_split(np.argsort(pd_, kind="stable"), GROUPS)
    return float(sum(abs(pd_[p].sum() - y[p].sum()) for p in parts if len(p)) / len(y))


def _gaps(y: Floats, pd_: Floats) -> tuple[Floats, Floats, Floats]:
    """Gap between PD and default share of each group, variance of that share, and its part of the rows."""
    parts = [p for p in np.array_split(np.argsort(pd_, kind="stable"), GROUPS) if len(p)]
    gap = np.array([pd_[p].mean() - y[p].mean() for p in parts])
    variance = np.array([y[p].mean() * (1 - y[p].mean()) / max(len(p) - 1, 1) for p in parts])
    return gap, variance, np.array([len(p) / len(y) for p in parts])


def _error_range(y: Floats, pd_: Floats) -> list[float]:
    """95% range of the calibration error, default shares of its groups drawn again."""
    gap, variance, part = _gaps(y, pd_)
    drawn = gap + np.sqrt(variance) * np.random.default_rng(0).standard_normal((2000, len(gap)))
    errors = np.abs(drawn) @ part
    # Chance adds to a mean of absolute gaps: the range is that of the draws, about the error itself.
    shift = float(np.abs(gap) @ part - errors.mean())
    return [max(float(q) + shift, 0.0) for q in np.quantile(errors, [0.025, 0.975])]


def calibration_excess(y: Floats, pd_: Floats) -> float:
    """Root of the mean squared gap between PD and default share over ten groups, less what chance adds to it."""
    gap, variance, part = _gaps(y, pd_)
    return float(np.sqrt(max(float(part @ (gap**2 - variance)), 0.0)))


def calibration_slope(y: Floats, pd_: Floats) -> tuple[float, float]:
    """Slope of outcomes' log-odds on those of the PD, and its standard error: below 1, PDs are too far apart."""
    odds = logit(pd_.clip(1e-9, 1 - 1e-9))
    rows, beta = np.column_stack([np.ones(len(y)), odds]), np.array([0.0, 1.0])
    second = np.eye(2)
    for _ in range(30):
        p = expit(rows @ beta)
        second = rows.T @ (rows * (p * (1 - p))[:, None]) + 1e-9 * np.eye(2)
        step = np.linalg.solve(second, rows.T @ (y - p))
        beta = beta + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
    return float(beta[1]), float(np.sqrt(np.linalg.inv(second)[1, 1]))


def calibration_noise(pd_: Floats) -> float:
    """Calibration error that chance alone would give, were every PD right."""
    parts = np.array_split(np.sort(pd_), GROUPS)
    return float(sum(np.sqrt(2 * (p * (1 - p)).sum() / np.pi) for p in parts) / len(pd_))
