"""A market's stores and candidate sites, read once, that answer in a second: a curve, given sites, what-ifs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
import pandas as pd

from lst_workbench.coverage._network_kernels import NONE
from lst_workbench.coverage.network import network_figures
from lst_workbench.coverage.network_capacity import filled
from lst_workbench.coverage.network_explain import NetworkResult
from lst_workbench.coverage.network_layout import Design
from lst_workbench.coverage.network_params import NetworkParams
from lst_workbench.coverage.network_search import Network, Opened, evaluate, fixed_rmb
from lst_workbench.coverage.network_surcharge import lower_bound, settled
from lst_workbench.coverage.network_tables import network_tables, store_by_store
from lst_workbench.coverage.network_task import TierTask, tier_task
from lst_workbench.optim import Certificate, Status

BOUND_ITERATIONS = 60
CELLS_ALONE = 1_000
IN_REACH_RMB_STORE = 1e5  # more than any way costs: whoever is in reach is served next day


@dataclass(frozen=True)
class NetworkBoard:
    """Stores and candidate sites as `design_network` takes them, and what they cost together.

    Parameters
    ----------
    stores, sites : DataFrame
        As for `design_network`.
    params : NetworkParams
        Costs and tuning.
    openings_month : int
        New fronts that can open in a month.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "lat": [30.0, 30.1], "lon": [114.0, 114.1]})
    >>> stores = stores.assign(volume_m3_month=4.0, orders_month=30.0)
    >>> sites = pd.DataFrame({"site_id": [1, 2, 3], "tier": ["regional", "city", "front"]})
    >>> board = NetworkBoard(stores, sites.assign(lat=30.0, lon=114.0, fixed_cost_rmb_month=300.0), NetworkParams())
    >>> board.laid_out([1, 2, 3]).figures["next_day_share"], board.laid_out([1, 2]).figures["next_day_share"]
    (1.0, 0.0)
    """

    stores: pd.DataFrame
    sites: pd.DataFrame
    params: NetworkParams
    openings_month: int = 1_000_000

    @cached_property
    def task(self) -> TierTask:
        """Stores, sites and lanes as arrays."""
        return tier_task(self.stores, self.sites, self.params)

    @cached_property
    def _promising(self) -> TierTask:
        return self.task.surcharged(IN_REACH_RMB_STORE)

    def curve(self, surcharges_rmb_store: Sequence[float]) -> Iterator[tuple[float, list[int]]]:
        """Best network found for each surcharge on stores not served next day: the surcharge, the open sites."""
        opened = None
        for surcharge in sorted(surcharges_rmb_store):
            network = settled(self.task, self.task.surcharged(surcharge), opened, self.params)
            opened = network.design.opened
            yield surcharge, self._ids(opened)

    def laid_out(self, open_sites: Iterable[int], *, savings: bool = False) -> NetworkResult:
        """Serve the stores from these sites, within capacities, each store on its real position.

        A store that an open front with room reaches is served next day, even where slow delivery would cost less.
        Nothing is searched, so that it takes a fraction of a second for a quarter of a million stores; the certificate
        has no bound. Without any city or regional warehouse nobody is served.
        """
        task, opened = self.task, self._masks(open_sites)
        if not (opened[1].any() and opened[2].any()):
            network = _cut_off(task, opened)
        else:
            network = evaluate(self._promising, opened)
            network = filled(self._promising, network) if task.limited else network
        design, cost = network.design, store_by_store(task, network.design)
        figures = network_figures(task, design, cost, network)
        ids = self.stores["store_id"].to_numpy()
        tables = network_tables(task, network, design, cost, self.params, ids, self.openings_month, savings)
        certificate = Certificate(figures["cost_rmb_month"], -np.inf, Status.FEASIBLE, 0.0, maximise=False)
        return NetworkResult(tables, certificate, figures, task, opened)

    def only(self, open_sites: Iterable[int], radius_km: float) -> Self:
        """Make a board of these sites alone, with another radius: read anew in a second or two, for it has few pairs.

        Its cells are few: a layout serves each store by itself, however many there are.
        """
        kept = self.sites[self.sites["site_id"].isin(list(open_sites))]
        cells = min(self.params.cells, CELLS_ALONE)
        return replace(self, sites=kept, params=replace(self.params, radius_km=radius_km, cells=cells))

    def bounds(self, steps: Sequence[tuple[float, list[int]]]) -> pd.DataFrame:
        """Lines that no network's cost lies below: ``at_zero_rmb_month`` + ``slope`` x share served next day.

        Under a surcharge s every network costs at least B(s), which counts s for each store not served next day.
        """
        everybody, rows = float(self.task.promised.sum()), []
        quick = replace(self.params, iterations=BOUND_ITERATIONS)
        for surcharge, sites in steps:
            network = evaluate(self.task, self._masks(sites))
            bound = lower_bound(self.task.surcharged(surcharge), quick, network)
            rows.append((bound - surcharge * everybody, surcharge * everybody))
        return pd.DataFrame(rows, columns=["at_zero_rmb_month", "slope"])

    def _masks(self, open_sites: Iterable[int]) -> Opened:
        wanted = np.asarray([*open_sites], np.int64)
        masks = [np.isin(sites["site_id"].to_numpy(), wanted) for sites in self.task.sites]
        return masks[0], masks[1], masks[2]

    def _ids(self, opened: Opened) -> list[int]:
        tiers = zip(self.task.sites, opened, strict=True)
        return [int(site) for sites, mask in tiers for site in sites["site_id"].to_numpy()[mask]]


def _cut_off(task: TierTask, opened: Opened) -> Network:
    """Network without a city or without a regional warehouse: nothing reaches anybody."""
    none = [np.full(size, NONE) for size in (task.sizes[0], task.sizes[1], task.stores, task.stores)]
    design = Design(*opened, none[0], none[1], none[2], none[3])
    value = fixed_rmb(task, opened) + float(task.quantity @ task.uncovered)
    return Network(design, value, task.uncovered, task.uncovered, np.full(task.sizes[0], np.inf))
