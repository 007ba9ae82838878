"""What each region may come to, and whether its place among the regions holds."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class RegionRanges(Table):
    """What each region may come to, and whether its place among the regions holds."""

    level: Series[str] = column("What a region is: prefecture or territory.", "kind")
    region_id: Series[np.int64] = column("Prefecture (NBS code) or territory.", "id", key=True)
    signups: Series[np.float64] = column("Signed by the plan.", "stores", ge=0)
    signups_p10: Series[np.float64] = column("Nine of ten draws sign more.", "stores", ge=0)
    signups_p50: Series[np.float64] = column("Half of the draws sign more.", "stores", ge=0)
    signups_p90: Series[np.float64] = column("One of ten draws signs more.", "stores", ge=0)
    active: Series[np.float64] = column(
        "Active stores at the end, by the plan: what regions are ranked by.", "stores", ge=0
    )
    active_p10: Series[np.float64] = column("Nine of ten draws come out above it.", "stores", ge=0)
    active_p50: Series[np.float64] = column("Half of the draws come out above it.", "stores", ge=0)
    active_p90: Series[np.float64] = column("One of ten draws comes out above it.", "stores", ge=0)
    rank: Series[np.int32] = column("Place among the regions in the plan, 1 has the most.", "rank", ge=1)
    rank_p10: Series[np.float64] = column("One of ten draws places it better.", "rank", ge=1)
    rank_p90: Series[np.float64] = column("Nine of ten draws place it no worse.", "rank", ge=1)
    top_share: Series[np.float64] = column("Share of draws in which it is in the upper third.", "share 0-1", ge=0, le=1)
    kept_share: Series[np.float64] = column(
        "Share of all pairs of regions that keep the plan's order over all draws; the same in every row.",
        "share 0-1",
        ge=0,
        le=1,
    )
