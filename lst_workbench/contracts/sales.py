"""What shops with a till sold over the counter, week by week."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import ItemLevel, Week
from lst_workbench.contracts.table import Table, column


class Sales(Table):
    """What shops with a till sold over the counter, week by week (sell-out; tobacco excluded)."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    item_id: Series[str] = column("Category or SKU sold.", "id", key=True)
    week: Series[Week] = column("Monday of the week.", "date", key=True)
    item_level: Series[ItemLevel] = column("Whether `item_id` is a SKU or a category; never mixed.", "kind")
    quantity: Series[np.float32] = column("Units sold.", "units", ge=0)
    sales_rmb: Series[np.float32] = column("Their price at the counter.", "RMB/week", ge=0)
    in_stock: Series[bool] = column("Whether the item was on the shelf all week.", "yes/no")
