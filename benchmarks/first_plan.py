"""The plan of the sample district, all stages and levers, after everything is compiled once."""

import resource
import time

import pandas as pd

import lst_workbench as lst


def run(repeats=5):
    """Time `make_plan` on the shipped sample: wall and CPU seconds, gap, peak memory."""
    market, scenario = lst.read_market(lst.data_folder() / "sample"), lst.load_scenario("base")
    lst.make_plan(market, scenario)  # compile and load
    rows = []
    for repeat in range(1, repeats + 1):
        wall, cpu = time.perf_counter(), time.process_time()
        plan = lst.make_plan(market, scenario)
        rows.append(
            {
                "repeat": repeat,
                "stores": len(market.stores),
                "wall_s": time.perf_counter() - wall,
                "cpu_s": time.process_time() - cpu,
                "gap_share": plan.certificate.gap,
                "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    return pd.DataFrame(rows)
