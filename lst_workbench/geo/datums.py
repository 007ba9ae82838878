"""Datums of Chinese maps: GPS speaks WGS-84, AMap and Tencent GCJ-02, Baidu BD-09; they lie 300-700 m apart."""

import numpy as np
from numpy.typing import ArrayLike

from lst_workbench.contracts import InputError

DATUMS = ("wgs84", "gcj02", "bd09")

Positions = tuple[np.ndarray, np.ndarray]

# Krasovsky 1940, the ellipsoid of the GCJ-02 shift.
SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
BD_TURN = np.pi * 3000.0 / 180.0
INVERSE_STEPS = 6  # the shift changes by about 1e-5 per unit moved: six steps reach the last bit


def to_wgs84(lat: ArrayLike, lon: ArrayLike, datum: str) -> Positions:
    """Positions of a datum in WGS-84.

    Parameters
    ----------
    lat, lon : array_like
        Positions in degrees.
    datum : {"wgs84", "gcj02", "bd09"}
        Datum the positions are in; case and punctuation are ignored ("GCJ-02").

    Returns
    -------
    lat, lon : ndarray of float64
        WGS-84. Outside the rectangle that GCJ-02 shifts (0.8293-55.8271 N, 72.004-137.8347 E) GCJ-02 is WGS-84.

    Raises
    ------
    InputError
        The datum is not one of the three.

    Notes
    -----
    The GCJ-02 shift is the published reverse-engineered series, inverted by fixed-point iteration to 1e-9 degrees.

    Examples
    --------
    >>> lat, lon = to_wgs84([29.7125], [118.3175], "GCJ-02")
    >>> [round(float(v), 4) for v in (lat[0], lon[0])]
    [29.7149, 118.3123]
    """
    lat, lon = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    name = datum_named(datum)
    if name == "bd09":
        lat, lon = _bd09_to_gcj02(lat, lon)
    return (lat, lon) if name == "wgs84" else _gcj02_to_wgs84(lat, lon)


def from_wgs84(lat: ArrayLike, lon: ArrayLike, datum: str) -> Positions:
    """Positions in WGS-84 in another datum; the inverse of `to_wgs84`.

    Examples
    --------
    >>> lat, lon = from_wgs84([39.9042], [116.4074], "gcj02")
    >>> [round(float(v), 6) for v in (lat[0], lon[0])]
    [39.905603, 116.413642]
    """
    lat, lon = np.asarray(lat, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    name = datum_named(datum)
    if name == "wgs84":
        return lat, lon
    lat, lon = _wgs84_to_gcj02(lat, lon)
    return (lat, lon) if name == "gcj02" else _gcj02_to_bd09(lat, lon)


def datum_named(datum: str) -> str:
    """Name of a datum in one form, however it is written.

    Raises
    ------
    InputError
        It is none of the three.

    Examples
    --------
    >>> datum_named("GCJ-02")
    'gcj02'
    """
    name = "".join(c for c in datum.lower() if c.isalnum())
    if name not in DATUMS:
        raise InputError(f"datum {datum!r}", [f"it is not known; use one of {', '.join(DATUMS)}"])
    return name


def _wgs84_to_gcj02(lat: np.ndarray, lon: np.ndarray) -> Positions:
    """Add the GCJ-02 shift: its metres, turned into degrees on the Krasovsky ellipsoid."""
    x, y = lon - 105.0, lat - 35.0
    root, wave = np.sqrt(np.abs(x)), np.sin
    ripple = (20.0 * wave(6.0 * x * np.pi) + 20.0 * wave(2.0 * x * np.pi)) * 2.0 / 3.0
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north_m += (20.0 * wave(y * np.pi) + 40.0 * wave(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * wave(y / 12.0 * np.pi) + 320.0 * wave(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east_m += (20.0 * wave(x * np.pi) + 40.0 * wave(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * wave(x / 12.0 * np.pi) + 300.0 * wave(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    magic = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    north = np.degrees(north_m * magic**1.5 / (SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED)))
    east = np.degrees(east_m * np.sqrt(magic) / (SEMI_MAJOR_M * np.cos(phi)))
    shifted = (lat > 0.8293) & (lat < 55.8271) & (lon > 72.004) & (lon < 137.8347)
    return np.where(shifted, lat + north, lat), np.where(shifted, lon + east, lon)


def _gcj02_to_wgs84(lat: np.ndarray, lon: np.ndarray) -> Positions:
    """Undo the GCJ-02 shift by fixed-point iteration."""
    guess_lat, guess_lon = lat, lon
    for _ in range(INVERSE_STEPS):
        there_lat, there_lon = _wgs84_to_gcj02(guess_lat, guess_lon)
        guess_lat, guess_lon = guess_lat + (lat - there_lat), guess_lon + (lon - there_lon)
    return guess_lat, guess_lon


def _gcj02_to_bd09(lat: np.ndarray, lon: np.ndarray) -> Positions:
    """Turn and lengthen the position vector, as Baidu does."""
    length = np.hypot(lon, lat) + 2e-5 * np.sin(lat * BD_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * BD_TURN)
    return length * np.sin(angle) + 0.006, length * np.cos(angle) + 0.0065


def _bd09_to_gcj02(lat: np.ndarray, lon: np.ndarray) -> Positions:
    """Undo the turn of BD-09 by fixed-point iteration."""
    guess_lat, guess_lon = lat - 0.006, lon - 0.0065
    for _ in range(INVERSE_STEPS):
        there_lat, there_lon = _gcj02_to_bd09(guess_lat, guess_lon)
        guess_lat, guess_lon = guess_lat + (lat - there_lat), guess_lon + (lon - there_lon)
    return guess_lat, guess_lon
