"""Intervals by conformal prediction, a horizon at a time."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

MOST_BINS, SCORES_A_BIN = 20, 250
LEAST_TAIL = 2  # scores beyond a quantile for a horizon to have its own


@dataclass(frozen=True)
class Conformal:
    """Quantiles of scores (actual - forecast) / spread, by bin of forecast / spread and by horizon.

    Attributes
    ----------
    edges : ndarray
        Borders of the bins; quiet series have the first bin for themselves.
    probabilities : ndarray
        Of the quantiles, ascending.
    quantiles : ndarray, (bins, horizon, probabilities)
        Score that a probability's share of cases lies below.
    zeros : ndarray, (bins, horizon)
        Share of cases without any sale.
    """

    edges: np.ndarray
    probabilities: np.ndarray
    quantiles: np.ndarray
    zeros: np.ndarray

    @classmethod
    def fit(
        cls, forecast: np.ndarray, spread: np.ndarray, quiet: np.ndarray, actual: np.ndarray, levels: np.ndarray
    ) -> "Conformal":
        """Take the quantiles that past windows needed.

        Parameters
        ----------
        forecast, actual : ndarray, (windows, horizon)
            Made at past origins, and what came; nan where unknown.
        spread : ndarray, (windows,)
            Expected size of an error, known at the origin.
        quiet : ndarray of bool, (windows,)
            Series that had stopped selling.
        levels : ndarray
            Shares of cases that intervals hold.
        """
        probabilities = np.unique(np.round([p for c in levels for p in ((1 - c) / 2, c, (1 + c) / 2)], 12))
        known = np.isfinite(actual).any(1)
        ratio = _ratio(forecast, spread, quiet)[known]
        score = ((actual - forecast) / spread[:, None])[known]
        bins = int(np.clip(len(ratio) // SCORES_A_BIN, 1, MOST_BINS))
        regular = ratio[ratio >= 0]
        inner = np.quantile(regular, np.arange(1, bins) / bins) if len(regular) else np.empty(0)
        edges = np.unique(np.append(0.0, inner))  # the first bin is for quiet series
        where = np.searchsorted(edges, ratio, side="right")
        count = len(edges) + 1
        quantiles = np.array([_by_horizon(score[where == b], probabilities) for b in range(count)])
        nothing = np.where(np.isfinite(actual[known]), actual[known] == 0, np.nan)
        zeros = np.array([_means(nothing[where == b]) for b in range(count)])
        return cls(edges, probabilities, quantiles, zeros)

    def around(
        self, forecast: np.ndarray, spread: np.ndarray, quiet: np.ndarray, levels: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Intervals (series, horizon, levels) that hold a level's share of cases each; never below 0.

        Equal tails; but where no sale at all is likelier than the lower tail, the interval begins at 0 and all of the
        rest lies above it: the shortest one that holds its share.
        """
        where = np.searchsorted(self.edges, _ratio(forecast, spread, quiet), side="right")
        low, high = np.empty((2, *forecast.shape, len(levels)), np.float32)
        for k, level in enumerate(levels):
            lower, whole, upper = (self._scores(p) for p in ((1 - level) / 2, level, (1 + level) / 2))
            from_zero = self.zeros >= (1 - level) / 2
            top = np.where(from_zero, whole, upper)[where]
            bottom = np.where(from_zero, -np.inf, lower)[where]
            low[..., k] = np.clip(forecast + spread[:, None] * bottom, 0.0, forecast)
            high[..., k] = np.maximum(forecast + spread[:, None] * top, forecast)
        return low, high

    def quantile(self, forecast: np.ndarray, spread: np.ndarray, quiet: np.ndarray, p: float) -> np.ndarray:
        """One quantile (series, horizon) of what will come; `p` is one of the tails of the levels fitted."""
        where = np.searchsorted(self.edges, _ratio(forecast, spread, quiet), side="right")
        return np.maximum(forecast + spread[:, None] * self._scores(p)[where], 0.0)

    def _scores(self, p: float) -> np.ndarray:
        return self.quantiles[..., np.abs(self.probabilities - p).argmin()]


def _ratio(forecast: np.ndarray, spread: np.ndarray, quiet: np.ndarray) -> np.ndarray:
    return np.where(quiet, -1.0, forecast.mean(1) / spread)


def _by_horizon(score: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Quantiles of each horizon; of all together where a horizon has too few to tell."""
    together = _conformal(score.ravel(), probabilities)
    tail = min(probabilities.min(), 1 - probabilities.max())
    enough = np.isfinite(score).sum(0) * tail >= LEAST_TAIL
    return np.array(
        [_conformal(column, probabilities) if many else together for column, many in zip(score.T, enough, strict=True)]
    )


def _means(part: np.ndarray) -> np.ndarray:
    known = np.isfinite(part)
    return np.where(known, part, 0.0).sum(0) / np.maximum(known.sum(0), 1)


def _conformal(scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Order statistics with the finite-sample correction: the ceil((n + 1) p)-th from below, mirrored for p < 1/2.

    Without any score, those of a normal error of the expected size.
    """
    scores = np.sort(scores[np.isfinite(scores)])
    n = len(scores)
    if n == 0:
        return ndtri(probabilities)
    upper = np.clip(np.ceil((n + 1) * probabilities), 1, n)
    lower = np.clip(np.floor((n + 1) * probabilities), 1, n)
    return scores[np.where(probabilities < 0.5, lower, upper).astype(int) - 1]
