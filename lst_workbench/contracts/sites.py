"""Warehouses, given or candidate, of the three tiers."""

import numpy as np
import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month, Origin, Tier
from lst_workbench.contracts.table import Table, column


class Sites(Table):
    """Warehouses, given or candidate, of the three tiers."""

    site_id: Series[np.int32] = column("Warehouse site.", "id", key=True)
    name_en: Series[str] = column("Name in Latin letters.", "name")
    name_zh: Series[str] = column("Name in Chinese.", "name", nullable=True)
    tier: Series[Tier] = column("Tier of the network.", "tier")
    feeds_from: Series[pd.Int32Dtype] = column(
        "Site of the tier above that supplies it; empty for regional ones.", "id", nullable=True
    )
    place_id: Series[np.int32] = column("Place it stands in.", "id")
    prefecture_code: Series[np.int32] = column("Prefecture (NBS code).", "id")
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees", ge=-90, le=90)
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees", ge=-180, le=180)
    capacity_m3_month: Series[np.float64] = column("Throughput it can handle.", "m3/month", ge=0)
    fixed_cost_rmb_month: Series[np.float64] = column("Rent and staff.", "RMB/month", ge=0)
    open_month: Series[Month] = column("First month it works (its first day).", "month")
    origin: Series[Origin] = column("Where the row comes from.", "origin")
