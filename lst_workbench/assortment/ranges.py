"""The best range for a shelf: which items a store should carry when buyers switch between what is there."""

import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from scipy import sparse

from lst_workbench.assortment._range_kernels import best_counts, best_ranges, fill_by_score, value_of
from lst_workbench.assortment.range_tables import RangeProblem, read_range_tables
from lst_workbench.contracts import InputError, LstError
from lst_workbench.optim import Certificate, Status, in_chunks

PRICE_NAMES = {"shelf_cm": "shelf_price_rmb_cm", "max_items": "place_price_rmb", "cash_rmb": "cash_price_rmb",
               "max_swaps": "swap_price_rmb"}  # fmt: skip
Contracts = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class AssortmentParams:
    """Tuning of `optimise_assortment`.

    Parameters
    ----------
    slack : float
        RMB a visit below which a better range is not looked for.
    nodes : int
        Doubtful sets tried at most a store and ratio; a store that spends them keeps its bound and a gap.
    optimal_gap : float
        Gap up to which a store counts as solved to the optimum.
    baselines : bool
        Whether the national, cluster and one-by-one ranges are worked out beside the best.
    contract_costs : bool
        Whether each obligation is priced by solving its store without it.
    block_stores : int
        Stores in memory at once.
    """

    slack: float = 1e-12
    nodes: int = 200_000
    optimal_gap: float = 1e-9
    baselines: bool = True
    contract_costs: bool = True
    block_stores: int = 8192


@dataclass(frozen=True)
class AssortmentResult:
    """Best ranges with their bounds, baselines and prices; see `optimise_assortment`."""

    tables: dict[str, pd.DataFrame] = field(repr=False)
    certificate: Certificate

    def kpis(self) -> dict[str, float]:
        """Means over stores of RMB margin a visit, and the worst gap."""
        stores = self.tables["stores"]
        figures = {name: float(stores[name].mean()) for name in stores if name.endswith("_rmb_visit")}
        return {
            "stores": float(len(stores)),
            "refused": float(len(self.tables["refused"])),
            **figures,
            "worst_gap_share": float(stores["gap_share"].max()),
        }

    def explain(self, store_id: object) -> pd.DataFrame:
        """List the range of one store, best sellers first.

        Raises
        ------
        LstError
            With the reason when the store was refused.
        """
        mine = self.tables["ranges"].query("store_id == @store_id")
        if mine.empty and not (self.tables["stores"]["store_id"] == store_id).any():
            refused = self.tables["refused"]
            why = refused.loc[refused["store_id"] == store_id, "reason"]
            raise LstError(why.iloc[0] + "." if len(why) else f"store {store_id} is not in the tables.")
        return mine.sort_values("choice_probability", ascending=False, ignore_index=True)


def optimise_assortment(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    utilities: pd.DataFrame,
    must_carry: pd.DataFrame | None = None,
    current: pd.DataFrame | None = None,
    params: AssortmentParams = AssortmentParams(),
    *,
    exclusive: pd.DataFrame | None = None,
    minimums: pd.DataFrame | None = None,
) -> AssortmentResult:
    """Choose each store's range for the highest margin a visit under shelf width, count, cash and obligations.

    maximise sum_j m_j v_j x_j / (v_0 + sum_j v_j x_j), v = exp(utility), subject to sum width_j x_j <= shelf,
    sum x_j <= max_items, sum cost_j x_j <= cash, x_j = 1 for what must be carried; x_j = 0 for other brands under an
    exclusive contract, sum of new x_j <= max_swaps, sum x_j of a category >= its minimum. Solved store by store to the
    optimum: Dinkelbach's ratios; for each, prices of the limits give a bound that decides most items, and a search
    settles the rest.

    Parameters
    ----------
    stores : DataFrame
        store_id, shelf_cm[, max_items, cash_rmb, max_swaps (items that are not in `current`), outside_utility (0),
        segment, cluster]; an empty limit is none.
    items : DataFrame
        sku, width_cm, margin_rmb (a unit)[, cost_rmb: RMB to put it on the shelf, needed with cash_rmb; category and
        brand, needed with `exclusive` and `minimums`].
    utilities : DataFrame
        store_id or segment, sku, utility; an item without a row is not on offer there.
    must_carry : DataFrame, optional
        store_id, sku.
    current : DataFrame, optional
        store_id, sku: today's range, valued beside the best.
    params : AssortmentParams
        Tuning.
    exclusive : DataFrame, optional
        store_id, category, brand: of this category the store carries this brand only.
    minimums : DataFrame, optional
        category, min_items[, store_id]: items of a category that every store, or this one, carries at least.

    Returns
    -------
    AssortmentResult
        ``tables["ranges"]`` (store_id, sku, must_carry, choice_probability); ``tables["stores"]`` (store_id,
        value_rmb_visit, bound_rmb_visit, gap_share, status, items, used_cm, shelf_price_rmb_cm and the other shadow
        prices: gain a visit for one more unit; ranked_, national_, cluster_, today_rmb_visit;
        must_carry_cost_rmb_visit); ``tables["must_carry"]`` (store_id, sku, cost_rmb_visit: gain if the contract were
        released); ``tables["refused"]`` (store_id, sku, reason). Baselines are feasible: national and cluster are the
        best ranges at mean attractions within each store's own limits; ranked takes items by margin x attraction a
        centimetre, as if buyers never switched. ``certificate``: sums over stores.

    Raises
    ------
    InputError
        When columns are missing or no store can be served; single faults are listed in ``refused``.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "shelf_cm": [20.0, 30.0]})
    >>> items = pd.DataFrame({"sku": ["a", "b", "c"], "width_cm": 10.0, "margin_rmb": [3.0, 2.0, 1.0]})
    >>> utilities = pd.DataFrame({"store_id": [1] * 3 + [2] * 3, "sku": list("abc") * 2, "utility": [0.0, 1, 3] * 2})
    >>> result = optimise_assortment(stores, items, utilities)
    >>> result.tables["stores"][["store_id", "value_rmb_visit", "items", "status"]].round(4)
       store_id  value_rmb_visit  items   status
    0         1           1.7881      2  optimal
    1         2           1.7881      2  optimal
    """
    started = time.perf_counter()
    if "max_swaps" in stores and current is None:
        raise InputError("stores", ["max_swaps counts items that are new: give current, today's range"])
    problem = read_range_tables(stores, items, utilities, must_carry, current, exclusive, minimums)
    means = _mean_attractions(problem) if params.baselines else {}
    today = problem.present if current is not None else None
    blocks = [
        _solve_block(
            problem, np.arange(first, min(first + params.block_stores, len(problem.stores))), means, today, params
        )
        for first in range(0, len(problem.stores), params.block_stores)
    ]
    tables = {name: pd.concat([block[name] for block in blocks], ignore_index=True) for name in blocks[0]}
    tables = _served(tables, problem.refused)
    solved = tables["stores"]
    value, bound = float(solved["value_rmb_visit"].sum()), float(solved["bound_rmb_visit"].sum())
    status = Status.OPTIMAL if (solved["status"] == Status.OPTIMAL).all() else Status.WITHIN_GAP
    return AssortmentResult(tables, Certificate(value, bound, status, time.perf_counter() - started, maximise=True))


def _served(tables: dict[str, pd.DataFrame], refused: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Take out stores whose minimums no range meets, and list them with those refused before."""
    lost = tables["stores"].loc[~np.isfinite(tables["stores"]["value_rmb_visit"]), "store_id"]
    kept = {name: table[~table["store_id"].isin(lost)].reset_index(drop=True) for name, table in tables.items()}
    if len(lost) and kept["stores"].empty:
        raise InputError("minimums", ["no store has a range that meets them within its limits; lower them"])
    words = "no range meets its category minimums within its limits; lower a minimum or raise a limit"
    more = pd.DataFrame({"store_id": lost, "sku": None, "reason": [f"store {store}: {words}" for store in lost]})
    return kept | {"refused": pd.concat([refused, more.astype(object)], ignore_index=True) if len(lost) else refused}


@dataclass(frozen=True)
class _Block:
    """A run of stores with their attractions dense; attractions are in units of each group's largest."""

    rows: np.ndarray
    attraction: np.ndarray
    of_store: np.ndarray
    outside: np.ndarray
    limit: np.ndarray
    must: sparse.csr_array
    barred: sparse.csr_array
    present: sparse.csr_array

    def contracts(self, must: sparse.csr_array) -> Contracts:
        """Give obligations, what is barred and what is there today, as the kernels take them."""
        return (*_rows(must), *_rows(self.barred), *_rows(self.present))


def _block(problem: RangeProblem, rows: np.ndarray) -> _Block:
    groups, of_store = np.unique(problem.group[rows], return_inverse=True)
    part = problem.utilities[groups]
    size = np.diff(part.indptr)
    top = np.maximum.reduceat(part.data, part.indptr[:-1])
    attraction = np.zeros(part.shape)
    owner = np.repeat(np.arange(len(groups)), size)
    attraction[owner, part.indices] = np.exp(part.data - np.repeat(top, size))
    outside = np.exp(problem.outside[rows] - top[of_store])
    pairs = problem.must[rows], problem.barred[rows], problem.present[rows]
    return _Block(rows, attraction, of_store, outside, problem.limit[rows], *pairs)


def _solve_block(
    problem: RangeProblem,
    rows: np.ndarray,
    means: dict[str, tuple[np.ndarray, np.ndarray]],
    today: sparse.csr_array | None,
    params: AssortmentParams,
) -> dict[str, pd.DataFrame]:
    """Tables of one run of stores."""
    block = _block(problem, rows)
    margin = problem.items["margin_rmb"].to_numpy(float)
    chosen, value, bound, price = _best(problem, block, block.must, params)
    gap = (bound - value) / np.maximum(np.abs(bound), 1e-300)
    optimal = gap <= params.optimal_gap
    table = pd.DataFrame({
        "store_id": problem.stores["store_id"].iloc[rows].to_numpy(), "value_rmb_visit": value,
        "bound_rmb_visit": np.where(optimal, np.maximum(value, bound), bound), "gap_share": gap,
        "status": np.where(optimal, Status.OPTIMAL.value, Status.WITHIN_GAP.value),
        "items": chosen.sum(axis=1), "used_cm": chosen @ problem.items["width_cm"].to_numpy(float),
    })  # fmt: skip
    for k, name in enumerate(problem.limit_names):
        table[PRICE_NAMES.get(name, f"minimum_price_rmb_{name}")] = price[:, k]
    if params.baselines:
        ranked = np.zeros_like(chosen)
        width = problem.items["width_cm"].to_numpy(float)
        score, contracts = block.attraction * margin / width, block.contracts(block.must)
        fill = partial(
            fill_by_score, score, block.of_store, problem.load, block.limit, *contracts, problem.swap_row, ranked
        )  # fmt: skip
        in_chunks(len(rows), fill)
        table["ranked_rmb_visit"] = _values(block, margin, ranked)
    for name, (attraction, of_store) in means.items():
        other = _Block(rows, attraction, of_store[rows], np.ones(len(rows)), block.limit, block.must, block.barred,
                       block.present)  # fmt: skip
        theirs = _best(problem, other, block.must, params)[0]
        table[f"{name}_rmb_visit"] = _values(block, margin, theirs)
    if today is not None:
        there = today[rows].toarray().astype(np.uint8)
        table["today_rmb_visit"] = _values(block, margin, there)
    tables = {"stores": table, "ranges": _ranges(problem, block, chosen)}
    if problem.must.nnz:
        free = _best(problem, block, sparse.csr_array(block.must.shape, dtype=np.int8), params)[1]
        table["must_carry_cost_rmb_visit"] = free - np.where(np.isfinite(value), value, np.nan)
        if params.contract_costs:
            tables["must_carry"] = _contract_costs(problem, block, value, params)
    return tables


def _best(
    problem: RangeProblem, block: _Block, must: sparse.csr_array, params: AssortmentParams
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Ranges, values, bounds and prices of limits."""
    count = len(block.of_store)
    chosen = np.zeros((count, len(problem.items)), np.uint8)
    value, bound, price = np.empty(count), np.empty(count), np.zeros((count, len(problem.load)))
    margin, contracts = problem.items["margin_rmb"].to_numpy(float), block.contracts(must)
    only_count = partial(
        best_counts, block.attraction, block.of_store, block.outside, margin, block.limit, *_rows(must), chosen,
        value, bound, price,
    )  # fmt: skip
    all_limits = partial(
        best_ranges, block.attraction, block.of_store, block.outside, margin, problem.load, block.limit, *contracts,
        problem.swap_row, params.slack, params.nodes, chosen, value, bound, price,
    )  # fmt: skip
    plain = problem.limit_names == ("max_items",) and not problem.barred.nnz
    in_chunks(count, only_count if plain else all_limits)
    return chosen, value, bound, price


def _values(block: _Block, margin: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """RMB margin a visit of given ranges."""
    value = np.empty(len(chosen))
    in_chunks(
        len(chosen), partial(value_of, block.attraction, block.of_store, block.outside, margin, chosen, value)
    )  # fmt: skip
    return value


def _rows(must: sparse.csr_array) -> tuple[np.ndarray, np.ndarray]:
    return must.indptr.astype(np.int64), must.indices.astype(np.int64)


def _ranges(problem: RangeProblem, block: _Block, chosen: np.ndarray) -> pd.DataFrame:
    row, item = np.nonzero(chosen)
    weight = block.attraction[block.of_store[row], item]
    total = block.outside + np.bincount(row, weight, len(block.rows))
    obliged = np.zeros(chosen.shape, bool)
    obliged[block.must.nonzero()] = True
    return pd.DataFrame({
        "store_id": problem.stores["store_id"].to_numpy()[block.rows[row]],
        "sku": problem.items["sku"].to_numpy()[item],
        "must_carry": obliged[row, item], "choice_probability": (weight / total[row]),
    })  # fmt: skip


def _contract_costs(problem: RangeProblem, block: _Block, value: np.ndarray, params: AssortmentParams) -> pd.DataFrame:
    """Gain of a store if one obligation were released, the others kept."""
    store, item = block.must.nonzero()
    store, item = store[np.isfinite(value[store])], item[np.isfinite(value[store])]
    released = block.must[store].tolil()
    released[np.arange(len(store)), item] = 0
    less = released.tocsr()
    less.eliminate_zeros()
    pair = _Block(
        block.rows[store], block.attraction, block.of_store[store], block.outside[store], block.limit[store], less,
        block.barred[store], block.present[store],
    )  # fmt: skip
    without = _best(problem, pair, less, params)[1] if len(store) else np.empty(0)
    return pd.DataFrame({
        "store_id": problem.stores["store_id"].to_numpy()[block.rows[store]],
        "sku": problem.items["sku"].to_numpy()[item], "cost_rmb_visit": without - value[store],
    })  # fmt: skip


def _mean_attractions(problem: RangeProblem) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Mean attraction against the outside option, of all stores and of each cluster; which row each store uses."""
    weight = problem.utilities.copy()
    top = float(weight.data.max())
    weight.data = np.exp(weight.data - top)
    scale = np.exp(top - problem.outside)
    codes = {"national": np.zeros(len(problem.stores), np.int64)}
    if "cluster" in problem.stores:
        codes["cluster"] = pd.factorize(problem.stores["cluster"])[0]
    means = {}
    for name, code in codes.items():
        code = np.where(code < 0, code.max() + 1, code)
        stores = np.bincount(code)
        gather = sparse.csr_array((scale / stores[code], (code, problem.group)), (len(stores), weight.shape[0]))
        means[name] = (np.ascontiguousarray((gather @ weight).toarray()), code)
    return means
