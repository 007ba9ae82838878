"""Groups of stores that conditions and prices of fairness speak of: kinds of settlement, small shops, poor counties."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import RURAL

SMALL, POOR = "rollout.small_shops_share", "rollout.poor_people_share"
GROUP_KEYS = (SMALL, POOR)
REGIONS = ("province_code", "prefecture_code", "county_code")


def members(stores: pd.DataFrame, group: str, small_share: float) -> pd.Series:
    """Tell which stores of a market belong to a group, by store id; small are this share of them, by floor area."""
    if group == "small":
        belongs = stores["area_m2"] <= stores["area_m2"].quantile(small_share)
    else:
        belongs = stores["settlement_kind"].isin(RURAL if group == "rural" else (group,))
    return pd.Series(belongs.to_numpy(bool), index=stores["store_id"])


def poor_places(places: pd.DataFrame, cells: pd.DataFrame, poor_share: float) -> pd.Series:
    """Tell which places lie in poor counties, by place id.

    Counties (prefectures, where the county is not known) are ordered by the mean income index of their people; the
    first are poor until they hold `poor_share` of all people.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": [1, 2, 3], "county_code": [7, 8, 9], "prefecture_code": 5})
    >>> cells = pd.DataFrame({"place_id": [1, 2, 3], "people": 10.0, "income_index": [1.2, 0.6, 0.9]})
    >>> poor_places(places, cells, 0.4).tolist()
    [False, True, False]
    """
    county = places["county_code"].astype("Int64").fillna(places["prefecture_code"].astype("Int64"))
    county_of = pd.Series(county.to_numpy(np.int64), index=places["place_id"])
    people = pd.DataFrame({"people": cells["people"], "income": cells["people"] * cells["income_index"]})
    sums = people.groupby(cells["place_id"].map(county_of).to_numpy()).sum()
    ordered = sums.loc[(sums["income"] / sums["people"].clip(lower=1e-9)).sort_values(kind="stable").index, "people"]
    poor = ordered.index[ordered.cumsum() <= poor_share * ordered.sum() * (1 + 1e-9)]
    return county_of.isin(poor)


def store_groups(
    stores: pd.DataFrame, places: pd.DataFrame, cells: pd.DataFrame, columns: list[str], figures: Mapping[str, Any]
) -> pd.DataFrame:
    """Give each store, by column, the code of its region, or 1 inside a group and 0 outside.

    Parameters
    ----------
    stores, places, cells : DataFrame
        Of a market.
    columns : list of str
        As in contract `GroupLimits`.
    figures : mapping
        `GROUP_KEYS`: who counts as small, and as poor.
    """
    place = stores["place_id"]
    made = {"store_id": stores["store_id"].to_numpy()}
    for column in columns:
        if column in REGIONS:
            codes = places.set_index("place_id")[column].astype("Int64").fillna(0).astype(np.int32)
            made[column] = place.map(codes).to_numpy(np.int32)
        elif column == "poor":
            made[column] = place.map(poor_places(places, cells, figures[POOR])).to_numpy(np.int32)
        elif column == "all":
            made[column] = np.ones(len(stores), np.int32)
        else:
            made[column] = members(stores, column, figures[SMALL]).to_numpy(np.int32)
    return pd.DataFrame(made)
