"""What every catchment model stands on: stores and cells in bins, and the pull of all stores on each cell."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.catchment._kernels import Decay, Grid, Points, PowerDecay, pull_on_cells
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.points import amounts_of, grid_over, positions_of, sorted_points
from lst_workbench.contracts import InputError

CHUNK = 50_000  # rows that a thread takes at a time


@dataclass(frozen=True)
class Ground:
    """Stores and cells in order of their bins; arrays follow that order, `shop_rows` and `home_rows` lead back.

    Attributes
    ----------
    attraction : ndarray
        Pull of each store's size.
    people : ndarray
        People of each cell.
    rate : ndarray
        Rate of decay of each cell, by its kind of settlement.
    pulled : ndarray
        Pull of all stores on each cell.
    outside : float
        Pull of everything else.
    """

    grid: Grid
    decay: Decay | PowerDecay
    shops: Points
    shop_rows: np.ndarray
    homes: Points
    home_rows: np.ndarray
    attraction: np.ndarray
    people: np.ndarray
    rate: np.ndarray
    pulled: np.ndarray
    outside: float

    @classmethod
    def of(cls, stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams, threads: int = 1) -> "Ground":
        """Lay out both tables; faults of both are said at once."""
        there, where = positions_of(stores, cells)
        people, attraction = amounts_of(cells, "cells", "people"), attraction_of(stores, params)
        grid, decay = grid_over(there, where, params.radius_km), params.kernel()
        shops, shop_rows = sorted_points(there, grid)
        homes, home_rows = sorted_points(where, grid)
        people, attraction, rate = people[home_rows], attraction[shop_rows], params.rates_of(cells)[home_rows]
        pulled, point = np.zeros(len(cells)), (homes, shops, attraction, rate, grid, decay)
        shared(threads, len(cells), lambda a, z: pull_on_cells(*point, a, z, pulled))
        outside = params.outside_attraction
        return cls(grid, decay, shops, shop_rows, homes, home_rows, attraction, people, rate, pulled, outside)

    @property
    def weight(self) -> np.ndarray:
        """People of each cell over all that pulls on them: what a store's own pull is multiplied by."""
        return ratio(self.people, self.pulled + self.outside)

    def to_stores(self, values: np.ndarray) -> np.ndarray:
        """Bring values from the order of bins to the order of the table of stores."""
        return _back(values, self.shop_rows)

    def to_cells(self, values: np.ndarray) -> np.ndarray:
        """Bring values from the order of bins to the order of the table of cells."""
        return _back(values, self.home_rows)


def within(params: HuffParams) -> PowerDecay:
    """Count everybody up to and including the radius alike (with rates of 0), instead of the less the further."""
    edge = float(np.nextafter(params.radius_km, np.inf))
    return PowerDecay(near_km=1.0, taper_km=edge, radius_km=edge)


def attraction_of(stores: pd.DataFrame, params: HuffParams) -> np.ndarray:
    """Pull of each store's size: its own `attraction`, or its area to the exponent."""
    if "attraction" in stores:
        return amounts_of(stores, "stores", "attraction")
    return amounts_of(stores, "stores", "area_m2") ** params.area_exponent


def ids_of(stores: pd.DataFrame) -> np.ndarray:
    """Ids of the stores, or a sentence that the column is missing."""
    if "store_id" not in stores:
        raise InputError("stores", ["column store_id is missing; it names each store"])
    return stores["store_id"].to_numpy()


def row_of(store_id: int, stores: pd.DataFrame) -> int:
    """Row of one store, or a sentence that it is not there."""
    rows = np.flatnonzero(ids_of(stores) == store_id)
    if not len(rows):
        raise InputError("stores", [f"there is no store {store_id}; use a store_id of the market"])
    return int(rows[0])


def shared(threads: int, rows: int, work: Callable[[int, int], None]) -> None:
    """Run `work` on pieces of rows; each row is computed by one thread alone, in one order."""
    pieces = [(first, min(first + CHUNK, rows)) for first in range(0, rows, CHUNK)]
    if threads <= 1 or len(pieces) <= 1:
        for first, last in pieces:
            work(first, last)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda piece: work(*piece), pieces))


def ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Part over whole; 0 where the whole is."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _back(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    out = np.empty_like(values)
    out[rows] = values
    return out
