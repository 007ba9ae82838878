"""What each store could buy in a month, tobacco excluded."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Potentials(Table):
    """What each store could buy in a month, tobacco excluded."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    potential_rmb_month: Series[np.float32] = column("All addressable purchases of the shop.", "RMB/month", ge=0)
    gmv_rmb_month: Series[np.float32] = column(
        "Orders on the platform in a month in which the store is active.", "RMB/month", ge=0
    )
