"""What a siting model answers."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.coverage.pairs import Pairs, names_of
from lst_workbench.optim import Certificate, Status


@dataclass(frozen=True)
class SitingResult:
    """Open sites, who is served from where, and how good that is.

    Attributes
    ----------
    tables : dict
        ``facilities`` (site_id, demands, weight served), ``assignments`` (demand_id, site_id, cost) and ``uncovered``
        (demand_id, weight).
    certificate : Certificate
        Value, bound, gap and status; the tables are empty when there is no answer.
    """

    tables: dict[str, pd.DataFrame]
    certificate: Certificate
    figures: dict[str, float] = field(default_factory=dict)

    def kpis(self) -> dict[str, float]:
        """Value, bound and gap, sites opened, and demands served and not."""
        return {
            "value": self.certificate.value,
            "bound": self.certificate.bound,
            "gap": self.certificate.gap,
            "sites_open": float(len(self.tables["facilities"])),
            "demands_served": float(self.tables["assignments"]["demand_id"].nunique()),
            "demands_uncovered": float(len(self.tables["uncovered"])),
            **self.figures,
        }


def nearest_answer(
    pairs: Pairs, opened: np.ndarray, certificate: Certificate, figures: dict[str, float] | None = None
) -> SitingResult:
    """Serve every demand from its cheapest open site among its pairs; the rest is uncovered.

    Parameters
    ----------
    pairs : Pairs
        Lists in order of cost.
    opened : ndarray of bool
        Open sites.
    certificate : Certificate
        How good the openings are.
    figures : dict, optional
        Further figures for `SitingResult.kpis`.
    """
    usable = np.flatnonzero(opened[pairs.site])
    demand, first = np.unique(pairs.demand[usable], return_index=True)
    chosen = usable[first]
    assignments = pd.DataFrame(
        {
            "demand_id": pairs.demand_ids[demand],
            "site_id": pairs.site_ids[pairs.site[chosen]],
            "cost": pairs.cost[chosen],
        }
    )
    left = np.setdiff1d(np.arange(pairs.demands), demand)
    served = pairs.site[chosen]
    counts = np.bincount(served, minlength=pairs.sites)
    weights = np.bincount(served, weights=pairs.weight[demand], minlength=pairs.sites)
    facilities = pd.DataFrame({"site_id": pairs.site_ids[opened], "demands": counts[opened], "weight": weights[opened]})
    uncovered = pd.DataFrame({"demand_id": pairs.demand_ids[left], "weight": pairs.weight[left]})
    tables = {"facilities": facilities, "assignments": assignments, "uncovered": uncovered}
    return SitingResult(tables, certificate, figures or {})


def of_the_sites(certificate: Certificate, value: float, started: float) -> Certificate:
    """Certify the value of the chosen sites themselves, in float64, in place of what the solver summed up."""
    near = abs(certificate.bound - value) <= 1e-6 * max(1.0, abs(value))
    meets = certificate.status is Status.OPTIMAL and near
    beyond = max if certificate.maximise else min
    bound = value if meets else beyond(certificate.bound, value)
    return replace(certificate, value=value, bound=bound, seconds=time.perf_counter() - started)


def no_answer(pairs: Pairs, reason: str, seconds: float, *, maximise: bool = False) -> SitingResult:
    """Say why there is no answer, and the smallest change that helps."""
    worst, best = (-np.inf, np.inf) if maximise else (np.inf, -np.inf)
    certificate = Certificate(worst, best, Status.INFEASIBLE, seconds, maximise, reason)
    return nearest_answer(pairs, np.zeros(pairs.sites, bool), certificate)


def unreached_reason(pairs: Pairs, demands: Sequence[int] | np.ndarray, words: str) -> str:
    """Name the demands that nobody can serve."""
    ids: Any = pairs.demand_ids[np.asarray(demands)]
    return f"{len(ids):,} demands have no site {words} ({names_of(ids)}); give them a pair or leave them out"
