"""Sign-ups are whole: a row per territory that counts its stores, so that the bound does not sign fractions of them.

Where all stores of a territory take the same visits to sign up (c) and to care for (k), at most

    n[t] = min(n[t-1] + floor((visits[t] - k * n[t-1]) / c), visits[s] / k for every later month s)

of them are signed by month t: n + floor((visits - k n) / c) rises with n, since k <= c, so that signing as many as
later months can care for leads to the most in the end. The linear relaxation signs fractions month by month, up to one
store more in each. The count is one more row, k * stores <= k * n[last], written as a month after the last in which
nothing starts and only care is left to do, so that prices, Newton steps and bounds take it as they take any month.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from lst_workbench.rollout.wave_inputs import WaveProblem

AMPLE = 2.0  # times all that could ever be asked: a capacity that never binds
ROUNDING = 1e-9


def with_counts(problem: WaveProblem) -> WaveProblem:
    """Add the month of counts; the problem itself where no territory has stores of one kind of load."""
    counted = _counted_territories(problem)
    if not counted.any():
        return problem
    s, visits = problem.stores, problem.visits
    most_care = AMPLE * np.bincount(s.territory, s.care, len(visits)) + 1.0
    care = _of_territory(problem, s.care)
    most = most_signed(np.where(open_months(problem), visits, 0.0), visits, _of_territory(problem, s.signup), care)
    by_count = np.where(counted & (most > 0), care * most, most_care)
    ample = AMPLE * np.bincount(s.warehouse, s.volume, len(problem.volume)) + 1.0
    return replace(
        problem,
        visits=np.column_stack([visits, by_count]),
        volume=np.column_stack([problem.volume, ample]),
        capital=np.append(problem.capital, AMPLE * float(s.capital.sum()) + 1.0),
        factor=np.append(problem.factor, problem.factor[-1]),
        bonus=np.column_stack([problem.bonus, problem.bonus[:, -1]]),
        months=pd.RangeIndex(problem.n_months + 1),
        counts=True,
    )


def open_months(problem: WaveProblem) -> np.ndarray:
    """Tell in which months a territory has a store that its warehouse has room for from then on."""
    s, room = problem.stores, np.minimum.accumulate(problem.volume[:, ::-1], axis=1)[:, ::-1]
    n = len(problem.visits)
    return np.column_stack([np.bincount(s.territory, s.volume <= month[s.warehouse], n) > 0 for month in room.T])


def most_signed(to_sign: np.ndarray, to_care: np.ndarray, signup: np.ndarray, care: np.ndarray) -> np.ndarray:
    """Find the most stores of one load that a territory can sign by the last month.

    Parameters
    ----------
    to_sign, to_care : ndarray of shape (territories, months)
        Visits that there are for sign-ups and care together, and for care.
    signup, care : ndarray of shape (territories,)
        Visits that a store takes.

    Examples
    --------
    >>> visits, signup, care = np.array([[20.0, 20.0]]), np.array([8.0]), np.array([0.5])
    >>> most_signed(visits, visits, signup, care)
    array([4.])
    >>> visits = np.array([[80.0, 2.0, 80.0]])  # two visits care for four stores
    >>> most_signed(visits, visits, signup, care)
    array([13.])
    """
    cared_for = _whole(to_care / care[:, None])
    signed = np.zeros(len(to_care))
    for t, month in enumerate(to_sign.T):
        signed += np.maximum(0.0, _whole((month - care * signed) / signup))
        signed = np.minimum(signed, cared_for[:, t + 1 :].min(axis=1, initial=np.inf))
    return signed


def _whole(stores: np.ndarray) -> np.ndarray:
    return np.floor(stores + ROUNDING * (1.0 + np.abs(stores)))


def _visit_prices(problem: WaveProblem, count: np.ndarray) -> np.ndarray:
    """Find visit prices d that cost every store what counts do: signup * d[t] + care * (d[t+1] + ...) = care * q."""
    signup, care = (_of_territory(problem, load) for load in (problem.stores.signup, problem.stores.care))
    visits, later = np.zeros(problem.visits.shape), np.zeros(len(count))
    for t in range(problem.n_months - 1, -1, -1):
        visits[:, t] = care * (count - later) / signup
        later += visits[:, t]
    return visits


def without_counts(problem: WaveProblem, x: np.ndarray) -> np.ndarray:
    """Bring prices found with counts to the rows of the problem itself: every store's worth less price stays.

    The price q of a count becomes visit prices d with signup * d[t] + care * (d[t+1] + ...) = q in every month t.
    """
    T, n_territories, n_warehouses = problem.n_months, len(problem.visits), len(problem.volume)
    visits, volume, capital, targets = np.split(x, np.cumsum([n_territories * (T + 1), n_warehouses * (T + 1), T + 1]))
    visits, volume = visits.reshape(n_territories, T + 1), volume.reshape(n_warehouses, T + 1).copy()
    folded = visits[:, :T] + _visit_prices(problem, np.where(_counted_territories(problem), visits[:, T], 0.0))
    volume[:, T - 1] += volume[:, T]
    return np.concatenate(
        [folded.ravel(), volume[:, :T].ravel(), np.append(capital[: T - 1], capital[T - 1 :].sum()), targets]
    )


def _counted_territories(problem: WaveProblem) -> np.ndarray:
    """Territories whose stores all take the same visits, some of them for care."""
    s, n = problem.stores, len(problem.visits)
    same = np.zeros(n, bool)
    if not len(s.territory):
        return same
    first = np.flatnonzero(np.diff(s.territory, prepend=-1))  # stores are sorted by territory
    least, most = (
        np.array([extreme.reduceat(load, first) for load in (s.signup, s.care)]) for extreme in (np.minimum, np.maximum)
    )
    same[s.territory[first]] = ((least == most) & (least > 0)).all(axis=0)
    signup, care = (_of_territory(problem, load) for load in (s.signup, s.care))
    return np.asarray(same & (care <= signup))


def _of_territory(problem: WaveProblem, load: np.ndarray) -> np.ndarray:
    """Load of the last store of each territory; 1 where there is none, in no store or in that one."""
    found = np.ones(len(problem.visits))
    found[problem.stores.territory] = load
    return np.where(found > 0, found, 1.0)
