"""Search among sets of stores that take customers from each other: filling up, and exchanges.

A state is `chosen` (0 or 1 a store), `worth` (of each store: its value less what it loses to chosen neighbours),
`near` (chosen neighbours it must not stand beside), `used` (of each limit). Links are rows of a sparse matrix:
neighbours of j stand at starts[j]:starts[j + 1] of `other`, with `loss` and `apart`.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

LEAST = 1e-9  # of a gain in objective units, so that rounding never makes a move


class Links(NamedTuple):
    """Neighbours of each store, what a pair loses when both are chosen, and whether they must stand apart."""

    starts: np.ndarray
    other: np.ndarray
    loss: np.ndarray
    apart: np.ndarray


class Limits(NamedTuple):
    """Sum of loads[j] over chosen stores of each row in rows[j] (-1 none) at most `most`; not moved below `least`."""

    rows: np.ndarray
    loads: np.ndarray
    least: np.ndarray
    most: np.ndarray


@njit(cache=True, nogil=True)
def put(j: int, sign: int, links: Links, limits: Limits, state: tuple) -> None:
    """Choose store j (sign 1) or drop it (-1), and bring the state up to date."""
    chosen, worth, near, used = state
    chosen[j] += sign
    for t in range(links.starts[j], links.starts[j + 1]):
        worth[links.other[t]] -= sign * links.loss[t]
        near[links.other[t]] += sign * links.apart[t]
    for c in range(limits.rows.shape[1]):
        if limits.rows[j, c] >= 0:
            used[limits.rows[j, c]] += sign * limits.loads[j, c]


@njit(cache=True, nogil=True)
def _room(j: int, k: int, limits: Limits, used: np.ndarray) -> bool:
    """Whether j fits once k (-1 for none) is out, and no floor that is kept now is left."""
    for c in range(limits.rows.shape[1]):
        row = limits.rows[j, c]
        if row < 0:
            continue
        after = used[row] + limits.loads[j, c]
        if k >= 0 and limits.rows[k, c] == row:
            after -= limits.loads[k, c]
        if after > limits.most[row] * (1.0 + 1e-12):
            return False
    if k >= 0:
        for c in range(limits.rows.shape[1]):
            row = limits.rows[k, c]
            if row < 0 or row == limits.rows[j, c]:
                continue
            if used[row] - limits.loads[k, c] < limits.least[row]:
                return False
    return True


@njit(cache=True, nogil=True)
def fill(order: np.ndarray, links: Links, limits: Limits, state: tuple, forced: bool) -> None:
    """Choose stores in an order while they fit and are worth it; when forced, those that a floor is short of."""
    chosen, worth, near, used = state
    for j in order:
        if chosen[j] or near[j] or not _room(j, -1, limits, used):
            continue
        short = False
        if forced:
            for c in range(limits.rows.shape[1]):
                row = limits.rows[j, c]
                short = short or (row >= 0 and used[row] + 0.5 < limits.least[row])
        if (short and forced) or (not forced and worth[j] > LEAST):
            put(j, 1, links, limits, state)


@njit(cache=True, nogil=True)
def exchange(order: np.ndarray, links: Links, limits: Limits, state: tuple, passes: int) -> int:
    """Exchange a store for the chosen one that is least missed, first gain first, until nothing gains; moves made."""
    chosen, worth, near, used = state
    beside, moves = np.zeros(worth.size), 0
    members = np.flatnonzero(chosen)
    for _ in range(passes):
        before = moves
        for j in order:
            if chosen[j] or near[j] > 1:
                continue
            if near[j] == 0 and worth[j] > LEAST and _room(j, -1, limits, used):
                put(j, 1, links, limits, state)
                members = np.append(members, j)
                moves += 1
                continue
            for t in range(links.starts[j], links.starts[j + 1]):
                beside[links.other[t]] = links.loss[t]
            best, place, gain = -1, -1, LEAST
            if near[j] == 0:
                for at in range(members.size):
                    k = members[at]
                    better = worth[j] + beside[k] - worth[k]
                    if better > gain and _room(j, k, limits, used):
                        best, place, gain = k, at, better
            else:
                for t in range(links.starts[j], links.starts[j + 1]):
                    k = links.other[t]
                    if links.apart[t] and chosen[k]:
                        better = worth[j] + beside[k] - worth[k]
                        if better > gain and _room(j, k, limits, used):
                            best, gain = k, better
                if best >= 0:
                    place = np.flatnonzero(members == best)[0]
            for t in range(links.starts[j], links.starts[j + 1]):
                beside[links.other[t]] = 0.0
            if best >= 0:
                put(best, -1, links, limits, state)
                put(j, 1, links, limits, state)
                members[place] = j
                moves += 1
        if moves == before:
            break
    return moves
