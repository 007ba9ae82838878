"""The siting models as they are written down: one PuLP model each, for cases small enough to read.

Every function takes sorted lists and gives the open sites and the certificate of HiGHS. The faster ways of the other
modules reach the same optimum, and tests hold them to it.
"""

from collections.abc import Sequence

import numpy as np
import pulp

from lst_workbench.coverage.pairs import Pairs
from lst_workbench.optim import Certificate, solve_with_highs


def p_median(pairs: Pairs, p: int, time_limit_s: float | None = None) -> tuple[np.ndarray, Certificate]:
    """Serve everybody from p sites at least cost.

    min Σ_ij w_i c_ij x_ij;  Σ_j x_ij = 1 for every i;  x_ij ≤ y_j;  Σ_j y_j = p;  y binary, x ≥ 0.
    """
    model = pulp.LpProblem("p_median", pulp.LpMinimize)
    y = _opened(model, pairs.sites)
    x = [model.add_variable(f"x{k}", 0) for k in range(len(pairs.site))]
    weighted = pairs.cost * pairs.weight[pairs.demand]
    model += pulp.lpSum(float(c) * served for c, served in zip(weighted, x, strict=True))
    model += pulp.lpSum(y) == p
    for begin, end in zip(pairs.starts[:-1], pairs.starts[1:], strict=True):
        model += pulp.lpSum(x[begin:end]) == 1
    for k, j in enumerate(pairs.site):
        model += x[k] <= y[j]
    certificate = solve_with_highs(model, time_limit_s=time_limit_s)
    return _chosen(y), certificate


def maximal_covering(
    lists: Pairs, p: int, kept: Sequence[int], backup_share: float = 0.0, time_limit_s: float | None = None
) -> tuple[np.ndarray, Certificate]:
    """Cover the most weight from p sites; `lists` holds the pairs within the radius.

    max Σ_i w_i (z_i + b u_i);  z_i + u_i ≤ Σ_{j near i} y_j;  Σ_j y_j = p;  y_j = 1 for kept j;  y binary,
    0 ≤ u_i ≤ z_i ≤ 1.
    u_i is backup coverage: a second open site near i, worth the share b of a first one.
    """
    model = pulp.LpProblem("maximal_covering", pulp.LpMaximize)
    y = _opened(model, lists.sites)
    z = [model.add_variable(f"z{i}", 0, 1) for i in range(lists.demands)]
    u = [model.add_variable(f"u{i}", 0, 1) for i in range(lists.demands)] if backup_share else []
    covered = pulp.lpSum(float(w) * first for w, first in zip(lists.weight, z, strict=True))
    model += covered + pulp.lpSum(backup_share * float(w) * b for w, b in zip(lists.weight, u, strict=False))
    model += pulp.lpSum(y) == p
    for j in kept:
        model += y[j] == 1
    for i, (begin, end) in enumerate(zip(lists.starts[:-1], lists.starts[1:], strict=True)):
        model += z[i] + (u[i] if u else 0) <= pulp.lpSum(y[j] for j in lists.site[begin:end])
        if u:
            model += u[i] <= z[i]
    certificate = solve_with_highs(model, time_limit_s=time_limit_s)
    return _chosen(y), certificate


def set_covering(lists: Pairs, time_limit_s: float | None = None) -> tuple[np.ndarray, Certificate]:
    """Cover everybody from the fewest sites; `lists` holds the pairs within the radius.

    min Σ_j y_j;  Σ_{j near i} y_j ≥ 1 for every i;  y binary.
    """
    model = pulp.LpProblem("set_covering", pulp.LpMinimize)
    y = _opened(model, lists.sites)
    model += pulp.lpSum(y)
    for begin, end in zip(lists.starts[:-1], lists.starts[1:], strict=True):
        model += pulp.lpSum(y[j] for j in lists.site[begin:end]) >= 1
    certificate = solve_with_highs(model, time_limit_s=time_limit_s)
    return _chosen(y), certificate


def capacitated_location(
    pairs: Pairs,
    fixed_cost: np.ndarray,
    capacity: np.ndarray,
    single_source: bool,
    time_limit_s: float | None = None,
) -> tuple[np.ndarray, np.ndarray, Certificate]:
    """Serve all quantities from sites with fixed costs and capacities; quantities are the weights of `pairs`.

    min Σ_j F_j y_j + Σ_ij q_i c_ij x_ij;  Σ_j x_ij = 1;  Σ_i q_i x_ij ≤ C_j y_j;  x_ij ≤ y_j;  y binary;
    x binary where a demand must have a single source, else x ≥ 0.
    """
    model = pulp.LpProblem("capacitated_location", pulp.LpMinimize)
    y = _opened(model, pairs.sites)
    kind = "Binary" if single_source else "Continuous"
    x = [model.add_variable(f"x{k}", 0, 1, kind) for k in range(len(pairs.site))]
    quantity = pairs.weight[pairs.demand]
    fixed = pulp.lpSum(float(f) * opened for f, opened in zip(fixed_cost, y, strict=True))
    model += fixed + pulp.lpSum(float(c) * served for c, served in zip(quantity * pairs.cost, x, strict=True))
    for begin, end in zip(pairs.starts[:-1], pairs.starts[1:], strict=True):
        model += pulp.lpSum(x[begin:end]) == 1
    for j in range(pairs.sites):
        used = pulp.lpSum(float(quantity[k]) * x[k] for k in np.flatnonzero(pairs.site == j))
        model += used <= float(capacity[j]) * y[j]
    for k, j in enumerate(pairs.site):
        model += x[k] <= y[j]
    certificate = solve_with_highs(model, time_limit_s=time_limit_s)
    return _chosen(y), np.array([served.value() or 0.0 for served in x]), certificate


def _opened(model: pulp.LpProblem, sites: int) -> list[pulp.LpVariable]:
    return [model.add_variable(f"y{j}", 0, 1, "Binary") for j in range(sites)]


def _chosen(y: list[pulp.LpVariable]) -> np.ndarray:
    return np.array([(opened.value() or 0.0) > 0.5 for opened in y])
