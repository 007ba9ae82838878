"""Open warehouses of each network along the trade-off, and those of today that it closes."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import NetworkMode
from lst_workbench.contracts.network_sites import NetworkSites
from lst_workbench.contracts.table import column


class NetworkStepSites(NetworkSites):
    """Open warehouses of each network along the trade-off, and those of today that it closes."""

    mode: Series[NetworkMode] = column("Standing sites stay, or may close; or the network of today.", "kind", key=True)
    step: Series[np.int32] = column("Number along the curve, from 0.", "steps", key=True, ge=0)
    name_en: Series[str] = column("Name in Latin letters.", "name")
    name_zh: Series[str] = column("Name in Chinese.", "name", nullable=True)
    today: Series[bool] = column("Whether the market has it already.", "yes/no")
    sole_stores: Series[np.int64] = column("Stores that no other open front has in reach.", "stores", ge=0)
    lane_km: Series[np.float64] = column("Road to the site that feeds it.", "km", nullable=True, ge=0)
    lane_rmb_month: Series[np.float64] = column(
        "Line-haul on that road, and handling where it starts.", "RMB/month", nullable=True, ge=0
    )
