"""The peer's side of the credit benchmark; run by benchmarks/credit.py with the Python of .venv-peers.

Usage: python _credit_peers.py WORK FOLDER: reads past.parquet and fresh.parquet (or published.parquet) from FOLDER and
prints one JSON line, {"cpu_s": …, "worth": …}.
"""

import json
import sys
import time
from pathlib import Path

import lightgbm
import numpy as np
import pandas as pd
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score


def fitted(past):
    """Fit the peer's scorecard: optimal bins, weights of evidence, logistic regression."""
    names = [name for name in past if name != "default"]
    levels = [name for name in names if not pd.api.types.is_numeric_dtype(past[name])]
    process = BinningProcess(names, categorical_variables=levels)
    scaling = {"pdo": 20, "odds": 50, "scorecard_points": 600}
    card = Scorecard(
        process, LogisticRegression(max_iter=1000), scaling_method="pdo_odds", scaling_method_params=scaling
    )
    return card.fit(past[names], past["default"])


GRID = [{"num_leaves": leaves, "min_child_samples": rows} for leaves, rows in ((4, 20), (8, 20), (15, 50), (31, 100))]
USUAL = {"objective": "binary", "verbosity": -1, "num_threads": 1, "seed": 7, "deterministic": True}
SLOW = {"learning_rate": 0.05, "lambda_l2": 1, "feature_fraction": 0.6, "bagging_fraction": 0.8, "bagging_freq": 1}


def published(frame):
    """Gini and Brier score of LightGBM on the rows of each fold: tuned on the other folds, and as it comes."""
    y, fold = frame.pop("default").to_numpy(float), frame.pop("fold").to_numpy()
    levels = {name: "category" for name in frame if not pd.api.types.is_numeric_dtype(frame[name])}
    frame, tuned, plain = frame.astype(levels), np.empty(len(y)), np.empty(len(y))
    for k in range(fold.max() + 1):
        x, seen = frame[fold != k], y[fold != k]
        tried = []
        for grid in GRID:
            how = {**USUAL, **SLOW, **grid, "metric": "binary_logloss"}
            stop = [lightgbm.early_stopping(40, verbose=False)]
            loss = lightgbm.cv(how, lightgbm.Dataset(x, seen), 1000, nfold=4, callbacks=stop)[
                "valid binary_logloss-mean"
            ]
            tried.append((loss[-1], len(loss), how))
        _, rounds, how = min(tried, key=lambda one: one[0])
        tuned[fold == k] = lightgbm.train(how, lightgbm.Dataset(x, seen), rounds).predict(frame[fold == k])
        plain[fold == k] = lightgbm.train(USUAL, lightgbm.Dataset(x, seen)).predict(frame[fold == k])
    (gini, brier), (own_gini, own_brier) = (
        (2 * roc_auc_score(y, p) - 1, ((p - y) ** 2).mean()) for p in (tuned, plain)
    )
    worth = f"Gini {gini:.4f}, Brier {brier:.4f}; as it comes {own_gini:.4f}, {own_brier:.4f}"
    return {"gini": gini, "brier": brier, "worth": worth}


if __name__ == "__main__":
    work, folder = sys.argv[1], Path(sys.argv[2])
    if work == "published":
        began = time.process_time()
        told = published(pd.read_parquet(folder / "published.parquet"))
        print(json.dumps({"cpu_s": time.process_time() - began, **told}))
        sys.exit()
    past, fresh = pd.read_parquet(folder / "past.parquet"), pd.read_parquet(folder / "fresh.parquet")
    began = time.process_time()
    card = fitted(past)
    seconds, worth = time.process_time() - began, "one fit, no folds"
    if work == "score":
        card.score(fresh.iloc[:1000])
        began = time.process_time()
        card.score(fresh)
        seconds, worth = time.process_time() - began, "points only"
    print(json.dumps({"cpu_s": seconds, "worth": worth}))
