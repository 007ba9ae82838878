"""Stock of warehouses tier by tier: base and safety stock, and the build-up before a holiday that stops supply."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lst_workbench.contracts import InputError

SITES = ("site_id", "lead_days", "review_days")
DEMAND = ("site_id", "sku", "mean_units_day", "sd_units_day")


class WarehousePlan(NamedTuple):
    """Stock by site and item, and its weeks; see `stock_warehouses`."""

    stock: pd.DataFrame
    refused: pd.DataFrame


def stock_warehouses(
    demand: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    cycle_service_level: float,
    store_correlation: float = 0.0,
) -> WarehousePlan:
    """Hold at every warehouse what is asked of it until what is ordered next arrives, and safety for the odds.

    Demand goes up the tiers: a site is asked for what its stores and the sites it serves are asked for. Means add up;
    with correlation c between any two below, sd^2 = (1 - c) sum sd^2 + c (sum sd)^2. Over the review and lead time T
    of a site, base_stock = mean T + z sd sqrt(T), z the normal quantile of the cycle service level.

    Parameters
    ----------
    demand : DataFrame
        site_id, sku, mean_units_day, sd_units_day: what stores ask of each site directly.
    sites : DataFrame
        site_id, lead_days, review_days[, tier, supplier_id (the site it is served from; empty: a maker)].
    cycle_service_level : float
        Share of replenishment cycles without a stock-out, between 0 and 1.
    store_correlation : float
        Correlation of demands that meet at a site, 0 to 1: 0 pools best.

    Returns
    -------
    WarehousePlan
        ``stock``: site_id, tier, sku, mean_units_day, sd_units_day, cycle_stock, safety_stock, base_stock (units);
        ``refused``: site_id, sku, reason.

    Raises
    ------
    InputError
        When columns are missing, a figure is out of its bounds, or sites serve each other in a circle.

    Notes
    -----
    Every tier is planned as if the one above always delivered: simple, and on the safe side of pooling. Snyder and
    Shen (2019), Fundamentals of Supply Chain Theory, chapters 4 and 6.

    Examples
    --------
    >>> demand = pd.DataFrame({"site_id": ["f1", "f2"], "sku": "cola", "mean_units_day": 100.0, "sd_units_day": 30.0})
    >>> sites = pd.DataFrame({
    ...     "site_id": ["f1", "f2", "city"], "tier": ["front", "front", "city"], "lead_days": [1, 1, 6],
    ...     "review_days": [1, 1, 3], "supplier_id": ["city", "city", None],
    ... })
    >>> plan = stock_warehouses(demand, sites, cycle_service_level=0.95)
    >>> plan.stock[["site_id", "mean_units_day", "safety_stock", "base_stock"]].round(1)
      site_id  mean_units_day  safety_stock  base_stock
    0    city           200.0         209.4      2009.4
    1      f1           100.0          69.8       269.8
    2      f2           100.0          69.8       269.8
    """
    _check(demand, sites, cycle_service_level, store_correlation)
    sites = sites.drop_duplicates("site_id").set_index("site_id")
    sound, refused = _sound(demand, sites)
    asked = _asked(sound, sites, store_correlation)
    about = sites.loc[asked["site_id"]]
    days = about["lead_days"].to_numpy(float) + about["review_days"].to_numpy(float)
    cycle = asked["mean_units_day"] * days
    safety = ndtri(cycle_service_level) * asked["sd_units_day"] * np.sqrt(days)
    tier = about["tier"].to_numpy() if "tier" in about else ""
    table = asked.assign(tier=tier, cycle_stock=cycle, safety_stock=safety, base_stock=cycle + safety)
    order = ["site_id", "tier", "sku", "mean_units_day", "sd_units_day", "cycle_stock", "safety_stock", "base_stock"]
    return WarehousePlan(table[order].sort_values(["site_id", "sku"], ignore_index=True), refused)


def build_up(stock: pd.DataFrame, weeks: pd.DataFrame, capacity_units_week: float = np.inf) -> pd.DataFrame:
    """Spread the build-up before weeks in which makers do not deliver, such as those of Spring Festival.

    Parameters
    ----------
    stock : DataFrame
        site_id, sku, mean_units_day, base_stock of `stock_warehouses`.
    weeks : DataFrame
        week (in order), demand_factor (1: as usual), supplied (False: nothing arrives).
    capacity_units_week : float
        Most units that may arrive at a site in a week.

    Returns
    -------
    DataFrame
        site_id, sku, week, demand_units, arrive_units, stock_units (at the end of the week), short_units. Arrivals are
        as late as the capacity allows, so that cash is tied up shortly, and items share a site's capacity in
        proportion to what they need by then; the base stock stands again at the end.

    Raises
    ------
    InputError
        When columns are missing.

    Examples
    --------
    >>> stock = pd.DataFrame({"site_id": ["c"], "sku": ["cola"], "mean_units_day": [10.0], "base_stock": [100.0]})
    >>> weeks = pd.DataFrame({
    ...     "week": [1, 2, 3, 4], "demand_factor": [1, 1.5, 2, 1], "supplied": [True, True, False, True]})
    >>> build_up(stock, weeks)[["week", "demand_units", "arrive_units", "stock_units"]]
       week  demand_units  arrive_units  stock_units
    0     1          70.0          70.0        100.0
    1     2         105.0         245.0        240.0
    2     3         140.0           0.0        100.0
    3     4          70.0          70.0        100.0
    """
    for name, table, wanted in (
        ("stock", stock, ("site_id", "sku", "mean_units_day", "base_stock")),
        ("weeks", weeks, ("week", "demand_factor", "supplied")),
    ):
        if missing := [column for column in wanted if column not in table]:
            raise InputError(name, [f"it lacks {', '.join(missing)}"])
    supplied = weeks["supplied"].to_numpy(bool)
    parts = [
        _site_build_up(site, weeks, supplied, capacity_units_week) for _, site in stock.groupby("site_id", sort=True)
    ]
    return pd.concat(parts, ignore_index=True)


def _site_build_up(site: pd.DataFrame, weeks: pd.DataFrame, supplied: np.ndarray, capacity: float) -> pd.DataFrame:
    """Needs of a week that is not supplied, or beyond capacity, move to the week before."""
    base = site["base_stock"].to_numpy(float)
    demand = 7 * site["mean_units_day"].to_numpy(float)[:, None] * weeks["demand_factor"].to_numpy(float)
    arrive, due = np.zeros_like(demand), np.zeros(len(site))
    for w in range(len(weeks) - 1, -1, -1):
        due = due + demand[:, w]
        part = min(1.0, capacity / max(due.sum(), 1e-300)) if supplied[w] else 0.0
        arrive[:, w] = part * due
        due = due - arrive[:, w]
    level = base[:, None] + np.cumsum(arrive - demand, axis=1)
    short = np.diff(np.maximum(-level, 0.0), axis=1, prepend=0.0).clip(min=0.0)
    rows, count = np.repeat(np.arange(len(site)), len(weeks)), len(site)
    return pd.DataFrame({
        "site_id": site["site_id"].to_numpy()[rows], "sku": site["sku"].to_numpy()[rows],
        "week": np.tile(weeks["week"].to_numpy(), count), "demand_units": demand.ravel(),
        "arrive_units": arrive.ravel(), "stock_units": np.maximum(level, 0.0).ravel(), "short_units": short.ravel(),
    })  # fmt: skip


def _check(demand: pd.DataFrame, sites: pd.DataFrame, level: float, correlation: float) -> None:
    faults = []
    for name, table, wanted in (("demand", demand, DEMAND), ("sites", sites, SITES)):
        if missing := [column for column in wanted if column not in table]:
            faults.append(f"{name} lacks {', '.join(missing)}")
    if not 0 < level < 1:
        faults.append(f"cycle_service_level is {level}; give a share between 0 and 1")
    if not 0 <= correlation <= 1:
        faults.append(f"store_correlation is {correlation}; give 0 to 1")
    if not faults and not ((sites["lead_days"] >= 0) & (sites["review_days"] > 0)).all():
        faults.append("lead_days must be 0 or more and review_days more than 0")
    if faults:
        raise InputError("the tables of warehouses", faults)


def _sound(demand: pd.DataFrame, sites: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    mean, sd = (pd.to_numeric(demand[name], errors="coerce") for name in DEMAND[2:])
    checks = [
        (~demand["site_id"].isin(sites.index), "the site is not in sites"),
        (~((mean >= 0) & (sd >= 0)), "mean or sd is empty or negative; give 0 or more"),
    ]
    bad, parts = np.zeros(len(demand), bool), []
    for fault, words in checks:
        new = fault.to_numpy() & ~bad
        bad |= new
        rows = demand.loc[new, ["site_id", "sku"]]
        parts.append(rows.assign(reason=[f"site {s}, item {k}: {words}" for s, k in rows.itertuples(index=False)]))
    return demand.assign(mean_units_day=mean, sd_units_day=sd)[~bad], pd.concat(parts, ignore_index=True)


def _asked(demand: pd.DataFrame, sites: pd.DataFrame, correlation: float) -> pd.DataFrame:
    """Mean and sd asked of every site, its own and of all that it serves, from the bottom up."""
    above = sites["supplier_id"].to_dict() if "supplier_id" in sites else {}
    parts = [demand]
    carried = demand
    for _ in range(len(sites) + 1):
        carried = carried.assign(site_id=carried["site_id"].map(above))
        carried = carried[carried["site_id"].isin(sites.index)]
        if carried.empty:
            break
        parts.append(carried)
    else:
        raise InputError("sites", ["they serve each other in a circle; mend supplier_id"])
    rows = pd.concat(parts, ignore_index=True)
    rows["variance"] = rows["sd_units_day"] ** 2
    total = rows.groupby(["site_id", "sku"], as_index=False)[["mean_units_day", "sd_units_day", "variance"]].sum()
    pooled = (1 - correlation) * total["variance"] + correlation * total["sd_units_day"] ** 2
    return total.assign(sd_units_day=np.sqrt(pooled)).drop(columns="variance")
