"""Coverage: which warehouse serves whom, and where warehouses should stand."""

from lst_workbench.coverage.assign import AssignmentResult, assign_stores
from lst_workbench.coverage.covering import CoveringParams, solve_lscp, solve_mclp
from lst_workbench.coverage.facility import CflpParams, solve_cflp
from lst_workbench.coverage.p_median import PMedianParams, solve_p_median
from lst_workbench.coverage.result import SitingResult

__all__ = [
    "AssignmentResult",
    "CflpParams",
    "CoveringParams",
    "PMedianParams",
    "SitingResult",
    "assign_stores",
    "solve_cflp",
    "solve_lscp",
    "solve_mclp",
    "solve_p_median",
]
