"""Which front warehouse serves each covered store."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Assignments(Table):
    """Which front warehouse serves each covered store."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    site_id: Series[np.int32] = column("Front warehouse.", "id")
    distance_km: Series[np.float32] = column("Great circle times circuity.", "km", ge=0)
