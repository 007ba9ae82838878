"""Which places make up each sales territory."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Territories(Table):
    """Which places make up each sales territory."""

    place_id: Series[np.int32] = column("Place.", "id", key=True)
    territory_id: Series[np.int32] = column("Territory that holds the place.", "id")
    name_en: Series[str] = column("Name of the territory in Latin letters.", "name")
    name_zh: Series[str] = column("Name of the territory in Chinese.", "name", nullable=True)
