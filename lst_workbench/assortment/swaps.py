"""From today's range towards the best one, a few swaps a week, the most valuable first."""

import numpy as np
import pandas as pd

from lst_workbench.assortment.range_tables import RangeProblem, read_range_tables
from lst_workbench.contracts import InputError

LEAST_GAIN = 1e-9


def plan_swaps(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    utilities: pd.DataFrame,
    current: pd.DataFrame,
    must_carry: pd.DataFrame | None = None,
    *,
    exclusive: pd.DataFrame | None = None,
    minimums: pd.DataFrame | None = None,
    swaps_a_week: int = 1,
    weeks: int = 4,
) -> pd.DataFrame:
    """Plan which item leaves and which comes, each week, so that a shop changes little at a time and always gains.

    Each step takes the swap (or the addition, where there is room) that raises the margin a visit most within the
    limits of the shop, given the swaps before it; what must be carried never leaves. A path of single swaps may end
    below the best range of `optimise_assortment`, which the last column tells.

    Parameters
    ----------
    stores, items, utilities, must_carry, exclusive, minimums
        As in `optimise_assortment`.
    current : DataFrame
        store_id, sku: today's range.
    swaps_a_week : int
        Swaps of a shop in a week, at most.
    weeks : int
        Weeks to plan.

    Returns
    -------
    DataFrame
        store_id, week (1 is the first), sku (leaves; empty for an addition), add_sku, gain_rmb_visit, stays_share (of
        its buyers: who take another), moves_to (where most of them go), value_rmb_visit (after).

    Raises
    ------
    InputError
        When columns are missing or a count is below 1.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1], "shelf_cm": [20.0]})
    >>> items = pd.DataFrame({"sku": ["a", "b", "c"], "width_cm": 10.0, "margin_rmb": [3.0, 2.0, 1.0]})
    >>> utilities = pd.DataFrame({"store_id": 1, "sku": list("abc"), "utility": [0.0, 1, 3]})
    >>> today = pd.DataFrame({"store_id": [1, 1], "sku": ["a", "c"]})
    >>> plan_swaps(stores, items, utilities, today)[["week", "sku", "add_sku", "gain_rmb_visit"]].round(2)
       week sku add_sku  gain_rmb_visit
    0     1   c       b            0.74
    """
    if swaps_a_week < 1 or weeks < 1:
        raise InputError("swaps", [f"swaps_a_week is {swaps_a_week}, weeks is {weeks}; give 1 or more"])
    problem = read_range_tables(stores, items, utilities, must_carry, None, exclusive, minimums)
    known = current[current["store_id"].isin(problem.stores["store_id"]) & current["sku"].isin(problem.items["sku"])]
    row = pd.Index(problem.stores["store_id"]).get_indexer(pd.Index(known["store_id"]))
    column = pd.Index(problem.items["sku"]).get_indexer(pd.Index(known["sku"]))
    carried = pd.Series(column).groupby(row).apply(list)
    rows = []
    for s in range(len(problem.stores)):
        there = np.zeros(len(problem.items), bool)
        there[carried.get(s, [])] = True
        rows += _path(problem, s, there, swaps_a_week * weeks, swaps_a_week)
    names = ["store_id", "week", "sku", "add_sku", "gain_rmb_visit", "stays_share", "moves_to", "value_rmb_visit"]
    return pd.DataFrame(rows, columns=names)


def _path(problem: RangeProblem, s: int, there: np.ndarray, steps: int, a_week: int) -> list[tuple[object, ...]]:
    """Find the swaps of one shop, one after the other."""
    mine = problem.utilities[[problem.group[s]]]
    v = np.zeros(len(there))
    v[mine.indices] = np.exp(mine.data - problem.outside[s])
    margin, sku = problem.items["margin_rmb"].to_numpy(float), problem.items["sku"].to_numpy()
    fixed = np.zeros(len(there), bool)
    fixed[problem.must[[s]].indices] = True
    barred = np.zeros(len(there), bool)
    barred[problem.barred[[s]].indices] = True
    rows: list[tuple[object, ...]] = []
    for step in range(steps):
        earned, total = float((v * margin)[there].sum()), 1.0 + float(v[there].sum())
        out = np.append(-1, np.flatnonzero(there & ~fixed))
        come = np.flatnonzero(~there & ~barred & (v > 0))
        left = problem.limit[s] - problem.load[:, there].sum(axis=1)
        freed = np.where(out >= 0, problem.load[:, out], 0.0)
        fits = (problem.load[:, None, come] <= (left[:, None] + freed)[:, :, None] + 1e-9).all(axis=0)
        lost_v, lost = np.where(out >= 0, v[out], 0.0), np.where(out >= 0, (v * margin)[out], 0.0)
        value = (earned - lost[:, None] + (v * margin)[come]) / (total - lost_v[:, None] + v[come])
        gain = np.where(fits, value - earned / total, -np.inf)
        if not gain.size or gain.max() <= LEAST_GAIN:
            break
        o, c = np.unravel_index(int(gain.argmax()), gain.shape)
        gone, added = int(out[o]), int(come[c])
        there[added] = True
        if gone >= 0:
            there[gone] = False
        rest = np.where(there, v, 0.0)
        stays = float(rest.sum() / (1.0 + rest.sum()))
        rows.append((
            problem.stores["store_id"].iat[s], step // a_week + 1, sku[gone] if gone >= 0 else None, sku[added],
            float(gain[o, c]), stays, sku[int(rest.argmax())], float(value[o, c]),
        ))  # fmt: skip
    return rows
