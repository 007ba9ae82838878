"""The siting models and the three-tier network on towns scattered over 2,000 x 2,000 km; CPU seconds of all threads.

Towns have sizes of a Pareto law (1.2) and stores around them in the normal way (5 to 30 km); candidate sites stand
near towns drawn by the square root of their size; volumes are log-normal around 0.35 m3 a month. Seed 1, service
radius 80 km. Compilation is apart: every work runs once on a small case first. The peer of the smallest case reads the
whole matrix of costs and runs in benchmarks/.venv-peers: ``pip install spopt pulp``; without it its columns
stay empty. All of it takes a quarter of an hour on a quiet machine.
"""

import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lst_workbench.coverage import (
    CoveringParams,
    NetworkParams,
    PMedianParams,
    design_network,
    solve_lscp,
    solve_mclp,
    solve_p_median,
)
from lst_workbench.geo import neighbours_within

TOWNS, SIDE_KM, RADIUS_KM = 2_800, 2_000.0, 80.0
FIXED = {"front": 90_000.0, "city": 450_000.0, "regional": 2_500_000.0}
MILLION = 1_000_000
NEAREST = 50  # sites that a demand of the p-median may use
PEERS = Path(__file__).parent / ".venv-peers" / "bin" / "python"
PEER_SIDE = Path(__file__).with_name("_coverage_peers.py")


def run(sizes=(100_000, MILLION)):
    """Give a row a work: size, gap, CPU seconds and the bar."""
    market(2_000, (60, 20, 6)), design_network(*market(2_000, (60, 20, 6)), NetworkParams(small_pairs=0))
    _covering(3_000, 60, 10, None), _median(3_000, 60, 10, None)
    rows = _beside_the_peer()
    rows.append(_covering(100_000, 1_000, 100, None, "optimal, 30 s"))
    rows.append(_covering(MILLION, 1_500, 200, 100.0, "gap 0.1%, 120 s"))
    rows.append(_median(MILLION, 2_000, 200, 250.0, "gap 0.5%, 300 s"))
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
    clocked = _clocked(lambda: design_network(demand, sites, NetworkParams(radius_km=RADIUS_KM)))
    return _row("network, limited" if limited else "network", f"{stores:,} x 2,000/400/50", *clocked, bar)


def _beside_the_peer():
    """MCLP and LSCP on 10,000 x 100, evenly scattered, whole matrices read by both sides."""
    rng = np.random.default_rng(1)
    demand, sites, weight = rng.random((10_000, 2)) * 100, rng.random((100, 2)) * 100, rng.integers(1, 10, 10_000)
    matrix = np.hypot(*(demand[:, None] - sites).transpose(2, 0, 1))
    row, column = (index.ravel() for index in np.indices(matrix.shape))
    costs = pd.DataFrame({"demand_id": row, "site_id": column, "cost": matrix.ravel()})
    weights = pd.DataFrame({"demand_id": np.arange(len(weight)), "weight": weight})
    radius = {"MCLP": 10.0, "LSCP": float(matrix.min(axis=1).max())}
    ours = {
        "MCLP": lambda: solve_mclp(costs, radius["MCLP"], 20, weights),
        "LSCP": lambda: solve_lscp(costs, radius["LSCP"]),
    }
    rows = []
    for work, solve in ours.items():
        solve()
        row_ = _row(work, "10,000 x 100", *_clocked(solve), "1/100 of spopt" if work == "MCLP" else "equal to spopt")
        rows.append(row_ | _peer(work, matrix, weight, radius[work]))
    return rows


def _peer(work, matrix, weight, radius):
    """CPU seconds and value of spopt on the same matrix."""
    if not PEERS.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "case.npz", matrix=matrix, weight=weight, radius=radius)
        command = [str(PEERS), str(PEER_SIDE), work, folder]
        said = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(said.stdout.strip().splitlines()[-1])


def _covering(demands, sites, p, seconds, bar=""):
    demand, table = market(demands, (sites, 10, 5))
    fronts = table[table["tier"] == "front"]
    near = neighbours_within(demand["lat"], demand["lon"], fronts["lat"], fronts["lon"], RADIUS_KM)
    ids = fronts["site_id"].to_numpy()
    costs = pd.DataFrame({"demand_id": near.rows, "site_id": ids[near.indices], "cost": near.distance_km})
    weights = demand[["store_id", "volume_m3_month"]].set_axis(["demand_id", "weight"], axis=1)
    params = CoveringParams(gap=0.0 if seconds is None else 0.001)
    clocked = _clocked(lambda: solve_mclp(costs, RADIUS_KM, p, weights, time_limit_s=seconds, params=params))
    return _row("MCLP", f"{demands:,} x {sites:,}", *clocked, bar)


def _median(demands, sites, p, seconds, bar=""):
    demand, table = market(demands, (sites, 10, 5))
    spots = [part[["lon", "lat"]].to_numpy() * [100.0, 111.2] for part in (demand, table[table["tier"] == "front"])]
    km, site = cKDTree(spots[1]).query(spots[0], NEAREST)
    columns = {"demand_id": np.repeat(np.arange(demands, dtype=np.int32), NEAREST), "site_id": site.astype(np.int32)}
    costs = pd.DataFrame({name: column.ravel() for name, column in columns.items()}).assign(cost=km.ravel())
    params = PMedianParams(gap=0.005)
    clocked = _clocked(lambda: solve_p_median(costs, p, time_limit_s=seconds, params=params))
    return _row("p-median", f"{demands:,} x {sites:,}", *clocked, bar)


def _clocked(work):
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, (time.process_time() - cpu, time.perf_counter() - wall)


def _row(work, size, result, seconds, bar):
    print(work, size, f"gap {result.certificate.gap:.4f}", f"{seconds[0]:.1f} CPU s", flush=True)
    return {
        "work": work, "size": size, "value": result.certificate.value, "gap": result.certificate.gap,
        "status": str(result.certificate.status), "cpu_s": seconds[0], "wall_s": seconds[1], "bar": bar,
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
