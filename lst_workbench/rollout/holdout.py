"""Places held out by lot, so that what the rollout brings can be measured and not only claimed."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lst_workbench.contracts import Holdouts, InputError
from lst_workbench.contracts.kinds import HOLDOUT_ARMS


def hold_out(
    places: pd.DataFrame,
    share: float,
    *,
    strata: Sequence[str] = ("settlement_kind",),
    size: str = "stores",
    stagger_months: int = 0,
    seed: int = 7,
) -> pd.DataFrame:
    """Draw places that are left alone, or start later, among places alike.

    Places of a stratum are ordered by size and cut into blocks of about 1 / share; in each block the lot falls on one
    (a randomised block design). So held-out and worked places differ by chance only, and a difference of their later
    growth is the effect. Staggered, the lot gives every place of a block a start month instead, from 1 to
    `stagger_months`: each is its own control before it starts, and by the end all are worked.

    Parameters
    ----------
    places : DataFrame
        place_id, `size` and the columns of `strata`.
    share : float
        Share of places held out, above 0 and up to a half; without effect when staggered.
    strata : sequence of str
        Columns whose values are not mixed.
    size : str
        Column by which places alike are told.
    stagger_months : int
        Months over which starts are spread; 0 holds places out for good.
    seed : int
        Of the lot.

    Returns
    -------
    DataFrame
        Contract `Holdouts`.

    Raises
    ------
    InputError
        A column is missing, or the share is out of range.

    Examples
    --------
    >>> places = pd.DataFrame({"place_id": range(10), "stores": range(10), "settlement_kind": "village"})
    >>> int((hold_out(places, 0.2)["arm"] == "held_out").sum())
    2
    """
    faults = [f"column {name} is missing; add it" for name in ("place_id", size, *strata) if name not in places]
    if not stagger_months and not 0 < share <= 0.5:
        faults.append(f"share must be above 0 and at most 0.5, not {share}")
    if stagger_months < 0:
        faults.append(f"stagger_months must be 0 or more, not {stagger_months}")
    if faults:
        raise InputError("the lot of places", faults)
    rng = np.random.default_rng(seed)
    table = places.sort_values([*strata, size, "place_id"], ignore_index=True)
    of_block = stagger_months or round(1 / share)
    place_in = table.groupby(list(strata), observed=True).cumcount().to_numpy()
    stratum = table.groupby(list(strata), observed=True).ngroup().to_numpy()
    _, block = np.unique(np.column_stack((stratum, place_in // of_block)), axis=0, return_inverse=True)
    # One draw a place; its rank in the block is the lot. Of a block cut short the lot may fall on nobody.
    lot = pd.Series(rng.random(len(table))).groupby(block).rank(method="first").to_numpy().astype(int)
    whole = np.bincount(block)[block]
    if stagger_months:
        start = pd.Series(1 + (lot - 1) * stagger_months // whole, dtype="Int64")
        arm = np.where(start == 1, "treated", "later")
    else:
        taken = (lot == 1) & ((whole == of_block) | (rng.random(block.max() + 1)[block] < whole / of_block))
        arm = np.where(taken, "held_out", "treated")
        start = pd.Series(np.ones(len(table)), dtype="Int64").mask(taken)
    made = pd.DataFrame({"place_id": table["place_id"], "block": block, "arm": pd.Categorical(arm, HOLDOUT_ARMS)})
    return Holdouts.check(made.assign(start_month=start).sort_values("place_id", ignore_index=True))
