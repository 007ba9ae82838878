"""Contribution of an average order, item by item, and what would mend it."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Economics(Table):
    """Contribution of an average order, item by item, and what would mend it."""

    item: Series[str] = column("Line of the account.", "register key or item", key=True)
    value: Series[np.float64] = column("Its value.", "see unit")
    unit: Series[str] = column("Unit of the value.", "unit")
