"""What each uncertain figure does to each headline figure, and to the odds of the goal."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Tornado(Table):
    """What each uncertain figure does to each headline figure, and to the odds of the goal."""

    name: Series[str] = column("Headline figure, as in `kpis`.", "name", key=True)
    key: Series[str] = column("Assumption that moves, alone.", "register key", key=True)
    low: Series[np.float64] = column("Its P10.", "unit of the assumption")
    high: Series[np.float64] = column("Its P90.", "unit of the assumption")
    at_low: Series[np.float64] = column("The headline figure when it comes out at its P10.", "see kpis")
    at_high: Series[np.float64] = column("The headline figure when it comes out at its P90.", "see kpis")
    swing: Series[np.float64] = column("Distance between the two.", "see kpis", ge=0)
    rank_correlation: Series[np.float64] = column("Of the two over all draws.", "-1 to 1", ge=-1, le=1)
    odds_low: Series[np.float64] = column(
        "Share of draws that reach the goal among the third with its lowest values; empty without a goal.",
        "share 0-1",
        ge=0,
        le=1,
        nullable=True,
    )
    odds_high: Series[np.float64] = column(
        "The same among the third with its highest values.", "share 0-1", ge=0, le=1, nullable=True
    )
