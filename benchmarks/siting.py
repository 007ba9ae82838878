"""The siting models, on towns scattered over 2,000 x 2,000 km and beside spopt; CPU seconds of all threads.

Demands and sites of the large cases are those of benchmarks/coverage.py (seed 1, service radius 80 km). The peer reads
the whole matrix of costs, evenly scattered, and runs in benchmarks/.venv-peers: ``pip install spopt pulp``; without it
its columns stay empty. A p-median of 10,000 x 100 is a million variables to it: it has no peer, a smaller one has.
Compilation is apart: every work runs once on a small case first. All of it takes ten minutes on a quiet machine.
"""

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from benchmarks.coverage import MILLION, RADIUS_KM, clocked, market, row
from lst_workbench.coverage import CoveringParams, PMedianParams, solve_lscp, solve_mclp, solve_p_median
from lst_workbench.geo import neighbours_within

NEAREST = 50  # sites that a demand of the p-median may use
PEERS = Path(__file__).parent / ".venv-peers" / "bin" / "python"
PEER_SIDE = Path(__file__).with_name("_coverage_peers.py")


def run():
    """Give a row a work: size, gap, CPU seconds and the bar."""
    _covering(3_000, 60, 10, None), _median(3_000, 60, 10, None)
    rows = [_beside_the_peer("MCLP", 10_000, 100, 20, "1/100 of spopt, equal")]
    rows.append(_beside_the_peer("LSCP", 10_000, 100, 0, "equal to spopt"))
    rows.append(_beside_the_peer("p-median", 1_000, 50, 10, "equal to spopt"))
    rows.append(_beside_the_peer("p-median", 10_000, 100, 20, "optimal", peer=False))
    rows.append(_covering(100_000, 1_000, 100, None, "optimal, 30 s"))
    rows.append(_covering(MILLION, 1_500, 200, 100.0, "gap 0.1%, 120 s, 4 GB"))
    rows.append(_median(MILLION, 2_000, 200, 250.0, "gap 0.5%, 300 s, 4 GB"))
    return pd.DataFrame(rows)


def _beside_the_peer(work, demands, sites, p, bar, peer=True):
    """Evenly scattered demands and sites, the whole matrix read by both sides."""
    rng = np.random.default_rng(1)
    demand, where, weight = rng.random((demands, 2)) * 100, rng.random((sites, 2)) * 100, rng.integers(1, 10, demands)
    matrix = np.hypot(*(demand[:, None] - where).transpose(2, 0, 1))
    at, to = (index.ravel() for index in np.indices(matrix.shape))
    costs = pd.DataFrame({"demand_id": at, "site_id": to, "cost": matrix.ravel()})
    weights = pd.DataFrame({"demand_id": np.arange(demands), "weight": weight})
    radius = {"MCLP": 10.0, "LSCP": float(matrix.min(axis=1).max()), "p-median": 0.0}[work]
    solve = {
        "MCLP": lambda: solve_mclp(costs, radius, p, weights),
        "LSCP": lambda: solve_lscp(costs, radius),
        "p-median": lambda: solve_p_median(costs, p, weights),
    }[work]
    solve()
    made = row(work, f"{demands:,} x {sites:,}", *clocked(solve), bar)
    return made | _peer(work, p, matrix, weight, radius) if peer else made


def _peer(work, p, matrix, weight, radius):
    """CPU seconds and value of spopt on the same matrix."""
    if not PEERS.exists():
        return {}
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "case.npz", matrix=matrix, weight=weight, radius=radius, p=p)
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
    solved = clocked(lambda: solve_mclp(costs, RADIUS_KM, p, weights, time_limit_s=seconds, params=params))
    return row("MCLP", f"{demands:,} x {sites:,}", *solved, bar)


def _median(demands, sites, p, seconds, bar=""):
    demand, table = market(demands, (sites, 10, 5))
    spots = [part[["lon", "lat"]].to_numpy() * [100.0, 111.2] for part in (demand, table[table["tier"] == "front"])]
    km, site = cKDTree(spots[1]).query(spots[0], NEAREST)
    columns = {"demand_id": np.repeat(np.arange(demands, dtype=np.int32), NEAREST), "site_id": site.astype(np.int32)}
    costs = pd.DataFrame({name: column.ravel() for name, column in columns.items()}).assign(cost=km.ravel())
    params = PMedianParams(gap=0.005)
    solved = clocked(lambda: solve_p_median(costs, p, time_limit_s=seconds, params=params))
    return row("p-median", f"{demands:,} x {sites:,}", *solved, bar)
