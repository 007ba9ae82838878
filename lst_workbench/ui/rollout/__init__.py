"""The Rollout page: who is signed when, from which warehouse, and what limits it."""

from lst_workbench.ui.rollout.levers import LEVERS, Lever, levers_of
from lst_workbench.ui.rollout.model import RolloutState, open_state

__all__ = ["LEVERS", "Lever", "RolloutState", "levers_of", "open_state"]
