"""Draws of planning figures from their ranges: the likeliest value where the plan has it, nothing beyond the bounds."""

from collections.abc import Collection

import numpy as np
import pandas as pd
from scipy.special import betaincinv, ndtr

from lst_workbench.contracts import InputError

KNOTS = 513  # of the quantile curve of a figure; between them it is straight
Draws = dict[str, np.ndarray]


def quantiles(value: float, low: float, high: float, at: np.ndarray) -> np.ndarray:
    """Quantiles of a figure that is likeliest at `value` and never leaves `low` to `high`.

    The PERT distribution: low + (high - low) x Beta(1 + 4 (value - low) / (high - low), 1 + 4 (high - value) / (high -
    low)); its mean is (low + 4 value + high) / 6 (Malcolm et al., Operations Research 7(5), 1959).

    Parameters
    ----------
    value, low, high : float
        Likeliest value and bounds.
    at : array
        Shares, 0-1.

    Examples
    --------
    >>> quantiles(8.0, 3.0, 15.0, np.array([0.0, 0.5, 1.0])).round(2).tolist()
    [3.0, 8.25, 15.0]
    """
    if high <= low:
        return np.full(np.shape(at), value)
    left = 1.0 + 4.0 * (value - low) / (high - low)
    return low + (high - low) * betaincinv(left, 6.0 - left, at)


def draw_figures(
    ranges: pd.DataFrame,
    draws: int,
    seed: int,
    regions: int = 1,
    regional_share: float = 0.0,
    regional: Collection[str] = (),
) -> Draws:
    """Draw every figure, each by itself; those of `regional` also differ from region to region.

    A figure's place in its range is a standard normal z turned into a share; a regional one mixes the nation's z and
    the region's own, sqrt(1 - s) z + sqrt(s) z', so that its spread in a region is that of the nation.

    Parameters
    ----------
    ranges : DataFrame
        key, value, low, high.
    draws, seed : int
        Number of draws, and where they start.
    regions : int
        Number of regions.
    regional_share : float
        s: share of the spread that is a region's own, 0-1.
    regional : collection of str
        Keys of the figures that differ between regions.

    Returns
    -------
    dict
        Key to an array of draws, or of draws x regions.

    Raises
    ------
    InputError
        Names every figure whose value is out of its range, and what else is wrong.

    Examples
    --------
    >>> ranges = pd.DataFrame({"key": ["a", "b"], "value": [2.0, 5.0], "low": [1.0, 5.0], "high": [4.0, 5.0]})
    >>> drawn = draw_figures(ranges, 1000, seed=7)
    >>> round(float(drawn["a"].mean()), 1), drawn["b"][:2].tolist()
    (2.1, [5.0, 5.0])
    """
    faults = [
        f"{row.key} must have low <= value <= high, but has {row.low}, {row.value}, {row.high}"
        for row in ranges.itertuples()
        if not row.low <= row.value <= row.high
    ]
    if draws < 1:
        faults.append(f"draws must be at least 1, not {draws}")
    if not 0.0 <= regional_share <= 1.0:
        faults.append(f"regional_share must be from 0 to 1, not {regional_share}")
    if faults:
        raise InputError("the ranges", faults)
    at = np.linspace(0.0, 1.0, KNOTS)
    drawn: Draws = {}
    for row, stream in zip(ranges.itertuples(), np.random.SeedSequence(seed).spawn(len(ranges)), strict=True):
        rng = np.random.default_rng(stream)
        z = rng.standard_normal(draws)
        if row.key in regional:
            own = rng.standard_normal((draws, regions))
            z = np.sqrt(1.0 - regional_share) * z[:, None] + np.sqrt(regional_share) * own
        drawn[str(row.key)] = np.interp(ndtr(z), at, quantiles(row.value, row.low, row.high, at))
    return drawn
