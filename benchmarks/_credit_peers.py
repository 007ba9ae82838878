"""The peer's side of the credit benchmark; run by benchmarks/credit.py with the Python of .venv-peers.

Usage: python _credit_peers.py WORK FOLDER: reads past.parquet and fresh.parquet from FOLDER and prints one JSON line,
{"cpu_s": …, "worth": …}.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
from optbinning import BinningProcess, Scorecard
from sklearn.linear_model import LogisticRegression


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


if __name__ == "__main__":
    work, folder = sys.argv[1], Path(sys.argv[2])
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
