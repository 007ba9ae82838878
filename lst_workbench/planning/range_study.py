"""Ranges of a market: what each store should carry, what that is worth beside simpler ranges, and today's orders."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from lst_workbench.assortment import (
    optimise_assortment,
    plan_swaps,
    range_uplift,
)
from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import LstError
from lst_workbench.inventory import OrderParams, OrderResult, propose_orders
from lst_workbench.market import Market, read_items
from lst_workbench.planning.range_choice import Wants, learn_wants, visits_week, with_segments

DAYS_A_WEEK = 7
ROOM = 1.5  # cases that the largest line may take, against what it is expected to sell
Told = Callable[[str, float], None]


@dataclass(frozen=True)
class RangeStudy:
    """Choice models, best ranges and what they are worth; made by `study_range`.

    Attributes
    ----------
    items : DataFrame
        Contract `Items` with margin_rmb.
    carried : DataFrame
        Today's range: store_id, category, segment, sku, mean_units_day (with the shelf full), out (in the last week).
    wants : Wants
        Choice models by category and segment.
    sales : DataFrame
        As `with_segments` gives them.
    stores : DataFrame
        A row a store and category: visits_week; today, best, cluster, national, ranked_rmb_week and the bound;
        gap_share; shelf_price_rmb_week_cm.
    ranges : DataFrame
        store_id, category, sku, choice_probability, carried (today).
    refused : DataFrame
        store_id, sku, reason.
    """

    figures: Scenario
    market: Market
    items: pd.DataFrame
    carried: pd.DataFrame
    sales: pd.DataFrame
    wants: Wants
    stores: pd.DataFrame
    ranges: pd.DataFrame
    refused: pd.DataFrame

    def kpis(self) -> dict[str, float]:
        """Count stores, and give RMB a week of all of them by range, and the worst gap."""
        totals = self.stores.filter(like="_rmb_week").drop(columns="shelf_price_rmb_week_cm").sum()
        kpis = {"stores": float(self.stores["store_id"].nunique()), **totals.to_dict()}
        return kpis | {"worst_gap_share": float(self.stores["gap_share"].max()), "refused": float(len(self.refused))}

    @cached_property
    def uplift(self) -> pd.DataFrame:
        """What best ranges gain on weeks that they were not chosen on (`range_uplift`), a row a category."""
        turn = self.sales["week"].rank(method="dense").astype(int) % 2 == 0
        share = float(self.figures["range.buy_share"])
        halves = [learn_wants(self.sales[half], share).utilities for half in (turn, ~turn)]
        found = []
        for category, (stores, items, today, wanted) in self._tasks().items():
            learned, held_out = (half[half["category"] == category] for half in halves)
            known = set(learned["sku"]) & set(held_out["sku"]) & set(wanted["sku"])
            both = [half[half["sku"].isin(known)] for half in (learned, held_out)]
            done = range_uplift(
                stores, items[items["sku"].isin(known)], both[0], both[1], today[today["sku"].isin(known)]
            )
            found.append(done.tables["uplift"].assign(category=category))
        return pd.concat(found, ignore_index=True)

    @cached_property
    def swaps(self) -> pd.DataFrame:
        """First swap of each store and category, most worth first, with its gain as other weeks bear it out.

        store_id, category, sku (leaves), add_sku, gain_rmb_week, fair_gain_rmb_week, stays_share, moves_to.
        """
        parts = []
        for category, (stores, items, today, wanted) in self._tasks().items():
            parts.append(plan_swaps(stores, items, wanted, today, weeks=1).assign(category=category))
        table = pd.concat(parts, ignore_index=True).merge(
            self.stores[["store_id", "category", "visits_week"]], on=["store_id", "category"]
        )
        table["gain_rmb_week"] = table["gain_rmb_visit"] * table["visits_week"]
        borne_out = self.uplift.set_index("category")["shrinkage_share"].clip(0, 1)
        table["fair_gain_rmb_week"] = table["gain_rmb_week"] * table["category"].map(borne_out)
        kept = [
            "store_id",
            "category",
            "sku",
            "add_sku",
            "gain_rmb_week",
            "fair_gain_rmb_week",
            "stays_share",
            "moves_to",
        ]
        return table.sort_values(["gain_rmb_week", "store_id"], ascending=[False, True], ignore_index=True)[kept]

    def orders(self, stock: pd.DataFrame | None = None) -> OrderResult:
        """Propose today's order of every store (`propose_orders`).

        Parameters
        ----------
        stock : DataFrame, optional
            store_id, sku, on_hand[, on_order]. Where nobody counted, half of what sells between two deliveries is taken
            to be there, and nothing of what was out of stock in the last week.
        """
        figures, carried = self.figures, self.carried
        cover = float(figures["capital.days_month"]) / float(figures["order.per_month"])
        if stock is None:
            half = np.where(carried["out"], 0.0, np.floor(carried["mean_units_day"] * cover / 2))
            stock = carried[["store_id", "sku"]].assign(on_hand=half)
        holding = self.items["cost_rmb"] * float(figures["econ.discount_rate_year"]) / 365
        stores = pd.DataFrame({"store_id": carried["store_id"].unique(), "cover_days": cover})
        pack = carried["sku"].map(self.items.set_index("sku")["case_pack"])
        most = int(np.ceil(ROOM * (carried["mean_units_day"] * cover / pack).max())) + 1
        return propose_orders(
            stock, carried[["store_id", "sku", "mean_units_day"]], self.items.assign(holding_rmb_day=holding),
            stores.assign(min_order_rmb=float(figures["order.min_rmb"])), OrderParams(most_cases=most),
        )  # fmt: skip

    def _tasks(self) -> dict[str, tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
        return tasks_of(self.carried, self.items, self.wants.utilities)


def tasks_of(
    carried: pd.DataFrame, items: pd.DataFrame, utilities: pd.DataFrame
) -> dict[str, tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
    """Split by category: stores with the width that they give it today, items, today's range, utilities."""
    tasks = {}
    for name, mine in carried.merge(items[["sku", "width_cm"]], on="sku").groupby("category", sort=True):
        stores = mine.groupby("store_id").agg(shelf_cm=("width_cm", "sum"), segment=("segment", "first")).reset_index()
        stores = stores.assign(cluster=stores["segment"])
        goods = items[items["category"] == name]
        tasks[str(name)] = (stores, goods, mine[["store_id", "sku"]], utilities[utilities["category"] == name])
    return tasks


def contract_costs(study: RangeStudy, category: str, sku: str) -> pd.DataFrame:
    """Say what a contract that puts an item on every shelf of its category would cost each store.

    Parameters
    ----------
    study : RangeStudy
        Of the market.
    category, sku : str
        The item and its category.

    Returns
    -------
    DataFrame
        store_id, cost_rmb_week: what the store would gain without the contract; stores whose shelf is too narrow for
        it are left out.
    """
    stores, items, today, utilities = tasks_of(study.carried, study.items, study.wants.utilities)[category]
    bound_to = stores[["store_id"]].assign(sku=sku)
    costs = optimise_assortment(stores, items, utilities, must_carry=bound_to, current=today).tables["must_carry"]
    visits = study.stores[study.stores["category"] == category].set_index("store_id")["visits_week"]
    return costs[["store_id"]].assign(
        cost_rmb_week=costs["cost_rmb_visit"].to_numpy() * visits.loc[costs["store_id"]].to_numpy()
    )


def study_range(
    market: Market, figures: Scenario, told: Told | None = None, prefectures: Iterable[int] | None = None
) -> RangeStudy:
    """Learn what shoppers want from weekly sales by item, and choose every store's range by it.

    A category keeps the width that it has today in each store; what one more centimetre is worth there says where width
    should go.

    Parameters
    ----------
    market : Market
        With items and their sales (`read_items`).
    figures : Scenario
        range.buy_share, order.min_rmb, order.per_month, capital.days_month, econ.discount_rate_year.
    told : callable, optional
        Called with a stage and the share done.
    prefectures : iterable of int, optional
        Codes of the prefectures whose stores are studied; all by default.

    Raises
    ------
    LstError
        The market has no items, or nothing was sold.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> kpis = study_range(read_market(data_folder() / "sample"), load_scenario("base")).kpis()
    >>> kpis["today_rmb_week"] < kpis["ranked_rmb_week"] < kpis["best_rmb_week"]
    True
    """
    told = told or (lambda stage, share: None)
    known = read_items(market, prefectures)
    if known is None or known[1].empty:
        raise LstError(
            "The market has no sales by item to learn from; put items.parquet and item_sales.parquet "
            "(contracts items, sales) into its folder."
        )
    items = known[0].assign(margin_rmb=known[0]["price_rmb"] - known[0]["cost_rmb"])
    sales = with_segments(known[1], items, market.stores)
    told("range_choice", 0.1)
    wants = learn_wants(sales, float(figures["range.buy_share"]))
    visits = visits_week(sales, wants.utilities)
    carried = _carried(sales, wants.utilities, visits)
    told("range_best", 0.6)
    stores, ranges, refused = [], [], []
    for category, (there, goods, today, wanted) in tasks_of(carried, items, wants.utilities).items():
        done = optimise_assortment(there, goods, wanted, current=today)
        keys = {"category": category}
        stores.append(done.tables["stores"].assign(**keys))
        ranges.append(done.tables["ranges"].assign(**keys))
        refused.append(done.tables["refused"])
    table = _a_week(pd.concat(stores, ignore_index=True), visits)
    best = pd.concat(ranges, ignore_index=True)
    now = pd.MultiIndex.from_frame(carried[["store_id", "sku"]])
    best["carried"] = pd.MultiIndex.from_frame(best[["store_id", "sku"]]).isin(now)
    return RangeStudy(
        figures, market, items, carried, sales, wants, table, best.drop(columns="must_carry"),
        pd.concat(refused, ignore_index=True),
    )  # fmt: skip


def _carried(sales: pd.DataFrame, utilities: pd.DataFrame, visits: pd.Series) -> pd.DataFrame:
    """Today's range is what had a row in the last week; units a day are those of a full shelf."""
    last = sales[sales["week"] == sales.groupby("store_id")["week"].transform("max")]
    rows = last.merge(utilities, on=["category", "segment", "sku"])
    rows = rows.merge(visits.rename("visits").reset_index(), on=["store_id", "category"])
    weight = np.exp(rows["utility"])
    total = 1 + weight.groupby([rows["store_id"], rows["category"]]).transform("sum")
    rows["mean_units_day"] = rows["visits"] * weight / total / DAYS_A_WEEK
    return rows.assign(out=~rows["in_stock"])[["store_id", "category", "segment", "sku", "mean_units_day", "out"]]


def _a_week(table: pd.DataFrame, visits: pd.Series) -> pd.DataFrame:
    """Bring figures a visit to figures a week of each store."""
    week = visits.reindex(pd.MultiIndex.from_frame(table[["store_id", "category"]])).to_numpy()
    names = {"today": "today", "value": "best", "bound": "bound", "cluster": "cluster", "national": "national",
             "ranked": "ranked"}  # fmt: skip
    money = {f"{name}_rmb_week": table[f"{of}_rmb_visit"] * week for of, name in names.items()}
    kept = table[["store_id", "category", "status", "gap_share", "items", "used_cm"]]
    return kept.assign(visits_week=week, **money, shelf_price_rmb_week_cm=table["shelf_price_rmb_cm"] * week)
