"""Parameters of the Huff model."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal, Protocol

import numpy as np
import pandas as pd

from lst_workbench.assumptions import load_register
from lst_workbench.catchment._kernels import Decay, PowerDecay, pulls
from lst_workbench.contracts import InputError
from lst_workbench.contracts.kinds import SETTLEMENT_KINDS

STEPS = 20_000  # of the integral over the radius
NO_NUMBERS = ("decay", "decay_by_kind")


class Figures(Protocol):
    """Anything that gives figures by register key: a scenario, or a dict."""

    def __getitem__(self, key: str, /) -> float: ...


@dataclass(frozen=True)
class HuffParams:
    """How shoppers choose among shops.

    Parameters
    ----------
    radius_km : float
        Shops further away are never visited; the pull falls smoothly to zero there.
    decay_per_km : float
        Rate of the exponential decay in 1/km, or the exponent of the power decay.
    area_exponent : float
        Pull of a shop is its floor area to this power, unless stores carry their own `attraction`.
    outside_attraction : float
        Pull of everything that is not in the list: supermarkets, markets, online.
    decay : {"exponential", "power"}
        ``exp(-rate d)`` or ``max(d, near_km) ** -rate``.
    near_km : float
        Below this distance the power decay is flat.
    taper_from_share : float
        Share of the radius from which the pull is led to zero (cubic smoothstep).
    decay_by_kind : mapping of str to float
        Rate for cells of a settlement kind (city_core, suburb, township, village), where it differs: villagers go
        further than townspeople. Cells need ``settlement_kind`` then.

    Raises
    ------
    InputError
        Lists every parameter out of range.

    Examples
    --------
    >>> HuffParams(radius_km=2, decay_per_km=1.5, area_exponent=1, outside_attraction=0).decay
    'exponential'
    """

    radius_km: float
    decay_per_km: float
    area_exponent: float
    outside_attraction: float
    decay: Literal["exponential", "power"] = "exponential"
    near_km: float = 0.1
    taper_from_share: float = 0.9
    decay_by_kind: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        words = {
            name: value for name, value in vars(self).items() if name not in NO_NUMBERS and not isinstance(value, Real)
        }
        if words:
            raise InputError(
                "the Huff parameters", [f"{name} must be a number, not {v!r}" for name, v in words.items()]
            )
        checks = {
            "radius_km must be more than 0": 0 < self.radius_km < math.inf,
            "decay_per_km must be at least 0": 0 <= self.decay_per_km < math.inf,
            "area_exponent must be at least 0": 0 <= self.area_exponent < math.inf,
            "outside_attraction must be at least 0": 0 <= self.outside_attraction < math.inf,
            "decay must be exponential or power": self.decay in ("exponential", "power"),
            "near_km must be more than 0": 0 < self.near_km < math.inf,
            "taper_from_share must be at least 0 and less than 1": 0 <= self.taper_from_share < 1,
            f"decay_by_kind must name rates from 0 of {', '.join(SETTLEMENT_KINDS)}": all(
                kind in SETTLEMENT_KINDS and isinstance(rate, Real) and 0 <= rate < math.inf
                for kind, rate in self.decay_by_kind.items()
            ),
        }
        if faults := [
            f"{words}, not {getattr(self, words.split()[0])!r}" for words, holds in checks.items() if not holds
        ]:
            raise InputError("the Huff parameters", faults)

    @classmethod
    def of(cls, figures: Figures | None = None) -> "HuffParams":
        """Parameters from a scenario; from the register's own values by default.

        Examples
        --------
        >>> HuffParams.of().radius_km
        3.0
        """
        if figures is None:
            figures = {key: figure.value for key, figure in load_register().items() if key.startswith("catchment.")}
        return cls(
            radius_km=figures["catchment.radius_km"],
            decay_per_km=figures["catchment.decay_per_km"],
            area_exponent=figures["catchment.area_exponent"],
            outside_attraction=figures["catchment.outside_attraction"],
        )

    def kernel(self) -> Decay | PowerDecay:
        """Give the decay as the kernels read it."""
        taper_km = self.taper_from_share * self.radius_km
        kind = PowerDecay if self.decay == "power" else Decay
        return kind(self.near_km, taper_km, float(self.radius_km))

    def rates_of(self, cells: pd.DataFrame) -> np.ndarray:
        """Give the rate of decay of each cell.

        Raises
        ------
        InputError
            Rates differ by kind of settlement, and cells do not say theirs.
        """
        rates = np.full(len(cells), float(self.decay_per_km))
        if not self.decay_by_kind:
            return rates
        if "settlement_kind" not in cells:
            raise InputError("cells", ["column settlement_kind is missing; the decay differs by it"])
        own = cells["settlement_kind"].astype(str).map(dict(self.decay_by_kind)).to_numpy(np.float64)
        return np.where(np.isnan(own), rates, own)

    def cut_off_share(self) -> float:
        """Share of a shop's pull that lies beyond the radius, were people spread evenly; nan where it has no end.

        1 - ∫₀ᴿ r f(r) taper(r) dr / ∫₀^∞ r f(r) dr. The whole is 1/β² for the exponential decay and
        near^(2-β) (1/2 + 1/(β - 2)) for the power decay, which is finite for β > 2 only.

        Examples
        --------
        >>> round(HuffParams(3, 1.5, 1, 0).cut_off_share(), 3)
        0.074
        """
        rate, step = self.decay_per_km, self.radius_km / STEPS
        if rate == 0 or (self.decay == "power" and rate <= 2):
            return math.nan
        distances = (np.arange(STEPS) + 0.5) * step
        kept = float(np.sum(distances * pulls(distances, np.full(STEPS, float(rate)), self.kernel())) * step)
        if self.decay == "power":
            return 1 - kept / (self.near_km ** (2 - rate) * (1 / 2 + 1 / (rate - 2)))
        return 1 - kept * rate**2
