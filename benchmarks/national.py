"""The nation: build 6.0M stores, plan them, plan again with one figure changed; each step in a process of its own."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

STEP = """
import json, resource, sys, time
import lst_workbench as lst
from lst_workbench.market import build_market, write_market
what, market, out, chosen = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
wall = time.perf_counter()
if what == "build":
    rows = len(write_market(build_market(**chosen), market).stores)
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
            step("build, part alone", "build", folder, "part", "", part),
            step("plan, part alone", "plan", folder, "part", "parts/base", {}, bar_cpu_s=20.0),
        ]
    return pd.DataFrame(rows)


def step(name, what, folder, market, out, chosen, bar_cpu_s=float("nan")):
    """Run one step in a fresh process, so that its peak of memory is its own; compiling is in its time."""
    words = [what, str(Path(folder) / market), str(Path(folder) / out), json.dumps(chosen)]
    said = subprocess.run([sys.executable, "-c", STEP, *words], check=True, capture_output=True, text=True)
    return {"work": name, "bar_cpu_s": bar_cpu_s, **json.loads(said.stdout.splitlines()[-1])}
