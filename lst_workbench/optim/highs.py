"""Run a PuLP model on HiGHS and read status, value and bound from the solver itself."""

import time

import pulp

from lst_workbench.optim.certificate import Certificate, Status

STATUSES = {
    "Optimal": Status.OPTIMAL,
    "Infeasible": Status.INFEASIBLE,
    "Primal infeasible or unbounded": Status.INFEASIBLE,
    "Unbounded": Status.UNBOUNDED,
    "Time limit reached": Status.TIME_LIMIT,
}


def solve_with_highs(
    problem: pulp.LpProblem, *, time_limit_s: float | None = None, gap: float = 0.0, threads: int = 1
) -> Certificate:
    """Solve `problem` in place and say how good the answer is.

    PuLP calls a model that ran out of time "Optimal"; here status, value and bound are those of HiGHS.

    Parameters
    ----------
    problem : pulp.LpProblem
        The model; its variables hold the answer afterwards.
    time_limit_s : float, optional
        Wall seconds after which to stop.
    gap : float
        Relative gap at which to stop.
    threads : int
        Threads for HiGHS; one keeps the answer the same everywhere.

    Returns
    -------
    Certificate

    Examples
    --------
    >>> problem = pulp.LpProblem("tiny", pulp.LpMaximize)
    >>> x = problem.add_variable("x", 0, 3, cat="Integer")
    >>> problem += 2 * x
    >>> problem += x <= 2.5
    >>> solve_with_highs(problem).value
    4.0
    """
    started = time.perf_counter()
    maximise = problem.sense == pulp.LpMaximize
    problem.solve(pulp.HiGHS(msg=False, timeLimit=time_limit_s, gapRel=gap, threads=threads))
    highs = problem.solverModel
    status = STATUSES.get(highs.modelStatusToString(highs.getModelStatus()), Status.FEASIBLE)
    info = highs.getInfo()
    seconds = time.perf_counter() - started
    unknown = float("inf") if maximise else float("-inf")
    if status in (Status.INFEASIBLE, Status.UNBOUNDED) or info.primal_solution_status != 2:
        return Certificate(-unknown, unknown, status, seconds, maximise)
    # PuLP hands HiGHS a minimisation without the objective's constant.
    sign, constant = (-1 if maximise else 1), problem.objective.constant
    value = sign * float(info.objective_function_value) + constant
    bound = sign * float(info.mip_dual_bound) + constant if problem.isMIP() else value
    if status is Status.OPTIMAL and abs(bound - value) > 1e-9 * max(1.0, abs(value)):
        status = Status.WITHIN_GAP
    return Certificate(value, bound, status, seconds, maximise)
