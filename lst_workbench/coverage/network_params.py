"""What a network costs and promises, and how hard to try."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

TIERS = ("front", "city", "regional")


@dataclass(frozen=True)
class NetworkParams:
    """Costs, promise and tuning of `design_network`; money in RMB, volume in m3, distance over the road.

    Parameters
    ----------
    radius_km : float
        Service radius of a front warehouse; a store exactly at it is served.
    slow_radius_km : float
        How far a city warehouse delivers slowly.
    circuity, circuity_rural : float
        Road kilometres for each kilometre of great circle: in towns and between warehouses; in townships and villages.
    haul_rmb_m3_km : float
        Line-haul of a cubic metre: RMB per tonne-km times tonnes per m3.
    handling_rmb_m3 : float
        Handling of a cubic metre in each warehouse it passes, where a site does not say its own.
    cross_dock_share : float
        Handling of slow movers in a front, which only passes them on, as a share of that of fast movers.
    stop_rmb, stop_rural_rmb : float
        Time at the door of a drop, in towns and in townships and villages.
    van_km_rmb : float
        Van and driver for a kilometre.
    stops_tour : float
        Drops of a tour.
    slow_drop_rmb : float
        A drop by slow delivery, beside its haul.
    uncovered_rmb_m3 : float
        Contribution lost with a cubic metre that nobody delivers: a store for which delivery costs more is left out.
    fast_share : float
        Share of volume that fast movers make, where stores do not say their own; fronts stock these.
    gap : float
        Stop when value and bound are this close, as a share.
    small_pairs : int
        Up to so many binary choices the model is handed to HiGHS as it is written down.
    cells : int
        Cells of stores in the bound; more raise it, and take longer.
    sample : int
        Stores on which the search starts.
    cuts : int
        Rounds of cutting planes that teach the bound its prices.
    iterations : int
        Steps that raise them after that; fewer for very many stores, down to a sixth of it.
    shakes : int
        Times that the search leaves a local optimum by lot, where no network is given to start from.
    """

    radius_km: float = 40.0
    slow_radius_km: float = 400.0
    circuity: float = 1.3
    circuity_rural: float = 1.3
    haul_rmb_m3_km: float = 0.25
    handling_rmb_m3: float = 30.0
    cross_dock_share: float = 0.4
    stop_rmb: float = 6.0
    stop_rural_rmb: float = 8.0
    van_km_rmb: float = 2.2
    stops_tour: float = 30.0
    slow_drop_rmb: float = 45.0
    uncovered_rmb_m3: float = 700.0
    fast_share: float = 0.7
    gap: float = 0.0
    small_pairs: int = 400
    cells: int = 16_000
    sample: int = 40_000
    cuts: int = 60
    iterations: int = 300
    shakes: int = 0

    @classmethod
    def of(cls, figures: Mapping[str, Any], **changes: Any) -> Self:
        """Take the figures of the register.

        Examples
        --------
        >>> from lst_workbench.assumptions import load_scenario
        >>> NetworkParams.of(load_scenario("base").values()).radius_km
        40.0
        """
        tonnes_m3 = figures["network.rmb_per_m3"] / figures["network.rmb_per_tonne"]
        said: dict[str, Any] = {
            "radius_km": figures["network.front_radius_km"],
            "slow_radius_km": figures["network.slow_radius_km"],
            "circuity": figures["network.circuity"],
            "circuity_rural": figures["network.circuity_rural"],
            "haul_rmb_m3_km": figures["network.line_haul_tkm"] * tonnes_m3,
            "handling_rmb_m3": figures["network.handling_rate"] * figures["network.rmb_per_m3"] / len(TIERS),
            "cross_dock_share": figures["network.cross_dock_share"],
            "stop_rmb": figures["network.stop_rmb"],
            "stop_rural_rmb": figures["network.stop_rural_rmb"],
            "van_km_rmb": figures["network.van_km_rmb"],
            "stops_tour": figures["network.stops_tour"],
            "slow_drop_rmb": figures["network.slow_drop_rmb"],
            "uncovered_rmb_m3": figures["network.uncovered_share"] * figures["network.rmb_per_m3"],
            "fast_share": figures["network.fast_share"],
        }
        return cls(**(said | changes))

    def faults(self) -> list[str]:
        """Say what is wrong with the figures."""
        positive = ("radius_km", "slow_radius_km", "stops_tour", "cells", "sample")
        faults = [
            f"{name} must be more than 0, not {getattr(self, name)}" for name in positive if not getattr(self, name) > 0
        ]
        for name in ("circuity", "circuity_rural"):
            if not 1 <= getattr(self, name) < np.inf:
                faults.append(f"{name} must be at least 1, not {getattr(self, name)}")
        costs = ("haul_rmb_m3_km", "handling_rmb_m3", "stop_rmb", "stop_rural_rmb", "van_km_rmb", "slow_drop_rmb")
        faults += [
            f"{name} must be at least 0, not {getattr(self, name)}" for name in costs if not getattr(self, name) >= 0
        ]
        return faults
