"""The three-tier network on towns scattered over 2,000 x 2,000 km; CPU seconds of all threads.

Towns have sizes of a Pareto law (1.2) and stores around them in the normal way (5 to 30 km); candidate sites stand
near towns drawn by the square root of their size; volumes are log-normal around 0.35 m3 a month. Seed 1, service
radius 80 km. Compilation is apart: every work runs once on a small case first.
"""

import resource
import time

import numpy as np
import pandas as pd

from lst_workbench.coverage import NetworkParams, design_network

TOWNS, SIDE_KM, RADIUS_KM = 2_800, 2_000.0, 80.0
FIXED = {"front": 90_000.0, "city": 450_000.0, "regional": 2_500_000.0}
MILLION = 1_000_000


def run(sizes=(100_000, MILLION)):
    """Give a row a work: size, gap, CPU seconds and the bar."""
    market(2_000, (60, 20, 6)), design_network(*market(2_000, (60, 20, 6)), NetworkParams(small_pairs=0))
    rows = []
    for stores in sizes:
        rows.append(_network(stores, limited=False, bar="gap 1%, 240 s" if stores == MILLION else ""))
    return pd.DataFrame(rows)


def market(stores, sites, seed=1, limited=False):
    """Draw stores and candidate sites (fronts, cities, regionals); money in proportion to the number of stores."""
    rng = np.random.default_rng(seed)
    towns, size = rng.random((TOWNS, 2)) * SIDE_KM, rng.pareto(1.2, TOWNS) + 0.2
    at = rng.choice(TOWNS, stores, p=size / size.sum())
    spread = rng.uniform(5, 30, TOWNS)[at][:, None]
    demand = _placed(towns[at] + rng.normal(0, 1, (stores, 2)) * spread)
    demand.insert(0, "store_id", np.arange(stores))
    demand["volume_m3_month"] = np.maximum(0.02, rng.lognormal(np.log(0.35), 0.8, stores))
    demand["orders_month"] = 2.5
    near = np.sqrt(size) / np.sqrt(size).sum()
    fronts = towns[rng.choice(TOWNS, sites[0], p=near)] + rng.normal(0, 8, (sites[0], 2))
    cities = fronts[rng.choice(sites[0], sites[1], replace=False)]
    regionals = cities[rng.choice(sites[1], sites[2], replace=False)]
    frames = []
    for tier, spots in (("front", fronts), ("city", cities), ("regional", regionals)):
        money = FIXED[tier] * stores / MILLION * rng.uniform(0.7, 1.3, len(spots))
        frames.append(_placed(spots).assign(tier=tier, fixed_cost_rmb_month=money))
    table = pd.concat(frames, ignore_index=True)
    table.insert(0, "site_id", np.arange(len(table)))
    if limited:
        whole = demand["volume_m3_month"].sum()
        share = table["tier"].map({"front": 1 / 100, "city": 1 / 30, "regional": 1 / 5})
        table["capacity_m3_month"] = whole * share * rng.uniform(0.8, 2.0, len(table))
        table["min_volume_m3_month"] = whole * share * 0.05
    return demand, table


def _placed(spots):
    return pd.DataFrame({"lat": 24.0 + spots[:, 1] / 111.2, "lon": 104.0 + spots[:, 0] / 100.0})


def _network(stores, limited, bar):
    demand, sites = market(stores, (2_000, 400, 50), limited=limited)
    solved = clocked(lambda: design_network(demand, sites, NetworkParams(radius_km=RADIUS_KM)))
    return row("network, limited" if limited else "network", f"{stores:,} x 2,000/400/50", *solved, bar)


def clocked(work):
    """Give the result of a work, and its CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, (time.process_time() - cpu, time.perf_counter() - wall)


def row(work, size, result, seconds, bar):
    """Say it, and give it as a row of the results."""
    print(work, size, f"gap {result.certificate.gap:.4f}", f"{seconds[0]:.1f} CPU s", flush=True)
    return {
        "work": work, "size": size, "value": result.certificate.value, "gap": result.certificate.gap,
        "status": str(result.certificate.status), "cpu_s": seconds[0], "wall_s": seconds[1], "bar": bar,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
