"""Items that shops carry."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.table import Table, column


class Items(Table):
    """Items that shops carry: what each costs, how wide it stands, how it is packed."""

    sku: Series[str] = column("Item.", "id", key=True)
    category: Series[str] = column("Category; buyers switch inside it.", "id")
    brand: Series[str] = column("Brand.", "text")
    pack: Series[str] = column("Size of the pack.", "text")
    price_rmb: Series[np.float64] = column("Price at the counter.", "RMB/unit", gt=0)
    cost_rmb: Series[np.float64] = column("What the store pays.", "RMB/unit", gt=0)
    width_cm: Series[np.float64] = column("Width of one facing.", "cm", gt=0)
    facing_units: Series[np.int64] = column("Units that one facing holds.", "units", ge=1)
    case_pack: Series[np.int64] = column("Units in a case.", "units", ge=1)
    shelf_life_days: Series[np.float64] = column("Days from delivery until it spoils.", "days", gt=0)
