"""A start for the search from the cuts of the bound: sites drawn as often as their linear program has them open."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lst_workbench.coverage.network_cells import apart_deg, cells_of_stores, entries_of
from lst_workbench.coverage.network_cuts import Cuts
from lst_workbench.coverage.network_dual import Ways
from lst_workbench.coverage.network_search import Network, Opened, evaluate, first_sites, in_turn
from lst_workbench.coverage.network_task import TierTask

CELLS = 4_000
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5)
LOTS = 12
QUICK_TURNS = 2


def guided(task: TierTask, rounds: int, seed: int = 0) -> Network:
    """Round the best openings of a linear program in several ways, improve each by turns, and return the cheapest.

    The local search alone ends percents apart from one start to the next; the program sees all sites at once.
    """
    coarse = task if len(task.cells) <= 1.5 * CELLS else coarser(task, CELLS)
    best = in_turn(coarse, evaluate(coarse, first_sites(coarse)), QUICK_TURNS)
    cuts = Cuts(coarse, Ways(coarse))
    cuts.close_in(best.design.opened, rounds)
    for opened in _rounded(coarse, cuts.openings, np.random.default_rng(seed)):
        if opened[1].any() and opened[2].any():
            tried = in_turn(coarse, evaluate(coarse, opened))
            best = tried if tried.value < best.value else best
    return evaluate(task, best.design.opened)


def coarser(task: TierTask, cells: int) -> TierTask:
    """Put the stores into fewer cells."""
    order, cuts = cells_of_stores(task.lat, task.lon, task.quantity, cells, apart_deg(task.slow, task.uncovered))
    moved = replace(task.of_rows(order), cells=cuts, cell_of=np.repeat(np.arange(len(cuts) - 1), np.diff(cuts)))
    site = task.front[moved.entry]
    cell_starts, front, entry = entries_of(moved.starts, moved.cell_of, site, len(cuts) - 1, task.sizes[0])
    delivery = task.delivery.by_cells(moved.lat, moved.lon, cuts)
    return replace(moved, cell_starts=cell_starts, front=front, entry=entry, delivery=delivery)


def _rounded(task: TierTask, openings: np.ndarray, rng: np.random.Generator) -> Iterator[Opened]:
    """Open what is open to a level or more, for each level; then by lot, each site with its part as its chance."""
    parts = np.split(openings, np.cumsum(task.sizes)[:-1])
    ways = [[part >= level for part in parts] for level in LEVELS]
    ways += [[_by_lot(part, rng) for part in parts] for _ in range(LOTS)]
    for fronts, cities, regionals in ways:
        yield fronts | task.must[0], cities | task.must[1], regionals | task.must[2]


def _by_lot(part: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw evenly along the sum of the parts, so that as many are drawn as they add up to."""
    order = rng.permutation(len(part))
    ends = np.cumsum(part[order]) + rng.random()
    drawn = np.zeros(len(part), bool)
    drawn[order] = np.floor(ends) > np.floor(ends - part[order])
    return drawn
