"""Which stores share customers, and how many."""

import numpy as np
import pandas as pd

from lst_workbench.catchment._kernels import shoppers_shared
from lst_workbench.catchment.ground import Ground, ids_of
from lst_workbench.catchment.params import HuffParams
from lst_workbench.contracts import InputError
from lst_workbench.geo import neighbours_within


def shared_shoppers(
    stores: pd.DataFrame,
    cells: pd.DataFrame,
    among: np.ndarray,
    params: HuffParams | None = None,
    *,
    within_km: float | None = None,
) -> pd.DataFrame:
    """Count the people who shop at both stores of a pair, all stores competing.

    A person of cell c shops at i with probability P_ic and at j with P_jc (`huff_catchments`); two choices of one
    person are taken to be independent, so sum_c people_c P_ic P_jc are expected at both. It is also what j loses, for
    each 1% by which the pull of i grows, in hundredths of a person: the derivative of the Huff share.

    Parameters
    ----------
    stores, cells, params
        As for `huff_catchments`; positions as lat and lon.
    among : array of int64
        Stores whose pairs are looked at.
    within_km : float, optional
        Pairs further apart are left out; twice the radius, where nothing is shared, by default.

    Returns
    -------
    DataFrame
        store_id, other_id, distance_km, people_shared; each pair once, sorted.

    Raises
    ------
    InputError
        As for `huff_catchments`, or a store of `among` is not in `stores`.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "lat": [30.0, 30.0], "lon": [118.0, 118.0], "area_m2": [50, 50]})
    >>> cells = pd.DataFrame({"lat": [30.0], "lon": [118.0], "people": [300.0]})
    >>> params = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=1, outside_attraction=0)
    >>> shared_shoppers(stores, cells, np.array([1, 2]), params)["people_shared"].tolist()
    [75.0]
    """
    params = HuffParams.of() if params is None else params
    rows = pd.Index(ids_of(stores)).get_indexer(among)
    if (rows < 0).any():
        raise InputError("the stores to pair", [f"{(rows < 0).sum():,} are not among the stores; drop them"])
    on = Ground.of(stores, cells, params)
    lat, lon = (stores[name].to_numpy(np.float64)[rows] for name in ("lat", "lon"))
    found = neighbours_within(lat, lon, lat, lon, 2 * params.radius_km if within_km is None else within_km)
    kept = found.rows < found.indices
    place = np.empty(len(stores), np.int64)
    place[on.shop_rows] = np.arange(len(stores))
    first, second = found.rows[kept], found.indices[kept]
    people = np.empty(len(first))
    point = (on.shops, on.homes, on.attraction, on.weight, on.pulled + on.outside, on.rate, on.grid, on.decay)
    shoppers_shared(*point, place[rows[first]], place[rows[second]], people)
    table = pd.DataFrame(
        {
            "store_id": np.asarray(among)[first],
            "other_id": np.asarray(among)[second],
            "distance_km": found.distance_km[kept],
            "people_shared": people,
        }
    )
    return table.sort_values(["store_id", "other_id"], ignore_index=True)
