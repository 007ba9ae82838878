"""What the plan does with each store, and why: the source of every explanation."""

import numpy as np
import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month, StoreStatus
from lst_workbench.contracts.table import Table, column


class Decisions(Table):
    """What the plan does with each store, and why: the source of every explanation."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    status: Series[StoreStatus] = column("What the plan does with it.", "kind")
    month: Series[Month] = column("Month it starts; empty unless signed.", "month", nullable=True)
    territory_id: Series[np.int32] = column("Territory.", "id")
    site_id: Series[pd.Int32Dtype] = column("Front warehouse; empty when none reaches it.", "id", nullable=True)
    distance_km: Series[np.float32] = column("Distance to the (nearest) front warehouse.", "km", ge=0)
    value: Series[np.float32] = column(
        "Worth in the objective if started in the last month; an earlier start loses what closes.",
        "objective units",
        ge=0,
    )
    visits_price: Series[np.float32] = column(
        "Part of its price for visits, at the shadow prices of its best month.", "objective units", ge=0
    )
    volume_price: Series[np.float32] = column("Part of its price for throughput.", "objective units", ge=0)
    capital_price: Series[np.float32] = column("Part of its price for capital.", "objective units", ge=0)
    margin: Series[np.float32] = column(
        "Worth less price in its best month: who has the most comes first.", "objective units"
    )
    best_month: Series[Month] = column("Month in which that margin is highest.", "month", nullable=True)
