"""Solver input: the months of the plan, their capital and the worth of a start in them."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class PlanMonths(Table):
    """Solver input: the months of the plan, their capital and the worth of a start in them."""

    month: Series[Month] = column("Month (its first day).", "month", key=True)
    capital_rmb: Series[np.float64] = column("Working capital available to the plan.", "RMB", ge=0)
    value_factor: Series[np.float64] = column(
        "Worth of a start in this month against one in the month that is best for it.", "ratio", ge=0
    )
    start_value: Series[np.float64] | None = column(
        "What any start in this month adds to the objective beside the store's own worth.", "objective units"
    )
