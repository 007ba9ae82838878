"""An independent check of a plan: slow, obvious, and sharing nothing with the solver."""

from collections.abc import Sequence

import pandas as pd

Broken = tuple[str, object, object, float, float]
A_HAIR = 1e-6  # of all signed: shares are read to a millionth
LOADS = ("visits_signup", "visits_care", "volume_m3_month", "capital_rmb")


def check_waves(
    waves: pd.DataFrame,
    stores: pd.DataFrame,
    territories: pd.DataFrame,
    warehouses: pd.DataFrame,
    months: pd.DataFrame,
    quotas: pd.DataFrame | None = None,
    max_stores: float | None = None,
    shares: pd.DataFrame | None = None,
    promised: pd.DataFrame | None = None,
    excluded: Sequence[object] = (),
) -> pd.DataFrame:
    """List everything that a plan breaks.

    Parameters
    ----------
    waves : DataFrame
        store_id, month: the plan.
    stores, territories, warehouses, months, quotas, max_stores, shares, promised, excluded
        As given to `plan_waves`.

    Returns
    -------
    DataFrame
        constraint, id, month, used, limit: one row for each limit that is broken; empty when the plan is fine.
        Promises and floors of quotas and shares are limits here too; `plan_waves` reports those it could not reach.

    Examples
    --------
    >>> months = pd.DataFrame({"month": [1], "capital_rmb": [100.0]})
    >>> stores = pd.DataFrame({"store_id": [1, 2], "territory_id": 1, "warehouse_id": 1, "visits_signup": 8.0,
    ...     "visits_care": 1.0, "volume_m3_month": 1.0, "capital_rmb": 60.0})
    >>> territories = pd.DataFrame({"territory_id": [1], "month": [1], "visits": [20.0]})
    >>> warehouses = pd.DataFrame({"warehouse_id": [1], "month": [1], "capacity_m3": [5.0]})
    >>> waves = pd.DataFrame({"store_id": [1, 2], "month": [1, 1]})
    >>> check_waves(waves, stores, territories, warehouses, months)
      constraint    id month   used  limit
    0    capital  plan     1  120.0  100.0
    """
    waves, territories, warehouses, months = (_dated(table) for table in (waves, territories, warehouses, months))
    quotas, shares, promised = (None if table is None else _dated(table) for table in (quotas, shares, promised))
    broken: list[Broken] = []
    for store_id, times in waves["store_id"].value_counts().items():
        if times > 1:
            broken.append(("once", store_id, None, float(times), 1.0))
    unknown = waves[~waves["store_id"].isin(stores["store_id"])]
    broken += [("known_store", row.store_id, row.month, 1.0, 0.0) for row in unknown.itertuples()]
    strange = waves[~waves["month"].isin(months["month"])]
    broken += [("known_month", row.store_id, row.month, 1.0, 0.0) for row in strange.itertuples()]
    loads = dict.fromkeys(LOADS, "float64")  # sums of shorter floats would be rounded beyond a limit that is kept
    plan = waves.merge(stores, on="store_id").astype(loads)

    for month in months.sort_values("month")["month"]:
        now, earlier = plan[plan["month"] == month], plan[plan["month"] < month]
        started = plan[plan["month"] <= month]
        visits = (
            now.groupby("territory_id")["visits_signup"]
            .sum()
            .add(earlier.groupby("territory_id")["visits_care"].sum(), fill_value=0)
        )
        volume = started.groupby("warehouse_id")["volume_m3_month"].sum()
        limits = territories[territories["month"] == month].set_index("territory_id")["visits"]
        broken += _over("visits", visits, limits, month)
        limits = warehouses[warehouses["month"] == month].set_index("warehouse_id")["capacity_m3"]
        broken += _over("volume", volume, limits, month)
        used, limit = started["capital_rmb"].sum(), months.loc[months["month"] == month, "capital_rmb"].iloc[0]
        if used > limit:
            broken.append(("capital", "plan", month, used, limit))

    if max_stores is not None and len(plan) > max_stores:
        broken.append(("max_stores", "plan", None, float(len(plan)), float(max_stores)))
    for quota in (quotas if quotas is not None else pd.DataFrame()).to_dict("records"):
        name = f"{quota['column']} {quota['value']}"
        signed = int(((plan[quota["column"]] == quota["value"]) & (plan["month"] <= quota["month"])).sum())
        floor, cap = quota.get("min_stores"), quota.get("max_stores")
        if pd.notna(floor) and signed < floor:
            broken.append(("min_stores", name, quota["month"], signed, floor))
        if pd.notna(cap) and signed > cap:
            broken.append(("max_stores", name, quota["month"], signed, cap))
    broken += _broken_shares(plan, months, shares) + _broken_promises(waves, promised)
    broken += [
        ("excluded", store, None, 1.0, 0.0) for store in waves.loc[waves["store_id"].isin(list(excluded)), "store_id"]
    ]
    return pd.DataFrame(broken, columns=["constraint", "id", "month", "used", "limit"])


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    """Read months that are written as words as the dates they stand for."""
    words = [
        name
        for name in ("month", "latest_month")
        if name in table and pd.api.types.infer_dtype(table[name], skipna=True) == "string"
    ]
    return table.assign(**{name: pd.to_datetime(table[name]) for name in words})


def _over(kind: str, used: pd.Series, limits: pd.Series, month: object) -> list[Broken]:
    limits = limits.reindex(used.index).fillna(0.0)
    over = used[used > limits]
    return [(kind, place, month, amount, limits[place]) for place, amount in over.items()]


def _broken_shares(plan: pd.DataFrame, months: pd.DataFrame, shares: pd.DataFrame | None) -> list[Broken]:
    """Members against floor and cap, both as a share of all signed by the month."""
    broken: list[Broken] = []
    for share in (shares if shares is not None else pd.DataFrame()).to_dict("records"):
        month = share.get("month")
        month = months["month"].max() if pd.isna(month) else month
        signed = plan[plan["month"] <= month]
        name = f"{share['column']} {share['value']}"
        members = int((signed[share["column"]] == share["value"]).sum()) + share.get("members_before", 0)
        everyone = len(signed) + share.get("all_before", 0)
        floor, cap = (share.get(which) for which in ("min_share", "max_share"))
        if pd.notna(floor) and members < (floor - A_HAIR) * everyone:
            broken.append(("min_share", name, month, members / everyone, floor))
        if pd.notna(cap) and members > (cap + A_HAIR) * everyone:
            broken.append(("max_share", name, month, members / everyone, cap))
    return broken


def _broken_promises(waves: pd.DataFrame, promised: pd.DataFrame | None) -> list[Broken]:
    """Promised stores that do not start, or not in their months."""
    started = dict(zip(waves["store_id"], waves["month"], strict=True))
    broken: list[Broken] = []
    for promise in (promised if promised is not None else pd.DataFrame()).to_dict("records"):
        store, month, latest = promise["store_id"], promise.get("month"), promise.get("latest_month")
        wrong = pd.notna(month) and started.get(store) != month
        late = store in started and pd.notna(latest) and started[store] > latest
        if store not in started or wrong or late:
            broken.append(("promised", store, month if pd.notna(month) else latest, 0.0, 1.0))
    return broken
