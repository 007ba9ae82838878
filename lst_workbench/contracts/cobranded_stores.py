"""Solver input: stores that may become co-branded."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class CobrandedStores(Table):
    """Solver input: stores that may become co-branded; further columns name the groups of quotas."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    value: Series[np.float64] = column("What its conversion brings a month, with no other beside it.", "RMB/month")
    fitout_rmb: Series[np.float64] = column("Cost of its fit-out.", "RMB", ge=0)
