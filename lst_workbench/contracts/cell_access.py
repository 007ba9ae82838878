"""How well the people of each cell are served with shops."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class CellAccess(Table):
    """How well the people of each cell are served with shops (two-step floating catchment area)."""

    h3_8: Series[np.int64] = column("Cell.", "id", key=True)
    people: Series[np.float32] = column("People who live in the cell.", "people", ge=0)
    access_m2_1000: Series[np.float64] = column("Sales floor within reach for each 1,000 people.", "m2/1000", ge=0)
    stores_nearby: Series[np.int32] = column("Stores within the radius.", "stores", ge=0)
    nearest_km: Series[np.float32] = column("Way to the nearest store; empty without any.", "km", ge=0, nullable=True)
    underserved: Series[bool] = column("Whether its people have far less than the typical person.", "yes/no")
