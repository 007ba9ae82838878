"""What converting a store earns, and how soon it pays back its fit-out."""

from collections.abc import Mapping
from typing import Any

import numpy as np

TENTHS = (0.1, 0.5, 0.9)


def extra_share(
    uplift: Any, gross_margin: Any, take_rate: Any, share_after: Any, share_before: Any
) -> Any:  # numbers or arrays alike
    """Extra earnings of owner and platform for each RMB the shop buys a month now.

    Sales are purchases / (1 - gross margin), so the owner earns uplift x gross_margin / (1 - gross_margin) more; the
    platform takes its rate of what the shop then buys from it, share_after x (1 + uplift), over what it does now. The
    yearly fee moves money between the two and cancels.

    Examples
    --------
    >>> round(float(extra_share(0.1, 0.2, 0.035, 0.5, 0.15)), 4)
    0.039
    """
    owner = uplift * gross_margin / (1.0 - gross_margin)
    return owner + take_rate * (np.maximum(share_after, share_before) * (1.0 + uplift) - share_before)


def payback_tenths(
    fitout_rmb: np.ndarray,
    potential_rmb_month: np.ndarray,
    wallet_share: np.ndarray,
    cost_rmb_month: np.ndarray,
    drawn: Mapping[str, np.ndarray],
    spread: float,
    seed: int,
) -> np.ndarray:
    """P10, P50 and P90 of the months in which each store pays back, stores x 3; infinite where a draw never does.

    Parameters
    ----------
    fitout_rmb, potential_rmb_month, wallet_share, cost_rmb_month : array
        Of each store; the cost is what is lost a month besides (credit, neighbours).
    drawn : mapping
        Draws of ``uplift``, ``gross_margin``, ``take_rate``, ``share_after`` and ``fitout_factor``.
    spread : float
        Standard deviation of the logarithm of a store's sales around what is expected.
    seed : int
        Seed of the stores' own draws.
    """
    draws = len(drawn["uplift"])
    figures = (drawn[name] for name in ("uplift", "gross_margin", "take_rate", "share_after"))
    uplift, margin, take, after = figures
    own = np.random.default_rng(seed).standard_normal(draws)
    sales = np.exp(spread * own - spread**2 / 2)
    found = np.empty((len(fitout_rmb), 3))
    for row in range(len(fitout_rmb)):
        earned = extra_share(uplift, margin, take, after, wallet_share[row])
        gain = potential_rmb_month[row] * sales * earned - cost_rmb_month[row]
        months = np.divide(fitout_rmb[row] * drawn["fitout_factor"], gain, out=np.full(draws, np.inf), where=gain > 0)
        found[row] = np.quantile(months, TENTHS, method="inverted_cdf")
    return found
