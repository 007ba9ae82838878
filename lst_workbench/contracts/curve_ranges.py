"""The plan month by month, with the range in which it may come out."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class CurveRanges(Table):
    """The plan month by month, with the range in which it may come out."""

    month: Series[Month] = column("Month (its first day).", "month", key=True)
    measure: Series[str] = column("Column of `curve`: signups, in_system, active or gmv_rmb.", "name", key=True)
    p10: Series[np.float64] = column("Nine of ten draws come out above it.", "see curve", ge=0)
    p50: Series[np.float64] = column("Half of the draws come out above it.", "see curve", ge=0)
    p90: Series[np.float64] = column("One of ten draws comes out above it.", "see curve", ge=0)
    goal_share: Series[np.float64] = column(
        "Share of draws that have reached the goal by this month; empty unless the goal counts this measure.",
        "share 0-1",
        ge=0,
        le=1,
        nullable=True,
    )
