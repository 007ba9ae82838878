"""Hot loops of reconciliation: each touches every node of the tree once."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def leaves_first(parent: np.ndarray) -> np.ndarray:
    """Order the nodes, children before parents (-1: none); shorter than the tree when it has a circle."""
    n = parent.size
    waiting = np.zeros(n, np.int64)
    for i in range(n):
        if parent[i] >= 0:
            waiting[parent[i]] += 1
    order = np.empty(n, np.int64)
    filled = 0
    for i in range(n):
        if waiting[i] == 0:
            order[filled] = i
            filled += 1
    read = 0
    while read < filled:
        p = parent[order[read]]
        read += 1
        if p >= 0:
            waiting[p] -= 1
            if waiting[p] == 0:
                order[filled] = p
                filled += 1
    return order[:filled]


@njit(cache=True, nogil=True)
def leaf_counts(parent: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Count the leaves below each node; 1 for a leaf."""
    count = np.zeros(parent.size)
    for i in order:
        if count[i] == 0.0:
            count[i] = 1.0
        if parent[i] >= 0:
            count[parent[i]] += count[i]
    return count


@njit(cache=True, nogil=True)
def tree_wls(
    parent: np.ndarray, order: np.ndarray, leaf: np.ndarray, variance: np.ndarray, forecast: np.ndarray, x: np.ndarray
) -> None:
    """Fill `x` (node, period) with the values nearest to `forecast` that add up: min Σ (x - forecast)² / variance.

    Upwards, every node joins its own forecast y (variance s) with the sum M of its children (variance V):
    m = (V y + s M) / (s + V), v = s V / (s + V). Downwards, what a parent gained is shared among its children in
    proportion to their v: x_child = m_child + v_child / V (x_parent - M). Variance 0 pins a value, an infinite one says
    that there is no forecast. Units are those of the forecast.
    """
    periods = forecast.shape[1]
    below, spread, own = np.zeros((parent.size, periods)), np.zeros(parent.size), np.empty(parent.size)
    for i in order:
        s, p = variance[i], parent[i]
        if leaf[i]:
            trust, own[i] = 1.0, s
        elif np.isinf(s) or spread[i] == 0.0:
            trust, own[i] = 0.0, spread[i]
        else:
            trust, own[i] = spread[i] / (s + spread[i]), s * spread[i] / (s + spread[i])
        for t in range(periods):
            told = trust * forecast[i, t] if trust > 0.0 else 0.0  # what has no forecast may be nan
            x[i, t] = told + (1.0 - trust) * below[i, t]
            if p >= 0:
                below[p, t] += x[i, t]
        if p >= 0:
            spread[p] += own[i]
    for k in range(order.size - 1, -1, -1):
        i = order[k]
        p = parent[i]
        if p >= 0 and spread[p] > 0.0:
            share = own[i] / spread[p]
            for t in range(periods):
                x[i, t] += share * (x[p, t] - below[p, t])
