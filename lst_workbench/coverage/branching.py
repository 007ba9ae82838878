"""What reduced costs say about the sites of a problem that opens p of them at least cost."""

import numpy as np

from lst_workbench.coverage._kernels import FREE, OPEN, SHUT


def ruled_out(state: np.ndarray, saving: np.ndarray, bound: float, p: int, cutoff: float) -> np.ndarray:
    """Shut sites that no better answer opens, and open those that every better answer opens.

    Opening a free site outside the cheapest costs ρ_j - ρ_(last named) more than the bound, shutting a named one costs
    ρ_(first not named) - ρ_j more.
    """
    free = np.flatnonzero(state == FREE)
    wanted = p - int((state == OPEN).sum())
    if not 0 < wanted < len(free):
        return state
    rho = saving[free]
    ordered = np.partition(rho, [wanted - 1, wanted])
    last, following = ordered[wanted - 1], ordered[wanted]
    state = state.copy()
    state[free[(rho > last) & (bound + rho - last > cutoff)]] = SHUT
    state[free[(rho < following) & (bound + following - rho > cutoff)]] = OPEN
    return state
