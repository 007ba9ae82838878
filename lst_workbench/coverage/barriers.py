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
        ``barrier_id``, ``lat``, ``lon``: points of each river or strait, in order along it; where wanted ``part``, for
        rivers of several lines.
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
        A table lacks a column, a position or way is none, a barrier has less than two points, or a crossing leads
        over none.

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
    names = pd.Index(barriers["barrier_id"].astype(str).unique())
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
    number = names.get_indexer(barriers["barrier_id"].astype(str))
    part = pd.factorize(barriers["part"])[0] if "part" in barriers else np.zeros(len(barriers), np.int64)
    order = np.lexsort((part, number))
    number, part, points = number[order], part[order], barriers[["lat", "lon"]].to_numpy(np.float64)[order]
    together = (number[1:] == number[:-1]) & (part[1:] == part[:-1])
    return np.hstack([points[:-1], points[1:]])[together], number[1:][together].astype(np.int64)


def _by_barrier(crossings: pd.DataFrame, names: pd.Index) -> tuple[np.ndarray, np.ndarray]:
    """Where the crossings of each barrier start, and all of them (lat, lon, extra km)."""
    table = crossings if "extra_km" in crossings else crossings.assign(extra_km=0.0)
    number = names.get_indexer(table["barrier_id"].astype(str))
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
        for name, table in (("barriers", barriers), ("crossings", crossings)):
            faults += _misplaced(name, table)
        points = barriers["barrier_id"].astype(str).value_counts()
        faults += [f"barrier {name} has one point; give at least two" for name in points.index[points < 2]]
        over = crossings["barrier_id"].astype(str)
        unknown = over[~over.isin(points.index)].unique()
        faults += [f"a crossing leads over barrier {name}, which is not among barriers" for name in unknown]
    if faults:
        raise InputError("the road table", faults)


def _misplaced(name: str, table: pd.DataFrame) -> list[str]:
    """Say which positions and ways of a table are none."""
    bounds = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0), "extra_km": (0.0, np.inf)}
    faults = []
    for column in (column for column in bounds if column in table):
        least, most = bounds[column]
        values = pd.to_numeric(table[column], errors="coerce")
        if (wrong := ~values.between(least, most, inclusive="both" if np.isfinite(most) else "left")).any():
            asked = f"from {least:g} to {most:g}" if np.isfinite(most) else f"at least {least:g}"
            faults.append(
                f"{name}.{column} must be a number {asked} ({wrong.sum():,} rows are not, first that of barrier "
                f"{table.loc[wrong, 'barrier_id'].iloc[0]}: {table.loc[wrong, column].iloc[0]})"
            )
    return faults


def distance_faults(distances: pd.DataFrame, stores: pd.DataFrame, sites: pd.DataFrame) -> list[str]:
    """Say what is wrong with an analyst's own road table of stores and fronts."""
    if lacking := [column for column in ("store_id", "site_id", "km") if column not in distances]:
        return [f"distances lacks the column {', '.join(lacking)}"]
    faults, km = [], pd.to_numeric(distances["km"], errors="coerce")
    if (wrong := ~((km >= 0) & (km < np.inf))).any():
        first = distances[wrong].iloc[0]
        faults.append(
            f"distances.km must be a number of at least 0 ({wrong.sum():,} rows are not, first store "
            f"{first['store_id']}, site {first['site_id']}: {first['km']})"
        )
    if (again := distances.duplicated(["store_id", "site_id"])).any():
        first = distances[again].iloc[0]
        faults.append(
            f"distances must name a store and a site once ({again.sum():,} rows do again, first store "
            f"{first['store_id']:.0f}, site {first['site_id']:.0f})"
        )
    fronts = sites.loc[sites["tier"].astype(str) == "front", "site_id"]
    known = distances["store_id"].isin(stores["store_id"]) & distances["site_id"].isin(fronts)
    if len(distances) and not known.any():
        faults.append("no row of distances names a store and a front warehouse of this network; check both ids")
    if distances.empty:
        faults.append("distances has no rows; give the road km of at least one store and front warehouse")
    return faults
