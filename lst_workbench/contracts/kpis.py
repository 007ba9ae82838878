"""The plan's headline figures."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Kpis(Table):
    """The plan's headline figures."""

    name: Series[str] = column("Name of the figure, with its unit as suffix.", "name", key=True)
    value: Series[np.float64] = column("The figure; empty when there is no such number.", "see unit", nullable=True)
    unit: Series[str] = column("Unit of the figure.", "unit")
    goal: Series[np.float64] = column("What was aimed at; empty when nothing was.", "see unit", nullable=True)
    register_key: Series[str] = column("Assumption the figure depends on most.", "register key")
