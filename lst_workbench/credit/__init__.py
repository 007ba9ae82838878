"""Credit: who gets it, how much, and what a bad year would cost."""

from lst_workbench.credit.limits import LimitParams, LimitResult, allocate_limits
from lst_workbench.credit.portfolio import LossParams, LossResult, portfolio_loss
from lst_workbench.credit.scorecard import Scorecard, ScorecardParams, fit_scorecard
from lst_workbench.credit.vasicek import retail_correlation, stressed_pd

__all__ = [
    "LimitParams",
    "LimitResult",
    "LossParams",
    "LossResult",
    "Scorecard",
    "ScorecardParams",
    "allocate_limits",
    "fit_scorecard",
    "portfolio_loss",
    "retail_correlation",
    "stressed_pd",
]
