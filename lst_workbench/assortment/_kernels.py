"""Numba kernels of the choice model: probabilities and centred features, choice by choice."""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def choice_rows(
    x: np.ndarray,
    offset: np.ndarray,
    beta: np.ndarray,
    start: np.ndarray,
    purchases: np.ndarray,
    bought: np.ndarray,
    p: np.ndarray,
    z: np.ndarray,
    log_likelihood: np.ndarray,
    first_choice: int,
    last_choice: int,
) -> None:
    """Probabilities of each row and features centred within its choice.

    p_ij = exp(u_ij) / sum_k exp(u_ik) with u = offset + x beta; z_ij = sqrt(n_i p_ij) (x_ij - sum_k p_ik x_ik), so
    z'z is the information of beta; log_likelihood_i = sum_j bought_ij ln p_ij. Rows of choice i are
    start[i]:start[i+1]; n_i purchases were seen in it. Choices first_choice to last_choice are done.
    """
    features = x.shape[1]
    for i in range(first_choice, last_choice):
        first, last = start[i], start[i + 1]
        highest = -np.inf
        for row in range(first, last):
            utility = offset[row]
            for k in range(features):
                utility += x[row, k] * beta[k]
            p[row] = utility
            highest = max(highest, utility)
        total = 0.0
        bought_utility = 0.0
        for row in range(first, last):
            bought_utility += bought[row] * (p[row] - highest) if bought[row] > 0.0 else 0.0
            p[row] = np.exp(p[row] - highest)
            total += p[row]
        log_likelihood[i] = bought_utility - purchases[i] * np.log(total)
        mean = np.zeros(features)
        for row in range(first, last):
            p[row] /= total
            for k in range(features):
                mean[k] += p[row] * x[row, k]
        for row in range(first, last):
            scale = np.sqrt(purchases[i] * p[row])
            for k in range(features):
                z[row, k] = scale * (x[row, k] - mean[k])
