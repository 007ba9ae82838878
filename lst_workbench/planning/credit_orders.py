"""Orders that credit finances: what each store would order for one term, and what its cash and limit allow."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.inventory import OrderParams, propose_orders

CASE = 6
ENOUGH = OrderParams(slack=5e-3)  # of the worth of an order: a case more or less is no matter for a limit
DAYS_A_MONTH = 365.25 / 12


@dataclass(frozen=True)
class Orders:
    """Orders of one term; ``wish_rmb`` by store, in the order of the stores given."""

    store_id: np.ndarray
    stock: pd.DataFrame
    forecasts: pd.DataFrame
    items: pd.DataFrame
    term_days: float
    minimum_rmb: float
    wish_rmb: np.ndarray

    def capped(self, rows: np.ndarray, cash_rmb: np.ndarray, limit_rmb: np.ndarray) -> np.ndarray:
        """Spend of the stores in `rows` with their own cash and a limit."""
        return self._spend(rows, cash_rmb=cash_rmb, credit_rmb=limit_rmb)

    def _spend(self, rows: np.ndarray, **money: np.ndarray) -> np.ndarray:
        if not len(rows):
            return np.empty(0)
        lines = (rows[:, None] * len(self.items) + np.arange(len(self.items))).ravel()
        stores = pd.DataFrame({"store_id": self.store_id[rows], "cover_days": self.term_days})
        stores = stores.assign(min_order_rmb=self.minimum_rmb, **money)
        done = propose_orders(self.stock.iloc[lines], self.forecasts.iloc[lines], self.items, stores, ENOUGH)
        spend = done.tables["stores"].set_index("store_id")["spend_rmb"]
        return spend.reindex(stores["store_id"]).fillna(0.0).to_numpy(float)


def orders_of(
    store_id: pd.Series,
    potential_rmb_month: pd.Series,
    sales: pd.DataFrame | None,
    figures: Mapping[str, Any] | Scenario,
) -> Orders:
    """Propose the order of one term of every store, its cash no object.

    What the platform sells a store is its potential times the wallet share, split over categories as the tills sell
    them (one category of goods where there are no tills); the shelf is taken as empty of it, as at the end of a term.

    Parameters
    ----------
    store_id, potential_rmb_month : Series
        Stores and their purchases.
    sales : DataFrame or None
        Contract `Sales`.
    figures : mapping
        platform.wallet_share, store.gross_margin, econ.discount_rate_year, credit.term_days, order.min_rmb.
    """
    items = _basket(sales, float(figures["store.gross_margin"]), float(figures["econ.discount_rate_year"]))
    ids, n = store_id.to_numpy(np.int64), len(items)
    bought = potential_rmb_month.to_numpy(float) * float(figures["platform.wallet_share"]) / DAYS_A_MONTH
    units = bought[:, None] * (items["share"] / items["cost_rmb"]).to_numpy()[None, :]
    keys = {"store_id": np.repeat(ids, n), "sku": np.tile(items["sku"].to_numpy(), len(ids))}
    forecasts = pd.DataFrame({**keys, "mean_units_day": np.maximum(units.ravel(), 1e-6)})
    stock = pd.DataFrame({**keys, "on_hand": 0})
    plain = items.drop(columns="share")
    term, minimum = float(figures["credit.term_days"]), float(figures["order.min_rmb"])
    orders = Orders(ids, stock, forecasts, plain, term, minimum, np.empty(0))
    wish = orders._spend(np.arange(len(ids)))
    return Orders(ids, stock, forecasts, plain, term, minimum, wish)


def _basket(sales: pd.DataFrame | None, gross_margin: float, discount_year: float) -> pd.DataFrame:
    """Categories with their share, cost and margin of a unit."""
    if sales is None or not len(sales):
        sold = pd.DataFrame({"sku": ["goods"], "sales_rmb": [1.0], "quantity": [0.1]})
    else:
        sold = sales.groupby("item_id")[["sales_rmb", "quantity"]].sum().query("quantity > 0").reset_index()
        sold = sold.rename(columns={"item_id": "sku"}).astype({"sku": str})
    price = sold["sales_rmb"] / sold["quantity"]
    cost = price * (1 - gross_margin)
    return pd.DataFrame(
        {
            "sku": sold["sku"],
            "share": sold["sales_rmb"] / sold["sales_rmb"].sum(),
            "case_pack": CASE,
            "cost_rmb": cost,
            "margin_rmb": price - cost,
            "holding_rmb_day": cost * discount_year / 365,
        }
    )
