"""Solver input: stores that may be signed, with what each brings and uses."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class WaveStores(Table):
    """Solver input: stores that may be signed, with what each brings and uses."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    territory_id: Series[np.int64] = column("Territory whose reps visit it.", "id")
    warehouse_id: Series[np.int64] = column("Warehouse that serves it.", "id")
    value: Series[np.float64] = column(
        "Worth once signed, in a month of value_factor 1: the last one of a plan.", "objective units", ge=0
    )
    p_sign: Series[np.float64] = column("Probability that the owner signs.", "share 0-1", ge=0, le=1)
    visits_signup: Series[np.float64] = column("Visits to sign it, in the month it starts.", "visits", ge=0)
    visits_care: Series[np.float64] = column("Visits in every later month.", "visits/month", ge=0)
    volume_m3_month: Series[np.float64] = column("Warehouse throughput from its start on.", "m3/month", ge=0)
    capital_rmb: Series[np.float64] = column("Working capital tied up from its start on.", "RMB", ge=0)
