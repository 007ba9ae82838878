"""Every small shop of the market, in the system or not."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Origin, SettlementKind, StoreKind
from lst_workbench.contracts.table import Table, column


class Stores(Table):
    """Every small shop of the market, in the system or not."""

    store_id: Series[np.int64] = column("Store.", "id", key=True, ge=0)
    source_id: Series[str] = column("The analyst's own id.", "id", nullable=True)
    name: Series[str] = column("Name of the shop as shown to people.", "name", nullable=True)
    place_id: Series[np.int32] = column("Place the store belongs to.", "id")
    prefecture_code: Series[np.int32] = column("Prefecture (NBS code).", "id")
    province_code: Series[np.int32] = column("Province (NBS code).", "id")
    h3_8: Series[np.int64] = column("H3 cell of resolution 8 that holds the store.", "id", gt=0)
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees", ge=-90, le=90)
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees", ge=-180, le=180)
    area_m2: Series[np.float32] = column("Sales floor.", "m2", gt=0, le=5000)
    store_kind: Series[StoreKind] = column("Kind of shop.", "kind")
    settlement_kind: Series[SettlementKind] = column("Kind of settlement around the shop.", "kind")
    origin: Series[Origin] = column("Where the row comes from.", "origin")
