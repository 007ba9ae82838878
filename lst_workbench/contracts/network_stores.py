"""How a designed network serves each store."""

import numpy as np
import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import Service
from lst_workbench.contracts.table import Table, column


class NetworkStores(Table):
    """How a designed network serves each store."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    service: Series[Service] = column("Next day from a front, slowly from a city warehouse, or not at all.", "kind")
    site_id: Series[pd.Int32Dtype] = column("Warehouse that delivers; empty if none.", "id", nullable=True)
    distance_km: Series[np.float32] = column("Road distance to it; empty if none.", "km", nullable=True, ge=0)
    backup: Series[bool] = column("Whether a second open front lies within the radius.", "yes/no")
    cost_rmb_month: Series[np.float64] = column("Variable cost of the whole way, or of not serving.", "RMB/month", ge=0)
