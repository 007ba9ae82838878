"""Rows of a table that are most like some given ones, with reasons."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Similar(Table):
    """Stores, places or counties most like some given ones, nearest first, with reasons."""

    key: Series[str] = column("Id of the row, as text.", "id", key=True)
    rank: Series[np.int32] = column("1 is the most alike.", "rank", ge=1)
    likeness: Series[np.float64] = column("1 for a twin, falling to 0 with the distance.", "share 0-1", ge=0, le=1)
    nearest_key: Series[str] = column("Which of the given rows it is most like.", "id")
    alike_in: Series[str] = column("Features in which it is as unusual as the given rows.", "text")
    differs_in: Series[str] = column("The feature in which it differs most.", "text")
