"""Choice model, ranges and orders at national size beside their peers, in one run; CPU seconds of all threads.

Markets are drawn (seed 1): 500 items, shelves of 3-6 m, ten must-carry items, utilities of 2,000 segments, each store
with an outside option of its own. Our times run from the caller's DataFrame to the result's, compilation apart. xlogit
runs in benchmarks/.venv-peers (``pip install xlogit pandas pyarrow``); without it its columns stay empty. The MILP
(PuLP, HiGHS) solves a sample of the same stores.
"""

import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from lst_workbench.assortment import AssortmentParams, audit_assortment, fit_mnl, optimise_assortment
from lst_workbench.inventory import propose_orders

PEERS = Path(__file__).parent / ".venv-peers" / "bin" / "python"
HERE = Path(__file__).with_name("_assortment_peers.py")
PLAIN = AssortmentParams(baselines=False, contract_costs=False)
SEGMENTS, OBLIGED, SAMPLE, WHAT_IFS = 2_000, 10, 3, 20


def run(stores=1_000_000, items=500, choices=100_000):
    """Give a row a work: ours, the peer's, the ratio per unit, and the bar."""
    table = pd.DataFrame([
        _choice_model(choices), _what_if(items), *_ranges(stores, items), _orders(stores),
    ])  # fmt: skip
    table["ratio_per_unit"] = (table["peer_cpu_s"] / table["peer_units"]) / (table["cpu_s"] / table["units"])
    return table.assign(peak_memory_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _row(work, units, clock, bar, told="", peer="", peer_units=np.nan, peer_cpu_s=np.nan):
    cpu_s, wall_s = clock
    return {
        "work": work, "units": units, "cpu_s": cpu_s, "wall_s": wall_s, "bar": bar, "told": told, "peer": peer,
        "peer_units": peer_units, "peer_cpu_s": peer_cpu_s,
    }  # fmt: skip


def _clocked(work):
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return (time.process_time() - cpu, time.perf_counter() - wall), done


def _choice_model(choices, alternatives=20, features=25):
    rng = np.random.default_rng(1)
    names = [f"x{k}" for k in range(features)]
    x, beta = rng.normal(size=(choices * alternatives, features)), rng.normal(0, 0.3, features)
    wanted = (x @ beta + rng.gumbel(size=len(x))).reshape(choices, alternatives).argmax(axis=1)
    table = pd.DataFrame(x, columns=names)
    table["choice_id"] = np.repeat(np.arange(choices), alternatives)
    table["alternative"] = np.tile(np.arange(alternatives), choices)
    table["chosen"] = (table["alternative"] == np.repeat(wanted, alternatives)).astype(int)
    fit_mnl(table.head(200 * alternatives), names)
    clock, ours = _clocked(lambda: fit_mnl(table, names))
    told = _peer(table)
    work, bar = f"logit, {choices:,} x {alternatives} x {features}", ">= 5 x xlogit, equal log-likelihood"
    if told is None:
        return _row(work, choices, clock, bar, f"log-likelihood {ours.log_likelihood:.6f}")
    apart = abs(ours.log_likelihood - told["log_likelihood"])
    said = f"log-likelihood {ours.log_likelihood:.4f}, {apart:.1e} from xlogit's"
    return _row(work, choices, clock, bar, said, "xlogit", told["units"], told["cpu_s"])


def _peer(table):
    """Ask xlogit to fit the same choices; None where it is not installed."""
    if not PEERS.exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        table.to_parquet(Path(folder) / "choices.parquet")
        said = subprocess.run([PEERS, HERE, folder], capture_output=True, text=True)
    if said.returncode:
        print(f"xlogit failed: {said.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(said.stdout.strip().splitlines()[-1])


def _market(stores, items, seed=1):
    """Draw stores of segments, items, utilities of each segment, and what each store must carry."""
    rng = np.random.default_rng(seed)
    goods = pd.DataFrame({
        "sku": np.arange(items), "width_cm": rng.integers(5, 26, items).astype(float),
        "margin_rmb": np.exp(rng.normal(0.3, 0.6, items)),
    })  # fmt: skip
    shops = pd.DataFrame({
        "store_id": np.arange(stores), "segment": rng.integers(0, SEGMENTS, stores),
        "shelf_cm": rng.integers(300, 601, stores).astype(float), "outside_utility": rng.normal(0, 0.5, stores),
    })  # fmt: skip
    taste = rng.normal(-3, 1, items)[None, :] + rng.normal(0, 0.7, (SEGMENTS, items))
    wanted = pd.DataFrame({
        "segment": np.repeat(np.arange(SEGMENTS), items), "sku": np.tile(goods["sku"], SEGMENTS),
        "utility": taste.ravel(),
    })  # fmt: skip
    bound = (rng.integers(0, items, stores)[:, None] + 7 * np.arange(OBLIGED)) % items
    must = pd.DataFrame({"store_id": np.repeat(shops["store_id"], OBLIGED), "sku": bound.ravel()})
    return shops, goods, wanted, must


def _ranges(stores, items):
    shops, goods, wanted, must = _market(stores, items)
    few = shops.head(200)
    optimise_assortment(few, goods, wanted, must[must["store_id"] < 200], params=PLAIN)
    clock, done = _clocked(lambda: optimise_assortment(shops, goods, wanted, must, params=PLAIN))
    peer_cpu, agreed = _milp(done, few, goods, wanted, must[must["store_id"] < 200])
    told = f"worst gap {done.kpis()['worst_gap_share']:.1e}, {_violations(done, shops, goods, must):,} violations; "
    yield _row(
        f"ranges, {stores:,} x {items}, width and {OBLIGED} must-carry", stores, clock,
        "<= 300 s, >= 10,000 x less CPU a store than the MILP", told + agreed, "PuLP, HiGHS", SAMPLE, peer_cpu,
    )  # fmt: skip
    del done
    counted = shops.assign(shelf_cm=np.inf, max_items=np.random.default_rng(2).integers(20, 61, stores))
    optimise_assortment(counted.head(200), goods, wanted, params=PLAIN)
    clock, done = _clocked(lambda: optimise_assortment(counted, goods, wanted, params=PLAIN))
    yield _row(f"ranges, {stores:,} x {items}, count alone", stores, clock, "<= 90 s",
               f"worst gap {done.kpis()['worst_gap_share']:.1e}")  # fmt: skip


def _milp(done, few, goods, wanted, must):
    """CPU seconds of the MILP on a sample of stores, and how many of its answers are ours."""
    mine = wanted[wanted["segment"].isin(few["segment"])]
    (cpu_s, _), audit = _clocked(
        lambda: audit_assortment(done, few, goods, mine, must, sample=SAMPLE, time_limit_s=120)
    )
    return cpu_s, f"{int(audit['agrees'].sum())} of {len(audit)} as HiGHS"


def _violations(done, shops, goods, must):
    """Count stores whose range is wider than the shelf, or that lack an obligation."""
    width = done.tables["stores"].set_index("store_id")["used_cm"]
    over = int((width > shops.set_index("store_id")["shelf_cm"].reindex(width.index) + 1e-9).sum())
    return over + len(must.drop_duplicates()) - int(done.tables["ranges"]["must_carry"].sum())


def _orders(stores, lines=10):
    rng = np.random.default_rng(3)
    goods = pd.DataFrame({
        "sku": np.arange(200), "case_pack": rng.choice([6, 12, 24], 200), "cost_rmb": rng.uniform(1, 6, 200).round(2),
        "margin_rmb": rng.uniform(0.3, 2, 200), "holding_rmb_day": 0.003,
        "shelf_life_days": np.where(rng.random(200) < 0.2, 20.0, np.nan),
    })  # fmt: skip
    pairs = pd.DataFrame({
        "store_id": np.repeat(np.arange(stores), lines),
        "sku": (np.repeat(rng.integers(0, 200, stores), lines) + np.tile(np.arange(lines) * 13, stores)) % 200,
    })  # fmt: skip
    mean = rng.gamma(1.2, 1.0, len(pairs))
    stock = pairs.assign(on_hand=rng.integers(0, 15, len(pairs)))
    shops = pd.DataFrame({
        "store_id": np.arange(stores), "cover_days": 7.0, "min_order_rmb": 300.0,
        "cash_rmb": rng.uniform(300, 1500, stores),
    })  # fmt: skip
    forecasts = pairs.assign(mean_units_day=mean)
    propose_orders(stock.head(1000), forecasts.head(1000), goods, shops.head(100))
    clock, done = _clocked(lambda: propose_orders(stock, forecasts, goods, shops))
    told = f"worst gap {done.kpis()['worst_gap_share']:.1e} (bar 5e-3)"
    return _row(f"orders, {stores:,} stores x {lines} lines", stores, clock, "<= 300 s", told)


def _what_if(items):
    """One store asked again with another shelf; the slowest of WHAT_IFS counts."""
    shops, goods, wanted, must = _market(WHAT_IFS, items)
    clocks = []
    optimise_assortment(shops, goods, wanted, must)  # compile
    for s in range(WHAT_IFS):
        one, mine = shops.iloc[[s]], wanted[wanted["segment"] == shops["segment"].iat[s]]
        ask = one.assign(shelf_cm=one["shelf_cm"] + 30), goods, mine, must[must["store_id"] == s]
        clocks.append(_clocked(lambda ask=ask: optimise_assortment(*ask))[0])
    told = f"baselines and cost of {OBLIGED} contracts included"
    return _row(f"what-if of one store, {items} items", 1, max(clocks), "<= 0.1 s", told)
