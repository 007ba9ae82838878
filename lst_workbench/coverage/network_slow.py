"""Slow delivery of a network: from a city warehouse to the store itself, by each store's own way."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.coverage._network_slow_kernels import slow_ways
from lst_workbench.geo import haversine_km


@dataclass(frozen=True)
class SlowDelivery:
    """What slow delivery costs beside its drop: handling in the city warehouse and haul to the store.

    Attributes
    ----------
    lat, lon, spot, handling : ndarray
        Position of each city warehouse, in degrees and on the unit sphere, and its handling in RMB/m3.
    edge : ndarray of shape (cells, cities)
        Handling and haul by the cell's point nearest to the warehouse, RMB/m3: no store of the cell is nearer;
        infinite beyond the slow radius.
    width : ndarray
        Half of what the haul varies by within each cell, RMB/m3.
    circuity, rmb_m3_km, radius_km : float
        Road km for each km, haul for each road km, and the slow radius in road km.
    """

    lat: np.ndarray
    lon: np.ndarray
    spot: np.ndarray
    handling: np.ndarray
    edge: np.ndarray
    width: np.ndarray
    circuity: float
    rmb_m3_km: float
    radius_km: float

    @classmethod
    def of(
        cls,
        stores: tuple[np.ndarray, np.ndarray],
        cells: np.ndarray,
        cities: tuple[np.ndarray, np.ndarray],
        handling: np.ndarray,
        measure: tuple[float, float, float],
    ) -> "SlowDelivery":
        """Measure cells from their middle to every city, less the way to their farthest store."""
        (lat, lon), (circuity, rate, radius), size = stores, measure, np.diff(cells)
        middle_lat, middle_lon = (np.add.reduceat(at, cells[:-1]) / size for at in stores)
        away = haversine_km(lat, lon, np.repeat(middle_lat, size), np.repeat(middle_lon, size))
        reach = np.maximum.reduceat(away, cells[:-1])
        to = haversine_km(middle_lat[:, None], middle_lon[:, None], cities[0], cities[1])
        km = np.maximum(to - reach[:, None], 0.0) * circuity
        edge = np.where(km <= radius, rate * km + handling[None, :], np.inf)
        return cls(*cities, on_sphere(*cities), handling, edge, reach * circuity * rate, circuity, rate, radius)

    def by_cells(self, lat: np.ndarray, lon: np.ndarray, cells: np.ndarray) -> "SlowDelivery":
        """Measure anew for other cells of stores."""
        return SlowDelivery.of((lat, lon), cells, (self.lat, self.lon), self.handling, self.measure)

    @property
    def measure(self) -> tuple[float, float, float]:
        """Road km for each km, RMB/m3 for each road km, and the radius, as the kernels take them."""
        return self.circuity, self.rmb_m3_km, self.radius_km

    def ways(
        self,
        cells: np.ndarray,
        spot: np.ndarray,
        near: np.ndarray,
        edge: np.ndarray,
        through: np.ndarray,
        beyond: np.ndarray,
        limit: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """Cheapest of the listed cities for each store, RMB/m3, and its place in the list; see `slow_ways`."""
        cost, via = np.empty(len(limit)), np.empty(len(limit), np.int64)
        slow_ways(cells, spot, near, edge, through, self.spot, self.handling, self.measure, beyond, limit, cost, via)
        return cost, via

    def haul(self, city: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
        """Sum up handling and haul from given cities to given stores, RMB/m3."""
        km = self.circuity * haversine_km(lat, lon, self.lat[city], self.lon[city])
        return self.handling[city] + self.rmb_m3_km * km


def on_sphere(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Put positions in degrees on the unit sphere: three coordinates a row."""
    north, east = np.radians(lat), np.radians(lon)
    return np.column_stack((np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)))
