"""What became of stores so far: signed, or failed to be."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Month
from lst_workbench.contracts.table import Table, column

OUTCOMES = ("signed", "failed")


class WaveOutcomes(Table):
    """What became of stores so far: signed, or failed to be."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    month: Series[Month] = column("Month of the outcome (its first day).", "month")
    outcome: Series[str] = column("What became of it: signed or failed.", "name", isin=OUTCOMES)
