"""How each network along the trade-off serves each province, prefecture or county."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import NetworkMode
from lst_workbench.contracts.table import Table, column


class NetworkStepAreas(Table):
    """How each network along the trade-off serves each province, prefecture or county."""

    mode: Series[NetworkMode] = column("Standing sites stay, or may close; or the network of today.", "kind", key=True)
    step: Series[np.int32] = column("Number along the curve, from 0.", "steps", key=True, ge=0)
    area_code: Series[np.int32] = column("Province, prefecture or county (NBS code); 0 unknown.", "id", key=True)
    name_en: Series[str] = column("Name in Latin letters.", "name")
    name_zh: Series[str] = column("Name in Chinese.", "name", nullable=True)
    stores: Series[np.int64] = column("Stores.", "stores", ge=0)
    next_day: Series[np.int64] = column("Served next day.", "stores", ge=0)
    slow: Series[np.int64] = column("Served slowly.", "stores", ge=0)
    uncovered: Series[np.int64] = column("Not served.", "stores", ge=0)
    orders_month: Series[np.float64] = column("Expected orders.", "orders/month", ge=0)
    cost_rmb_month: Series[np.float64] = column(
        "Way to its stores, with its share by volume of the fixed cost of the sites on that way.", "RMB/month", ge=0
    )
