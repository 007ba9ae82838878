"""The plan month by month."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class Curve(Table):
    """The plan month by month."""

    month: Series[Month] = column("Month (its first day).", "month", key=True)
    signups: Series[np.int64] = column("Stores signed in the month.", "stores", ge=0)
    in_system: Series[np.float64] = column("Signed and not closed at the month's end.", "stores", ge=0)
    active: Series[np.float64] = column("Stores with at least one order in 30 days.", "stores", ge=0)
    gmv_rmb: Series[np.float64] = column("Delivered platform orders of the month.", "RMB/month", ge=0)
    contribution_rmb: Series[np.float64] = column("Contribution of the month's orders.", "RMB/month")
