"""Visit lists: which store a rep calls at, on which day, after which one."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Visits(Table):
    """Visit lists: which store a rep calls at, on which day, after which one."""

    rep_id: Series[np.int64] = column("Rep.", "id", ge=1)
    week: Series[np.int32] = column("Week, counted from 1.", "weeks", key=True, ge=1)
    day: Series[np.int32] = column("Day of the week's work, counted from 1.", "days", ge=1)
    stop: Series[np.int32] = column("Place in the day, counted from 1.", "rank", ge=1)
    store_id: Series[np.int64] = column("Store.", "id", key=True)
    km: Series[np.float64] = column("Way from the store before, roads included.", "km", ge=0)
    travel_minutes: Series[np.float64] = column("Time on that way.", "minutes", ge=0)
    start_minute: Series[np.float64] = column("Start of the visit, from the start of the day.", "minutes", ge=0)
