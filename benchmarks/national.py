"""The nation: build 6.0M stores, plan them, plan again with one figure changed, import as many; each step alone."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

STEP = """
import json, resource, sys, time
import lst_workbench as lst
from lst_workbench.market import build_market, import_market, write_market
what, market, out, chosen = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
wall = time.perf_counter()
if what == "build":
    rows = len(write_market(build_market(**chosen), market).stores)
elif what == "import":
    rows = import_market(market + ".csv", out).read
else:
    plan = lst.make_plan(lst.read_market(market), lst.load_scenario("base").override(chosen), out)
    rows = plan.rows("decisions")
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"stores": rows, "wall_s": time.perf_counter() - wall, "cpu_s": used.ru_utime + used.ru_stime,
                  "peak_memory_gb": used.ru_maxrss / 2**20}))
"""
CHANGED = {"credit.term_days": 21.0}


def run(nation=None, part=None):
    """Time each step; `nation` and `part` choose the markets, all of China and Anhui by default."""
    part = {"provinces": ["Anhui"]} if part is None else part
    with tempfile.TemporaryDirectory() as folder:
        rows = [
            step("build, nation", "build", folder, "china", "", nation or {}, bar_cpu_s=120.0),
            step("plan, nation", "plan", folder, "china", "runs/base", {}, bar_cpu_s=180.0),
            step("plan again, one figure changed", "plan", folder, "china", "runs/changed", CHANGED),
            step("import, rows of a CSV", "import", folder, listed(folder, "china"), "imported", {}, bar_cpu_s=90.0),
            step("build, part alone", "build", folder, "part", "", part),
            step("plan, part alone", "plan", folder, "part", "parts/base", {}, bar_cpu_s=20.0),
        ]
    return pd.DataFrame(rows)


def listed(folder, market):
    """Write a market's stores as a list that somebody might bring: Chinese headers, units, personal columns."""
    stores = pd.read_parquet(
        Path(folder) / market / "stores.parquet", columns=["store_id", "name", "lat", "lon", "area_m2"]
    )
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
    pacsv.write_csv(pa.Table.from_pandas(table, preserve_index=False), Path(folder) / f"{market}-list.csv")
    return f"{market}-list"


def step(name, what, folder, market, out, chosen, bar_cpu_s=float("nan")):
    """Run one step in a fresh process, so that its peak of memory is its own; compiling is in its time."""
    words = [what, str(Path(folder) / market), str(Path(folder) / out), json.dumps(chosen)]
    said = subprocess.run([sys.executable, "-c", STEP, *words], check=True, capture_output=True, text=True)
    return {"work": name, "bar_cpu_s": bar_cpu_s, **json.loads(said.stdout.splitlines()[-1])}
