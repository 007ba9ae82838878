"""How good a score is on rows its fit did not see: folds, left-out groups, the latest applications."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from lst_workbench.contracts import InputError
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.measures import area_under_curve, calibration_slope, measure
from lst_workbench.credit.segments import staged_odds
from lst_workbench.credit.terms import MostTerms, learn_terms, offsets_of, with_joint

Floats = NDArray[np.float64]
LEAST_SLOPE = 0.5
CLEARLY = 4.0


def folds_of(applications: pd.DataFrame, groups: str | None, folds: int, seed: int) -> list[NDArray[np.int64]]:
    """Rows of each fold; all rows of a group fall into one fold.

    Raises
    ------
    InputError
        The column of groups is missing, or all rows are of one group.
    """
    rng = np.random.default_rng(seed)
    if groups is None:
        return np.array_split(rng.permutation(len(applications)), folds)
    if groups not in applications:
        raise InputError("applications", [f"groups {groups} is no column; name the column of the city or none"])
    codes, names = pd.factorize(applications[groups], use_na_sentinel=False)
    if len(names) < 2:
        raise InputError("applications", [f"groups {groups} has one value only; hold out another column, or none"])
    fold = rng.permutation(len(names)) % folds
    return [np.flatnonzero(fold[codes] == k) for k in range(min(folds, len(names)))]


def unseen_odds(
    parts: Sequence[NDArray[np.int64]], codes: NDArray[np.int32], y: Floats, bins: list[Bins],
    direction: dict[str, int], most: MostTerms,
) -> Floats:  # fmt: skip
    """Log-odds of each part by a fit to all other rows, a row for 0, 1, ... partitions into segments.

    NaN where the other rows have one class only, and outside all parts.
    """
    odds = np.full((most.segments + 1, len(y)), np.nan)
    for part in parts:
        seen = np.ones(len(y), bool)
        seen[part] = False
        if 0 < y[seen].sum() < seen.sum():
            joint, shapes = learn_terms(codes[seen], y[seen], bins, direction, replace(most, segments=0))
            base = shapes.log_odds(with_joint(codes, bins, joint))
            odds[:, ~seen] = staged_odds(codes, y, seen, bins, direction, base, most.segments)
    return odds


def against_data(codes: NDArray[np.int32], y: Floats, bins: Sequence[Bins], direction: dict[str, int]) -> list[str]:
    """Features whose declared direction the data clearly contradict, taken one by one."""
    found = []
    for j, (b, start) in enumerate(zip(bins, offsets_of(bins)[:-1], strict=True)):
        place = codes[:, j] - start
        inside = place < b.ordered
        bad = y[inside]
        if b.feature not in direction or not 0 < bad.sum() < len(bad):
            continue
        away = direction[b.feature] * (area_under_curve(bad, place[inside].astype(float)) - 0.5)
        # Standard error of an area of one half: sqrt((n1 + n0 + 1) / (12 n1 n0)).
        error = np.sqrt((len(bad) + 1) / (12 * bad.sum() * (len(bad) - bad.sum())))
        if away < -CLEARLY * error:
            found.append(b.feature)
    return found


def slope_of(y: Floats, pd_: Floats) -> float:
    """How far unseen outcomes follow the PDs told, at most 1: a fit to few rows sets stores too far apart."""
    told = ~np.isnan(pd_)
    if not 0 < y[told].sum() < told.sum():
        return 1.0
    return float(np.clip(calibration_slope(y[told], pd_[told])[0], LEAST_SLOPE, 1.0))


def drawn_together(y: Floats, pd_: Floats, parts: Sequence[NDArray[np.int64]]) -> Floats:
    """PD of each part with the slope that the other parts' outcomes ask for."""
    drawn, mean = pd_.copy(), float(logit(y.mean()))
    for part in parts:
        others = pd_.copy()
        others[part] = np.nan
        drawn[part] = expit(mean + slope_of(y, others) * (logit(pd_[part]) - mean))
    return drawn


def measures_of(sample: str, y: Floats, pd_: Floats) -> pd.DataFrame:
    """Measures of a sample where PDs are given; no rows where it has one class only."""
    told = ~np.isnan(pd_)
    if not 0 < y[told].sum() < told.sum():
        return pd.DataFrame(columns=["sample", "measure", "value", "low", "high"])
    return measure(y[told], pd_[told]).assign(sample=sample)[["sample", "measure", "value", "low", "high"]]
