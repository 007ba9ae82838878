"""The answer: which stores become co-branded, when, and why the others do not."""

import numpy as np
import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import CobrandedReason
from lst_workbench.contracts.table import Table, column


class Cobranded(Table):
    """Every store that was looked at: chosen or not, when, and why."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    rank: Series[np.int32] = column("Place among the chosen, 1 for the largest gain; 0 not chosen.", "rank", ge=0)
    wave: Series[np.int32] = column("Month of its fit-out, counted from 1; 0 not chosen.", "months", ge=0)
    value: Series[np.float64] = column("What its conversion brings a month, with no other beside it.", "RMB/month")
    gain: Series[np.float64] = column(
        "The same less what it loses beside the stores chosen; no number where it must not stand there.",
        "RMB/month",
        nullable=True,
    )
    line: Series[np.float64] = column(
        "What it must bring to be worth its place: prices of the limits on number, budget and quotas; empty where it "
        "may not become one.",
        "RMB/month",
        nullable=True,
    )
    reason: Series[CobrandedReason] = column("Why it was chosen or not.", "kind")
    blocked_by: Series[pd.Int64Dtype] = column(
        "Chosen store that stands too near or takes most from it; empty where none does.", "id", nullable=True
    )
