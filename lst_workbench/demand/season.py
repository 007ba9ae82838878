"""A season index shared by all series of a pool, used only when it predicts years that it has not seen."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.demand._kernels import pooled_ratio
from lst_workbench.demand.panel import Panel

SHRINKAGE = (0.1, 0.5, 2.0, 8.0, 32.0)  # ridge penalties on season effects that are tried
FOLDS = 8
KNOT_PENALTY = 0.1
GAIN = 0.95  # an index is used when its error on unseen years is below this share of the error without one
FLOOR, CEILING = 0.1, 10.0


@dataclass(frozen=True)
class Season:
    """Index by pool and period: 1 is a usual period.

    Attributes
    ----------
    fitted : ndarray, (pools, periods + horizon)
        From all years.
    unseen : ndarray, (pools, periods + horizon)
        From all years but the period's own: an honest forecast of the past.
    words : str
        Which seasons were found.
    """

    fitted: np.ndarray
    unseen: np.ndarray
    words: str

    @property
    def found(self) -> bool:
        """Whether any season was found."""
        return self.words != "none"


def season_of(panel: Panel, horizon: int) -> Season:
    """Fit ln(sales / usual sales) = trend with a knot a cycle + season effect, with a ridge penalty on the effects.

    Penalty and kind of season (week of the year, or weeks to Spring Festival beside it) are those with the least error
    on whole cycles left out; without two whole cycles, or when no index helps there, all are 1. A pool adds its own
    deviations from the index of the panel where these pass the same test.
    """
    pools, width = int(panel.pool.max()) + 1, panel.quantity.shape[1]
    flat = np.ones((pools, width + horizon))
    cycle = panel.calendar.cycle
    if cycle < 2 or width < 2 * cycle:
        return Season(flat, flat, "none")
    sold, usual = np.zeros((2, pools, width))
    pooled_ratio(panel.quantity, np.arange(len(panel.ids)), panel.pool, sold, usual)
    ordinals = np.arange(panel.last - width + 1, panel.last + horizon + 1)
    kinds = [panel.calendar.seasons(ordinals, festival=False)]
    if panel.calendar.has_festival:
        kinds.append(panel.calendar.seasons(ordinals, festival=True))
    words, fitted, unseen = _best(_log_ratio(sold.sum(0), usual.sum(0)), kinds, cycle)
    whole = [np.tile(fitted, (pools, 1)), np.tile(unseen, (pools, 1))]
    if pools > 1:
        for pool in range(pools):
            left = _log_ratio(sold[pool], usual[pool]) - fitted[:width]
            _, more, more_unseen = _best(left, kinds, cycle)
            whole[0][pool] += more
            whole[1][pool] += more_unseen
    known, unknown = (np.clip(np.exp(effect), FLOOR, CEILING) for effect in whole)
    return Season(known, unknown, words)


def _log_ratio(sold: np.ndarray, usual: np.ndarray) -> np.ndarray:
    ratio = np.divide(sold, usual, out=np.full_like(sold, np.nan), where=usual > 0)
    return np.log(np.clip(ratio, FLOOR / 2, CEILING * 2))


def _best(log_ratio: np.ndarray, kinds: list[np.ndarray], cycle: int) -> tuple[str, np.ndarray, np.ndarray]:
    """Season effects with the least error on cycles left out; zeros when there are none worth having."""
    width, length = len(log_ratio), len(kinds[0])
    folds = np.minimum((width - 1 - np.arange(width)) // cycle, width // cycle - 1)  # a rest joins the oldest cycle
    folds = folds % FOLDS
    nothing = np.zeros(length)
    best = (GAIN * _error(log_ratio, folds), "none", nothing, nothing)
    for name, season in zip(("season", "season and Spring Festival"), kinds, strict=False):
        for penalty in SHRINKAGE:
            unseen = np.zeros(length)
            fits = [_effects(log_ratio, folds != fold, season, cycle, penalty) for fold in range(folds.max() + 1)]
            for fold, effect in enumerate(fits):
                unseen[:width][folds == fold] = season[:width][folds == fold] @ effect
            error = _error(log_ratio - unseen[:width], folds)
            if error < best[0]:
                effect = _effects(log_ratio, np.ones(width, bool), season, cycle, penalty)
                unseen[width:] = season[width:] @ effect
                best = (error, name, season @ effect, unseen)
    return best[1:]


def _effects(log_ratio: np.ndarray, seen: np.ndarray, season: np.ndarray, cycle: int, penalty: float) -> np.ndarray:
    """Ridge regression of the ratio on trend and season; effects have mean 0 over the periods."""
    width, count = len(log_ratio), season.shape[1]
    time = np.arange(width) / cycle
    knots = np.maximum(time[:, None] - np.arange(1, width // cycle), 0.0)
    design = np.column_stack([np.ones(width), time, knots, season[:width]])
    use = seen & np.isfinite(log_ratio)
    ridge = np.concatenate([[1e-9, 1e-6], np.full(knots.shape[1], KNOT_PENALTY), np.full(count, penalty)])
    x, y = design[use], log_ratio[use]
    effect = np.linalg.solve(x.T @ x + np.diag(ridge), x.T @ y)[-count:]
    return effect - (season[:width] @ effect).mean()


def _error(residual: np.ndarray, folds: np.ndarray) -> float:
    """Squared error around a straight line in each cycle: levels and trends are not the season's to predict."""
    error = 0.0
    for fold in range(folds.max() + 1):
        here = np.flatnonzero((folds == fold) & np.isfinite(residual))
        if len(here) > 2:
            line = np.column_stack([np.ones(len(here)), here - here.mean()])
            left = residual[here] - line @ np.linalg.lstsq(line, residual[here], rcond=None)[0]
            error += float(left @ left)
    return error
