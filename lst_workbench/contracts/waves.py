"""The plan: which store starts in which month."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class Waves(Table):
    """The plan: which store starts in which month."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    month: Series[Month] = column("Month it starts (its first day).", "month")
