"""Prices for every capacity: the dual of the plan, smoothed so that Newton's method finds them.

The dual of the plan's linear relaxation is, over prices x >= 0 of all rows (visits of a territory and month,
throughput of a warehouse and month, capital of a month, targets that count stores),

    D(x) = sum_rows sense * limit * x  +  sum_stores max(0, max_t z[i, t](x))

with sense -1 for at-least rows and +1 for all others; D(x) at any x >= 0 bounds every plan. A store that a quota lacks
costs `shortfall_price`, so that D also carries limit * max(0, x - shortfall_price) for each at-least row. A promised
store gets a gift G when it starts, and D pays G back for each promise to be kept: valid for every plan that keeps as
many. Each maximum is smoothed with a temperature (a share of the store's worth), which makes D twice differentiable.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np

from lst_workbench.rollout._kernels import (
    Curvature,
    Largest,
    Prices,
    Segments,
    Usage,
    best_starts,
    dual_pass,
    empty_curvature,
    empty_usage,
)
from lst_workbench.rollout.hessian import Couplings, Hessian, incidence, solve, summed
from lst_workbench.rollout.wave_inputs import Stores, WaveProblem

CHUNK = 65_536
GIFT = 100.0  # shortfall prices: what keeping a promise is worth
TINY = 1e-6  # of all stores' worth: a dual smaller than this is small


@dataclass(frozen=True)
class Evaluation:
    """The dual at one point; `size` is what figures of the dual are small or large against."""

    exact: float
    smoothed: float
    size: float
    gradient: np.ndarray
    hessian: Hessian


def later(starts: np.ndarray, axis: int) -> np.ndarray:
    """Care: what starts in a month loads every month after it."""
    return np.cumsum(starts, axis) - starts


def onward(starts: np.ndarray, axis: int) -> np.ndarray:
    """Volume and capital: what starts in a month loads it and every month after it."""
    return np.cumsum(starts, axis)


def until_end(grid: np.ndarray) -> np.ndarray:
    """Sum of a price over its month and all later ones."""
    return np.ascontiguousarray(np.cumsum(grid[..., ::-1], axis=-1)[..., ::-1])


class Dual:
    """The smoothed dual of a problem's stores, or of some of them, each standing for `weight` stores.

    Prices are one vector: visits (territories x months), volume (warehouses x months), capital (months), targets.

    Parameters
    ----------
    problem : WaveProblem
        The tables, checked.
    shortfall_price : float
        Cost of a store that a quota lacks, in objective units.
    rows : ndarray, optional
        Positions of the stores to look at; all by default.
    weight : ndarray, optional
        How many stores each of them stands for; itself by default.
    """

    def __init__(
        self,
        problem: WaveProblem,
        shortfall_price: float,
        rows: np.ndarray | None = None,
        weight: np.ndarray | None = None,
    ) -> None:
        self.problem, self.shortfall_price = problem, shortfall_price
        self.stores = problem.stores if rows is None else Stores(*(column[rows] for column in problem.stores))
        self.weight = np.ones(len(self.stores.value)) if weight is None else weight
        self.n_territories, self.n_months = problem.visits.shape
        self.n_warehouses = len(problem.volume)
        self.largest = largest_loads(problem)
        self.scale = store_scale(problem, self.stores)
        self.least_size = TINY * float((self.weight * self.scale).sum())
        targets = problem.targets
        self.sizes = (problem.visits.size, problem.volume.size, self.n_months, len(targets.limit))
        self.cuts = np.cumsum(self.sizes)[:-1]
        self.limit = np.concatenate([problem.visits.ravel(), problem.volume.ravel(), problem.capital, targets.limit])
        self.sense = np.append(np.ones(self.cuts[2]), targets.sense)
        self.lift = np.concatenate([_lift(part) for part in np.split(self.limit, self.cuts)])
        self.deadlines, self.deadline = np.unique(targets.month, return_inverse=True)
        self.gift = GIFT * shortfall_price
        self.shift = start_shifts(problem, self.gift)
        self.gifts = self._gifts()
        self._index()

    def _index(self) -> None:
        """Find segments, and who belongs to whom."""
        segments = self.segments = segments_of(self.stores, self.n_territories)
        self.couplings = Couplings(segments.first_pair, segments.warehouse, self.n_warehouses, self.n_months)
        pair = np.repeat(np.arange(len(segments.warehouse)), np.diff(segments.first_part))
        self.part_territory = incidence(self.couplings.territory[pair], self.n_territories)
        self.part_warehouse = incidence(segments.warehouse[pair], self.n_warehouses)
        self.part_group = incidence(segments.group, self.problem.targets.adds.shape[0])

    def _gifts(self) -> float:
        """Gifts that come back: one for each promise to be kept, of the stores at hand."""
        promised = self.problem.windows.promised
        if not promised.any():
            return 0.0
        here, all_of_them = self.weight[promised[self.stores.group]].sum(), self.problem.promised.sum()
        return float(self.gift * self.problem.windows.kept * here / max(1, all_of_them))

    def split(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Cut a vector of rows into visits, volume, capital and targets."""
        visits, volume, capital, targets = np.split(x, self.cuts)
        return visits.reshape(self.n_territories, -1), volume.reshape(self.n_warehouses, -1), capital, targets

    def prices(self, x: np.ndarray) -> Prices:
        """Prices of a start in month t, over the rest of the plan."""
        visits, volume, capital, targets = self.split(x)
        rows = self.problem.targets
        counts = (np.arange(self.n_months) <= rows.month[:, None]).astype(float)
        target = (rows.adds * (targets * rows.sense)) @ counts + self.shift
        visits = np.ascontiguousarray(visits)
        return Prices(
            self.problem.factor,
            self.problem.bonus,
            visits,
            until_end(visits) - visits,
            until_end(volume),
            until_end(capital),
            target,
        )

    def best_starts(self, prices: Prices) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Each store's best worth less price, the month of it, and its lead over the second best."""
        n = len(self.scale)
        worth, month, lead = np.empty(n), np.empty(n, np.int16), np.empty(n)
        _in_threads(
            lambda a, b: best_starts(a, b, self.stores, prices, self.largest, worth, month, lead),
            np.append(np.arange(0, n, CHUNK), n),
        )
        return worth, month, lead

    def bound(self, x: np.ndarray) -> float:
        """Bound on every plan at prices `x`: float64, store by store."""
        worth, _, _ = self.best_starts(self.prices(x))
        linear = float((self.limit * self.sense * x).sum())
        return float((self.weight * np.maximum(worth, 0)).sum()) - self.gifts + linear + self._shortfall(x, 1e-9)[0]

    def evaluate(self, x: np.ndarray, temperature: float) -> Evaluation:
        """Value, gradient and Hessian of the dual at `x`."""
        usage, curvature = self._pass(self.prices(x), temperature)
        linear = float((self.limit * self.sense * x).sum())
        missed, missed_smooth, slope, bend = self._shortfall(x, temperature)
        exact, smoothed = (float(part.sum()) - self.gifts for part in (usage.exact, usage.smoothed))
        hessian = self._hessian(curvature)
        rows = np.arange(len(hessian.nation))
        hessian.nation[rows, rows] += bend[self.cuts[1] :]
        return Evaluation(
            exact + linear + missed,
            smoothed + linear + missed_smooth + float((self.lift * x).sum()),
            max(smoothed + abs(linear) + missed_smooth, self.least_size),
            self.sense * (self.limit - self._use(usage)) + slope + self.lift,
            hessian,
        )

    def _pass(self, prices: Prices, temperature: float) -> tuple[Usage, Curvature]:
        s = self.segments
        sizes = (self.n_territories, len(s.warehouse), len(s.group), self.n_months)
        usage, curvature = empty_usage(*sizes), empty_curvature(*sizes, len(self.deadlines))
        _in_threads(
            lambda a, b: dual_pass(
                a,
                b,
                self.stores,
                self.weight,
                self.scale,
                s,
                prices,
                self.largest,
                self.deadlines,
                temperature,
                usage,
                curvature,
            ),  # fmt: skip
            self._territory_chunks(),
        )
        return usage, curvature

    def _territory_chunks(self) -> np.ndarray:
        """Territories cut into ranges with about as many stores each."""
        first = self.segments.first_store[self.segments.first_part[self.segments.first_pair]]
        steps = np.arange(0, first[-1], CHUNK)
        return np.unique(np.append(np.searchsorted(first, steps), self.n_territories))

    def _shortfall(self, x: np.ndarray, temperature: float) -> tuple[float, float, np.ndarray, np.ndarray]:
        """Quotas give up their stores at the shortfall price: exact, smoothed, slope and bend."""
        slope, bend = np.zeros(x.size), np.zeros(x.size)
        rows = np.flatnonzero(self.sense < 0)
        price = self.shortfall_price * self.problem.targets.stores[rows - self.cuts[2]]
        # One store more than the quota, so that the price of a group that cannot start at all has an end.
        heat, limit = temperature * price, np.maximum(self.limit[rows], 0) + self.shortfall_price / price
        above = (x[rows] - price) / heat
        share = 0.5 * (1 + np.tanh(above / 2))
        slope[rows], bend[rows] = limit * share, limit * share * (1 - share) / heat
        exact = float((limit * np.maximum(0, above) * heat).sum())
        return exact, float((limit * np.logaddexp(0, above) * heat).sum()), slope, bend

    def _use(self, usage: Usage) -> np.ndarray:
        """Load on each row."""
        targets = self.problem.targets
        signed = onward(self.part_group @ usage.started, 1)[:, targets.month]
        return np.concatenate(
            [
                (usage.signup + later(usage.care, 1)).ravel(),
                onward(summed(self.couplings.to_warehouse, usage.volume), 1).ravel(),
                onward(usage.capital.sum(axis=0), 0),
                (targets.adds * signed).sum(axis=0),
            ]
        )

    def _hessian(self, h: Curvature) -> Hessian:
        """From months of start to months of load."""
        T = self.n_months
        signup_care = later(_whole(h.signup_care), 2)
        territory = _whole(h.signup_signup) + signup_care + signup_care.transpose(0, 2, 1)
        territory += later(later(_whole(h.care_care), 1), 2)
        pair = onward(_whole(h.signup_volume) + later(_whole(h.care_volume), 1), 2)
        to_warehouse = self.couplings.to_warehouse
        warehouse = onward(onward(_whole(summed(to_warehouse, h.volume_volume)), 1), 2)
        visits_capital = onward(_whole(h.signup_capital) + later(_whole(h.care_capital), 1), 2)
        volume_capital = onward(onward(_whole(summed(to_warehouse, h.volume_capital)), 1), 2)
        capital = onward(onward(_whole(h.capital_capital.sum(axis=0)[None]), 1), 2)[0]
        if not len(self.deadlines):
            return Hessian(territory, pair, warehouse, visits_capital, volume_capital, capital)

        targets, k = self.problem.targets, self.deadline
        signed = (targets.adds * targets.sense)[self.segments.group]
        by_visits = (h.signup_target + later(h.care_target, 1))[:, :, k] * signed[:, None, :]
        by_volume = onward(h.volume_target, 1)[:, :, k] * signed[:, None, :]
        by_capital = (onward(h.capital_target, 1)[:, :, k] * signed[:, None, :]).sum(axis=0)
        by_group = summed(self.part_group, h.target_target)[:, k[:, None], k]
        signed = targets.adds * targets.sense
        nation = np.zeros((T + len(k), T + len(k)))
        nation[:T, :T], nation[:T, T:], nation[T:, :T] = capital, by_capital, by_capital.T
        nation[T:, T:] = np.einsum("gab,ga,gb->ab", by_group, signed, signed)
        visits_nation = np.concatenate([visits_capital, summed(self.part_territory, by_visits)], axis=2)
        volume_nation = np.concatenate([volume_capital, summed(self.part_warehouse, by_volume)], axis=2)
        return Hessian(territory, pair, warehouse, visits_nation, volume_nation, nation)

    def newton_step(self, now: Evaluation, diagonal: np.ndarray, rhs: np.ndarray) -> np.ndarray:
        """Solve (Hessian + diagonal) dx = rhs."""
        d, r = self.split(diagonal), self.split(rhs)
        visits, volume, nation = solve(
            now.hessian, self.couplings, (d[0], d[1], np.append(d[2], d[3])), (r[0], r[1], np.append(r[2], r[3]))
        )
        return np.concatenate([visits.ravel(), volume.ravel(), nation])


def largest_loads(problem: WaveProblem) -> Largest:
    """Find the loads beyond which a start in a month would break a capacity all by itself."""

    def least_from(grid: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(np.minimum.accumulate(grid[..., ::-1], axis=-1)[..., ::-1])

    after = np.full_like(problem.visits, np.inf)
    after[:, :-1] = least_from(problem.visits)[:, 1:]
    visits = problem.visits.copy()
    if problem.counts:
        visits[:, -1] = -1.0
    return Largest(visits, after, least_from(problem.volume), least_from(problem.capital))


def _lift(limits: np.ndarray) -> np.ndarray:
    """Add to limits of next to nothing, in the smoothed dual only, so that their prices stay finite."""
    return np.maximum(1e-6 * max(float(np.abs(limits).max(initial=0.0)), 1e-6) - np.abs(limits), 0.0)


def store_scale(problem: WaveProblem, stores: Stores) -> np.ndarray:
    """Give each store's worth at best, its unit of temperature, with a floor for those worth nothing."""
    top = problem.best_worth(stores)
    return np.maximum(top, 0.01 * top.mean() if top.sum() > 0 else 1.0)


def start_shifts(problem: WaveProblem, gift: float) -> np.ndarray:
    """Price of a start by group and month beside all capacities, before any target is priced.

    Infinite where a limit of nobody or a promise for other months keeps stores of the group from starting; else what
    any start brings, and for promised stores the gift, as a negative price.
    """
    targets, windows = problem.targets, problem.windows
    last = problem.n_months - windows.open.shape[1]  # one where whole sign-ups are counted
    shift = np.pad(np.where(windows.open, 0.0, np.inf), ((0, 0), (0, last)))
    shift -= problem.bonus + gift * windows.promised[:, None]
    none = (targets.adds >= 0).all(axis=0) & (targets.limit < 1)
    for r in np.flatnonzero((targets.sense > 0) & none):
        shift[targets.adds[:, r] > 0, : targets.month[r] + 1] = np.inf
    return shift


def segments_of(stores: Stores, n_territories: int) -> Segments:
    """Find where territories, warehouses and groups begin among sorted stores."""
    keys = np.stack([stores.territory, stores.warehouse, stores.group])
    new = np.ones(keys.shape, bool)
    new[:, 1:] = keys[:, 1:] != keys[:, :-1]
    first_store = np.flatnonzero(new[0] | new[1] | new[2])
    first_part = np.flatnonzero((new[0] | new[1])[first_store])
    pair_store = first_store[first_part]
    return Segments(
        np.searchsorted(stores.territory[pair_store], np.arange(n_territories + 1)),
        stores.warehouse[pair_store].astype(np.int64),
        np.append(first_part, len(first_store)),
        stores.group[first_store].astype(np.int64),
        np.append(first_store, keys.shape[1]),
    )


def _whole(lower: np.ndarray) -> np.ndarray:
    """Symmetric blocks from their lower triangles."""
    return lower + np.tril(lower, -1).transpose(0, 2, 1)


def _in_threads(work: Callable[[int, int], None], edges: np.ndarray) -> None:
    """Run `work` on each range between edges; ranges write apart, so any number of threads gives the same."""
    ranges = list(zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True))
    threads = min(numba.get_num_threads(), len(ranges))
    if threads < 2:
        for low, high in ranges:
            work(low, high)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(lambda edge: work(*edge), ranges))
