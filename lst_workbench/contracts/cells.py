"""Populated H3 cells of resolution 8: where shoppers live."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import Origin, SettlementKind
from lst_workbench.contracts.table import Table, column


class Cells(Table):
    """Populated H3 cells of resolution 8: where shoppers live."""

    h3_8: Series[np.int64] = column("H3 cell, resolution 8.", "id", key=True, gt=0)
    place_id: Series[np.int32] = column("Place the cell belongs to.", "id")
    prefecture_code: Series[np.int32] = column("Prefecture (NBS code).", "id")
    province_code: Series[np.int32] = column("Province (NBS code).", "id")
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees", ge=-90, le=90)
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees", ge=-180, le=180)
    people: Series[np.float32] = column("People who live in the cell.", "people", ge=0)
    income_index: Series[np.float32] = column("Consumption a head against the nation's mean.", "ratio", gt=0)
    settlement_kind: Series[SettlementKind] = column("Kind of settlement.", "kind")
    origin: Series[Origin] = column("Whether people here were counted, modelled or drawn.", "origin")
