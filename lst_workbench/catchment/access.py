"""How well people are served with shops, cell by cell."""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lst_workbench.catchment._kernels import EARTH_DIAMETER_KM, Points, pull_on_cells, sums_of_stores
from lst_workbench.catchment.ground import Ground, ratio, shared, within
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.points import amounts_of
from lst_workbench.contracts import CellAccess, InputError

PEOPLE = 1000.0  # that access is counted for


def cell_access(
    stores: pd.DataFrame,
    cells: pd.DataFrame,
    params: HuffParams | None = None,
    *,
    supply: str = "area_m2",
    decayed: bool = True,
    underserved_below: float = 0.5,
    threads: int = 1,
) -> pd.DataFrame:
    """Measure each cell's access to shops, and mark the cells whose people are under-served.

    Two-step floating catchment areas: R_j = S_j / Σ_k P_k f(d_kj) is a store's floor for each person within reach,
    A_i = Σ_j R_j f(d_ij) a cell's access (Radke and Mu 2000; Luo and Wang 2003; with a decay f, Luo and Qi 2009).
    Supply conserves: Σ_i P_i A_i is the floor of all stores with anybody in reach.

    Parameters
    ----------
    stores, cells, params, threads
        As for `huff_catchments`; cells with ``h3_8``. Attraction plays no part.
    supply : str
        Column of `stores` that is shared out.
    decayed : bool
        Weigh by the decay of `params`; otherwise everyone within the radius counts alike (f = 1 up to and including
        the radius).
    underserved_below : float
        A cell is under-served when its access is below this share of the access of the median person.

    Returns
    -------
    DataFrame
        Contract `CellAccess`, in the order of `cells`.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1], "x_km": [0.0], "y_km": [0.0], "area_m2": [60.0]})
    >>> cells = pd.DataFrame({"h3_8": [7, 8], "x_km": [1.0, 9.0], "y_km": [0.0, 0.0], "people": [300.0, 100.0]})
    >>> cell_access(stores, cells, decayed=False)[["access_m2_1000", "nearest_km", "underserved"]].values.tolist()
    [[200.0, 1.0, False], [0.0, 9.0, True]]
    """
    params = HuffParams.of() if params is None else params
    if "h3_8" not in cells:
        raise InputError("cells", ["column h3_8 is missing; it names each cell"])
    if not 0 <= underserved_below < np.inf:
        raise InputError("access", [f"underserved_below must be a share from 0, not {underserved_below}"])
    floor = amounts_of(stores, "stores", supply)
    on = Ground.of(stores.assign(attraction=1.0), cells, params, threads)
    flat = within(params)
    decay, rate = (on.decay, on.rate) if decayed else (flat, np.zeros(len(cells)))
    reached = np.zeros((len(stores), 2))
    point = (on.shops, on.homes, on.attraction, on.people, rate, np.zeros((len(cells), 0)), on.grid, decay)
    shared(threads, len(stores), lambda a, z: sums_of_stores(*point, a, z, reached))
    for_each = ratio(floor[on.shop_rows], reached[:, 0])
    access, count = np.zeros((2, len(cells)))
    giving = (on.homes, on.shops, for_each, rate, on.grid, decay)
    shared(threads, len(cells), lambda a, z: pull_on_cells(*giving, a, z, access))
    counting = (on.homes, on.shops, on.attraction, np.zeros(len(cells)), on.grid, flat)
    shared(threads, len(cells), lambda a, z: pull_on_cells(*counting, a, z, count))
    access, people = on.to_cells(access), on.to_cells(on.people)
    table = pd.DataFrame(
        {
            "h3_8": cells["h3_8"].to_numpy(),
            "people": people,
            "access_m2_1000": PEOPLE * access,
            "stores_nearby": on.to_cells(count).round(),
            "nearest_km": on.to_cells(_nearest_km(on.homes, on.shops, on.grid.spherical)),
            "underserved": access < underserved_below * _median(access, people),
        }
    )
    return CellAccess.check(table, "cells")


def _nearest_km(homes: Points, shops: Points, spherical: bool) -> np.ndarray:
    if not len(shops.x):
        return np.full(len(homes.x), np.nan)
    tree = cKDTree(np.column_stack([shops.x, shops.y, shops.z]))
    line, _ = tree.query(np.column_stack([homes.x, homes.y, homes.z]))
    return EARTH_DIAMETER_KM * np.arcsin(np.minimum(line / EARTH_DIAMETER_KM, 1.0)) if spherical else line


def _median(access: np.ndarray, people: np.ndarray) -> float:
    """Access of the median person."""
    if not people.sum():
        return 0.0
    order = np.argsort(access, kind="stable")
    return float(access[order][np.searchsorted(np.cumsum(people[order]), people.sum() / 2)])
