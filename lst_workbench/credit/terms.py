"""Terms of a score, features, pairs and segments of them: learnt from outcomes, and found for each row."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.pairs import Pair, choose_pairs
from lst_workbench.credit.segments import SHALLOW, Growth, Segments, learn_segments
from lst_workbench.credit.shapes import Shapes, fit_shapes

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
Joint = Pair | Segments
# Of all cells, features take up to this part; the rest is for pairs.
FEATURES_PART, FEWEST_BINS = 2 / 3, 4


@dataclass(frozen=True)
class MostTerms:
    """Most pairs, about the most cells of features and pairs, and most partitions into segments."""

    pairs: int
    cells: int
    segments: int


@dataclass(frozen=True)
class Plan:
    """Part of the effects of features and pairs that counts, and the segments grown for what that leaves untold."""

    share: float = 1.0
    growth: Growth = SHALLOW
    segments: int = 0


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


def coarser(bins: Sequence[Bins], codes: Codes, cells: int) -> tuple[list[Bins], Codes]:
    """Join neighbouring ranges, and the rarest levels, so that all features have about `cells` bins at most.

    Returns
    -------
    coarse : list of Bins
        A feature each, as given where it has few bins.
    place : ndarray
        Coarse bin of each bin, both numbered through over all features.
    """
    most = max(int(cells / max(len(bins), 1)), FEWEST_BINS)
    rows = np.bincount(codes.ravel(), minlength=int(offsets_of(bins)[-1]))
    coarse, places, start = list[Bins](), list[Codes](), 0
    for b, first in zip(bins, offsets_of(bins)[:-1], strict=True):
        joined, place = _joined(b, rows[first : first + b.size], most)
        coarse.append(joined)
        places.append(place + np.int32(start))
        start += joined.size
    return coarse, np.concatenate(places).astype(np.int32)


def _joined(b: Bins, rows: NDArray[np.int64], most: int) -> tuple[Bins, Codes]:
    """Coarser bins of one feature, and the place of its bins in them."""
    if b.numeric and b.ordered > most:
        inside = rows[: b.ordered]
        upto = np.cumsum(inside) - inside / 2
        group = np.unique(np.minimum(upto / max(inside.sum(), 1) * most, most - 1).astype(int), return_inverse=True)[1]
        few = replace(b, edges=b.edges[np.diff(group) > 0])
        apart = np.arange(few.ordered, few.size)
        return few, np.concatenate([group, apart]).astype(np.int32)
    if not b.numeric and len(b.levels) > 2 * most:
        kept = np.sort(np.argsort(-rows[: len(b.levels)], kind="stable")[: 2 * most])
        few = replace(b, levels=tuple(b.levels[k] for k in kept))
        place = np.full(b.size, len(kept))
        place[kept], place[-1] = np.arange(len(kept)), few.size - 1
        return few, place.astype(np.int32)
    return b, np.arange(b.size, dtype=np.int32)


def learn_terms(
    codes: Codes, y: Floats, bins: list[Bins], direction: dict[str, int], most: MostTerms, plan: Plan
) -> tuple[list[Joint], Shapes]:
    """Fit features by themselves, find the pairs that tell more, fit all together, and add the segments planned.

    Effects of features and pairs are those of coarser bins (`coarser`), segments are cut at any bin.
    """
    few, place = coarser(bins, codes, int(FEATURES_PART * most.cells))
    plain = place[codes]
    shapes, joint = fit_shapes(plain, y, few, direction), list[Joint]()
    if most.pairs:
        p = expit(shapes.log_odds(plain))
        size = offsets_of(few)[-1]
        joint += choose_pairs(codes, y - p, p * (1 - p), bins, offsets_of(bins), most.pairs, max(most.cells - size, 0))
        if joint:
            cells = with_joint(codes, bins, joint)[:, len(bins) :] - np.int32(len(place) - size)
            shapes = fit_shapes(np.column_stack([plain, cells]), y, [*few, *joint], direction, shapes)
    shapes = shapes.spread_over(place)
    if plan.segments:
        told = with_joint(codes, bins, joint)
        shapes = shapes.shrunk(plan.share, told, y)
        grown = learn_segments(codes, y, bins, direction, shapes.log_odds(told), plan.growth, plan.segments)
        joint += grown.terms
        shapes = shapes.extended(grown.effect, grown.variance, with_joint(codes, bins, joint), y)
    return joint, shapes
