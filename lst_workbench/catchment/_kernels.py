"""Hot loops of the Huff model: points sorted into bins, the pull on each cell, the people of each store.

A point has a bin (by longitude and latitude, or x and y) and a position in space (km): on the sphere distances are
chords of three coordinates, turned into arcs, so that no projection bends them.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numba.extending import overload

EARTH_DIAMETER_KM = 2 * 6371.0088
SLACK = 1 + 1e-9  # a reach is never short by rounding
LOWEST, LEAST_KM = -700.0, 1e-9
IN_ANY_ORDER = {"reassoc", "contract", "nsz", "arcp"}  # sums over many points are taken several at a time


class Grid(NamedTuple):
    """Bins of one size: `u` runs along columns (longitude or x), `v` along rows (latitude or y)."""

    u0: float
    v0: float
    column_width: float
    row_height: float
    columns: int
    rows: int
    reach: float  # the radius in units of v
    spherical: bool


class Points(NamedTuple):
    """Points sorted by bin: `starts` gives the first point of each bin, `x`, `y`, `z` are in km."""

    u: np.ndarray
    v: np.ndarray
    x: np.ndarray
    y: np.ndarray
    z: np.ndarray
    starts: np.ndarray


class Decay(NamedTuple):
    """How pull falls with distance, exponentially; the rate of the fall is the cell's own."""

    near_km: float
    taper_km: float
    radius_km: float


class PowerDecay(NamedTuple):
    """As `Decay`, but by a power of the distance: a type of its own, so that kernels are compiled for each."""

    near_km: float
    taper_km: float
    radius_km: float


@njit(cache=True, nogil=True, fastmath=IN_ANY_ORDER)
def _fall(x: float) -> float:
    """exp(x), x ≤ 0, to 1e-12 and without a branch, so that the processor takes several at once: exp(x / 1024)^1024."""
    x = max(x, LOWEST) / 1024.0
    y = 1.0 + x * (1.0 + x * (1 / 2 + x * (1 / 6 + x * (1 / 24 + x * (1 / 120 + x * (1 / 720 + x / 5040))))))
    for _ in range(10):
        y *= y
    return y


def _strength(km: float, rate: float, decay: Decay | PowerDecay) -> float:
    """exp(-β d), or max(d, near)^-β, chosen when a kernel is compiled."""
    return max(km, decay.near_km) ** -rate if isinstance(decay, PowerDecay) else math.exp(-rate * km)


@overload(_strength, inline="always", strict=False)
def _strength_of(km: Any, rate: Any, decay: Any) -> Callable[..., float]:
    if decay.instance_class is PowerDecay:
        return lambda km, rate, decay: max(km, decay.near_km) ** -rate
    return lambda km, rate, decay: _fall(-rate * km)


@njit(cache=True, nogil=True, fastmath=IN_ANY_ORDER, inline="always")
def pull(km: float, rate: float, decay: Decay | PowerDecay) -> float:
    """Pull at a distance: f(d) taper(d), with f = exp(-β d) or max(d, near)^-β, d in km, β = rate.

    taper = 1 up to `taper_km`, then 1 - s²(3 - 2s) with s = (d - taper_km) / (radius_km - taper_km); 0 at the radius.
    """
    s = min(max((km - decay.taper_km) / max(decay.radius_km - decay.taper_km, LEAST_KM), 0.0), 1.0)
    return 0.0 if km >= decay.radius_km else _strength(km, rate, decay) * (1.0 - s * s * (3.0 - 2.0 * s))


@njit(cache=True, nogil=True)
def pulls(km: np.ndarray, rate: np.ndarray, decay: Decay | PowerDecay) -> np.ndarray:
    """`pull` at each of many distances in km, each with its rate."""
    out = np.empty(km.size)
    for i in range(km.size):
        out[i] = pull(km[i], rate[i], decay)
    return out


@njit(cache=True, nogil=True)
def sort_by_bin(bins: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Sort by counting, stably: first place of each bin (and the end), and the points in order of their bin."""
    starts = np.zeros(count + 1, np.int32)
    for b in bins:
        starts[b + 1] += 1
    for b in range(count):
        starts[b + 1] += starts[b]
    free = starts[:-1].copy()
    order = np.empty(bins.size, np.int64)
    for i in range(bins.size):
        order[free[bins[i]]] = i
        free[bins[i]] += 1
    return starts, order


@njit(cache=True, nogil=True)
def _window(grid: Grid, u: float, v: float) -> tuple[int, int, int, int]:
    """First and last column and row that hold everything within reach of a point."""
    wide = grid.reach
    if grid.spherical:
        wide = 360.0
        if abs(v) + grid.reach < 90.0:
            wide = math.degrees(math.asin(min(1.0, math.sin(math.radians(grid.reach)) / math.cos(math.radians(v)))))
    wide, high = wide * SLACK, grid.reach * SLACK
    first_column = max(0, int((u - wide - grid.u0) / grid.column_width))
    last_column = min(grid.columns - 1, int((u + wide - grid.u0) / grid.column_width))
    first_row = max(0, int((v - high - grid.v0) / grid.row_height))
    last_row = min(grid.rows - 1, int((v + high - grid.v0) / grid.row_height))
    return first_column, last_column, first_row, last_row


@njit(cache=True, nogil=True, fastmath=IN_ANY_ORDER, inline="always")
def _distance_km(a: Points, i: int, b: Points, j: int, spherical: bool) -> float:
    """Straight line c, or the arc over it: c (1 + t/6 + 3t²/40 + 5t³/112), t = (c / 2R)²; 1e-9 exact below 800 km."""
    dx, dy, dz = a.x[i] - b.x[j], a.y[i] - b.y[j], a.z[i] - b.z[j]
    chord = math.sqrt(dx * dx + dy * dy + dz * dz)
    if not spherical:
        return chord
    t = (chord / EARTH_DIAMETER_KM) ** 2
    return chord * (1.0 + t * (1.0 / 6.0 + t * (3.0 / 40.0 + t * (5.0 / 112.0))))


@njit(cache=True, nogil=True, fastmath=IN_ANY_ORDER)
def pull_on_cells(
    cells: Points,
    stores: Points,
    attraction: np.ndarray,
    rate: np.ndarray,
    grid: Grid,
    decay: Decay | PowerDecay,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Pull of all stores on cells first..last: out[c] = Σ_s attraction[s] f_c(d_cs), f_c with the rate of the cell."""
    for c in range(first, last):
        total = 0.0
        left, right, bottom, top = _window(grid, cells.u[c], cells.v[c])
        for row in range(bottom, top + 1):
            for s in range(stores.starts[row * grid.columns + left], stores.starts[row * grid.columns + right + 1]):
                total += attraction[s] * pull(_distance_km(cells, c, stores, s, grid.spherical), rate[c], decay)
        out[c] = total


@njit(cache=True, nogil=True, fastmath=IN_ANY_ORDER)
def people_of_stores(
    stores: Points,
    cells: Points,
    attraction: np.ndarray,
    weight: np.ndarray,
    rate: np.ndarray,
    people: np.ndarray,
    income: np.ndarray,
    grid: Grid,
    decay: Decay | PowerDecay,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Fill out[s] for stores first..last with people drawn, their income (both summed) and people nearby.

    people drawn = attraction[s] Σ_c weight[c] f(d_cs), weight[c] = people[c] / (pull on c + outside attraction).
    """
    for s in range(first, last):
        drawn, earned, nearby = 0.0, 0.0, 0.0
        left, right, bottom, top = _window(grid, stores.u[s], stores.v[s])
        for row in range(bottom, top + 1):
            for c in range(cells.starts[row * grid.columns + left], cells.starts[row * grid.columns + right + 1]):
                km = _distance_km(stores, s, cells, c, grid.spherical)
                share = weight[c] * pull(km, rate[c], decay)
                drawn += share
                earned += share * income[c]
                nearby += people[c] if km <= decay.radius_km else 0.0
        out[s, 0] = drawn * attraction[s]
        out[s, 1] = earned * attraction[s]
        out[s, 2] = nearby


@njit(cache=True, nogil=True)
def sums_of_stores(
    stores: Points,
    cells: Points,
    attraction: np.ndarray,
    weight: np.ndarray,
    rate: np.ndarray,
    values: np.ndarray,
    grid: Grid,
    decay: Decay | PowerDecay,
    first: int,
    last: int,
    out: np.ndarray,
) -> None:
    """Fill out[s] for stores first..last with people drawn, the km they come, and the sum of each value over them.

    out[s] = attraction[s] Σ_c weight[c] f(d_cs) (1, d_cs, values[c, 0], values[c, 1], …); `weight` as in
    `people_of_stores`, values a person of the cell.
    """
    for s in range(first, last):
        out[s] = 0.0
        left, right, bottom, top = _window(grid, stores.u[s], stores.v[s])
        for row in range(bottom, top + 1):
            for c in range(cells.starts[row * grid.columns + left], cells.starts[row * grid.columns + right + 1]):
                km = _distance_km(stores, s, cells, c, grid.spherical)
                drawn = attraction[s] * weight[c] * pull(km, rate[c], decay)
                if drawn > 0.0:
                    out[s, 0] += drawn
                    out[s, 1] += drawn * km
                    for k in range(values.shape[1]):
                        out[s, 2 + k] += drawn * values[c, k]


@njit(cache=True, nogil=True)
def chord_squared(km: float, spherical: bool) -> float:
    """Squared straight line under an arc of so many km, (2R sin(d / 2R))²: what is within it needs no roots to tell."""
    chord = EARTH_DIAMETER_KM * math.sin(km / EARTH_DIAMETER_KM) if spherical else km
    return chord * chord


@njit(cache=True, nogil=True)
def count_rivals(stores: Points, grid: Grid, radius_km: float, first: int, last: int, out: np.ndarray) -> None:
    """Other stores within the radius (≤, to a rounding of 1e-12), for stores first..last."""
    within = chord_squared(radius_km, grid.spherical) * (1 + 1e-12)
    for s in range(first, last):
        found = -1  # the store finds itself
        left, right, bottom, top = _window(grid, stores.u[s], stores.v[s])
        x, y, z = stores.x[s], stores.y[s], stores.z[s]
        for row in range(bottom, top + 1):
            for r in range(stores.starts[row * grid.columns + left], stores.starts[row * grid.columns + right + 1]):
                dx, dy, dz = stores.x[r] - x, stores.y[r] - y, stores.z[r] - z
                found += dx * dx + dy * dy + dz * dz <= within
        out[s] = found


@njit(cache=True, nogil=True)
def shoppers_shared(
    stores: Points,
    cells: Points,
    attraction: np.ndarray,
    weight: np.ndarray,
    pulled: np.ndarray,
    rate: np.ndarray,
    grid: Grid,
    decay: Decay | PowerDecay,
    first_of_pair: np.ndarray,
    second_of_pair: np.ndarray,
    out: np.ndarray,
) -> None:
    """People who shop at both stores of each pair, in expectation: out[p] = sum_c people[c] P[i, c] P[j, c].

    P[i, c] = A[i] f(d_ic) / pulled[c], `pulled` with the outside option, weight[c] = people[c] / pulled[c]; pairs are
    sorted by their first store.
    """
    near, drawn, count, at = np.empty(0, np.int64), np.empty(0), 0, -1
    for p in range(first_of_pair.size):
        i, j = first_of_pair[p], second_of_pair[p]
        if i != at:
            at, count = i, 0
            left, right, bottom, top = _window(grid, stores.u[i], stores.v[i])
            for row in range(bottom, top + 1):
                a, z = cells.starts[row * grid.columns + left], cells.starts[row * grid.columns + right + 1]
                if count + z - a > near.size:
                    near, drawn = (
                        np.append(near, np.empty(count + z - a, np.int64)),
                        np.append(drawn, np.empty(count + z - a)),
                    )
                for c in range(a, z):
                    f = pull(_distance_km(stores, i, cells, c, grid.spherical), rate[c], decay)
                    if f > 0.0 and pulled[c] > 0.0:
                        near[count], drawn[count] = c, attraction[i] * f * weight[c] / pulled[c]
                        count += 1
        total = 0.0
        for t in range(count):
            c = near[t]
            total += drawn[t] * pull(_distance_km(stores, j, cells, c, grid.spherical), rate[c], decay)
        out[p] = total * attraction[j]
