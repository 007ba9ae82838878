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
from lst_workbench.contracts import InputError, LstError
from lst_workbench.inventory import OrderParams, OrderResult, propose_orders
from lst_workbench.market import Market, read_items
from lst_workbench.planning.range_choice import Wants, learn_wants, visits_week, with_segments

DAYS_A_WEEK = 7
TERMS = ("cash_rmb", "credit_rmb", "min_order_rmb", "cover_days")
ROOM = 1.5  # cases that the largest line may take, against what it is expected to sell
SWAPS = [
    "store_id", "category", "sku", "add_sku", "gain_rmb_week", "fair_gain_rmb_week", "stays_share", "moves_to",
]  # fmt: skip
UPLIFT = [
    "stores", "gain_rmb_visit", "low_rmb_visit", "high_rmb_visit", "gain_share", "shrinkage_share", "trial_stores",
]  # fmt: skip
NO_UPLIFT = pd.DataFrame(columns=UPLIFT, dtype=np.float64).assign(against="", category="")
NO_CONTRACTS = pd.DataFrame({"store_id": [], "sku": [], "category": [], "cost_rmb_week": []})
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
    contracts : DataFrame
        store_id, sku, category, cost_rmb_week: what each contract costs a store; without rows where there are none.
    exclusive, minimums : DataFrame, optional
        As given to `study_range`: ranges and swaps keep them.
    swaps_a_week : int, optional
        Swaps of a store at most, the most valuable first.
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
    contracts: pd.DataFrame
    exclusive: pd.DataFrame | None = None
    minimums: pd.DataFrame | None = None
    swaps_a_week: int | None = None

    def kpis(self) -> dict[str, float]:
        """Count stores, and give RMB a week of all of them by range, and the worst gap."""
        totals = self.stores.filter(like="_rmb_week").drop(columns="shelf_price_rmb_week_cm").sum()
        kpis = {"stores": float(self.stores["store_id"].nunique()), **totals.to_dict()}
        return kpis | {"worst_gap_share": float(self.stores["gap_share"].max()), "refused": float(len(self.refused))}

    @cached_property
    def uplift(self) -> pd.DataFrame:
        """What best ranges gain on weeks that they were not chosen on (`range_uplift`), a row a category.

        Categories that fewer than two stores sold in both halves of the weeks have no row: nothing bears them out.
        """
        turn = self.sales["week"].rank(method="dense").astype(int) % 2 == 0
        share = float(self.figures["range.buy_share"])
        halves = [learn_wants(self.sales[half], share).utilities for half in (turn, ~turn)]
        found = []
        for category, (stores, items, today, wanted) in self._tasks().items():
            learned, held_out = (half[half["category"] == category] for half in halves)
            known = set(learned["sku"]) & set(held_out["sku"]) & set(wanted["sku"])
            both = [half[half["sku"].isin(known)] for half in (learned, held_out)]
            there = today[today["sku"].isin(known)]
            if there["store_id"].nunique() < 2:
                continue
            done = range_uplift(stores, items[items["sku"].isin(known)], both[0], both[1], there)
            found.append(done.tables["uplift"].assign(category=category))
        return pd.concat(found, ignore_index=True) if found else NO_UPLIFT

    @cached_property
    def swaps(self) -> pd.DataFrame:
        """First swap of each store and category, most worth first, with its gain as other weeks bear it out.

        store_id, category, sku (leaves), add_sku, gain_rmb_week, fair_gain_rmb_week, stays_share, moves_to.
        """
        parts = []
        for category, (stores, items, today, wanted) in self._tasks().items():
            must, only, least = (
                _of_category(table, category) for table in (self.contracts, self.exclusive, self.minimums)
            )
            first = plan_swaps(stores, items, wanted, today, must, exclusive=only, minimums=least, weeks=1)
            parts.append(first.assign(category=category))
        table = pd.concat(parts, ignore_index=True).merge(
            self.stores[["store_id", "category", "visits_week"]], on=["store_id", "category"]
        )
        table["gain_rmb_week"] = table["gain_rmb_visit"].astype(np.float64) * table["visits_week"]
        borne_out = self.uplift.set_index("category")["shrinkage_share"].clip(0, 1)
        told = table["category"].map(borne_out).astype(np.float64).fillna(0.0)
        table["fair_gain_rmb_week"] = table["gain_rmb_week"] * told
        table = table.sort_values(["gain_rmb_week", "store_id"], ascending=[False, True], ignore_index=True)[SWAPS]
        return table if self.swaps_a_week is None else table.groupby("store_id").head(self.swaps_a_week)

    def orders(
        self,
        stock: pd.DataFrame | None = None,
        terms: pd.DataFrame | None = None,
        promotions: pd.DataFrame | None = None,
    ) -> OrderResult:
        """Propose today's order of every store (`propose_orders`).

        Parameters
        ----------
        stock : DataFrame, optional
            store_id, sku, on_hand[, on_order]. Where nobody counted, half of what sells between two deliveries is taken
            to be there, and nothing of what was out of stock in the last week.
        terms : DataFrame, optional
            store_id and, where known, cash_rmb, credit_rmb, min_order_rmb, cover_days (until the delivery after this
            one, by the store's own calendar).
        promotions : DataFrame, optional
            sku, lift: sales until the next delivery as a multiple of the usual.

        Raises
        ------
        InputError
            A column is missing, a store or an item is listed twice, or a figure is negative.
        """
        figures, carried = self.figures, self.carried
        cover = float(figures["capital.days_month"]) / float(figures["order.per_month"])
        sold = carried["mean_units_day"]
        if promotions is not None:
            lift = _told(promotions, "promotions", "sku", ("lift",), ("lift",))["lift"]
            sold = sold * carried["sku"].map(lift).fillna(1.0)
        if stock is None:
            half = np.where(carried["out"], 0.0, np.floor(carried["mean_units_day"] * cover / 2))
            stock = carried[["store_id", "sku"]].assign(on_hand=half)
        usual = {"cover_days": cover, "min_order_rmb": float(figures["order.min_rmb"])}
        stores = pd.DataFrame({"store_id": carried["store_id"].unique(), **usual})
        if terms is not None:
            own = _told(terms, "terms", "store_id", (), TERMS)
            for name in own:
                stores[name] = stores["store_id"].map(own[name]).fillna(stores.get(name, np.nan))
        holding = self.items["cost_rmb"] * float(figures["econ.discount_rate_year"]) / 365
        pack = carried["sku"].map(self.items.set_index("sku")["case_pack"])
        most = int(np.ceil(ROOM * (sold * float(stores["cover_days"].max()) / pack).max())) + 1
        return propose_orders(
            stock, carried[["store_id", "sku"]].assign(mean_units_day=sold), self.items.assign(holding_rmb_day=holding),
            stores, OrderParams(most_cases=most),
        )  # fmt: skip

    def _tasks(self) -> dict[str, tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]]:
        return tasks_of(self.carried, self.items, self.wants.utilities)


def _told(table: pd.DataFrame, name: str, key: str, needed: tuple[str, ...], known: tuple[str, ...]) -> pd.DataFrame:
    """Give a table that somebody made by its key, in numbers."""
    faults = [f"column {column} is missing" for column in (key, *needed) if column not in table]
    if not faults:
        numbers = table[[column for column in known if column in table]].apply(pd.to_numeric, errors="coerce")
        if twice := int(table[key].duplicated().sum()):
            faults.append(f"{twice:,} of {key} are listed twice; keep one row each")
        faults += [
            f"{column} is negative in {n:,} rows" for column in numbers if (n := int((numbers[column] < 0).sum()))
        ]
    if faults:
        raise InputError(name, faults)
    return numbers.set_axis(table[key])


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
    visits = study.stores.set_index(["store_id", "category"])["visits_week"]
    return _weekly_cost(costs, visits, category)[["store_id", "cost_rmb_week"]]


def study_range(
    market: Market,
    figures: Scenario,
    told: Told | None = None,
    prefectures: Iterable[int] | None = None,
    must_carry: pd.DataFrame | None = None,
    exclusive: pd.DataFrame | None = None,
    minimums: pd.DataFrame | None = None,
    swaps_a_week: int | None = None,
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
    must_carry : DataFrame, optional
        sku[, store_id]: items that contracts put on the shelf, of these stores or of all that carry the category.
    exclusive : DataFrame, optional
        store_id, category, brand: of this category the store carries this brand only.
    minimums : DataFrame, optional
        category, min_items[, store_id]: items that every store that carries the category, or this one, has at least.
    swaps_a_week : int, optional
        Swaps that a store makes at most, over all categories.

    Raises
    ------
    LstError
        The market has no items, nothing was sold, or a contract names an item that is not there.

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
    _known_categories(items, exclusive=exclusive, minimums=minimums)
    told("range_choice", 0.1)
    wants = learn_wants(sales, float(figures["range.buy_share"]))
    visits = visits_week(sales, wants.utilities)
    carried = _carried(sales, wants.utilities, visits)
    told("range_best", 0.6)
    stores, ranges, refused, contracts = [], [], [], []
    for category, (there, goods, today, wanted) in tasks_of(carried, items, wants.utilities).items():
        obliged = _obliged(must_carry, items, goods, there)
        done = optimise_assortment(
            there, goods, wanted, must_carry=obliged, current=today,
            exclusive=_of_category(exclusive, category), minimums=_of_category(minimums, category),
        )  # fmt: skip
        keys = {"category": category}
        stores.append(done.tables["stores"].assign(**keys))
        ranges.append(done.tables["ranges"].assign(**keys))
        refused.append(done.tables["refused"])
        if obliged is not None and len(obliged):
            contracts.append(_weekly_cost(done.tables["must_carry"], visits, category))
    table = _a_week(pd.concat(stores, ignore_index=True), visits)
    best = pd.concat(ranges, ignore_index=True)
    now = pd.MultiIndex.from_frame(carried[["store_id", "sku"]])
    best["carried"] = pd.MultiIndex.from_frame(best[["store_id", "sku"]]).isin(now)
    return RangeStudy(
        figures, market, items, carried, sales, wants, table, best.drop(columns="must_carry"),
        pd.concat(refused, ignore_index=True), pd.concat([NO_CONTRACTS, *contracts], ignore_index=True), exclusive,
        minimums, swaps_a_week,
    )  # fmt: skip


def _known_categories(items: pd.DataFrame, **tables: pd.DataFrame | None) -> None:
    """Refuse contracts and minimums of categories that no item has."""
    for name, table in tables.items():
        if table is not None and "category" in table:
            lost = sorted(set(table["category"].astype(str)) - set(items["category"].astype(str)))
            if lost:
                known = ", ".join(sorted(items["category"].astype(str).unique())[:8])
                raise InputError(name, [f"category {lost[0]} is not known (of {len(lost)}); there are {known}"])


def _of_category(table: pd.DataFrame | None, category: str) -> pd.DataFrame | None:
    """Rows of one category; none where there are none."""
    if table is None or "category" not in table:
        return table
    mine = table[table["category"] == category]
    return mine if len(mine) else None


def _obliged(
    must_carry: pd.DataFrame | None, items: pd.DataFrame, goods: pd.DataFrame, stores: pd.DataFrame
) -> pd.DataFrame | None:
    """Give the contracts on items of one category, store by store; refuses items that nobody knows."""
    if must_carry is None:
        return None
    if "sku" not in must_carry:
        raise InputError("the contracts", ["column sku is missing"])
    if lost := sorted(set(must_carry["sku"].astype(str)) - set(items["sku"])):
        raise InputError("the contracts", [f"{len(lost):,} items are not known (first {lost[0]}); drop or mend them"])
    mine = must_carry[must_carry["sku"].isin(goods["sku"])]
    if "store_id" in mine:
        return mine.loc[mine["store_id"].isin(stores["store_id"]), ["store_id", "sku"]]
    return stores[["store_id"]].merge(mine[["sku"]].drop_duplicates(), how="cross")


def _weekly_cost(costs: pd.DataFrame, visits: pd.Series, category: str) -> pd.DataFrame:
    """Bring what contracts cost a visit to a week of each store."""
    keys = pd.MultiIndex.from_arrays([costs["store_id"], [category] * len(costs)])
    week = costs["cost_rmb_visit"].to_numpy(np.float64) * visits.reindex(keys).to_numpy()
    return costs[["store_id", "sku"]].assign(category=category, cost_rmb_week=week)


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
