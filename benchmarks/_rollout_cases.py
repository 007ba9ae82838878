"""National rollout cases, drawn: territories of uneven size, neighbouring warehouses, capital, provincial floors."""

import numpy as np
import pandas as pd

NATION = 6_000_000  # stores; smaller cases have as many stores in a territory and a warehouse
TERRITORIES, WAREHOUSES, PROVINCES, MONTHS = 3_000, 500, 30, 12
TARGETS = ("at_most", "at_least", "exactly")


def draw_case(n, target="at_most", seed=1):
    """Tables of `plan_waves` for n stores, of which about n / 6 can be started.

    GMV is lognormal; every load and value is proportional to it up to noise, visits are whole. One store in five is
    served by the warehouse next to its territory's own. Visits allow about 1.15 n / 6 sign-ups, warehouses grow from
    35% of their capacity and capital from a fifth; provinces ask for half of their share to a little more than it.
    """
    rng = np.random.default_rng([seed, n])
    J, W, goal = max(60, TERRITORIES * n // NATION), max(20, WAREHOUSES * n // NATION), n // 6
    size = rng.pareto(2, J) + 0.3
    territory = rng.choice(J, n, p=size / size.sum()).astype(np.int32)
    home = np.sort(rng.integers(0, W, J))
    warehouse = ((home[territory] + rng.choice([0, 0, 0, 0, 0, 0, 0, 0, 1, -1], n)) % W).astype(np.int32)
    gmv = rng.lognormal(6, 0.9, n) * rng.lognormal(0, 0.3, J)[territory]
    p_sign = rng.uniform(0.25, 0.9, n)
    columns = {
        "value": gmv * rng.uniform(0.7, 1.3, n),
        "p_sign": p_sign,
        "visits_signup": rng.integers(2, 7, n),
        "visits_care": rng.uniform(0.1, 0.4, n) * p_sign,
        "volume_m3_month": gmv * rng.uniform(0.6, 1.4, n) / 400 * p_sign,
        "capital_rmb": gmv * rng.uniform(0.3, 0.8, n) * p_sign,
        "gmv_rmb_month": gmv,
    }
    stores = pd.DataFrame({"store_id": np.arange(n), "territory_id": territory, "warehouse_id": warehouse})
    for name in list(columns):
        stores[name] = columns.pop(name).astype(np.float32)
    province = (np.arange(J) * PROVINCES // J).astype(np.int32)
    stores["province_code"] = province[territory]
    month = pd.date_range("2017-09-01", periods=MONTHS, freq="MS")
    members = np.bincount(territory, minlength=J)
    visits = np.maximum(1, members / 6 * (4 / 12 * 1.15 + 0.07) * rng.uniform(0.5, 1.5, J))
    volume = np.bincount(warehouse, stores["volume_m3_month"], W) * rng.uniform(0.12, 0.35, W)
    capital = 0.2 * stores["capital_rmb"].astype(float).sum() * np.linspace(0.2, 1, MONTHS)
    floors = np.floor(np.bincount(province[territory], minlength=PROVINCES) / 6 * rng.uniform(0.5, 1.08, PROVINCES))
    quotas = pd.DataFrame(
        {"column": "province_code", "value": range(PROVINCES), "month": month[-1], "min_stores": floors}
    )
    if target != "at_most":
        stores["country"] = np.int8(1)
        quotas.loc[PROVINCES] = ["country", 1, month[-1], float(goal)]
    return {
        "stores": stores,
        "territories": _grid("territory_id", month, "visits", np.repeat(visits[:, None], MONTHS, axis=1)),
        "warehouses": _grid("warehouse_id", month, "capacity_m3", np.outer(volume, np.linspace(0.35, 1, MONTHS))),
        "months": pd.DataFrame({"month": month, "capital_rmb": capital, "value_factor": np.linspace(1, 0.5, MONTHS)}),
        "quotas": quotas,
        "max_stores": None if target == "at_least" else goal,
    }


def _grid(key, month, column, values):
    ids = np.repeat(np.arange(len(values)), len(month))
    return pd.DataFrame({key: ids, "month": np.tile(month, len(values)), column: values.ravel()})
