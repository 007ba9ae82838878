"""Terms of a score, features and pairs of them: learnt from outcomes, and found for each row."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.pairs import Pair, choose_pairs
from lst_workbench.credit.shapes import Shapes, fit_shapes

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]


def offsets_of(terms: Sequence[Bins | Pair]) -> NDArray[np.int64]:
    """First number of each term's bins, and the number of all."""
    return np.concatenate([[0], np.cumsum([term.size for term in terms])]).astype(np.int64)


def codes_of(applications: pd.DataFrame, bins: Sequence[Bins], pairs: Sequence[Pair] = ()) -> Codes:
    """Bins of every row, numbered through over all terms.

    Raises
    ------
    InputError
        A feature is missing.
    """
    if absent := [b.feature for b in bins if b.feature not in applications]:
        raise InputError("applications", [f"column {', '.join(absent)} is missing; the score was fitted with it"])
    offsets = offsets_of(bins).astype(np.int32)
    codes = np.empty((len(applications), len(bins)), dtype=np.int32)
    for j, b in enumerate(bins):
        np.add(b.codes(applications[b.feature]), offsets[j], out=codes[:, j])
    return with_pairs(codes, bins, pairs)


def with_pairs(codes: Codes, bins: Sequence[Bins], pairs: Sequence[Pair]) -> Codes:
    """Add the cells of pairs to the bins of features."""
    if not pairs:
        return codes
    offsets = offsets_of([*bins, *pairs])
    starts = offsets[len(bins) : -1]
    cells = [pair.cells(codes, offsets) + np.int32(start) for pair, start in zip(pairs, starts, strict=True)]
    return np.column_stack([codes, *cells]).astype(np.int32, copy=False)


def learn_terms(
    codes: Codes, y: Floats, bins: list[Bins], direction: dict[str, int], most_pairs: int, most_cells: int
) -> tuple[list[Pair], Shapes]:
    """Fit features by themselves, find the pairs that tell more, and fit all together."""
    shapes = fit_shapes(codes, y, bins, direction)
    if not most_pairs:
        return [], shapes
    p = expit(shapes.log_odds(codes))
    offsets = offsets_of(bins)
    left = max(most_cells - int(offsets[-1]), 0)
    pairs = choose_pairs(codes, y - p, p * (1 - p), bins, offsets, most_pairs, left)
    if pairs:
        shapes = fit_shapes(with_pairs(codes, bins, pairs), y, [*bins, *pairs], direction, shapes)
    return pairs, shapes
