"""With whom a store shares its customers, and where they go when a shop opens, closes or is renovated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.catchment._kernels import pulls, sums_of_stores
from lst_workbench.catchment.ground import Ground, attraction_of, ids_of, ratio, row_of
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.points import amounts_of, near, positions_of
from lst_workbench.contracts import InputError, StoreRivals, Transfers


@dataclass(frozen=True)
class TransferResult:
    """Where shoppers go.

    Attributes
    ----------
    tables : dict
        ``transfers``: contract `Transfers`, every store within two radii of a change, those that change first.
    figures : dict
        What `kpis` returns.
    """

    tables: dict[str, pd.DataFrame]
    figures: dict[str, float]

    def kpis(self) -> dict[str, float]:
        """People whom stores and the outside option win or lose; together they are zero, but for ``error_people``."""
        return dict(self.figures)


def store_rivals(
    store_id: int, stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams | None = None
) -> pd.DataFrame:
    """Name the stores that share customers with one store, and what it would gain if one of them closed.

    On a trip a person of cell c goes to s with probability p_cs. Of the store's people Σ_c people p_cs, as many as
    Σ_c people p_cs p_cr choose rival r on the next trip; were r to close, its people would spread over what is left
    in proportion, so that s gains Σ_c people p_cs p_cr / (1 - p_cr).

    Parameters
    ----------
    store_id : int
        The store.
    stores, cells, params
        As for `huff_catchments`.

    Returns
    -------
    DataFrame
        Contract `StoreRivals`, who shares most first.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 1.0], "y_km": [0.0, 0.0], "area_m2": [50, 50]})
    >>> cells = pd.DataFrame({"h3_8": [7], "x_km": [0.5], "y_km": [0.0], "people": [300.0]})
    >>> params = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=1, outside_attraction=0)
    >>> store_rivals(1, stores, cells, params).iloc[0].tolist()
    [1.0, 2.0, 1.0, 75.0, 150.0, 1.0]
    """
    params = HuffParams.of() if params is None else params
    row = row_of(store_id, stores)
    there, where = positions_of(stores, cells)
    homes, _ = near(where, row, there, params.radius_km)
    shops, apart_km = near(there, row, there, 2 * params.radius_km)  # nobody further away shares a cell
    mine, decay = int(np.flatnonzero(shops == row)[0]), params.kernel()
    people, attraction = amounts_of(cells.iloc[homes], "cells", "people"), attraction_of(stores.iloc[shops], params)
    both, gained, theirs = np.zeros((3, len(shops)))
    for home, count, rate in zip(homes, people, params.rates_of(cells.iloc[homes]), strict=True):
        rows, km = near(there.take(shops), home, where, params.radius_km)
        pull = attraction[rows] * pulls(km, np.full(len(km), rate), decay)
        share = np.zeros(len(shops))
        share[rows] = ratio(pull, np.full(len(pull), pull.sum() + params.outside_attraction))
        both += count * share[mine] * share
        gained += count * share[mine] * ratio(share, 1 - share)
        theirs += count * share
    table = pd.DataFrame(
        {
            "store_id": store_id,
            "rival_id": ids_of(stores)[shops],
            "distance_km": apart_km,
            "shared_people": both,
            "gained_people": gained,
            "gained_share": ratio(gained, theirs).clip(0, 1),
        }
    )
    table = table[(both > 0) & (np.arange(len(shops)) != mine)]
    return StoreRivals.check(table.sort_values(["shared_people", "rival_id"], ascending=[False, True]), "rivals")


def transfer_shoppers(
    stores: pd.DataFrame,
    cells: pd.DataFrame,
    params: HuffParams | None = None,
    *,
    opened: pd.DataFrame | None = None,
    closed: Sequence[int] = (),
    renovated: Mapping[int, float] | None = None,
) -> TransferResult:
    """Say where shoppers go when stores open, close or change their sales floor.

    Parameters
    ----------
    stores, cells, params
        As for `huff_catchments`.
    opened : DataFrame, optional
        New stores, columns as of `stores`, with ids that are not taken.
    closed : sequence of int
        Ids of stores that close.
    renovated : mapping of int to float, optional
        New ``area_m2`` of stores (or new ``attraction``, where stores have that column).

    Returns
    -------
    TransferResult
        What all stores and the outside option win and lose adds up to zero.

    Raises
    ------
    InputError
        Lists every id that is not known, or taken, and every bad area; nothing that changes.

    Notes
    -----
    Only the surroundings are computed anew: a change moves people of cells within a radius, hence stores within two;
    all their people live within three, and who else competes for these stands within four.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 1.0], "y_km": [0.0, 0.0], "area_m2": [50, 50]})
    >>> cells = pd.DataFrame({"x_km": [0.5], "y_km": [0.0], "people": [300.0]})
    >>> params = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=1, outside_attraction=0)
    >>> moved = transfer_shoppers(stores, cells, params, renovated={1: 100})
    >>> moved.tables["transfers"][["store_id", "change_people"]].values.round(6).tolist()
    [[1.0, 50.0], [2.0, -50.0]]
    """
    params = HuffParams.of() if params is None else params
    renovated = dict(renovated or {})
    opened = stores.iloc[:0] if opened is None else opened
    size = "attraction" if "attraction" in stores else "area_m2"
    _refuse(stores, opened, closed, renovated, size)
    every = pd.concat([stores, opened.reindex(columns=stores.columns)], ignore_index=True) if len(opened) else stores
    ids = ids_of(every)
    what = np.where(np.isin(ids, list(closed)), "closed", np.where(np.isin(ids, list(renovated)), "renovated", "stays"))
    what[len(stores) :] = "opened"
    there, where = positions_of(every, cells)

    def around(middles: np.ndarray, radii: int, of_cells: bool) -> np.ndarray:
        found = [near(where if of_cells else there, row, there, radii * params.radius_km)[0] for row in middles]
        return np.unique(np.concatenate(found))

    changed = np.flatnonzero(what != "stays")
    touched, rivals, homes = around(changed, 2, False), around(changed, 4, False), around(changed, 3, True)
    local, near_cells = every.iloc[rivals], cells.iloc[homes]
    kind = what[rivals]
    before = local.assign(attraction=np.where(kind == "opened", 0.0, attraction_of(local, params)))
    sizes = np.array([renovated.get(store, value) for store, value in zip(ids[rivals], local[size], strict=True)])
    after = local.assign(attraction=attraction_of(local.assign(**{size: sizes}), params) * (kind != "closed"))
    old, old_outside = _shoppers(before, near_cells, params)
    new, new_outside = _shoppers(after, near_cells, params)
    inner = np.isin(rivals, touched)
    table = pd.DataFrame(
        {
            "store_id": ids[rivals],
            "what": kind,
            "people_before": old[:, 0],
            "people_after": new[:, 0],
            "change_people": new[:, 0] - old[:, 0],
            "buying_power_before": old[:, 1],
            "buying_power_after": new[:, 1],
        }
    )[inner]
    order = np.lexsort((table["store_id"], -table["change_people"].abs(), table["what"] == "stays"))
    stores_change, outside_change = float(table["change_people"].sum()), new_outside - old_outside
    figures = {
        "stores_change_people": stores_change,
        "outside_change_people": outside_change,
        "error_people": abs(stores_change + outside_change),
    }
    return TransferResult({"transfers": Transfers.check(table.iloc[order].reset_index(drop=True))}, figures)


def _shoppers(stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams) -> tuple[np.ndarray, float]:
    """People of each store and their buying power, and people who go outside."""
    on = Ground.of(stores, cells, params)
    income = amounts_of(cells, "cells", "income_index") if "income_index" in cells else np.ones(len(cells))
    sums = np.zeros((len(stores), 3))
    values = income[on.home_rows][:, None]
    point = (on.shops, on.homes, on.attraction, on.weight, on.rate, values, on.grid, on.decay)
    sums_of_stores(*point, 0, len(stores), sums)
    reached = ratio(on.pulled, on.pulled + on.outside)
    return on.to_stores(sums)[:, [0, 2]], float((on.people * (1 - reached)).sum())


def _refuse(
    stores: pd.DataFrame, opened: pd.DataFrame, closed: Sequence[int], renovated: Mapping[int, float], size: str
) -> None:
    known = set(ids_of(stores).tolist())
    faults = [f"there is no store {store} to close" for store in closed if store not in known]
    faults += [f"there is no store {store} to renovate" for store in renovated if store not in known]
    faults += [f"store {store} cannot close and be renovated" for store in renovated if store in set(closed)]
    faults += [
        f"{size} of store {store} must be a number from 0, not {value}"
        for store, value in renovated.items()
        if not 0 <= value < np.inf
    ]
    if len(opened):
        taken = [store for store in ids_of(opened).tolist() if store in known]
        faults += [f"store {store} exists already; give the new one another id" for store in taken]
        lacks = [name for name in ("store_id", size) if name not in opened]
        faults += [f"a new store needs {name}" for name in lacks]
    if not faults and not (len(opened) or len(closed) or renovated):
        faults = ["nothing opens, closes or is renovated; name at least one store"]
    if faults:
        raise InputError("the change of stores", faults)
