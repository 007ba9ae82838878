"""What optimisers share: statuses, certificates, and running a model on HiGHS, given by PuLP or as arrays."""

from lst_workbench.optim.arrays import ArrayAnswer, ArrayModel, solve_arrays
from lst_workbench.optim.certificate import Certificate, Status
from lst_workbench.optim.growing import GrowingProgram
from lst_workbench.optim.highs import solve_with_highs
from lst_workbench.optim.threads import in_chunks

__all__ = [
    "ArrayAnswer",
    "ArrayModel",
    "Certificate",
    "GrowingProgram",
    "Status",
    "in_chunks",
    "solve_arrays",
    "solve_with_highs",
]
