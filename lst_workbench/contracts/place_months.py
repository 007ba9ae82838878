"""Sign-ups by place and month."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class PlaceMonths(Table):
    """Sign-ups by place and month; pairs without any are left out."""

    place_id: Series[np.int32] = column("Place.", "id", key=True)
    month: Series[Month] = column("Month, its first day.", "month", key=True)
    signups: Series[np.int32] = column("Signed by the plan in the month.", "stores", gt=0)
