"""Prices of a network by cutting planes: what each cell would pay for fractions of sites (Benders decomposition).

For openings y between 0 and 1 of all sites, a cell's cheapest flow has prices: of the cell, and shares of the fixed
costs of the sites it is short of. They make a cut θ ≥ constant - slope · y that holds for every y. A linear program
over y and the costs θ of groups of cells collects the cuts; its prices are weights, and the weighted mean of all
shares spends each fixed cost once, at most. So stores, too, take the weighted mean of their prices at these openings.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from lst_workbench.coverage._network_flow_kernels import FAR, critical_prices, cut_cells
from lst_workbench.coverage.network_cells import cells_of_stores
from lst_workbench.coverage.network_dual import Prices, Ways
from lst_workbench.coverage.network_search import Opened
from lst_workbench.coverage.network_task import TierTask
from lst_workbench.optim import GrowingProgram

GROUPS = 20
OUTWARD = 0.5  # of the way from the best openings known to those of the linear program
DIGITS = 3  # of openings, so that flows have few parts
NEAR_ENOUGH = 2e-4
LEAST_WEIGHT = 1e-6


@dataclass(frozen=True)
class CutTask:
    """Cells as single customers: mean last mile by entry, slow delivery by listed city, price of no delivery."""

    last: np.ndarray
    slow: np.ndarray
    uncovered: np.ndarray
    group: np.ndarray
    groups: int


def cut_task(task: TierTask, ways: Ways) -> CutTask:
    """Average each cell's stores by volume, and put cells that lie together into a group."""
    cells = len(ways.volume)

    def mean(of: np.ndarray, values: np.ndarray, weight: np.ndarray, size: int) -> np.ndarray:
        total = np.bincount(of, weights=values * weight, minlength=size)
        return total / np.maximum(np.bincount(of, weights=weight, minlength=size), 1e-300)

    row = np.repeat(np.arange(task.stores), np.diff(task.starts))
    last = mean(task.entry, task.last, task.quantity[row], len(task.front))
    slow = mean(task.cell_of, task.slow, task.quantity, cells)
    lat, lon = (mean(task.cell_of, at, task.quantity, cells) for at in (task.lat, task.lon))
    order, starts = cells_of_stores(lat, lon, ways.volume, min(GROUPS, cells))
    group = np.empty(cells, np.int64)
    group[order] = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    return CutTask(
        last,
        np.minimum((slow + task.delivery.width)[:, None] + ways.slow_near, FAR),
        mean(task.cell_of, task.uncovered, task.quantity, cells),
        group,
        len(starts) - 1,
    )


class Cuts:
    """A linear program over openings and the costs of groups of cells, and the openings at which it got its cuts."""

    def __init__(self, task: TierTask, ways: Ways) -> None:
        self.task, self.ways, self.cut = task, ways, cut_task(task, ways)
        self.fixed, groups = np.concatenate(task.fixed), self.cut.groups
        cost = np.concatenate((self.fixed, np.ones(groups)))
        upper = np.concatenate((np.ones(len(self.fixed)), np.full(groups, np.inf)))
        self._program = GrowingProgram(cost, np.zeros(len(cost)), upper)
        self.points: list[np.ndarray] = []
        self.openings, self.weights = np.zeros(len(self.fixed)), np.zeros((0, groups))

    def add(self, point: np.ndarray) -> float:
        """Cut at openings; returns what the cells cost there, fixed costs included."""
        _, constant, slope = _shares_at(self.task, self.ways, self.cut, point)
        rows = sparse.hstack((sparse.csr_matrix(slope), sparse.eye(self.cut.groups))).tocsr()
        self._program.add_rows(rows, constant)
        self.points.append(point)
        return float(self.fixed @ point + (constant - slope @ point).sum())

    def close_in(self, opened: Opened, rounds: int) -> None:
        """Cut around the best openings known until the program's value meets theirs, or so many times."""
        best, inner = np.inf, np.concatenate(opened).astype(float)
        point = inner
        for _ in range(rounds):
            here = self.add(point)
            if here < best:
                best, inner = here, point
            bound, found, prices = self._program.solve()
            self.openings, self.weights = found[: len(self.fixed)], prices.reshape(len(self.points), self.cut.groups)
            if best - bound <= NEAR_ENOUGH * best:
                break
            point = np.round(OUTWARD * self.openings + (1.0 - OUTWARD) * inner, DIGITS)

    def weighed(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Give openings whose cuts hold, and the weight of each for every cell."""
        for point, weight in zip(self.points, self.weights, strict=True):
            if weight.max() > LEAST_WEIGHT:
                yield point, weight[self.cut.group]


def learned_prices(task: TierTask, ways: Ways, opened: Opened, rounds: int) -> Prices:
    """Prices of stores and shares of fixed costs, from cuts at openings around those of a network at hand."""
    cuts = Cuts(task, ways)
    cuts.close_in(opened, rounds)
    store, city = np.zeros(task.stores), np.zeros(ways.near.shape)
    regional = np.zeros((len(ways.volume), task.sizes[2]))
    for point, weight in cuts.weighed():
        part = _shares_at(task, ways, cuts.cut, point)[0]
        ways.price(task, part)
        openings = point[: task.sizes[0]]
        critical_prices(task.starts, task.entry, task.front, task.last, task.least, ways.above, openings, part.store)
        store += weight[task.cell_of] * part.store
        city += weight[:, None] * part.city_share
        regional += weight[:, None] * part.regional_share
    prices = Prices(store, city, regional, [np.zeros(size) for size in task.sizes])
    ways.keep_budgets(task, prices)
    return prices


def _shares_at(task: TierTask, ways: Ways, cut: CutTask, point: np.ndarray) -> tuple[Prices, np.ndarray, np.ndarray]:
    """Shares at openings, and the cut of each group."""
    parts = np.split(point, np.cumsum(task.sizes)[:-1])
    shares = Prices(
        np.full(task.stores, np.inf), np.empty(ways.near.shape), np.empty((len(ways.volume), task.sizes[2])),
        [np.zeros(size) for size in task.sizes],
    )  # fmt: skip
    constant, slope = np.zeros(cut.groups), np.zeros((cut.groups, len(point)))
    cut_cells(
        task.cell_starts, task.front, cut.last, ways.near, task.to_city, task.to_regional, cut.slow, cut.uncovered,
        ways.volume, parts[0], parts[1], parts[2], cut.group, shares.city_share, shares.regional_share, constant, slope,
    )  # fmt: skip
    return shares, constant, slope
