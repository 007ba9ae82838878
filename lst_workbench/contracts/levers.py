"""What one more of each lever is worth, by solving the plan again with the change."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Levers(Table):
    """What one more of each lever is worth, by solving the plan again with the change."""

    key: Series[str] = column("Assumption that moves.", "register key", key=True)
    change: Series[np.float64] = column("By how much.", "unit of the assumption")
    value: Series[np.float64] = column("The assumption's value after the change.", "unit of the assumption")
    in_system_gain: Series[np.float64] = column("Stores in system at month 12, gained or lost.", "stores")
    active_gain: Series[np.float64] = column("Active stores at month 12, gained or lost.", "stores")
