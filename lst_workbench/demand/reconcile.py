"""Forecasts of every level of a tree made to add up, exactly, in two passes over the tree."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.demand._kernels_tree import leaf_counts, leaves_first, tree_wls

THREADS = 2
SHOWN = 3
PINNINGS = 50


@dataclass(frozen=True)
class Tree:
    """Nodes by position: `parent` is -1 for a root; `order` has children before parents; variances before scaling."""

    ids: pd.Index
    parent: np.ndarray
    order: np.ndarray
    leaf: np.ndarray
    variance: np.ndarray


def reconcile(forecasts: pd.DataFrame, tree: pd.DataFrame, *, nonnegative: bool = False) -> pd.DataFrame:
    """Make forecasts of stores, places, prefectures, provinces and the nation add up.

    For each period the answer is the coherent vector x that minimises Σ (x_i - forecast_i)² / variance_i over all
    nodes of the tree: weighted least squares, `Wickramasuriya et al. (2019)
    <https://doi.org/10.1080/01621459.2018.1448825>`_ with a diagonal matrix. On a tree it needs no matrix: one pass
    upwards joins each node's forecast with the sum of its children, one pass downwards hands out the difference. The
    answer equals dense algebra to rounding.

    Parameters
    ----------
    forecasts : DataFrame
        ``node_id`` (or ``series_id``), ``period``, ``mean``, and optionally ``draw_*``, ``lo_*``, ``hi_*``. Every leaf
        needs all periods; a node above may have no forecast, and takes the sum of what is below it.
    tree : DataFrame
        ``node_id``, ``parent_id`` (empty for a root; a parent that has no row is a root); several roots are allowed,
        one a category, say. ``variance``, optional, is the error variance of each node's forecast (0 pins it);
        without it the variance is the number of leaves below the node (structural scaling).
    nonnegative : bool
        Whether leaves that would turn negative are pinned to 0, the others solved again, until none is below 0.

    Returns
    -------
    DataFrame
        Columns of `forecasts`, a row for each node of the tree and period, in the order of the tree. ``mean`` and each
        ``draw_*`` add up exactly. Quantiles of sums are not sums of quantiles: ``lo_*`` and ``hi_*`` move with their
        node's mean and keep their width, so that they **do not add up**; take quantiles of reconciled draws where that
        matters.

    Raises
    ------
    InputError
        Lists every fault: missing columns, circles, nodes with two parents, unknown nodes, leaves without a forecast.

    Examples
    --------
    >>> tree = pd.DataFrame({"node_id": ["all", "a", "b"], "parent_id": [None, "all", "all"]})
    >>> told = pd.DataFrame({"node_id": ["all", "a", "b"], "period": 1, "mean": [12.0, 4.0, 5.0]})
    >>> reconcile(told, tree)["mean"].tolist()
    [10.5, 4.75, 5.75]
    """
    nodes = tree_of(tree)
    key, periods, columns, given = _values_of(forecasts, nodes)
    variance = np.where(given, nodes.variance, np.inf)
    exact = [name for name in columns if name == "mean" or name.startswith("draw_")]
    answer = {name: _coherent(columns[name], nodes, variance, nonnegative) for name in exact}
    moved = answer["mean"] - columns["mean"]
    answer |= {name: values + moved for name, values in columns.items() if name not in answer}
    table = {key: nodes.ids.repeat(len(periods)), "period": np.tile(periods, len(nodes.ids))}
    return pd.DataFrame(table | {name: answer[name].T.reshape(-1) for name in columns})


def _coherent(values: np.ndarray, nodes: Tree, variance: np.ndarray, nonnegative: bool) -> np.ndarray:
    """Solve each period (a row) apart; rows are shared among threads."""

    def solve(row: np.ndarray) -> np.ndarray:
        x, spread = np.empty_like(row), variance
        tree_wls(nodes.parent, nodes.order, nodes.leaf, spread, row, x)
        if nonnegative:
            row = row.copy()
            for _ in range(PINNINGS):
                below = nodes.leaf & (x < 0)
                if not below.any():
                    break
                spread, row[below] = np.where(below, 0.0, spread), 0.0
                tree_wls(nodes.parent, nodes.order, nodes.leaf, spread, row, x)
        return x

    with ThreadPoolExecutor(THREADS) as pool:
        return np.array(list(pool.map(solve, values)))


def tree_of(tree: pd.DataFrame) -> Tree:
    """Read a table of nodes and their parents; every fault is named."""
    if missing := [name for name in ("node_id", "parent_id") if name not in tree]:
        raise InputError("tree", [f"column {', '.join(missing)} is missing"])
    ids = pd.Index(tree["node_id"])
    faults = []
    if ids.hasnans:
        faults.append(f"{int(ids.isna().sum()):,} rows have no node_id")
    if (doubled := ids.duplicated()).any():
        faults.append(f"{_named(ids[doubled])} stand in more than one row; a node has one parent")
    if faults:
        raise InputError("tree", faults)
    named = pd.Index(tree["parent_id"].dropna().unique())
    ids = ids.append(named.difference(ids)) if not named.isin(ids).all() else ids
    parent = np.full(len(ids), -1, np.int64)
    parent[: len(tree)] = ids.get_indexer(pd.Index(tree["parent_id"]))
    order = leaves_first(parent)
    if len(order) < len(ids):
        faults.append(f"{_named(ids.delete(order))} are below themselves; break the circle")
        raise InputError("tree", faults)
    leaf = np.bincount(parent[parent >= 0], minlength=len(ids)) == 0
    variance = leaf_counts(parent, order)
    if "variance" in tree:
        variance[: len(tree)] = told = pd.to_numeric(tree["variance"], errors="coerce").to_numpy(np.float64)
        variance[len(tree) :] = np.inf
        if not (told >= 0).all():
            raise InputError("tree", ["column variance must be at least 0 and not empty"])
    return Tree(ids, parent, order, leaf, variance)


def _values_of(forecasts: pd.DataFrame, nodes: Tree) -> tuple[str, np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Bring each value column to (period, node); say which nodes have a forecast."""
    key = "node_id" if "node_id" in forecasts else "series_id"
    if missing := [name for name in (key, "period", "mean") if name not in forecasts]:
        raise InputError("forecasts", [f"column {', '.join(missing)} is missing"])
    names = [n for n in forecasts if n == "mean" or str(n).startswith(("draw_", "lo_", "hi_"))]
    row, column, periods = _positions(forecasts[key], forecasts["period"], nodes.ids)
    if not len(periods):
        raise InputError("forecasts", ["there is no row with a period"])
    faults = []
    if (row < 0).any():
        faults.append(f"{_named(forecasts[key][row < 0].unique())} are not in the tree")
    known = row >= 0
    cell = column[known] * len(nodes.ids) + row[known]
    seen = np.bincount(cell, minlength=len(periods) * len(nodes.ids)).reshape(len(periods), -1)
    if (seen > 1).any():
        faults.append(f"{_named(nodes.ids[(seen > 1).any(0)])} have a period more than once")
    counts = (seen > 0).sum(0)
    if (lacking := (counts < len(periods)) & (nodes.leaf | (counts > 0))).any():
        faults.append(f"{_named(nodes.ids[lacking])} lack a forecast of some period; give each leaf all of them")
    columns = {}
    for name in names:
        values = np.full(seen.shape, np.nan)
        values.reshape(-1)[cell] = pd.to_numeric(forecasts[name], errors="coerce").to_numpy(np.float64)[known]
        if name == "mean" and not np.isfinite(values[:, counts == len(periods)]).all():
            faults.append("column mean has empty or infinite values, or words that are no numbers")
        columns[str(name)] = values
    if faults:
        raise InputError("forecasts", faults)
    return key, periods, columns, counts > 0


def _positions(ids: pd.Series, period: pd.Series, known: pd.Index) -> tuple[np.ndarray, np.ndarray, Any]:
    """Node and period of each row; quick where every node's periods stand together, as in a forecast's own table."""
    codes, periods = pd.factorize(period, sort=True)
    size = len(periods)
    if size and len(ids) % size == 0:
        first = ids.iloc[::size]
        together = codes.reshape(-1, size) == np.arange(size)
        if together.all() and all((ids.iloc[k::size].array == first.array).all() for k in range(1, size)):
            return np.repeat(known.get_indexer(pd.Index(first)), size), codes, periods
    return known.get_indexer(pd.Index(ids)), codes, periods


def _named(ids: Any) -> str:
    shown = ", ".join(str(i) for i in list(ids[:SHOWN]))
    return f"node {shown}" if len(ids) == 1 else f"{len(ids):,} nodes ({shown}{', …' if len(ids) > SHOWN else ''})"
