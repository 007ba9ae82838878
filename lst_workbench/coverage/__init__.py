"""Coverage: which warehouse serves whom, and where warehouses should stand."""

from lst_workbench.coverage.assign import AssignmentResult, assign_stores
from lst_workbench.coverage.barriers import road_table
from lst_workbench.coverage.covering import CoveringParams, solve_lscp, solve_mclp
from lst_workbench.coverage.facility import CflpParams, solve_cflp
from lst_workbench.coverage.network import NetworkResult, design_network, trade_off
from lst_workbench.coverage.network_board import NetworkBoard
from lst_workbench.coverage.network_explain import SiteExplanation, explain_site, without_site
from lst_workbench.coverage.network_marginal import marginal_sites, without_lane
from lst_workbench.coverage.network_params import NetworkParams
from lst_workbench.coverage.p_median import PMedianParams, solve_p_median
from lst_workbench.coverage.result import SitingResult
from lst_workbench.coverage.two_stage import TwoStageParams, solve_two_stage

__all__ = [
    "AssignmentResult",
    "CflpParams",
    "CoveringParams",
    "NetworkBoard",
    "NetworkParams",
    "NetworkResult",
    "PMedianParams",
    "SiteExplanation",
    "SitingResult",
    "TwoStageParams",
    "assign_stores",
    "design_network",
    "explain_site",
    "marginal_sites",
    "road_table",
    "solve_cflp",
    "solve_lscp",
    "solve_mclp",
    "solve_p_median",
    "solve_two_stage",
    "trade_off",
    "without_lane",
    "without_site",
]
