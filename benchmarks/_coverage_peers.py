"""The peer's side of the coverage benchmark; run by benchmarks/coverage.py with the Python of .venv-peers.

Usage: python _coverage_peers.py WORK FOLDER: reads case.npz from FOLDER and prints one JSON line, {"peer_cpu_s": …,
"peer_value": …}; its solver is a process of its own and counts.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import pulp
from spopt.locate import LSCP, MCLP


def cpu_s():
    """CPU seconds of this process and of those it started."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(one).ru_utime + resource.getrusage(one).ru_stime for one in who)


if __name__ == "__main__":
    case, began = np.load(Path(sys.argv[2]) / "case.npz"), cpu_s()
    matrix, radius = case["matrix"], float(case["radius"])
    if sys.argv[1] == "MCLP":
        model = MCLP.from_cost_matrix(matrix, case["weight"], radius, 20)
    else:
        model = LSCP.from_cost_matrix(matrix, radius)
    value = pulp.value(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective)
    print(json.dumps({"peer_cpu_s": cpu_s() - began, "peer_value": value}))
