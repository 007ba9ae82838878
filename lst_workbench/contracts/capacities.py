"""Every capacity of the plan: what there is, what is used, what one more unit is worth."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month, Resource
from lst_workbench.contracts.table import Table, column


class Capacities(Table):
    """Every capacity of the plan: what there is, what is used, what one more unit is worth."""

    resource: Series[Resource] = column("Kind of capacity.", "kind", key=True)
    resource_id: Series[np.int64] = column("Territory or warehouse; 0 for the whole plan.", "id", key=True)
    month: Series[Month] = column("Month (its first day).", "month", key=True)
    capacity: Series[np.float64] = column("What there is.", "visits, m3 or RMB", ge=0)
    base_load: Series[np.float64] = column("Taken by stores already in the system.", "visits, m3 or RMB", ge=0)
    used: Series[np.float64] = column("Taken by base load and plan together.", "visits, m3 or RMB", ge=0)
    shadow_price: Series[np.float64] = column(
        "Gain of the objective for one more unit.", "objective units per unit", ge=0
    )
