"""Good sites fast: a greedy choice, then swaps of one open site for one closed until none helps."""

from collections.abc import Callable

import numpy as np

from lst_workbench.coverage._kernels import NONE, swap_profits, two_cheapest
from lst_workbench.coverage.pairs import Pairs


def greedy(pairs: Pairs, p: int, penalty: float, sample: int, kept: np.ndarray | None = None) -> np.ndarray:
    """Open the site of highest gain for every n-th demand until p are open; the first of equals.

    Parameters
    ----------
    pairs : Pairs
        The demands' lists.
    p : int
        Sites to open.
    penalty : float
        Cost of a demand that no open site serves.
    sample : int
        About how many demands to look at.
    kept : ndarray of bool, optional
        Sites that are open from the start.
    """
    sampled = pairs.of_demands(np.arange(0, pairs.demands, max(1, pairs.demands // sample)))
    opened = np.zeros(pairs.sites, bool) if kept is None else kept.copy()
    for _ in range(p - int(opened.sum())):
        gain = profits(sampled, opened, penalty)[0]
        gain[opened] = -1.0
        opened[int(np.argmax(gain))] = True
    return opened


def improved(
    pairs: Pairs, opened: np.ndarray, penalty: float, late: Callable[[], bool], kept: np.ndarray | None = None
) -> tuple[np.ndarray, float]:
    """Make the best swap until none helps or it is `late`; `kept` sites stay. Returns the sites and their cost."""
    opened = opened.copy()
    while True:
        gain, loss, extra, value = profits(pairs, opened, penalty)
        profit = gain[:, None] - loss[None, :] + extra
        profit[opened] = -np.inf
        if kept is not None:
            profit[:, kept[opened]] = -np.inf
        if not profit.size:
            return opened, value
        add, drop = np.unravel_index(int(np.argmax(profit)), profit.shape)
        if profit[add, drop] <= 1e-9 * value or late():
            return opened, value
        opened[np.flatnonzero(opened)[drop]] = False
        opened[add] = True


def profits(pairs: Pairs, opened: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Gains, losses and extras of all swaps, and the cost of the sites as they are."""
    slot = np.full(pairs.sites, NONE)
    slot[opened] = np.arange(opened.sum())
    first, second = cheapest(pairs, opened)
    gain, loss = np.zeros(pairs.sites), np.zeros(int(opened.sum()))
    extra = np.zeros((pairs.sites, len(loss)))
    lists = (pairs.starts, pairs.site, pairs.cost, pairs.weight, penalty)
    swap_profits(*lists, slot, first, second, gain, loss, extra)
    return gain, loss, extra, float(_costs(pairs, first, penalty) @ pairs.weight)


def cheapest(pairs: Pairs, opened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of each demand's cheapest and second cheapest open site, -1 where there is none."""
    first, second = np.empty(pairs.demands, np.int64), np.empty(pairs.demands, np.int64)
    two_cheapest(pairs.starts, pairs.site, opened, first, second)
    return first, second


def _costs(pairs: Pairs, first: np.ndarray, penalty: float) -> np.ndarray:
    served = np.full(len(first), penalty)
    served[first != NONE] = pairs.cost[first[first != NONE]]
    return served
