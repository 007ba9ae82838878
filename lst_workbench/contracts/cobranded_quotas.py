"""Co-branded stores of a group against its quota."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table
from lst_workbench.contracts.table import column as described


class CobrandedQuotas(Table):
    """At least or at most so many co-branded stores of a group; answers also say how many there are."""

    column: Series[str] = described("Column of the stores that names the group.", "name", key=True)
    value: Series[object] = described("Value of that column in the group.", "value", key=True)
    min_stores: Series[np.float64] = described("At least so many; empty when no floor.", "stores", nullable=True)
    max_stores: Series[np.float64] = described("At most so many; empty when no cap.", "stores", nullable=True)
