"""Networks along the trade-off between cost and promise, and today's, in figures."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import NetworkMode
from lst_workbench.contracts.table import Table, column


class NetworkSteps(Table):
    """Networks along the trade-off between cost and promise, and today's, in figures."""

    mode: Series[NetworkMode] = column("Standing sites stay, or may close; or the network of today.", "kind", key=True)
    step: Series[np.int32] = column("Number along the curve, from 0.", "steps", key=True, ge=0)
    surcharge_rmb_store: Series[np.float64] = column(
        "What a store that is not served next day was charged a month in the search.", "RMB/month", ge=0
    )
    next_day_share: Series[np.float64] = column("Stores served next day.", "share 0-1", ge=0, le=1)
    single_share: Series[np.float64] = column(
        "Stores served next day with no second open front in reach, of those served next day.", "share 0-1", ge=0, le=1
    )
    cost_rmb_month: Series[np.float64] = column("The whole network, store by store.", "RMB/month", ge=0)
    cost_rmb_order: Series[np.float64] = column("The same by expected order.", "RMB/order", ge=0)
    bound_rmb_month: Series[np.float64] = column("No network with its promise costs less.", "RMB/month", nullable=True)
    fixed_rmb_month: Series[np.float64] = column("Rent and staff of its open sites.", "RMB/month", ge=0)
    stores_next_day: Series[np.int64] = column("Served next day.", "stores", ge=0)
    stores_slow: Series[np.int64] = column("Served slowly from a city warehouse.", "stores", ge=0)
    stores_uncovered: Series[np.int64] = column("Not served: delivery would cost more than it brings.", "stores", ge=0)
    fronts_open: Series[np.int32] = column("Open front warehouses.", "sites", ge=0)
    cities_open: Series[np.int32] = column("Open city warehouses.", "sites", ge=0)
    regionals_open: Series[np.int32] = column("Open regional warehouses.", "sites", ge=0)
