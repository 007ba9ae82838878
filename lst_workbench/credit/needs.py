"""How much credit a store needs, and for how long: what finances its recommended order until that order is sold."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

WANTED = ("store_id", "order_rmb", "cycle_days")


def credit_needs(
    stores: pd.DataFrame,
    terms_days: Sequence[float] = (7, 14, 30),
    *,
    most_orders: float = 2.0,
    stale_days: float = 45.0,
) -> pd.DataFrame:
    r"""Term and need of every store from its recommended order and procurement cycle.

    The term is the shortest on offer in which the order is sold, the longest where none is long enough. Orders of
    `order_rmb` every `cycle_days` leave

    .. math:: need = order \cdot \min(\max(term / cycle,\ 1),\ most\_orders)

    unpaid at a time: purchases a month times the term in months, the rule of trade credit, with a cap on orders stacked
    upon one another. A recommendation that rests on demand older than `stale_days` finances nothing.

    Parameters
    ----------
    stores : DataFrame
        store_id, order_rmb (recommended order), cycle_days (days between orders) [, demand_age_days: days since the
        demand behind the order was last seen].
    terms_days : sequence of float
        Terms on offer.
    most_orders : float
        Most orders unpaid at a time.
    stale_days : float
        Age beyond which demand counts for nothing.

    Returns
    -------
    DataFrame
        store_id, term_days, need_rmb, why ("", "stale demand", "longest term is short").

    Raises
    ------
    InputError
        A column is missing, empty or out of range, or no term is on offer.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2, 3], "order_rmb": 3000.0, "cycle_days": [7, 10, 60]})
    >>> credit_needs(stores)[["term_days", "need_rmb"]].to_numpy().tolist()
    [[7.0, 3000.0], [14.0, 4200.0], [30.0, 3000.0]]
    """
    faults = [f"column {name} is missing; add it" for name in WANTED if name not in stores]
    terms = np.sort(np.asarray(terms_days, dtype=float))
    if not len(terms) or not (terms > 0).all():
        faults.append(f"terms_days are {list(terms_days)}; offer at least one, in days above 0")
    if not most_orders >= 1:
        faults.append(f"most_orders is {most_orders}; give at least 1, or no order is financed whole")
    if not faults:
        order, cycle = (pd.to_numeric(stores[name], errors="coerce").to_numpy(dtype=float) for name in WANTED[1:])
        if bad := int((~(order >= 0)).sum()):
            faults.append(f"column order_rmb is empty, no number or negative in {bad:,} rows; give 0 where none is due")
        if bad := int((~(cycle > 0)).sum()):
            faults.append(
                f"column cycle_days is empty, no number or not above 0 in {bad:,} rows; give days between orders"
            )
    if faults:
        raise InputError("stores", faults)
    term = terms[np.minimum(np.searchsorted(terms, cycle - 1e-9), len(terms) - 1)]
    age = stores["demand_age_days"].to_numpy(dtype=float) if "demand_age_days" in stores else np.zeros(len(order))
    stale = ~(age <= stale_days)
    need = order * np.clip(term / cycle, 1.0, most_orders)
    return pd.DataFrame(
        {
            "store_id": stores["store_id"].to_numpy(),
            "term_days": term,
            "need_rmb": np.where(stale, 0.0, need),
            "why": pd.Categorical(np.select([stale, cycle > terms[-1]], ["stale demand", "longest term is short"], "")),
        }
    )
