"""Segments: cuts by several features at once, for what features and pairs leave untold."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from lst_workbench.credit._kernels import find_segments, grow_segments
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.pairs import span

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
# Partitions are counted in tens; so many tens may pass without a gain on unseen rows.
STEP, PATIENCE = 10, 3
# Each partition looks at a part of the features, but no fewer than some, and at a part of the rows.
COLUMNS_PART, LEAST_COLUMNS, ROWS_PART = 0.6, 6, 0.8
NAMED = 3


@dataclass(frozen=True)
class Growth:
    """How a partition is cut: most segments, fewest rows of each, weight that holds values small, part taken of them.

    Attributes
    ----------
    leaves, least_rows : int
        Most segments of a partition, fewest rows of a segment.
    ridge, rate : float
        Added to the weight of a segment's rows; part of its log-odds that counts.
    """

    leaves: int
    least_rows: int
    ridge: float
    rate: float


SHALLOW, DEEP = Growth(4, 20, 2.0, 0.1), Growth(16, 3, 1.0, 0.2)


@dataclass(frozen=True)
class Segments:
    """A partition of all rows: cut s takes part of segment ``splits[s, 0]`` into segment s + 1 (`grow_segments`)."""

    feature: str
    splits: Codes = field(repr=False)
    rank: Codes = field(repr=False)
    bins: tuple[Bins, ...] = field(repr=False)

    @property
    def size(self) -> int:
        """Number of segments."""
        return len(self.splits) + 1

    @property
    def ordered(self) -> int:
        """Number of segments in one line of order: none."""
        return 0

    def cells(self, codes: Codes, offsets: NDArray[np.int64]) -> Codes:
        """Segment of each row, from the bins of its features, numbered through over all features."""
        home = np.empty(len(codes), dtype=np.int32)
        find_segments(codes, self.rank, self.splits, home)
        return home

    def labels(self) -> list[str]:
        """Name of each segment: the bins it holds of every feature that it is cut by."""
        bounds: list[dict[int, tuple[int, int]]] = [{}]
        for home, j, cut in self.splits:
            low, high = bounds[home].get(j, (0, self.bins[j].size - 1))
            bounds.append({**bounds[home], j: (cut + 1, high)})
            bounds[home] = {**bounds[home], j: (low, int(cut))}
        return [" & ".join(self._words(int(j), *ends) for j, ends in sorted(b.items())) or "all" for b in bounds]

    def _words(self, j: int, low: int, high: int) -> str:
        names, start = self.bins[j].labels(), sum(b.size for b in self.bins[:j])
        rank = self.rank[start : start + self.bins[j].size]
        held = [k for k in range(len(names)) if low <= rank[k] <= high]
        ranges = [k for k in held if k < self.bins[j].ordered]
        words = [span(names[ranges[0]], names[ranges[-1]])] if ranges else []
        return f"{self.bins[j].feature} " + " or ".join([*words, *(names[k] for k in held if k not in ranges)])


@dataclass(frozen=True)
class Grown:
    """Segments with the log-odds of each, and its variance."""

    terms: list[Segments]
    effect: Floats
    variance: Floats


def learn_segments(
    codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int], odds: Floats, growth: Growth, count: int
) -> Grown:
    r"""Grow `count` partitions one after another for what log-odds of `odds` leave untold.

    Each partition is cut greedily by the second-order gain of the likelihood, :math:`G^2 / (W + \rho)`, on rows and
    features drawn by lot, and moves log-odds by a part of :math:`G / (W + \rho)`, G the sum of residuals and W that
    of p (1 - p). Source: Friedman, Computational Statistics & Data Analysis 38 (2002).
    """
    grower = _Grower(codes, y, bins, direction, np.ones(len(y), bool), growth)
    terms, effects, variances = [], [np.empty(0)], [np.empty(0)]
    for number in range(1, count + 1):
        splits, gains, value, own = grower.next(odds)
        told = np.bincount(splits[:, 1], gains, len(bins))
        names = [bins[j].feature for j in np.argsort(-told, kind="stable")[:NAMED] if told[j] > 0]
        terms.append(Segments(f"{' × '.join(names)} ({number})", splits, grower.rank, tuple(bins)))
        effects.append(value)
        variances.append(growth.rate**2 / (own + growth.ridge))
        odds = odds + value[grower.home]
    return Grown(terms, np.concatenate(effects), np.concatenate(variances))


def staged_odds(
    codes: Codes, y: Floats, seen: NDArray[np.bool_], bins: Sequence[Bins], direction: dict[str, int], odds: Floats,
    growth: Growth, most: int,
) -> Floats:  # fmt: skip
    """Log-odds of the rows not seen after 0, 10, 20, ... `most` partitions grown on those seen; a row a stage.

    Once the loss of unseen rows has not fallen for some stages, no more are grown and the last is repeated.
    """
    staged = np.repeat(odds[None, ~seen], most // STEP + 1, axis=0)
    grower = _Grower(codes, y, bins, direction, seen, growth)
    least, at, odds = loss_of(staged[0], y[~seen]).sum(), 0, odds.copy()
    for stage in range(1, len(staged)):
        for _ in range(STEP):
            _, _, value, _ = grower.next(odds)
            odds += value[grower.home]
        staged[stage:] = odds[~seen]
        loss = loss_of(staged[stage], y[~seen]).sum()
        if loss < least:
            least, at = loss, stage
        if stage - at >= PATIENCE:
            break
    return staged


def loss_of(odds: Floats, y: Floats) -> Floats:
    """Log-loss of each row."""
    return np.logaddexp(0.0, odds) - y * odds


class _Grower:
    """Grows partitions on the rows seen, and says where each row falls."""

    def __init__(
        self, codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int], seen: NDArray[np.bool_],
        growth: Growth,
    ) -> None:  # fmt: skip
        self.codes, self.y, self.seen, self.growth = codes, y, seen, growth
        self.rank, self.starts = _ranks(codes[seen], y[seen], bins, direction)
        self.ranks = self.rank[codes[seen]]
        self.way = np.array([direction.get(b.feature, 0) for b in bins], dtype=np.int8)
        self.home = np.zeros(len(y), np.int32)
        self.lot = np.random.default_rng(0)

    def next(self, odds: Floats) -> tuple[Codes, Floats, Floats, Floats]:
        """Cuts, gain of each cut, log-odds and weight of each segment; `home` tells each row's segment."""
        p, growth, (rows, columns) = expit(odds[self.seen]), self.growth, self._drawn()
        splits, gains = np.zeros((growth.leaves - 1, 3), np.int32), np.zeros(growth.leaves - 1)
        value, own = np.zeros(growth.leaves), np.zeros(growth.leaves)
        made = grow_segments(
            self.ranks, self.y[self.seen] - p, p * (1 - p), rows, columns, self.starts, self.way, growth.least_rows,
            growth.ridge, splits, value, own, gains,
        )  # fmt: skip
        splits = splits[:made]
        find_segments(self.codes, self.rank, splits, self.home)
        return splits, gains[:made], growth.rate * value[: made + 1], own[: made + 1]

    def _drawn(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows and features that the next partition looks at."""
        features = len(self.way)
        count = min(features, max(LEAST_COLUMNS, round(COLUMNS_PART * features)))
        columns = np.sort(self.lot.permutation(features)[:count])
        return np.flatnonzero(self.lot.random(len(self.ranks)) < ROWS_PART), columns


def _ranks(codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int]) -> tuple[Codes, NDArray[np.int64]]:
    """Order the bins of each feature: ranges in line, those apart before or after them as they default less or more.

    Levels of words are ordered by their default share, drawn to the mean where few rows tell of it.
    """
    starts = np.concatenate([[0], np.cumsum([b.size for b in bins])]).astype(np.int64)
    rows, bad = (np.bincount(codes.ravel(), w, int(starts[-1])) for w in (None, np.repeat(y, codes.shape[1])))
    share = (bad + 10 * y.mean()) / (rows + 10)
    rank = np.empty(int(starts[-1]), dtype=np.int32)
    for b, start in zip(bins, starts[:-1], strict=True):
        place = np.zeros(b.size)
        place[: b.ordered] = np.arange(b.ordered)
        apart = share[start + b.ordered : start + b.size]
        after = apart * direction.get(b.feature, 1) > y.mean() * direction.get(b.feature, 1)
        place[b.ordered :] = np.where(after, b.ordered + apart, apart - 2) if b.numeric else apart
        rank[start : start + b.size] = np.argsort(np.argsort(place, kind="stable"), kind="stable")
    return rank, starts
