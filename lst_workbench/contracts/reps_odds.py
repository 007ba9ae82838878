"""How likely so many reps reach the goal, the plan carried on down its own line."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class RepsOdds(Table):
    """How likely so many reps reach the goal, the plan carried on down its own line."""

    reps: Series[np.float64] = column("Field representatives.", "reps", key=True, ge=0)
    goal_share: Series[np.float64] = column("Share of draws that reach the goal.", "share 0-1", ge=0, le=1)
    p10: Series[np.float64] = column("What the goal counts: nine of ten draws come out above it.", "stores", ge=0)
    p50: Series[np.float64] = column("Half of the draws come out above it.", "stores", ge=0)
    p90: Series[np.float64] = column("One of ten draws comes out above it.", "stores", ge=0)
