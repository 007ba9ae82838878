"""The nation: build 6.0M stores, plan them, plan again with one figure changed, import as many; each step alone."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

import lst_workbench as lst
from lst_workbench.market import build_market, import_market, write_market

PART = {"provinces": ["Anhui"]}
WARM = {"provinces": ["Hainan"]}
CHANGED = {"credit.term_days": 21.0}
CALL = "import sys; from benchmarks import national; national.child(*sys.argv[1:])"


def run(nation=None, part=PART, warm=WARM):
    """Time each step; `nation` and `part` choose the markets. Another part is made first, so that kernels are ready."""
    with tempfile.TemporaryDirectory() as folder:
        step(folder, "build", "warm", "", warm)
        step(folder, "plan", "warm", "warm-runs/base", {})
        whole = step(folder, "build", "china", "", nation or {})
        first = step(folder, "plan", "china", "runs/base", {})
        again = step(folder, "plan", "china", "runs/changed", CHANGED)
        alone = step(folder, "build", "part", "", part)
        after = step(folder, "plan", "part", "part-runs/base", {})
        step(folder, "export", "china", "list.csv", {})
        taken = step(folder, "take", "list.csv", "imported", {})
    return pd.DataFrame(
        [
            {"work": "build, nation", "bar_s": 120.0, **whole},
            {"work": "plan, nation", "bar_s": 180.0, **first},
            {"work": "plan again, one figure changed", "bar_s": first["cpu_s"] / 3, **again},
            {"work": "build and plan, part alone", "bar_s": 20.0, **both(alone, after)},
            {"work": "import, rows of a CSV", "bar_s": 90.0, **taken},
        ]
    )


def both(first, second):
    """Return what two steps used, one after the other."""
    sums = {name: first[name] + second[name] for name in ("wall_s", "cpu_s")}
    return {**second, **sums, "peak_memory_gb": max(first["peak_memory_gb"], second["peak_memory_gb"])}


def step(folder, work, source, out, chosen):
    """Run one step in a fresh process, so that its peak of memory is its own; reading libraries is in its time."""
    words = [work, str(Path(folder) / source), str(Path(folder) / out), json.dumps(chosen)]
    said = subprocess.run([sys.executable, "-c", CALL, *words], check=True, capture_output=True, text=True)
    return json.loads(said.stdout.splitlines()[-1])


def child(work, source, out, chosen):
    """Do a step's work and print what it used."""
    wall = time.perf_counter()
    stores = WORK[work](source, out, json.loads(chosen))
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = {"wall_s": time.perf_counter() - wall, "cpu_s": used.ru_utime + used.ru_stime}
    print(json.dumps({"stores": stores, **spent, "peak_memory_gb": used.ru_maxrss / 2**20}))


def build(market, out, chosen):
    """Build a market into its folder and return its number of stores."""
    return len(write_market(build_market(**chosen), market).stores)


def plan(market, out, chosen):
    """Plan a market with some figures changed and return the number of stores decided."""
    return lst.make_plan(lst.read_market(market), lst.load_scenario("base").override(chosen), out).rows("decisions")


def take(source, out, chosen):
    """Import a list of shops and return the number of rows read."""
    return import_market(source, out).read


def export(market, out, chosen):
    """Write a market's stores as a list that somebody might bring: Chinese headers, units, personal columns."""
    stores = pd.read_parquet(Path(market) / "stores.parquet", columns=["store_id", "name", "lat", "lon", "area_m2"])
    table = pd.DataFrame(
        {
            "门店编号": "S" + stores["store_id"].astype("str"),
            "门店名称": stores["name"].astype("str"),
            "经度": stores["lon"].round(6),
            "纬度": stores["lat"].round(6),
            "营业面积": stores["area_m2"].round().astype("int64").astype("str") + "平方米",
            "联系电话": (13_800_000_000 + np.arange(len(stores)) % 100_000_000).astype("str"),
            "更新时间": pd.Timestamp("2017-01-01") + pd.to_timedelta(np.arange(len(stores)) % 240, unit="D"),
        }
    )
    pacsv.write_csv(pa.Table.from_pandas(table, preserve_index=False), out)
    return len(table)


WORK = {"build": build, "plan": plan, "take": take, "export": export}
