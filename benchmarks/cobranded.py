"""Which 10,000 of 500,000 stores become co-branded: drawn cases with spacing, shared shoppers, quotas and a budget.

`python -m benchmarks cobranded` takes three seeds, each with uneven towns in thirty provinces; what is
chosen is checked against every limit, store by store.
"""

import time

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lst_workbench.rollout import select_cobranded

STORES, CHOSEN, TOWNS, PROVINCES = 500_000, 10_000, 20_000, 30
APART_KM, SHARED_KM = 0.5, 1.0


def run(sizes=((STORES, CHOSEN),), seeds=(1, 2, 3)):
    """Choose in each case: gap, CPU seconds, limits that are broken."""
    select_cobranded(**draw_case(2_000, 40, 1))
    return pd.DataFrame([measure(n, chosen, seed) for n, chosen in sizes for seed in seeds])


def draw_case(n, chosen, seed):
    """Tables of `select_cobranded`: shoppers are shared within a kilometre, half of it is too near."""
    rng = np.random.default_rng([seed, n])
    towns = max(1, n * TOWNS // STORES)
    size = rng.pareto(1.5, towns) + 0.3
    town = rng.choice(towns, n, p=size / size.sum())
    at = rng.uniform(0, 3000, (towns, 2))[town] + rng.normal(0, 1, (n, 2)) * np.sqrt(size)[town, None]
    value = rng.lognormal(6, 0.6, n) * rng.lognormal(0, 0.3, towns)[town]
    province = town % PROVINCES
    stores = pd.DataFrame(
        {"store_id": range(n), "value": value, "fitout_rmb": rng.integers(5, 50, n) * 1e3, "province_code": province}
    )
    pairs = cKDTree(at).query_pairs(SHARED_KM, output_type="ndarray")
    a, b = pairs[:, 0], pairs[:, 1]
    away = np.hypot(*(at[a] - at[b]).T)
    loss = 0.5 * np.exp(-2 * away) * np.minimum(value[a], value[b])
    overlaps = pd.DataFrame({"store_id": a, "other_id": b, "loss": loss, "apart": away < APART_KM})
    share = np.bincount(province, minlength=PROVINCES) / n * chosen
    quotas = pd.DataFrame(
        {
            "column": "province_code",
            "value": range(PROVINCES),
            "min_stores": np.floor(share * rng.uniform(0.3, 1.05, PROVINCES)),
            "max_stores": np.ceil(share * rng.uniform(1.1, 1.6, PROVINCES)),
        }
    )
    asked = {"max_stores": chosen, "budget_rmb": 0.9 * chosen * float(stores["fitout_rmb"].mean())}
    return {"stores": stores, "overlaps": overlaps, "quotas": quotas, **asked}


def measure(n, chosen, seed):
    """One case, timed from the caller's tables to the result's."""
    case = draw_case(n, chosen, seed)
    wall, cpu = time.perf_counter(), time.process_time()
    result = select_cobranded(**case)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    table = result.tables["cobranded"]
    taken = case["stores"][case["stores"]["store_id"].isin(table.loc[table["rank"] > 0, "store_id"])]
    return {
        "stores": n,
        "seed": seed,
        "pairs": len(case["overlaps"]),
        "chosen": len(taken),
        "gap_share": result.certificate.gap,
        "cpu_s": cpu,
        "wall_s": wall,
        "broken": _broken(case, taken),
    }


def _broken(case, taken):
    """Count the limits that the choice breaks."""
    ids, pairs = taken["store_id"], case["overlaps"]
    near = int((pairs["apart"] & pairs["store_id"].isin(ids) & pairs["other_id"].isin(ids)).sum())
    counts = taken["province_code"].value_counts().reindex(case["quotas"]["value"], fill_value=0).to_numpy()
    quotas = case["quotas"]
    beyond = int(((counts < quotas["min_stores"]) | (counts > quotas["max_stores"])).sum())
    return near + beyond + int(len(taken) > case["max_stores"]) + int(taken["fitout_rmb"].sum() > case["budget_rmb"])
