"""Terms of a score, features, pairs and segments of them: learnt from outcomes, and found for each row."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.pairs import Pair, choose_pairs
from lst_workbench.credit.segments import Segments, learn_segments
from lst_workbench.credit.shapes import Shapes, fit_shapes

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Joint = Pair | Segments


@dataclass(frozen=True)
class MostTerms:
    """Most pairs, about the most cells of features and pairs, and partitions into segments."""

    pairs: int
    cells: int
    segments: int


def offsets_of(terms: Sequence[Bins | Joint]) -> NDArray[np.int64]:
    """First number of each term's bins, and the number of all."""
    return np.concatenate([[0], np.cumsum([term.size for term in terms])]).astype(np.int64)


def codes_of(applications: pd.DataFrame, bins: Sequence[Bins], joint: Sequence[Joint] = ()) -> Codes:
    """Bins of every row, numbered through over all terms; each column of the result lies in one piece.

    Raises
    ------
    InputError
        A feature is missing.
    """
    if absent := [b.feature for b in bins if b.feature not in applications]:
        raise InputError("applications", [f"column {', '.join(absent)} is missing; the score was fitted with it"])
    offsets = offsets_of([*bins, *joint])
    codes = np.empty((len(applications), len(bins) + len(joint)), dtype=np.int32, order="F")
    for j, b in enumerate(bins):
        np.add(b.codes(applications[b.feature]), np.int32(offsets[j]), out=codes[:, j])
    for j, term in enumerate(joint, start=len(bins)):
        np.add(term.cells(codes, offsets), np.int32(offsets[j]), out=codes[:, j])
    return codes


def with_joint(codes: Codes, bins: Sequence[Bins], joint: Sequence[Joint]) -> Codes:
    """Add the cells of pairs and segments to the bins of features."""
    if not joint:
        return codes
    offsets = offsets_of([*bins, *joint])
    starts = offsets[len(bins) : -1]
    cells = [term.cells(codes, offsets) + np.int32(start) for term, start in zip(joint, starts, strict=True)]
    return np.column_stack([codes, *cells]).astype(np.int32, copy=False)


def learn_terms(
    codes: Codes, y: Floats, bins: list[Bins], direction: dict[str, int], most: MostTerms
) -> tuple[list[Joint], Shapes]:
    """Fit features by themselves, find the pairs that tell more, fit all together, and add the segments asked for."""
    shapes, joint = fit_shapes(codes, y, bins, direction), list[Joint]()
    if most.pairs:
        p = expit(shapes.log_odds(codes))
        offsets = offsets_of(bins)
        left = max(most.cells - int(offsets[-1]), 0)
        joint += choose_pairs(codes, y - p, p * (1 - p), bins, offsets, most.pairs, left)
        if joint:
            shapes = fit_shapes(with_joint(codes, bins, joint), y, [*bins, *joint], direction, shapes)
    if most.segments:
        odds = shapes.log_odds(with_joint(codes, bins, joint))
        grown = learn_segments(codes, y, bins, direction, odds, most.segments)
        joint += grown.terms
        shapes = shapes.extended(grown.effect, grown.variance, with_joint(codes, bins, joint), y)
    return joint, shapes
