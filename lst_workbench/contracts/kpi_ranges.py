"""How far each headline figure may come out from the plan: its P10, P50 and P90."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class KpiRanges(Table):
    """How far each headline figure may come out from the plan: its P10, P50 and P90."""

    name: Series[str] = column("Headline figure, as in `kpis`.", "name", key=True)
    p10: Series[np.float64] = column(
        "Nine of ten draws come out above it; empty when there is no such number.", "see kpis", nullable=True
    )
    p50: Series[np.float64] = column("Half of the draws come out above it.", "see kpis", nullable=True)
    p90: Series[np.float64] = column("One of ten draws comes out above it.", "see kpis", nullable=True)
    goal_share: Series[np.float64] = column(
        "Share of draws that reach its goal; empty when it has none.", "share 0-1", ge=0, le=1, nullable=True
    )
