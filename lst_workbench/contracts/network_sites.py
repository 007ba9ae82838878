"""Every candidate warehouse of a designed network, open or not."""

import numpy as np
import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import SiteStatus, Tier
from lst_workbench.contracts.table import Table, column


class NetworkSites(Table):
    """Every candidate warehouse of a designed network, open or not."""

    site_id: Series[np.int32] = column("Warehouse site.", "id", key=True)
    tier: Series[Tier] = column("Tier of the network.", "tier")
    status: Series[SiteStatus] = column("Whether it is a candidate, must stay, or may close.", "kind")
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees", ge=-90, le=90)
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees", ge=-180, le=180)
    opened: Series[bool] = column("Whether the network opens or keeps it.", "yes/no")
    opens_in_month: Series[pd.Int32Dtype] = column(
        "Month of the phase-in, from 1; empty if shut.", "month", nullable=True
    )
    feeds_from: Series[pd.Int32Dtype] = column("Open site of the tier above that supplies it.", "id", nullable=True)
    stores: Series[np.int64] = column("Stores it delivers to.", "stores", ge=0)
    volume_m3_month: Series[np.float64] = column("Volume through it.", "m3/month", ge=0)
    capacity_m3_month: Series[np.float64] = column("Throughput it can handle; infinite if not given.", "m3/month", ge=0)
    fixed_cost_rmb_month: Series[np.float64] = column("Rent and staff.", "RMB/month", ge=0)
    saving_rmb_month: Series[np.float64] = column(
        "What the network would cost more without it, all else left open; empty if shut.", "RMB/month", nullable=True
    )
