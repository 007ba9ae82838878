"""An additive logistic model over bins: each feature's shape as smooth as the data ask for, monotone where declared."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logit
from sklearn.isotonic import isotonic_regression
from threadpoolctl import threadpool_limits

from lst_workbench.credit._kernels import add_pairs
from lst_workbench.credit.binning import Bins

Floats = NDArray[np.float64]
TINY, MOST_PENALTY, MONOTONE_PENALTY = 1e-3, 1e6, 1e4
HALVINGS = 12


@dataclass(frozen=True)
class Shapes:
    """Log-odds of default: ``intercept + sum of effect[code]`` over features."""

    intercept: float
    effect: Floats

    def log_odds(self, codes: NDArray[np.int32]) -> Floats:
        """Log-odds of rows given by their bins, numbered through over all features."""
        return self.intercept + self.effect[codes].sum(axis=1)


# Small matrices: waiting for a second thread costs more than it saves.
@threadpool_limits.wrap(limits=1, user_api="blas")
def fit_shapes(
    codes: NDArray[np.int32], y: Floats, bins: list[Bins], direction: dict[str, int], rounds: int = 40
) -> Shapes:
    r"""Maximise the penalised likelihood of an additive logistic model.

    .. math:: \max_{b_0, b}\; \ell(y; b_0 + B b) - \tfrac12 \sum_j \lambda_j\, b^T S_j b

    S_j sums squared steps between neighbouring ranges of a numeric feature, or squared effects of levels; special codes
    and missing values of all features share one group. Each lambda follows the Fellner-Schall rule,
    lambda <- lambda (rank / lambda - tr((H + S)^{-1} S_j)) / (b' S_j b), so that a feature the data do not speak for
    becomes flat. Steps against the declared direction get a penalty that all but forbids them; pooling of neighbours
    then removes what is left. Source: Wood and Fasiolo, Biometrics 73 (2017); Eilers and Marx (2005) for the
    monotone penalty.
    """
    offsets = np.concatenate([[0], np.cumsum([b.size for b in bins])])
    groups = _penalty_groups(bins, offsets)
    signs = _steps_declared(bins, offsets, direction)
    size = int(offsets[-1]) + 1
    beta = np.zeros(size)
    beta[-1] = float(logit(y.mean()))
    weights = np.full(len(groups), 10.0)
    counts = np.bincount(codes.ravel(), minlength=size - 1).astype(float)
    for _ in range(rounds):
        p = expit(beta[-1] + beta[codes].sum(axis=1))
        second, first = _derivatives(codes, p * (1 - p), y - p, size)
        penalty = TINY * np.eye(size)
        penalty[-1, -1] = 0.0
        for weight, (places, matrix, _) in zip(weights, groups, strict=True):
            penalty[np.ix_(places, places)] += weight * matrix
        for a, sign in signs:
            if sign * (beta[a + 1] - beta[a]) < 0:
                penalty[a : a + 2, a : a + 2] += MONOTONE_PENALTY * np.array([[1.0, -1.0], [-1.0, 1.0]])
        factor = cho_factor(second + penalty)
        step = cho_solve(factor, first - penalty @ beta)
        step = _shortened(step, beta, codes, y, penalty)
        beta = beta + step
        spread = cho_solve(factor, np.eye(size))
        fresh = np.array([_fellner_schall(w, g, beta, spread) for w, g in zip(weights, groups, strict=True)])
        settled = np.abs(step).max() < 2e-3 and np.all(np.abs(np.log(fresh / weights)) < 0.1)
        weights = fresh
        if settled:
            break
    effect = _pooled(beta[:-1], counts, bins, offsets, direction)
    return Shapes(_intercept(effect[codes].sum(axis=1), y), effect)


def _shortened(step: Floats, beta: Floats, codes: NDArray[np.int32], y: Floats, penalty: Floats) -> Floats:
    """Halve a Newton step until the penalised likelihood does not fall: far from the top it may leap over it."""

    def gained(b: Floats) -> float:
        odds = b[-1] + b[codes].sum(axis=1)
        return float(y @ odds - np.logaddexp(0.0, odds).sum() - 0.5 * b @ penalty @ b)

    before = gained(beta)
    for _ in range(HALVINGS):
        if gained(beta + step) >= before - 1e-9 * abs(before):
            break
        step = step / 2
    return step


def _penalty_groups(bins: list[Bins], offsets: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], Floats, int]]:
    """Bins, penalty matrix and its rank, for each group that shares a penalty weight."""
    groups, odd = [], []
    for b, start in zip(bins, offsets[:-1], strict=True):
        if b.ordered > 1:
            steps = np.diff(np.eye(b.ordered), axis=0)
            groups.append((np.arange(start, start + b.ordered), steps.T @ steps, b.ordered - 1))
        rest = np.arange(start + b.ordered, start + b.size)
        if b.numeric:
            odd.append(rest)
        else:
            groups.append((rest, np.eye(len(rest)), len(rest)))
    if odd:
        every = np.concatenate(odd)
        groups.append((every, np.eye(len(every)), len(every)))
    return groups


def _steps_declared(bins: list[Bins], offsets: NDArray[np.int64], direction: dict[str, int]) -> list[tuple[int, int]]:
    return [
        (int(start) + k, direction[b.feature])
        for b, start in zip(bins, offsets[:-1], strict=True)
        if b.feature in direction
        for k in range(b.ordered - 1)
    ]


def _derivatives(codes: NDArray[np.int32], weight: Floats, residual: Floats, size: int) -> tuple[Floats, Floats]:
    second, first = np.zeros((size, size)), np.zeros(size)
    add_pairs(codes, weight, residual, second, first)
    second = np.triu(second) + np.triu(second, 1).T
    second[-1, :-1] = second[:-1, -1] = np.diag(second)[:-1]
    second[-1, -1], first[-1] = weight.sum(), residual.sum()
    return second, first


def _fellner_schall(weight: float, group: tuple[NDArray[np.int64], Floats, int], beta: Floats, spread: Floats) -> float:
    places, matrix, rank = group
    used = max(rank / weight - float(np.sum(spread[np.ix_(places, places)] * matrix)), 1e-9)
    size = max(float(beta[places] @ matrix @ beta[places]), 1e-12)
    return float(np.clip(weight * np.clip(used / size, 0.05, 20.0), TINY, MOST_PENALTY))


def _pooled(
    effect: Floats, counts: Floats, bins: list[Bins], offsets: NDArray[np.int64], direction: dict[str, int]
) -> Floats:
    """Pool neighbours that still step against the declared direction."""
    effect = effect.copy()
    for b, start in zip(bins, offsets[:-1], strict=True):
        if b.feature in direction and b.ordered > 1:
            part = slice(int(start), int(start) + b.ordered)
            effect[part] = isotonic_regression(
                effect[part], sample_weight=counts[part] + 1e-6, increasing=direction[b.feature] > 0
            )
    return effect


def _intercept(shape: Floats, y: Floats) -> float:
    """Find the intercept with which mean PD equals the share of defaults."""
    level = float(logit(y.mean()))
    for _ in range(50):
        p = expit(level + shape)
        level += float(np.clip((y - p).sum() / max((p * (1 - p)).sum(), 1e-12), -2.0, 2.0))
    return level
