"""The likelihood of a multinomial logit: value, gradient, information, and scores for robust errors."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from lst_workbench.assortment._kernels import choice_rows
from lst_workbench.optim import in_chunks

BLOCK_ROWS = 65_536
DENSE_SHARE = 0.02  # of alternatives on offer, above which dense products of constants are quicker


@dataclass(frozen=True)
class Design:
    """Choices as matrices: utility of a row = constants[alternative] + x @ beta.

    ``constant`` lists the alternatives that have a constant of their own; coefficients are these constants first,
    then those of ``x``.
    """

    x: np.ndarray
    alternative: np.ndarray
    alternatives: int
    constant: np.ndarray
    start: np.ndarray
    bought: np.ndarray
    purchases: np.ndarray

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return len(self.constant) + self.x.shape[1]


@dataclass(frozen=True)
class Moments:
    """Log-likelihood of each choice, its gradient and information in all, and each row's probability."""

    by_choice: np.ndarray
    gradient: np.ndarray
    information: np.ndarray
    probability: np.ndarray

    @property
    def log_likelihood(self) -> float:
        """Log-likelihood of all choices."""
        return float(self.by_choice.sum())

    def of(self, kept: np.ndarray) -> "Moments":
        """Moments of the kept coefficients when the others are zero."""
        return Moments(self.by_choice, self.gradient[kept], self.information[np.ix_(kept, kept)], self.probability)


def moments(design: Design, theta: np.ndarray) -> Moments:
    """Log-likelihood, gradient and information of the coefficients `theta`.

    Information = sum_i n_i (sum_j p_ij x_ij x_ij' - xbar_i xbar_i'), gathered from rows centred within their choice.
    """
    count = len(design.constant)
    shift = np.zeros(design.alternatives)
    shift[design.constant] = theta[:count]
    beta = np.ascontiguousarray(theta[count:])
    rows, features = design.x.shape
    p = np.empty(rows)
    by_choice = np.empty(len(design.start) - 1)
    information = np.zeros((design.size, design.size))
    for i, j in _blocks(design.start):
        a, b = design.start[i], design.start[j]
        z = np.empty((b - a, features))
        alternative = design.alternative[a:b]
        rows = (
            design.x[a:b], shift[alternative], beta, design.start[i : j + 1] - a, design.purchases[i:j],
            design.bought[a:b], p[a:b], z, by_choice[i:j],
        )  # fmt: skip
        in_chunks(int(j - i), partial(choice_rows, *rows))
        information[count:, count:] += z.T @ z
        if count:
            weight = np.sqrt(np.repeat(design.purchases[i:j], np.diff(design.start[i : j + 1])) * p[a:b])
            owner = sparse.csr_array((weight, alternative, np.arange(b - a + 1)), (b - a, design.alternatives))
            information[:count, count:] += (owner.T @ z)[design.constant]
    information[count:, :count] = information[:count, count:].T
    expected = np.repeat(design.purchases, np.diff(design.start)) * p
    if count:
        information[:count, :count] = _constants_information(design, p, expected)
    surprise = design.bought - expected
    by_alternative = np.bincount(design.alternative, surprise, design.alternatives)[design.constant]
    return Moments(by_choice, np.concatenate([by_alternative, design.x.T @ surprise]), information, p)


def outer_scores(design: Design, probability: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Sum over groups of the outer product of their scores: the meat of a sandwich estimate."""
    surprise = design.bought - np.repeat(design.purchases, np.diff(design.start)) * probability
    choices, groups = len(design.start) - 1, int(group.max()) + 1
    rows = np.repeat(group, np.diff(design.start))
    gather = sparse.csr_array((np.ones(choices), (group, np.arange(choices))), (groups, choices))
    scores = np.empty((choices, design.x.shape[1]))
    for i, j in _blocks(design.start):
        a, b = design.start[i], design.start[j]
        scores[i:j] = np.add.reduceat(surprise[a:b, None] * design.x[a:b], design.start[i:j] - a, axis=0)
    dense = gather @ scores
    constants = sparse.csr_array((surprise, (rows, design.alternative)), (groups, design.alternatives))
    constants = constants.tocsc()[:, design.constant].tocsr()
    cross = constants.T @ dense
    return np.block([[(constants.T @ constants).toarray(), cross], [cross.T, dense.T @ dense]])


def _blocks(start: np.ndarray) -> list[tuple[int, int]]:
    """Cut choices into runs of about `BLOCK_ROWS` rows."""
    edges = np.searchsorted(start, np.arange(0, start[-1], BLOCK_ROWS), side="left")
    edges = np.unique(np.append(edges, len(start) - 1))
    return list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))


def _constants_information(design: Design, p: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """Information of the constants: diag(sum n p) - sum n p p'."""
    total = np.bincount(design.alternative, expected, design.alternatives)[design.constant]
    shape = (len(design.start) - 1, design.alternatives)
    share = sparse.csr_array((p, design.alternative, design.start), shape)
    taken = np.zeros((len(design.constant), len(design.constant)))
    many = share.nnz > DENSE_SHARE * np.prod(shape)
    for i, j in _blocks(design.start) if many else [(0, shape[0])]:
        mine = share[i:j].toarray()[:, design.constant] if many else share[i:j].tocsc()[:, design.constant].tocsr()
        part = mine.T @ (design.purchases[i:j, None] * mine if many else mine.multiply(design.purchases[i:j, None]))
        taken += part if many else part.toarray()
    return np.diag(total) - taken
