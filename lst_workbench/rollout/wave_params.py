"""Tuning of `plan_waves`; no planning figure lives here."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class WaveParams:
    """Tuning of `plan_waves`.

    Parameters
    ----------
    method : {"auto", "exact", "decomposition"}
        ``auto`` solves small cases exactly and larger ones by decomposition.
    exact_starts : int
        Stores times months up to which ``auto`` is exact.
    gap : float
        Gap to the bound at which the search stops.
    sample : int
        Stores of each territory, or a few more, on which rough prices are found first.
    larger_sample : int
        The same for the first of the sharp prices, of those whose decision is open.
    coarse, fine : tuple of float
        Temperatures for rough and for sharp prices, as shares of a store's worth.
    warm : tuple of float
        Temperatures for sharp prices where a former plan is known.
    coldest : float
        Temperature down to which the search goes on where it is easy.
    newton_rounds : int
        Evaluations of the dual at each temperature, at most.
    barrier : float
        Weight of the barrier that keeps prices positive.
    reach : tuple of float
        Stores whose price exceeds their worth by more than this share of it, at rough and at sharper prices, are left
        to the final bound.
    rounds : int
        Rounds in which territories are rearranged, at most.
    shortfall_price : float
        What a store that a quota lacks costs the plan, in worths of an average store.
    stickiness : float
        What keeping a store in the month of a former plan is worth, as a share of an average store's worth; half of it
        where it starts in another month. A plan changes only where that gains more.
    time_limit_s : float
        Wall seconds for the exact way; when they run out the status is ``time_limit``.
    """

    method: Literal["auto", "exact", "decomposition"] = "auto"
    exact_starts: int = 600
    gap: float = 0.001
    sample: int = 80
    larger_sample: int = 400
    coarse: tuple[float, ...] = (0.5, 0.3, 0.2, 0.12, 0.08, 0.05, 0.03, 0.02)
    fine: tuple[float, ...] = (0.02, 0.01, 0.005, 0.0025, 0.00125, 0.0006, 0.0003)
    warm: tuple[float, ...] = (0.0025, 0.00125, 0.0006)
    coldest: float = 1e-5
    newton_rounds: int = 5
    barrier: float = 0.1
    reach: tuple[float, float] = (0.4, 0.15)
    rounds: int = 30
    shortfall_price: float = 30.0
    stickiness: float = 0.0
    time_limit_s: float = 60.0
