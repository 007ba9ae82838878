"""The methods a forecast chooses from, the segments it chooses for, and the choice by rolling origin."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from lst_workbench.demand import _kernels as kernels
from lst_workbench.demand.panel import Panel
from lst_workbench.demand.season import Index

THREADS, CHUNK = 2, 20_000
SEGMENTS = ("smooth", "drifting", "erratic", "intermittent", "lumpy", "short", "quiet")
SMOOTH, DRIFTING, ERRATIC, INTERMITTENT, LUMPY, SHORT, QUIET = range(7)
OFTEN_SHARE, CALM_CV2 = 1 / 1.32, 0.49  # borders of Syntetos, Boylan and Croston (2005)
STEP_RATIO = 1.0  # mean square of steps over the variance, 2 (1 - autocorrelation), below which a level drifts
SHORT_KNOWN = 8  # periods since the first sale below which a series leans on the panel
LEANING = 100  # windows that the ranking of all segments weighs in that of one
LEAST_WINDOWS = 30  # of a segment, to choose on its own
QUIET_GAPS = 3  # times its own longest gap without a sale


class Method(NamedTuple):
    """One way to forecast, with its smoothing constants."""

    name: str
    kind: int
    alpha: float
    beta: float = 0.0


TRENDS = ((0.2, 0.1), (0.4, 0.1))  # quicker ones follow luck that a whole tree shares: its intervals held 58% of 80
METHODS = (
    *(Method(f"SES({a})", kernels.SES, a) for a in (0.05, 0.1, 0.2, 0.3, 0.5, 0.8)),
    *(Method(f"SBA({a})", kernels.SBA, a) for a in (0.05, 0.1, 0.2)),
    *(Method(f"TSB({a}, {b})", kernels.TSB, a, b) for a in (0.05, 0.1, 0.2) for b in (0.02, 0.05, 0.1, 0.2)),
    *(Method(f"discounted mean({a})", kernels.MEAN, a) for a in (0.0, 0.01, 0.03, 0.06, 0.1, 0.2)),
    *(Method(f"damped trend({a}, {b})", kernels.HOLT, a, b) for a, b in TRENDS),
)
PUBLISHED = (Method("SES", kernels.SES, 0.1), Method("SBA", kernels.SBA, 0.1), Method("TSB", kernels.TSB, 0.1, 0.1))


@dataclass(frozen=True)
class Choice:
    """What each segment uses.

    Attributes
    ----------
    weights : ndarray, (segments, methods)
        Share of each method in the forecast.
    index : ndarray of int, (segments,)
        Which of the season indices is used.
    rmsse, bias, windows : ndarray, (segments,)
        Of that choice in the rolling-origin test; bias as a share of actual sales.
    """

    weights: np.ndarray
    index: np.ndarray
    rmsse: np.ndarray
    bias: np.ndarray
    windows: np.ndarray
    indices: tuple[Index, ...]

    def words(self, segment: int) -> str:
        """Name the methods in words."""
        names = [METHODS[c].name for c in np.flatnonzero(self.weights[segment])]
        season = self.indices[self.index[segment]].words
        return " + ".join(names) + (f" × {season}" if season else "")

    def table(self, segment: np.ndarray) -> pd.DataFrame:
        """Say for each segment that has series (`segment`: of each series) what is used and how it did."""
        counts = np.bincount(segment, minlength=len(SEGMENTS))
        used = np.flatnonzero(counts)
        return pd.DataFrame(
            {
                "segment": np.array(SEGMENTS)[used],
                "series": counts[used],
                "method": [self.words(int(s)) for s in used],
                "rmsse": self.rmsse[used],
                "bias": self.bias[used],
                "windows": self.windows[used].astype(np.int64),
            }
        )


def in_pieces(rows: np.ndarray, work: Callable[[slice], None]) -> None:
    """Run `work` on pieces of `rows`; each row is computed by one thread alone."""
    pieces = [slice(first, first + CHUNK) for first in range(0, len(rows), CHUNK)]
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(work, pieces))


def levels_of(
    panel: Panel, rows: np.ndarray, index: Index, methods: tuple[Method, ...], ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Level and slope of each row by method and end, seasons taken out."""
    kind = np.array([m.kind for m in methods])
    alpha, beta = (np.array([m[k] for m in methods], np.float64) for k in (2, 3))
    level, slope = np.zeros((2, len(rows), len(methods), len(ends)))

    def work(s: slice) -> None:
        kernels.levels(
            panel.quantity, rows[s], index.fitted, index.pool, kind, alpha, beta, ends, level[s], slope[s]
        )  # fmt: skip

    in_pieces(rows, work)
    return level, slope


def statistics_of(panel: Panel, rows: np.ndarray, index: Index, ends: np.ndarray) -> np.ndarray:
    """Describe each row up to each end; columns as in `_kernels.describe`."""
    out = np.zeros((len(rows), len(ends), kernels.STATISTICS))
    in_pieces(rows, lambda s: kernels.describe(panel.quantity, rows[s], index.fitted, index.pool, ends, out[s]))
    return out


def segments_of(statistics: np.ndarray, quiet_after: float) -> np.ndarray:
    """Sort series by how often and how evenly they sell, and whether their level drifts, as known at each end.

    Quiet: nothing sold for `quiet_after` periods and three times the series' own longest gap, or never.
    """
    known, often, cv2, since, gap, step, deviation = (
        statistics[..., k]
        for k in (kernels.KNOWN, kernels.SALE_SHARE, kernels.CV2, kernels.SINCE_SALE, kernels.LONGEST_GAP,
                  kernels.SCALE, kernels.DEVIATION)
    )  # fmt: skip
    drifts = step**2 < STEP_RATIO * deviation**2
    regular = np.where(cv2 < CALM_CV2, np.where(drifts, DRIFTING, SMOOTH), ERRATIC)
    rare = np.where(cv2 < CALM_CV2, INTERMITTENT, LUMPY)
    segment = np.where(often >= OFTEN_SHARE, regular, rare)
    segment = np.where(known < SHORT_KNOWN, SHORT, segment)
    return np.where((known == 0) | (since >= np.maximum(quiet_after, QUIET_GAPS * gap)), QUIET, segment)


@dataclass(frozen=True)
class Windows:
    """Past origins of some series, on which methods are compared."""

    panel: Panel
    rows: np.ndarray
    ends: np.ndarray
    horizon: int
    segment: np.ndarray
    scale: np.ndarray

    def sums(self, level: np.ndarray, slope: np.ndarray, index: Index) -> np.ndarray:
        """Give the sums of `_kernels.accuracy` (segments + 1, methods, 4); the last row is all series together."""
        sums = np.zeros((len(SEGMENTS), level.shape[1], 4))
        kernels.accuracy(
            self.panel.quantity, self.rows, self.ends, self.horizon, level, slope,
            index.unseen, index.pool, self.segment, self.scale, sums,
        )  # fmt: skip
        return np.concatenate([sums, sums.sum(0, keepdims=True)])

    def sums_of_mix(self, level: np.ndarray, slope: np.ndarray, index: Index, weights: np.ndarray) -> np.ndarray:
        """Give the sums (segments + 1, 4) of a mix a segment; in the last row those of the mix for all, on all."""
        each = weights[self.segment]
        own = [np.einsum("ico,ioc->io", part, each)[:, None] for part in (level, slope)]
        joint = [np.einsum("ico,c->io", part, weights[-1])[:, None] for part in (level, slope)]
        return np.concatenate([self.sums(own[0], own[1], index)[:-1, 0], self.sums(joint[0], joint[1], index)[-1:, 0]])


def choose(
    panel: Panel,
    rows: np.ndarray,
    ends: np.ndarray,
    horizon: int,
    indices: tuple[Index, ...],
    quiet_after: float,
    bias_penalty: float,
) -> Choice:
    """Choose for each segment by mean rmsse over rolling origins: the best method, or an average of the best few.

    Least rmsse alone would pick forecasts of next to nothing where most periods are zero: a bias of 100% counts as
    `bias_penalty` more rmsse. A segment that was seen in fewer than 30 windows takes the choice of all together.
    """
    statistics = statistics_of(panel, rows, indices[0], ends)
    scale = np.ascontiguousarray(statistics[..., kernels.SCALE])
    windows = Windows(panel, rows, ends, horizon, segments_of(statistics, quiet_after), scale)
    used, weights, sums = [], [], []
    for number, index in enumerate(indices):
        level, slope = levels_of(panel, rows, index, METHODS, ends)
        for mix in _mixes(windows.sums(level, slope, index)):
            used.append(number)
            weights.append(mix)
            sums.append(windows.sums_of_mix(level, slope, index, mix))
    return _least(np.array(used), np.array(weights), np.array(sums), indices, bias_penalty)


def _mixes(singles: np.ndarray, most: int = 5) -> list[np.ndarray]:
    """Equal weights on the best one to five methods; a segment with few windows leans on the ranking of all."""
    windows = singles[..., 1]
    rmsse = singles[..., 0] / np.maximum(windows, 1)
    rmsse = rmsse / np.maximum(rmsse.mean(1, keepdims=True), 1e-12)
    rmsse = (windows * rmsse + LEANING * rmsse[-1]) / (windows + LEANING)
    rank = rmsse.argsort(axis=1, kind="stable").argsort(axis=1)
    return [(rank < m) / m for m in range(1, most + 1)]


def _least(
    used: np.ndarray, weights: np.ndarray, sums: np.ndarray, indices: tuple[Index, ...], bias_penalty: float
) -> Choice:
    """Take for each segment what came out best; a segment hardly seen takes what is best for all, the last row."""
    windows = sums[..., 1]
    rmsse = sums[..., 0] / np.maximum(windows, 1)
    bias = sums[..., 2] / np.maximum(sums[..., 3], 1e-12)
    best = (rmsse * (1 + bias_penalty * np.minimum(np.abs(bias), 1.0))).argmin(0)
    segment = np.arange(len(SEGMENTS))
    lone = windows[0, :-1] < LEAST_WINDOWS
    pick, source = np.where(lone, best[-1], best[:-1]), np.where(lone, len(SEGMENTS), segment)
    seen = np.where(windows[pick, segment] > 0, 1.0, np.nan)
    rmsse, bias, count = (part[pick, segment] for part in (rmsse, bias, windows))
    return Choice(weights[pick, source], used[pick], rmsse * seen, bias * seen, count, indices)
