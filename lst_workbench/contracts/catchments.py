"""Who shops at each store, by Huff shares over all stores nearby."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Catchments(Table):
    """Who shops at each store, by Huff shares over all stores nearby."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    people: Series[np.float32] = column(
        "Expected number of people who shop here: cells' people times their share.", "people", ge=0
    )
    income_index: Series[np.float32] = column(
        "Mean consumption index of those people; 1 where there are none.", "ratio", gt=0
    )
    people_nearby: Series[np.float32] = column("People within the radius, whoever they shop with.", "people", ge=0)
    rivals: Series[np.int32] = column("Other stores within the radius.", "stores", ge=0)
