"""Beats: the stores in care of one rep, and what a week of it takes."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Beats(Table):
    """Beats: the stores in care of one rep, and what a week of it takes."""

    rep_id: Series[np.int64] = column("Rep.", "id", key=True, ge=1)
    group: Series[object] = column("Group of stores that the beat was cut in.", "value")
    stores: Series[np.int32] = column("Stores in its care.", "stores", ge=0)
    lat: Series[np.float64] = column("Middle of its stores, WGS-84.", "degrees")
    lon: Series[np.float64] = column("Middle of its stores, WGS-84.", "degrees")
    reach_km: Series[np.float64] = column("Nine in ten of its stores lie within this of the middle.", "km", ge=0)
    visits_week: Series[np.float64] = column("Visits in a mean week.", "visits/week", ge=0)
    days_week: Series[np.float64] = column("Days in the busiest week.", "days", ge=0)
    travel_km_week: Series[np.float64] = column("Way between stores in a mean week.", "km/week", ge=0)
    travel_share: Series[np.float64] = column("Share of the time that is spent on the way.", "share 0-1", ge=0, le=1)
    orders_week: Series[np.float64] = column("Target: orders taken in a mean week.", "orders/week", ge=0)
    lines_week: Series[np.float64] = column("Target: order lines in a mean week.", "lines/week", ge=0)
    fits: Series[bool] = column("Whether every week's visits fit into its working days.", "flag")
