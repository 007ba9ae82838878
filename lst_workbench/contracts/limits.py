"""The credit limit of each store, and what it brings and costs."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Limits(Table):
    """The credit limit of each store, and what it brings and costs."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    city: Series[object] = column("City.", "id or name")
    limit_rmb: Series[np.float64] = column("Credit limit.", "RMB", ge=0)
    need_share: Series[np.float64] = column("Limit over need.", "share", ge=0)
    margin_rmb: Series[np.float64] = column("Yearly margin before losses.", "RMB/year")
    expected_loss_rmb: Series[np.float64] = column("Expected loss.", "RMB/year", ge=0)
    tail_loss_rmb: Series[np.float64] = column(
        "Loss in the year that the tail budget guards against.", "RMB/year", ge=0
    )
    first_rmb_worth: Series[np.float64] = column(
        "Worth of the first RMB of limit after expected loss, before prices.", "RMB per RMB a year"
    )
    first_rmb_price: Series[np.float64] = column("Price it pays for scarce budgets.", "RMB per RMB a year", ge=0)
