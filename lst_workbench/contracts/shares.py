"""Solver input: at least or at most such a share of the stores signed by the end of a month belongs to a group."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table
from lst_workbench.contracts.table import column as described


class Shares(Table):
    """Solver input: at least or at most such a share of the stores signed by the end of a month belongs to a group."""

    column: Series[str] = described("Column of wave_stores that names the group.", "name", key=True)
    value: Series[object] = described("Value of that column in the group.", "value", key=True)
    month: Series[Month] = described(
        "Month (its first day); empty for the last of the plan.", "month", key=True, nullable=True
    )
    min_share: Series[np.float64] = described(
        "At least such a share of all signed, cumulative; empty when no floor.", "share 0-1", nullable=True, ge=0, le=1
    )
    max_share: Series[np.float64] = described(
        "At most such a share of all signed, cumulative; empty when no cap.", "share 0-1", nullable=True, ge=0, le=1
    )
