"""How well probabilities of default rank and how true they are, with standard errors."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
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

    AUC's error is Hanley and McNeil's (1982), KS's the binomial one at the point found, Brier's that of a mean;
    calibration error is the mean gap between PD and default share over ten groups of equal size; calibration noise is
    what the same measure would show by chance if every PD were right: sum sqrt(2 sum p (1 - p) / pi) / n.

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
    ]
    table = pd.DataFrame(rows, columns=["measure", "value", "error"])
    return table.assign(
        low=table["value"] - NORMAL_95 * table["error"], high=table["value"] + NORMAL_95 * table["error"]
    ).drop(columns="error")


def calibration_error(y: Floats, pd_: Floats) -> float:
    """Mean gap between PD and default share over ten groups of equal size, ordered by PD."""
    parts = np.array_split(np.argsort(pd_, kind="stable"), GROUPS)
    return float(sum(abs(pd_[p].sum() - y[p].sum()) for p in parts if len(p)) / len(y))


def calibration_noise(pd_: Floats) -> float:
    """Calibration error that chance alone would give, were every PD right."""
    parts = np.array_split(np.sort(pd_), GROUPS)
    return float(sum(np.sqrt(2 * (p * (1 - p)).sum() / np.pi) for p in parts) / len(pd_))
