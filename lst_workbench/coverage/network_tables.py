"""A design as tables: every store on its real position, every site, every lane."""

import numpy as np
import pandas as pd

from lst_workbench.contracts import NetworkLanes, NetworkSites, NetworkStores
from lst_workbench.coverage._network_kernels import NONE, open_in_lists
from lst_workbench.coverage.network_capacity import volumes
from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_params import TIERS, NetworkParams
from lst_workbench.coverage.network_search import Network, evaluate
from lst_workbench.coverage.network_task import TierTask, road_km
from lst_workbench.geo import haversine_km

SAMPLED_FOR_SAVINGS = 40_000


def store_by_store(task: TierTask, design: Design) -> np.ndarray:
    """Measure each store's way on its real position, whatever a solver summed up: the cost of each, RMB a month."""
    through = np.where(design.cities, task.to_regional[np.arange(task.sizes[1]), design.regional_of], np.inf)
    rate = task.uncovered.copy()
    served = np.flatnonzero(design.front_of != NONE)
    front = design.front_of[served]
    city = design.city_of[front]
    rate[served] = task.last[chosen_pairs(task, design)[0][served]] + task.to_city[front, city] + through[city]
    slowly = np.flatnonzero(design.slow_city_of != NONE)
    city = design.slow_city_of[slowly]
    rate[slowly] = task.slow[slowly] + task.delivery.haul(city, task.lat[slowly], task.lon[slowly]) + through[city]
    return task.quantity * rate


def chosen_pairs(task: TierTask, design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Pair by which each store is served, -1 for stores without a front, and how many open fronts reach it."""
    pair, reached = np.empty(task.stores, np.int64), np.empty(task.stores, np.int64)
    open_in_lists(task.starts, task.entry, task.front, design.fronts, design.front_of, pair, reached)
    return pair, reached


def network_tables(
    task: TierTask,
    network: Network,
    design: Design,
    cost: np.ndarray,
    params: NetworkParams,
    ids: np.ndarray,
    openings: int,
    savings: bool = True,
) -> dict[str, pd.DataFrame]:
    """Tables of a design: ``network_sites``, ``network_lanes``, ``network_stores``.

    Parameters
    ----------
    ids : ndarray
        Store ids in the order of the caller's table.
    openings : int
        New fronts that can open in a month; those that save most come first. The tiers above open with their first.
    savings : bool
        Whether to say what each site saves, which takes longer than all the rest; empty without.
    """
    by_tier = volumes(task, design)
    nothing = (np.zeros(task.sizes[0]), np.zeros(task.sizes[1]), np.zeros(task.sizes[2]))
    saving = site_savings(task, network) if savings else nothing
    months = phase_in(task, design, saving, openings)
    drops = (design.front_of, design.slow_city_of, np.full(task.stores, NONE))
    parents = (design.city_of, design.regional_of, np.full(task.sizes[2], NONE))
    frames = []
    for tier, name in enumerate(TIERS):
        sites, opened = task.sites[tier], design.opened[tier]
        above = task.sites[min(tier + 1, 2)]["site_id"].to_numpy()
        frames.append(
            pd.DataFrame(
                {
                    "site_id": sites["site_id"],
                    "tier": name,
                    "status": sites.get("status", "candidate"),
                    "lat": sites["lat"],
                    "lon": sites["lon"],
                    "opened": opened,
                    "opens_in_month": pd.array(np.where(opened, months[tier], 0), dtype="Int32"),
                    "feeds_from": _named(above, np.where(opened, parents[tier], NONE)),
                    "stores": np.bincount(drops[tier][drops[tier] != NONE], minlength=len(sites)),
                    "volume_m3_month": by_tier[tier],
                    "capacity_m3_month": task.capacity[tier],
                    "fixed_cost_rmb_month": sites["fixed_cost_rmb_month"],
                    "saving_rmb_month": np.where(opened & savings, saving[tier], np.nan),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    table.loc[~table["opened"], "opens_in_month"] = pd.NA
    return {
        "network_sites": NetworkSites.check(table),
        "network_lanes": NetworkLanes.check(_lanes(task, design, by_tier, params)),
        "network_stores": NetworkStores.check(_stores(task, design, cost, params, ids)),
    }


def _stores(task: TierTask, design: Design, cost: np.ndarray, params: NetworkParams, ids: np.ndarray) -> pd.DataFrame:
    fast, slowly = design.front_of != NONE, design.slow_city_of != NONE
    pair, reached = chosen_pairs(task, design)
    km = np.full(task.stores, np.nan)
    km[fast] = task.km[pair[fast]]
    cities = task.sites[1].iloc[design.slow_city_of[slowly]]
    km[slowly] = params.circuity * haversine_km(task.lat[slowly], task.lon[slowly], cities["lat"], cities["lon"])
    site = np.full(task.stores, NONE, np.int64)
    site[fast] = task.sites[0]["site_id"].to_numpy()[design.front_of[fast]]
    site[slowly] = cities["site_id"].to_numpy()
    table = pd.DataFrame(
        {
            "store_id": ids[task.order],
            "service": np.where(fast, "next_day", np.where(slowly, "slow", "uncovered")),
            "site_id": pd.array(np.where(site == NONE, 0, site), dtype="Int32"),
            "distance_km": km,
            "backup": reached >= 2,
            "cost_rmb_month": cost,
        }
    )
    table.loc[~(fast | slowly), "site_id"] = pd.NA
    return table.iloc[np.argsort(task.order, kind="stable")].reset_index(drop=True)


def _lanes(
    task: TierTask, design: Design, by_tier: tuple[np.ndarray, np.ndarray, np.ndarray], params: NetworkParams
) -> pd.DataFrame:
    frames = []
    for tier, parent, rate in ((0, design.city_of, task.to_city), (1, design.regional_of, task.to_regional)):
        site = np.flatnonzero(design.opened[tier] & (parent != NONE))
        lower, upper = task.sites[tier], task.sites[tier + 1]
        km = road_km(lower, upper, params)[site, parent[site]]
        volume = by_tier[tier][site]
        frames.append(
            pd.DataFrame(
                {
                    "from_site_id": upper["site_id"].to_numpy()[parent[site]],
                    "to_site_id": lower["site_id"].to_numpy()[site],
                    "tier": TIERS[tier],
                    "km": km,
                    "volume_m3_month": volume,
                    "cost_rmb_month": volume * rate[site, parent[site]],
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def site_savings(task: TierTask, network: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Say what the network would cost more without each open site, RMB a month; many stores are sampled.

    Capacities aside: it is the price of distance, not of room.
    """
    few = task.sampled(SAMPLED_FOR_SAVINGS)
    opened = network.design.opened
    now = evaluate(few, opened).value
    found = []
    for tier in range(3):
        saving = np.zeros(task.sizes[tier])
        for site in np.flatnonzero(opened[tier]):
            saving[site] = cost_without(few, opened, tier, int(site)) - now
        found.append(saving)
    return found[0], found[1], found[2]


def cost_without(task: TierTask, opened: tuple[np.ndarray, ...], tier: int, site: int) -> float:
    """Cost of a network with one site shut, everything else as it is; without any upper site all is uncovered."""
    left = [sites.copy() for sites in opened]
    left[tier][site] = False
    if left[1].any() and left[2].any():
        return evaluate(task, (left[0], left[1], left[2])).value
    return task.constant_rmb + float(task.quantity @ task.uncovered)


def phase_in(
    task: TierTask, design: Design, saving: tuple[np.ndarray, np.ndarray, np.ndarray], openings: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Month in which each open site opens: standing ones in 1, new fronts by saving, upper tiers with their first."""
    months = tuple(np.zeros(size, np.int64) for size in task.sizes)
    stands = [
        sites["status"].isin(["keep", "may_close"]).to_numpy() if "status" in sites else np.zeros(len(sites), bool)
        for sites in task.sites
    ]
    new = np.flatnonzero(design.fronts & ~stands[0])
    months[0][design.fronts] = 1
    months[0][new[np.argsort(-saving[0][new], kind="stable")]] = 1 + np.arange(len(new)) // max(openings, 1)
    for tier, parent in ((0, design.city_of), (1, design.regional_of)):
        upper, lower = design.opened[tier + 1], design.opened[tier] & (parent != NONE)
        earliest = np.full(task.sizes[tier + 1], np.iinfo(np.int64).max)
        np.minimum.at(earliest, parent[lower], months[tier][lower])
        months[tier + 1][upper] = np.where(earliest[upper] == np.iinfo(np.int64).max, 1, earliest[upper])
        months[tier + 1][upper & stands[tier + 1]] = 1
    return months[0], months[1], months[2]


def _named(ids: np.ndarray, at: np.ndarray) -> pd.api.extensions.ExtensionArray:
    return pd.array([int(ids[i]) if i != NONE else pd.NA for i in at], dtype="Int32")
