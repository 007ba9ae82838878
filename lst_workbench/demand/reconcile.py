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
MOST_PERIODS = 1_000  # of a node, to be read as one piece


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
    answer = dict(zip(exact, _coherent([columns[name] for name in exact], nodes, variance, nonnegative), strict=True))
    if len(answer) < len(columns):
        moved = answer["mean"] - columns["mean"]
        answer |= {name: values + moved for name, values in columns.items() if name not in answer}
    table = {key: nodes.ids.repeat(len(periods)), "period": periods[np.tile(np.arange(len(periods)), len(nodes.ids))]}
    return pd.DataFrame(table | {name: answer[name].reshape(-1) for name in columns}, copy=False)


def _coherent(columns: list[np.ndarray], nodes: Tree, variance: np.ndarray, nonnegative: bool) -> list[np.ndarray]:
    """Solve each column (node, period); columns are shared among threads."""

    def solve(values: np.ndarray) -> np.ndarray:
        x = np.empty_like(values)
        tree_wls(nodes.parent, nodes.order, nodes.leaf, variance, values, x)
        for t in np.flatnonzero((x[nodes.leaf] < 0).any(0)) if nonnegative else ():
            x[:, t] = _without_negatives(nodes, variance, values[:, t : t + 1])[:, 0]
        return x

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(solve, columns))


def _without_negatives(nodes: Tree, variance: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Pin leaves of one period that turn negative to 0, and solve the others again, until none is left."""
    x, values = np.empty_like(values), values.copy()
    for _ in range(PINNINGS):
        tree_wls(nodes.parent, nodes.order, nodes.leaf, variance, values, x)
        below = nodes.leaf & (x[:, 0] < 0)
        if not below.any():
            break
        variance, values[below] = np.where(below, 0.0, variance), 0.0
    return x


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
        if not (told >= 0).all() or np.isinf(variance[leaf]).any():
            raise InputError("tree", ["column variance must be at least 0 and not empty, and finite for leaves"])
    return Tree(ids, parent, order, leaf, variance)


def _values_of(forecasts: pd.DataFrame, nodes: Tree) -> tuple[str, pd.Index, dict[str, np.ndarray], np.ndarray]:
    """Bring each value column to (node, period); say which nodes have a forecast."""
    key = "node_id" if "node_id" in forecasts else "series_id"
    if missing := [name for name in (key, "period", "mean") if name not in forecasts]:
        raise InputError("forecasts", [f"column {', '.join(missing)} is missing"])
    row, column, periods, width = _positions(forecasts[key], forecasts["period"], nodes.ids)
    if not len(periods):
        raise InputError("forecasts", ["there is no row with a period"])
    faults, known, size = [], row >= 0, len(periods) // width
    if not known.all():
        faults.append(f"{_named(forecasts[key].iloc[::width][~known].unique())} are not in the tree")
    place = (row * size + column)[known]
    seen = np.bincount(place, minlength=len(nodes.ids) * size).reshape(-1, size)
    if (doubled := (seen > 1).any(1)).any():
        faults.append(f"{_named(nodes.ids[doubled])} have a period more than once")
    counts = (seen > 0).sum(1)
    if (lacking := (counts < size) & (nodes.leaf | (counts > 0))).any():
        faults.append(f"{_named(nodes.ids[lacking])} lack a forecast of some period; give each leaf all of them")
    columns = {}
    for name in (n for n in forecasts if n == "mean" or str(n).startswith(("draw_", "lo_", "hi_"))):
        told = pd.to_numeric(forecasts[name], errors="coerce").to_numpy(np.float64).reshape(-1, width)
        values = np.full((seen.size, width), np.nan)
        values[place] = told if known.all() else told[known]
        columns[str(name)] = values.reshape(len(nodes.ids), -1)
    if not np.isfinite(columns["mean"][counts == size]).all():
        faults.append("column mean has empty or infinite values, or words that are no numbers")
    if faults:
        raise InputError("forecasts", faults)
    return key, periods, columns, counts > 0


def _positions(ids: pd.Series, period: pd.Series, known: pd.Index) -> tuple[np.ndarray, Any, pd.Index, int]:
    """Node and period of each row, and how many rows go together: all periods of a node, as in a forecast, or one."""
    width = _together(ids, period)
    if width > 1:
        return known.get_indexer(pd.Index(ids.iloc[::width])), 0, pd.Index(period.iloc[:width]), width
    codes, periods = pd.factorize(period, sort=True)
    return known.get_indexer(pd.Index(ids)), codes, pd.Index(periods), 1


def _together(ids: pd.Series, period: pd.Series) -> int:
    """How many rows each node has, where they stand together and have the same ascending periods; 0 where not."""
    size = int((ids.iloc[:MOST_PERIODS] == ids.iloc[0]).sum()) if len(ids) else 0
    if size < 2 or len(ids) % size:
        return 0
    when = pd.Index(period.iloc[:size])
    if when.hasnans or not (when.is_unique and when.is_monotonic_increasing):
        return 0
    whole = all((ids.iloc[k::size].array == ids.iloc[::size].array).all() for k in range(1, size))
    return size if whole and all((period.iloc[k::size].array == when[k]).all() for k in range(size)) else 0


def _named(ids: Any) -> str:
    shown = ", ".join(str(i) for i in list(ids[:SHOWN]))
    return f"node {shown}" if len(ids) == 1 else f"{len(ids):,} nodes ({shown}{', …' if len(ids) > SHOWN else ''})"
