"""Readers of OR-Library files, and where the published instances are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse.csgraph import floyd_warshall

FOLDER = Path(__file__).parents[3] / "shared/data/coverage"
OPTIMA = {
    "pmed1": 5819,
    "pmed2": 4093,
    "pmed3": 4250,
    "pmed4": 3034,
    "pmed5": 1355,
    "cap61": 932615.750,
    "cap62": 977799.400,
    "cap63": 1014062.050,
    "cap64": 1045650.250,
}


def published(name):
    path = FOLDER / f"{name}.txt"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    return path


def read_pmed(path):
    """Costs and p; all-pairs shortest paths, the last of duplicate edges wins."""
    lines = path.read_text().split("\n")
    nodes, _, p = map(int, lines[0].split())
    length = np.zeros((nodes, nodes))
    for line in lines[1:]:
        if line.strip():
            a, b, km = map(int, line.split())
            length[a - 1, b - 1] = length[b - 1, a - 1] = km
    return long_table(floyd_warshall(length, directed=False)), p


def read_cap(path):
    """Costs for one unit, sites, demand; the file's costs are for all of a customer's demand."""
    numbers = [float(word) for word in path.read_text().split()]
    sites, customers = int(numbers[0]), int(numbers[1])
    head, body = (
        np.reshape(numbers[2 : 2 + 2 * sites], (sites, 2)),
        np.reshape(numbers[2 + 2 * sites :], (customers, -1)),
    )
    quantity = body[:, 0]
    return (
        long_table(body[:, 1:] / quantity[:, None]),
        pd.DataFrame({"site_id": np.arange(sites), "fixed_cost": head[:, 1], "capacity": head[:, 0]}),
        pd.DataFrame({"demand_id": np.arange(customers), "quantity": quantity}),
    )


def long_table(cost, allowed=None):
    demand, site = np.nonzero(np.ones(cost.shape, bool) if allowed is None else allowed)
    return pd.DataFrame({"demand_id": demand, "site_id": site, "cost": cost[demand, site]})
