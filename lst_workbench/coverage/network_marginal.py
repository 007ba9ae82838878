"""What one site more or fewer, or one lost lane, would change in a designed network: values of a single step."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage._network_kernels import NONE
from lst_workbench.coverage.network_capacity import filled
from lst_workbench.coverage.network_params import TIERS
from lst_workbench.coverage.network_search import Network, Opened, evaluate
from lst_workbench.coverage.network_task import TierTask

if TYPE_CHECKING:
    from lst_workbench.coverage.network_explain import NetworkResult

LOST_RMB_M3 = 1e9  # of a lane that is gone: dearer than not to deliver


def marginal_sites(result: "NetworkResult") -> pd.DataFrame:
    """Value the best single opening and closing of each tier: all other sites stay, every store is served anew.

    It is the value of one step, not of a network designed anew with one site more. Capacities hold, minimum volumes
    do not. Sites that must stay are not closed.

    Returns
    -------
    DataFrame
        ``tier``, ``step`` (open, close), ``site_id``, ``cost_change_rmb_month`` (below 0: the step saves); a tier
        without such a site has no row.
    """
    task, rows = result.task, []
    now = _served(task, result.opened).value
    for tier, name in enumerate(TIERS):
        opened = result.opened[tier]
        for step, able in (("open", ~opened), ("close", opened & ~task.must[tier])):
            changes = {int(row): _toggled(task, result.opened, tier, int(row)) - now for row in np.flatnonzero(able)}
            if changes:
                best = min(changes, key=lambda row: changes[row])
                rows.append((name, step, int(task.sites[tier]["site_id"].iloc[best]), changes[best]))
    return pd.DataFrame(rows, columns=["tier", "step", "site_id", "cost_change_rmb_month"])


def without_lane(result: "NetworkResult", site_id: int) -> dict[str, float]:
    """Say what happens when the lane that feeds a front or city warehouse is lost: the next best one feeds it.

    Returns
    -------
    dict
        ``cost_change_rmb_month``, ``next_day_change_share``, ``stores_lost`` (served next day now, and not without
        the lane) and ``feeds_from``: the site that feeds it then, not a number when none does.

    Raises
    ------
    InputError
        No lane feeds this site.
    """
    task, now = result.task, _served(result.task, result.opened)
    for tier, parents in enumerate((now.design.city_of, now.design.regional_of)):
        rows = np.flatnonzero((task.sites[tier]["site_id"] == site_id).to_numpy() & (parents != NONE))
        if len(rows):
            return _lane_effect(task, now, tier, int(rows[0]), int(parents[rows[0]]))
    raise InputError("the network", [f"no lane feeds site {site_id}; choose an open front or city warehouse"])


def _lane_effect(task: TierTask, now: Network, tier: int, row: int, parent: int) -> dict[str, float]:
    name = ("to_city", "to_regional")[tier]
    costs = getattr(task, name).copy()
    costs[row, parent] = LOST_RMB_M3
    then = _served(replace(task, **{name: costs}), now.design.opened)
    next_parent = int((then.design.city_of, then.design.regional_of)[tier][row])
    before, after = now.design.front_of != NONE, then.design.front_of != NONE
    fed = next_parent not in (NONE, parent)
    return {
        "cost_change_rmb_month": then.value - now.value,
        "next_day_change_share": float((task.promised * (after * 1.0 - before)).sum() / task.promised.sum()),
        "stores_lost": float((task.promised * (before & ~after)).sum()),
        "feeds_from": float(task.sites[tier + 1]["site_id"].iloc[next_parent]) if fed else float("nan"),
    }


def _toggled(task: TierTask, opened: Opened, tier: int, row: int) -> float:
    masks = [mask.copy() for mask in opened]
    masks[tier][row] ^= True
    return _served(task, (masks[0], masks[1], masks[2])).value


def _served(task: TierTask, opened: Opened) -> Network:
    """Serve every store from the open sites, within their capacities; without an upper tier nobody is."""
    if not (opened[1].any() and opened[2].any()):
        task = replace(task, to_city=np.full_like(task.to_city, LOST_RMB_M3), slow=np.full_like(task.slow, LOST_RMB_M3))
        return evaluate(task, opened)
    network = evaluate(task, opened)
    return filled(task, network) if task.limited else network
