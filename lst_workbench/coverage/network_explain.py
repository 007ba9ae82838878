"""What a network is, why each of its sites is open, and what its loss would do."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage._network_kernels import NONE
from lst_workbench.coverage.network_marginal import marginal_sites, without_lane
from lst_workbench.coverage.network_search import Opened, evaluate
from lst_workbench.coverage.network_tables import cost_without
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.optim import Certificate


@dataclass(frozen=True)
class NetworkResult:
    """A designed network.

    Attributes
    ----------
    tables : dict
        ``network_sites``, ``network_lanes`` and ``network_stores`` (contracts of these names).
    certificate : Certificate
        Value, bound, gap, status. The value is that of every store on its real position.
    figures : dict
        Cost in RMB a month and an order, shares of stores by service, what the solver itself summed up.
    """

    tables: dict[str, pd.DataFrame]
    certificate: Certificate
    figures: dict[str, float]
    task: TierTask
    opened: Opened

    def kpis(self) -> dict[str, float]:
        """Headline figures by name; the unit is the name's suffix."""
        return {**self.figures, "gap_share": self.certificate.gap if self.figures else float("inf")}

    def explain(self, site_id: int) -> "SiteExplanation":
        """Say why a site is open or not, whom it serves, and what happens without or with it."""
        return explain_site(self, site_id)

    def marginal_sites(self) -> pd.DataFrame:
        """Value the best single opening and closing of each tier."""
        return marginal_sites(self)

    def without_lane(self, site_id: int) -> dict[str, float]:
        """Say what the loss of the lane that feeds a site does to cost and promise."""
        return without_lane(self, site_id)


@dataclass(frozen=True)
class SiteExplanation:
    """Why a site is open or not: figures and a sentence or two."""

    table: pd.DataFrame
    text: str


def without_site(result: NetworkResult, site_id: int) -> dict[str, float]:
    """Say what happens when an open site closes, all others as they are: the network's resilience.

    Returns
    -------
    dict
        ``cost_change_rmb_month``, ``next_day_change_share``, ``stores_lost`` (served next day now, and not without it).
    """
    tier, row = _place(result, site_id)
    now, left = evaluate(result.task, result.opened), [sites.copy() for sites in result.opened]
    left[tier][row] = False
    change = cost_without(result.task, result.opened, tier, row) - now.value
    before = now.design.front_of != NONE
    after = np.zeros(result.task.stores, bool)
    if left[1].any() and left[2].any():
        after = evaluate(result.task, (left[0], left[1], left[2])).design.front_of != NONE
    lost = float((result.task.promised * (before & ~after)).sum())
    return {
        "cost_change_rmb_month": change,
        "next_day_change_share": float(
            (result.task.promised * (after * 1.0 - before)).sum() / result.task.promised.sum()
        ),
        "stores_lost": lost,
    }


def explain_site(result: NetworkResult, site_id: int) -> SiteExplanation:
    """Say why a site is open or not: fixed cost against saving, whom it serves, what its absence would do.

    Raises
    ------
    InputError
        There is no such site among the usable ones.
    """
    tier, row = _place(result, site_id)
    sites = result.tables["network_sites"].set_index("site_id")
    site = sites.loc[site_id]
    if site["opened"]:
        effect = without_site(result, site_id)
        text = (
            f"Site {site_id} ({site['tier']}) is open: without it the network would cost "
            f"{effect['cost_change_rmb_month']:,.0f} RMB a month more, its own {site['fixed_cost_rmb_month']:,.0f} RMB "
            f"taken off, and {effect['stores_lost']:,.0f} stores would lose next-day delivery. It delivers to "
            f"{site['stores']:,} stores."
        )
    else:
        opened = [tier_sites.copy() for tier_sites in result.opened]
        now = evaluate(result.task, result.opened).value
        opened[tier][row] = True
        more = evaluate(result.task, (opened[0], opened[1], opened[2])).value - now
        effect = {"cost_change_rmb_month": more}
        text = (
            f"Site {site_id} ({site['tier']}) is shut: opened beside the others it would change the cost by "
            f"{more:+,.0f} RMB a month, its fixed cost of {site['fixed_cost_rmb_month']:,.0f} RMB counted."
        )
    figures = {"fixed_cost_rmb_month": float(site["fixed_cost_rmb_month"]), "stores": float(site["stores"]), **effect}
    return SiteExplanation(pd.DataFrame({"figure": list(figures), "value": list(figures.values())}), text)


def _place(result: NetworkResult, site_id: int) -> tuple[int, int]:
    for tier, sites in enumerate(result.task.sites):
        found = np.flatnonzero(sites["site_id"].to_numpy() == site_id)
        if len(found):
            return tier, int(found[0])
    raise InputError("the network", [f"it has no site {site_id}; choose one of its table network_sites"])
