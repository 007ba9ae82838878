"""Solver input: visits that each territory's reps can make."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class TerritoryMonths(Table):
    """Solver input: visits that each territory's reps can make."""

    territory_id: Series[np.int64] = column("Territory.", "id", key=True)
    month: Series[Month] = column("Month (its first day).", "month", key=True)
    visits: Series[np.float64] = column("Visits available to the plan.", "visits/month", ge=0)
