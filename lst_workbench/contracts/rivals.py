"""Shops that compete for customers and stand on no list: modelled, never planned."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Origin
from lst_workbench.contracts.table import Table, column


class Rivals(Table):
    """Shops that compete for customers and stand on no list: modelled, never planned."""

    store_id: Series[np.int64] = column("Shop; none of the stores has this id.", "id", key=True, ge=0)
    place_id: Series[np.int32] = column("Place the shop belongs to.", "id")
    prefecture_code: Series[np.int32] = column("Prefecture (NBS code).", "id")
    h3_8: Series[np.int64] = column("H3 cell of resolution 8 that holds the shop.", "id", gt=0)
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees", ge=-90, le=90)
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees", ge=-180, le=180)
    area_m2: Series[np.float32] = column("Sales floor.", "m2", gt=0, le=5000)
    origin: Series[Origin] = column("Where the row comes from.", "origin")
