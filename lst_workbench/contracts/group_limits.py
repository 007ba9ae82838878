"""Input of a plan: at least or at most so many stores, or such a share of the signed ones, of a group or region."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table
from lst_workbench.contracts.table import column as described

LIMITED = ("all", "village", "township", "rural", "small", "poor", "province_code", "prefecture_code", "county_code")


class GroupLimits(Table):
    """Input of a plan: at least or at most so many stores, or such a share of the signed ones, of a group or region."""

    column: Series[str] = described(
        "Group (all, village, township, rural, small, poor), or the kind of region that `value` is of.",
        "name",
        key=True,
        isin=LIMITED,
    )
    value: Series[np.int64] = described("NBS code of the region; 1 for a group.", "id", key=True)
    month: Series[Month] = described("By the end of this month (its first day).", "month", key=True)
    min_stores: Series[np.float64] = described("At least so many signed by then.", "stores", nullable=True, ge=0)
    max_stores: Series[np.float64] = described("At most so many signed by then.", "stores", nullable=True, ge=0)
    min_share: Series[np.float64] = described(
        "At least such a share of all signed by then.", "share 0-1", nullable=True, ge=0, le=1
    )
    max_share: Series[np.float64] = described(
        "At most such a share of all signed by then.", "share 0-1", nullable=True, ge=0, le=1
    )
