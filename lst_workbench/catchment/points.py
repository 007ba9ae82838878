"""Tables of stores and cells as points sorted into bins, with every fault of a table said at once."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.catchment._kernels import EARTH_DIAMETER_KM, SLACK, Grid, Points, sort_by_bin
from lst_workbench.contracts import InputError
from lst_workbench.geo import EARTH_RADIUS_KM, haversine_km

MOST_BINS = 16_000_000
BINS_A_RADIUS = 2


@dataclass(frozen=True)
class Positions:
    """Where points are: ``u`` is longitude or x_km, ``v`` is latitude or y_km."""

    u: np.ndarray
    v: np.ndarray
    spherical: bool

    def take(self, rows: np.ndarray) -> "Positions":
        """Those of some rows."""
        return Positions(self.u[rows], self.v[rows], self.spherical)


def positions_of(stores: pd.DataFrame, cells: pd.DataFrame) -> tuple[Positions, Positions]:
    """Positions of both tables, by lat and lon where both have them, else by x_km and y_km.

    Raises
    ------
    InputError
        Neither pair of columns is in both tables, or a coordinate is empty or off the globe.
    """
    for columns, spherical in ((("lon", "lat"), True), (("x_km", "y_km"), False)):
        if all(set(columns) <= set(table.columns) for table in (stores, cells)):
            pairs = [(_floats(table, columns[0]), _floats(table, columns[1])) for table in (stores, cells)]
            faults = [f for t, (u, v) in zip(("stores", "cells"), pairs, strict=True) for f in _off(t, u, v, spherical)]
            if faults:
                raise InputError("the catchment model", faults)
            (stores_u, stores_v), (cells_u, cells_v) = pairs
            if spherical:
                stores_u, cells_u = _unrolled(stores_u, cells_u)
            return Positions(stores_u, stores_v, spherical), Positions(cells_u, cells_v, spherical)
    raise InputError("the catchment model", ["stores and cells both need lat and lon, or both x_km and y_km"])


def near(positions: Positions, row: int, middle: Positions, radius_km: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows of `positions` within the radius of one point of `middle`, and how far away each is in km."""
    u, v = middle.u[row], middle.v[row]
    reach = math.degrees(radius_km / EARTH_RADIUS_KM) if middle.spherical else radius_km
    rows = np.flatnonzero(np.abs(positions.v - v) <= reach * SLACK)
    there = positions.take(rows)
    km = haversine_km(there.v, there.u, v, u) if middle.spherical else np.hypot(there.u - u, there.v - v)
    return rows[km <= radius_km], km[km <= radius_km]


def amounts_of(table: pd.DataFrame, name: str, column: str) -> np.ndarray:
    """Read a column of amounts, none negative or empty.

    Raises
    ------
    InputError
        The column is missing, or a value is empty, infinite or negative.
    """
    if column not in table:
        raise InputError(name, [f"column {column} is missing; it has {', '.join(map(str, table.columns[:12]))}"])
    values = _floats(table, column)
    wrong = ~((values >= 0) & (values < np.inf))
    if wrong.any():
        first = int(np.argmax(wrong))
        said = f"column {column} must be at least 0 ({wrong.sum():,} rows are not, first row {first}: {values[first]})"
        raise InputError(name, [said])
    return values


def grid_over(stores: Positions, cells: Positions, radius_km: float) -> Grid:
    """Bins of about half a radius over both, coarser where there would be too many."""
    u, v = (np.concatenate(sides) for sides in ((stores.u, cells.u), (stores.v, cells.v)))
    if not len(u):
        u = v = np.zeros(1)
    u0, v0, spherical = float(u.min()), float(v.min()), stores.spherical
    reach = math.degrees(radius_km / EARTH_RADIUS_KM) if spherical else radius_km
    shrink = max(math.cos(math.radians(float(np.abs(v).mean()))), 0.01) if spherical else 1.0
    height = reach / BINS_A_RADIUS
    while True:
        columns = int((float(u.max()) - u0) / (height / shrink)) + 1
        rows = int((float(v.max()) - v0) / height) + 1
        if columns * rows <= MOST_BINS:
            return Grid(u0, v0, height / shrink, height, columns, rows, reach, spherical)
        height *= 2


def sorted_points(positions: Positions, grid: Grid) -> tuple[Points, np.ndarray]:
    """Points in order of their bin, and the row that each came from."""
    column = ((positions.u - grid.u0) / grid.column_width).astype(np.int64)
    row = ((positions.v - grid.v0) / grid.row_height).astype(np.int64)
    starts, order = sort_by_bin(row * grid.columns + column, grid.columns * grid.rows)
    there = positions.take(order)
    return Points(there.u, there.v, *_in_space(there), starts), order


def _in_space(positions: Positions) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not positions.spherical:
        return positions.u, positions.v, np.zeros(len(positions.u))
    lon, lat = np.radians(positions.u), np.radians(positions.v)
    radius = EARTH_DIAMETER_KM / 2
    return radius * np.cos(lat) * np.cos(lon), radius * np.cos(lat) * np.sin(lon), radius * np.sin(lat)


def _unrolled(*longitudes: np.ndarray) -> tuple[np.ndarray, ...]:
    """Longitudes on one unbroken line: cut where the widest gap is, so that no neighbours part at 180 degrees."""
    every = np.unique(np.concatenate(longitudes))
    if len(every) < 2 or every[-1] - every[0] <= 180:
        return longitudes
    widest = int(np.argmax(np.diff(every)))
    return tuple(np.where(lon <= every[widest], lon + 360.0, lon) for lon in longitudes)


def _off(name: str, u: np.ndarray, v: np.ndarray, spherical: bool) -> list[str]:
    bounds = (("lon", u, 180.0), ("lat", v, 90.0)) if spherical else (("x_km", u, np.inf), ("y_km", v, np.inf))
    faults = []
    for column, values, bound in bounds:
        wrong = ~(np.isfinite(values) & (np.abs(values) <= bound))
        if wrong.any():
            first = int(np.argmax(wrong))
            said = "a number" if bound == np.inf else f"between -{bound:g} and {bound:g}"
            faults.append(
                f"{name}.{column} must be {said} ({wrong.sum():,} rows are not, first row {first}: {values[first]})"
            )
    return faults


def _floats(table: pd.DataFrame, column: str) -> np.ndarray:
    try:
        return table[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise InputError("the catchment model", [f"column {column} must hold numbers"]) from None
