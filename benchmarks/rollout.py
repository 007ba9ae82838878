"""National rollout: drawn cases of 120 thousand to six million stores, against rules that planners use.

`python -m benchmarks rollout` takes three sizes, three seeds and three targets (at most, at least, exactly), one case
after another in a process of its own; each is printed as it ends and all are kept in results/rollout.csv and .md. Allow
an hour and a half on a quiet machine with 6 GB; a case of 120 thousand stores takes a quarter of a minute.
"""

import multiprocessing
import resource
import time

import pandas as pd

from benchmarks._rollout_baselines import Baselines, baseline_values
from benchmarks._rollout_cases import TARGETS, draw_case
from lst_workbench.rollout import check_waves, plan_waves

SIZES = (120_000, 1_000_000, 6_000_000)
TUNED_ON = 120_000


def run(sizes=SIZES, seeds=(1, 2, 3), targets=TARGETS):
    """Plan each case in a process of its own: gap, CPU seconds, peak memory, broken limits, rules' distance."""
    rows = []
    for size in sizes:
        for seed in seeds:
            for target in targets:
                with multiprocessing.get_context("spawn").Pool(1) as pool:
                    rows.append(pool.apply(measure, (size, target, seed)))
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def measure(size, target, seed):
    """One case, timed from the caller's tables to the result's, after everything is compiled."""
    compiling = time.process_time()
    plan_waves(**draw_case(4_000, target, seed))
    compiling = time.process_time() - compiling
    case = draw_case(size, target, seed)
    wall, cpu = time.perf_counter(), time.process_time()
    result = plan_waves(**case)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    shortfall = float(result.tables["shortfalls"]["shortfall"].sum())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    certificate = result.certificate
    weights = Baselines(draw_case(min(size, TUNED_ON), target, seed)).tuned_weights()
    rules = 1 - baseline_values(case, weights) / certificate.bound
    return {
        "stores": size,
        "target": target,
        "seed": seed,
        "signed": len(result.tables["waves"]),
        "gap_share": certificate.gap,
        "cpu_s": cpu,
        "wall_s": wall,
        "peak_memory_gb": memory,
        "broken": len(check_waves(result.tables["waves"], **case)),
        "shortfall_stores": shortfall,
        **after_a_slider(case, result),
        "compiling_cpu_s": compiling,
        **{f"{name}_off_share": off for name, off in rules.items()},
    }


def after_a_slider(case, result):
    """Plan again with a twentieth more visits, from the plan at hand: CPU seconds, gap, broken limits."""
    territories = case["territories"].assign(visits=1.05 * case["territories"]["visits"])
    moved = {**case, "territories": territories}
    cpu = time.process_time()
    again = plan_waves(**moved, former=result.tables)
    cpu = time.process_time() - cpu
    broken = len(check_waves(again.tables["waves"], **moved))
    return {"replan_cpu_s": cpu, "replan_gap_share": again.certificate.gap, "replan_broken": broken}
