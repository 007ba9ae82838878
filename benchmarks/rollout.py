"""Rollout plans of growing size: CPU seconds, memory, gap and violations, against the strong baseline."""

import numpy as np
import pandas as pd


def draw_case(n_stores, seed=1, months=12, quotas=True, target="at_most", spread=1):
    """Draw a national case: stores in territories of uneven size, warehouses that open slowly, capital that grows.

    `target` is at_most, at_least or exactly: how a sixth of all stores is asked for.
    """
    rng = np.random.default_rng(seed)
    n_territories, n_warehouses = max(60, n_stores // 2000), max(20, n_stores // 12000)
    size = rng.pareto(2, n_territories) + 0.3
    territory = rng.choice(n_territories, n_stores, p=size / size.sum())
    home = np.sort(rng.integers(0, n_warehouses, n_territories))
    away = np.where(rng.random(n_stores) < 0.2, rng.integers(-spread, spread + 1, n_stores), 0)
    warehouse = (home[territory] + away) % n_warehouses
    gmv = rng.lognormal(6, 0.9, n_stores) * rng.lognormal(0, 0.3, n_territories)[territory]
    p_sign = rng.uniform(0.25, 0.9, n_stores)
    stores = pd.DataFrame(
        {
            "store_id": rng.permutation(n_stores).astype(np.int64),
            "territory_id": territory,
            "warehouse_id": warehouse,
            "value": gmv * rng.uniform(0.7, 1.3, n_stores),
            "p_sign": p_sign,
            "visits_signup": rng.integers(2, 7, n_stores).astype(float),
            "visits_care": rng.uniform(0.1, 0.4, n_stores) * p_sign,
            "volume_m3_month": gmv * rng.uniform(0.6, 1.4, n_stores) / 400 * p_sign,
            "capital_rmb": gmv * rng.uniform(0.3, 0.8, n_stores) * p_sign,
            "province": territory * 30 // n_territories,
            "country": 1,
        }
    )
    month = np.arange(1, months + 1)
    signed = n_stores / 6
    per_territory = np.bincount(territory, minlength=n_territories) / n_stores
    reps = per_territory * signed * (4 * 1.15 / months + 0.07) * rng.uniform(0.5, 1.5, n_territories)
    throughput = np.bincount(warehouse, stores["volume_m3_month"], n_warehouses) * rng.uniform(0.12, 0.35, n_warehouses)
    visits = np.maximum(1, np.repeat(reps, months))
    capacity = np.maximum(1, np.outer(throughput, np.linspace(0.35, 1, months))).ravel()
    territories = pd.DataFrame(
        {
            "territory_id": np.repeat(np.arange(n_territories), months),
            "month": np.tile(month, n_territories),
            "visits": visits,
        }
    )
    warehouses = pd.DataFrame(
        {
            "warehouse_id": np.repeat(np.arange(n_warehouses), months),
            "month": np.tile(month, n_warehouses),
            "capacity_m3": capacity,
        }
    )
    capital = stores["capital_rmb"].sum() * 0.2 * np.linspace(0.2, 1, months)
    plan_months = pd.DataFrame({"month": month, "capital_rmb": capital, "value_factor": 0.99 ** np.arange(months)})
    goal = n_stores // 6
    share = np.bincount(stores["province"], minlength=30) / n_stores
    rows = [("province", p, np.floor(goal * share[p] * f), np.nan) for p, f in enumerate(rng.uniform(0.5, 1.08, 30))]
    rows = rows if quotas else []
    if target != "at_most":
        rows.append(("country", 1, goal, goal if target == "exactly" else np.nan))
    table = pd.DataFrame(rows, columns=["column", "value", "min_stores", "max_stores"]).assign(month=months)
    return {
        "stores": stores,
        "territories": territories,
        "warehouses": warehouses,
        "months": plan_months,
        "quotas": table,
        "max_stores": goal if target == "at_most" else None,
    }
