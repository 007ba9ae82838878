"""Random streams: one per seed, table and prefecture, so that no table's draws depend on what else is drawn."""

from zlib import crc32

import numpy as np


def stream(seed: int, table: str, prefecture_code: int) -> np.random.Generator:
    """Give the random stream of one table in one prefecture.

    Examples
    --------
    >>> bool(stream(7, "stores", 341000).random() == stream(7, "stores", 341000).random())
    True
    """
    return np.random.default_rng([seed, crc32(table.encode()), prefecture_code])


def apportion(total: int, weights: np.ndarray) -> np.ndarray:
    """Split a whole number in proportion to weights, in whole numbers that add up to it (largest remainders).

    Examples
    --------
    >>> apportion(10, np.array([1.0, 1.0, 1.0]))
    array([4, 3, 3])
    """
    exact = total * (weights / weights.sum())
    shares = np.floor(exact).astype(np.int64)
    missing = int(total - shares.sum())
    shares[np.argsort(shares - exact, kind="stable")[:missing]] += 1
    return shares
