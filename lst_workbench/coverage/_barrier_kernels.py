"""Hot loop of barriers: which straight ways cross a river or strait, and how long the way over a crossing is."""

import numpy as np
from numba import njit

from lst_workbench.geo._kernels import pair_km

KM_A_DEGREE = 111.0


@njit(cache=True, nogil=True)
def _side(x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> float:
    """Side of the line 1-2 on which a point lies: its sign."""
    return (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)


@njit(cache=True, nogil=True)
def ways_around(
    starts: np.ndarray,
    site: np.ndarray,
    from_lat: np.ndarray,
    from_lon: np.ndarray,
    to_lat: np.ndarray,
    to_lon: np.ndarray,
    segments: np.ndarray,
    barrier: np.ndarray,
    crossing_starts: np.ndarray,
    crossings: np.ndarray,
    radius_km: float,
    km: np.ndarray,
) -> None:
    """Lengthen `km` of the ways that cross a barrier: the shortest by one of its crossings, infinite where it has none.

    A row of `segments` is lat, lon, lat, lon; `barrier` numbers their barriers, in order; a row of `crossings` is lat,
    lon and extra km. A way over several barriers is as long as the worst of them asks for.
    """
    close = np.empty(segments.shape[0], np.int64)
    for i in range(starts.size - 1):
        x, y = from_lon[i], from_lat[i]
        high = radius_km / KM_A_DEGREE
        wide = high / max(0.05, np.cos(np.radians(y)))
        count = 0
        for s in range(segments.shape[0]):
            lat1, lon1, lat2, lon2 = segments[s]
            if (
                min(lat1, lat2) <= y + high
                and max(lat1, lat2) >= y - high
                and min(lon1, lon2) <= x + wide
                and max(lon1, lon2) >= x - wide
            ):
                close[count] = s
                count += 1
        for k in range(starts[i], starts[i + 1]):
            u, v = to_lon[site[k]], to_lat[site[k]]
            done = -1
            for at in range(count):
                s = close[at]
                if barrier[s] == done:
                    continue
                lat1, lon1, lat2, lon2 = segments[s]
                apart = _side(x, y, u, v, lon1, lat1) * _side(x, y, u, v, lon2, lat2) <= 0.0
                if not apart or _side(lon1, lat1, lon2, lat2, x, y) * _side(lon1, lat1, lon2, lat2, u, v) > 0.0:
                    continue
                done = barrier[s]
                around = np.inf
                for c in range(crossing_starts[done], crossing_starts[done + 1]):
                    lat, lon, extra = crossings[c]
                    around = min(around, pair_km(y, x, lat, lon) + pair_km(lat, lon, v, u) + extra)
                km[k] = max(km[k], around)
