"""Pairs of features that tell more together than apart: which ones, and their grid of cells."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lst_workbench.credit.binning import Bins

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
FEWEST_GROUPS, MOST_GROUPS, LEAST_CELL_ROWS = 5, 12, 20
# A pair is taken up when its gain is this many standard deviations above what chance gives. Hundreds are looked at.
CLEAR_GAIN = 3.5
OWN_PENALTY = 0.3


@dataclass(frozen=True)
class Axis:
    """One feature of a pair: its bins joined into few groups, `ordered` ranges first."""

    feature: int
    groups: NDArray[np.int32]
    labels: tuple[str, ...]
    ordered: int


@dataclass(frozen=True)
class Pair:
    """A grid of cells over two features; cell (i, j) is number ``i * columns + j``."""

    feature: str
    first: Axis
    second: Axis

    @property
    def size(self) -> int:
        """Number of cells."""
        return len(self.first.labels) * len(self.second.labels)

    @property
    def ordered(self) -> int:
        """Number of cells in one line of order: none."""
        return 0

    @cached_property
    def grid(self) -> NDArray[np.int64]:
        """Number of each cell, by group of the first and of the second feature."""
        return np.arange(self.size).reshape(len(self.first.labels), len(self.second.labels))

    def labels(self) -> list[str]:
        """Name of each cell, as the points table shows it."""
        return [f"{a} & {b}" for a in self.first.labels for b in self.second.labels]

    def cells(self, codes: Codes, offsets: NDArray[np.int64]) -> Codes:
        """Cell of each row, from the bins of its features, numbered through over all features."""
        i, j = (axis.groups[codes[:, axis.feature] - offsets[axis.feature]] for axis in (self.first, self.second))
        return (i * len(self.second.labels) + j).astype(np.int32)

    def steps(self, axis: int) -> list[tuple[int, int]]:
        """Neighbouring cells along the ordered ranges of the first (0) or second (1) feature."""
        ordered = (self.first, self.second)[axis].ordered
        lines = np.moveaxis(self.grid, axis, 0)[:ordered]
        return [(int(a), int(b)) for a, b in zip(lines[:-1].ravel(), lines[1:].ravel(), strict=True)]

    def penalty(self) -> Floats:
        """Squared steps between neighbours, and squared effects at `OWN_PENALTY`: cells without rows fall to none."""
        matrix = OWN_PENALTY * np.eye(self.size)
        for a, b in self.steps(0) + self.steps(1):
            matrix[np.ix_([a, b], [a, b])] += np.array([[1.0, -1.0], [-1.0, 1.0]])
        return matrix


def choose_pairs(
    codes: Codes, residual: Floats, weight: Floats, bins: list[Bins], offsets: NDArray[np.int64], most: int, cells: int
) -> list[Pair]:
    r"""Find pairs whose cells explain most of what single features leave, most telling first, in about `cells` cells.

    The gain of a pair is :math:`\sum_c R_c^2 / (W_c + \lambda)` over its cells, with R the residuals' sum and W that of
    p (1 - p); by chance it has mean :math:`\sum W / (W + \lambda)` and variance about
    :math:`2 \sum (W / (W + \lambda))^2`. Lambda, the mean of W, keeps small cells quiet.
    """
    groups_each = int(np.clip(np.sqrt(cells / max(most, 1)), FEWEST_GROUPS, MOST_GROUPS))
    axes = [_axis(j, b, codes[:, j] - offsets[j], groups_each) for j, b in enumerate(bins)]
    groups = [axis.groups[codes[:, axis.feature] - offsets[axis.feature]] for axis in axes]
    found = []
    for a in range(len(axes)):
        for b in range(a + 1, len(axes)):
            size = len(axes[a].labels) * len(axes[b].labels)
            cell = groups[a] * len(axes[b].labels) + groups[b]
            told, w = (np.bincount(cell, values, size) for values in (residual, weight))
            share = w / (w + w.mean())
            gain = float((told**2 / (w + w.mean())).sum() - share.sum())
            clear = gain / max(float(np.sqrt(2 * (share**2).sum())), 1e-12)
            if clear > CLEAR_GAIN:
                found.append((gain, Pair(f"{bins[a].feature} × {bins[b].feature}", axes[a], axes[b])))
    return [pair for _, pair in sorted(found, key=lambda one: -one[0])[:most]]


def _axis(feature: int, bins: Bins, codes: NDArray[np.int64], most: int) -> Axis:
    """Join ranges into at most `most` of about equal count; bins apart keep a group where they hold rows."""
    rows = np.bincount(codes, minlength=bins.size)
    labels = bins.labels()
    groups = np.empty(bins.size, dtype=np.int32)
    names: list[str] = []
    if bins.ordered:
        upto = np.cumsum(rows[: bins.ordered]) - rows[: bins.ordered] / 2
        cut = np.minimum(upto / max(rows[: bins.ordered].sum(), 1) * most, most - 1).astype(np.int64)
        groups[: bins.ordered] = np.unique(cut, return_inverse=True)[1]
        for g in range(int(groups[: bins.ordered].max()) + 1):
            inside = np.flatnonzero(groups[: bins.ordered] == g)
            names.append(span(labels[inside[0]], labels[inside[-1]]))
    ordered = len(names)
    apart = np.arange(bins.ordered, bins.size)
    big = apart[np.argsort(-rows[apart], kind="stable")][: most + 1]
    big = np.sort(big[rows[big] >= LEAST_CELL_ROWS])
    groups[apart] = ordered + len(big)
    groups[big] = ordered + np.arange(len(big))
    names += [labels[k] for k in big]
    if len(big) < len(apart):
        names.append("any other")
    return Axis(feature, groups, tuple(names), ordered)


def span(first: str, last: str) -> str:
    """Name of the range from the first bin to the last: "1 to < 3" and "3 to < 9" become "1 to < 9"."""
    if first == last:
        return first
    low = first.split(" to ")[0] if " to " in first else ""
    high = last.split("< ")[-1] if "< " in last else ""
    if low and high:
        return f"{low} to < {high}"
    return f"< {high}" if high else f">= {low}" if low else "any number"
