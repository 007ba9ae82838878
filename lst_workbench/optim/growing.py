"""A linear program that gains rows and is solved on from where it stood: the master of a cutting-plane method."""

import highspy
import numpy as np
from scipy import sparse


class GrowingProgram:
    """Minimise ``cost · x`` with ``lower <= x <= upper`` and rows ``matrix x >= lower`` that come one after another.

    Examples
    --------
    >>> program = GrowingProgram(np.ones(2), np.zeros(2), np.ones(2))
    >>> program.add_rows(sparse.csr_matrix([[2.0, 1.0]]), np.array([1.0]))
    >>> value, x, prices = program.solve()
    >>> value, x.tolist(), prices.tolist()
    (0.5, [0.5, 0.0], [0.5])
    """

    def __init__(self, cost: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        self._highs, none = highspy.Highs(), np.empty(0)
        for name, option in (("output_flag", False), ("threads", 1)):
            self._highs.setOptionValue(name, option)
        at = np.zeros(len(cost), np.int32)
        self._highs.addCols(len(cost), cost, lower, upper, 0, at, none.astype(np.int32), none)

    def add_rows(self, matrix: sparse.csr_matrix, lower: np.ndarray) -> None:
        """Add rows that must not fall below ``lower``."""
        rows = sparse.csr_matrix(matrix)
        above = np.full(len(lower), highspy.kHighsInf)
        starts, columns = rows.indptr[:-1].astype(np.int32), rows.indices.astype(np.int32)
        self._highs.addRows(len(lower), lower, above, rows.nnz, starts, columns, rows.data.astype(np.float64))

    def solve(self) -> tuple[float, np.ndarray, np.ndarray]:
        """Least value, the variables, and the price of each row."""
        self._highs.run()
        solution = self._highs.getSolution()
        value = float(self._highs.getInfo().objective_function_value)
        return value, np.array(solution.col_value), np.array(solution.row_dual)
