"""An additive logistic model over bins: each feature's shape as smooth as the data ask for, monotone where declared."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.linalg.lapack import dpotri
from scipy.special import expit, logit
from sklearn.isotonic import isotonic_regression
from threadpoolctl import threadpool_limits

from lst_workbench.credit._kernels import add_pairs
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.pairs import Pair

Floats = NDArray[np.float64]
Term = Bins | Pair
TINY, MOST_PENALTY, MONOTONE_PENALTY = 1e-3, 1e6, 1e4
HALVINGS = 12
# What effects use counts for so much more: weights found from few defaults follow their chance.
CAUTION = 1.25


@dataclass(frozen=True)
class Shapes:
    """Log-odds of default: ``intercept + sum of effect[code]`` over terms (features and pairs).

    ``spread`` is the covariance of effects and, last, of the intercept; ``weights`` are those of the penalties. Terms
    added later (segments) have their last effects, and a ``variance`` each.
    """

    intercept: float
    effect: Floats
    spread: Floats
    weights: Floats
    variance: Floats = field(default_factory=lambda: np.empty(0))

    def log_odds(self, codes: NDArray[np.int32]) -> Floats:
        """Log-odds of rows given by their bins, numbered through over all terms."""
        return self.intercept + self.effect[codes].sum(axis=1)

    def shrunk(self, share: float, codes: NDArray[np.int32], y: Floats) -> "Shapes":
        """Effects drawn together to `share` of themselves, mean PD kept at the share of defaults."""
        effect = share * self.effect
        level = _intercept(effect[codes].sum(axis=1), y)
        return Shapes(level, effect, share**2 * self.spread, self.weights, share**2 * self.variance)

    def spread_over(self, place: NDArray[np.int32]) -> "Shapes":
        """Give each of many bins the effect of the coarser one that it lies in; other terms follow as they are."""
        where = np.concatenate([place, np.arange(int(place.max()) + 1, len(self.effect))])
        both = np.append(where, len(self.effect))
        return replace(self, effect=self.effect[where], spread=self.spread[np.ix_(both, both)])

    def extended(self, effect: Floats, variance: Floats, codes: NDArray[np.int32], y: Floats) -> "Shapes":
        """Add the effects of further terms, mean PD kept at the share of defaults."""
        whole = np.concatenate([self.effect, effect])
        level = _intercept(whole[codes].sum(axis=1), y)
        return replace(self, intercept=level, effect=whole, variance=variance)


# Small matrices: waiting for a second thread costs more than it saves.
@threadpool_limits.wrap(limits=1, user_api="blas")
def fit_shapes(
    codes: NDArray[np.int32],
    y: Floats,
    terms: Sequence[Term],
    direction: dict[str, int],
    start: Shapes | None = None,
    offset: Floats | float = 0.0,
    order: int = 1,
    rounds: int = 40,
) -> Shapes:
    r"""Maximise the penalised likelihood of an additive logistic model.

    .. math:: \max_{b_0, b}\; \ell(y; b_0 + B b) - \tfrac12 \sum_j \lambda_j\, b^T S_j b

    S_j sums squared steps between neighbouring ranges of a numeric feature, squared effects of levels, or both for the
    cells of a pair; special codes and missing values of all features share one group. Each lambda follows the
    Fellner-Schall rule, lambda <- c lambda (rank / lambda - tr((H + S)^{-1} S_j)) / (b' S_j b), so that a feature the
    data do not speak for becomes flat; c, a little above 1, keeps it so where defaults are few. Steps against the
    declared direction get a penalty that all but forbids them; pooling of neighbours then removes what is left.
    Source: Wood and Fasiolo, Biometrics 73 (2017); Eilers and Marx (2005) for the monotone penalty.
    """
    offsets = np.concatenate([[0], np.cumsum([term.size for term in terms])])
    groups = _penalty_groups(terms, offsets, order)
    signs = _steps_declared(terms, offsets, direction)
    size = int(offsets[-1]) + 1
    beta, weights = _begun(start, size, len(groups), y)
    counts = np.bincount(codes.ravel(), minlength=size - 1).astype(float)
    for _ in range(rounds):
        p = expit(beta[-1] + beta[codes].sum(axis=1) + offset)
        second, first = _derivatives(codes, p * (1 - p), y - p, size)
        penalty = TINY * np.eye(size)
        penalty[-1, -1] = 0.0
        for weight, (places, matrix, _) in zip(weights, groups, strict=True):
            penalty[np.ix_(places, places)] += weight * matrix
        for a, b, sign in signs:
            if sign * (beta[b] - beta[a]) < 0:
                penalty[np.ix_([a, b], [a, b])] += MONOTONE_PENALTY * np.array([[1.0, -1.0], [-1.0, 1.0]])
        factor = cho_factor(second + penalty, lower=True)
        step = cho_solve(factor, first - penalty @ beta)
        step = _shortened(step, beta, codes, y, penalty, offset)
        beta = beta + step
        spread = _inverse(factor[0])
        fresh = np.array([_fellner_schall(w, g, beta, spread) for w, g in zip(weights, groups, strict=True)])
        settled = np.abs(step).max() < 2e-3 and np.all(np.abs(np.log(fresh / weights)) < 0.1)
        weights = fresh
        if settled:
            break
    effect = _pooled(beta[:-1], counts, terms, offsets, direction)
    return Shapes(_intercept(effect[codes].sum(axis=1) + offset, y), effect, spread, weights)


def _begun(start: Shapes | None, size: int, groups: int, y: Floats) -> tuple[Floats, Floats]:
    """First effects and penalty weights: those of a model with fewer terms, where there is one."""
    beta, weights = np.zeros(size), np.full(groups, 10.0)
    beta[-1] = float(logit(y.mean()))
    if start is not None:
        beta[: len(start.effect)], beta[-1] = start.effect, start.intercept
        # Groups of features come first, pairs after them, and what special codes share comes first of all.
        weights[: len(start.weights)] = start.weights
    return beta, weights


def _inverse(lower: Floats) -> Floats:
    """Invert a matrix from its lower Cholesky factor."""
    half, _ = dpotri(lower, lower=1)
    half = np.tril(half)
    return half + np.tril(half, -1).T


def _shortened(
    step: Floats, beta: Floats, codes: NDArray[np.int32], y: Floats, penalty: Floats, offset: Floats | float
) -> Floats:
    """Halve a Newton step until the penalised likelihood does not fall: far from the top it may leap over it."""

    def gained(b: Floats) -> float:
        odds = b[-1] + b[codes].sum(axis=1) + offset
        return float(y @ odds - np.logaddexp(0.0, odds).sum() - 0.5 * b @ penalty @ b)

    before = gained(beta)
    for _ in range(HALVINGS):
        if gained(beta + step) >= before - 1e-9 * abs(before):
            break
        step = step / 2
    return step


def _penalty_groups(
    terms: Sequence[Term], offsets: NDArray[np.int64], order: int
) -> list[tuple[NDArray[np.int64], Floats, int]]:
    """Bins, penalty matrix and its rank, for each group that shares a penalty weight."""
    groups, odd = [], [np.empty(0, np.int64)]
    for term, start in zip(terms, offsets[:-1], strict=True):
        if isinstance(term, Pair):
            groups.append((np.arange(start, start + term.size), term.penalty(), term.size))
            continue
        if term.ordered > order:
            steps = np.diff(np.eye(term.ordered), order, axis=0)
            groups.append((np.arange(start, start + term.ordered), steps.T @ steps, term.ordered - order))
        rest = np.arange(start + term.ordered, start + term.size)
        if term.numeric:
            odd.append(rest)
        else:
            groups.append((rest, np.eye(len(rest)), len(rest)))
    every = np.concatenate(odd)
    return [(every, np.eye(len(every)), len(every)), *groups] if len(every) else groups


def _steps_declared(
    terms: Sequence[Term], offsets: NDArray[np.int64], direction: dict[str, int]
) -> list[tuple[int, int, int]]:
    """Give neighbours (a, b) whose effect may only rise (sign 1) or fall (-1) from a to b."""
    names = [term.feature for term in terms]
    steps = []
    for term, start in zip(terms, (int(offset) for offset in offsets[:-1]), strict=True):
        if not isinstance(term, Pair):
            if sign := direction.get(term.feature):
                steps += [(start + k, start + k + 1, sign) for k in range(term.ordered - 1)]
            continue
        for axis, side in enumerate((term.first, term.second)):
            if sign := direction.get(names[side.feature]):
                steps += [(start + a, start + b, sign) for a, b in term.steps(axis)]
    return steps


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
    return float(np.clip(weight * np.clip(CAUTION * used / size, 0.05, 20.0), TINY, MOST_PENALTY))


def _pooled(
    effect: Floats, counts: Floats, terms: Sequence[Term], offsets: NDArray[np.int64], direction: dict[str, int]
) -> Floats:
    """Pool neighbours that still step against the declared direction."""
    effect = effect.copy()
    names = [term.feature for term in terms]
    for term, start in zip(terms, (int(offset) for offset in offsets[:-1]), strict=True):
        if isinstance(term, Pair):
            ways = [direction.get(names[side.feature], 0) for side in (term.first, term.second)]
            part = slice(start, start + term.size)
            effect[part] = _pooled_grid(effect[part], term, ways)
        elif term.feature in direction and term.ordered > 1:
            part = slice(start, start + term.ordered)
            effect[part] = isotonic_regression(
                effect[part], sample_weight=counts[part] + 1e-6, increasing=direction[term.feature] > 0
            )
    return effect


def _pooled_grid(effect: Floats, pair: Pair, ways: list[int]) -> Floats:
    """Make a grid monotone along its declared axes: the mean of the least surface above it and the greatest below."""
    grid = effect[pair.grid]
    above, below = grid.copy(), grid.copy()
    for axis, (way, side) in enumerate(zip(ways, (pair.first, pair.second), strict=True)):
        if way and side.ordered > 1:
            for surface, along in ((above, np.maximum), (below, np.minimum)):
                lines = np.moveaxis(surface, axis, 0)[: side.ordered]
                forward = (way > 0) == (along is np.maximum)
                lines[:] = along.accumulate(lines if forward else lines[::-1], axis=0)[:: 1 if forward else -1]
    return ((above + below) / 2).ravel()


def _intercept(shape: Floats, y: Floats) -> float:
    """Find the intercept with which mean PD equals the share of defaults."""
    level = float(logit(y.mean()))
    for _ in range(50):
        p = expit(level + shape)
        level += float(np.clip((y - p).sum() / max((p * (1 - p)).sum(), 1e-12), -2.0, 2.0))
    return level
