"""The methods a forecast chooses from, the segments it chooses for, and the choice by rolling origin."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from lst_workbench.demand import _kernels as kernels
from lst_workbench.demand.panel import Panel

THREADS, CHUNK = 2, 20_000
SEGMENTS = ("smooth", "erratic", "intermittent", "lumpy", "short", "quiet")
SMOOTH, ERRATIC, INTERMITTENT, LUMPY, SHORT, QUIET = range(6)
OFTEN_SHARE, CALM_CV2 = 1 / 1.32, 0.49  # borders of Syntetos, Boylan and Croston (2005)
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


METHODS = (
    *(Method(f"SES({a})", kernels.SES, a) for a in (0.05, 0.1, 0.2, 0.3, 0.5)),
    *(Method(f"SBA({a})", kernels.SBA, a) for a in (0.05, 0.1, 0.2)),
    *(Method(f"TSB({a}, {b})", kernels.TSB, a, b) for a in (0.05, 0.1, 0.2) for b in (0.02, 0.05, 0.1, 0.2)),
    *(Method(f"discounted mean({a})", kernels.MEAN, a) for a in (0.0, 0.01, 0.03, 0.06, 0.1, 0.2)),
    *(Method(f"damped trend({a}, {b})", kernels.HOLT, a, b) for a, b in ((0.2, 0.1), (0.4, 0.1))),
)
PUBLISHED = (Method("SES", kernels.SES, 0.1), Method("SBA", kernels.SBA, 0.1), Method("TSB", kernels.TSB, 0.1, 0.1))


@dataclass(frozen=True)
class Choice:
    """What each segment uses.

    Attributes
    ----------
    weights : ndarray, (segments, methods)
        Share of each method in the forecast.
    seasonal : ndarray of bool, (segments,)
        Whether the season index is used.
    rmsse, bias, windows : ndarray, (segments,)
        Of that choice in the rolling-origin test; bias as a share of actual sales.
    """

    weights: np.ndarray
    seasonal: np.ndarray
    rmsse: np.ndarray
    bias: np.ndarray
    windows: np.ndarray

    def words(self, segment: int) -> str:
        """Name the methods in words."""
        names = [METHODS[c].name for c in np.flatnonzero(self.weights[segment])]
        return " + ".join(names) + (" × season" if self.seasonal[segment] else "")

    def table(self, segment: np.ndarray) -> pd.DataFrame:
        """Say for each segment that has series (`segment`: of each series) what is used and how it did."""
        counts = np.bincount(segment, minlength=len(SEGMENTS))
        used = np.flatnonzero(counts)
        return pd.DataFrame(
            {
                "segment": np.array(SEGMENTS)[used],
                "series": counts[used],
                "method": [self.words(s) for s in used],
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
    panel: Panel, rows: np.ndarray, index: np.ndarray, methods: tuple[Method, ...], ends: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Level and slope of each row by method and end, seasons taken out."""
    kind = np.array([m.kind for m in methods])
    alpha, beta = (np.array([m[k] for m in methods], np.float64) for k in (2, 3))
    level, slope = np.zeros((2, len(rows), len(methods), len(ends)))

    def work(s: slice) -> None:
        kernels.levels(
            panel.quantity, rows[s], index, panel.pool, kind, alpha, beta, ends, level[s], slope[s]
        )  # fmt: skip

    in_pieces(rows, work)
    return level, slope


def statistics_of(panel: Panel, rows: np.ndarray, index: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Describe each row up to each end; columns as in `_kernels.describe`."""
    out = np.zeros((len(rows), len(ends), kernels.STATISTICS))
    in_pieces(rows, lambda s: kernels.describe(panel.quantity, rows[s], index, panel.pool, ends, out[s]))
    return out


def segments_of(statistics: np.ndarray, quiet_after: float) -> np.ndarray:
    """Sort series by how often and how evenly they sell, as known at each end.

    Quiet: nothing sold for `quiet_after` periods and three times the series' own longest gap, or never.
    """
    known, often, cv2, since, gap = (
        statistics[..., k]
        for k in (kernels.KNOWN, kernels.SALE_SHARE, kernels.CV2, kernels.SINCE_SALE, kernels.LONGEST_GAP)
    )
    regular = np.where(cv2 < CALM_CV2, SMOOTH, ERRATIC)
    rare = np.where(cv2 < CALM_CV2, INTERMITTENT, LUMPY)
    segment = np.where(often >= OFTEN_SHARE, regular, rare)
    segment = np.where(known < SHORT_KNOWN, SHORT, segment)
    return np.where((known == 0) | (since >= np.maximum(quiet_after, QUIET_GAPS * gap)), QUIET, segment)


def choose(
    panel: Panel,
    rows: np.ndarray,
    ends: np.ndarray,
    horizon: int,
    indices: dict[bool, tuple[np.ndarray, np.ndarray]],
    quiet_after: float,
    bias_penalty: float,
) -> Choice:
    """Choose for each segment by mean rmsse over rolling origins: the best method, or an average of the best few.

    Least rmsse alone would pick forecasts of next to nothing where most periods are zero: a bias of 100% counts as
    `bias_penalty` more rmsse. A segment that was seen in fewer than 30 windows takes the choice of all together.
    """
    statistics = statistics_of(panel, rows, indices[False][0], ends)
    segment = segments_of(statistics, quiet_after)
    scale = np.ascontiguousarray(statistics[..., kernels.SCALE])
    tried: list[tuple[bool, np.ndarray, np.ndarray]] = []
    for seasonal, (fitted, unseen) in indices.items():
        level, slope = levels_of(panel, rows, fitted, METHODS, ends)
        singles = _sums(panel, rows, ends, horizon, level, slope, unseen, segment, scale)
        mixes = _mixes(singles)  # (segments + 1, mixes, methods)
        for m in range(mixes.shape[1]):
            one = _mixed(panel, rows, ends, horizon, level, slope, unseen, segment, scale, mixes[:, m])
            tried.append((seasonal, mixes[:, m], one))
    return _chosen(tried, bias_penalty)


def _sums(
    panel: Panel, rows: np.ndarray, ends: np.ndarray, horizon: int, level: np.ndarray, slope: np.ndarray,
    index: np.ndarray, segment: np.ndarray, scale: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Sums of `_kernels.accuracy` by segment, all series together in the last row."""
    sums = np.zeros((len(SEGMENTS), level.shape[1], 4))
    kernels.accuracy(
        panel.quantity, rows, ends, horizon, level, slope, index, panel.pool, segment, scale, sums
    )  # fmt: skip
    return np.concatenate([sums, sums.sum(0, keepdims=True)])


def _mixes(singles: np.ndarray, most: int = 5) -> np.ndarray:
    """Equal weights on the best one to five methods; a segment with few windows leans on the ranking of all."""
    windows = singles[..., 1]
    rmsse = singles[..., 0] / np.maximum(windows, 1)
    rmsse = rmsse / np.maximum(rmsse.mean(1, keepdims=True), 1e-12)
    rmsse = (windows * rmsse + LEANING * rmsse[-1]) / (windows + LEANING)
    rank = rmsse.argsort(axis=1, kind="stable").argsort(axis=1)
    return np.stack([(rank < m) / m for m in range(1, most + 1)], axis=1)


def _mixed(
    panel: Panel, rows: np.ndarray, ends: np.ndarray, horizon: int, level: np.ndarray, slope: np.ndarray,
    index: np.ndarray, segment: np.ndarray, scale: np.ndarray, weights: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """Accuracy of one mix a segment; the last row that of the mix for all, on all."""
    own = [np.einsum("ico,ioc->io", part, weights[segment])[:, None] for part in (level, slope)]
    joint = [np.einsum("ico,c->io", part, weights[-1])[:, None] for part in (level, slope)]
    mine, all_ = (_sums(panel, rows, ends, horizon, *p, index, segment, scale)[:, 0] for p in (own, joint))
    return np.concatenate([mine[:-1], all_[-1:]])


def _chosen(tried: list[tuple[bool, np.ndarray, np.ndarray]], bias_penalty: float) -> Choice:
    sums = np.stack([t[2] for t in tried])  # (tried, segments + 1, 4)
    windows = sums[..., 1]
    rmsse = sums[..., 0] / np.maximum(windows, 1)
    bias = sums[..., 2] / np.maximum(sums[..., 3], 1e-12)
    pick = (rmsse * (1 + bias_penalty * np.minimum(np.abs(bias), 1.0))).argmin(0)
    lone = windows[0, :-1] < LEAST_WINDOWS
    pick[:-1] = np.where(lone, pick[-1], pick[:-1])
    segment = np.arange(len(SEGMENTS))
    source = np.where(lone, len(SEGMENTS), segment)
    weights = np.array([tried[pick[s]][1][source[s]] for s in segment])
    return Choice(
        weights,
        np.array([tried[pick[s]][0] for s in segment]),
        *(np.where(windows[pick[:-1], segment] > 0, part[pick[:-1], segment], np.nan) for part in (rmsse, bias)),
        windows[pick[:-1], segment],
    )
