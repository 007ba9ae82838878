"""Facings of one store as a mixed-integer programme, for the stores whose gap the kernels leave open."""

import numpy as np
import pulp

from lst_workbench.assortment._facing_search import NOT_ALLOWED
from lst_workbench.optim import Certificate, solve_with_highs


def facings_by_highs(
    worth: np.ndarray, most: np.ndarray, width: np.ndarray, room: np.ndarray, gap: float, time_limit_s: float
) -> tuple[np.ndarray, np.ndarray, Certificate]:
    """Level and facings of each item, worth item x level x facings, and how good they are.

    Examples
    --------
    >>> worth = np.array([[[3.0, 5.0]], [[2.0, 3.5]]])
    >>> level, facings, certificate = facings_by_highs(
    ...     worth, np.array([2, 2]), np.array([10.0, 10.0]), np.array([30.0]), 0.0, 5.0
    ... )
    >>> facings.tolist(), certificate.value
    ([2, 1], 7.0)
    """
    model = pulp.LpProblem("facings", pulp.LpMaximize)
    items, levels = worth.shape[:2]
    choices = [
        (i, k, n, model.add_variable(f"x_{i}_{k}_{n}", cat="Binary"))
        for i in range(items)
        for k in range(levels)
        for n in range(1, most[i] + 1)
        if worth[i, k, 0] != NOT_ALLOWED and n * width[i] <= room[k] + 1e-9
    ]
    model += pulp.lpSum(float(worth[i, k, n - 1]) * x for i, k, n, x in choices)
    for item in range(items):
        model += pulp.lpSum(x for i, _, _, x in choices if i == item) == 1
    for level in range(levels):
        model += pulp.lpSum(float(n * width[i]) * x for i, k, n, x in choices if k == level) <= float(room[level])
    certificate = solve_with_highs(model, time_limit_s=time_limit_s, gap=gap)
    level_of, n_of = np.zeros(items, np.int64), np.zeros(items, np.int64)
    for i, k, n, x in choices:
        if x.value() is not None and x.value() > 0.5:
            level_of[i], n_of[i] = k, n
    return level_of, n_of, certificate
