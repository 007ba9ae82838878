"""Solver input: throughput that each warehouse has left."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class WarehouseMonths(Table):
    """Solver input: throughput that each warehouse has left."""

    warehouse_id: Series[np.int64] = column("Warehouse.", "id", key=True)
    month: Series[Month] = column("Month (its first day).", "month", key=True)
    capacity_m3: Series[np.float64] = column("Throughput available to the plan.", "m3/month", ge=0)
