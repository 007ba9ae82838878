"""The plan as a mixed-integer program, for cases small enough to solve exactly."""

import numpy as np
import pulp

from lst_workbench.optim import Certificate, Status, solve_with_highs
from lst_workbench.rollout.dual import largest_loads
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_tables import BROKEN_PROMISE, loads_of, value_of

ROUNDING, HELD = 1e-7, 1e-7


def solve_exactly(problem: WaveProblem, time_limit_s: float | None = None) -> tuple[np.ndarray | None, Certificate]:
    r"""Solve the plan as a mixed-integer program with HiGHS.

    With :math:`x_{it} = 1` when store i starts in month t and :math:`s_q` the stores that quota q lacks:

    .. math::

        \max \; & \sum_{it} v_i f_t x_{it} \\
        & \sum_t x_{it} \le 1 && \text{each store once} \\
        & \sum_{i \in j} \Bigl(a_i x_{it} + c_i \sum_{u < t} x_{iu}\Bigr) \le V_{jt} && \text{visits of territory j} \\
        & \sum_{i \in w} q_i \sum_{u \le t} x_{iu} \le W_{wt} && \text{throughput of warehouse w} \\
        & \sum_i k_i \sum_{u \le t} x_{iu} \le K_t && \text{capital} \\
        & \sum_i e_{iq} \sum_{u \le m_q} x_{iu} \le U_q, \quad \ge L_q - s_q && \text{quotas, shares, max\_stores} \\
        & \sum_t x_{it} = 1 - s_i && \text{promised stores}

    where :math:`e_{iq}` is 1 in a quota, and in a share of a / b of the signed b - a for members and -a for others.
    First without shortfalls; when that is impossible, they are made as small as can be, promises first, and then held.
    Starts that would break a capacity alone, or lie outside a promise's months, have no variable.

    Parameters
    ----------
    problem : WaveProblem
        The tables, checked.
    time_limit_s : float, optional
        Wall seconds for each solve.

    Returns
    -------
    starts : ndarray or None
        Month of start of each store, -1 for none; None when time ran out before a plan was found.
    certificate : Certificate
        Of the value, at the smallest shortfall.
    """
    starts, certificate = _solve(problem, None, time_limit_s)
    if certificate.status is not Status.INFEASIBLE:
        return starts, certificate
    _, least = _solve(problem, np.inf, time_limit_s)
    if not np.isfinite(least.value):
        return None, least
    return _solve(problem, -least.value * (1 + HELD) + HELD, time_limit_s)


def _solve(
    problem: WaveProblem, shortfall: float | None, time_limit_s: float | None
) -> tuple[np.ndarray | None, Certificate]:
    """Solve with a total shortfall of none, of `shortfall`, or of as few stores as possible (infinity)."""
    capacities = list(problem.room())
    first: Certificate | None = None
    while True:
        model, start = _model(problem, capacities, shortfall)
        certificate = solve_with_highs(model, time_limit_s=time_limit_s)
        first = first or certificate
        if not np.isfinite(certificate.value):
            return None, certificate
        starts = np.full(len(problem.store_ids), -1, np.int64)
        for (i, t), variable in start.items():
            if variable.value() > 0.5:
                starts[i] = t
        over = [used > room for used, room in zip(loads_of(problem, starts), problem.room(), strict=True)]
        if not any(rows.any() for rows in over):
            return starts, _settled(problem, starts, first, certificate, shortfall)
        # HiGHS rounds; a row it overran by a hair is cut by that hair.
        capacities = [
            np.where(rows, capacity - ROUNDING * np.maximum(1, capacity), capacity)
            for rows, capacity in zip(over, capacities, strict=True)
        ]


def _settled(
    problem: WaveProblem, starts: np.ndarray, first: Certificate, last: Certificate, shortfall: float | None
) -> Certificate:
    if shortfall == np.inf:
        return last
    value = value_of(problem, starts)
    bound = max(first.bound, value)
    status = last.status
    if status is Status.OPTIMAL and bound - value > 1e-9 * max(1.0, abs(bound)):
        status = Status.WITHIN_GAP
    elif status is Status.WITHIN_GAP and bound - value <= 1e-9 * max(1.0, abs(bound)):
        status = Status.OPTIMAL
    return Certificate(value, bound, status, last.seconds, True)


def _model(
    problem: WaveProblem, capacities: list[np.ndarray], shortfall: float | None
) -> tuple[pulp.LpProblem, dict[tuple[int, int], pulp.LpVariable]]:
    s, T, targets = problem.stores, problem.n_months, problem.targets
    largest = largest_loads(problem)
    possible = (
        (s.signup[:, None] <= largest.signup[s.territory])
        & (s.care[:, None] <= largest.care[s.territory])
        & (s.volume[:, None] <= largest.volume[s.warehouse])
        & (s.capital[:, None] <= largest.capital)
        & problem.windows.open[s.group]
    )
    model = pulp.LpProblem("waves", pulp.LpMaximize)
    start = {(i, t): pulp.LpVariable(f"start_{i}_{t}", cat="Binary") for i, t in np.argwhere(possible).tolist()}
    lacks = {r: pulp.LpVariable(f"lacks_{r}", 0, cat="Integer") for r in np.flatnonzero(targets.sense < 0).tolist()}
    breaks = {i: pulp.LpVariable(f"breaks_{i}", cat="Binary") for i in np.flatnonzero(problem.promised).tolist()}
    worth = pulp.lpSum(
        (s.value[i] * problem.factor[t] + problem.bonus[s.group[i], t]) * x for (i, t), x in start.items()
    )
    short = pulp.lpSum(targets.stores[r] * lack for r, lack in lacks.items())
    short += BROKEN_PROMISE * pulp.lpSum(breaks.values())
    model += -short if shortfall == np.inf else worth
    if shortfall != np.inf:
        model += short <= (shortfall or 0)
    for i in range(len(problem.store_ids)):
        once = pulp.lpSum(start[i, t] for t in range(T) if (i, t) in start)
        model += once == 1 - breaks[i] if i in breaks else once <= 1
    rows: dict[tuple[str, int, int], list[pulp.LpAffineExpression]] = {}
    for (i, t), x in start.items():
        rows.setdefault(("visits", s.territory[i], t), []).append(s.signup[i] * x)
        for u in range(t, T):
            rows.setdefault(("volume", s.warehouse[i], u), []).append(s.volume[i] * x)
            rows.setdefault(("capital", 0, u), []).append(s.capital[i] * x)
            if u > t:
                rows.setdefault(("visits", s.territory[i], u), []).append(s.care[i] * x)
    limits = {"visits": capacities[0], "volume": capacities[1], "capital": capacities[2][None]}
    for (kind, where, t), terms in rows.items():
        model += pulp.lpSum(terms) <= limits[kind][where, t]
    for r in range(len(targets.limit)):
        counted = [targets.adds[s.group[i], r] * x for (i, t), x in start.items() if t <= targets.month[r]]
        if targets.sense[r] > 0:
            model += pulp.lpSum(counted) <= targets.limit[r]
        else:
            model += pulp.lpSum(counted) + lacks[r] >= targets.limit[r]
    return model, start
