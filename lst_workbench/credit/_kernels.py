"""Hot loops of the credit room."""

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
CAPITAL, LOSS, TAIL = 0, 1, 2


@nb.njit(cache=True, nogil=True, parallel=True)
def price_limits(
    starts: NDArray[np.int64],
    block_city: NDArray[np.int64],
    prices: Floats,
    need: Floats,
    margin: Floats,
    loss: Floats,
    tail: Floats,
    low: Floats,
    high: Floats,
    least: Floats,
    saturation: float,
    growth: float,
    floor: float,
    share: Floats,
    sums: Floats,
) -> None:
    """Give each store the limit that is best for it at given prices.

    With x = limit / need, a = pd * lgd, w = stressed pd * lgd and prices P of the store's city, the store is worth

        need * [ margin * (x - saturation * x^2 / 2) - (a * (1 + P_loss) + w * P_tail) * (x + growth * x^2) - P_capital * x ]

    RMB a year: a parabola, whose top, cut to ``low <= x <= high``, goes to `share`; a top below `least` becomes
    `least` or 0, whichever is worth more. `floor` is the least curvature.

    `sums` takes, block by block: net margin (RMB), use of capital, expected loss and tail loss (RMB), then the six
    second derivatives of the dual, sum of r_j r_k / curvature over stores strictly inside their bounds. Blocks
    are summed one after another, so the result is the same for any number of threads.
    """
    for block in nb.prange(len(starts) - 1):
        p_capital, p_loss, p_tail = prices[block_city[block], 0], prices[block_city[block], 1], prices[block_city[block], 2]
        total = np.zeros(10)
        for i in range(starts[block], starts[block + 1]):
            cost = loss[i] * (1.0 + p_loss) + tail[i] * p_tail
            slope = margin[i] - p_capital - cost
            bend = max(margin[i] * saturation + 2.0 * growth * cost, floor)
            if bend > 0.0:
                x = slope / bend
            else:
                x = high[i] if slope > 0.0 else low[i]
            inside = low[i] < x < high[i] and bend > 0.0
            x = min(max(x, low[i]), high[i])
            if x < least[i]:
                x = least[i] if (slope - 0.5 * bend * least[i]) * least[i] > 0.0 else 0.0
                inside = False
            share[i] = x
            risk = x + growth * x * x
            total[0] += need[i] * (margin[i] * (x - 0.5 * saturation * x * x) - loss[i] * risk)
            total[1] += need[i] * x
            total[2] += need[i] * loss[i] * risk
            total[3] += need[i] * tail[i] * risk
            if inside:
                steep = 1.0 + 2.0 * growth * x
                r_loss, r_tail, weight = loss[i] * steep, tail[i] * steep, need[i] / bend
                total[4] += weight
                total[5] += weight * r_loss
                total[6] += weight * r_tail
                total[7] += weight * r_loss * r_loss
                total[8] += weight * r_loss * r_tail
                total[9] += weight * r_tail * r_tail
        sums[block] = total
