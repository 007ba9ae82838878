"""Past credit: who asked, who was given it, what was known on that day, and how it ended."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Day
from lst_workbench.contracts.table import Table, column


class CreditHistory(Table):
    """Past credit: who asked, who was given it, what was known on that day, and how it ended."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    decided: Series[Day] = column("Day of the decision.", "date")
    approved: Series[bool] = column("Whether credit was given.", "yes/no")
    limit_rmb: Series[np.float64] = column("Limit given; 0 where none was.", "RMB", ge=0)
    months_known: Series[np.float64] = column(
        "Months between the store's first order and the decision.", "months", nullable=True, ge=0
    )
    order_rmb_month: Series[np.float64] = column(
        "Orders a month before the decision.", "RMB/month", nullable=True, ge=0
    )
    late_share: Series[np.float64] = column("Share of earlier bills paid late.", "share 0-1", nullable=True, ge=0, le=1)
    defaulted: Series[Day] = column("Day on which it was 90 days late; empty where it was not.", "date", nullable=True)
    owed_rmb: Series[np.float64] = column("Owed today.", "RMB", ge=0)
    days_past_due: Series[np.float64] = column("Days late today.", "days", ge=0)
    orders_rmb: Series[np.float64] = column("Orders of the last four weeks.", "RMB", ge=0)
    orders_year_ago_rmb: Series[np.float64] = column("Orders of the same weeks a year ago.", "RMB", ge=0)
