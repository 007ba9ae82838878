"""Catchments, access, forecasts and reconciliation beside their peers, in one run; CPU seconds of all threads.

Stores and cells are scattered around towns or are those of Anhui. Our times run from the caller's DataFrame to the
result's, compilation apart. Each work has a process of its own, so that the peak of memory is that of its row, its
input included. Peers run on one thread in benchmarks/.venv-peers: ``pip install statsforecast hierarchicalforecast huff
access pyarrow``; without it their columns stay empty.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

import lst_workbench as lst
from lst_workbench.catchment import (
    HuffParams,
    calibrate_huff,
    calibrate_on_sales,
    cell_access,
    huff_catchments,
    huff_shares,
)
from lst_workbench.demand import _kernels as kernels
from lst_workbench.demand import forecast_panel, reconcile
from lst_workbench.geo import neighbours_within

PEERS = Path(__file__).parent / ".venv-peers" / "bin" / "python"
SEEDS = (1, 2, 3)
PARAMS = HuffParams(radius_km=3, decay_per_km=1.5, area_exponent=0.8, outside_attraction=5)
WEEKS, HORIZON = 104, 8


def run():
    """Give a row a work: ours, the peer's, the ratio per unit, and the bar."""
    with tempfile.TemporaryDirectory() as folder:
        table = pd.DataFrame([row for work in WORKS for row in _apart(work, folder)])
    table["ratio_per_unit"] = (table["peer_cpu_s"] / table["peer_units"]) / (table["cpu_s"] / table["units"])
    return table


def _apart(work, folder):
    """Do a work in a process of its own; its rows, each with the peak of memory."""
    print(work, flush=True)
    command = [sys.executable, "-m", "benchmarks.demand", work, folder]
    said = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(said.stdout.strip().splitlines()[-1])


def _row(work, size, units, cpu_s, wall_s, bar, peer="", told=None):
    peer_units, peer_cpu_s = (told["units"], told["cpu_s"]) if told else (np.nan, np.nan)
    return {
        "work": work, "size": size, "units": units, "cpu_s": cpu_s, "wall_s": wall_s, "peer": peer,
        "peer_units": peer_units, "peer_cpu_s": peer_cpu_s, "bar": bar, "peak_memory_mb": _peak_mb(),
    }  # fmt: skip


def _peak_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _clocked(work):
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


def _peer(work, folder):
    """Ask the peer to do the same work; None where it is not installed."""
    if not PEERS.exists():
        return None
    one_thread = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    said = subprocess.run([PEERS, HERE, work, folder], capture_output=True, text=True, env=os.environ | one_thread)
    if said.returncode:
        print(f"peer {work} failed: {said.stderr.strip().splitlines()[-1]}", file=sys.stderr)
        return None
    return json.loads(said.stdout.strip().splitlines()[-1])


HERE = Path(__file__).with_name("_demand_peers.py")


def _scattered(stores, cells, seed, side_km=1700.0):
    """Shops and homes around towns of unequal size, on a plane laid over degrees."""
    rng = np.random.default_rng(seed)
    count = max(stores // 250, 1)
    towns, size = rng.uniform(0, side_km, (count, 2)), rng.lognormal(0, 1.0, count)

    def around(n):
        at = rng.choice(count, n, p=size / size.sum())
        spot = towns[at] + rng.normal(0, 3.0, (n, 2)) * np.sqrt(size[at])[:, None]
        return {"lat": 22 + spot[:, 1] / 111.2, "lon": 100 + spot[:, 0] / 96.0}

    shops = {"store_id": np.arange(stores), "area_m2": rng.lognormal(3.7, 0.5, stores), **around(stores)}
    return pd.DataFrame(shops), pd.DataFrame({"people": rng.lognormal(7, 1, cells), **around(cells)})


def _pairs(stores, cells):
    return len(neighbours_within(cells["lat"], cells["lon"], stores["lat"], stores["lon"], 3.0).indices)


def _huff(folder):
    """Time a million scattered stores, the worst of three seeds."""
    told, by_access = _dense(folder), _access_of_pairs(folder)
    times = []
    for seed in SEEDS:
        stores, cells = _scattered(1_000_000, 750_000, seed)
        times.append((*_clocked(lambda s=stores, c=cells: huff_catchments(s, c, PARAMS)), _pairs(stores, cells)))
    cpu, wall, pairs = max(times)
    size = "1M stores x 750k cells, 3 km"
    yield _row("Huff, scattered", size, pairs, cpu, wall, "<= 3 s; >= 100 x huff per pair", "huff (dense)", told)
    yield _row("Huff, scattered", size, pairs, cpu, wall, ">= 3 x access per pair", "access (pairs given)", by_access)


def _huff_memory(folder):
    _small()
    stores, cells = _scattered(1_000_000, 750_000, 1)
    cpu, wall = _clocked(lambda: huff_catchments(stores, cells, PARAMS))
    yield _row("Huff, scattered, memory", "1M stores x 750k cells, 3 km", np.nan, cpu, wall, "<= 1 GB")


def _huff_nation(folder):
    _small()
    stores, cells = _nation()
    cpu, wall = _clocked(lambda: huff_catchments(stores, cells, PARAMS))
    size = "6M stores x 4.5M cells, a tenth in 30 city cores"
    yield _row("Huff, nation", size, np.nan, cpu, wall, "<= 40 s, <= 6 GB")


def _huff_anhui(folder):
    told = _dense(folder)
    market = lst.build_market("china-2017", provinces=["Anhui"], seed=7)
    cpu, wall = _clocked(lambda: huff_catchments(market.stores, market.cells, PARAMS))
    size = f"{len(market.stores):,} stores x {len(market.cells):,} cells, 3 km"
    yield _row("Huff, Anhui", size, _pairs(market.stores, market.cells), cpu, wall, "", "huff (dense)", told)


def _small():
    """Compile; the peer's few stores and cells."""
    stores, cells = _scattered(2_000, 400, 1, side_km=30.0)
    huff_catchments(stores, cells, PARAMS)
    return stores, cells


def _dense(folder):
    stores, cells = _small()
    stores.rename(columns={"store_id": "id"}).to_parquet(folder / "huff_stores.parquet")
    cells.assign(id=np.arange(len(cells))).to_parquet(folder / "huff_cells.parquet")
    return _peer("huff", folder)


def _nation():
    """Six million shops; a tenth of them, and 200,000 cells, in the cores of 30 cities three kilometres wide."""
    rng = np.random.default_rng(3)
    stores, cells = _scattered(6_000_000, 4_500_000, 1, side_km=3000.0)
    for table, count in ((stores, 600_000), (cells, 200_000)):
        core = rng.integers(0, 30, count)
        table.loc[: count - 1, "lat"] = 25 + core // 6 * 2.0 + rng.normal(0, 0.03, count)
        table.loc[: count - 1, "lon"] = 105 + core % 6 * 2.0 + rng.normal(0, 0.03, count)
    return stores, cells


def _access(folder):
    stores, cells = _scattered(100_000, 75_000, 1, side_km=540.0)
    cells["h3_8"] = np.arange(1, len(cells) + 1)
    cell_access(stores.head(100), cells.head(100), PARAMS, decayed=False)
    cpu, wall = _clocked(lambda: cell_access(stores, cells, PARAMS, decayed=False))
    told = _access_of_pairs(folder)
    units = told["units"] if told else np.nan
    yield _row("2SFCA", "100k stores x 75k cells, 3 km", units, cpu, wall, "", "access (pairs given)", told)


def _access_of_pairs(folder):
    """Ask PySAL for a two-step catchment; it is given the pairs, which it does not find itself."""
    stores, cells = _scattered(100_000, 75_000, 1, side_km=540.0)
    near = neighbours_within(cells["lat"], cells["lon"], stores["lat"], stores["lon"], 3.0)
    pairs = pd.DataFrame({"cell": near.rows, "store": near.indices, "km": near.distance_km})
    pairs.to_parquet(folder / "access_pairs.parquet")
    cells[["people"]].rename_axis("cell").reset_index().to_parquet(folder / "access_cells.parquet")
    stores[["area_m2"]].rename_axis("store").reset_index().to_parquet(folder / "access_stores.parquet")
    return _peer("access", folder)


def _calibration(folder):
    rng = np.random.default_rng(1)
    zones, each = 50_000, 20
    pairs = pd.DataFrame(
        {"zone_id": np.repeat(np.arange(zones), each), "store_id": rng.integers(0, 60_000, zones * each)}
    )
    pairs["attraction"] = rng.lognormal(3.7, 0.5, len(pairs))
    pairs["distance_km"] = rng.uniform(0.1, 3.0, len(pairs))
    pairs = pairs.drop_duplicates(["zone_id", "store_id"])
    pairs["flow"] = rng.poisson(50 * huff_shares(pairs, (0.8, 1.5), decay="exponential"))
    calibrate_huff(pairs[pairs["zone_id"] < 20])
    cpu, wall = _clocked(lambda: calibrate_huff(pairs))
    yield _row("calibration on flows", f"{zones:,} zones x {each} stores", len(pairs), cpu, wall, "<= 120 s")


def _calibration_nation(folder):
    """Find decay, exponent and outside option from the tills of 20,000 among six million stores."""
    _small()
    stores, cells = _nation()
    sold = huff_catchments(stores, cells, PARAMS).tables["catchments"][["store_id", "people"]]
    rng = np.random.default_rng(5)
    sold = sold[sold["people"] > 0].sample(20_000, random_state=5)
    sales = pd.DataFrame({"store_id": sold["store_id"], "sales": sold["people"] * rng.lognormal(4, 0.3, len(sold))})
    guess = HuffParams(radius_km=3, decay_per_km=1.0, area_exponent=1.0, outside_attraction=20)
    cpu, wall = _clocked(lambda: calibrate_on_sales(stores, cells, sales, guess))
    yield _row("calibration on sales", "20,000 tills among 6M stores", len(sales), cpu, wall, "<= 120 s")


def _series(count, seed):
    """Weekly sales of shops: half of them slow movers with many zeros."""
    rng = np.random.default_rng(seed)
    mean = rng.lognormal(0.5, 1.3, count)[:, None]
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(WEEKS) / 52)
    return rng.poisson(mean * season * rng.lognormal(0, 0.3, (count, WEEKS))).astype(np.float32)


def _kernels(folder):
    """Own kernels on a million series, one after another, beside statsforecast's on two thousand."""
    values = _series(1_000_000, 1)
    np.save(folder / "series.npy", values[:2_000])
    told = _peer("forecast", folder)
    everyone, flat = np.arange(len(values)), np.ones((1, WEEKS), np.float32)
    pool, ends = np.zeros(len(values), np.int64), np.array([WEEKS])
    for name, kind, alpha, beta in (
        ("SES", kernels.SES, 0.1, 0.0), ("SBA", kernels.SBA, 0.1, 0.0), ("TSB", kernels.TSB, 0.1, 0.05),
    ):  # fmt: skip
        level, slope = np.zeros((2, len(values), 1, 1))
        one = (np.array([kind]), np.array([alpha]), np.array([beta]), ends)

        def all_series(rows=everyone, one=one, level=level, slope=slope):
            kernels.levels(values, rows, flat, pool, *one, level, slope)

        all_series(rows=everyone[:10])
        cpu, wall = _clocked(all_series)
        peer = {"units": told["units"], "cpu_s": told["cpu_s"][name]} if told else None
        yield _row(f"{name} kernel", f"1M series x {WEEKS} weeks", len(values), cpu, wall, ">= 20 x per core",
                   "statsforecast", peer)  # fmt: skip


def _panel(folder):
    """Time the whole forecast: season, choice by rolling origin, conformal intervals."""
    np.save(folder / "series.npy", _series(2_000, 1))
    values = _series(1_000_000, 2)
    weeks = pd.date_range("2015-09-07", periods=WEEKS, freq="W-MON")
    sales = pd.DataFrame(
        {
            "series_id": np.repeat(np.arange(len(values)), WEEKS),
            "period": np.tile(weeks, len(values)),
            "quantity": values.reshape(-1),
        }
    )
    forecast_panel(sales[sales["series_id"] < 200], HORIZON)
    cpu, wall = _clocked(lambda: forecast_panel(sales, HORIZON))
    told = _peer("panel", folder)
    yield _row("forecast_panel with intervals", f"1M series x {WEEKS} weeks", len(values), cpu, wall,
               ">= 20 x per core; <= 60 s", "statsforecast, TSB only", told)  # fmt: skip


def _tree(bottom):
    """Lay out stores, places of 40, prefectures of 50 places, provinces of 12, and the nation, under whole numbers."""
    parents, level, first = [], bottom, 0
    for each in (40, 50, 12, None):
        above = first + level
        parents.append(above + np.arange(level) // (each or level))
        first, level = above, -(-level // each) if each else 1
    parent = np.concatenate([*parents, [-1]])
    return pd.DataFrame(
        {"node_id": np.arange(len(parent)), "parent_id": pd.Series(parent, dtype="Int64").mask(parent < 0)}
    )


def _reconcile(folder):
    """Reconcile 100,000 stores: tables in and out as the peer's own front does, and its bare method on arrays."""
    tree, told = _told(1_000)
    _compared(folder, tree, told, reconcile(told, tree))
    tree, told = _told(100_000)
    cpu, wall = _clocked(lambda: reconcile(told, tree))
    size = f"100,000 stores x {HORIZON} weeks"
    arrays = _compared(folder, tree, told, reconcile(told, tree))
    bar = ">= 100 x MinTraceSparse"
    yield _row("reconcile", size, len(tree), cpu, wall, "", "MinTraceSparse.fit_predict, arrays", arrays)
    tables = _peer("reconcile_tables", folder)
    yield _row("reconcile", size, len(tree), cpu, wall, bar, "MinTraceSparse, tables in and out", tables)


def _reconcile_million(folder):
    tree, told = _told(1_000)
    reconcile(told, tree)
    tree, told = _told(1_000_000)
    cpu, wall = _clocked(lambda: reconcile(told, tree))
    yield _row("reconcile", f"1M stores x {HORIZON} weeks", len(tree), cpu, wall, "<= 2 s")


def _told(bottom):
    """Lay out a tree, and a forecast of each of its nodes that does not add up."""
    tree = _tree(bottom)
    columns = {
        "node_id": np.repeat(tree["node_id"].to_numpy(), HORIZON),
        "period": np.tile(np.arange(HORIZON), len(tree)),
    }
    return tree, pd.DataFrame(columns | {"mean": np.random.default_rng(1).uniform(1, 10, len(tree) * HORIZON)})


def _compared(folder, tree, told, answer):
    """Write the same tree as a summing matrix, run the peer, and check that both agree."""
    index = pd.Index(tree["node_id"])
    parent = tree["parent_id"].fillna(-1).to_numpy(np.int64)
    leaf = np.flatnonzero(np.bincount(parent[parent >= 0], minlength=len(index)) == 0)
    rows, columns, at, height = [leaf], [np.arange(len(leaf))], leaf, np.zeros(len(index), np.int64)
    while (up := parent[at]).max() >= 0:
        height[up[up >= 0]] = len(rows)
        rows.append(up[up >= 0])
        columns.append(columns[-1][up >= 0])
        at = up[up >= 0]
    rows, columns = np.concatenate(rows), np.concatenate(columns)
    # the peer wants upper nodes first and leaves last
    is_leaf = np.isin(np.arange(len(index)), leaf)
    order = np.concatenate([np.flatnonzero(~is_leaf), leaf])
    place = np.empty(len(index), np.int64)
    place[order] = np.arange(len(index))
    summing = sparse.csr_matrix((np.ones(len(rows)), (place[rows], columns)), shape=(len(index), len(leaf)))
    sparse.save_npz(folder / "summing.npz", summing)
    np.save(folder / "forecasts.npy", told["mean"].to_numpy().reshape(-1, HORIZON)[order])
    np.save(folder / "heights.npy", height[order])
    peer = _peer("reconcile", folder)
    if peer:
        theirs = np.load(folder / "peer_reconciled.npy")
        ours = answer["mean"].to_numpy().reshape(-1, HORIZON)[order]
        peer["largest_difference"] = float(np.abs(theirs - ours).max() / np.abs(ours).max())
        print(f"reconcile: largest difference {peer['largest_difference']:.1e}", file=sys.stderr)
    return peer


WORKS = {
    "huff": _huff,
    "huff_memory": _huff_memory,
    "huff_nation": _huff_nation,
    "huff_anhui": _huff_anhui,
    "access": _access,
    "calibration": _calibration,
    "calibration_nation": _calibration_nation,
    "kernels": _kernels,
    "panel": _panel,
    "reconcile": _reconcile,
    "reconcile_million": _reconcile_million,
}

if __name__ == "__main__":
    print(json.dumps(list(WORKS[sys.argv[1]](Path(sys.argv[2]))), default=float))
