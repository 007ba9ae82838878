"""Distances on the sphere."""

import numpy as np
from numpy.typing import ArrayLike

from lst_workbench.geo._kernels import EARTH_RADIUS_KM, pairs_km

__all__ = ["EARTH_RADIUS_KM", "haversine_km"]


def haversine_km(lat_a: ArrayLike, lon_a: ArrayLike, lat_b: ArrayLike, lon_b: ArrayLike) -> np.ndarray:
    """Great-circle distance between positions, in km; arrays are broadcast against each other.

    Parameters
    ----------
    lat_a, lon_a, lat_b, lon_b : array_like
        Positions in degrees, all in one datum.

    Returns
    -------
    ndarray of float64
        In the broadcast shape. Kernels of the models measure with the same formula (`geo._kernels.pair_km`), so that a
        point on the edge of a radius falls on the same side everywhere.

    Examples
    --------
    >>> float(haversine_km(29.715, 118.315, 29.87, 118.43).round(1))  # Tunxi to Shexian
    20.5
    """
    sides = np.broadcast_arrays(*(np.asarray(side, dtype=np.float64) for side in (lat_a, lon_a, lat_b, lon_b)))
    return pairs_km(*(np.ascontiguousarray(side).reshape(-1) for side in sides)).reshape(sides[0].shape)
