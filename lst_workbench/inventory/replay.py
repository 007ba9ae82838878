"""Let shops live through their history under a policy of ordering, before anyone adopts it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.inventory._replay_kernels import (
    HOLDING,
    LOST,
    LOST_MARGIN,
    MARGIN,
    ORDERS,
    REORDER,
    SOLD,
    SPENT,
    STOCK,
    SUMS,
    UP_TO,
    WASTE_RMB,
    WASTED,
    WORTH,
    live,
)
from lst_workbench.inventory.replay_tables import History, read_history
from lst_workbench.optim import in_chunks

KINDS = {"up_to": UP_TO, "reorder": REORDER, "worth": WORTH}


@dataclass(frozen=True)
class Policy:
    """How a shop orders, every `cycle_days` days.

    Parameters
    ----------
    name : str
        Name in the tables.
    kind : {"up_to", "reorder", "worth"}
        Up to expected demand until the order after comes, plus `z` of its standard deviations; the same, but only
        items at or below that level and for `cover_days` more (s, S); or the cases of most worth (`propose_orders`).
    cycle_days : int
        Days between two orders.
    z : float
        Standard deviations of safety.
    cover_days : float
        Days that an (s, S) order lasts beyond the level.
    """

    name: str
    kind: Literal["up_to", "reorder", "worth"] = "worth"
    cycle_days: int = 7
    z: float = 1.0
    cover_days: float = 7.0


@dataclass(frozen=True)
class ReplayResult:
    """What each policy would have brought: ``tables["stores"]``, ``tables["policies"]``, ``tables["refused"]``."""

    tables: dict[str, pd.DataFrame]


def replay_policies(
    sales: pd.DataFrame,
    items: pd.DataFrame,
    stores: pd.DataFrame,
    policies: Sequence[Policy],
    *,
    stock: pd.DataFrame | None = None,
    warm_days: int = 28,
    most_cases: int = 12,
) -> ReplayResult:
    """Replay ordering policies on history: lost sales, cash in stock, waste, fill rate, and what is left in RMB.

    Every policy sees the same demand and the same forecast, the mean of the `warm_days` days before the order that
    were in stock. Shops start with what `stock` says, or with stock for one cycle and lead time.

    A day may be any even period: with whole numbers of weeks as days, cycles, lead times and holding are of weeks.

    Parameters
    ----------
    sales : DataFrame
        store_id, sku, day (date, or whole number), units[, in_stock (True)]; a missing day sold nothing. Days out of
        stock are no zeros: their demand is taken to be the forecast's.
    items : DataFrame
        sku, case_pack, cost_rmb, margin_rmb, holding_rmb_day[, shelf_life_days].
    stores : DataFrame
        store_id[, lead_days (1), min_order_rmb (0), cash_rmb (no limit) an order, delivery_rmb (0) an order, region].
    policies : list of Policy
        What to compare.
    stock : DataFrame, optional
        store_id, sku, on_hand[, on_order (comes the day after)]: units when the replay starts.
    warm_days : int
        Days of history before the replay starts, from which the forecast is made.
    most_cases : int
        Cases of an item in one order, for policies by worth.

    Returns
    -------
    ReplayResult
        ``tables["stores"]``: policy, cycle_days, store_id, days, sold_units, lost_units, fill_rate, wasted_units,
        stock_rmb (mean, at cost), orders, spend_rmb, margin_rmb, lost_margin_rmb, waste_rmb, holding_rmb,
        delivery_rmb, net_rmb_day (margin less waste, holding and delivery, a day). ``tables["policies"]``: the same,
        added up over stores. ``tables["refused"]``: store_id, sku, reason.

    Raises
    ------
    InputError
        When columns are missing, no line is sound, or history is no longer than `warm_days`.

    Examples
    --------
    >>> sales = pd.DataFrame({"store_id": 1, "sku": "cola", "day": range(60), "units": [2, 3, 4] * 20})
    >>> items = pd.DataFrame({
    ...     "sku": ["cola"], "case_pack": 12, "cost_rmb": 2.0, "margin_rmb": 0.8, "holding_rmb_day": 0.002})
    >>> stores = pd.DataFrame({"store_id": [1], "delivery_rmb": [5.0]})
    >>> result = replay_policies(sales, items, stores, [Policy("weekly"), Policy("daily", cycle_days=1)])
    >>> result.tables["policies"][["policy", "fill_rate", "orders"]].round(3)
       policy  fill_rate  orders
    0  weekly        1.0     5.0
    1   daily        1.0     9.0
    """
    history = read_history(sales, items, stores, warm_days, stock)
    parts = [_lived(history, policy, warm_days, most_cases) for policy in policies]
    if not parts:
        raise InputError("policies", ["there is none; name at least one"])
    table = pd.concat(parts, ignore_index=True)
    return ReplayResult({"stores": table, "policies": _added(table, ["policy"]), "refused": history.refused})


def procurement_cycle(
    sales: pd.DataFrame,
    items: pd.DataFrame,
    stores: pd.DataFrame,
    cycles: Sequence[int] = (1, 2, 3, 4, 5, 7, 10, 14),
    *,
    stock: pd.DataFrame | None = None,
    **settings: int,
) -> ReplayResult:
    """Trade days between deliveries against lost sales, cash and waste, and find the best cycle of store and region.

    Parameters
    ----------
    sales, items, stores, stock
        As in `replay_policies`; without ``delivery_rmb`` a daily delivery always looks best.
    cycles : list of int
        Days between deliveries to try, ordering by worth.
    **settings
        Further arguments of `replay_policies`.

    Returns
    -------
    ReplayResult
        ``tables["curve"]``: one row a cycle, as ``policies``; ``tables["best"]``: store_id, region, cycle_days,
        net_rmb_day, gain_rmb_day (over the middle cycle tried); ``tables["regions"]``: region, cycle_days, net_rmb_day
        of the one cycle best for all its stores; ``tables["stores"]``, ``tables["refused"]``.
    """
    tried = [Policy(f"every {cycle} days", cycle_days=cycle) for cycle in cycles]
    result = replay_policies(sales, items, stores, tried, stock=stock, **settings)
    lived = result.tables["stores"]
    lived["region"] = lived["store_id"].map(_regions(stores)) if "region" in stores else "all"
    usual = sorted(cycles)[len(cycles) // 2]
    before = lived[lived["cycle_days"] == usual].set_index("store_id")["net_rmb_day"]
    top = lived.loc[lived.groupby("store_id", sort=False)["net_rmb_day"].idxmax()]
    best = top[["store_id", "region", "cycle_days", "net_rmb_day"]].reset_index(drop=True)
    best["gain_rmb_day"] = best["net_rmb_day"] - best["store_id"].map(before)
    regions = lived.groupby(["region", "cycle_days"], as_index=False)["net_rmb_day"].sum()
    regions = regions.loc[regions.groupby("region")["net_rmb_day"].idxmax()].reset_index(drop=True)
    curve = _added(lived, ["cycle_days"])
    return ReplayResult(result.tables | {"curve": curve, "best": best, "regions": regions})


def _regions(stores: pd.DataFrame) -> pd.Series:
    return stores.drop_duplicates("store_id").set_index("store_id")["region"]


def _lived(history: History, policy: Policy, warm: int, most: int) -> pd.DataFrame:
    if policy.kind not in KINDS or policy.cycle_days < 1:
        wanted = f"give a kind of {', '.join(KINDS)} and cycle_days of 1 or more"
        raise InputError(f"policy {policy.name}", [f"it has {policy.kind}, {policy.cycle_days}; {wanted}"])
    sums = np.zeros((len(history.store_ids), SUMS))
    days = history.demand.shape[1] - warm
    work = partial(
        live, history.start, history.demand, history.mean, history.spread, history.item, history.pack,
        history.opening, history.shop, KINDS[policy.kind], policy.cycle_days, policy.z, policy.cover_days, most,
        warm, sums,
    )  # fmt: skip
    in_chunks(len(sums), work)
    delivery = sums[:, ORDERS] * history.delivery_rmb
    net = sums[:, MARGIN] - sums[:, WASTE_RMB] - sums[:, HOLDING] - delivery
    return _with_rate(pd.DataFrame({
        "policy": policy.name, "cycle_days": policy.cycle_days, "store_id": history.store_ids, "days": days,
        "sold_units": sums[:, SOLD], "lost_units": sums[:, LOST], "wasted_units": sums[:, WASTED],
        "stock_rmb": sums[:, STOCK] / days, "orders": sums[:, ORDERS], "spend_rmb": sums[:, SPENT],
        "margin_rmb": sums[:, MARGIN], "lost_margin_rmb": sums[:, LOST_MARGIN], "waste_rmb": sums[:, WASTE_RMB],
        "holding_rmb": sums[:, HOLDING], "delivery_rmb": delivery, "net_rmb_day": net / days,
    }))  # fmt: skip


def _added(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add up over stores."""
    keep = [*by, *(name for name in ("cycle_days",) if name not in by)]
    columns = [name for name in table.select_dtypes("number") if name not in (*keep, "store_id", "days", "fill_rate")]
    return _with_rate(table.groupby(keep, sort=False, as_index=False)[columns].sum())


def _with_rate(table: pd.DataFrame) -> pd.DataFrame:
    wanted = table["sold_units"] + table["lost_units"]
    return table.assign(fill_rate=(table["sold_units"] / wanted).where(wanted > 0, 1.0))
