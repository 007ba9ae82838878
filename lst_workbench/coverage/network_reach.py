"""Why no network keeps a promise, and the smallest change that helps."""

import numpy as np

from lst_workbench.coverage.network_params import NetworkParams
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.geo import nearest

MEETS = 1e-9


def out_of_reach(task: TierTask, promised: float, params: NetworkParams) -> str:
    """Say which radius a promise needs when too few stores have a front within theirs; empty when enough have."""
    reached = np.diff(task.starts) > 0
    short = promised - float(task.promised[reached].sum())
    if short <= MEETS * max(promised, 1.0):
        return ""
    left, fronts = np.flatnonzero(~reached), task.sites[0]
    km = nearest(task.lat[left], task.lon[left], fronts["lat"], fronts["lon"])[1] * params.circuity
    order = np.argsort(km, kind="stable")
    enough = int(np.searchsorted(np.cumsum(task.promised[left][order]), short * (1.0 - MEETS)))
    reachable = float(task.promised[reached].sum()) / float(task.promised.sum())
    needed = float(km[order][min(enough, len(order) - 1)])
    return (
        f"the promise needs a radius of at least {np.ceil(needed):,.0f} km for {enough + 1:,} stores that no candidate "
        f"front reaches within {params.radius_km:g} km; raise the radius, add fronts near them, or promise "
        f"{reachable:.1%}"
    )


def limits_reason(task: TierTask, budget: float) -> str:
    """Say what is too tight when HiGHS finds no network: the budget, or a tier's capacity."""
    if np.isfinite(budget):
        return f"no network costs at most {budget:,.0f} RMB a month; raise the budget"
    tiers = ("front", "city", "regional")
    room = [float(limit.sum()) for limit in task.capacity]
    tight = int(np.argmin(room))
    return (
        f"no network keeps the promise within capacities: the {tiers[tight]} warehouses have room for "
        f"{room[tight]:,.0f} of {float(task.quantity.sum()):,.0f} m3 a month; raise their capacity or promise less"
    )
