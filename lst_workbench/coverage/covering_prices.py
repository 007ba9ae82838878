"""Large maximal covering problems: prices of cover for a bound, kicks and swaps for a value."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from lst_workbench.coverage._kernels import FREE, OPEN, SHUT, in_lists, sink
from lst_workbench.coverage.branching import ruled_out
from lst_workbench.coverage.pairs import Pairs
from lst_workbench.coverage.swaps import improved

PATIENCE = 100  # steps of the prices without gain until they are shortened, at the root
NODE_PATIENCE, NODE_ITERATIONS = 8, 60
ROUNDING = 1e-9  # of the value: what float64 sums may be off
NEAR_OPEN, NEAR_SHUT = 2, 0.02  # open sites to choose from for one that shuts; weight of a site prices never name
LEAST, MOST = 2, 8  # sites that a kick shuts and opens


class Prices:
    """Lists of a covering problem as the prices read them.

    Parameters
    ----------
    merged : Pairs
        Lists of the demands.
    p : int
        Sites to open.
    """

    def __init__(self, merged: Pairs, p: int) -> None:
        self.p, self.merged = p, merged
        self.site_starts, self.demand, _ = in_lists(merged.site, merged.sites, merged.demand, merged.site)
        self.lists = (merged.starts, merged.site, merged.weight, self.site_starts, self.demand)

    def lowered(self, node: "Node", value: float, patience: int, iterations: int) -> "Node":
        """Lower the bound of a part of the choices, and rule out what cannot cover more than `value`."""
        price, worth, often = node.price.copy(), np.zeros(self.merged.sites), np.full(self.merged.sites, 0.5)
        bound = sink(*self.lists, node.state, self.p, price, worth, often, patience, iterations, value)
        state = ruled_out(node.state, -worth, -bound, self.p, -value * (1 + ROUNDING))
        return Node(state, price, min(bound, node.bound), often)

    def root(self, opened: np.ndarray, kept: np.ndarray) -> "Node":
        """All choices; a price is what being covered once is worth, and most where one open site or none covers."""
        hits = self.hits(opened)
        price = self.merged.weight * np.select([hits == 0, hits == 1], [1.0, 0.9], 0.2)
        state = np.where(kept, OPEN, FREE).astype(np.int8)
        return Node(state, price, np.inf, np.full(self.merged.sites, 0.5))

    def hits(self, opened: np.ndarray) -> np.ndarray:
        """How many open sites cover each demand."""
        return np.bincount(self.merged.demand, weights=opened[self.merged.site], minlength=self.merged.demands)

    def covered(self, opened: np.ndarray) -> float:
        """Weight of the demands that an open site covers."""
        return float(self.merged.weight[self.hits(opened) > 0].sum())

    def near(self, centre: int) -> np.ndarray:
        """Sites that cover what a site covers, those of most weight in common first."""
        rows = np.sort(self.demand[self.site_starts[centre] : self.site_starts[centre + 1]])
        around = self.merged.of_demands(rows)
        overlap = np.bincount(around.site, weights=around.weight[around.demand], minlength=self.merged.sites)
        return np.argsort(-overlap, kind="stable")[: np.count_nonzero(overlap)]


@dataclass(frozen=True)
class Node:
    """Part of the choices: what each site must do, prices, a bound, and how often the prices named each site."""

    state: np.ndarray
    price: np.ndarray
    bound: float
    often: np.ndarray


def kicked(
    prices: Prices, opened: np.ndarray, kept: np.ndarray, often: np.ndarray, patience: int, late: Callable[[], bool]
) -> np.ndarray:
    """Shut and open some sites around a place chosen by lot, swap until nothing helps, and keep what covers more.

    Parameters
    ----------
    prices : Prices
        The problem.
    opened, kept : ndarray of bool
        The best sites known, and those that stay open.
    often : ndarray
        How often the prices named each site: the lot falls on those more often.
    patience : int
        Kicks without gain after which to stop; the lot is the same every time.
    late : callable
        Says whether time is up.
    """
    random, value, stalled = np.random.default_rng(0), prices.covered(opened), 0
    while stalled < patience and not late():
        stalled += 1
        near, many = prices.near(int(random.integers(len(opened)))), int(random.integers(LEAST, MOST + 1))
        leaving, coming = near[(opened & ~kept)[near]][: NEAR_OPEN * many], near[~opened[near]]
        if (many := min(many, len(leaving), len(coming))) == 0:
            continue
        likely, other = often[coming] + NEAR_SHUT, opened.copy()
        other[random.choice(leaving, many, replace=False)] = False
        other[random.choice(coming, many, replace=False, p=likely / likely.sum())] = True
        other, _ = improved(prices.merged, other, 1.0, late, kept)
        if (covered := prices.covered(other)) > value:
            opened, value, stalled = other, covered, 0
    return opened


def branched(
    prices: Prices, root: Node, opened: np.ndarray, gap: float, late: Callable[[], bool]
) -> tuple[np.ndarray, float]:
    """Go through the choices depth first, each node with prices of its own; give the best sites and a bound.

    A node is left when its bound is no more than the value known, or `gap` more.
    """
    stack, value, cut = [root], prices.covered(opened), -np.inf
    while stack and not late():
        node = stack.pop()
        enough = value * (1 + max(gap, ROUNDING))
        if node.bound > enough:
            node = prices.lowered(node, value, NODE_PATIENCE, NODE_ITERATIONS)
        if node.bound <= enough:
            cut = max(cut, node.bound)
            continue
        free, wanted = np.flatnonzero(node.state == FREE), prices.p - int((node.state == OPEN).sum())
        if wanted in (0, len(free)):
            other = (node.state == OPEN) | ((node.state == FREE) & (wanted > 0))
            if (covered := prices.covered(other)) > value:
                opened, value = other, covered
        elif 0 < wanted < len(free):
            chosen = free[int(np.argmin(np.abs(node.often[free] - 0.5)))]
            for choice in (SHUT, OPEN):
                state = node.state.copy()
                state[chosen] = choice
                stack.append(replace(node, state=state))
    return opened, max([value, cut, *(node.bound for node in stack)])
