"""Coverage: which warehouse serves whom."""

from lst_workbench.coverage.assign import AssignmentResult, assign_stores

__all__ = ["AssignmentResult", "assign_stores"]
