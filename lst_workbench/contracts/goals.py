"""Announced goals, month by month: where the plan stands, how sure that is, and what it rests on most."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import GoalName, Month
from lst_workbench.contracts.table import Table, column


class Goals(Table):
    """Announced goals, month by month: where the plan stands, how sure that is, and what it rests on most."""

    goal: Series[GoalName] = column("What is watched.", "kind", key=True)
    month: Series[Month] = column("Month (its first day).", "month", key=True)
    value: Series[np.float64] = column("The plan's figure at the month's end.", "see unit")
    p10: Series[np.float64] = column("Nine of ten draws come out above it.", "see unit", nullable=True)
    p50: Series[np.float64] = column("Half of the draws come out above it.", "see unit", nullable=True)
    p90: Series[np.float64] = column("One of ten draws comes out above it.", "see unit", nullable=True)
    before: Series[np.float64] = column("The same before the plan; empty where unknown.", "see unit", nullable=True)
    target: Series[np.float64] = column("Aimed at by that month; empty when nothing is.", "see unit", nullable=True)
    odds: Series[np.float64] = column(
        "Chance that the target is reached; where it is not counted it is read off the tenths, from 0.1 to 0.9.",
        "share 0-1",
        nullable=True,
        ge=0,
        le=1,
    )
    unit: Series[str] = column("Unit of the figures.", "unit")
    register_key: Series[str] = column("Assumption the figure depends on most.", "register key")
