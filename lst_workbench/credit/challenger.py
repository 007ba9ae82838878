"""A gradient-boosted challenger on the folds of the score: what the printable model gives away."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from lst_workbench.contracts import InputError
from lst_workbench.credit.applications import named, target_of
from lst_workbench.credit.binning import Bins, as_numbers
from lst_workbench.credit.measures import area_under_curve, measure
from lst_workbench.credit.scorecard import WORDS, Scorecard
from lst_workbench.credit.validation import folds_of

Floats = NDArray[np.float64]
RESAMPLES = 200
MOST_LEVELS = 250


def challenge(
    card: Scorecard,
    applications: pd.DataFrame,
    target: str,
    monotone: Mapping[str, int | str] | None = None,
    *,
    groups: str | None = None,
) -> pd.DataFrame:
    """Compare a score with gradient boosting on the columns and folds of the score.

    The challenger (scikit-learn's histogram gradient boosting, early stopping) sees the same columns and directions,
    and each application is judged by fits that had not seen it. Boosting that is clearly better says that the score
    misses something; a score that is as good has no reason to give way to a model that cannot be printed.

    Parameters
    ----------
    card : Scorecard
        Fitted to `applications` with the same `groups`.
    applications : DataFrame
        The table it was fitted to, rows in the same order.
    target : str
        Column with 1 for default.
    monotone : mapping, optional
        Directions, as given to `fit_scorecard`.
    groups : str, optional
        Column held out together.

    Returns
    -------
    DataFrame
        measure (auc, gini, ks, brier, calibration_error), champion, challenger, ratio, low and high: 95% of the ratio,
        by resampling applications.

    Raises
    ------
    InputError
        The table is not the one that the score was fitted to.

    Examples
    --------
    >>> from lst_workbench.credit import fit_scorecard
    >>> rng = np.random.default_rng(0)
    >>> past = pd.DataFrame({"months_open": rng.integers(1, 60, 2000)})
    >>> past["default"] = (rng.random(2000) < 0.4 / np.sqrt(past["months_open"])).astype(int)
    >>> table = challenge(fit_scorecard(past, "default"), past, "default").set_index("measure")
    >>> bool(table.loc["gini", "ratio"] > 0.95)
    True
    """
    if len(applications) != len(card.held_out):
        fault = (
            f"the score was fitted to {len(card.held_out):,} rows, these are {len(applications):,}; give the same table"
        )
        raise InputError("applications", [fault])
    applications = named(applications)
    y = target_of(applications, target)
    columns = _columns(applications, card.bins)
    ways = {name: WORDS[way] for name, way in (monotone or {}).items()}
    directions = [ways.get(b.feature, 0) for b in card.bins]
    pd_ = np.full(len(y), np.nan)
    for part in folds_of(applications, groups, card.params.folds, card.params.seed):
        seen = np.ones(len(y), bool)
        seen[part] = False
        if 0 < y[seen].sum() < seen.sum():
            pd_[part] = _boosted(columns, y, seen, part, card.bins, directions)
    told = ~np.isnan(pd_) & ~np.isnan(card.held_out)
    return _compared(y[told], card.held_out[told], pd_[told])


def _columns(applications: pd.DataFrame, bins: tuple[Bins, ...]) -> Floats:
    """Columns of the score as numbers; levels by their number, empty ones as gaps."""
    parts = []
    for b in bins:
        if b.numeric:
            parts.append(as_numbers(applications[b.feature]))
            continue
        codes = pd.factorize(applications[b.feature].astype(str).where(applications[b.feature].notna()))[0]
        parts.append(np.where(codes < 0, np.nan, codes % MOST_LEVELS))
    return np.column_stack(parts).astype(float)


# Threads of boosting change the order of its sums, and with it the result.
@threadpool_limits.wrap(limits=1, user_api="openmp")
def _boosted(
    columns: Floats, y: Floats, seen: NDArray[np.bool_], part: NDArray[np.int64], bins: tuple[Bins, ...],
    directions: list[int],
) -> Floats:  # fmt: skip
    model = HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=400, max_leaf_nodes=15, min_samples_leaf=20, l2_regularization=1.0,
        early_stopping=True, random_state=7, monotonic_cst=directions,
        categorical_features=[j for j, b in enumerate(bins) if not b.numeric],
    )  # fmt: skip
    return model.fit(columns[seen], y[seen]).predict_proba(columns[part])[:, 1]


def _compared(y: Floats, champion: Floats, challenger: Floats) -> pd.DataFrame:
    table = measure(y, champion)[["measure", "value"]].rename(columns={"value": "champion"})
    table["challenger"] = measure(y, challenger)["value"]
    table = table[table["measure"].isin(["auc", "gini", "ks", "brier", "calibration_error"])].reset_index(drop=True)
    table["ratio"] = table["champion"] / table["challenger"]
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(RESAMPLES):
        rows = rng.integers(0, len(y), len(y))
        if not 0 < y[rows].sum() < len(rows):
            continue
        a, b = (area_under_curve(y[rows], pd_[rows]) for pd_ in (champion, challenger))
        c, d = (np.mean((pd_[rows] - y[rows]) ** 2) for pd_ in (champion, challenger))
        drawn.append((a / b, (2 * a - 1) / (2 * b - 1), c / d))
    reach = np.quantile(np.array(drawn), [0.025, 0.975], axis=0)
    for k, name in enumerate(("auc", "gini", "brier")):
        table.loc[table["measure"] == name, ["low", "high"]] = reach[:, k]
    return table
