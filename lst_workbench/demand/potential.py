"""Potential of a store from the people it draws: a first, uncalibrated version."""

import math

import numpy as np
import pandas as pd

from lst_workbench.contracts import Catchments, InputError, Potentials


def spend_per_head(
    purchases_rmb_month: float, people_per_store: float, tobacco_share: float = 0.0, served_share: float = 1.0
) -> float:
    """Addressable purchases of small stores for each person who shops at them, in RMB a month.

    A store of the register buys `purchases_rmb_month` for its `people_per_store`, of whom only `served_share` shop at
    small stores; so a market with the nation's people per store and income has the register's mean purchases.

    Parameters
    ----------
    purchases_rmb_month : float
        Purchases of an average store (``store.purchases_month``).
    people_per_store : float
        People for each store, whoever they shop with (``market.people_per_store``).
    tobacco_share : float
        Share of the purchases that is tobacco, which is not addressable.
    served_share : float
        Share of all people who shop at small stores: ``people_served / people`` of the catchments.

    Raises
    ------
    InputError
        Lists every figure out of range.

    Examples
    --------
    >>> round(spend_per_head(20_600, 232), 2)
    88.79
    >>> round(spend_per_head(20_600, 232, tobacco_share=0.25, served_share=0.8), 2)
    83.24
    """
    checks = {
        f"purchases_rmb_month must be at least 0, not {purchases_rmb_month}": 0 <= purchases_rmb_month < math.inf,
        f"people_per_store must be more than 0, not {people_per_store}": 0 < people_per_store < math.inf,
        f"tobacco_share must be from 0 to 1, not {tobacco_share}": 0 <= tobacco_share <= 1,
        f"served_share must be more than 0 and at most 1, not {served_share}": 0 < served_share <= 1,
    }
    if faults := [words for words, holds in checks.items() if not holds]:
        raise InputError("spend per head", faults)
    return purchases_rmb_month * (1 - tobacco_share) / (people_per_store * served_share)


def potential_of_stores(catchments: pd.DataFrame, spend_rmb_month: float, wallet_share: float) -> pd.DataFrame:
    """Estimate what each store could buy in a month, and what an active one would order on the platform.

    potential = spend a head × people drawn × their income index; GMV = wallet share × potential. The model is
    **uncalibrated**: it is anchored to the register's mean purchases by `spend_per_head`, and no sales of any store
    went into it, so that the order of stores is better founded than the potential of a single one. Spend grows in
    proportion to income, a simplification: basic goods grow more slowly.

    Parameters
    ----------
    catchments : DataFrame
        Contract `Catchments`.
    spend_rmb_month : float
        Addressable purchases for each person drawn, RMB a month (`spend_per_head`).
    wallet_share : float
        Platform orders as a share of all addressable purchases of an active store.

    Returns
    -------
    DataFrame
        Contract `Potentials`, in the order of `catchments`.

    Raises
    ------
    InputError
        Faults of the table, a negative spend, or a wallet share outside 0 to 1.

    Examples
    --------
    >>> drawn = {"store_id": [1], "people": [200.0], "income_index": [1.1], "people_nearby": [900.0], "rivals": [4]}
    >>> potential_of_stores(pd.DataFrame(drawn), spend_rmb_month=90, wallet_share=0.15).values.round(1).tolist()
    [[1.0, 19800.0, 2970.0]]
    """
    checks = {
        f"spend_rmb_month must be at least 0, not {spend_rmb_month}": 0 <= spend_rmb_month < math.inf,
        f"wallet_share must be from 0 to 1, not {wallet_share}": 0 <= wallet_share <= 1,
    }
    if faults := [words for words, holds in checks.items() if not holds]:
        raise InputError("the potential of stores", faults)
    catchments = Catchments.check(catchments)
    people, income = (catchments[name].to_numpy(dtype=np.float64) for name in ("people", "income_index"))
    potential = spend_rmb_month * people * income
    columns = {
        "store_id": catchments["store_id"].to_numpy(),
        "potential_rmb_month": potential,
        "gmv_rmb_month": wallet_share * potential,
    }
    return Potentials.check(pd.DataFrame(columns))
