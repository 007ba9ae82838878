"""Planning: the only room that knows several models; the order of stages and the hand-over of tables."""

from lst_workbench.planning.cobranded import make_cobranded
from lst_workbench.planning.conditions import Conditions
from lst_workbench.planning.fairness import fairness_price
from lst_workbench.planning.network import make_network
from lst_workbench.planning.network_overview import Overview, difference
from lst_workbench.planning.network_roads import Roads
from lst_workbench.planning.network_study import STUDY_STAGES, NetworkStudy, make_network_study, open_study, overview_of
from lst_workbench.planning.plan import STAGES, make_plan
from lst_workbench.planning.replan import make_replan
from lst_workbench.planning.so_far import plan_so_far
from lst_workbench.planning.submit import cancel, conditions_in, progress_of, submit
from lst_workbench.runs import PlanResult

__all__ = [
    "STAGES",
    "STUDY_STAGES",
    "Conditions",
    "NetworkStudy",
    "Overview",
    "PlanResult",
    "Roads",
    "cancel",
    "conditions_in",
    "difference",
    "fairness_price",
    "make_cobranded",
    "make_network",
    "make_network_study",
    "make_plan",
    "make_replan",
    "open_study",
    "overview_of",
    "plan_so_far",
    "progress_of",
    "submit",
]
