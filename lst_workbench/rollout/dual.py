"""Prices for every capacity: Newton on the smoothed dual, with a bound that holds at store level.

The dual of the plan's linear relaxation is, over prices x >= 0 of all rows (visits of a territory and month,
throughput of a warehouse and month, capital of a month, limits that count stores),

    D(x) = sum_rows limit * x  +  sum_stores max(0, max_t z[i, t](x))          (at-least rows enter with a minus)

and any x >= 0 bounds every plan. A quota that is missed costs `shortfall_price` a store, so that D also carries
limit * max(0, x - shortfall_price) for each at-least row. Each store's maximum is smoothed by its temperature (a share
of its value), which makes D twice differentiable; a primal-dual barrier keeps x > 0 and the temperature falls step by
step. The Newton system is solved by eliminating territories (a dense block of months each), then warehouses (sparse),
then the few rows of the whole nation.
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg
import scipy.sparse as sp
import scipy.sparse.linalg as sla

from lst_workbench.rollout._kernels import Curvature, Largest, Prices, Segments, Usage, dual_pass
from lst_workbench.rollout.wave_inputs import Stores, WaveProblem


def largest_loads(problem: WaveProblem) -> Largest:
    """Loads beyond which a start in a month would break a capacity all by itself."""
    from_now = lambda grid: np.minimum.accumulate(grid[..., ::-1], axis=-1)[..., ::-1]  # noqa: E731
    later = np.full_like(problem.visits, np.inf)
    later[:, :-1] = from_now(problem.visits)[:, 1:]
    return Largest(problem.visits, later, from_now(problem.volume), from_now(problem.capital))


def segments_of(stores: Stores, n_territories: int) -> Segments:
    """Find where territories, warehouses and groups begin among sorted stores."""
    keys = np.stack([stores.territory, stores.warehouse, stores.group]) if len(stores.value) else np.zeros((3, 0))
    changes = keys[:, 1:] != keys[:, :-1]
    start = np.ones(keys.shape[1], bool)
    start[1:] = changes.any(axis=0)
    first_store = np.flatnonzero(start)
    pair_start = np.ones(keys.shape[1], bool)
    pair_start[1:] = changes[:2].any(axis=0)
    first_group = np.flatnonzero(pair_start[first_store])
    pair_territory = stores.territory[first_store[first_group]]
    return Segments(
        np.searchsorted(pair_territory, np.arange(n_territories + 1)),
        stores.warehouse[first_store[first_group]].astype(np.int64),
        np.append(first_group, len(first_store)),
        stores.group[first_store].astype(np.int64),
        np.append(first_store, keys.shape[1]),
    )


def later(block: np.ndarray, axis: int) -> np.ndarray:
    """Care: a start in t loads every month after t (sum of all earlier starts)."""
    return np.cumsum(block, axis) - block


def onward(block: np.ndarray, axis: int) -> np.ndarray:
    """Volume and capital: a start in t loads t and every month after."""
    return np.cumsum(block, axis)


@dataclass
class Evaluation:
    """The dual at one point."""

    exact: float
    smoothed: float
    gradient: np.ndarray
    blocks: "Blocks | None"


@dataclass
class Blocks:
    """The Hessian: territories, warehouses and national rows, with what couples them."""

    territory: np.ndarray  # territories x T x T
    pair: np.ndarray  # pairs x T x T: territory by warehouse
    warehouse: np.ndarray  # warehouses x T x T
    territory_nation: np.ndarray  # territories x T x rows
    warehouse_nation: np.ndarray  # warehouses x T x rows
    nation: np.ndarray  # rows x rows


class Dual:
    """The smoothed dual of some of a problem's stores, each standing for `weight` stores.

    Prices are one vector: visits (territories x months), volume (warehouses x months), capital (months), targets.
    """

    def __init__(
        self, problem: WaveProblem, shortfall_price: float, rows: np.ndarray | None = None, weight: float = 1.0
    ):
        stores = problem.stores
        self.problem, self.weight, self.shortfall_price = problem, weight, shortfall_price
        self.stores = stores if rows is None else Stores(*(column[rows] for column in stores))
        self.n_territories, self.n_months = problem.visits.shape
        self.n_warehouses = len(problem.volume)
        self.segments = segments_of(self.stores, self.n_territories)
        self.largest = largest_loads(problem)
        self.pair_territory = np.repeat(np.arange(self.n_territories), np.diff(self.segments.first_pair))
        self.part_pair = np.repeat(np.arange(len(self.segments.warehouse)), np.diff(self.segments.first_group))
        targets = problem.targets
        self.deadlines = np.unique(targets.month)
        self.deadline = np.searchsorted(self.deadlines, targets.month)
        self.sizes = (problem.visits.size, problem.volume.size, self.n_months, len(targets.limit))
        self.cuts = np.cumsum(self.sizes)[:-1]
        self.limit = np.concatenate([problem.visits.ravel(), problem.volume.ravel(), problem.capital, targets.limit])
        self.sense = np.ones(self.limit.size)
        self.sense[self.cuts[2] :] = targets.sense
        top = self.stores.value * problem.factor.max()
        self.scale = np.maximum(top, 0.01 * top.mean() if top.sum() > 0 else 1.0)
        # Groups that a quota of nobody keeps from starting by its month.
        self.closed = np.zeros((targets.member.shape[0], self.n_months))
        months = np.arange(self.n_months)
        for r in np.flatnonzero((targets.sense > 0) & (targets.limit < 1)):
            self.closed[np.ix_(targets.member[:, r], months <= targets.month[r])] = np.inf

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Cut the vector into visits, volume, capital and targets."""
        visits, volume, capital, targets = np.split(x, self.cuts)
        return visits.reshape(self.n_territories, -1), volume.reshape(self.n_warehouses, -1), capital, targets

    def prices(self, x: np.ndarray) -> Prices:
        """Prices of a start in month t, over the rest of the plan."""
        visits, volume, capital, signed = self.split(x)
        onward_price = lambda grid: np.cumsum(grid[..., ::-1], axis=-1)[..., ::-1].copy()  # noqa: E731
        targets = self.problem.targets
        counts = np.arange(self.n_months) <= targets.month[:, None]
        count = (targets.member * (signed * targets.sense)) @ counts.astype(float)
        return Prices(
            self.problem.factor,
            np.ascontiguousarray(visits),
            onward_price(visits) - visits,
            onward_price(volume),
            onward_price(capital),
            count + self.closed,
        )

    def bound(self, x: np.ndarray) -> float:
        """Bound on every plan at prices `x`, exact at store level."""
        return self.evaluate(x, 1e-12, with_curvature=False).exact

    def evaluate(self, x: np.ndarray, temperature: float, with_curvature: bool = True) -> Evaluation:
        """Value, gradient and Hessian of the dual."""
        exact, smoothed, usage, h = dual_pass(
            self.stores,
            self.scale,
            self.segments,
            self.prices(x),
            self.largest,
            self.deadlines,
            temperature,
            with_curvature,
        )
        linear = float((self.limit * self.sense * x).sum())
        missed, missed_smooth, missed_slope, missed_bend = self._shortfall(x, temperature)
        gradient = self.sense * (self.limit - self.weight * self._use(usage)) + missed_slope
        blocks = self._blocks(h) if with_curvature else None
        if blocks is not None:
            nation = np.arange(len(blocks.nation))
            blocks.nation[nation, nation] += missed_bend[self.cuts[1] :]
        return Evaluation(
            self.weight * float(exact.sum()) + linear + missed,
            self.weight * float(smoothed.sum()) + linear + missed_smooth,
            gradient,
            blocks,
        )

    def _shortfall(self, x: np.ndarray, temperature: float) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Give up a quota's stores at the shortfall price: exact, smoothed, slope, bend."""
        slope, bend = np.zeros(x.size), np.zeros(x.size)
        rows = np.flatnonzero(self.sense < 0)
        heat = temperature * self.shortfall_price
        above = (x[rows] - self.shortfall_price) / heat
        share = 0.5 * (1 + np.tanh(above / 2))
        slope[rows] = self.limit[rows] * share
        bend[rows] = self.limit[rows] * share * (1 - share) / heat
        exact = float((self.limit[rows] * np.maximum(0, above * heat)).sum())
        return exact, float((self.limit[rows] * heat * np.logaddexp(0, above)).sum()), slope, bend

    def _by_warehouse(self, pair_values: np.ndarray) -> np.ndarray:
        out = np.zeros((self.n_warehouses, *pair_values.shape[1:]))
        np.add.at(out, self.segments.warehouse, pair_values)
        return out

    def _use(self, usage: Usage) -> np.ndarray:
        """Loads of each row."""
        volume = onward(self._by_warehouse(usage.volume), 1)
        targets = self.problem.targets
        by_group = np.zeros((targets.member.shape[0], self.n_months))
        np.add.at(by_group, self.segments.group, usage.count)
        by_end = (
            (targets.member.T.astype(float) @ onward(by_group, 1)) if by_group.size else np.zeros((0, self.n_months))
        )
        counted = by_end[np.arange(len(targets.limit)), targets.month] if len(by_end) else np.zeros(len(targets.limit))
        return np.concatenate(
            [
                (usage.signup + later(usage.care, 1)).ravel(),
                volume.ravel(),
                onward(usage.capital.sum(axis=0), 0),
                counted,
            ]
        )

    def _blocks(self, h: Curvature) -> Blocks:
        """From months of start to months of load."""
        sym = lambda b: b + np.tril(b, -1).transpose(0, 2, 1)  # noqa: E731
        T, w = self.n_months, self.weight
        targets = self.problem.targets
        care_care = later(later(sym(h.care_care), 1), 2)
        signup_care = later(sym(h.signup_care), 2)
        territory = w * (sym(h.signup_signup) + signup_care + signup_care.transpose(0, 2, 1) + care_care)
        pair = w * onward(sym(h.signup_volume) + later(sym(h.care_volume), 1), 2)
        warehouse = w * onward(onward(self._by_warehouse(sym(h.volume_volume)), 1), 2)
        rows = T + len(targets.limit)
        territory_nation = np.zeros((self.n_territories, T, rows))
        warehouse_nation = np.zeros((self.n_warehouses, T, rows))
        nation = np.zeros((rows, rows))
        territory_nation[:, :, :T] = w * onward(sym(h.signup_capital) + later(sym(h.care_capital), 1), 2)
        warehouse_nation[:, :, :T] = w * onward(onward(self._by_warehouse(sym(h.volume_capital)), 1), 2)
        nation[:T, :T] = w * onward(onward(sym(h.capital_capital).sum(axis=0)[None], 1), 2)[0]
        if rows > T:
            signed = targets.member[self.segments.group] * targets.sense  # segments x targets
            territory_of_part = self.pair_territory[self.part_pair]
            warehouse_of_part = self.segments.warehouse[self.part_pair]
            visits_count = w * (h.signup_count + later(h.care_count, 1))[:, :, self.deadline] * signed[:, None, :]
            np.add.at(territory_nation[:, :, T:], territory_of_part, visits_count)
            volume_count = w * onward(h.volume_count, 1)[:, :, self.deadline] * signed[:, None, :]
            np.add.at(warehouse_nation[:, :, T:], warehouse_of_part, volume_count)
            capital_count = w * (onward(h.capital_count, 1)[:, :, self.deadline] * signed[:, None, :]).sum(axis=0)
            nation[:T, T:], nation[T:, :T] = capital_count, capital_count.T
            count = w * h.count_count[:, self.deadline[:, None], self.deadline[None, :]]
            nation[T:, T:] = np.einsum("sab,sa,sb->ab", count, signed, signed)
        return Blocks(territory, pair, warehouse, territory_nation, warehouse_nation, nation)

    def newton_step(self, blocks: Blocks, diagonal: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """Solve (Hessian + diagonal) dx = rhs by block elimination."""
        T, J, W = self.n_months, self.n_territories, self.n_warehouses
        months = np.arange(T)
        d_visits, d_volume, d_capital, d_targets = self.split(diagonal)
        r_visits, r_volume, r_capital, r_targets = self.split(rhs)
        r_nation = np.append(r_capital, r_targets)
        territory = blocks.territory.copy()
        territory[:, months, months] += d_visits
        inverse = np.linalg.inv(territory)
        pair_j, pair_w = self.pair_territory, self.segments.warehouse
        reach = inverse[pair_j] @ blocks.pair
        to_nation = inverse @ blocks.territory_nation
        to_rhs = np.einsum("jab,jb->ja", inverse, r_visits)

        warehouse = blocks.warehouse.copy()
        warehouse[:, months, months] += d_volume
        border = blocks.warehouse_nation - self._by_warehouse(
            reach.transpose(0, 2, 1) @ blocks.territory_nation[pair_j]
        )
        r_volume = r_volume - self._by_warehouse(np.einsum("pba,pb->pa", blocks.pair, to_rhs[pair_j]))
        flat = blocks.territory_nation.reshape(J * T, -1)
        nation = blocks.nation + np.diag(np.append(d_capital, d_targets)) - flat.T @ to_nation.reshape(J * T, -1)
        r_nation = r_nation - flat.T @ to_rhs.ravel()

        border = border.reshape(W * T, -1)
        solved = self._solve_warehouses(warehouse, blocks.pair, reach, np.column_stack([border, r_volume.ravel()]))
        nation = nation - border.T @ solved[:, :-1]
        r_nation = r_nation - border.T @ solved[:, -1]
        ridge = 1e-12 * np.trace(nation) / len(nation)
        x_nation = np.linalg.solve(nation + ridge * np.eye(len(nation)), r_nation)
        x_volume = (solved[:, -1] - solved[:, :-1] @ x_nation).reshape(W, T)
        rest = r_visits - blocks.territory_nation @ x_nation
        np.subtract.at(rest, pair_j, np.einsum("pab,pb->pa", blocks.pair, x_volume[pair_w]))
        x_visits = np.einsum("jab,jb->ja", inverse, rest)
        return np.concatenate([x_visits.ravel(), x_volume.ravel(), x_nation])

    def _solve_warehouses(
        self, warehouse: np.ndarray, pair: np.ndarray, reach: np.ndarray, rhs: np.ndarray
    ) -> np.ndarray:
        """Solve the warehouses' system after territories are eliminated: sparse, coupled where a territory has several."""
        T, W = self.n_months, self.n_warehouses
        if not W:
            return rhs
        if not hasattr(self, "_couples"):
            counts = np.diff(self.segments.first_pair)
            first = self.segments.first_pair[:-1]
            left = [np.repeat(np.arange(f, f + n), n) for f, n in zip(first, counts, strict=True)]
            right = [np.tile(np.arange(f, f + n), n) for f, n in zip(first, counts, strict=True)]
            self._couples = (np.concatenate(left), np.concatenate(right))
        left, right = self._couples
        filled = -(pair.transpose(0, 2, 1)[left] @ reach[right])
        row = np.append(self.segments.warehouse[left], np.arange(W))
        column = np.append(self.segments.warehouse[right], np.arange(W))
        values = np.concatenate([filled, warehouse])
        if W * T <= 600:
            dense = np.zeros((W, W, T, T))
            np.add.at(dense, (row, column), values)
            matrix = dense.transpose(0, 2, 1, 3).reshape(W * T, W * T)
            return scipy.linalg.solve(matrix, rhs, assume_a="sym", check_finite=False)
        months = np.arange(T)
        rows = (row[:, None, None] * T + months[None, :, None] + 0 * months[None, None, :]).ravel()
        columns = (column[:, None, None] * T + 0 * months[None, :, None] + months[None, None, :]).ravel()
        matrix = sp.coo_matrix((values.ravel(), (rows, columns)), shape=(W * T, W * T)).tocsc()
        options = {"SymmetricMode": True}
        return sla.splu(matrix, diag_pivot_thresh=0.0, permc_spec="MMD_AT_PLUS_A", options=options).solve(rhs)
