"""Credit outstanding: what each store owes and how likely it is not to pay."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Exposures(Table):
    """Credit outstanding: what each store owes and how likely it is not to pay."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    pd: Series[np.float64] = column("Probability of default within a year.", "share 0-1", gt=0, lt=1)
    lgd: Series[np.float64] = column("Part of the exposure lost in a default.", "share 0-1", ge=0, le=1)
    ead_rmb: Series[np.float64] = column("Exposure at default.", "RMB", ge=0)
