"""The plan by group of shops: who is signed, beside who there is."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.fairness_prices import GROUPS
from lst_workbench.contracts.table import Table, column


class GroupsPlan(Table):
    """The plan by group of shops: who is signed, beside who there is; groups overlap."""

    group: Series[str] = column(
        "Shops of villages, townships, both (rural), with the least floor area (small), of poor counties, or all.",
        "name",
        isin=(*GROUPS, "poor", "all"),
        key=True,
    )
    stores: Series[np.int32] = column("Stores of the market.", "stores", ge=0)
    participants: Series[np.int32] = column("In the system at the start.", "stores", ge=0)
    uncovered: Series[np.int32] = column("Out of reach of every front warehouse.", "stores", ge=0)
    signups: Series[np.int32] = column("Signed by the plan.", "stores", ge=0)
