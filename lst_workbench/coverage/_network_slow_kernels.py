"""Hot loop of slow delivery: each store's cheapest city warehouse, measured from the store itself."""

import numpy as np
from numba import njit

from lst_workbench.geo._kernels import EARTH_RADIUS_KM

NONE = -1


@njit(cache=True, nogil=True, inline="always")
def spots_km(a: np.ndarray, b: np.ndarray) -> float:
    """Great-circle distance between two points on the unit sphere, in km: 2 R asin(|a - b| / 2)."""
    chord = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2 + (a[2] - b[2]) ** 2
    return 2.0 * EARTH_RADIUS_KM * np.arcsin(min(1.0, 0.5 * np.sqrt(chord)))


@njit(cache=True, nogil=True)
def slow_ways(
    cells: np.ndarray,
    spot: np.ndarray,
    near: np.ndarray,
    edge: np.ndarray,
    through: np.ndarray,
    site_spot: np.ndarray,
    handling: np.ndarray,
    measure: tuple[float, float, float],
    beyond: np.ndarray,
    limit: np.ndarray,
    cost: np.ndarray,
    via: np.ndarray,
) -> None:
    """Cheapest of the listed cities of each store's cell, RMB/m3; stores for which none is below `limit` are skipped.

    `spot` holds positions on the unit sphere, `edge` the haul from the cell's point nearest to each city, `through`
    what comes on top for the whole cell, `measure` road km for each km, RMB/m3 for each road km, and the radius in road
    km. `via` is the place in the list, -1 where the way `beyond` all listed cities is the cheapest; a store that is
    skipped costs more than any limit.
    """
    circuity, rate, radius = measure
    for c in range(cells.size - 1):
        least, first = np.inf, 0
        for j in range(near.shape[1]):
            if edge[c, j] + through[c, j] < least:
                least, first = edge[c, j] + through[c, j], j
        for i in range(cells[c], cells[c + 1]):
            cost[i], via[i] = np.inf, NONE
            if min(least, beyond[c]) > limit[i]:
                continue
            cost[i] = beyond[c]
            for k in range(near.shape[1]):
                j = first if k == 0 else k if k > first else k - 1
                if edge[c, j] + through[c, j] >= cost[i]:
                    continue
                w = near[c, j]
                km = circuity * spots_km(spot[i], site_spot[w])
                here = handling[w] + rate * km + through[c, j]
                if km <= radius and here < cost[i]:
                    cost[i], via[i] = here, j
