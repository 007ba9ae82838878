"""What a designed network is: which sites are open, who feeds whom, who serves each store."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Design:
    """Which sites are open, who feeds them, and who serves each store of a task; -1 where there is none.

    Attributes
    ----------
    fronts, cities, regionals : ndarray of bool
        Open sites by tier.
    city_of, regional_of : ndarray
        City warehouse of each front, regional one of each city warehouse.
    front_of, slow_city_of : ndarray
        Front of each store, or the city warehouse that serves it slowly; a store with neither is uncovered.
    """

    fronts: np.ndarray
    cities: np.ndarray
    regionals: np.ndarray
    city_of: np.ndarray
    regional_of: np.ndarray
    front_of: np.ndarray
    slow_city_of: np.ndarray

    @property
    def opened(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Open sites, from fronts up."""
        return self.fronts, self.cities, self.regionals
