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
LEAVES, LEAST_ROWS, RIDGE, RATE = 16, 3, 1.0, 0.3
PATIENCE = 8
# Segments are taken up when their gain on unseen rows is this many standard errors above none.
CLEAR_GAIN = 2.0
NAMED = 3


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
    codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int], odds: Floats, count: int
) -> Grown:
    r"""Grow `count` partitions one after another for what log-odds of `odds` leave untold.

    Each partition is cut greedily by the second-order gain of the likelihood, :math:`G^2 / (W + \rho)`, and moves
    log-odds by a part of :math:`G / (W + \rho)`, G the sum of residuals and W that of p (1 - p). Source: Friedman,
    Annals of Statistics 29 (2001).
    """
    grower = _Grower(codes, y, bins, direction, np.ones(len(y), bool))
    terms, effects, variances = [], [np.empty(0)], [np.empty(0)]
    for number in range(1, count + 1):
        splits, gains, value, own = grower.next(odds)
        told = np.bincount(splits[:, 1], gains, len(bins))
        names = [bins[j].feature for j in np.argsort(-told, kind="stable")[:NAMED] if told[j] > 0]
        terms.append(Segments(f"{' × '.join(names)} ({number})", splits, grower.rank, tuple(bins)))
        effects.append(value)
        variances.append(RATE**2 / (own + RIDGE))
        odds = odds + value[grower.home]
    return Grown(terms, np.concatenate(effects), np.concatenate(variances))


def staged_odds(
    codes: Codes, y: Floats, seen: NDArray[np.bool_], bins: Sequence[Bins], direction: dict[str, int], odds: Floats,
    most: int,
) -> Floats:  # fmt: skip
    """Log-odds of the rows not seen after 0, 1, ... `most` partitions grown on those seen; a row a stage.

    Once the loss of unseen rows has not fallen for some stages, no more are grown and the last is repeated.
    """
    staged = np.repeat(odds[None, ~seen], most + 1, axis=0)
    grower = _Grower(codes, y, bins, direction, seen) if most else None
    least, at, odds = _loss(staged[0], y[~seen]).sum(), 0, odds.copy()
    for stage in range(1, most + 1):
        assert grower is not None
        _, _, value, _ = grower.next(odds)
        odds += value[grower.home]
        staged[stage:] = odds[~seen]
        loss = _loss(staged[stage], y[~seen]).sum()
        if loss < least:
            least, at = loss, stage
        if stage - at >= PATIENCE:
            break
    return staged


def how_many(staged: Floats, y: Floats) -> int:
    """Give the number of partitions with the least loss of rows not seen; none, unless the gain is clear."""
    told = ~np.isnan(staged[0])
    first = _loss(staged[0, told], y[told])
    losses = [_loss(stage[told], y[told]).sum() for stage in staged]
    count = int(np.argmin(losses))
    gain = first - _loss(staged[count, told], y[told])
    return count if gain.mean() > CLEAR_GAIN * gain.std() / np.sqrt(max(len(gain), 1)) else 0


def _loss(odds: Floats, y: Floats) -> Floats:
    return np.logaddexp(0.0, odds) - y * odds


class _Grower:
    """Grows partitions on the rows seen, and says where each row falls."""

    def __init__(
        self, codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int], seen: NDArray[np.bool_]
    ) -> None:
        self.codes, self.y, self.seen = codes, y, seen
        self.rank, self.starts = _ranks(codes[seen], y[seen], bins, direction)
        self.ranks = self.rank[codes[seen]]
        self.way = np.array([direction.get(b.feature, 0) for b in bins], dtype=np.int8)
        self.home = np.zeros(len(y), np.int32)

    def next(self, odds: Floats) -> tuple[Codes, Floats, Floats, Floats]:
        """Cuts, gain of each cut, log-odds and weight of each segment; `home` tells each row's segment."""
        p = expit(odds[self.seen])
        splits, gains = np.zeros((LEAVES - 1, 3), np.int32), np.zeros(LEAVES - 1)
        value, own = np.zeros(LEAVES), np.zeros(LEAVES)
        made = grow_segments(
            self.ranks, self.y[self.seen] - p, p * (1 - p), self.starts, self.way, LEAST_ROWS, RIDGE, splits, value,
            own, gains,
        )  # fmt: skip
        splits = splits[:made]
        find_segments(self.codes, self.rank, splits, self.home)
        return splits, gains[:made], RATE * value[: made + 1], own[: made + 1]


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
