"""How shoppers move between stores when some of them open, close or are renovated."""

import numpy as np
from pandera.typing import Series

from lst_workbench.contracts.kinds import StoreChange
from lst_workbench.contracts.table import Table, column


class Transfers(Table):
    """How shoppers move between stores when some of them open, close or are renovated."""

    store_id: Series[np.int64] = column("Store.", "id", key=True)
    what: Series[StoreChange] = column("What happens to the store itself.", "kind")
    people_before: Series[np.float64] = column("People who shop here before.", "people", ge=0)
    people_after: Series[np.float64] = column("People who shop here after.", "people", ge=0)
    change_people: Series[np.float64] = column("After less before.", "people")
    buying_power_before: Series[np.float64] = column("People before, times their consumption index.", "people", ge=0)
    buying_power_after: Series[np.float64] = column("People after, times their consumption index.", "people", ge=0)
