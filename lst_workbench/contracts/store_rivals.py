"""With whom one store shares its customers."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class StoreRivals(Table):
    """With whom one store shares its customers."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    rival_id: Series[np.int64] = column("Store that draws from the same cells.", "id", key=True)
    distance_km: Series[np.float32] = column("Way from one to the other.", "km", ge=0)
    shared_people: Series[np.float32] = column(
        "Of the store's people, those who choose the rival on their next trip.", "people", ge=0
    )
    gained_people: Series[np.float32] = column("People the store would gain if the rival closed.", "people", ge=0)
    gained_share: Series[np.float32] = column(
        "Those people, as a share of the rival's own from the store's cells.", "share 0-1", ge=0, le=1
    )
