"""Every credit budget: what there is, what the limits use, what one more RMB is worth."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.credit_budgets import CREDIT_BUDGETS
from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column


class CreditBudgetUse(Table):
    """Every credit budget: what there is, what the limits use, what one more RMB is worth."""

    name: Series[str] = column("Capital, expected loss or tail loss.", "kind", key=True, isin=CREDIT_BUDGETS)
    city: Series[object] = column("City the budget is for; empty for all.", "id or name", key=True, nullable=True)
    warehouse: Series[object] = column(
        "Warehouse the budget is for; empty for all.", "id or name", key=True, nullable=True
    )
    month: Series[Month] = column(
        "Month, its first day: the budget is for limits that start by then; empty for all.",
        "month",
        key=True,
        nullable=True,
    )
    limit: Series[np.float64] = column("At most so much.", "RMB", ge=0)
    used: Series[np.float64] = column("Used by the limits.", "RMB", ge=0)
    shadow_price: Series[np.float64] = column("Gain for one more RMB of budget.", "RMB a year per RMB", ge=0)
