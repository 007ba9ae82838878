"""Hot loops of the credit room."""

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# Directions in which effects of different features are unsure together; what they leave is each bin's own.
DIRECTIONS = 16


@nb.njit(cache=True, nogil=True)
def add_bends(total: Floats, weight: float, capital: float, loss: float, tail: float) -> None:
    """Add ``weight * r_j * r_k`` for the pairs of three resources to places 4 to 9 of `total`."""
    total[4] += weight * capital * capital
    total[5] += weight * capital * loss
    total[6] += weight * capital * tail
    total[7] += weight * loss * loss
    total[8] += weight * loss * tail
    total[9] += weight * tail * tail


@nb.njit(cache=True, nogil=True)
def price_limits(
    starts: NDArray[np.int64],
    block_cell: NDArray[np.int64],
    prices: Floats,
    need: Floats,
    margin: Floats,
    loss: Floats,
    tail: Floats,
    low: Floats,
    high: Floats,
    least: Floats,
    near: Floats,
    saturation: float,
    growth: float,
    pull: float,
    heat: float,
    share: Floats,
    sums: Floats,
) -> None:
    """Give each store the limit that is best for it at given prices.

    With x = limit / need, a = pd * lgd, w = stressed pd * lgd and prices P of the store's cell, the store is worth

        need * [ margin * (x - saturation * x^2 / 2) - (a * (1 + P_loss) + w * P_tail) * (x + growth * x^2)
                 - P_capital * x - pull * (x - near)^2 / 2 ]

    RMB a year: a parabola, whose top, cut to ``low <= x <= high``, goes to `share`; a top below `least` becomes
    `least` or 0, whichever is worth more. With `heat` (RMB a year for an RMB of need) a store worth v per RMB of need
    has its best useful limit to the part 1 / (1 + exp(-v / heat)) only, and the dual an entropy more: it has no kinks.

    `sums` takes, block by block: net margin less pull, use of capital, expected loss and tail loss (RMB), then the six
    second derivatives of the dual, sum of r_j r_k / curvature over stores strictly inside their bounds. Blocks
    are summed one after another, so the result is the same for any number of threads.
    """
    for block in range(len(starts) - 1):
        cell = block_cell[block]
        p_capital, p_loss, p_tail = prices[cell, 0], prices[cell, 1], prices[cell, 2]
        total = np.zeros(10)
        for i in range(starts[block], starts[block + 1]):
            cost = loss[i] * (1.0 + p_loss) + tail[i] * p_tail
            slope = margin[i] - p_capital - cost + pull * near[i]
            bend = margin[i] * saturation + 2.0 * growth * cost + pull
            top = high[i] if slope > 0.0 else low[i]
            x = slope / bend if bend > 0.0 else top
            inside = low[i] < x < high[i] and bend > 0.0
            x = min(max(x, low[i]), high[i])
            if x < least[i]:
                x = least[i] if heat > 0.0 or (slope - 0.5 * bend * least[i]) * least[i] > 0.0 else 0.0
                inside = False
            part, entropy = 1.0, 0.0
            if heat > 0.0 and low[i] == 0.0:
                odds = math.exp(-abs((slope - 0.5 * bend * x) * x) / heat)
                part = 1.0 / (1.0 + odds) if slope > 0.5 * bend * x else odds / (1.0 + odds)
                if 0.0 < part < 1.0:
                    entropy = -heat * (part * math.log(part) + (1.0 - part) * math.log(1.0 - part))
            share[i] = part * x
            risk = x + growth * x * x
            total[0] += need[i] * (part * (margin[i] * (x - 0.5 * saturation * x * x) - loss[i] * risk) + entropy)
            total[0] -= 0.5 * need[i] * pull * (x - near[i]) ** 2
            total[1] += need[i] * part * x
            total[2] += need[i] * part * loss[i] * risk
            total[3] += need[i] * part * tail[i] * risk
            if inside:
                steep = 1.0 + 2.0 * growth * x
                add_bends(total, part * need[i] / bend, 1.0, loss[i] * steep, tail[i] * steep)
            if entropy > 0.0:
                add_bends(total, need[i] * part * (1.0 - part) / heat, x, loss[i] * risk, tail[i] * risk)
        sums[block] = total


@nb.njit(cache=True, nogil=True)
def normal_share(x: float) -> float:
    """Share of a standard normal below x: erfc(-x / sqrt 2) / 2."""
    return 0.5 * math.erfc(-0.7071067811865476 * x)


@nb.njit(cache=True, nogil=True)
def bucket_losses(
    common: Floats,
    pull: Floats,
    member: NDArray[np.int64],
    threshold: Floats,
    loss: Floats,
    square: Floats,
    own: float,
    mean: Floats,
    variance: Floats,
) -> None:
    """Mean and variance of the portfolio's loss in each scenario, given its factors (RMB, RMB^2).

    A store of bucket b defaults in scenario s with p = Phi((threshold_b - sum_f pull_f common[s, member[b, f]]) / own),
    independently of others once the factors are known; mean = sum loss_b p, variance = sum square_b p (1 - p),
    with `loss` and `square` the sums of ead * lgd and of its square over the bucket's stores.
    """
    for s in range(common.shape[0]):
        total, spread = 0.0, 0.0
        for b in range(len(threshold)):
            y = 0.0
            for f in range(len(pull)):
                y += pull[f] * common[s, member[b, f]]
            p = normal_share((threshold[b] - y) / own)
            total += loss[b] * p
            spread += square[b] * p * (1.0 - p)
        mean[s], variance[s] = total, spread


@nb.njit(cache=True, nogil=True)
def store_losses(
    common: Floats,
    pull: Floats,
    member: NDArray[np.int64],
    threshold: Floats,
    loss: Floats,
    own: float,
    draws: Floats,
    total: Floats,
) -> None:
    """Loss of each scenario, every store drawn by itself (RMB).

    A store defaults when its uniform draw is below p, the probability of `bucket_losses` given the factors.
    """
    for s in range(common.shape[0]):
        lost = 0.0
        for i in range(len(threshold)):
            y = 0.0
            for f in range(len(pull)):
                y += pull[f] * common[s, member[i, f]]
            if draws[s, i] < normal_share((threshold[i] - y) / own):
                lost += loss[i]
        total[s] = lost


@nb.njit(cache=True, nogil=True)
def add_tail(
    common: Floats, pull: Floats, member: NDArray[np.int64], threshold: Floats, loss: Floats, own: float, share: Floats
) -> None:
    """Add to `share` each bucket's mean loss, loss_b p as in `bucket_losses`, over the scenarios given (RMB)."""
    for s in range(common.shape[0]):
        for b in range(len(threshold)):
            y = 0.0
            for f in range(len(pull)):
                y += pull[f] * common[s, member[b, f]]
            share[b] += loss[b] * normal_share((threshold[b] - y) / own)


@nb.njit(cache=True, nogil=True)
def add_pairs(codes: NDArray[np.int32], weight: Floats, residual: Floats, second: Floats, first: Floats) -> None:
    """Add each row's weight to `second` at every pair of its bins and its residual to `first` at its bins.

    `codes` holds the row's bin of each feature, numbered through over all features: B' W B and B' r, upper triangle.
    """
    for i in range(codes.shape[0]):
        for j in range(codes.shape[1]):
            a = codes[i, j]
            first[a] += residual[i]
            for k in range(j, codes.shape[1]):
                second[a, codes[i, k]] += weight[i]


@nb.njit(cache=True, nogil=True)
def add_points(
    codes: NDArray[np.int32], points: Floats, short: Floats, base: float, total: Floats, worst: NDArray[np.int32]
) -> None:
    """Add up each row's points and name the features that cost it most (-1: none).

    `short` holds the points of each bin less the mean of its feature.
    """
    last = worst.shape[1] - 1
    lows = np.empty(worst.shape[1])
    for i in range(codes.shape[0]):
        score = base
        lows[:] = 0.0
        worst[i] = -1
        for j in range(codes.shape[1]):
            a = codes[i, j]
            score += points[a]
            if short[a] < lows[last]:
                r = last
                while r > 0 and short[a] < lows[r - 1]:
                    lows[r], worst[i, r] = lows[r - 1], worst[i, r - 1]
                    r -= 1
                lows[r], worst[i, r] = short[a], j
        total[i] = score


@nb.njit(cache=True, nogil=True, fastmath=True)
def add_variance(
    codes: NDArray[np.int32], together: int, root: NDArray[np.float32], own: Floats, total: Floats
) -> None:
    """Variance of each row's log-odds: squared length of the sum of its bins' rows of `root`, and each bin's own.

    R R', R the `root`, is the leading part of the covariance of the first `together` terms' effects and, last, the
    intercept; `own` is what it leaves of each variance, that of the intercept first.
    """
    last = len(root) - 1
    both = np.empty(DIRECTIONS, np.float32)
    for i in range(codes.shape[0]):
        value = own[0]
        both[:] = root[last]
        for j in range(together):
            a = codes[i, j]
            for r in range(DIRECTIONS):
                both[r] += root[a, r]
        for j in range(codes.shape[1]):
            value += own[1 + codes[i, j]]
        for r in range(DIRECTIONS):
            value += both[r] * both[r]
        total[i] = value


@nb.njit(cache=True, nogil=True)
def find_ranges(x: Floats, edges: Floats, specials: Floats, out: NDArray[np.int32]) -> None:
    """Count the edges at or below each x; special codes come after the ranges, NaN and infinite ones last.

    With a few dozen edges, comparing with each of them, many at a time, is six times as fast as a binary search.
    """
    for i in range(len(x)):
        value, place = x[i], 0
        for k in range(len(edges)):
            place += edges[k] <= value
        out[i] = place
        if not abs(value) < np.inf:
            out[i] = len(edges) + 1 + len(specials)
        for k in range(len(specials)):
            if value == specials[k]:
                out[i] = len(edges) + 1 + k


@nb.njit(cache=True, nogil=True)
def best_split(
    hist: Floats, columns: NDArray[np.int64], starts: NDArray[np.int64], way: NDArray[np.int8], low: float, high: float,
    least: int, ridge: float,
) -> tuple[float, int, int, float, float]:  # fmt: skip
    """Cut of one segment that gains most: gain, feature (-1: none), last rank on the left, values left and right.

    With G the sum of residuals and W that of p (1 - p), a side is worth 2 G v - (W + ridge) v^2 at its value
    v = G / (W + ridge), kept between `low` and `high`; a declared feature may only rise (way 1) or fall (-1).
    `hist` holds G, W and rows by rank, numbered through over all features by `starts`.
    """
    best, feature, cut, left, right = 1e-9, -1, -1, 0.0, 0.0
    for j in columns:
        g, w, rows = 0.0, 0.0, 0.0
        for k in range(starts[j], starts[j + 1]):
            g, w, rows = g + hist[k, 0], w + hist[k, 1], rows + hist[k, 2]
        whole = min(max(g / (w + ridge), low), high)
        a, b, n = 0.0, 0.0, 0.0
        for k in range(starts[j], starts[j + 1] - 1):
            a, b, n = a + hist[k, 0], b + hist[k, 1], n + hist[k, 2]
            if n < least or rows - n < least:
                continue
            v, u = min(max(a / (b + ridge), low), high), min(max((g - a) / (w - b + ridge), low), high)
            if way[j] * (u - v) < 0.0:
                continue
            gain = 2 * a * v - (b + ridge) * v * v + 2 * (g - a) * u - (w - b + ridge) * u * u
            gain -= 2 * g * whole - (w + ridge) * whole * whole
            if gain > best:
                best, feature, cut, left, right = gain, j, k - starts[j], v, u
    return best, feature, cut, left, right


@nb.njit(cache=True, nogil=True)
def grow_segments(
    ranks: NDArray[np.int32], residual: Floats, weight: Floats, rows: NDArray[np.int64], columns: NDArray[np.int64],
    starts: NDArray[np.int64], way: NDArray[np.int8], least: int, ridge: float, splits: NDArray[np.int32],
    value: Floats, own: Floats, gains: Floats,
) -> int:  # fmt: skip
    """Cut `rows` into segments by `columns`, each time where it gains most; gives the number of cuts.

    Cut s takes the rows of segment ``splits[s, 0]`` whose rank of feature ``splits[s, 1]`` is above ``splits[s, 2]``
    into segment s + 1. `value` gets each segment's log-odds, `own` its W, the sum of `weight`. Values on either side
    of a cut of a declared feature stay on their side of the mean of both, so that the whole is monotone.
    """
    most = len(splits) + 1
    hist = np.zeros((most, starts[-1], 3))
    low, high = np.full(most, -np.inf), np.full(most, np.inf)
    gain, feature, cut = np.zeros(most), np.full(most, -1), np.zeros(most, np.int64)
    left, right = np.zeros(most), np.zeros(most)
    home = np.zeros(len(ranks), np.int32)
    own[0], value[0], made = 0.0, 0.0, 0
    for i in rows:
        own[0] += weight[i]
        value[0] += residual[i]
        for j in columns:
            k = starts[j] + ranks[i, j]
            hist[0, k, 0] += residual[i]
            hist[0, k, 1] += weight[i]
            hist[0, k, 2] += 1.0
    value[0] /= own[0] + ridge
    gain[0], feature[0], cut[0], left[0], right[0] = best_split(
        hist[0], columns, starts, way, low[0], high[0], least, ridge
    )
    while made < most - 1:
        at = 0
        for k in range(made + 1):
            if feature[k] >= 0 and (feature[at] < 0 or gain[k] > gain[at]):
                at = k
        if feature[at] < 0:
            break
        fresh, j = made + 1, feature[at]
        splits[made, 0], splits[made, 1], splits[made, 2], gains[made] = at, j, cut[at], gain[at]
        own[fresh] = 0.0
        for i in rows:
            if home[i] == at and ranks[i, j] > cut[at]:
                home[i] = fresh
                own[fresh] += weight[i]
                for f in columns:
                    k = starts[f] + ranks[i, f]
                    hist[fresh, k, 0] += residual[i]
                    hist[fresh, k, 1] += weight[i]
                    hist[fresh, k, 2] += 1.0
        own[at] -= own[fresh]
        hist[at] -= hist[fresh]
        value[at], value[fresh] = left[at], right[at]
        low[fresh], high[fresh] = low[at], high[at]
        middle = (left[at] + right[at]) / 2
        if way[j] > 0:
            high[at], low[fresh] = middle, middle
        elif way[j] < 0:
            low[at], high[fresh] = middle, middle
        for k in (at, fresh):
            gain[k], feature[k], cut[k], left[k], right[k] = best_split(
                hist[k], columns, starts, way, low[k], high[k], least, ridge
            )
        made += 1
    return made


@nb.njit(cache=True, nogil=True)
def find_segments(
    codes: NDArray[np.int32], rank: NDArray[np.int32], splits: NDArray[np.int32], home: NDArray[np.int32]
) -> None:
    """Segment of each row, from the bins of its features; `rank` gives each bin's place among its feature's."""
    for i in range(len(codes)):
        at = 0
        for s in range(len(splits)):
            if splits[s, 0] == at and rank[codes[i, splits[s, 1]]] > splits[s, 2]:
                at = s + 1
        home[i] = at
