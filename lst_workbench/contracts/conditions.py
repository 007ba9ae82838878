"""What a plan was asked beside its capacities, and what came of it."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table
from lst_workbench.contracts.table import column as described

CONDITION_KINDS = ("promised", "excluded", "stores", "share")


class Conditions(Table):
    """What a plan was asked beside its capacities, and what came of it."""

    kind: Series[str] = described(
        "promised, excluded, stores (limit on a count), share (limit on a share of all signed).",
        "name",
        key=True,
        isin=CONDITION_KINDS,
    )
    column: Series[str] = described("Group, or kind of region; all for promised and excluded stores.", "name", key=True)
    value: Series[np.int64] = described("NBS code of the region; 1 for a group.", "id", key=True)
    month: Series[Month] = described("By the end of this month.", "month", key=True)
    at_least: Series[np.float64] = described("Floor: stores, or a share.", "stores or share 0-1", nullable=True)
    at_most: Series[np.float64] = described("Cap: stores, or a share.", "stores or share 0-1", nullable=True)
    reached: Series[np.float64] = described("What the plan comes to: stores, or a share.", "stores or share 0-1")
    shortfall: Series[np.float64] = described("Stores that lack to the floor, or to the promises.", "stores", ge=0)
    shadow_price: Series[np.float64] = described(
        "Gain of the objective for one store of room more in the limit.", "objective units"
    )
