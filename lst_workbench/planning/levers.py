"""What one more of each lever is worth, and how many reps reach the goal: the plan solved again with the change."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.assumptions.scenario import Override
from lst_workbench.contracts import Levers


@dataclass(frozen=True)
class Reach:
    """Where a plan ends: stores in system and sign-ups at the last month."""

    in_system: float
    active: float
    signups: float

    def of(self, goal: str) -> float:
        """Return the figure that the scenario's goal counts."""
        return self.in_system if goal == "in_system" else self.signups


Resolve = Callable[[Scenario], Reach]

# Key, how it moves, by how much: the steps that a manager would ask for.
STEPS: tuple[tuple[str, str, float], ...] = (
    ("field.reps", "times", 1.1),
    ("field.visits_day", "plus", 1.0),
    ("field.visits_per_signup", "plus", -0.5),
    ("field.care_visits_month", "plus", -0.1),
    ("capital.working_rmb", "times", 1.1),
    ("network.front_capacity_m3_month", "times", 1.1),
)
MOST_REPS_FACTOR = 16.0
REPS_PRECISION = 0.005


def what_if(scenario: Scenario, key: str, value: float) -> Scenario:
    """Return the scenario with one figure moved, also beyond the register's range: a question, not an assumption."""
    return scenario.model_copy(update={"overrides": {**scenario.overrides, key: Override(value, "session")}})


def lever_table(scenario: Scenario, now: Reach, resolve: Resolve) -> pd.DataFrame:
    """Solve the plan again with each lever moved by its step.

    Returns
    -------
    DataFrame
        Contract `Levers`; a gain of 0 means that the lever does not bind.
    """
    rows = []
    for key, how, step in STEPS:
        value = scenario[key] * step if how == "times" else max(0.0, scenario[key] + step)
        moved = resolve(what_if(scenario, key, value))
        rows.append((key, value - scenario[key], value, moved.in_system - now.in_system, moved.active - now.active))
    return Levers.check(pd.DataFrame(rows, columns=["key", "change", "value", "in_system_gain", "active_gain"]))


def reps_needed(scenario: Scenario, now: Reach, resolve: Resolve) -> float:
    """Fewest reps whose plan reaches the goal, everything else as it is; infinite when reps alone cannot.

    Bisection on plans solved again, to half a percent.
    """
    target = scenario["goal.stores"]
    reps = max(scenario["field.reps"], 1e-9)

    def reaches(factor: float) -> bool:
        return resolve(what_if(scenario, "field.reps", reps * factor)).of(scenario.goal) >= target

    low, high = (0.0, 1.0) if now.of(scenario.goal) >= target else (1.0, 2.0)
    while high > 1.0 and not reaches(high):
        low, high = high, high * 2.0
        if high > MOST_REPS_FACTOR:
            return float("inf")
    while high - low > REPS_PRECISION * high and high > REPS_PRECISION:
        middle = (low + high) / 2.0
        low, high = (low, middle) if reaches(middle) else (middle, high)
    return reps * high
