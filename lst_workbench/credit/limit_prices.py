"""The prices of credit budgets: the smooth dual of the limits problem and Newton's method on it."""

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lst_workbench.credit._kernels import price_limits, price_limits_in_parallel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

BLOCK = 8192
HALVINGS = 8
# Budgets that move together (a market of equal stores) make the second derivatives singular: damp until a step helps.
DAMPINGS = (1e-10, 1e-7, 1e-4, 1e-2, 1.0, 1e2, 1e5, 1e9)
# Second derivatives in the kernel's order: (capital, loss, tail) x (capital, loss, tail).
PAIRS = np.array([[4, 5, 6], [5, 7, 8], [6, 8, 9]])


@dataclass(frozen=True)
class Book:
    """Stores sorted by city, cut into blocks of one city each; all shares are of need."""

    need: Floats
    margin: Floats
    loss: Floats
    tail: Floats
    low: Floats
    high: Floats
    least: Floats
    city: Ints
    cities: int
    saturation: float
    growth: float

    def blocks(self) -> tuple[Ints, Ints]:
        """Start of each block (and the end of the last) and the city of each."""
        edges = np.searchsorted(self.city, np.arange(self.cities + 1))
        starts = [np.arange(a, b, BLOCK) for a, b in zip(edges[:-1], edges[1:], strict=True)]
        owner = np.repeat(np.arange(self.cities), [len(s) for s in starts])
        return np.append(np.concatenate(starts), len(self.need)).astype(np.int64), owner


@dataclass(frozen=True)
class Caps:
    """Budgets: which resource (0 capital, 1 expected loss, 2 tail loss), which city (-1 for all), how much."""

    resource: Ints
    city: Ints
    limit: Floats


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
    book: Book, caps: Caps, prices: Floats, pull: float = 0.0, near: Floats | None = None, useful: bool = False
) -> Answer:
    """Give each store its best limit at `prices` (one a cap) and add up; the dual bounds every feasible net margin."""
    table = np.zeros((book.cities, 3))
    for resource in range(3):
        table[:, resource] += prices[(caps.resource == resource) & (caps.city < 0)].sum()
    inside = caps.city >= 0
    np.add.at(table, (caps.city[inside], caps.resource[inside]), prices[inside])
    starts, owner = book.blocks()
    share, sums = np.empty(len(book.need)), np.empty((len(owner), 10))
    near = book.low if near is None else near
    least = book.least if useful else np.zeros(len(share))
    # Few stores are priced faster than a second thread wakes; sums are by block either way.
    price = price_limits if len(share) < 4 * BLOCK else price_limits_in_parallel
    price(
        starts, owner, table, book.need, book.margin, book.loss, book.tail, book.low, book.high, least, near,
        book.saturation, book.growth, pull, share, sums,
    )  # fmt: skip
    by_city = np.zeros((book.cities, 10))
    np.add.at(by_city, owner, sums)
    total = by_city.sum(axis=0)
    used = np.where(inside, by_city[caps.city, 1 + caps.resource], total[1 + caps.resource])
    slack = caps.limit - used
    return Answer(share, float(total[0]), used, float(total[0] + prices @ slack), slack, by_city)


def _second_derivatives(caps: Caps, bends: Floats) -> Floats:
    """Second derivatives of the dual by pair of caps; caps of two different cities do not meet."""
    everywhere = bends.sum(axis=0)
    pair = PAIRS[caps.resource[:, None], caps.resource[None, :]]
    a, b = caps.city[:, None], caps.city[None, :]
    local = bends[np.maximum(a, b), pair]
    return np.where((a < 0) & (b < 0), everywhere[pair], np.where((a < 0) | (b < 0) | (a == b), local, 0.0))


@threadpool_limits.wrap(limits=1, user_api="blas")
def find_prices(
    book: Book, caps: Caps, prices: Floats, pull: float, near: Floats, tolerance: float, steps: int
) -> tuple[Floats, Answer]:
    """Lower the dual by projected Newton steps until budgets hold and no priced budget has slack, to `tolerance`.

    The dual is convex and, with curvature, smooth: slack is its gradient. Steps keep prices at least 0 and are halved
    until the dual falls.
    """
    answer = respond(book, caps, prices, pull, near)
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
        bend = _second_derivatives(caps, answer.bends)[np.ix_(free, free)]
        root = np.sqrt(np.maximum(np.diag(bend), 1e-9 * usual[free]))
        scaled = bend / np.outer(root, root)
        gradient = answer.slack[free] / root
        found = False
        for damping, halving in itertools.product(DAMPINGS, range(HALVINGS)):
            if halving == 0:
                step = np.zeros_like(prices)
                step[free] = -np.linalg.solve(scaled + damping * np.eye(len(root)), gradient) / root
            trial = np.maximum(prices + step * 0.5**halving, 0.0)
            tried = respond(book, caps, trial, pull, near)
            if tried.dual <= answer.dual + 1e-4 * min(0.0, float(answer.slack @ (trial - prices))):
                found = True
                break
        if not found:
            break
        if np.array_equal(trial, prices):
            break
        prices, answer = trial, tried
    return prices, answer
