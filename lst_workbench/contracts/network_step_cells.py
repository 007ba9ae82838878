"""How each network along the trade-off serves each cell of the map."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import NetworkMode
from lst_workbench.contracts.table import Table, column


class NetworkStepCells(Table):
    """How each network along the trade-off serves each cell of the map."""

    mode: Series[NetworkMode] = column("Standing sites stay, or may close; or the network of today.", "kind", key=True)
    step: Series[np.int32] = column("Number along the curve, from 0.", "steps", key=True, ge=0)
    cell: Series[np.int64] = column("H3 cell, of the resolution that suits the market's size.", "id", key=True)
    stores: Series[np.int32] = column("Stores in the cell.", "stores", ge=0)
    next_day: Series[np.int32] = column("Served next day.", "stores", ge=0)
    slow: Series[np.int32] = column("Served slowly.", "stores", ge=0)
