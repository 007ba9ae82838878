"""Forecasts of a whole tree, store to nation: each level by its own models, then made to add up, intervals included."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lst_workbench.contracts import InputError
from lst_workbench.demand.forecast import ForecastParams, Forecasts, checked_levels, forecast_panel
from lst_workbench.demand.panel import Panel, panel_of
from lst_workbench.demand.reconcile import Tree, tree_of

LEAST_SPREAD = 1e-6  # of a node's mean
BASE = 0.8  # level of the interval that a node's spread is read from
LEAST_OWN = 0.05  # of a child's variance that is its own and not its parent's


@dataclass(frozen=True)
class TreeParams:
    """Tuning of `forecast_tree`.

    Parameters
    ----------
    draws : int
        Joint futures that intervals are read from.
    seed : int
        Of the draws.
    forecast : ForecastParams
        Of the forecast of each level.
    """

    draws: int = 200
    seed: int = 7
    forecast: ForecastParams = ForecastParams()


def forecast_tree(
    sales: pd.DataFrame,
    tree: pd.DataFrame,
    horizon: int,
    freq: str = "W-MON",
    levels: Sequence[float] = (0.8, 0.95),
    *,
    params: TreeParams = TreeParams(),  # noqa: B008
) -> Forecasts:
    """Forecast every node of a tree, stores, places, prefectures, provinces and the nation, so that all adds up.

    Each level of the tree is a panel of its own: `forecast_panel` chooses its season (Spring Festival included) and its
    method, exponential smoothing with and without a damped trend among them, by rolling origin.

    The error of a child, as a share of its mean, is taken for that of its parent plus one of its own; both have the
    size that the nodes' own intervals say. Under this model minimum-trace reconciliation (`Wickramasuriya et al. (2019)
    <https://doi.org/10.1080/01621459.2018.1448825>`_) needs no matrix: what children and parent disagree about is the
    children's own error, so that the parent stays and each child moves with it, and takes its part of the rest by its
    own variance. Quantiles of a sum are not sums of quantiles, so intervals come from joint futures of the same model:
    each adds up exactly; their quantiles, node by node, do not.

    Parameters
    ----------
    sales, horizon, freq, levels
        As for `forecast_panel`; ``series_id`` are leaves of the tree.
    tree : DataFrame
        ``node_id``, ``parent_id``, as for `reconcile`; leaves without sales are left out.
    params : TreeParams
        Tuning.

    Returns
    -------
    Forecasts
        ``node_id``, ``period``, ``mean``, ``lo_80``, …; ``.tables`` holds ``methods`` and ``left_out`` with their
        ``depth`` (0 for a root), ``nodes`` (node_id, depth) and ``base`` (the means before they were made to add up).

    Raises
    ------
    InputError
        As for `forecast_panel` and `reconcile`; sales of series that are no leaves of the tree.

    Examples
    --------
    >>> weeks = pd.date_range("2017-01-02", periods=60, freq="W-MON")
    >>> sales = pd.DataFrame({"series_id": np.repeat(["a", "b"], 60), "period": np.tile(weeks, 2)})
    >>> sales["quantity"] = np.tile([4.0, 6.0, 5.0], 40)
    >>> tree = pd.DataFrame({"node_id": ["a", "b", "all"], "parent_id": ["all", "all", None]})
    >>> found = forecast_tree(sales, tree, horizon=1).set_index("node_id")["mean"]
    >>> bool(abs(found["a"] + found["b"] - found["all"]) < 1e-9)
    True
    """
    shares = checked_levels(horizon, levels)
    panel = panel_of(sales, freq, params.forecast.promotion_price)
    nodes = _pruned(tree, panel)
    depth = _depths(nodes)
    history = _added_up(panel, nodes)
    mean, spread = np.zeros((2, len(nodes.ids), horizon))
    told: dict[str, list[pd.DataFrame]] = {"methods": [], "left_out": []}
    for level in np.unique(depth):
        rows = np.flatnonzero(depth == level)
        found = _forecast_level(sales, panel, history, nodes, rows, horizon, freq, params.forecast)
        mean[rows], spread[rows] = found[0], found[1]
        for name, table in found[2].items():
            told[name].append(table.assign(depth=level))
    spread = np.maximum(spread, LEAST_SPREAD * np.maximum(mean, 1e-9))
    answer = _agreed(mean, spread, nodes, depth)
    bands = _bands(answer, spread, nodes, depth, shares, params)
    periods = panel.calendar.labels(np.arange(panel.last + 1, panel.last + horizon + 1))
    columns = {
        "node_id": nodes.ids.repeat(horizon),
        "period": periods[np.tile(np.arange(horizon), len(nodes.ids))],
        "mean": answer.reshape(-1),
        **{name: band.reshape(-1) for name, band in bands.items()},
    }
    table = Forecasts(columns)
    table.tables = {name: pd.concat(parts, ignore_index=True) for name, parts in told.items()}
    table.tables["nodes"] = pd.DataFrame({"node_id": nodes.ids, "depth": depth})
    table.tables["base"] = pd.DataFrame(columns)[["node_id", "period"]].assign(mean=mean.reshape(-1))
    table.tables["series"] = table.tables["nodes"].rename(columns={"node_id": "series_id"})
    return table


def backtest_tree(
    sales: pd.DataFrame,
    tree: pd.DataFrame,
    horizon: int,
    freq: str = "W-MON",
    levels: Sequence[float] = (0.8, 0.95),
    *,
    params: TreeParams = TreeParams(),  # noqa: B008
) -> pd.DataFrame:
    """Judge `forecast_tree` on the last periods, level by level, before and after it was made to add up.

    Returns
    -------
    DataFrame
        depth, nodes, wape, bias, wape_base (each level alone), interval_coverage_80 … a level. Periods in which a leaf
        below a node is unknown are judged with its usual sales.

    Examples
    --------
    >>> weeks = pd.date_range("2017-01-02", periods=60, freq="W-MON")
    >>> sales = pd.DataFrame({"series_id": np.repeat(["a", "b"], 60), "period": np.tile(weeks, 2)})
    >>> sales["quantity"] = np.tile([4.0, 6.0, 5.0], 40)
    >>> tree = pd.DataFrame({"node_id": ["a", "b", "all"], "parent_id": ["all", "all", None]})
    >>> backtest_tree(sales, tree, horizon=4)["depth"].tolist()
    [0, 1]
    """
    shares = checked_levels(horizon, levels)
    panel = panel_of(sales, freq, params.forecast.promotion_price)
    if panel.quantity.shape[1] <= 2 * horizon:
        raise InputError("sales", [f"{panel.quantity.shape[1]} periods are too few to judge {horizon} ahead"])
    past = panel.until(horizon)
    known = _long(past, past.ids.to_numpy(), past.quantity)
    found = forecast_tree(known, tree, horizon, freq, levels, params=params)
    nodes = tree_of(_with_leaves(tree, panel.ids))
    actual = _added_up(panel, nodes)[:, -horizon:]
    ids = found["node_id"].to_numpy()[::horizon]
    actual = actual[nodes.ids.get_indexer(ids)]
    depth = found.tables["nodes"]["depth"].to_numpy()

    def wide(table: pd.DataFrame, name: str) -> np.ndarray:
        return table[name].to_numpy(np.float64).reshape(-1, horizon)

    mean, base = wide(found, "mean"), wide(found.tables["base"], "mean")
    rows = []
    for level in np.unique(depth):
        at = depth == level
        total = max(float(actual[at].sum()), 1e-12)
        row = {
            "depth": int(level),
            "nodes": int(at.sum()),
            "wape": float(np.abs(mean[at] - actual[at]).sum() / total),
            "bias": float((mean[at] - actual[at]).sum() / total),
            "wape_base": float(np.abs(base[at] - actual[at]).sum() / total),
        }
        for share in shares:
            low, high = (wide(found, f"{side}_{100 * share:g}")[at] for side in ("lo", "hi"))
            row[f"interval_coverage_{100 * share:g}"] = float(((actual[at] >= low) & (actual[at] <= high)).mean())
        rows.append(row)
    return pd.DataFrame(rows)


def _forecast_level(
    sales: pd.DataFrame,
    panel: Panel,
    history: np.ndarray,
    nodes: Tree,
    rows: np.ndarray,
    horizon: int,
    freq: str,
    params: ForecastParams,
) -> tuple[np.ndarray, np.ndarray, dict[str, pd.DataFrame]]:
    """Mean and spread of the nodes of one level, in their order, and what the forecast has to say."""
    whole = nodes.leaf[rows].all() and len(rows) == len(panel.ids)
    table = sales if whole else _long(panel, rows, history[rows])
    ids = nodes.ids[rows] if whole else rows
    found = forecast_panel(table, horizon, freq, levels=(BASE,), params=params)
    place = pd.Index(found["series_id"].to_numpy()[::horizon]).get_indexer(pd.Index(ids))
    low, high, mean = (found[c].to_numpy(np.float64).reshape(-1, horizon)[place] for c in ("lo_80", "hi_80", "mean"))
    spread = (high - low) / (2 * ndtri((1 + BASE) / 2))
    return mean, spread, {name: found.tables[name] for name in ("methods", "left_out")}


def _long(panel: Panel, names: np.ndarray, values: np.ndarray) -> pd.DataFrame:
    """Bring rows (series, period) back to a table."""
    periods = panel.calendar.labels(panel.ordinals)
    columns = {"series_id": names.repeat(len(periods)), "period": np.tile(periods, len(names))}
    return pd.DataFrame({**columns, "quantity": values.reshape(-1)}).dropna(subset="quantity")


def _added_up(panel: Panel, nodes: Tree) -> np.ndarray:
    """Sales of every node (node, period); a leaf sells its usual where unknown, nothing before its first row."""
    known = ~np.isnan(panel.quantity)
    usual = np.where(known, panel.quantity, 0).sum(1) / np.maximum(known.sum(1), 1)
    begun = np.maximum.accumulate(known, axis=1)
    filled = np.where(known, panel.quantity, np.where(begun, usual[:, None], 0.0))
    total = np.zeros((len(nodes.ids), panel.quantity.shape[1]))
    total[nodes.ids.get_indexer(panel.ids)] = filled
    for node in nodes.order:  # children before parents
        if nodes.parent[node] >= 0:
            total[nodes.parent[node]] += total[node]
    return total


def _pruned(tree: pd.DataFrame, panel: Panel) -> Tree:
    """Drop the leaves that sold nothing in the table, and whatever is then bare."""
    kept = _with_leaves(tree, panel.ids)
    nodes = tree_of(kept)
    strange = panel.ids[nodes.ids.get_indexer(panel.ids) < 0]
    leaf = dict(zip(nodes.ids, nodes.leaf, strict=True))
    inner = [one for one in panel.ids if one in leaf and not leaf[one]]
    faults = [f"series {one} is not in the tree; give it a parent" for one in list(strange[:3])]
    faults += [f"series {one} has others below it; only leaves sell" for one in inner[:3]]
    if faults:
        raise InputError("the tree of sales", faults)
    return nodes


def _with_leaves(tree: pd.DataFrame, ids: pd.Index) -> pd.DataFrame:
    """Keep the nodes that have a series of the panel below them."""
    if missing := [name for name in ("node_id", "parent_id") if name not in tree]:
        raise InputError("tree", [f"column {', '.join(missing)} is missing"])
    kept, above = tree, None
    while above is None or len(above) < len(kept):
        kept = kept if above is None else above
        above = kept[kept["node_id"].isin(ids) | kept["node_id"].isin(kept["parent_id"].dropna())]
    return above


def _depths(nodes: Tree) -> np.ndarray:
    depth = np.zeros(len(nodes.ids), np.int64)
    for node in nodes.order[::-1]:  # parents before children
        if nodes.parent[node] >= 0:
            depth[node] = depth[nodes.parent[node]] + 1
    return depth


def _agreed(mean: np.ndarray, spread: np.ndarray, nodes: Tree, depth: np.ndarray) -> np.ndarray:
    """Make the means add up, from the roots down: x_i = f_i + share_i (x_p - f_p) + own_i / Σ own × what is left."""
    x = np.maximum(mean, 0.0)
    for rows, parent, family in _families(nodes, depth):
        share, part = _shares(mean[rows], spread[rows], spread[parent], family)
        moved = mean[rows] + share * (x[parent] - mean[parent])
        x[rows] = _fitted(moved + part * (x[parent] - _of_family(moved, family)), x[parent], family)
    return x


def _bands(
    mean: np.ndarray, spread: np.ndarray, nodes: Tree, depth: np.ndarray, levels: np.ndarray, params: TreeParams
) -> dict[str, np.ndarray]:
    """Quantiles over joint futures, each of which adds up (node, horizon)."""
    rng = np.random.default_rng(params.seed)
    bands = {f"{side}_{100 * level:g}": np.zeros_like(mean) for level in levels for side in ("lo", "hi")}
    families = list(_families(nodes, depth))
    for h in range(mean.shape[1]):
        middle, width = mean[:, h : h + 1], spread[:, h : h + 1]
        future = np.maximum(middle + width * rng.standard_normal((len(mean), params.draws)), 0.0)
        for rows, parent, family in families:
            share, part = _shares(middle[rows], width[rows], width[parent], family)
            own = np.sqrt(_own(width[rows], share, width[parent])) * rng.standard_normal((len(rows), params.draws))
            own -= part * _of_family(own, family)
            moved = middle[rows] + share * (future[parent] - middle[parent]) + own
            future[rows] = _fitted(moved, future[parent], family)
        for level in levels:
            low, high = np.quantile(future, ((1 - level) / 2, (1 + level) / 2), axis=1)
            bands[f"lo_{100 * level:g}"][:, h], bands[f"hi_{100 * level:g}"][:, h] = low, high
    return bands


def _families(nodes: Tree, depth: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Nodes of each depth below the roots, their parents, and the number of each one's family."""
    for level in range(1, int(depth.max()) + 1):
        rows = np.flatnonzero(depth == level)
        parent = nodes.parent[rows]
        yield rows, parent, np.unique(parent, return_inverse=True)[1]


def _of_family(values: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Sum over each family, for each of its members."""
    sums = np.zeros((int(family.max()) + 1, values.shape[1]))
    np.add.at(sums, family, values)
    return sums[family]


def _shares(
    mean: np.ndarray, spread: np.ndarray, parent_spread: np.ndarray, family: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Each child's share of its family's mean, and of its family's own variance."""
    share = mean / np.maximum(_of_family(mean, family), 1e-12)
    own = _own(spread, share, parent_spread)
    return share, own / np.maximum(_of_family(own, family), 1e-300)


def _own(spread: np.ndarray, share: np.ndarray, parent_spread: np.ndarray) -> np.ndarray:
    """Variance of a child that is not its parent's."""
    return np.maximum(spread**2 - (share * parent_spread) ** 2, LEAST_OWN * spread**2)


def _fitted(values: np.ndarray, parent: np.ndarray, family: np.ndarray) -> np.ndarray:
    """Nothing below 0, and the family adds up to its parent again."""
    kept = np.maximum(values, 0.0)
    total = _of_family(kept, family)
    return np.where(total > 0, kept * parent / np.where(total > 0, total, 1.0), 0.0)
