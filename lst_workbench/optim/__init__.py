"""What optimisers share: statuses, certificates, and running a PuLP model on HiGHS."""

from lst_workbench.optim.certificate import Certificate, Status
from lst_workbench.optim.highs import solve_with_highs

__all__ = ["Certificate", "Status", "solve_with_highs"]
