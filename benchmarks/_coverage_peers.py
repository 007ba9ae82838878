"""The peer's side of the siting benchmark; run by benchmarks/siting.py with the Python of .venv-peers.

Usage: python _coverage_peers.py WORK FOLDER: reads case.npz from FOLDER and prints one JSON line, {"peer_cpu_s": …,
"peer_value": …}; its solver is a process of its own and counts.
"""

import json
import resource
import sys
from pathlib import Path

import numpy as np
import pulp
from spopt.locate import LSCP, MCLP, PMedian


def cpu_s():
    """CPU seconds of this process and of those it started."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(resource.getrusage(one).ru_utime + resource.getrusage(one).ru_stime for one in who)


if __name__ == "__main__":
    case, began = np.load(Path(sys.argv[2]) / "case.npz"), cpu_s()
    matrix, weight, radius, p = case["matrix"], case["weight"], float(case["radius"]), int(case["p"])
    if sys.argv[1] == "MCLP":
        model = MCLP.from_cost_matrix(matrix, weight, radius, p)
    elif sys.argv[1] == "LSCP":
        model = LSCP.from_cost_matrix(matrix, radius)
    else:
        model = PMedian.from_cost_matrix(matrix, weight, p)
    value = pulp.value(model.solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective)
    print(json.dumps({"peer_cpu_s": cpu_s() - began, "peer_value": value}))
