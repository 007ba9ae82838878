"""The cells each store draws from."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class CatchmentLinks(Table):
    """The cells each store draws from."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    h3_8: Series[np.int64] = column("Cell.", "id", key=True)
    distance_km: Series[np.float32] = column("Great-circle distance.", "km", ge=0)
    share: Series[np.float32] = column("Share of the cell's people who shop at the store.", "share 0-1", ge=0, le=1)
    people: Series[np.float32] = column("People drawn from the cell.", "people", ge=0)
