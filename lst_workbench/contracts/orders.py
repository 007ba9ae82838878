"""What stores ordered from the platform, order by order."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Day
from lst_workbench.contracts.table import Table, column


class Orders(Table):
    """What stores ordered from the platform, order by order (a store's orders of one day are one)."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    ordered: Series[Day] = column("Day of the order.", "date", key=True)
    order_rmb: Series[np.float32] = column("Value of the order.", "RMB", gt=0)
    lines: Series[np.int16] = column("Items in it.", "items", ge=1)
