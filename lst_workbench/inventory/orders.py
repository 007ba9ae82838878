"""Today's order of every store: which cases are worth their money until the next delivery."""

import time
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from lst_workbench.contracts import LstError
from lst_workbench.inventory._kernels import best_orders
from lst_workbench.inventory.order_tables import OrderLines, read_order_tables
from lst_workbench.optim import Certificate, Status, in_chunks


@dataclass(frozen=True)
class OrderParams:
    """Tuning of `propose_orders`.

    Parameters
    ----------
    most_cases : int
        Cases of one item in one order, at most; the bound is over such orders.
    slack : float
        Share of a store's value below which a better order is not looked for.
    nodes : int
        Doubtful orders tried at most a store before its open cases are settled by dynamic programming over spend.
    optimal_gap : float
        Gap up to which a store counts as solved to the optimum.
    least_rmb : float
        Gaps are shares of the bound, or of this amount where the bound is smaller.
    """

    most_cases: int = 12
    slack: float = 1e-9
    nodes: int = 20_000
    optimal_gap: float = 1e-6
    least_rmb: float = 0.01


@dataclass(frozen=True)
class OrderResult:
    """Order proposals with what each case is worth; see `propose_orders`."""

    tables: dict[str, pd.DataFrame] = field(repr=False)
    certificate: Certificate

    def kpis(self) -> dict[str, float]:
        """Headline figures of all orders."""
        stores = self.tables["stores"]
        ordering = stores["spend_rmb"] > 0
        return {
            "stores": float(len(stores)),
            "orders": float(ordering.sum()),
            "spend_rmb": float(stores["spend_rmb"].sum()),
            "value_rmb": self.certificate.value,
            "bound_rmb": self.certificate.bound,
            "worst_gap_share": float(stores["gap_share"].max()),
            "refused": float(len(self.tables["refused"])),
        }

    def explain(self, store_id: object) -> pd.DataFrame:
        """List the order of one store, most valuable line first.

        Raises
        ------
        LstError
            With the reason when the store was refused or orders nothing.
        """
        mine = self.tables["orders"].query("store_id == @store_id")
        if len(mine):
            return mine.sort_values("value_rmb", ascending=False, ignore_index=True)
        for name in ("stores", "refused"):
            table = self.tables[name]
            why = table.loc[table["store_id"] == store_id, "reason"]
            if len(why):
                raise LstError(f"{why.iloc[0]}.")
        raise LstError(f"store {store_id} is not in the tables.")


def propose_orders(
    stock: pd.DataFrame,
    forecasts: pd.DataFrame,
    items: pd.DataFrame,
    stores: pd.DataFrame,
    params: OrderParams = OrderParams(),
) -> OrderResult:
    """Propose today's order of each store: whole cases, above the minimum, within cash, that sell before they spoil.

    A further unit on top of y is worth margin x P(D > y) - holding x days x P(D <= y) - cost x P(demand of its shelf
    life <= y), D the demand until the next delivery: Poisson, or negative binomial where sd^2 exceeds the mean. Worth
    falls case by case, so the best order takes cases by worth and price: maximise the worth of the cases subject to
    min_order <= spend <= cash + credit, or order nothing; solved to the optimum store by store.

    Parameters
    ----------
    stock : DataFrame
        store_id, sku, on_hand[, on_order]: units.
    forecasts : DataFrame
        store_id, sku, mean_units_day[, sd_units_day (the root of the mean)].
    items : DataFrame
        sku, case_pack, cost_rmb and margin_rmb a unit, holding_rmb_day a unit (capital and space)[, shelf_life_days
        from delivery; empty: it keeps].
    stores : DataFrame
        store_id, cover_days (until the delivery after this one)[, min_order_rmb (0), cash_rmb (no limit), credit_rmb].
    params : OrderParams
        Tuning.

    Returns
    -------
    OrderResult
        ``tables["orders"]`` (store_id, sku, cases, units, cost_rmb, value_rmb, last_case_rmb, next_case_rmb: what the
        last case taken and the first left out are worth); ``tables["stores"]`` (store_id, spend_rmb, value_rmb,
        bound_rmb, gap_share, status, cash_price (RMB gained for one RMB more cash), minimum_price (RMB gained for one
        RMB less minimum), reason why nothing is ordered); ``tables["refused"]`` (store_id, sku, reason);
        ``certificate``: sums over stores.

    Raises
    ------
    InputError
        When columns are missing or no line can be ordered; single faults are listed in ``refused``.

    Examples
    --------
    >>> stock = pd.DataFrame({"store_id": 1, "sku": ["cola", "tea"], "on_hand": [2, 30]})
    >>> forecasts = pd.DataFrame({"store_id": 1, "sku": ["cola", "tea"], "mean_units_day": [3.0, 1.0]})
    >>> items = pd.DataFrame({
    ...     "sku": ["cola", "tea"], "case_pack": 12, "cost_rmb": [2.0, 1.5], "margin_rmb": [0.8, 0.6],
    ...     "holding_rmb_day": 0.005,
    ... })
    >>> stores = pd.DataFrame({"store_id": [1], "cover_days": [7], "min_order_rmb": [20.0], "cash_rmb": [60.0]})
    >>> result = propose_orders(stock, forecasts, items, stores)
    >>> result.tables["orders"][["sku", "cases", "cost_rmb", "value_rmb"]].round(2)
        sku  cases  cost_rmb  value_rmb
    0  cola      2      48.0      14.73
    """
    started = time.perf_counter()
    lines = read_order_tables(stock, forecasts, items, stores)
    cases = np.zeros(len(lines.item), np.int64)
    edge, store = np.zeros((len(cases), 3)), np.zeros((len(lines.stores), 6))
    solve = partial(
        best_orders, lines.start, lines.line, lines.pack, lines.position, lines.floor, lines.cash, params.most_cases,
        params.slack, params.nodes, cases, edge, store,
    )  # fmt: skip
    in_chunks(len(lines.stores), solve)
    solved = _stores(lines, store, params)
    tables = {"orders": _orders(lines, cases, edge), "stores": solved, "refused": lines.refused}
    status = Status.OPTIMAL if (solved["status"] == Status.OPTIMAL).all() else Status.WITHIN_GAP
    value, bound = float(solved["value_rmb"].sum()), float(solved["bound_rmb"].sum())
    return OrderResult(tables, Certificate(value, bound, status, time.perf_counter() - started, maximise=True))


def _orders(lines: OrderLines, cases: np.ndarray, edge: np.ndarray) -> pd.DataFrame:
    row = np.flatnonzero(cases)
    units = cases[row] * lines.pack[row]
    owner = np.repeat(np.arange(len(lines.stores)), np.diff(lines.start))
    return pd.DataFrame({
        "store_id": lines.stores["store_id"].to_numpy()[owner[row]],
        "sku": lines.items["sku"].to_numpy()[lines.item[row]], "cases": cases[row], "units": units,
        "cost_rmb": units * lines.line[row, 4], "value_rmb": edge[row, 2],
        "last_case_rmb": edge[row, 0], "next_case_rmb": edge[row, 1],
    })  # fmt: skip


def _stores(lines: OrderLines, store: np.ndarray, params: OrderParams) -> pd.DataFrame:
    value, bound, spend = store[:, 0], store[:, 1], store[:, 2]
    gap = (bound - value) / np.maximum(bound, params.least_rmb)
    status = np.where(gap <= params.optimal_gap, Status.OPTIMAL.value, Status.WITHIN_GAP.value)
    return pd.DataFrame({
        "store_id": lines.stores["store_id"].to_numpy(), "spend_rmb": spend, "value_rmb": value, "bound_rmb": bound,
        "gap_share": gap, "status": status, "cash_price": store[:, 3], "minimum_price": store[:, 4],
        "reason": _reasons(lines, store),
    })  # fmt: skip


def _reasons(lines: OrderLines, store: np.ndarray) -> np.ndarray:
    """Why a store orders nothing; empty where it orders."""
    reasons = np.full(len(store), "", dtype=object)
    ids = lines.stores["store_id"].to_numpy()
    for s in np.flatnonzero(store[:, 2] <= 0):
        floor, cash, most, who = lines.floor[s], lines.cash[s], store[s, 5], f"store {ids[s]}"
        if floor > cash:
            reasons[s] = f"{who} has RMB {cash:,.0f} to spend, below the minimum order of RMB {floor:,.0f}"
        elif most < floor:
            reasons[s] = f"{who} cannot reach the minimum order of RMB {floor:,.0f}: its cases come to RMB {most:,.0f}"
        elif floor > 0 and store[s, 4] > 0:
            reasons[s] = (
                f"{who} waits: filling up to the minimum order of RMB {floor:,.0f} would cost more than it earns"
            )
        else:
            reasons[s] = f"{who} has enough of everything until the next delivery, or no case fits its cash"
    return reasons
