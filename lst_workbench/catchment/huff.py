"""The Huff model on a list of bins: two passes, no pair is ever stored."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.catchment._kernels import count_rivals, people_of_stores, pulls
from lst_workbench.catchment.ground import Ground, attraction_of, ids_of, ratio, row_of, shared
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.points import amounts_of, near, positions_of
from lst_workbench.catchment.usable import usable_points
from lst_workbench.contracts import CatchmentLinks, Catchments


@dataclass(frozen=True)
class HuffResult:
    """Catchments, and how whole they are.

    Attributes
    ----------
    tables : dict
        ``catchments``: contract `Catchments`; ``left_out`` (table, row, reason): rows of stores and cells without a
        place or with amounts that cannot be used.
    figures : dict
        What `kpis` returns.
    """

    tables: dict[str, pd.DataFrame]
    figures: dict[str, float]

    def kpis(self) -> dict[str, float]:
        """People in all, people who shop at the stores, elsewhere, and out of reach of any; and two checks.

        ``cut_off_share`` is the pull lost to the radius were people spread evenly; ``conservation_error`` is how far
        the people of all stores are from the people whom the cells gave away, as a share of all people.
        """
        return dict(self.figures)


def huff_catchments(
    stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams | None = None, *, threads: int = 1
) -> HuffResult:
    """Say how many people shop at each store, all stores nearby competing.

    A person of cell c shops at store s with probability A_s f(d_cs) / (Σ_k A_k f(d_ck) + outside attraction)
    (Huff, 1963): A is the pull of the store's size, f falls with distance and reaches zero at the radius. Shares over
    all stores and the outside option add to one, so nobody is counted twice.

    Parameters
    ----------
    stores : DataFrame
        ``store_id``; ``lat``, ``lon`` or ``x_km``, ``y_km``; ``attraction``, or ``area_m2`` to the area exponent.
    cells : DataFrame
        ``people``; coordinates as for stores; ``income_index`` (1 where the column is missing).
    params : HuffParams, optional
        The register's figures by default. They are uncalibrated.
    threads : int
        Threads that share the work; the answer is the same for any number.

    Returns
    -------
    HuffResult

    Raises
    ------
    InputError
        Columns missing, store ids twice, or a table without any row that can be used. Single rows with coordinates
        empty or off the globe, or with negative or empty people or areas, are left out and listed.

    Notes
    -----
    Two passes over bins of half a radius: the pull on each cell, then the people of each store, in O(pairs within the
    radius) time and O(stores + cells) memory. Distances are float64 great circles.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 1.0], "y_km": [0.0, 0.0], "area_m2": [50, 50]})
    >>> cells = pd.DataFrame({"x_km": [0.5], "y_km": [0.0], "people": [300.0]})
    >>> params = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=1, outside_attraction=0)
    >>> huff_catchments(stores, cells, params).tables["catchments"]["people"].tolist()
    [150.0, 150.0]
    """
    params = HuffParams.of() if params is None else params
    stores, cells, left_out = usable_points(stores, cells)
    on = Ground.of(stores, cells, params, threads)
    income = amounts_of(cells, "cells", "income_index") if "income_index" in cells else np.ones(len(cells))
    income, people, served = income[on.home_rows], on.people, ratio(on.pulled, on.pulled + on.outside)
    sums, rivals = np.zeros((len(stores), 3)), np.zeros(len(stores), np.int32)
    point = (on.shops, on.homes, on.attraction, on.weight, on.rate, people, income, on.grid, on.decay)
    shared(threads, len(stores), lambda a, z: people_of_stores(*point, a, z, sums))
    shared(threads, len(stores), lambda a, z: count_rivals(on.shops, on.grid, params.radius_km, a, z, rivals))

    catchments = _catchments(stores, on.shop_rows, sums, rivals)
    figures = {
        "people": float(people.sum()),
        "people_served": float((people * served).sum()),
        "people_outside": float((people * (1 - served)).sum()),
        "people_out_of_reach": float(people[on.pulled == 0].sum()),
        "cut_off_share": params.cut_off_share(),
    }
    missed = abs(float(sums[:, 0].sum()) - figures["people_served"])
    figures["conservation_error"] = missed / figures["people"] if figures["people"] else 0.0
    return HuffResult({"catchments": catchments, "left_out": left_out}, figures)


def store_cells(
    store_id: int, stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams | None = None
) -> pd.DataFrame:
    """Name the cells that one store draws from, nearest first; looks only at its surroundings.

    Parameters
    ----------
    store_id : int
        The store.
    stores, cells, params
        As for `huff_catchments`; cells with ``h3_8``.

    Returns
    -------
    DataFrame
        Contract `CatchmentLinks`: cells within the radius, with the store's share of each cell's people.

    Raises
    ------
    InputError
        The store is not in `stores`, or as for `huff_catchments`.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 1.0], "y_km": [0.0, 0.0], "area_m2": [50, 50]})
    >>> cells = pd.DataFrame({"h3_8": [7], "x_km": [0.5], "y_km": [0.0], "people": [300.0]})
    >>> params = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=1, outside_attraction=0)
    >>> store_cells(1, stores, cells, params)[["h3_8", "share", "people"]].values.tolist()
    [[7.0, 0.5, 150.0]]
    """
    params = HuffParams.of() if params is None else params
    row = row_of(store_id, stores)
    there, where = positions_of(stores, cells)
    near_cells, km = near(where, row, there, params.radius_km)
    near_stores, _ = near(there, row, there, 2 * params.radius_km)  # whoever shares a cell with the store
    homes, shops = cells.iloc[near_cells], stores.iloc[near_stores]
    on = Ground.of(shops, homes, params)
    pulled = on.to_cells(on.pulled)
    mine = float(attraction_of(shops, params)[near_stores == row][0]) * pulls(
        km, params.rates_of(homes), params.kernel()
    )
    share = ratio(mine, pulled + params.outside_attraction).clip(0, 1)
    people = amounts_of(homes, "cells", "people")
    links = pd.DataFrame(
        {"h3_8": homes["h3_8"].to_numpy(), "distance_km": km, "share": share, "people": share * people}
    )
    links.insert(0, "store_id", store_id)
    return CatchmentLinks.check(links.sort_values(["distance_km", "h3_8"], ignore_index=True))


def _catchments(stores: pd.DataFrame, rows: np.ndarray, sums: np.ndarray, rivals: np.ndarray) -> pd.DataFrame:
    """Bring sums from the order of bins to the order of the table."""
    drawn, earned, nearby = np.zeros((3, len(stores)))
    drawn[rows], earned[rows], nearby[rows] = sums.T
    counts = np.zeros(len(stores), np.int32)
    counts[rows] = rivals
    income = np.where(earned > 0, ratio(earned, drawn), 1.0)
    ids = ids_of(stores)
    numbered = pd.api.types.is_integer_dtype(ids.dtype)
    columns = {
        "store_id": ids if numbered else _numbers_of(ids),
        "people": drawn,
        "income_index": income,
        "people_nearby": nearby,
        "rivals": counts,
    }
    table = Catchments.check(pd.DataFrame(columns), "stores")
    return table if numbered else table.assign(store_id=ids)


def _numbers_of(ids: np.ndarray) -> np.ndarray:
    """Give numbers to ids that are words, in order; an empty one stays empty, for the contract to refuse."""
    codes = pd.factorize(ids)[0]
    return np.where(codes < 0, np.nan, codes)
