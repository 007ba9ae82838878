"""Display: how many facings each item gets, and on which shelf level."""

import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from lst_workbench.assortment._facing_kernels import facings_of_stores
from lst_workbench.assortment._facing_search import NOT_ALLOWED
from lst_workbench.assortment.facing_exact import facings_by_highs
from lst_workbench.assortment.facing_tables import FacingProblem, read_facing_tables
from lst_workbench.contracts import LstError
from lst_workbench.optim import Certificate, Status, in_chunks

SAFE = 1 - 1e-6  # rounding must not push a closed gap over the line


@dataclass(frozen=True)
class FacingParams:
    """Tuning of `allocate_facings`.

    Parameters
    ----------
    rounds : int
        Steps of the dual, which prices shelf width.
    steps : int
        Changes tried in one annealing, times the items of the store.
    anneals : int
        Annealings at most, as long as a store's gap is wider than `close_gap`.
    nodes : int
        Partial plans looked at, where annealing did not close the gap, to lower the bound.
    close_gap : float
        Gap up to which a store counts as solved.
    exact_stores : int
        Up to so many stores in a call, gaps that are still open are closed by HiGHS.
    exact_s : float
        Seconds of HiGHS a store at most.
    block_stores : int
        Stores in memory at once.
    """

    rounds: int = 300
    steps: int = 1000
    anneals: int = 16
    nodes: int = 1_000_000
    close_gap: float = 1e-3
    exact_stores: int = 200
    exact_s: float = 10.0
    block_stores: int = 2048


@dataclass(frozen=True)
class FacingsResult:
    """Facings and levels with their bounds, prices and moves; see `allocate_facings`."""

    tables: dict[str, pd.DataFrame] = field(repr=False)
    certificate: Certificate

    def kpis(self) -> dict[str, float]:
        """RMB a week over all stores, with today's beside it, and the worst gap."""
        stores = self.tables["stores"]
        return {
            "stores": float(len(stores)),
            "refused": float(self.tables["refused"]["store_id"].nunique()),
            "value_rmb_week": float(stores["value_rmb_week"].sum()),
            "today_rmb_week": float(stores["today_rmb_week"].sum()),
            "worst_gap_share": float(stores["gap_share"].max()),
        }

    def explain(self, store_id: object) -> pd.DataFrame:
        """List what to move in one store, the most worth first.

        Raises
        ------
        LstError
            With the reason when the store was refused.
        """
        if not (self.tables["stores"]["store_id"] == store_id).any():
            refused = self.tables["refused"]
            mine = refused[refused["store_id"] == store_id]
            why = mine.sort_values("sku", na_position="first", key=pd.notna)["reason"]  # of the store before its items
            raise LstError(why.iloc[0] + "." if len(why) else f"store {store_id} is not in the tables.")
        return self.tables["moves"].query("store_id == @store_id").reset_index(drop=True)


def allocate_facings(
    shelves: pd.DataFrame,
    items: pd.DataFrame,
    sales: pd.DataFrame,
    space_elasticity: float,
    deliveries_week: float,
    params: FacingParams = FacingParams(),
) -> FacingsResult:
    """Share out shelf width: facings and level of every item a store carries, for the highest margin a week.

    maximise sum_i margin_i min(q_i (a_l / a_0) (n_i / n_0)^e_i, n_i units_i deliveries) over level l and facings
    n >= 1 of each item, subject to sum of n_i width_i <= shelf width of each level. The minimum is what stands on the
    shelf between two deliveries. Store by store: prices of shelf width give a bound (a Lagrangian dual, valid at any
    price) and a first plan; annealing improves it, and where a gap is left, branching over the items closes it
    (HiGHS, in calls of few stores).

    Parameters
    ----------
    shelves : DataFrame
        store_id, level (1 is the lowest), shelf_cm[, attention (1): how much more an item sells on this level].
    items : DataFrame
        sku, facing_cm, facing_units (units one facing holds), margin_rmb (a unit)[, space_elasticity, max_facings (12),
        lowest_level, highest_level: heavy goods stand low].
    sales : DataFrame
        store_id, sku, quantity_week[, facings (1), level]: units a week, and the facings and level they were sold at.
    space_elasticity : float
        Percent more sales for one percent more facings, where items do not say their own.
    deliveries_week : float
        Times a week that shelves are filled up.
    params : FacingParams
        Tuning.

    Returns
    -------
    FacingsResult
        ``tables["facings"]`` (store_id, sku, level, facings, sales_week, value_rmb_week, today_rmb_week);
        ``tables["shelves"]`` (store_id, level, shelf_cm, used_cm, price_rmb_cm: RMB a week for one more centimetre);
        ``tables["stores"]`` (store_id, value_rmb_week, bound_rmb_week, gap_share, status, today_rmb_week);
        ``tables["moves"]`` (store_id, sku, from_level, to_level, from_facings, to_facings, gain_rmb_week), the most
        worth first; ``tables["refused"]`` (store_id, sku, reason). ``certificate``: sums over stores.

    Raises
    ------
    InputError
        When columns are missing or no store can be arranged; single faults are listed in ``refused``.

    Examples
    --------
    >>> shelves = pd.DataFrame({"store_id": 1, "level": [1, 2], "shelf_cm": 40.0, "attention": [1.0, 1.3]})
    >>> items = pd.DataFrame({"sku": ["a", "b"], "facing_cm": 10.0, "facing_units": 6, "margin_rmb": [1.0, 2.0]})
    >>> sales = pd.DataFrame({"store_id": 1, "sku": ["a", "b"], "quantity_week": [10.0, 20.0], "level": 1})
    >>> result = allocate_facings(shelves, items, sales, space_elasticity=0.17, deliveries_week=2)
    >>> result.tables["facings"][["sku", "level", "facings", "value_rmb_week"]].round(2)
      sku  level  facings  value_rmb_week
    0   a      1        4           12.66
    1   b      2        4           65.82
    """
    started = time.perf_counter()
    problem = read_facing_tables(shelves, items, sales, space_elasticity)
    blocks = [
        _solve_block(problem, first, min(first + params.block_stores, len(problem.store_ids)), deliveries_week, params)
        for first in range(0, len(problem.store_ids), params.block_stores)
    ]
    tables = {name: pd.concat([block[name] for block in blocks], ignore_index=True) for name in blocks[0]}
    tables["refused"] = pd.concat([problem.refused, tables.pop("unpacked")], ignore_index=True)
    solved = tables["stores"]
    value, bound = float(solved["value_rmb_week"].sum()), float(solved["bound_rmb_week"].sum())
    status = Status.WITHIN_GAP if (solved["status"] == Status.WITHIN_GAP).all() else Status.FEASIBLE
    return FacingsResult(tables, Certificate(value, bound, status, time.perf_counter() - started, maximise=True))


def _solve_block(
    problem: FacingProblem, first: int, last: int, deliveries_week: float, params: FacingParams
) -> dict[str, pd.DataFrame]:
    """Tables of one run of stores."""
    rows = problem.rows.iloc[problem.first_row[first] : problem.first_row[last]].reset_index(drop=True)
    shelves = problem.shelves.iloc[problem.first_shelf[first] : problem.first_shelf[last]].reset_index(drop=True)
    first_row = problem.first_row[first : last + 1] - problem.first_row[first]
    first_shelf = problem.first_shelf[first : last + 1] - problem.first_shelf[first]
    store_of_row = np.repeat(np.arange(last - first), np.diff(first_row))
    worth, most = _worth(rows, shelves, store_of_row, first_shelf, deliveries_week)
    level, facings = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    value, bound, price = np.zeros(last - first), np.zeros(last - first), np.zeros(len(shelves))
    rows_of = (
        first_row, first_shelf, worth, most, rows["facing_cm"].to_numpy(float), shelves["shelf_cm"].to_numpy(float),
        params.rounds, params.steps, params.anneals, params.nodes, SAFE * params.close_gap, level, facings, value,
        bound, price,
    )  # fmt: skip
    in_chunks(len(value), partial(facings_of_stores, *rows_of))
    if len(problem.store_ids) <= params.exact_stores:
        _close(first_row, first_shelf, worth, most, rows, shelves, params, level, facings, value, bound)
    packed = np.isfinite(value)
    bound = np.maximum(bound, np.where(packed, value, -np.inf))
    shelf = first_shelf[store_of_row] + level
    table = pd.DataFrame({
        "store_id": rows["store_id"], "sku": rows["sku"], "level": shelves["level"].to_numpy()[shelf].astype(int),
        "facings": facings, "value_rmb_week": worth[np.arange(len(rows)), level, np.maximum(facings, 1) - 1],
        "today_rmb_week": _today(rows, deliveries_week),
    })  # fmt: skip
    table.insert(4, "sales_week", table["value_rmb_week"] / rows["margin_rmb"].where(rows["margin_rmb"] != 0, 1.0))
    used = np.bincount(shelf, facings * rows["facing_cm"], len(shelves))
    gap = (bound - value) / np.maximum(np.abs(bound), 1e-12)
    today = np.bincount(store_of_row, table["today_rmb_week"], last - first)
    status = np.where(gap <= params.close_gap, Status.WITHIN_GAP.value, Status.FEASIBLE.value)
    return {
        "facings": table[packed[store_of_row]],
        "unpacked": _unpacked(problem.store_ids[first:last][~packed]),
        "shelves": shelves[["store_id", "level", "shelf_cm"]].assign(used_cm=used, price_rmb_cm=price),
        "stores": pd.DataFrame({
            "store_id": problem.store_ids[first:last], "value_rmb_week": value, "bound_rmb_week": bound,
            "gap_share": gap, "status": status, "today_rmb_week": today,
        })[packed],
        "moves": _moves(table[packed[store_of_row]], rows[packed[store_of_row]]),
    }  # fmt: skip


def _close(
    first_row: np.ndarray, first_shelf: np.ndarray, worth: np.ndarray, most: np.ndarray, rows: pd.DataFrame,
    shelves: pd.DataFrame, params: FacingParams, level: np.ndarray, facings: np.ndarray, value: np.ndarray,
    bound: np.ndarray,
) -> None:  # fmt: skip
    """Let HiGHS solve the stores whose gap is wider than `close_gap`, or for which no arrangement was found."""
    width, room = rows["facing_cm"].to_numpy(float), shelves["shelf_cm"].to_numpy(float)
    with np.errstate(invalid="ignore"):
        opened = np.flatnonzero(~(bound - value <= params.close_gap * np.abs(bound)))
    for s in opened:
        mine, levels = slice(first_row[s], first_row[s + 1]), slice(first_shelf[s], first_shelf[s + 1])
        of_store = worth[mine, : levels.stop - levels.start], most[mine], width[mine], room[levels]
        level_of, n_of, found = facings_by_highs(*of_store, SAFE * params.close_gap, params.exact_s)
        used = np.bincount(level_of, n_of * width[mine], levels.stop - levels.start)
        if n_of.all() and (used <= room[levels] + 1e-6).all() and found.value > value[s]:
            level[mine], facings[mine] = level_of, n_of
            value[s] = of_store[0][np.arange(len(n_of)), level_of, n_of - 1].sum()
        bound[s] = min(bound[s], found.bound)


def _unpacked(store_ids: np.ndarray) -> pd.DataFrame:
    """List stores whose items fill the shelves so tightly that no arrangement was found."""
    words = (
        "store {}: its items fill the shelves so tightly that no arrangement was found; drop an item or widen a shelf"
    )
    return pd.DataFrame({"store_id": store_ids, "sku": None, "reason": [words.format(store) for store in store_ids]})


def _worth(
    rows: pd.DataFrame, shelves: pd.DataFrame, store_of_row: np.ndarray, first_shelf: np.ndarray, deliveries_week: float
) -> tuple[np.ndarray, np.ndarray]:
    """RMB a week of each row by shelf of its store and facings, and the most facings it may have."""
    levels = np.diff(first_shelf)[store_of_row]
    widest = shelves["shelf_cm"].groupby(shelves["store_id"]).max().reindex(rows["store_id"]).to_numpy()
    fit = np.floor((widest + 1e-9) / rows["facing_cm"].to_numpy())
    most = np.minimum(rows["max_facings"].to_numpy(), fit).astype(np.int64)
    n = np.arange(1, most.max() + 1)
    potential = _potential(rows)
    worth = np.full((len(rows), levels.max(), n.size), NOT_ALLOWED)
    for k in range(levels.max()):
        there = np.flatnonzero(k < levels)
        shelf = shelves.iloc[first_shelf[store_of_row[there]] + k]
        mine = rows.iloc[there]
        wanted = potential[there, None] * shelf["attention"].to_numpy()[:, None]
        wanted = wanted * n ** mine["space_elasticity"].to_numpy()[:, None]
        stock = n * (mine["facing_units"].to_numpy() * deliveries_week)[:, None]
        allowed = (
            (shelf["level"].to_numpy() >= mine["lowest_level"].to_numpy())
            & (shelf["level"].to_numpy() <= mine["highest_level"].to_numpy())
            & (shelf["shelf_cm"].to_numpy() >= mine["facing_cm"].to_numpy() - 1e-9)
        )
        gain = np.maximum(mine["margin_rmb"].to_numpy(), 0.0)[:, None] * np.minimum(wanted, stock)
        worth[there, k] = np.where(allowed[:, None], gain, NOT_ALLOWED)
    return worth, most


def _potential(rows: pd.DataFrame) -> np.ndarray:
    """Units a week at one facing and attention 1, from what was sold at today's facings and level."""
    scale = rows["attention"] * rows["today_facings"] ** rows["space_elasticity"]
    return (rows["quantity_week"] / scale).to_numpy()


def _today(rows: pd.DataFrame, deliveries_week: float) -> pd.Series:
    stock = rows["today_facings"] * rows["facing_units"] * deliveries_week
    return rows["margin_rmb"].clip(lower=0) * np.minimum(rows["quantity_week"], stock)


def _moves(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """List what changes against today, the most worth first; worth is separable by item, so gains add up."""
    moves = pd.DataFrame({
        "store_id": table["store_id"], "sku": table["sku"], "from_level": rows["today_level"],
        "to_level": table["level"], "from_facings": rows["today_facings"].astype(int), "to_facings": table["facings"],
        "gain_rmb_week": table["value_rmb_week"] - table["today_rmb_week"],
    })  # fmt: skip
    changed = (moves["from_level"] != moves["to_level"]) | (moves["from_facings"] != moves["to_facings"])
    order = ["store_id", "gain_rmb_week", "sku"]
    return moves[changed].sort_values(order, ascending=[True, False, True])
