"""What may come of a plan: the same plan lived through many times, with figures and stores as they may turn out."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.rollout._chance_kernels import Lives, Queues, live

__all__ = ["MEASURES", "Lives", "Outcomes", "Queues", "queues_of", "simulate"]
MOST_THREADS = 8
MEASURES = ("signups", "in_system", "active", "gmv_rmb")


@dataclass(frozen=True)
class Outcomes:
    """What came of a plan in each draw.

    ``months`` is draws x months x `MEASURES`; ``regions`` is draws x regions x `MEASURES`, sign-ups over all months and
    the others in the last one.
    """

    months: np.ndarray
    regions: np.ndarray

    def at_end(self, measure: str) -> np.ndarray:
        """Measure at the end of the plan, by draw; sign-ups are those of all months."""
        values = self.months[:, :, MEASURES.index(measure)]
        return values.sum(axis=1) if measure == "signups" else values[:, -1]


def queues_of(
    stores: pd.DataFrame,
    visits: pd.DataFrame,
    volume: pd.DataFrame,
    capital_rmb: np.ndarray,
    regions: pd.Series,
    *,
    visits_signup: float,
    visits_care: float,
) -> Queues:
    """Join stores of one territory and one warehouse to a group, so that millions are lived through as thousands.

    Parameters
    ----------
    stores : DataFrame
        territory_id, warehouse_id (empty where none reaches), start (month of the plan from 0, -1 for stores in the
        system before, the number of months for those next in line) and gmv_rmb_month.
    visits : DataFrame
        All visits: territories down (index territory_id), months across.
    volume : DataFrame
        All throughput, m3: warehouses down (index warehouse_id), months across.
    capital_rmb : array
        All working capital by month.
    regions : Series
        Region number, from 0, by territory_id.
    visits_signup, visits_care : float
        The plan's own visits a sign-up, and care visits a store and month: they say what the plan leaves over.
    """
    months = len(capital_rmb)
    territory = visits.index.get_indexer(stores["territory_id"])
    reached = stores["warehouse_id"].notna().to_numpy()
    warehouse = np.where(reached, volume.index.get_indexer(stores["warehouse_id"].fillna(-1).astype(np.int64)), -1)
    width = len(volume) + 1
    group, at = np.unique(territory * width + warehouse + 1, return_inverse=True)
    slot, size = at * (months + 2) + stores["start"].to_numpy(np.int64) + 1, len(group) * (months + 2)
    gmv = stores["gmv_rmb_month"].to_numpy(np.float64)
    parts = [np.bincount(slot, weights=w, minlength=size).reshape(-1, months + 2) for w in (gmv**0, gmv, gmv * gmv)]
    of_territory, counts = group // width, parts[0][:, 1:]
    capacity = visits.to_numpy(np.float64)
    return Queues(
        of_territory,
        group % width - 1,
        regions.reindex(visits.index).to_numpy(np.int64),
        before=np.ascontiguousarray(np.stack([part[:, 0] for part in parts], axis=1)),
        parts=np.stack([counts.cumsum(axis=1), *(part[:, 1:] / np.maximum(counts, 1.0) for part in parts[1:])], axis=2),
        visits=capacity,
        reserve=_left_over(capacity, of_territory, parts[0], visits_signup, visits_care),
        volume=volume.to_numpy(np.float64),
        capital=np.asarray(capital_rmb, np.float64),
    )


def simulate(queues: Queues, lives: Lives, seed: int = 7, chance: bool = True, threads: int | None = None) -> Outcomes:
    """Live a plan through in every draw.

    Parameters
    ----------
    queues : Queues
        The plan by group, of `queues_of`.
    lives : Lives
        How figures come out in each draw.
    seed : int
        Draw d uses seed + d, whatever the number of threads.
    chance : bool
        Whether stores sign, close and order by chance; without it, as expected.
    threads : int, optional
        Threads to use; those of the machine by default, at most `MOST_THREADS`.

    Examples
    --------
    One rep with 16 visits a month, two stores to sign at eight visits each, as expected and without closures:

    >>> stores = pd.DataFrame({"territory_id": 1, "warehouse_id": 1, "start": [0, 0], "gmv_rmb_month": [100.0, 300.0]})
    >>> visits, volume = pd.DataFrame([[16.0]], index=[1]), pd.DataFrame([[9.0]], index=[1])
    >>> queues = queues_of(
    ...     stores, visits, volume, np.array([1e6]), pd.Series([0], index=[1]), visits_signup=8.0, visits_care=0.5
    ... )
    >>> one = np.ones((1, 1))
    >>> lives = Lives(one, 8 * one, 0.5 * one[0], 0 * one, 0 * one, one, 0.5 * one, one[0])
    >>> simulate(queues, lives, chance=False).months[0, 0].tolist()
    [2.0, 2.0, 1.0, 200.0]
    """
    draws, regions = lives.signup.shape
    months = np.zeros((draws, len(queues.capital), len(MEASURES)))
    by_region = np.zeros((draws, regions, len(MEASURES)))
    workers = min(draws, threads or min(MOST_THREADS, os.cpu_count() or 1))
    ends = np.linspace(0, draws, workers + 1).astype(int)

    def part(first: int, last: int) -> None:
        live(queues, lives, seed, chance, first, last, months, by_region)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(part, ends[:-1], ends[1:]))
    return Outcomes(months, by_region)


def _left_over(
    capacity: np.ndarray, of_territory: np.ndarray, stores: np.ndarray, visits_signup: float, visits_care: float
) -> np.ndarray:
    """Visits that the plan itself does not use, territory by month."""
    counts = np.zeros((len(capacity), stores.shape[1]))
    np.add.at(counts, of_territory, stores)
    known = counts[:, :-2].cumsum(axis=1)  # before the month: those of the start, and sign-ups until then
    return np.maximum(0.0, capacity - visits_care * known - visits_signup * counts[:, 1:-1])
