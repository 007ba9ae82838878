"""How good an answer is: its value, a valid bound, the gap between them, and why the solver stopped."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """Why a solver stopped; a time limit is never called optimal."""

    OPTIMAL = "optimal"
    WITHIN_GAP = "within_gap"
    FEASIBLE = "feasible"
    TIME_LIMIT = "time_limit"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"


@dataclass(frozen=True)
class Certificate:
    """A value with a valid bound on the best possible one.

    Parameters
    ----------
    value : float
        Objective of the answer found.
    bound : float
        No answer can be better than this.
    status : Status
        Why the solver stopped.
    seconds : float
        Wall time spent.
    maximise : bool
        Direction of the objective.
    reason : str
        For `INFEASIBLE` and `TIME_LIMIT`: what binds and the smallest change that helps.

    Examples
    --------
    >>> Certificate(value=98.0, bound=100.0, status=Status.FEASIBLE, seconds=0.1, maximise=True).gap
    0.02
    """

    value: float
    bound: float
    status: Status
    seconds: float
    maximise: bool
    reason: str = ""

    def __post_init__(self) -> None:
        slack = (self.bound - self.value) * (1 if self.maximise else -1)
        if slack < -1e-6 * max(1.0, abs(self.bound)):
            raise ValueError(f"bound {self.bound} crosses value {self.value}: the bound is not valid")

    @property
    def gap(self) -> float:
        """Distance between value and bound as a share of the bound; 0 when both are 0."""
        if self.bound == self.value:
            return 0.0
        return abs(self.bound - self.value) / max(abs(self.bound), 1e-12)
