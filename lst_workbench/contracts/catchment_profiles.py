"""Who shops at each store: how many, from how far, how well off, in what kind of settlement."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class CatchmentProfiles(Table):
    """Who shops at each store; further columns of shares and means of the cells are kept beside these."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    people: Series[np.float32] = column("Expected number of people who shop here.", "people", ge=0)
    households: Series[np.float32] = column(
        "Their households; empty where cells do not say.", "households", ge=0, nullable=True
    )
    distance_km: Series[np.float32] = column(
        "Mean way from their homes; empty without people.", "km", ge=0, nullable=True
    )
    income_index: Series[np.float32] = column("Their mean consumption index; 1 where nobody comes.", "ratio", gt=0)
    urban_share: Series[np.float32] = column(
        "Share of them who live in a city, a suburb or a town; empty where unknown.",
        "share 0-1",
        ge=0,
        le=1,
        nullable=True,
    )
    people_nearby: Series[np.float32] = column("People within the radius, whoever they shop with.", "people", ge=0)
    shopper_share: Series[np.float32] = column("People who shop here, of people nearby.", "share 0-1", ge=0, le=1)
    rivals: Series[np.int32] = column("Other stores within the radius.", "stores", ge=0)
