"""Intervals by conformal prediction, a horizon at a time."""

from dataclasses import dataclass

import numpy as np

MOST_BINS, SCORES_A_BIN = 20, 250


@dataclass(frozen=True)
class Conformal:
    """Quantiles of scores (actual - forecast) / spread, by bin of forecast / spread and horizon.

    Attributes
    ----------
    edges : ndarray
        Borders of the bins.
    quantiles : ndarray, (bins, horizon, probabilities)
        Score that a probability's share of cases lies below.
    """

    edges: np.ndarray
    quantiles: np.ndarray

    @classmethod
    def fit(
        cls, forecast: np.ndarray, spread: np.ndarray, actual: np.ndarray, probabilities: np.ndarray
    ) -> "Conformal":
        """Take the quantiles that past windows needed.

        Parameters
        ----------
        forecast, actual : ndarray, (windows, horizon)
            Made at past origins, and what came; nan where unknown.
        spread : ndarray, (windows,)
            Expected size of an error, known at the origin.
        probabilities : ndarray
            Of the quantiles, ascending.
        """
        score = (actual - forecast) / spread[:, None]
        ratio = forecast.mean(1) / spread
        known = np.isfinite(score).any(1)
        score, ratio = score[known], ratio[known]
        bins = int(np.clip(len(ratio) // SCORES_A_BIN, 1, MOST_BINS))
        edges = np.unique(np.quantile(ratio, np.arange(1, bins) / bins)) if bins > 1 else np.empty(0)
        where = np.searchsorted(edges, ratio, side="right")
        table = np.empty((len(edges) + 1, forecast.shape[1], len(probabilities)))
        for b in range(len(edges) + 1):
            table[b] = _by_horizon(score[where == b], probabilities)
        return cls(edges, table)

    def around(self, forecast: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Quantiles (series, horizon, probabilities) of what will come; never below 0."""
        where = np.searchsorted(self.edges, forecast.mean(1) / spread, side="right")
        return np.maximum(forecast[..., None] + spread[:, None, None] * self.quantiles[where], 0.0)


def _by_horizon(score: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Quantiles of each horizon; of all together where a horizon has too few to tell."""
    together = _conformal(score.ravel(), probabilities)
    enough = np.isfinite(score).sum(0) * min(probabilities.min(), 1 - probabilities.max()) >= 2
    return np.array(
        [_conformal(column, probabilities) if many else together for column, many in zip(score.T, enough, strict=True)]
    )


def _conformal(scores: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Order statistics with the finite-sample correction: the ceil((n + 1) p)-th from below, mirrored for p < 1/2."""
    scores = np.sort(scores[np.isfinite(scores)])
    n = len(scores)
    if n == 0:
        return np.zeros(len(probabilities))
    upper = np.clip(np.ceil((n + 1) * probabilities), 1, n)
    lower = np.clip(np.floor((n + 1) * probabilities), 1, n)
    return scores[np.where(probabilities < 0.5, lower, upper).astype(int) - 1]
