"""Sliders of the page, made from the register: range, step, unit and names in both languages."""

import math
from dataclasses import dataclass

from lst_workbench.assumptions import Assumption, Register, Scenario

# Planning figures a manager moves; everything else about them stands in the register.
LEVERS = (
    "field.reps",
    "field.reps_hired_month",
    "field.visits_day",
    "field.visits_per_signup",
    "field.care_visits_month",
    "capital.working_rmb",
    "network.front_radius_km",
)
STEPS = 40  # positions of a slider, about


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
            made.append(Lever(entry, low, high, round_step(low, high, scenario[key])))
    return made


def round_step(low: float, high: float, value: float) -> float:
    """Step of 1, 2, 2.5 or 5 times a power of ten, about forty to a range, that meets both ends and the value.

    Examples
    --------
    >>> round_step(2000, 4000, 2000), round_step(3, 15, 8), round_step(1e8, 5e9, 6.5e8)
    (50.0, 0.25, 50000000.0)
    """
    power = 10.0 ** math.floor(math.log10((high - low) / STEPS))
    steps = [power * part for part in (10.0, 5.0, 2.5, 2.0, 1.0, 0.5, 0.25, 0.2, 0.1)]
    close = [step for step in steps if (high - low) / step >= 0.8 * STEPS]
    return next((step for step in close if _divides(step, high - low) and _divides(step, value - low)), close[0])


def snapped(lever: Lever, value: float) -> float:
    """Position of the slider nearest to a value: where a browser puts a value that lies between two steps."""
    at = lever.low + round((value - lever.low) / lever.step) * lever.step
    return min(lever.high, max(lever.low, at))


def _divides(step: float, span: float) -> bool:
    return abs(span / step - round(span / step)) < 1e-6
