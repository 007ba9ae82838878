"""The plan by place: the table to act on."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class PlacesPlan(Table):
    """The plan by place: the table to act on."""

    place_id: Series[np.int32] = column("Place.", "id", key=True)
    territory_id: Series[np.int32] = column("Territory.", "id")
    stores: Series[np.int32] = column("Stores of the market.", "stores", ge=0)
    participants: Series[np.int32] = column("In the system at the start.", "stores", ge=0)
    signups: Series[np.int32] = column("Signed by the plan.", "stores", ge=0)
    uncovered: Series[np.int32] = column("Out of reach of every front warehouse.", "stores", ge=0)
    first_month: Series[Month] = column("First month with a sign-up; empty when none.", "month", nullable=True)
    gmv_rmb_month: Series[np.float64] = column("GMV at month 12 of the stores in system.", "RMB/month", ge=0)
