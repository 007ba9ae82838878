"""How late each store with credit was, month by month."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class CreditPayments(Table):
    """How late each store with credit was, month by month."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    month: Series[Month] = column("Month (its first day).", "month", key=True)
    days_past_due: Series[np.float64] = column("Days late at its end; 0 where all was paid.", "days", ge=0)
