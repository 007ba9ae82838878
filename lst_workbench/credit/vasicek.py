"""The one-factor credit model: how bad a bad year is for stores of a given PD."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

# Basel III, CRE31.16, other retail: correlation falls from .16 to .03 as PD rises, at speed 35.
HIGH_CORRELATION, LOW_CORRELATION, SPEED = 0.16, 0.03, 35.0


def retail_correlation(pd: ArrayLike) -> NDArray[np.float64]:
    r"""Asset correlation of other retail exposures, falling with PD.

    .. math:: R = 0.03 w + 0.16 (1 - w), \quad w = (1 - e^{-35 PD}) / (1 - e^{-35})

    Source: Basel Committee, CRE31.16.

    Parameters
    ----------
    pd : array_like
        Probability of default, share 0-1.

    Returns
    -------
    ndarray
        Correlation, share 0-1.

    Examples
    --------
    >>> retail_correlation([0.0, 0.02]).round(4).tolist()
    [0.16, 0.0946]
    """
    weight = -np.expm1(-SPEED * np.asarray(pd, dtype=float)) / -np.expm1(-SPEED)
    return LOW_CORRELATION * weight + HIGH_CORRELATION * (1.0 - weight)


def stressed_pd(pd: ArrayLike, correlation: ArrayLike, level: float) -> NDArray[np.float64]:
    r"""Share of a fine-grained group that defaults in a year exceeded with probability ``1 - level``.

    .. math:: \Phi\left( \frac{\Phi^{-1}(PD) + \sqrt{R}\, \Phi^{-1}(level)}{\sqrt{1 - R}} \right)

    Source: Vasicek, *The distribution of loan portfolio value* (Risk, 2002).

    Parameters
    ----------
    pd : array_like
        Probability of default, above 0 and below 1.
    correlation : array_like
        Asset correlation, at least 0 and below 1.
    level : float
        Confidence, say 0.999.

    Examples
    --------
    >>> float(stressed_pd(0.01, 0.1, 0.999).round(4))
    0.0775
    """
    rho = np.asarray(correlation, dtype=float)
    return ndtr((ndtri(np.asarray(pd, dtype=float)) + np.sqrt(rho) * ndtri(level)) / np.sqrt(1.0 - rho))
