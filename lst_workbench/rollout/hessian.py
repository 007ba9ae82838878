"""The Newton system of the dual: blocks of months for territories and warehouses, and a border of national rows."""

from copy import copy
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
import scipy.sparse.linalg as sla

DENSE_ROWS = 600
RIDGE = 1e-13  # of each row's own curvature: rows that load the same stores alike are told apart


@dataclass(frozen=True)
class Hessian:
    """Second derivatives of the smoothed dual, with T months and R national rows (capital by month, then targets).

    Parameters
    ----------
    territory : ndarray, territories x T x T
        Visits by visits.
    pair : ndarray, pairs x T x T
        Visits of a territory by volume of a warehouse that serves some of it.
    warehouse : ndarray, warehouses x T x T
        Volume by volume.
    territory_nation, warehouse_nation : ndarray, territories or warehouses x T x R
        What couples them with the national rows.
    nation : ndarray, R x R
        National rows among themselves.
    """

    territory: np.ndarray
    pair: np.ndarray
    warehouse: np.ndarray
    territory_nation: np.ndarray
    warehouse_nation: np.ndarray
    nation: np.ndarray


class Couplings:
    """Which territory and which warehouse each pair joins, and which blocks that couples once one side is eliminated.

    Warehouses that share a territory are coupled when territories are eliminated; where that couples more of them than
    the other way round (a whole country of shops in one territory), `exchanged` has both sides change names.
    """

    def __init__(self, first_pair: np.ndarray, pair_warehouse: np.ndarray, n_warehouses: int, months: int) -> None:
        counts = np.diff(first_pair)
        self.territory = np.repeat(np.arange(len(counts)), counts)
        self.warehouse = pair_warehouse
        self.to_warehouse = incidence(pair_warehouse, n_warehouses)
        self.to_territory = incidence(self.territory, len(counts))
        served = np.bincount(pair_warehouse, minlength=n_warehouses)
        self.exchanged = self._exchanged(months) if (served**2).sum() < (counts**2).sum() else None
        if self.exchanged is None:
            self._couple(months)

    def _couple(self, months: int) -> None:
        """Find which pairs share a territory, and where their blocks lie in the system of warehouses."""
        self.left, self.right = _together(self.to_territory)
        size = self.to_warehouse.shape[0]
        every = np.arange(size)
        row, column = np.append(self.warehouse[self.left], every), np.append(self.warehouse[self.right], every)
        self.blocks = BlockMatrix(row, column, size, months)

    def _exchanged(self, months: int) -> "Couplings":
        other = copy(self)
        other.territory, other.to_territory = self.warehouse, self.to_warehouse
        other.warehouse, other.to_warehouse = self.territory, self.to_territory
        other.exchanged = None
        other._couple(months)
        return other


class BlockMatrix:
    """A sparse matrix of square blocks, made again and again of other figures in the same places.

    Parameters
    ----------
    row, column : ndarray
        Where each block lies; blocks of one place are added.
    size : int
        Rows and columns of blocks.
    months : int
        Rows and columns of a block.
    """

    def __init__(self, row: np.ndarray, column: np.ndarray, size: int, months: int) -> None:
        place, which = np.unique(column.astype(np.int64) * size + row, return_inverse=True)
        self._sum = incidence(which, len(place))
        column, row = np.divmod(place, max(1, size))
        at = np.arange(months)
        shape = (len(place), months, months)
        columns = np.broadcast_to((column * months)[:, None, None] + at, shape).ravel()
        rows = np.broadcast_to((row * months)[:, None, None] + at[:, None], shape).ravel()
        self._order = np.lexsort((rows, columns))
        self._rows = rows[self._order].astype(np.int32)
        self._first = np.searchsorted(columns[self._order], np.arange(size * months + 1)).astype(np.int32)

    def of(self, blocks: np.ndarray) -> sp.csc_matrix:
        """Make the matrix of blocks that are given in the order of their places."""
        side = len(self._first) - 1
        data = summed(self._sum, blocks).ravel()[self._order]
        return sp.csc_matrix((data, self._rows, self._first), shape=(side, side))


def _together(joined: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """Pairs that belong to the same place, in order."""
    together = (joined.T @ joined).tocoo() if joined.shape[1] else sp.coo_matrix((0, 0))
    order = np.lexsort((together.col, together.row))
    return together.row[order], together.col[order]


def incidence(where: np.ndarray, size: int) -> sp.csr_matrix:
    """Sum rows by place: a sparse matrix of places x rows."""
    n = len(where)
    return sp.csr_matrix((np.ones(n), (where, np.arange(n))), shape=(size, n))


def summed(places: sp.csr_matrix, rows: np.ndarray) -> np.ndarray:
    """Sum blocks over the rows that belong to each place."""
    flat = rows.reshape(rows.shape[0], int(np.prod(rows.shape[1:])))  # -1 is not defined where there are no rows
    return (places @ flat).reshape(places.shape[0], *rows.shape[1:])


def solve(
    hessian: Hessian, couplings: Couplings, diagonal: tuple[np.ndarray, ...], rhs: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve (Hessian + diagonal) x = rhs for visits, volume and national rows.

    Where eliminating territories couples more blocks than eliminating warehouses, both change names before and after.
    """
    if couplings.exchanged is None:
        return _solved(hessian, couplings, diagonal, rhs)
    h = hessian
    turned = Hessian(
        h.warehouse, h.pair.transpose(0, 2, 1), h.territory, h.warehouse_nation, h.territory_nation, h.nation
    )
    volume, visits, nation = _solved(
        turned, couplings.exchanged, (diagonal[1], diagonal[0], diagonal[2]), (rhs[1], rhs[0], rhs[2])
    )
    return visits, volume, nation


def _solved(
    hessian: Hessian, couplings: Couplings, diagonal: tuple[np.ndarray, ...], rhs: tuple[np.ndarray, ...]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Solve the system by blocks.

    Territories are eliminated first, one block each; then warehouses, coupled where they share a territory; the few
    national rows are solved last and the others follow from them.
    """
    territory = _with_diagonal(hessian.territory, diagonal[0])
    warehouse = _with_diagonal(hessian.warehouse, diagonal[1])
    nation = _with_diagonal(hessian.nation[None], diagonal[2][None])[0]
    pair, border = hessian.pair, hessian.territory_nation
    t, w = couplings.territory, couplings.warehouse
    inverse = np.linalg.inv(territory)
    reach = inverse[t] @ pair
    answer = (inverse @ rhs[0][:, :, None])[:, :, 0]

    warehouse_border = hessian.warehouse_nation - summed(couplings.to_warehouse, reach.transpose(0, 2, 1) @ border[t])
    rhs_warehouse = rhs[1] - summed(couplings.to_warehouse, (pair.transpose(0, 2, 1) @ answer[t][:, :, None])[:, :, 0])
    flat = border.reshape(-1, border.shape[2])
    nation = nation - flat.T @ (inverse @ border).reshape(flat.shape)
    rhs_nation = rhs[2] - flat.T @ answer.ravel()

    flat = warehouse_border.reshape(-1, warehouse_border.shape[2])
    known = np.column_stack([flat, rhs_warehouse.ravel()])
    solved = _solve_warehouses(warehouse, pair, reach, couplings, known)
    nation = nation - flat.T @ solved[:, :-1]
    x_nation = np.linalg.solve(nation, rhs_nation - flat.T @ solved[:, -1])

    x_warehouse = (solved[:, -1] - solved[:, :-1] @ x_nation).reshape(rhs[1].shape)
    rest = rhs[0] - border @ x_nation - summed(couplings.to_territory, (pair @ x_warehouse[w][:, :, None])[:, :, 0])
    return (inverse @ rest[:, :, None])[:, :, 0], x_warehouse, x_nation


def _with_diagonal(blocks: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    rows = np.arange(blocks.shape[1])
    blocks = blocks.copy()
    blocks[:, rows, rows] = (1 + RIDGE) * blocks[:, rows, rows] + diagonal
    return blocks


def _solve_warehouses(
    warehouse: np.ndarray, pair: np.ndarray, reach: np.ndarray, couplings: Couplings, known: np.ndarray
) -> np.ndarray:
    """Solve the warehouses' system, from which territories are eliminated, for several right-hand sides."""
    W, T = warehouse.shape[:2]
    if not W:
        return known
    fill = -(pair.transpose(0, 2, 1)[couplings.left] @ reach[couplings.right])
    matrix = couplings.blocks.of(np.concatenate([fill, warehouse]))
    if W * T <= DENSE_ROWS:
        return np.linalg.solve(matrix.toarray(), known)
    options = {"SymmetricMode": True}
    return sla.splu(matrix, diag_pivot_thresh=0.0, permc_spec="MMD_AT_PLUS_A", options=options).solve(known)
