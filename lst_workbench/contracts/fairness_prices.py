"""What a floor on the share of a group of shops among all signed would cost the plan."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column

GROUPS = ("village", "township", "rural", "small")


class FairnessPrices(Table):
    """What a floor on the share of a group of shops among all signed would cost the plan."""

    group: Series[str] = column(
        "Shops of villages, of townships, of both (rural), or the third with the least floor area (small).",
        "name",
        isin=GROUPS,
        key=True,
    )
    min_share: Series[np.float64] = column("Floor on its share of sign-ups; 0 for none.", "share 0-1", key=True, ge=0)
    share: Series[np.float64] = column("Share of sign-ups that the plan gives it.", "share 0-1", ge=0, le=1)
    candidates_share: Series[np.float64] = column("Its share of all stores that could be signed.", "share 0-1", ge=0)
    signed_stores: Series[np.float64] = column("Stores signed in all.", "stores", ge=0)
    cost_stores: Series[np.float64] = column("Fewer sign-ups than without a floor.", "stores")
    cost_share: Series[np.float64] = column("Value lost against no floor.", "share 0-1")
    at_least_share: Series[np.float64] = column(
        "Value lost for certain: what remains of it when this plan could still be as good as its bound.", "share 0-1"
    )
    gap_share: Series[np.float64] = column("Gap of the plan to its bound.", "share 0-1", ge=0)
    shortfall_stores: Series[np.float64] = column("Members that the floor lacks.", "stores", ge=0)
