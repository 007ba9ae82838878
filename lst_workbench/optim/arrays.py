"""Run a model given as arrays on HiGHS: for models too large to write down term by term."""

import time
from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy import sparse

from lst_workbench.optim.certificate import Certificate, Status
from lst_workbench.optim.highs import STATUSES


@dataclass(frozen=True)
class ArrayModel:
    """Minimise ``cost · x + offset`` with ``row_lower <= matrix x <= row_upper`` and ``lower <= x <= upper``.

    ``integer`` marks the whole-numbered variables.
    """

    cost: np.ndarray
    matrix: sparse.csr_matrix
    row_lower: np.ndarray
    row_upper: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    integer: np.ndarray
    offset: float = 0.0


@dataclass(frozen=True)
class ArrayAnswer:
    """Certificate, values of the variables (empty when there are none); of a linear program also the dual side.

    ``prices`` of a row: what the objective changes by as its active side moves up by one.
    """

    certificate: Certificate
    x: np.ndarray
    reduced_costs: np.ndarray
    prices: np.ndarray = field(default_factory=lambda: np.empty(0))


def solve_arrays(
    model: ArrayModel,
    *,
    time_limit_s: float | None = None,
    gap: float = 0.0,
    start: np.ndarray | None = None,
    relax: bool = False,
    interior: bool = False,
    presolve: bool = True,
    nodes: int | None = None,
) -> ArrayAnswer:
    """Solve a minimisation on HiGHS with one thread, and say how good the answer is.

    Parameters
    ----------
    model : ArrayModel
        The model.
    time_limit_s : float, optional
        Wall seconds after which to stop.
    gap : float
        Relative gap at which to stop.
    start : ndarray, optional
        A feasible answer to begin with.
    relax : bool
        Whether whole-numbered variables may take fractions; reduced costs are given then.
    interior : bool
        Whether a linear program may end inside its best face: quicker, prices within HiGHS's tolerance.
    presolve : bool
        Whether HiGHS looks for a smaller model first.
    nodes : int, optional
        Nodes of the tree after which to stop, the same everywhere, as a time limit is not.

    Examples
    --------
    >>> one = np.ones(2)
    >>> rows = sparse.csr_matrix([[2.0, 2.0]])
    >>> model = ArrayModel(-one, rows, np.array([0.0]), np.array([3.0]), 0 * one, one, one > 0)
    >>> solve_arrays(model).certificate.value, solve_arrays(model, relax=True).certificate.value
    (-1.0, -1.5)
    """
    started = time.perf_counter()
    highs = highspy.Highs()
    for name, option in (("output_flag", False), ("threads", 1), ("mip_rel_gap", gap), ("mip_abs_gap", 0.0)):
        highs.setOptionValue(name, option)
    if time_limit_s is not None:
        highs.setOptionValue("time_limit", max(time_limit_s, 0.0))
    if not presolve:
        highs.setOptionValue("presolve", "off")
    if interior:
        highs.setOptionValue("solver", "ipm")
        highs.setOptionValue("run_crossover", "off")
    if nodes is not None:
        highs.setOptionValue("mip_max_nodes", nodes)
    whole = bool(model.integer.any()) and not relax
    highs.passModel(_program(model, whole))
    if start is not None and whole:
        highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), start.astype(np.float64))
    highs.run()
    status = STATUSES.get(highs.modelStatusToString(highs.getModelStatus()), Status.FEASIBLE)
    info, seconds = highs.getInfo(), time.perf_counter() - started
    if status in (Status.INFEASIBLE, Status.UNBOUNDED) or info.primal_solution_status != 2:
        bound = float(info.mip_dual_bound) if whole and status is Status.TIME_LIMIT else -np.inf
        return ArrayAnswer(Certificate(np.inf, bound, status, seconds, maximise=False), np.empty(0), np.empty(0))
    value = float(info.objective_function_value)
    bound = float(info.mip_dual_bound) if whole else (value if status is Status.OPTIMAL else -np.inf)
    if status is Status.OPTIMAL and abs(bound - value) > 1e-9 * max(1.0, abs(value)):
        status = Status.WITHIN_GAP
    solution = highs.getSolution()
    certificate = Certificate(value, min(bound, value), status, seconds, maximise=False)
    dual = np.array(solution.col_dual), np.array(solution.row_dual)
    return ArrayAnswer(certificate, np.array(solution.col_value), *dual)


def _program(model: ArrayModel, whole: bool) -> highspy.HighsLp:
    program, matrix = highspy.HighsLp(), sparse.csr_matrix(model.matrix)
    program.num_row_, program.num_col_ = matrix.shape
    program.col_cost_, program.offset_ = model.cost, model.offset
    program.col_lower_, program.col_upper_ = model.lower, model.upper
    program.row_lower_, program.row_upper_ = model.row_lower, model.row_upper
    program.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    program.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    program.a_matrix_.index_ = matrix.indices.astype(np.int32)
    program.a_matrix_.value_ = matrix.data.astype(np.float64)
    if whole:
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        program.integrality_ = [kinds[int(i)] for i in model.integer]
    return program
