"""What became of the stores that joined in one month, by their orders."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class OrderCohorts(Table):
    """What became of the stores that joined in one month, by their orders."""

    cohort: Series[Month] = column("Month of signing (its first day).", "month", key=True)
    stores: Series[np.int64] = column("Stores of the cohort on record.", "stores", ge=1)
    first_order_share: Series[np.float64] = column("Part that ever ordered.", "share 0-1", ge=0, le=1)
    days_to_first: Series[np.float64] = column(
        "Days from the first of that month to the first order, median.", "days", ge=0, nullable=True
    )
    repeat_share: Series[np.float64] = column("Part that ordered again.", "share 0-1", ge=0, le=1)
    ordering_share: Series[np.float64] = column("Part that ordered in the last 30 days.", "share 0-1", ge=0, le=1)
    cycle_days: Series[np.float64] = column("Days between orders, median.", "days", gt=0, nullable=True)
    order_rmb: Series[np.float64] = column("Value of an order, mean.", "RMB", gt=0, nullable=True)
    wallet_share: Series[np.float64] = column(
        "Orders of the last 30 days over all purchases of the stores that ordered then.",
        "share 0-1",
        ge=0,
        nullable=True,
    )
