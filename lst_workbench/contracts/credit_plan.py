"""What credit comes to for each store: its score, its order, its limit, and the order that the limit allows."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class CreditPlan(Table):
    """What credit comes to for each store: its score, its order, its limit, and the order that the limit allows."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    place_id: Series[np.int32] = column("Its place.", "id")
    settlement_kind: Series[str] = column("City core, suburb, township or village.", "kind")
    pd: Series[np.float64] = column("Probability of default within a year, at a small limit.", "share 0-1", gt=0, lt=1)
    pd_low: Series[np.float64] = column("Lower end of its range (95%).", "share 0-1", ge=0, le=1)
    pd_high: Series[np.float64] = column("Upper end of its range (95%).", "share 0-1", ge=0, le=1)
    points: Series[np.float64] = column("Score; more is better.", "points")
    told_share: Series[np.float64] = column(
        "Part of the score that rests on what is known of this store.", "share 0-1", ge=0, le=1
    )
    reasons: Series[str] = column("Features that cost it most points, worst first.", "names")
    wish_rmb: Series[np.float64] = column("Order recommended for one term when money is no object.", "RMB", ge=0)
    need_rmb: Series[np.float64] = column("Part of it that credit could finance.", "RMB", ge=0)
    limit_rmb: Series[np.float64] = column("Credit limit.", "RMB", ge=0)
    term_days: Series[np.float64] = column("Days until a bill is due.", "days", ge=0)
    order_rmb: Series[np.float64] = column("Order recommended with this limit.", "RMB", ge=0)
    margin_rmb: Series[np.float64] = column("Yearly margin before losses.", "RMB/year")
    expected_loss_rmb: Series[np.float64] = column("Expected loss.", "RMB/year", ge=0)
    tail_loss_rmb: Series[np.float64] = column("Loss of a year of one in a thousand.", "RMB/year", ge=0)
