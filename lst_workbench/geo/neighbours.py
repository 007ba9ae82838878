"""Sparse neighbour search: who lies within a radius, who is nearest; never a dense matrix."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.spatial import cKDTree

from lst_workbench.contracts import InputError
from lst_workbench.geo._kernels import EARTH_RADIUS_KM, scan_strips
from lst_workbench.geo.distances import haversine_km

TIE = 1e-12  # of the Earth's radius, 6 micrometres: what counts as equally near
NARROWEST_STRIP_DEG = 0.005  # about 0.5 km: below that, more strips cost more than they save


@dataclass(frozen=True)
class Neighbours:
    """Lists of neighbours in compressed rows, as in `scipy.sparse.csr_matrix`.

    Attributes
    ----------
    indptr : ndarray of int64, shape (rows + 1,)
        Neighbours of row i stand at ``indptr[i]:indptr[i + 1]``.
    indices : ndarray of int32
        Position of each neighbour in b. Within a row the order is fixed (south to north, west to east in strips of
        latitude), not by distance.
    distance_km : ndarray of float64
        Great-circle distance of each.
    """

    indptr: np.ndarray
    indices: np.ndarray
    distance_km: np.ndarray

    @property
    def counts(self) -> np.ndarray:
        """Number of neighbours of each row."""
        return np.diff(self.indptr)

    @property
    def rows(self) -> np.ndarray:
        """Row of each neighbour: the long form beside `indices` and `distance_km`."""
        return np.repeat(np.arange(len(self.indptr) - 1), self.counts)


def neighbours_within(
    lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike, radius_km: float
) -> Neighbours:
    """Every b within the radius of every a.

    Parameters
    ----------
    lat_a, lon_a : array_like of shape (n,)
        Positions whose neighbours are sought, degrees.
    lat_b, lon_b : array_like of shape (m,)
        Positions among which they are sought, degrees.
    radius_km : float
        Great-circle radius; a b at exactly this `haversine_km` belongs to it.

    Returns
    -------
    Neighbours
        Work and memory grow with the number of pairs found, not with n x m.

    Raises
    ------
    InputError
        The radius is negative or not finite, or a position is not finite.

    Examples
    --------
    >>> near = neighbours_within([29.71], [118.31], [29.71, 29.72, 30.50], [118.31, 118.31, 118.31], 2.0)
    >>> near.indices, near.distance_km.round(2)
    (array([0, 1], dtype=int32), array([0.  , 1.11]))
    """
    lat_a, lon_a = _positions(lat_a, lon_a, "a")
    lat_b, lon_b = _positions(lat_b, lon_b, "b")
    if not (math.isfinite(radius_km) and radius_km >= 0):
        raise InputError("radius_km", [f"it must be 0 or more, not {radius_km}"])
    strip_deg = min(max(math.degrees(radius_km / EARTH_RADIUS_KM), NARROWEST_STRIP_DEG), 180.0)
    strip = ((lat_b + 90.0) / strip_deg).astype(np.int64)
    order = np.lexsort((lon_b, strip))
    starts = np.searchsorted(strip[order], np.arange(int(180.0 / strip_deg) + 2))
    sides = (lat_a, lon_a, lat_b[order], lon_b[order], starts, strip_deg, float(radius_km))
    indptr = np.zeros(len(lat_a) + 1, np.int64)
    scan_strips(*sides, indptr, np.empty(0, np.int32), np.empty(0))
    np.cumsum(indptr, out=indptr)
    indices, distance_km = np.empty(indptr[-1], np.int32), np.empty(indptr[-1])
    if indptr[-1]:
        scan_strips(*sides, indptr, indices, distance_km)
    return Neighbours(indptr, order.astype(np.int32)[indices], distance_km)


def nearest(lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Find the b nearest to every a, by a KD tree on unit vectors.

    Parameters
    ----------
    lat_a, lon_a : array_like of shape (n,)
        Positions in degrees.
    lat_b, lon_b : array_like of shape (m,)
        Positions to choose from; at least one.

    Returns
    -------
    indices : ndarray of int32, shape (n,)
        Position of the nearest b; of equally near ones the first.
    distance_km : ndarray of float64, shape (n,)
        Great-circle distance to it.

    Raises
    ------
    InputError
        There is no b, or a position is not finite.

    Examples
    --------
    >>> nearest([29.71], [118.31], [30.50, 29.72], [118.31, 118.31])[0]
    array([1], dtype=int32)
    """
    lat_a, lon_a = _positions(lat_a, lon_a, "a")
    lat_b, lon_b = _positions(lat_b, lon_b, "b")
    if not len(lat_b):
        raise InputError("positions b", ["there are none; give at least one"])
    tree, there = cKDTree(_unit_vectors(lat_b, lon_b)), _unit_vectors(lat_a, lon_a)
    several = min(2, len(lat_b))
    chord, near = (side.reshape(len(there), several) for side in tree.query(there, k=several))
    found = near[:, 0].copy()
    tied = np.flatnonzero((chord[:, -1] - chord[:, 0] <= TIE) & (several > 1))
    found[tied] = [min(near) for near in tree.query_ball_point(there[tied], chord[tied, 0] + TIE)]
    return found.astype(np.int32), haversine_km(lat_a, lon_a, lat_b[found], lon_b[found])


def _positions(lat: ArrayLike, lon: ArrayLike, side: str) -> tuple[np.ndarray, np.ndarray]:
    lat = np.ascontiguousarray(lat, dtype=np.float64)
    lon = np.ascontiguousarray(lon, dtype=np.float64)
    if not (np.isfinite(lat).all() and np.isfinite(lon).all()):
        raise InputError(f"positions {side}", ["some are not finite; drop or mend those rows"])
    return lat, lon


def _unit_vectors(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Positions as points on the unit sphere, where the straight line orders as the great circle does."""
    phi, lam = np.radians(lat), np.radians(lon)
    return np.column_stack((np.cos(phi) * np.cos(lam), np.cos(phi) * np.sin(lam), np.sin(phi)))
