"""Places held out, so that what a wave brings can be measured later."""

import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import HoldoutArm
from lst_workbench.contracts.table import Table, column


class Holdouts(Table):
    """Places held out, so that what a wave brings can be measured later."""

    place_id: Series[pd.Int64Dtype] = column("Place.", "id", key=True)
    block: Series[pd.Int64Dtype] = column("Places alike, among which the lot was drawn.", "id")
    arm: Series[HoldoutArm] = column("Treated from the start, later, or held out for good.", "kind")
    start_month: Series[pd.Int64Dtype] = column(
        "Month from which the place is worked, counted from 1; empty when never.", "months", nullable=True
    )
