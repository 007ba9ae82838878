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
LEAVES, LEAST_ROWS, RIDGE, RATE = 16, 5, 1.0, 0.3
FOLDS, PATIENCE = 3, 8
# Segments are taken up when their gain on unseen rows is this many standard errors above none.
CLEAR_GAIN = 3.0
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
        find_segments(codes, offsets, self.rank, self.splits, home)
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
    codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int], log_odds: Floats, most: int
) -> Grown:
    r"""Grow partitions one after another where they clearly tell more than `log_odds` does of rows not seen.

    Each partition is cut greedily by the second-order gain of the likelihood, :math:`G^2 / (W + \rho)`, and moves
    log-odds by a part of :math:`G / (W + \rho)`, G the sum of residuals and W that of p (1 - p). Their number is that
    with the least loss in three folds; none, unless the gain is clear. Source: Friedman, Annals of Statistics 29
    (2001).
    """
    rank, starts = _ranks(codes, y, bins, direction)
    ranks, way = rank[codes], np.array([direction.get(b.feature, 0) for b in bins], dtype=np.int8)
    ranks = np.ascontiguousarray(ranks)
    fold = np.random.default_rng(0).permutation(len(y)) % FOLDS
    loss = np.empty((most + 1, len(y)), dtype=np.float32)
    for k in range(FOLDS):
        _grow(ranks, y, log_odds, starts, way, most, fold != k, loss)
    total = loss.sum(axis=1, dtype=float)
    count = int(total.argmin())
    gain = loss[0] - loss[count]
    if count == 0 or gain.mean() < CLEAR_GAIN * gain.std() / np.sqrt(len(y)):
        return Grown([], np.empty(0), np.empty(0))
    terms, effects, variances = [], [], []
    for number, (splits, value, own, gains) in enumerate(
        _grow(ranks, y, log_odds, starts, way, count, np.ones(len(y), bool), None), start=1
    ):
        told = np.bincount(splits[:, 1], gains, len(bins))
        names = [bins[j].feature for j in np.argsort(-told, kind="stable")[:NAMED] if told[j] > 0]
        terms.append(Segments(f"{' × '.join(names)} ({number})", splits, rank, tuple(bins)))
        effects.append(value)
        variances.append(RATE**2 / (own + RIDGE))
    return Grown(terms, np.concatenate(effects), np.concatenate(variances))


def _grow(
    ranks: Codes, y: Floats, log_odds: Floats, starts: NDArray[np.int64], way: NDArray[np.int8], most: int,
    seen: NDArray[np.bool_], loss: NDArray[np.float32] | None,
) -> list[tuple[Codes, Floats, Floats, Floats]]:  # fmt: skip
    """Grow partitions on the rows seen; the loss of all others after each goes to `loss`, until it rises for long."""
    odds, inner, grown, best, since = log_odds.copy(), np.ascontiguousarray(ranks[seen]), [], np.inf, 0
    every, offsets = np.empty(len(y), np.int32), np.zeros(0, np.int64)
    place, local = np.arange(int(starts[-1]), dtype=np.int32), ranks + starts[:-1].astype(np.int32)
    for j, start in enumerate(starts[:-1]):
        place[start : starts[j + 1]] -= np.int32(start)
    for round_ in range(most + 1):
        if loss is not None:
            others = ~seen
            loss[round_, others] = np.logaddexp(0.0, odds[others]) - y[others] * odds[others]
            now = float(loss[round_, others].sum(dtype=float))
            best, since = (now, 0) if now < best else (best, since + 1)
            if since >= PATIENCE:
                loss[round_ + 1 :, others] = loss[round_, others]
                break
        if round_ == most:
            break
        p = expit(odds)
        splits, gains = np.zeros((LEAVES - 1, 3), np.int32), np.zeros(LEAVES - 1)
        value, own = np.zeros(LEAVES), np.zeros(LEAVES)
        made = grow_segments(
            inner, (y - p)[seen], (p * (1 - p))[seen], starts, way, LEAST_ROWS, RIDGE, splits, value, own, gains
        )
        if not made:
            if loss is not None:
                loss[round_ + 1 :, ~seen] = loss[round_, ~seen]
            break
        splits, value = splits[:made], RATE * value[: made + 1]
        find_segments(local, offsets, place, splits, every)
        odds += value[every]
        grown.append((splits, value, own[: made + 1], gains[:made]))
    return grown


def _ranks(
    codes: Codes, y: Floats, bins: Sequence[Bins], direction: dict[str, int]
) -> tuple[Codes, NDArray[np.int64]]:
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
