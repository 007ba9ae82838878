"""Every store as a point of a web map, with what the plan does with it."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Dots(Table):
    """Every store as a point of a web map, with what the plan does with it; near ones in near rows."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    x: Series[np.uint32] = column("Way east on the square of the Mercator projection.", "2^-32 of its side")
    y: Series[np.uint32] = column("Way south on it.", "2^-32 of its side")
    step: Series[np.uint8] = column(
        "Number of the month of signing from 1; 0 not chosen, 254 in the system already, 255 out of reach.", "kind"
    )
