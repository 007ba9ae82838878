"""The monitor at 100,000 stores: events a CPU second and how long a batch takes, JSON in and JSON out.

Batches are written to the journal before they count, and a checkpoint is begun every CHECKPOINT_S of events.
"""

import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from lst_workbench.cli.event_files import Batch, Ledger
from lst_workbench.inventory import Monitor

OPENED = 1.5e9
RATE = 20_000
CHECKPOINT_S = 10


def shops(stores, items, seed):
    """Stock and forecasts of every item in every store."""
    rng = np.random.default_rng(seed)
    sku = np.array([f"i{k}" for k in range(items)])
    lines = pd.DataFrame({"store_id": np.repeat(np.arange(stores), items), "sku": np.tile(sku, stores)})
    mean = rng.gamma(1.2, 1.0, len(lines))
    stock = lines.assign(on_hand=np.round(mean * rng.uniform(2, 12, len(lines))), facings=1, units_facing=6)
    goods = pd.DataFrame({
        "sku": sku, "case_pack": 12, "cost_rmb": rng.uniform(1, 6, items), "margin_rmb": rng.uniform(0.3, 2, items),
        "holding_rmb_day": 0.01, "price_rmb": 8.0, "elasticity": -2.0,
    })  # fmt: skip
    about = pd.DataFrame({"store_id": np.arange(stores), "cover_days": 5.0, "min_order_rmb": 500.0, "cash_rmb": 2000.0})
    return {"stock": stock, "forecasts": lines.assign(mean_units_day=mean), "items": goods, "stores": about}


def event_lines(count, stores, items, seed):
    """Lines of JSON at RATE a second: 95% sales, 3% counts, 2% deliveries, 1% of them twice."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["sale", "count", "delivery"], count, p=[0.95, 0.03, 0.02])
    store, item = rng.integers(0, stores, count), rng.integers(0, items, count)
    again = rng.random(count) < 0.01
    return [
        json.dumps({
            "event_id": f"{n - again[n]:032x}", "kind": str(kinds[n]), "store_id": int(store[n]),
            "sku": f"i{item[n]}", "at": OPENED + n / RATE, "units": 1 if kinds[n] == "sale" else 12,
        })
        for n in range(count)
    ]  # fmt: skip


def run(stores=100_000, items=20, count=800_000):
    """Seeds 1 to 3, batches of a twentieth of a second; the worst is what counts."""
    return pd.DataFrame([_minute(stores, items, count, seed) for seed in (1, 2, 3)])


def _minute(stores, items, count, seed):
    monitor, lines = Monitor(**shops(stores, items, seed), since=OPENED), event_lines(count, stores, items, seed)
    monitor.apply(lines[:100], OPENED + 1)  # compile
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        list(ledger.batches())
        monitor.snapshot()
        step, waits, works, renewed, begun = RATE // 20, [], [], 0, 0
        cpu = time.process_time()
        for first in range(0, count, step):
            began, busy, now = time.perf_counter(), time.thread_time(), OPENED + first / RATE + 1
            ledger.add(Batch(round(1000 * now), batch := lines[first : first + step]))
            advice = monitor.apply(batch, now)
            renewed += len([json.dumps(told) for told in advice.stores])
            if (first + step) % (CHECKPOINT_S * RATE) == 0:
                begun += ledger.checkpoint_beside(monitor.snapshot, {})
            waits.append(time.perf_counter() - began)
            works.append(time.thread_time() - busy)
        cpu = time.process_time() - cpu
        ledger.checkpoint(monitor.snapshot, {})
    return {
        "seed": seed, "stores": stores, "lines": stores * items, "events": count, "cpu_s": cpu,
        "events_a_cpu_s": count / cpu, "stores_renewed": renewed, "checkpoints_begun": begun,
        "batch_p50_ms": 1e3 * np.median(waits), "batch_p99_ms": 1e3 * np.quantile(waits, 0.99),
        "batch_worst_ms": 1e3 * max(waits), "batch_worst_cpu_ms": 1e3 * max(works),
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip
