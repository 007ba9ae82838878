"""What makes stores default together, and how much of a store's fate it explains."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class LossFactors(Table):
    """What makes stores default together, and how much of a store's fate it explains."""

    factor: Series[str] = column("nation, or a column of exposures whose values share a fate.", "name", key=True)
    variance_share: Series[np.float64] = column("Part of a store's variance it explains.", "share 0-1", ge=0, lt=1)
