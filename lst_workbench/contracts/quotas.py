"""Solver input: at least or at most so many stores of a group signed by the end of a month."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table
from lst_workbench.contracts.table import column as described


class Quotas(Table):
    """Solver input: at least or at most so many stores of a group signed by the end of a month."""

    column: Series[str] = described("Column of wave_stores that names the group.", "name", key=True)
    value: Series[object] = described("Value of that column in the group.", "value", key=True)
    month: Series[Month] = described("Month (its first day).", "month", key=True)
    min_stores: Series[np.float64] = described(
        "At least so many, cumulative; empty when no floor.", "stores", nullable=True
    )
    max_stores: Series[np.float64] = described(
        "At most so many, cumulative; empty when no cap.", "stores", nullable=True
    )
