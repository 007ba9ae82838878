"""What the demand models need to know of the stores of a market, put together from its tables."""

import pandas as pd

from lst_workbench.catchment import HuffParams, catchment_profiles, place_profiles
from lst_workbench.market import Market

OF_STORE = ["store_id", "area_m2", "store_kind", "settlement_kind", "prefecture_code", "place_id"]
OF_PLACE = ["place_id", "people", "people_per_store", "area_m2_1000"]
REGION, PLACE, SEGMENT = "prefecture_code", "place_id", "settlement_kind"


def store_features(market: Market, params: HuffParams | None = None, *, threads: int = 1) -> pd.DataFrame:
    """Describe every store by its catchment, its floor and its place: the features of `fit_potential`.

    Parameters
    ----------
    market : Market
        Its stores and cells; all stores compete.
    params : HuffParams, optional
        Of the catchments; the register's by default.
    threads : int
        As for `catchment_profiles`.

    Returns
    -------
    DataFrame
        A row a store, in the order of the market: ``store_id``, the columns of `catchment_profiles`, ``area_m2``,
        ``store_kind``, ``settlement_kind``, ``place_people``, ``place_people_per_store``, ``place_area_m2_1000``, and
        ``prefecture_code`` and ``place_id``, which are no features but regions and places of the fit.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> features = store_features(read_market(data_folder() / "sample"))
    >>> len(features) > 5000, "place_people_per_store" in features
    (True, True)
    """
    profiles = catchment_profiles(market.competing, market.cells, params, threads=threads)
    known = profiles.drop(columns=[name for name in profiles if profiles[name].isna().all()])
    places = place_profiles(market.stores, market.cells)[OF_PLACE]
    places = places.rename(columns={name: f"place_{name}" for name in OF_PLACE[1:]})
    stores = market.stores[OF_STORE].merge(places, on="place_id", how="left", validate="many_to_one")
    return known.merge(stores, on="store_id", validate="one_to_one")
