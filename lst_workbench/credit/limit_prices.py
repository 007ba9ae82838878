"""The prices of credit budgets: the smooth dual of the limits problem and Newton's method on it."""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from lst_workbench.credit._kernels import price_limits
from lst_workbench.optim import in_chunks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 8192
HALVINGS = 8
DENSE = 30_000
# Budgets that move together (a market of equal stores) make the second derivatives singular: damp until a step helps.
DAMPINGS = (1e-10, 1e-7, 1e-4, 1e-2, 1.0, 1e2, 1e5, 1e9)
# Second derivatives in the kernel's order: (capital, loss, tail) x (capital, loss, tail).
PAIRS = np.array([[4, 5, 6], [5, 7, 8], [6, 8, 9]])


@dataclass(frozen=True)
class Book:
    """Stores sorted by cell, cut into blocks of one cell each; all shares are of need.

    Stores of one cell are covered by the same budgets: those of a city, say, or of a city, a warehouse and a month.
    """

    need: Floats
    margin: Floats
    loss: Floats
    tail: Floats
    low: Floats
    high: Floats
    least: Floats
    cell: Ints
    cells: int
    saturation: float
    growth: float

    @cached_property
    def blocks(self) -> tuple[Ints, Ints]:
        """Start of each block (and the end of the last) and the cell of each."""
        edges = np.searchsorted(self.cell, np.arange(self.cells + 1))
        starts = [np.arange(a, b, BLOCK) for a, b in zip(edges[:-1], edges[1:], strict=True)]
        owner = np.repeat(np.arange(self.cells), [len(s) for s in starts])
        return np.append(np.concatenate(starts), len(self.need)).astype(np.int64), owner


@dataclass(frozen=True)
class Caps:
    """Budgets: which resource (0 capital, 1 expected loss, 2 tail loss), which cells (caps x cells), how much."""

    resource: Ints
    covers: sparse.csr_matrix
    limit: Floats

    @cached_property
    def spread(self) -> Floats | sparse.csr_matrix:
        """Which caps (columns) each resource of each cell (rows, resources fastest) counts in; dense where small."""
        there = sparse.coo_matrix(self.covers)
        places = there.col * 3 + self.resource[there.row], there.row
        shape = 3 * self.covers.shape[1], len(self.limit)
        matrix = sparse.csr_matrix((there.data, places), shape)
        return matrix.toarray() if shape[0] * shape[1] <= DENSE else matrix

    @cached_property
    def gather(self) -> Floats | sparse.csr_matrix:
        """The same by cap: sparse matrices are slow to turn."""
        spread = self.spread
        return np.ascontiguousarray(spread.T) if isinstance(spread, np.ndarray) else sparse.csr_matrix(spread.T)

    def used(self, by_cell: Floats) -> Floats:
        """Use of each cap, given the use of the three resources by cell."""
        return np.asarray(self.gather @ np.ascontiguousarray(by_cell).ravel())

    def prices_of_cells(self, prices: Floats) -> Floats:
        """Price of the three resources in each cell: the sum over the caps that cover it."""
        return np.asarray(self.spread @ prices).reshape(-1, 3)

    def second_derivatives(self, bends: Floats) -> Floats:
        """Second derivatives of the dual by pair of caps: what they share are the stores that both cover."""
        cells = np.arange(len(bends))
        blocks = sparse.bsr_array((bends[:, PAIRS], cells, np.arange(len(bends) + 1)))
        second = self.gather @ (blocks @ self.spread)
        return second if isinstance(second, np.ndarray) else second.toarray()


@dataclass(frozen=True)
class Answer:
    """Best limits at given prices, and the dual there."""

    share: Floats
    net: float
    used: Floats
    dual: float
    slack: Floats
    bends: Floats


def respond(
    book: Book, caps: Caps, prices: Floats, pull: float = 0.0, near: Floats | None = None, useful: bool = False,
    heat: float = 0.0,
) -> Answer:  # fmt: skip
    """Give each store its best limit at `prices` (one a cap) and add up; the dual bounds every feasible net margin."""
    table = caps.prices_of_cells(prices)
    starts, owner = book.blocks
    share, sums = np.empty(len(book.need)), np.empty((len(owner), 10))
    near = book.low if near is None else near
    least = book.least if useful else np.zeros(len(share))

    def price(first: int, last: int) -> None:
        price_limits(
            starts[first : last + 1], owner[first:last], table, book.need, book.margin, book.loss, book.tail, book.low,
            book.high, least, near, book.saturation, book.growth, pull, heat, share,
            sums[first:last],
        )  # fmt: skip

    # Few stores are priced faster than a second thread wakes; sums are by block either way.
    if len(share) < 4 * BLOCK:
        price(0, len(owner))
    else:
        in_chunks(len(owner), price)
    by_cell = np.zeros((book.cells, 10))
    np.add.at(by_cell, owner, sums)
    total = by_cell.sum(axis=0)
    slack = caps.limit - (used := caps.used(by_cell[:, 1:4]))
    return Answer(share, float(total[0]), used, float(total[0] + prices @ slack), slack, by_cell)


@threadpool_limits.wrap(limits=1, user_api="blas")
def find_prices(
    book: Book, caps: Caps, prices: Floats, pull: float, near: Floats, tolerance: float, steps: int,
    heat: float = 0.0,
) -> tuple[Floats, Answer]:  # fmt: skip
    """Lower the dual by projected Newton steps until budgets hold and no priced budget has slack, to `tolerance`.

    The dual is convex and, with curvature, smooth: slack is its gradient. Steps keep prices at least 0 and are halved
    until the dual falls. With `heat` limits are useful ones, in part (`price_limits`).
    """
    answer = respond(book, caps, prices, pull, near, heat > 0, heat)
    if not len(prices):
        return prices, answer
    scale = np.maximum(caps.limit, 1e-9 * book.need.sum())
    usual = np.maximum(answer.used, scale) / max(float(book.margin.mean()), 1e-12)
    for _ in range(steps):
        size = max(abs(answer.dual), 1e-12)
        broken = float(np.max(-answer.slack / scale, initial=0.0))
        if broken <= tolerance and float(prices @ np.abs(answer.slack)) <= tolerance * size:
            break
        free = (prices > 0) | (answer.slack < 0)
        bend = caps.second_derivatives(answer.bends)[np.ix_(free, free)]
        root = np.sqrt(np.maximum(np.diag(bend), 1e-9 * usual[free]))
        scaled = bend / np.outer(root, root)
        gradient = answer.slack[free] / root
        found = False
        for damping, halving in itertools.product(DAMPINGS, range(HALVINGS)):
            if halving == 0:
                step = np.zeros_like(prices)
                step[free] = -np.linalg.solve(scaled + damping * np.eye(len(root)), gradient) / root
            trial = np.maximum(prices + step * 0.5**halving, 0.0)
            tried = respond(book, caps, trial, pull, near, heat > 0, heat)
            if tried.dual <= answer.dual + 1e-4 * min(0.0, float(answer.slack @ (trial - prices))):
                found = True
                break
        if not found:
            break
        if np.array_equal(trial, prices):
            break
        prices, answer = trial, tried
    return prices, answer
