"""What the conversion of a store costs, brings and risks: those chosen, and the ones next in line."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import SettlementKind
from lst_workbench.contracts.table import Table, column


class CobrandedCases(Table):
    """What the conversion of a store costs, brings and risks: those chosen, and the ones next in line."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    place_id: Series[np.int32] = column("Place.", "id")
    province_code: Series[np.int32] = column("Province (NBS code).", "id")
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees")
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees")
    settlement_kind: Series[SettlementKind] = column("Kind of settlement around the shop.", "kind")
    area_m2: Series[np.float64] = column("Sales floor.", "m2", gt=0)
    people: Series[np.float64] = column("Expected number of people who shop here.", "people", ge=0)
    potential_rmb_month: Series[np.float64] = column("All addressable purchases of the shop.", "RMB/month", ge=0)
    wallet_share: Series[np.float64] = column("Share of them it buys from the platform now.", "share 0-1", ge=0, le=1)
    pd: Series[np.float64] = column("Chance that its owner does not pay within a year.", "share 0-1", ge=0, le=1)
    fitout_rmb: Series[np.float64] = column("Cost of its fit-out.", "RMB", ge=0)
    rank: Series[np.int32] = column("Place among the chosen; 0 next in line.", "rank", ge=0)
    wave: Series[np.int32] = column("Month of its fit-out, counted from 1; 0 next in line.", "months", ge=0)
    gain_rmb_month: Series[np.float64] = column(
        "What owner and platform earn more a month, less what it takes from chosen neighbours.", "RMB/month"
    )
    press_gain_rmb_month: Series[np.float64] = column("The same with the press's uplift.", "RMB/month")
    lacks_rmb_month: Series[np.float64] = column("What it lacks to the line; 0 for the chosen.", "RMB/month", ge=0)
    payback_months: Series[np.float64] = column(
        "Fit-out over gain at the plan's figures; empty when it never pays back.", "months", nullable=True
    )
    payback_p10: Series[np.float64] = column("One in ten draws pays back sooner.", "months", nullable=True)
    payback_p50: Series[np.float64] = column("Half of the draws pay back sooner.", "months", nullable=True)
    payback_p90: Series[np.float64] = column(
        "Nine in ten draws pay back sooner; empty when fewer ever pay back.", "months", nullable=True
    )
    press_payback_months: Series[np.float64] = column("Payback with the press's uplift.", "months", nullable=True)
