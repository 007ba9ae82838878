"""Sliders of the page, made from the register: range, step, unit and names in both languages."""

import math
from dataclasses import dataclass

from lst_workbench.assumptions import Assumption, Register, Scenario

# Planning figures a manager moves; everything else about them stands in the register.
LEVERS = (
    "field.reps",
    "field.visits_day",
    "field.visits_per_signup",
    "field.care_visits_month",
    "capital.working_rmb",
    "network.front_radius_km",
)
STEPS = 40  # positions of a slider, about
WHOLE = ("reps", "stores", "days", "visits/day", "km")


@dataclass(frozen=True)
class Lever:
    """One slider, in the units of the register: the nation's figures."""

    entry: Assumption
    low: float
    high: float
    step: float

    @property
    def key(self) -> str:
        """Register key."""
        return self.entry.key


def levers_of(register: Register, scenario: Scenario) -> list[Lever]:
    """Make a slider for each lever that has a range, wide enough for the scenario's own value."""
    made = []
    for key in LEVERS:
        entry = register[key]
        low, high = min(entry.low, scenario[key]), max(entry.high, scenario[key])
        if high > low:
            made.append(Lever(entry, low, high, round_step(high - low, entry)))
    return made


def round_step(span: float, entry: Assumption) -> float:
    """Step of 1, 2, 2.5 or 5 times a power of ten that divides a range into about forty parts.

    Examples
    --------
    >>> from lst_workbench.assumptions import load_register
    >>> register = load_register()
    >>> round_step(2000, register["field.reps"]), round_step(12, register["field.visits_per_signup"])
    (50.0, 0.25)
    """
    power = 10.0 ** math.floor(math.log10(span / STEPS))
    step = next(power * part for part in (1.0, 2.0, 2.5, 5.0, 10.0) if span / (power * part) <= STEPS * 1.26)
    return max(1.0, step) if entry.unit in WHOLE else step
