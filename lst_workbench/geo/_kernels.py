"""Hot loops of the geography: one distance, and the strips that find near points."""

import math

import numpy as np
from numba import njit

EARTH_RADIUS_KM = 6371.0088


@njit(cache=True, nogil=True)
def pair_km(lat_a: float, lon_a: float, lat_b: float, lon_b: float) -> float:
    """Great-circle distance between two positions in degrees, in km.

    d = 2 R asin sqrt(sin²(Δlat/2) + cos lat_a cos lat_b sin²(Δlon/2)), with R = 6371.0088 km (mean radius).
    """
    south, north = math.radians(lat_a), math.radians(lat_b)
    rise = math.sin((north - south) / 2)
    turn = math.sin(math.radians(lon_b - lon_a) / 2)
    half_chord = rise * rise + math.cos(south) * math.cos(north) * turn * turn
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half_chord)))


@njit(cache=True, nogil=True)
def pairs_km(lat_a: np.ndarray, lon_a: np.ndarray, lat_b: np.ndarray, lon_b: np.ndarray) -> np.ndarray:
    """Distance of each pair of positions (`pair_km` on flat arrays of equal length), in km."""
    km = np.empty(len(lat_a))
    for i in range(len(lat_a)):
        km[i] = pair_km(lat_a[i], lon_a[i], lat_b[i], lon_b[i])
    return km


@njit(cache=True, nogil=True)
def _lon_reach_deg(lat: float, radius_deg: float) -> float:
    """Largest difference of longitude within the radius: asin(sin r / cos lat); 180 degrees where a pole is near."""
    if abs(lat) + radius_deg >= 90.0:
        return 180.0
    ratio = math.sin(math.radians(radius_deg)) / math.cos(math.radians(lat))
    return 180.0 if ratio >= 1.0 else math.degrees(math.asin(ratio)) * (1 + 1e-9) + 1e-9


@njit(cache=True, nogil=True)
def scan_strips(
    lat_a: np.ndarray,
    lon_a: np.ndarray,
    lat_b: np.ndarray,
    lon_b: np.ndarray,
    strip_starts: np.ndarray,
    strip_deg: float,
    radius_km: float,
    indptr: np.ndarray,
    indices: np.ndarray,
    distance_km: np.ndarray,
) -> None:
    """Visit every b within the radius of every a; b is sorted by strip of latitude, then by longitude.

    With empty `indices` the matches of row i are counted into ``indptr[i + 1]``; otherwise they are written from
    ``indptr[i]`` on, as positions in the sorted b, with their distances in km.
    """
    counting = len(indices) == 0
    radius_deg = math.degrees(radius_km / EARTH_RADIUS_KM) * (1 + 1e-9)
    for i in range(len(lat_a)):
        found = 0
        reach = _lon_reach_deg(lat_a[i], radius_deg)
        first = int((lat_a[i] - radius_deg + 90.0) / strip_deg)
        last = int((lat_a[i] + radius_deg + 90.0) / strip_deg)
        for strip in range(max(first, 0), min(last, len(strip_starts) - 2) + 1):
            start, end = strip_starts[strip], strip_starts[strip + 1]
            for turn in (-360.0, 0.0, 360.0):
                west = lon_a[i] - reach + turn
                east = lon_a[i] + reach + turn
                if end == start or east < lon_b[start] or west > lon_b[end - 1]:
                    continue
                j = start + np.searchsorted(lon_b[start:end], west)
                while j < end and lon_b[j] <= east:
                    km = pair_km(lat_a[i], lon_a[i], lat_b[j], lon_b[j])
                    if km <= radius_km:
                        if not counting:
                            indices[indptr[i] + found] = j
                            distance_km[indptr[i] + found] = km
                        found += 1
                    j += 1
        if counting:
            indptr[i + 1] = found
