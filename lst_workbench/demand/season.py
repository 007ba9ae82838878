"""Season indices, shared by a pool or a series' own, used only when they predict years that they have not seen."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.demand._kernels import pooled_ratio
from lst_workbench.demand.panel import Panel

SHRINKAGE = (0.1, 0.5, 2.0, 8.0, 32.0)  # ridge penalties on season effects that are tried
FOLDS = 8
HARMONICS = 6  # of a single series' own waves
LENGTHS = np.array([2, 3, 4, 6, 8, 12, 16, 26])  # cycles that own waves are read from: as many as a series has
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
    shared = None if panel.own_ends else _shared(panel, horizon, pools)
    own = _own(panel, shared or none, regular, cycle)
    return tuple(index for index in (none, shared, own) if index)


def _shared(panel: Panel, horizon: int, pools: int) -> Index | None:
    """Find the seasons of each pool one after another, the short one first: each explains what those before left."""
    width, words = panel.quantity.shape[1], []
    sold, usual = np.zeros((2, pools, width))
    pooled_ratio(panel.quantity, np.arange(len(panel.ids)), panel.pool, sold, usual)
    ordinals = np.arange(panel.last - width + 1, panel.last + horizon + 1)
    effects = np.zeros((2, pools, len(ordinals)))
    fitted, unseen = effects
    for cycle in panel.calendar.cycles:
        if width < 2 * cycle:
            continue
        festivals = (False, True) if panel.calendar.has_festival(cycle) else (False,)
        kinds = [panel.calendar.seasons(ordinals, festival=f, cycle=cycle) for f in festivals]
        name, joint, joint_unseen = _best(_log_ratio(sold.sum(0), usual.sum(0)) - fitted.mean(0)[:width], kinds, cycle)
        for pool in range(pools if pools > 1 else 0):
            rest = _log_ratio(sold[pool], usual[pool]) - fitted[pool, :width] - joint[:width]
            apart, more, more_unseen = _best(rest, kinds, cycle)
            fitted[pool] += more
            unseen[pool] += more_unseen
            name = name or apart
        fitted += joint
        unseen += joint_unseen
        words.append(name if cycle == panel.calendar.cycles[-1] else name and "days of the week")
    if not any(words):
        return None
    index = np.clip(np.exp(effects), FLOOR, CEILING).astype(np.float32)
    return Index(" and ".join(filter(None, words)), index[0], index[1], panel.pool)


def _own(panel: Panel, base: Index, regular: np.ndarray, cycle: int) -> Index | None:
    """Waves of single series: one matrix turns series' logarithms into effects, so all of a length are fitted at once.

    A series is looked at for the whole cycles that it is known, and has no waves below two.
    """
    width, length = panel.quantity.shape[1], base.fitted.shape[1]
    known = ~np.isnan(panel.quantity)
    cycles = np.where(regular & known.any(1), (width - known.argmax(1)) // cycle, 0)
    kind = np.searchsorted(LENGTHS, cycles, side="right") - 1
    groups = [(int(LENGTHS[k]) * cycle, np.flatnonzero(kind == k)) for k in np.unique(kind[kind >= 0])]
    if not groups:
        return None
    angle = 2 * np.pi * np.outer(np.arange(length), np.arange(1, min(cycle // 2, HARMONICS) + 1)) / cycle
    waves = np.column_stack([np.cos(angle), np.sin(angle)])
    step = max(sum(len(rows) for _, rows in groups) // TRIED, 1)
    tried = [(last, _log_deviations(panel, base, rows[::step])[:, -last:]) for last, rows in groups]
    best, penalty = GAIN * sum(_error(logs, _folds(last, cycle)) for last, logs in tried), 0.0
    for ridge in SHRINKAGE:
        error = 0.0
        for last, logs in tried:
            unseen = _wave_effects(waves, width, last, cycle, ridge)[1][:, width - last : width]
            error += _error(logs - logs @ unseen, _folds(last, cycle))
        best, penalty = (error, ridge) if error < best else (best, penalty)
    return _with_waves(panel, base, groups, waves, cycle, penalty) if penalty else None


def _with_waves(
    panel: Panel, base: Index, groups: list[tuple[int, np.ndarray]], waves: np.ndarray, cycle: int, penalty: float
) -> Index:
    """Put the waves of each series of the groups on top of its shared index."""
    width, pool = panel.quantity.shape[1], base.pool.copy()
    fitted, unseen = [base.fitted], [base.unseen]
    for last, rows in groups:
        logs = _log_deviations(panel, base, rows)[:, -last:].astype(np.float32)
        effects = _wave_effects(waves, width, last, cycle, penalty)
        trust = _trust(logs, logs @ effects[1][:, width - last : width].astype(np.float32), _folds(last, cycle))
        pool[rows] = sum(map(len, fitted)) + np.arange(len(rows))
        for whole, shared, part in zip((fitted, unseen), (base.fitted, base.unseen), effects, strict=True):
            waving = np.clip(np.exp(trust * (logs @ part.astype(np.float32))), FLOOR, CEILING)
            whole.append(waving * shared[base.pool[rows]])
    return Index("own season", np.vstack(fitted), np.vstack(unseen), pool)


def _trust(logs: np.ndarray, unseen: np.ndarray, folds: np.ndarray) -> np.ndarray:
    """How far each series (row) follows its waves in years that they have not seen: slope between 0 and 1."""
    lined = np.zeros((len(folds), len(folds)), np.float32)
    for fold in range(folds.max() + 1):
        here = np.flatnonzero(folds == fold)
        line = np.linalg.qr(np.column_stack([np.ones(len(here)), here]))[0]
        lined[np.ix_(here, here)] = np.eye(len(here)) - line @ line.T
    unseen = unseen @ lined
    along = (unseen * logs).sum(1, keepdims=True) / np.maximum((unseen**2).sum(1, keepdims=True), 1e-12)
    return np.clip(along, 0.0, 1.0)


def _wave_effects(
    waves: np.ndarray, width: int, last: int, cycle: int, penalty: float
) -> tuple[np.ndarray, np.ndarray]:
    """Matrices (last, all periods): from the last periods' logarithms to effects; each cycle's own, and from others."""
    recent, folds, column = waves[width - last : width], _folds(last, cycle), np.arange(width - last, width)
    fitted = (waves @ _operator(np.ones(last, bool), recent, cycle, penalty)).T
    unseen = fitted.copy()
    for fold in range(folds.max() + 1):
        here = column[folds == fold]
        unseen[:, here] = (waves[here] @ _operator(folds != fold, recent, cycle, penalty)).T
    return fitted, unseen


def _operator(seen: np.ndarray, waves: np.ndarray, cycle: int, penalty: float) -> np.ndarray:
    """Matrix (waves, periods) that turns logarithms into ridge estimates of the waves' weights."""
    trend = _trend(len(waves), cycle)
    design = np.column_stack([trend, waves]) * seen[:, None]
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
