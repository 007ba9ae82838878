"""Stores already in the system at the start of month 1."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class Participants(Table):
    """Stores already in the system at the start of month 1."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    joined_month: Series[Month] = column("Month of signing (its first day).", "month")
    active: Series[bool] = column("At least one order in the last 30 days.", "flag")
