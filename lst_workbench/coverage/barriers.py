"""Rivers and straits: road tables in which whoever is cut off goes by a bridge or ferry."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage._barrier_kernels import ways_around
from lst_workbench.coverage.network_params import NetworkParams
from lst_workbench.coverage.network_task import is_rural
from lst_workbench.geo import neighbours_within


def road_table(
    stores: pd.DataFrame,
    sites: pd.DataFrame,
    barriers: pd.DataFrame,
    crossings: pd.DataFrame,
    params: NetworkParams | None = None,
) -> pd.DataFrame:
    """Road km from every store to the fronts within its radius, around rivers and straits by their crossings.

    Parameters
    ----------
    stores : DataFrame
        ``store_id``, ``lat``, ``lon``; where wanted ``settlement_kind``, as for `design_network`.
    sites : DataFrame
        As for `design_network`; fronts are read.
    barriers : DataFrame
        ``barrier_id``, ``lat``, ``lon``: points of each river or strait, in order along it.
    crossings : DataFrame
        ``barrier_id``, ``lat``, ``lon``: bridges and ferries; where wanted ``extra_km``, what waiting is worth.
    params : NetworkParams, optional
        Service radius and circuity.

    Returns
    -------
    DataFrame
        ``store_id``, ``site_id``, ``km``: what `design_network` takes as ``distances``. A way over several barriers is
        as long as the worst of them asks for; without a crossing there is no way.

    Raises
    ------
    InputError
        A table lacks a column, a barrier has less than two points, or a crossing leads over none.

    Notes
    -----
    A way crosses a barrier when the straight line does, in degrees. Its length is that of the two great circles to and
    from the best crossing, times the circuity.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "lat": [30.0, 30.0], "lon": [114.0, 114.2]})
    >>> front = pd.DataFrame({"site_id": [9], "tier": ["front"], "lat": [30.0], "lon": [114.3]})
    >>> river = pd.DataFrame({"barrier_id": ["Yangtze"] * 2, "lat": [29.0, 31.0], "lon": [114.1, 114.1]})
    >>> bridge = pd.DataFrame({"barrier_id": ["Yangtze"], "lat": [30.1], "lon": [114.1]})
    >>> road_table(stores, front, river, bridge, NetworkParams(radius_km=60, circuity=1.0))["km"].round(1).tolist()
    [36.9, 9.6]
    """
    params = params or NetworkParams()
    _check(stores, sites, barriers, crossings)
    fronts = sites[sites["tier"] == "front"]
    circuity = np.where(is_rural(stores), params.circuity_rural, params.circuity)
    lat, lon = stores["lat"].to_numpy(np.float64), stores["lon"].to_numpy(np.float64)
    front_lat, front_lon = fronts["lat"].to_numpy(np.float64), fronts["lon"].to_numpy(np.float64)
    widest = params.radius_km / float(circuity.min())
    near = neighbours_within(lat, lon, front_lat, front_lon, widest)
    km, starts = near.distance_km.copy(), np.concatenate(([0], np.cumsum(near.counts)))
    names = pd.Index(barriers["barrier_id"].unique())
    (segments, number), (crossing_starts, over) = _segments(barriers, names), _by_barrier(crossings, names)
    ways_around(
        starts, near.indices, lat, lon, front_lat, front_lon, segments, number, crossing_starts, over, widest, km
    )
    road = km * circuity[near.rows]
    kept = road <= params.radius_km
    return pd.DataFrame(
        {
            "store_id": stores["store_id"].to_numpy()[near.rows[kept]],
            "site_id": fronts["site_id"].to_numpy()[near.indices[kept]],
            "km": road[kept],
        }
    )


def _segments(barriers: pd.DataFrame, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Stretches between points that follow each other on a barrier (lat, lon, lat, lon), and its number."""
    number = names.get_indexer(barriers["barrier_id"])
    order = np.argsort(number, kind="stable")
    number, points = number[order], barriers[["lat", "lon"]].to_numpy(np.float64)[order]
    together = number[1:] == number[:-1]
    return np.hstack([points[:-1], points[1:]])[together], number[1:][together].astype(np.int64)


def _by_barrier(crossings: pd.DataFrame, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Where the crossings of each barrier start, and all of them (lat, lon, extra km)."""
    table = crossings if "extra_km" in crossings else crossings.assign(extra_km=0.0)
    number = names.get_indexer(table["barrier_id"])
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(names) + 1))
    return starts, table[["lat", "lon", "extra_km"]].to_numpy(np.float64)[order]


def _check(stores: pd.DataFrame, sites: pd.DataFrame, barriers: pd.DataFrame, crossings: pd.DataFrame) -> None:
    needs = {
        "stores": (stores, ("store_id", "lat", "lon")),
        "sites": (sites, ("site_id", "tier", "lat", "lon")),
        "barriers": (barriers, ("barrier_id", "lat", "lon")),
        "crossings": (crossings, ("barrier_id", "lat", "lon")),
    }
    faults = [
        f"{name} lacks the column {column}"
        for name, (table, columns) in needs.items()
        for column in columns
        if column not in table
    ]
    if not faults:
        points = barriers["barrier_id"].value_counts()
        faults += [f"barrier {name} has one point; give at least two" for name in points.index[points < 2]]
        unknown = crossings.loc[~crossings["barrier_id"].isin(points.index), "barrier_id"].unique()
        faults += [f"a crossing leads over barrier {name}, which is not among barriers" for name in unknown]
    if faults:
        raise InputError("the road table", faults)
