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
from lst_workbench.credit.segments import DEEP, SHALLOW, STEP, loss_of, staged_odds
from lst_workbench.credit.terms import MostTerms, Plan, learn_terms, offsets_of, with_joint

Floats = NDArray[np.float64]
LEAST_SLOPE = 0.5
CLEARLY = 4.0
# Segments are taken up when their gain on unseen rows is so many standard errors above none.
CLEAR_GAIN = 1.0
PLANS = tuple(Plan(share, growth) for share in (1.0, 0.5, 0.2) for growth in (SHALLOW, DEEP))


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
    """Log-odds of each part by fits to all other rows: by kind of plan (`PLANS`), ten partitions more a stage, row.

    NaN where the other rows have one class only, and outside all parts.
    """
    odds = np.full((len(PLANS), most.segments // STEP + 1, len(y)), np.nan)
    for part in parts:
        seen = _others(part, y)
        if not 0 < y[seen].sum() < seen.sum():
            continue
        joint, shapes = learn_terms(codes[seen], y[seen], bins, direction, most, Plan())
        told = with_joint(codes, bins, joint)
        for k, plan in enumerate(PLANS):
            base = shapes.shrunk(plan.share, told[seen], y[seen]).log_odds(told)
            odds[k][:, ~seen] = staged_odds(codes, y, seen, bins, direction, base, plan.growth, most.segments)
    return odds


def later_odds(
    part: NDArray[np.int64], codes: NDArray[np.int32], y: Floats, bins: list[Bins], direction: dict[str, int],
    most: MostTerms, plan: Plan,
) -> Floats:  # fmt: skip
    """Log-odds of the rows of `part` by a fit to all others as planned, NaN elsewhere or where those have one class."""
    odds, seen = np.full(len(y), np.nan), _others(part, y)
    if 0 < y[seen].sum() < seen.sum():
        joint, shapes = learn_terms(codes[seen], y[seen], bins, direction, most, plan)
        odds[part] = shapes.log_odds(with_joint(codes[part], bins, joint))
    return odds


def _others(part: NDArray[np.int64], y: Floats) -> NDArray[np.bool_]:
    seen = np.ones(len(y), bool)
    seen[part] = False
    return seen


def choose_plan(odds: Floats, y: Floats, parts: Sequence[NDArray[np.int64]]) -> tuple[Plan, Floats]:
    """Plan of the least loss on rows not seen, no segments unless their gain is clear; and its PD of these rows.

    Features and pairs alone are judged with the slope that the other parts ask for: being drawn together is no gain of
    segments.
    """
    plain = expit(odds[0, 0])
    told = ~np.isnan(plain)
    drawn = loss_of(logit(drawn_together(y, plain, parts)[told]), y[told])
    losses = np.array([[loss_of(stage[told], y[told]).sum() for stage in kind] for kind in odds])
    kind, stage = np.unravel_index(int(losses.argmin()), losses.shape)
    gain = drawn - loss_of(odds[kind, stage][told], y[told])
    if stage == 0 or not gain.mean() > CLEAR_GAIN * gain.std() / np.sqrt(max(len(gain), 1)):
        return Plan(), plain
    return replace(PLANS[kind], segments=int(stage) * STEP), expit(odds[kind, stage])


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
