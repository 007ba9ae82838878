"""The square of web maps: positions as whole numbers, and an order in which neighbours stay together."""

import numpy as np
from numpy.typing import ArrayLike

WORLD = 2.0**32
MOST_LAT = 85.0511
DOT_PARTICIPANT, DOT_UNCOVERED = 254, 255


def on_web_map(lat: ArrayLike, lon: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Positions on the square of the Mercator projection, in units of 2^-32 of its side from its north-west corner.

    Examples
    --------
    >>> x, y = on_web_map([0.0, 85.05], [0.0, -180.0])
    >>> [int(v) for v in x], int(y[0]) == 2**31, bool(y[1] < 2**20)
    ([2147483648, 0], True, True)
    """
    phi = np.radians(np.clip(np.asarray(lat, np.float64), -MOST_LAT, MOST_LAT))
    u = (np.asarray(lon, np.float64) + 180.0) / 360.0
    v = 0.5 - np.arcsinh(np.tan(phi)) / (2.0 * np.pi)
    return tuple(np.clip(side * WORLD, 0, WORLD - 1).astype(np.uint32) for side in (u, v))  # type: ignore[return-value]


def off_web_map(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Latitude and longitude of points of the square.

    Examples
    --------
    >>> lat, lon = off_web_map(*on_web_map([29.7], [118.3]))
    >>> float(lat.round(5)[0]), float(lon.round(5)[0])
    (29.7, 118.3)
    """
    lat = np.degrees(np.arctan(np.sinh(np.pi * (1.0 - 2.0 * np.asarray(y, np.float64) / WORLD))))
    return lat, np.asarray(x, np.float64) / WORLD * 360.0 - 180.0


def morton(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Rank of points along the curve of Morton: bits of x and y in turn, 16 of each.

    Examples
    --------
    >>> one = np.array([2**16], np.uint32)
    >>> int(morton(one, 0 * one)[0]), int(morton(0 * one, one)[0])
    (1, 2)
    """
    return _spread(x >> np.uint32(16)) | (_spread(y >> np.uint32(16)) << np.uint32(1))


def _spread(bits: np.ndarray) -> np.ndarray:
    """Put a zero between each two of 16 bits."""
    bits = bits.astype(np.uint32)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        bits = (bits | (bits << np.uint32(shift))) & np.uint32(mask)
    return bits
