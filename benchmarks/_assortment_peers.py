"""The peer's side of the range benchmark; run by benchmarks/assortment.py with the Python of .venv-peers.

Usage: python _assortment_peers.py FOLDER: fits FOLDER/choices.parquet (choice_id, alternative, chosen, x0 …) with
xlogit and prints one JSON line, {"units": …, "cpu_s": …, "log_likelihood": …}.
"""

import json
import sys
import time
from pathlib import Path

import pandas as pd
from xlogit import MultinomialLogit


def fit(choices, names):
    """Log-likelihood of xlogit's multinomial logit."""
    model = MultinomialLogit()
    model.fit(
        X=choices[names], y=choices["chosen"], varnames=names, alts=choices["alternative"], ids=choices["choice_id"],
        verbose=0,
    )  # fmt: skip
    return float(model.loglikelihood)


def main(folder):
    """Warm up on a few choices, then fit all of them by the clock."""
    choices = pd.read_parquet(folder / "choices.parquet")
    names = [name for name in choices if name.startswith("x")]
    fit(choices[choices["choice_id"] < 200], names)
    began = time.process_time()
    found = fit(choices, names)
    told = {"units": int(choices["choice_id"].nunique()), "cpu_s": time.process_time() - began}
    print(json.dumps(told | {"log_likelihood": found}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
