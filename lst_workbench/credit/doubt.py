"""How sure a score is: the variance of its log-odds, kept so that a million rows are told theirs in no time."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.linalg import eigsh
from threadpoolctl import threadpool_limits

from lst_workbench.credit._kernels import DIRECTIONS
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.shapes import Shapes, Term
from lst_workbench.credit.terms import offsets_of

Floats = NDArray[np.float64]


def centred(shapes: Shapes, codes: NDArray[np.int32], terms: Sequence[Term]) -> tuple[Floats, Floats]:
    """Effects, and their covariance about the mean of each term, whose doubt goes to the intercept, the last.

    A term's effects are told up to a constant only, so their own variances say nothing; about the mean they do. Levels,
    codes and gaps that no row had get their feature's mean effect, and all its variance. Gaps of features that were
    only ever missing together are told by their sum alone: none is taken to move a store further than all features do.
    """
    effect, spread, whole = shapes.effect.copy(), shapes.spread.copy(), 0.0
    seen_apart: list[int] = []
    rows = np.bincount(codes.ravel(), minlength=len(effect)).astype(float)
    for term, start in zip(terms, offsets_of(terms)[:-1], strict=True):
        inside = slice(int(start), int(start) + term.size)
        weight = rows[inside] / rows[inside].sum()
        for side in (spread, spread.T):
            mean = weight @ side[inside]
            side[inside] -= mean
            side[-1] += mean
        if isinstance(term, Bins):
            apart = np.arange(inside.start + term.ordered, inside.stop)
            empty, middle = apart[rows[apart] == 0], float(weight @ effect[inside])
            effect[empty] = middle
            spread[empty, :] = spread[:, empty] = 0.0
            spread[empty, empty] = weight @ (effect[inside] - middle) ** 2
            whole += float(weight @ (effect[inside] - middle) ** 2)
            seen_apart += apart[rows[apart] > 0].tolist()
    for place in seen_apart:
        if spread[place, place] > whole > 0:
            # As if its effect had been seen to be none, but for that spread.
            spread -= np.outer(spread[:, place] / (spread[place, place] + whole), spread[place])
    return effect, spread


@threadpool_limits.wrap(limits=1, user_api="blas")
def leading(spread: Floats) -> tuple[NDArray[np.float32], Floats]:
    """Split a covariance C into R R' of few columns, by its largest eigenvalues, and what is left of its diagonal."""
    count = min(DIRECTIONS, len(spread) - 1)
    values, vectors = eigsh(spread, k=count, v0=np.ones(len(spread)))
    root = np.zeros((len(spread), DIRECTIONS), np.float32)
    root[:, :count] = vectors * np.sqrt(np.maximum(values, 0.0))
    return root, np.maximum(np.diag(spread) - (root**2).sum(axis=1), 0.0)


def told_share(table: pd.DataFrame, bins: Sequence[Bins], stores: pd.DataFrame) -> Floats:
    """Give the part of the spread of points over features, as `table` has it, that rests on values which are there."""
    spread = (table["points"] - table.groupby("feature")["points"].transform("mean")) ** 2 * table["row_share"]
    by = np.sqrt(spread.groupby(table["feature"]).sum())
    weight = np.array([by[b.feature] for b in bins])
    weight = weight / weight.sum() if weight.sum() > 0 else np.full(len(weight), 1 / len(weight))
    told = np.ones(len(stores))
    for b, part in zip(bins, weight, strict=True):
        lacks = stores[b.feature].isna().to_numpy()
        if lacks.any():
            told[lacks] -= part
    # Rounding of differences must not tell less than nothing.
    return np.maximum(told, 0.0)
