"""How good a potential is on stores that the model had not seen, and the intervals that follow from it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

LEAST_IN_SEGMENT = 50  # below it a segment takes everybody's interval
DECILES = 10
OWN = "fit_potential"
REST = ""


@dataclass(frozen=True)
class Fold:
    """Rows that were left out together, and what each model expected of them."""

    rows: np.ndarray
    expected: dict[str, np.ndarray]


def conformal_ratios(ratios: np.ndarray, segments: np.ndarray, tails: Sequence[float]) -> pd.DataFrame:
    """Quantiles of actual over expected, by segment; the row "" is everybody's.

    The lower tail takes the ⌊(n + 1) q⌋-th smallest ratio, the upper one the ⌈(n + 1) q⌉-th (split conformal, Vovk
    2005), so that a new store lies between them at least as often as said; the median is the plain one.
    """
    kept = {REST: ratios}
    names, counts = np.unique(segments.astype(str), return_counts=True)
    kept |= {str(name): ratios[segments == name] for name in names[counts >= LEAST_IN_SEGMENT]}
    table = {name: [_quantile(np.sort(part), tail) for tail in tails] for name, part in kept.items()}
    return pd.DataFrame.from_dict(table, orient="index", columns=list(tails))


def ratios_for(table: pd.DataFrame, segments: np.ndarray) -> np.ndarray:
    """Ratios of each row's segment (row, tail)."""
    known = np.where(np.isin(segments, table.index), segments, REST)
    return table.loc[known].to_numpy()


def evaluate(
    folds: Sequence[Fold], actual: np.ndarray, segments: np.ndarray, regions: np.ndarray, tails: Sequence[float]
) -> pd.DataFrame:
    """Judge every model: all rows, by decile of the expected volume, by segment, by region.

    Whether a row lies in its interval is judged with ratios of the other folds only.
    """
    models = list(folds[0].expected)
    expected = {name: np.full(len(actual), np.nan) for name in models}
    fold_of = np.zeros(len(actual), np.int64)
    for k, fold in enumerate(folds):
        fold_of[fold.rows] = k
        for name in models:
            expected[name][fold.rows] = fold.expected[name]
    ratio, inside = actual / expected[OWN], np.zeros(len(actual), bool)
    for k in range(len(folds)):
        here = fold_of == k
        if here.all():
            continue
        limits = ratios_for(conformal_ratios(ratio[~here], segments[~here], tails), segments[here])
        inside[here] = (ratio[here] >= limits[:, 0]) & (ratio[here] <= limits[:, -1])
    rank = np.argsort(np.argsort(expected[OWN], kind="stable"), kind="stable")
    decile = (rank * DECILES // max(len(actual), 1) + 1).astype(str)
    groupings = {"all": np.full(len(actual), "all"), "volume_decile": decile, "segment": segments, "region": regions}
    rows = [
        {"model": name, "by": by, "group": group, **_errors(actual[here], expected[name][here]),
         "interval_coverage": inside[here].mean() if name == OWN else np.nan}
        for by, groups in groupings.items()
        for group in pd.unique(groups.astype(str))
        for here in [groups.astype(str) == group]
        for name in models
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _errors(actual: np.ndarray, expected: np.ndarray) -> dict[str, float]:
    total = actual.sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.maximum(expected, 1.0)) - np.log(np.maximum(actual, 1.0))
    return {
        "stores": len(actual),
        "wape": float(np.abs(expected - actual).sum() / total),
        "bias": float((expected - actual).sum() / total),
        "rmse_log": float(np.sqrt((logs**2).mean())),
    }


def _quantile(ascending: np.ndarray, tail: float) -> float:
    count = len(ascending)
    if tail == 0.5:
        return float(np.median(ascending))
    rank = np.floor((count + 1) * tail) if tail < 0.5 else np.ceil((count + 1) * tail)
    return float(ascending[int(np.clip(rank, 1, count)) - 1])
