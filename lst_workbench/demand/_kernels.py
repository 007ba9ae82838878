"""Hot loops of forecasting: one pass over each series; nan is unknown and passes no time.

Series are rows of `quantity` (units of the table) divided by the season index of their pool; `ends` are numbers of
columns seen, ascending; a forecast made there is level + slope times the damped steps. Methods take series side by
side (`y`: period, series), so that the processor works on several at once; levels are (end, series).
"""

import numpy as np
from numba import njit

SES, SBA, TSB, MEAN, HOLT = range(5)
KNOWN, SALE_SHARE, CV2, AVERAGE, DEVIATION, SINCE_SALE, LONGEST_GAP, SCALE = range(8)
STATISTICS = 8
DAMPING = 0.9
SIDE_BY_SIDE = 72  # columns of a power of two would all fall on the same few lines of the cache


@njit(cache=True, nogil=True)
def ses(y: np.ndarray, alpha: float, ends: np.ndarray, level: np.ndarray) -> None:
    """Smooth exponentially (Brown 1956): l_1 = y_1, l_t = l_{t-1} + α (y_t - l_{t-1})."""
    state, gain, o = np.zeros(y.shape[1]), np.ones(y.shape[1]), 0
    for t in range(ends[-1]):
        for b in range(y.shape[1]):
            known = y[t, b] == y[t, b]
            state[b] = state[b] + gain[b] * (y[t, b] - state[b]) if known else state[b]
            gain[b] = alpha if known else gain[b]
        if t + 1 == ends[o]:
            level[o] = state
            o += 1


@njit(cache=True, nogil=True)
def sba(y: np.ndarray, alpha: float, ends: np.ndarray, level: np.ndarray) -> None:
    """Croston's method as Syntetos and Boylan (2005) corrected it: (1 - α/2) × size / interval, updated at sales."""
    size, interval, waited = np.zeros((3, y.shape[1]))
    o = 0
    for t in range(ends[-1]):
        for b in range(y.shape[1]):
            sale = y[t, b] > 0.0
            sold = y[t, b] if sale else 0.0
            gain = alpha if interval[b] > 0.0 else 1.0
            moves = gain if sale else 0.0
            waits = waited[b] + (1.0 if y[t, b] == y[t, b] else 0.0)
            size[b] += moves * (sold - size[b])
            interval[b] += moves * (waits - interval[b])
            waited[b] = 0.0 if sale else waits
        if t + 1 == ends[o]:
            for b in range(y.shape[1]):
                level[o, b] = (1.0 - alpha / 2.0) * size[b] / interval[b] if interval[b] > 0.0 else 0.0
            o += 1


@njit(cache=True, nogil=True)
def tsb(y: np.ndarray, alpha: float, beta: float, ends: np.ndarray, level: np.ndarray) -> None:
    """Teunter, Syntetos and Babai (2011): size (α, at sales) times probability of a sale (β, each period)."""
    size, chance = np.zeros((2, y.shape[1]))
    (gain, chance_gain), o = np.ones((2, y.shape[1])), 0
    for t in range(ends[-1]):
        for b in range(y.shape[1]):
            sale, known = y[t, b] > 0.0, y[t, b] == y[t, b]
            sold = y[t, b] if sale else 0.0
            moves = gain[b] if sale else 0.0
            chance_moves = chance_gain[b] if known else 0.0
            size[b] += moves * (sold - size[b])
            gain[b] = alpha if sale else gain[b]
            chance[b] += chance_moves * ((1.0 if sale else 0.0) - chance[b])
            chance_gain[b] = beta if known else chance_gain[b]
        if t + 1 == ends[o]:
            level[o] = size * chance
            o += 1


@njit(cache=True, nogil=True)
def discounted_mean(y: np.ndarray, alpha: float, ends: np.ndarray, level: np.ndarray) -> None:
    """Mean of what is known with weights (1 - α)^age: smoothing that owes nothing to its first value."""
    total, weight = np.zeros((2, y.shape[1]))
    stays, o = 1.0 - alpha, 0
    for t in range(ends[-1]):
        for b in range(y.shape[1]):
            known = y[t, b] == y[t, b]
            total[b] = stays * total[b] + y[t, b] if known else total[b]
            weight[b] = stays * weight[b] + 1.0 if known else weight[b]
        if t + 1 == ends[o]:
            for b in range(y.shape[1]):
                level[o, b] = total[b] / weight[b] if weight[b] > 0.0 else 0.0
            o += 1


@njit(cache=True, nogil=True)
def holt(y: np.ndarray, alpha: float, beta: float, ends: np.ndarray, level: np.ndarray, slope: np.ndarray) -> None:
    """Damped trend (Gardner and McKenzie 1985), φ = 0.9: l += φ b + α e, b = φ b + α β e, e the one-step error."""
    state, trend, trend_gain = np.zeros((3, y.shape[1]))
    gain, o = np.ones(y.shape[1]), 0
    for t in range(ends[-1]):
        for b in range(y.shape[1]):
            known = y[t, b] == y[t, b]
            step = DAMPING * trend[b]
            error = y[t, b] - state[b] - step
            state[b] = state[b] + step + gain[b] * error if known else state[b]
            trend[b] = step + trend_gain[b] * error if known else trend[b]
            gain[b] = alpha if known else gain[b]
            trend_gain[b] = alpha * beta if known else trend_gain[b]
        if t + 1 == ends[o]:
            level[o], slope[o] = state, trend
            o += 1


@njit(cache=True, nogil=True)
def levels(
    quantity: np.ndarray,
    rows: np.ndarray,
    index: np.ndarray,
    pool: np.ndarray,
    kind: np.ndarray,
    alpha: np.ndarray,
    beta: np.ndarray,
    ends: np.ndarray,
    level: np.ndarray,
    slope: np.ndarray,
) -> None:
    """Fill `level` and `slope` (row, method, end) for every method asked for."""
    y = np.zeros((ends[-1], SIDE_BY_SIDE))
    share, held = np.zeros(ends[-1]), -1
    found, steep = np.zeros((2, ends.size, SIDE_BY_SIDE))
    for first in range(0, rows.size, SIDE_BY_SIDE):
        count = min(SIDE_BY_SIDE, rows.size - first)
        for b in range(count):
            row = rows[first + b]
            if pool[row] != held:
                held = pool[row]
                for t in range(ends[-1]):
                    share[t] = 1.0 / index[held, t]
            for t in range(ends[-1]):
                y[t, b] = quantity[row, t] * share[t]
        for c in range(kind.size):
            if kind[c] == SES:
                ses(y, alpha[c], ends, found)
            elif kind[c] == SBA:
                sba(y, alpha[c], ends, found)
            elif kind[c] == TSB:
                tsb(y, alpha[c], beta[c], ends, found)
            elif kind[c] == MEAN:
                discounted_mean(y, alpha[c], ends, found)
            else:
                holt(y, alpha[c], beta[c], ends, found, steep)
            for b in range(count):
                for o in range(ends.size):
                    level[first + b, c, o] = found[o, b]
                    slope[first + b, c, o] = steep[o, b] if kind[c] == HOLT else 0.0


@njit(cache=True, nogil=True)
def describe(
    quantity: np.ndarray, rows: np.ndarray, index: np.ndarray, pool: np.ndarray, ends: np.ndarray, out: np.ndarray
) -> None:
    """Fill `out` (row, end, statistic) from what is known up to each end, beginning at the first sale.

    Periods known and share of them with a sale, CV² of sales, mean and deviation, periods since the last sale (known or
    not), longest gap between sales, and the root mean square of steps (scale of rmsse, raw units).
    """
    for i in range(rows.size):
        known, sales, total, squares, sold, sold_squares = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        steps, step_squares, since, longest, before, o = 0.0, 0.0, 0.0, 0.0, np.nan, 0
        for t in range(ends[-1]):
            raw = quantity[rows[i], t]
            if not np.isnan(raw) and (sales > 0.0 or raw > 0.0):
                y = raw / index[pool[rows[i]], t]
                known += 1.0
                total += y
                squares += y * y
                if raw > 0.0:
                    longest = max(longest, since)
                    sales, since = sales + 1.0, -1.0
                    sold += y
                    sold_squares += y * y
                if not np.isnan(before):
                    steps += 1.0
                    step_squares += (raw - before) ** 2
                before = raw
            since += 1.0
            if t + 1 == ends[o]:
                out[i, o, KNOWN], out[i, o, SINCE_SALE], out[i, o, LONGEST_GAP] = known, since, longest
                out[i, o, SALE_SHARE] = sales / known if known > 0.0 else 0.0
                out[i, o, AVERAGE] = total / known if known > 0.0 else 0.0
                spread = squares / known - (total / known) ** 2 if known > 0.0 else 0.0
                out[i, o, DEVIATION] = np.sqrt(max(spread, 0.0))
                usual = sold / sales if sales > 0.0 else 0.0
                out[i, o, CV2] = max(sold_squares / sales / usual**2 - 1.0, 0.0) if usual > 0.0 else 0.0
                out[i, o, SCALE] = np.sqrt(step_squares / steps) if steps > 0.0 else 0.0
                o += 1


@njit(cache=True, nogil=True)
def accuracy(
    quantity: np.ndarray,
    rows: np.ndarray,
    ends: np.ndarray,
    horizon: int,
    level: np.ndarray,
    slope: np.ndarray,
    index: np.ndarray,
    pool: np.ndarray,
    segment: np.ndarray,
    scale: np.ndarray,
    sums: np.ndarray,
) -> None:
    """Add to `sums` (segment, method, 4): Σ rmsse, windows, Σ (forecast - actual) / scale, Σ actual / scale."""
    for i in range(rows.size):
        for o in range(ends.size):
            if scale[i, o] <= 0.0:
                continue
            for c in range(level.shape[1]):
                squares, error, actual, count, damped, power = 0.0, 0.0, 0.0, 0, 0.0, 1.0
                for t in range(ends[o], min(ends[o] + horizon, quantity.shape[1])):
                    power *= DAMPING
                    damped += power
                    y = quantity[rows[i], t]
                    if not np.isnan(y):
                        forecast = (level[i, c, o] + slope[i, c, o] * damped) * index[pool[rows[i]], t]
                        forecast = max(forecast, 0.0)
                        squares += (forecast - y) ** 2
                        error += forecast - y
                        actual += y
                        count += 1
                if count > 0:
                    target = sums[segment[i, o], c]
                    target[0] += np.sqrt(squares / count) / scale[i, o]
                    target[1] += 1.0
                    target[2] += error / count / scale[i, o]
                    target[3] += actual / count / scale[i, o]


@njit(cache=True, nogil=True)
def pooled_ratio(quantity: np.ndarray, rows: np.ndarray, pool: np.ndarray, sold: np.ndarray, usual: np.ndarray) -> None:
    """Add each known period's sales to `sold` and the series' own mean to `usual` (pool, period)."""
    for i in rows:
        total, known = 0.0, 0
        for t in range(quantity.shape[1]):
            if not np.isnan(quantity[i, t]):
                total += quantity[i, t]
                known += 1
        if known > 0:
            for t in range(quantity.shape[1]):
                if not np.isnan(quantity[i, t]):
                    sold[pool[i], t] += quantity[i, t]
                    usual[pool[i], t] += total / known


@njit(cache=True, nogil=True)
def heads(ids: np.ndarray) -> np.ndarray:
    """Find the rows at which another series begins."""
    count = 0
    for i in range(ids.size):
        count += i == 0 or ids[i] != ids[i - 1]
    found, k = np.empty(count, np.int64), 0
    for i in range(ids.size):
        if i == 0 or ids[i] != ids[i - 1]:
            found[k] = i
            k += 1
    return found


@njit(cache=True, nogil=True)
def fill_in_order(
    head: np.ndarray, when: np.ndarray, column: np.ndarray, quantity: np.ndarray, grid: np.ndarray
) -> bool:
    """Put the rows of each series (`head`: their first ones) in its row; False where periods do not ascend.

    `column` is that of each period, `when` the number of each row's period; what has no row stays nan.
    """
    for s in range(head.size):
        end = head[s + 1] if s + 1 < head.size else when.size
        filled = 0
        for i in range(head[s], end):
            at = column[when[i]]
            if at < filled:
                return False
            grid[s, filled:at] = np.nan
            grid[s, at] = quantity[i]
            filled = at + 1
        grid[s, filled:] = np.nan
    return True
