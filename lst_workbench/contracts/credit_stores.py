"""Solver input: stores that may be given credit, with what each would bring and cost."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class CreditStores(Table):
    """Solver input: stores that may be given credit, with what each would bring and cost."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    pd: Series[np.float64] = column("Probability of default within a year, at a small limit.", "share 0-1", gt=0, lt=1)
    need_rmb: Series[np.float64] = column("Purchases of one term that credit could finance.", "RMB", ge=0)
    margin_share: Series[np.float64] = column(
        "Yearly margin on the first RMB of limit, after the cost of funds.", "share 0-1", ge=0
    )
    lgd: Series[np.float64] = column("Part of the exposure lost in a default.", "share 0-1", ge=0, le=1)
    city: Series[object] = column("City, or any other group that may have caps of its own.", "id or name")
