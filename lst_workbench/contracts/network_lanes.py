"""Which open warehouse feeds which, with how much."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Tier
from lst_workbench.contracts.table import Table, column


class NetworkLanes(Table):
    """Which open warehouse feeds which, with how much."""

    from_site_id: Series[np.int32] = column("Warehouse that sends.", "id")
    to_site_id: Series[np.int32] = column("Warehouse that receives.", "id", key=True)
    tier: Series[Tier] = column("Tier of the warehouse that receives.", "tier")
    km: Series[np.float64] = column("Road distance.", "km", ge=0)
    volume_m3_month: Series[np.float64] = column("Volume on the lane.", "m3/month", ge=0)
    cost_rmb_month: Series[np.float64] = column("Line-haul, and handling where it is sent from.", "RMB/month", ge=0)
