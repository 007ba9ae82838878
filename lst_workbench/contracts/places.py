"""Cities, towns and townships: the seats around which people and stores are placed."""

import numpy as np
import pandas as pd
from pandera.typing import Series

from lst_workbench.contracts.kinds import Origin, SettlementKind
from lst_workbench.contracts.table import Table, column


class Places(Table):
    """Cities, towns and townships: the seats around which people and stores are placed."""

    place_id: Series[np.int32] = column("Place; GeoNames id where real.", "id", key=True)
    name_en: Series[str] = column("Name in Latin letters.", "name")
    name_zh: Series[str] = column("Name in Chinese.", "name", nullable=True)
    settlement_kind: Series[SettlementKind] = column("Kind of settlement at the seat.", "kind")
    lat: Series[np.float64] = column("Latitude, WGS-84.", "degrees", ge=-90, le=90)
    lon: Series[np.float64] = column("Longitude, WGS-84.", "degrees", ge=-180, le=180)
    county_code: Series[pd.Int32Dtype] = column("County (NBS code) where known.", "id", nullable=True)
    prefecture_code: Series[np.int32] = column("Prefecture (NBS code).", "id")
    province_code: Series[np.int32] = column("Province (NBS code).", "id")
    people: Series[np.float64] = column("People who live in the place and the country around it.", "people", ge=0)
    people_origin: Series[Origin] = column("Whether `people` was counted, modelled or drawn.", "origin")
    origin: Series[Origin] = column("Whether the place itself is real or synthetic.", "origin")
