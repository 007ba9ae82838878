"""Stores that no front warehouse reaches."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Uncovered(Table):
    """Stores that no front warehouse reaches."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    nearest_site_id: Series[np.int32] = column("Nearest front warehouse.", "id")
    distance_km: Series[np.float32] = column("Distance to it: the radius that would cover the store.", "km", ge=0)
