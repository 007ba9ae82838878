"""Season indices, shared by a pool or a series' own, used only when they predict years that they have not seen."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.demand._kernels import pooled_ratio
from lst_workbench.demand.panel import Panel

SHRINKAGE = (0.1, 0.5, 2.0, 8.0, 32.0)  # ridge penalties on season effects that are tried
FOLDS = 8
HARMONICS = 6  # of a single series' own waves
TRIED = 2_000  # series on which own waves are tried
KNOT_PENALTY = 0.1
GAIN = 0.95  # an index is used when its error on unseen years is below this share of the error without one
FLOOR, CEILING = 0.1, 10.0


@dataclass(frozen=True)
class Index:
    """What a usual period is multiplied by.

    Attributes
    ----------
    words : str
        Which seasons were found.
    fitted : ndarray, (pools, periods + horizon)
        From all years; 1 is a usual period.
    unseen : ndarray, (pools, periods + horizon)
        From all years but the period's own: an honest forecast of the past.
    pool : ndarray of int, (series,)
        Row of the index that each series uses.
    """

    words: str
    fitted: np.ndarray
    unseen: np.ndarray
    pool: np.ndarray


def no_season(panel: Panel, horizon: int) -> Index:
    """Give the index that changes nothing."""
    flat = np.ones((1, panel.quantity.shape[1] + horizon), np.float32)
    return Index("", flat, flat, np.zeros(len(panel.ids), np.int64))


def indices_of(panel: Panel, horizon: int, regular: np.ndarray) -> tuple[Index, ...]:
    """Give the indices worth trying: none, one that pools share, one with each regular series' own waves on top.

    Shared: ln(sales / usual sales) = trend with a knot a cycle + season effect, with a ridge penalty on the effects.
    Penalty and kind of season (week of the year, or blocks around Spring Festival beside it) are those with the least
    error on whole cycles left out; a pool adds its own deviations where these pass the same test. Own: the same
    regression of each series on harmonics. Without two whole cycles, or when no index helps on years unseen, none.
    """
    width, pools, cycle = panel.quantity.shape[1], int(panel.pool.max()) + 1, panel.calendar.cycle
    none = no_season(panel, horizon)
    if cycle < 2 or width < 2 * cycle:
        return (none,)
    shared = _shared(panel, horizon, pools, cycle)
    own = _own(panel, shared or none, regular, cycle)
    return tuple(index for index in (none, shared, own) if index)


def _shared(panel: Panel, horizon: int, pools: int, cycle: int) -> Index | None:
    width = panel.quantity.shape[1]
    sold, usual = np.zeros((2, pools, width))
    pooled_ratio(panel.quantity, np.arange(len(panel.ids)), panel.pool, sold, usual)
    ordinals = np.arange(panel.last - width + 1, panel.last + horizon + 1)
    kinds = [panel.calendar.seasons(ordinals, festival=False)]
    if panel.calendar.has_festival:
        kinds.append(panel.calendar.seasons(ordinals, festival=True))
    words, fitted, unseen = _best(_log_ratio(sold.sum(0), usual.sum(0)), kinds, cycle)
    effects = np.tile(fitted, (pools, 1)), np.tile(unseen, (pools, 1))
    for pool in range(pools if pools > 1 else 0):
        apart, more, more_unseen = _best(_log_ratio(sold[pool], usual[pool]) - fitted[:width], kinds, cycle)
        effects[0][pool] += more
        effects[1][pool] += more_unseen
        words = words or apart
    fitted, unseen = (np.clip(np.exp(effect), FLOOR, CEILING).astype(np.float32) for effect in effects)
    return Index(words, fitted, unseen, panel.pool) if words else None


def _own(panel: Panel, base: Index, regular: np.ndarray, cycle: int) -> Index | None:
    """Waves of single series: one matrix turns a series' logarithms into its effects, so all are fitted at once."""
    rows = np.flatnonzero(regular)
    if not len(rows):
        return None
    width, length = panel.quantity.shape[1], base.fitted.shape[1]
    angle = 2 * np.pi * np.outer(np.arange(length), np.arange(1, min(cycle // 2, HARMONICS) + 1)) / cycle
    waves = np.column_stack([np.cos(angle), np.sin(angle)])
    folds = _folds(width, cycle)
    tried = _log_deviations(panel, base, rows[:: max(len(rows) // TRIED, 1)])
    best, found = GAIN * _error(tried, folds), None
    for penalty in SHRINKAGE:
        unseen, fitted = np.zeros((2, width, length))
        fitted[:] = (waves @ _operator(np.ones(width, bool), waves, width, cycle, penalty)).T
        unseen[:, width:] = fitted[:, width:]
        for fold in range(folds.max() + 1):
            here = np.flatnonzero(folds == fold)
            unseen[:, here] = (waves[here] @ _operator(folds != fold, waves, width, cycle, penalty)).T
        error = _error(tried - tried @ unseen[:, :width], folds)
        if error < best:
            best, found = error, (fitted, unseen)
    if found is None:
        return None
    deviations = _log_deviations(panel, base, rows).astype(np.float32)
    more = [np.clip(np.exp(deviations @ part.astype(np.float32)), FLOOR, CEILING) * whole[base.pool[rows]]
            for part, whole in zip(found, (base.fitted, base.unseen), strict=True)]  # fmt: skip
    pool = base.pool.copy()
    pool[rows] = len(base.fitted) + np.arange(len(rows))
    fitted, unseen = (np.vstack([whole, own]) for whole, own in zip((base.fitted, base.unseen), more, strict=True))
    return Index("own season", fitted, unseen, pool)


def _operator(seen: np.ndarray, waves: np.ndarray, width: int, cycle: int, penalty: float) -> np.ndarray:
    """Matrix (waves, periods) that turns logarithms into ridge estimates of the waves' weights."""
    trend = _trend(width, cycle)
    design = np.column_stack([trend, waves[:width]]) * seen[:, None]
    ridge = np.concatenate([_trend_penalty(trend), np.full(waves.shape[1], penalty)])
    return np.linalg.solve(design.T @ design + np.diag(ridge), design.T)[trend.shape[1] :]


def _log_deviations(panel: Panel, base: Index, rows: np.ndarray) -> np.ndarray:
    """ln(sales / usual sales) of single series without the shared index; 0 where unknown."""
    y = panel.quantity[rows] / base.fitted[base.pool[rows], : panel.quantity.shape[1]]
    known = np.isfinite(y)
    mean = np.where(known, y, 0).sum(1, keepdims=True) / np.maximum(known.sum(1, keepdims=True), 1)
    ratio = np.divide(y, mean, out=np.ones_like(y), where=known & (mean > 0))
    return np.log(np.clip(ratio, FLOOR, CEILING))


def _log_ratio(sold: np.ndarray, usual: np.ndarray) -> np.ndarray:
    ratio = np.divide(sold, usual, out=np.full_like(sold, np.nan), where=usual > 0)
    return np.log(np.clip(ratio, FLOOR / 2, CEILING * 2))


def _best(log_ratio: np.ndarray, kinds: list[np.ndarray], cycle: int) -> tuple[str, np.ndarray, np.ndarray]:
    """Season effects with the least error on cycles left out; zeros when there are none worth having."""
    width, length = len(log_ratio), len(kinds[0])
    folds = _folds(width, cycle)
    nothing = np.zeros(length)
    best = (GAIN * _error(log_ratio, folds), "", nothing, nothing)
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


def _folds(width: int, cycle: int) -> np.ndarray:
    """Give each period the number of its cycle, the last one 0; a rest joins the oldest."""
    return np.minimum((width - 1 - np.arange(width)) // cycle, width // cycle - 1) % FOLDS


def _trend(width: int, cycle: int) -> np.ndarray:
    time = np.arange(width) / cycle
    return np.column_stack([np.ones(width), time, np.maximum(time[:, None] - np.arange(1, width // cycle), 0.0)])


def _trend_penalty(trend: np.ndarray) -> np.ndarray:
    return np.concatenate([[1e-9, 1e-6], np.full(trend.shape[1] - 2, KNOT_PENALTY)])


def _effects(log_ratio: np.ndarray, seen: np.ndarray, season: np.ndarray, cycle: int, penalty: float) -> np.ndarray:
    """Ridge regression of the ratio on trend and season; effects have mean 0 over the periods."""
    width, count = len(log_ratio), season.shape[1]
    trend = _trend(width, cycle)
    design = np.column_stack([trend, season[:width]])
    use = seen & np.isfinite(log_ratio)
    ridge = np.concatenate([_trend_penalty(trend), np.full(count, penalty)])
    x, y = design[use], log_ratio[use]
    effect = np.linalg.solve(x.T @ x + np.diag(ridge), x.T @ y)[-count:]
    return effect - (season[:width] @ effect).mean()


def _error(residual: np.ndarray, folds: np.ndarray) -> float:
    """Squared error around a straight line in each cycle: levels and trends are not the season's to predict."""
    error = 0.0
    for fold in range(folds.max() + 1):
        here = np.flatnonzero(folds == fold)
        rows = np.atleast_2d(residual)[:, here]
        known = np.isfinite(rows).all(0)
        if known.sum() > 2:
            line = np.column_stack([np.ones(len(here)), here - here.mean()])[known]
            rows = rows[:, known].T
            error += float(((rows - line @ np.linalg.lstsq(line, rows, rcond=None)[0]) ** 2).sum())
    return error
