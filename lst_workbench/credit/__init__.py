"""Credit: who gets it, how much, and what a bad year would cost."""

from lst_workbench.credit.challenger import challenge
from lst_workbench.credit.limit_problem import LimitParams
from lst_workbench.credit.limits import LimitResult, allocate_limits
from lst_workbench.credit.model_card import ModelCard, model_card
from lst_workbench.credit.monitoring import calibration_drift, lunar_weeks, population_drift
from lst_workbench.credit.needs import credit_needs
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
from lst_workbench.credit.rejects import RejectInference, infer_rejects
from lst_workbench.credit.scorecard import Scorecard, ScorecardParams, fit_scorecard, score_stores
from lst_workbench.credit.vasicek import retail_correlation, stressed_pd
from lst_workbench.credit.vintages import WarningParams, early_warnings, roll_rates, vintage_curves

__all__ = [
    "LimitParams",
    "LimitResult",
    "LossParams",
    "LossResult",
    "ModelCard",
    "RejectInference",
    "Scorecard",
    "ScorecardParams",
    "StageParams",
    "Stress",
    "WarningParams",
    "allocate_limits",
    "calibration_drift",
    "capital_needed",
    "cash_tied_up",
    "challenge",
    "compare_policies",
    "concentration",
    "credit_needs",
    "cutoff_table",
    "design_limit_test",
    "early_warnings",
    "fit_scorecard",
    "ifrs9_stages",
    "infer_rejects",
    "limit_frontier",
    "lunar_weeks",
    "model_card",
    "population_drift",
    "portfolio_loss",
    "register_stresses",
    "retail_correlation",
    "roll_rates",
    "score_stores",
    "stress_losses",
    "stressed_pd",
    "vintage_curves",
]
