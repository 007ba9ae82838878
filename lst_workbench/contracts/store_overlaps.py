"""Solver input: pairs of stores that share customers."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class StoreOverlaps(Table):
    """Solver input: pairs of stores that share customers; each pair once."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    other_id: Series[np.int64] = column("Another one.", "id", key=True)
    loss: Series[np.float64] = column("What the two lose together when both are converted.", "RMB/month", ge=0)
    apart: Series[bool] = column("Whether at most one of them may be converted.", "flag")
