"""Prices from a small linear program in which like stores are planned together."""

from typing import NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from lst_workbench.rollout.dual import Dual


class ClassPlan(NamedTuple):
    """Best plan of the classes.

    ``prices`` are in the order of ``dual.limit``, all at least 0; ``value`` is what the classes reach: how far the
    bound at the prices lies above it says what the classes cost; ``meant`` is the month in which each store starts, -1
    for none, after rounding down to whole stores.
    """

    prices: np.ndarray
    value: float
    meant: np.ndarray


def plan_classes(dual: Dual, most_classes: int) -> ClassPlan:
    r"""Plan classes of like stores as a linear program; its duals price capacities and targets.

    Stores of one territory, warehouse and quota group, in order of value per visit, are cut into classes of equal
    size. With :math:`y_{ct}` the stores of class c that start in t, n its size and the rest its means:

    .. math::

        \max \; & \sum_{ct} v_c f_t y_{ct} - s \sum_q l_q \\
        & \sum_t y_{ct} \le n_c, \qquad \text{loads of } y \text{ within the capacities, counts within the quotas}

    The duals are prices for every store: the bound is computed from the stores themselves, so classes that are too
    coarse cost some of the gap and never its validity. Where stores are much alike this is far sharper than the
    smoothed dual, which cannot tell them apart.

    Parameters
    ----------
    dual : Dual
        Of all stores.
    most_classes : int
        Classes in all, at most about so many.

    Returns
    -------
    ClassPlan
    """
    stores, months = dual.stores, dual.n_months
    of_store, part = _classes(dual, most_classes)
    size = np.bincount(of_store).astype(np.float64)
    mean = {name: np.bincount(of_store, getattr(stores, name)) / size for name in stores._fields[:5]}
    rows = sparse.vstack(
        [
            _loads(part.territory, mean["signup"], dual.n_territories, months, later=mean["care"]),
            _loads(part.warehouse, mean["volume"], dual.n_warehouses, months, later=mean["volume"]),
            _loads(np.zeros(len(size), np.int64), mean["capital"], 1, months, later=mean["capital"]),
            _counts(dual, part.group, months),
        ]
    ).tocsr()
    lacks = np.flatnonzero(dual.sense < 0)
    shortfall = sparse.csr_matrix((-np.ones(len(lacks)), (lacks, np.arange(len(lacks)))), (len(dual.limit), len(lacks)))
    once = sparse.kron(sparse.eye(len(size)), np.ones((1, months)))
    matrix = sparse.vstack(
        [sparse.hstack([rows, shortfall]), sparse.hstack([once, sparse.csr_matrix((len(size), len(lacks)))])]
    )
    worth = np.outer(mean["value"], dual.problem.factor).ravel()
    cost = np.concatenate([-worth, np.full(len(lacks), dual.shortfall_price)])
    limit = np.concatenate([dual.limit * np.where(dual.sense < 0, -1.0, 1.0), size])
    answer = linprog(cost, A_ub=matrix, b_ub=limit, bounds=(0, None), method="highs-ds")
    if answer.status != 0:
        return ClassPlan(np.zeros(dual.limit.size), 0.0, np.full(len(of_store), -1))
    prices = np.maximum(0.0, -answer.ineqlin.marginals[: dual.limit.size])
    started = answer.x[: worth.size].reshape(-1, months)
    return ClassPlan(prices, -float(answer.fun), _whole_stores(started, of_store, part.territory))


def _whole_stores(started: np.ndarray, of_store: np.ndarray, territory: np.ndarray) -> np.ndarray:
    """Months of single stores: what a territory starts in a month is rounded down as a whole, not class by class."""
    first = np.flatnonzero(np.append(True, np.diff(territory) != 0))
    total = np.cumsum(started, axis=0)
    before = np.repeat(total[first] - started[first], np.diff(np.append(first, len(territory))), axis=0)
    upto = np.floor(total - before + WHOLE)
    upto_last = np.vstack([np.zeros(started.shape[1]), upto[:-1]])
    upto_last[first] = 0
    count = (upto - upto_last).astype(np.int64)
    ends = np.cumsum(count, axis=1)
    rank = np.arange(len(of_store)) - np.searchsorted(of_store, of_store)
    month = (rank[:, None] >= ends[of_store]).sum(axis=1)
    return np.where(month < started.shape[1], month, -1)


WHOLE = 1e-6  # a linear program's 3.9999999 is 4


class _Part(NamedTuple):
    """Territory, warehouse and quota group of each class."""

    territory: np.ndarray
    warehouse: np.ndarray
    group: np.ndarray


def _classes(dual: Dual, most: int) -> tuple[np.ndarray, _Part]:
    """Class of each store, and what the stores of a class have in common."""
    s = dual.stores
    n = len(s.value)
    new_part = np.ones(n, bool)
    new_part[1:] = (np.diff(s.territory) != 0) | (np.diff(s.warehouse) != 0) | (np.diff(s.group) != 0)
    part = np.cumsum(new_part) - 1
    first = np.flatnonzero(new_part)
    length = np.diff(np.append(first, n))
    pieces = np.maximum(1, np.round(length * (most / n)).astype(np.int64)).clip(max=length)
    piece = (np.arange(n) - first[part]) * pieces[part] // length[part]
    of_store = (np.cumsum(pieces) - pieces)[part] + piece
    leader = np.flatnonzero(np.append(True, np.diff(of_store) != 0))
    return of_store, _Part(s.territory[leader], s.warehouse[leader], s.group[leader])


def _loads(where: np.ndarray, at_start: np.ndarray, rows: int, months: int, later: np.ndarray) -> sparse.csr_matrix:
    """Load on row (where, u) of a start in month t: `at_start` for u = t, `later` for u > t."""
    t, u = np.triu_indices(months)
    load = np.where(t == u, at_start[:, None], later[:, None])
    row = where[:, None] * months + u
    column = np.arange(len(where))[:, None] * months + t
    return sparse.csr_matrix((load.ravel(), (row.ravel(), column.ravel())), (rows * months, len(where) * months))


def _counts(dual: Dual, group: np.ndarray, months: int) -> sparse.csr_matrix:
    """Count of a start in month t on each target, negative where the target is a floor."""
    targets = dual.problem.targets
    early = np.arange(months) <= targets.month[:, None]
    counted = targets.member[group].T[:, :, None] & early[:, None, :]
    return sparse.csr_matrix(counted.reshape(len(targets.limit), len(group) * months) * targets.sense[:, None])
