"""Credit: who gets it, how much, and what a bad year would cost."""

from lst_workbench.credit.challenger import challenge
from lst_workbench.credit.limit_problem import LimitParams
from lst_workbench.credit.limits import LimitResult, allocate_limits
from lst_workbench.credit.points import cutoff_table
from lst_workbench.credit.policies import compare_policies, design_limit_test, limit_frontier
from lst_workbench.credit.portfolio import LossParams, LossResult, portfolio_loss
from lst_workbench.credit.provisions import (
    StageParams,
    Stress,
    capital_needed,
    cash_tied_up,
    concentration,
    ifrs9_stages,
    register_stresses,
    stress_losses,
)
from lst_workbench.credit.scorecard import Scorecard, ScorecardParams, fit_scorecard, score_stores
from lst_workbench.credit.vasicek import retail_correlation, stressed_pd

__all__ = [
    "LimitParams",
    "LimitResult",
    "LossParams",
    "LossResult",
    "Scorecard",
    "ScorecardParams",
    "StageParams",
    "Stress",
    "allocate_limits",
    "capital_needed",
    "cash_tied_up",
    "challenge",
    "compare_policies",
    "concentration",
    "cutoff_table",
    "design_limit_test",
    "fit_scorecard",
    "ifrs9_stages",
    "limit_frontier",
    "portfolio_loss",
    "register_stresses",
    "retail_correlation",
    "score_stores",
    "stress_losses",
    "stressed_pd",
]
