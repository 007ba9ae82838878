"""Solver input: stores that must be signed, in a month or by one."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class Promises(Table):
    """Solver input: stores that must be signed, in a month or by one."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    month: Series[Month] = column("Month it must start in; empty where any month will do.", "month", nullable=True)
    latest_month: Series[Month] = column(
        "Month by which it must start; empty for the last of the plan.", "month", nullable=True
    )
