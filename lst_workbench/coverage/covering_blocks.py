"""Large maximal covering problems: a bound from blocks of neighbouring sites whose choices are solved whole."""

import math
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import sparse

from lst_workbench.coverage._kernels import OPEN, SHUT
from lst_workbench.coverage.covering_prices import Node, Prices
from lst_workbench.coverage.pairs import Pairs
from lst_workbench.optim import ArrayModel, solve_arrays

FIRST_SITES = 60  # of a block; blocks double until the gap is met
NODES = 2_000  # of the tree of one block
PART = 0.25  # of the time left that one block may take
POLISH = 8  # steps without gain of prices that are the linear program's own
SLACK = 1e-6  # of a block's weight: what HiGHS's tolerances may be off
SCALE = 1e5  # weight of all demands as HiGHS reads them
TINY = 1e-300


def tightened(prices: Prices, root: Node, value: float, gap: float, deadline: float) -> Node:
    """Lower the bound of all choices until it is within `gap` of the value, blocks are as large as the case, or late.

    Parameters
    ----------
    prices : Prices
        The problem.
    root : Node
        All choices, with prices near their best.
    value : float
        Weight that the best sites known cover.
    gap : float
        Share of the value that the bound may stay above it.
    deadline : float
        Of ``time.perf_counter``.
    """
    cover = replace(root, price=_linear_prices(prices, root, deadline))
    root = min(root, prices.lowered(cover, value, POLISH, POLISH), key=lambda node: node.bound)
    size = FIRST_SITES
    while root.bound > value * (1 + gap) and size < 2 * prices.merged.sites and time.perf_counter() < deadline:
        root = replace(root, bound=min(root.bound, max(value, block_bound(prices, root, size, deadline))))
        size *= 2
    return root


def block_bound(prices: Prices, node: Node, size: int, deadline: float = math.inf) -> float:
    """Bound what p sites can cover, given what `node` leaves free, by blocks of about `size` sites.

    Every demand i belongs to one block k. Sites may be open in one block and shut in another, at prices π_jk whose sum
    over blocks is θ for every site, so that (Lagrangian decomposition, Guignard and Kim, 1987)

        max Σ_i w_i min(1, Σ_j y_j)  ≤  p θ + Σ_k max_y (Σ_{i in k} w_i min(1, Σ_j y_j) - Σ_j π_jk y_j).

    π_jk shares θ as the prices of cover of i in k share the worth of the site. Where a block's tree is cut short its
    bound counts, and that of the prices where that is lower: with no block solved the sum is the bound of the prices.
    """
    merged, price = prices.merged, np.clip(node.price, 0.0, prices.merged.weight)
    worth = np.bincount(merged.site, weights=price[merged.demand], minlength=merged.sites)
    theta = float(np.sort(worth)[-prices.p])
    total = prices.p * theta
    for rows in _blocks(merged, size):
        seconds = (deadline - time.perf_counter()) * PART
        total += _block_most(merged.of_demands(rows), price[rows], worth, theta, node.state, seconds)
    return total


def _block_most(
    block: Pairs, price: np.ndarray, worth: np.ndarray, theta: float, state: np.ndarray, seconds: float
) -> float:
    """Most that a block can cover, less what its sites cost there."""
    sites, site = np.unique(block.site, return_inverse=True)
    here, all_of_it = np.bincount(site, weights=price[block.demand]), worth[sites]
    cost = np.divide(here * theta, all_of_it, out=np.zeros(len(sites)), where=all_of_it > 0)
    forced, barred = state[sites] == OPEN, state[sites] == SHUT
    gained = np.select([forced, barred], [here - cost, 0.0], np.maximum(here - cost, 0.0))
    by_prices = float((block.weight - price).sum() + gained.sum())
    if seconds <= 0:
        return by_prices
    scale = float(block.weight.sum()) / SCALE
    model = _model(replace(block, site=site, weight=block.weight / scale), cost / scale, forced, barred, None)
    answer = solve_arrays(model, time_limit_s=seconds, nodes=NODES, presolve=False)  # it costs more than it saves
    return min(by_prices, scale * (-answer.certificate.bound + SLACK * SCALE))


def _linear_prices(prices: Prices, node: Node, deadline: float) -> np.ndarray:
    """Prices of cover of the linear program, by its interior; the ones known where it is not solved in time."""
    merged, free = prices.merged, np.zeros(prices.merged.sites)
    scale = float(merged.weight.sum()) / SCALE
    scaled = replace(merged, weight=merged.weight / scale)
    model = _model(scaled, free, node.state == OPEN, node.state == SHUT, prices.p)
    answer = solve_arrays(model, time_limit_s=deadline - time.perf_counter(), relax=True, interior=True)
    covers = -scale * answer.prices[: merged.demands] if len(answer.prices) else node.price
    return np.clip(covers, 0.0, merged.weight)


def _model(lists: Pairs, cost: np.ndarray, forced: np.ndarray, barred: np.ndarray, p: int | None) -> ArrayModel:
    """Cover the most weight less the cost of sites; the variables are sites, then demands covered."""
    sites, demands = len(cost), lists.demands
    near = sparse.csr_matrix((-np.ones(len(lists.site)), (lists.demand, lists.site)), shape=(demands, sites))
    rows = [[near, sparse.identity(demands, format="csr")]]
    lower, upper = np.full(demands, -np.inf), np.zeros(demands)
    if p is not None:
        rows.append([sparse.csr_matrix(np.ones((1, sites))), None])
        lower, upper = np.append(lower, p), np.append(upper, p)
    return ArrayModel(
        cost=np.concatenate([cost, -lists.weight]),
        matrix=sparse.bmat(rows, format="csr"),
        row_lower=lower,
        row_upper=upper,
        lower=np.concatenate([forced.astype(float), np.zeros(demands)]),
        upper=np.concatenate([1.0 - barred, np.ones(demands)]),
        integer=np.arange(sites + demands) < sites,
    )


def _blocks(lists: Pairs, size: int) -> Iterator[np.ndarray]:
    """Give the demands of each block: those most of whose sites are in it, the first of equals."""
    label = _neighbourhoods(lists, size)
    ones = np.ones(len(lists.site))
    counts = sparse.csr_matrix((ones, (lists.demand, label[lists.site])), shape=(lists.demands, label.max() + 1))
    block = np.asarray(counts.argmax(axis=1)).ravel()
    order = np.argsort(block, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(block))[:-1]):
        if len(rows):
            yield rows


def _neighbourhoods(lists: Pairs, size: int) -> np.ndarray:
    """Label sites by blocks, each grown from a lonely site by the one that shares most of its demand with the block."""
    spread = np.sqrt(lists.weight)[lists.demand], (lists.demand, lists.site)
    cover = sparse.csr_matrix(spread, shape=(lists.demands, lists.sites))
    shared = (cover.T @ cover).tocsr()
    shared.setdiag(0)
    whole = np.maximum(np.asarray(shared.sum(axis=1)).ravel(), TINY)
    left, label, block = whole.copy(), np.full(lists.sites, -1), 0
    while (label < 0).any():
        within, site, members = np.zeros(lists.sites), int(np.argmin(np.where(label < 0, left / whole, np.inf))), 0
        while members < size and label[site] < 0:
            row = slice(shared.indptr[site], shared.indptr[site + 1])
            label[site], members = block, members + 1
            within[shared.indices[row]] += shared.data[row]
            left[shared.indices[row]] -= shared.data[row]
            pull = np.where(label < 0, within / whole, 0.0)
            site = int(np.argmax(pull)) if pull.any() else site
        block += 1
    return label
