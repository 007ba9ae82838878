"""Solver input: what all limits together, or those of one city, may use."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column

CREDIT_BUDGETS = ("capital", "expected_loss", "tail_loss")


class CreditBudgets(Table):
    """Solver input: what all limits together, or those of one city, may use."""

    name: Series[str] = column("Capital, expected loss or tail loss.", "kind", key=True, isin=CREDIT_BUDGETS)
    limit: Series[np.float64] = column("At most so much.", "RMB", ge=0)
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
