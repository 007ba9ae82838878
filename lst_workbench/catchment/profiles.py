"""Who shops at each store, and what each place is like: tables for people and features for models."""

import numpy as np
import pandas as pd

from lst_workbench.catchment._kernels import count_rivals, sums_of_stores
from lst_workbench.catchment.ground import Ground, ids_of, ratio, shared, within
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.points import amounts_of
from lst_workbench.contracts import CatchmentProfiles, InputError
from lst_workbench.contracts.kinds import SETTLEMENT_KINDS

MEANS = ("_share", "_index", "_rmb", "_rmb_month", "_rmb_year", "_years")  # what such a column says of one person
URBAN = SETTLEMENT_KINDS[:3]  # a city's core, its suburbs and towns; the rest is country
METRES2_PER_1000 = 1000.0


def catchment_profiles(
    stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams | None = None, *, threads: int = 1
) -> pd.DataFrame:
    """Describe who shops at each store: people, households, way, income, ages, kind of settlement, rivals.

    Every figure is that of the cells, weighted with the people whom the store draws from each (Huff shares), so that
    nobody is counted twice and figures of all stores add up to those of all shoppers.

    Parameters
    ----------
    stores, params, threads
        As for `huff_catchments`.
    cells : DataFrame
        ``people`` and coordinates. Optional: ``households`` (a total), ``settlement_kind``, and any column whose name
        ends in _share, _index, _rmb, _rmb_month, _rmb_year or _years, a mean of the cell's people (``income_index``,
        ``age_0_14_share``, ``household_size_index``); it is averaged over the store's people.

    Returns
    -------
    DataFrame
        Contract `CatchmentProfiles`, in the order of `stores`, with a column for each such mean and, where cells tell
        their settlement, ``city_core_share`` … ``village_share``.

    Raises
    ------
    InputError
        As for `huff_catchments`; a mean that is empty or negative.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 1.0], "y_km": [0.0, 0.0], "area_m2": [50, 50]})
    >>> cells = pd.DataFrame({"x_km": [0.5], "y_km": [0.0], "people": [300.0], "age_60_share": [0.2]})
    >>> params = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=1, outside_attraction=0)
    >>> profiles = catchment_profiles(stores, cells, params)
    >>> profiles[["people", "distance_km", "rivals", "age_60_share"]].values.round(3).tolist()
    [[150.0, 0.5, 1.0, 0.2], [150.0, 0.5, 1.0, 0.2]]
    """
    params = HuffParams.of() if params is None else params
    on = Ground.of(stores, cells, params, threads)
    values = _values_of_cells(cells)
    matrix = np.column_stack(list(values.values()))[on.home_rows]
    sums, rivals = np.zeros((len(stores), 2 + matrix.shape[1])), np.zeros(len(stores), np.int32)
    point = (on.shops, on.homes, on.attraction, on.weight, on.rate, matrix, on.grid, on.decay)
    shared(threads, len(stores), lambda a, z: sums_of_stores(*point, a, z, sums))
    shared(threads, len(stores), lambda a, z: count_rivals(on.shops, on.grid, params.radius_km, a, z, rivals))
    nearby = np.zeros((len(stores), 2))
    everybody = (
        on.shops,
        on.homes,
        np.ones(len(stores)),
        on.people,
        np.zeros(len(cells)),
        matrix[:, :0],
        on.grid,
        within(params),
    )
    shared(threads, len(stores), lambda a, z: sums_of_stores(*everybody, a, z, nearby))
    sums, people_nearby = on.to_stores(sums), on.to_stores(nearby)[:, 0]
    people = sums[:, 0]
    means = {name: np.where(people > 0, ratio(sums[:, 2 + k], people), np.nan) for k, name in enumerate(values)}
    means["income_index"] = np.nan_to_num(means["income_index"], nan=1.0)
    table = {
        "store_id": ids_of(stores),
        "people": people,
        "households": _households(means.pop("households_a_head", None), people),
        "distance_km": np.where(people > 0, ratio(sums[:, 1], people), np.nan),
        "income_index": means.pop("income_index"),
        "urban_share": np.full(len(stores), np.nan),
        "people_nearby": people_nearby,
        "shopper_share": ratio(people, people_nearby).clip(0, 1),
        "rivals": on.to_stores(rivals),
    }
    if "settlement_kind" in cells:
        table["urban_share"] = np.sum([means[f"{kind}_share"] for kind in URBAN], axis=0)
    profiles = pd.DataFrame({**table, **{name: mean.astype(np.float32) for name, mean in means.items()}})
    bounded = [name for name in profiles if str(name).endswith("_share")]
    profiles[bounded] = profiles[bounded].clip(0, 1)
    return CatchmentProfiles.check(profiles, "stores")


def place_profiles(stores: pd.DataFrame, cells: pd.DataFrame, by: str = "place_id") -> pd.DataFrame:
    """Describe each place, county or prefecture by its people and its shops.

    Parameters
    ----------
    stores : DataFrame
        `by`, ``area_m2``.
    cells : DataFrame
        `by`, ``people``; optional: ``income_index``, ``settlement_kind`` and means as for `catchment_profiles`.
    by : str
        Column that names the place.

    Returns
    -------
    DataFrame
        `by`, people, stores, people_per_store, area_m2_1000 (sales floor for each 1,000 people), area_m2 (mean), and
        the people's mean of each column of means; places with people or stores.

    Examples
    --------
    >>> stores = pd.DataFrame({"place_id": [1, 1], "area_m2": [40.0, 60.0]})
    >>> cells = pd.DataFrame({"place_id": [1, 1], "people": [300.0, 100.0], "income_index": [1.0, 0.6]})
    >>> place_profiles(stores, cells)[["people_per_store", "area_m2_1000", "income_index"]].values.tolist()
    [[200.0, 250.0, 0.9]]
    """
    faults = [f"{name} lacks column {by}" for name, table in (("stores", stores), ("cells", cells)) if by not in table]
    if faults:
        raise InputError("the profiles of places", faults)
    people, area = amounts_of(cells, "cells", "people"), amounts_of(stores, "stores", "area_m2")
    values = pd.DataFrame(_values_of_cells(cells), index=cells.index)
    lived = values.mul(people, axis=0).groupby(cells[by].to_numpy()).sum()
    people_of = pd.Series(people).groupby(cells[by].to_numpy()).sum()
    shops = pd.Series(area).groupby(stores[by].to_numpy()).agg(["size", "sum", "mean"])
    index = people_of.index.union(shops.index)
    people_of, shops = people_of.reindex(index, fill_value=0.0), shops.reindex(index)
    count, floor = shops["size"].fillna(0), shops["sum"].fillna(0.0)
    table = pd.DataFrame(
        {
            "people": people_of,
            "stores": count.astype(np.int64),
            "people_per_store": (people_of / count).where(count > 0),
            "area_m2": shops["mean"],
            "area_m2_1000": (METRES2_PER_1000 * floor / people_of).where(people_of > 0),
        }
    )
    means = lived.reindex(index).div(people_of.where(people_of > 0), axis=0)
    if "settlement_kind" in cells:
        means["urban_share"] = means[[f"{kind}_share" for kind in URBAN]].sum(axis=1, min_count=1)
    return table.join(means).rename_axis(by).reset_index()


def _households(a_head: np.ndarray | None, people: np.ndarray) -> np.ndarray:
    if a_head is None:
        return np.full(len(people), np.nan)
    return np.where(people > 0, a_head * people, 0.0)


def _values_of_cells(cells: pd.DataFrame) -> dict[str, np.ndarray]:
    """Collect what a cell says of one of its people, by name."""
    names = [str(name) for name in cells if str(name).endswith(MEANS)]
    values = {name: amounts_of(cells, "cells", name) for name in names}
    values.setdefault("income_index", np.ones(len(cells)))
    if "households" in cells:
        households = amounts_of(cells, "cells", "households")
        values["households_a_head"] = ratio(households, amounts_of(cells, "cells", "people"))
    if "settlement_kind" in cells:
        kind = cells["settlement_kind"].astype(str).to_numpy()
        values |= {f"{name}_share": (kind == name).astype(np.float64) for name in SETTLEMENT_KINDS}
    return values
