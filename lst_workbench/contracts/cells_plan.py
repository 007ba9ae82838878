"""The plan by H3 cell: what the map shows."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class CellsPlan(Table):
    """The plan by H3 cell: what the map shows."""

    h3_8: Series[np.int64] = column("H3 cell, resolution 8.", "id", key=True, gt=0)
    place_id: Series[np.int32] = column("Place of the cell's stores.", "id")
    stores: Series[np.int32] = column("Stores in the cell.", "stores", ge=0)
    participants: Series[np.int32] = column("In the system at the start.", "stores", ge=0)
    signups: Series[np.int32] = column("Signed by the plan.", "stores", ge=0)
    uncovered: Series[np.int32] = column("Out of reach of every front warehouse.", "stores", ge=0)
    first_month: Series[Month] = column("First month with a sign-up; empty when none.", "month", nullable=True)
    potential_rmb_month: Series[np.float64] = column("Potential of the cell's stores.", "RMB/month", ge=0)
