"""From tables to prices: rough ones on a sample, sharp ones on the stores whose decision is open."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.newton import Path, follow_path, starting_prices
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.whole_signups import with_counts, without_counts

SMALL = 5_000  # stores: fewer are not worth leaving any out
IDLE = (1e-6, 1e-4, 1e-2)  # of the bound per row: what a price that does nothing may cost
SAME = 1e-7  # of the bound: no difference


@dataclass(frozen=True)
class FoundPrices:
    """Sharp prices `x`, the bound they prove, and the temperature and prices whose shares are to be rounded."""

    x: np.ndarray
    bound: float
    shares_at: tuple[float, np.ndarray]


def find_prices(problem: WaveProblem, dual: Dual, params: WaveParams) -> FoundPrices:
    """Find prices of the problem with whole sign-ups counted, brought back to the rows of the problem itself."""
    counted = with_counts(problem)
    if counted is problem:
        return _find(problem, dual, params)
    found = _find(counted, Dual(counted, dual.shortfall_price), params)
    temperature, smooth_x = found.shares_at
    smooth_x = without_counts(problem, smooth_x)
    return FoundPrices(without_counts(problem, found.x), found.bound, (temperature, smooth_x))


def _find(problem: WaveProblem, dual: Dual, params: WaveParams) -> FoundPrices:
    """Cool rough prices on an even sample of the stores, then sharp ones on those whose decision is open.

    Stores that rough prices rule out come back for the bound, which holds for all.
    """
    n = len(dual.scale)
    if not n:
        nothing = np.zeros(dual.limit.size)
        return FoundPrices(nothing, 0.0, (params.fine[-1], nothing))
    rows, weight = _even_sample(problem, params.sample)
    sample = Dual(problem, dual.shortfall_price, rows, weight) if len(rows) < n else dual
    path = follow_path(sample, Path.starting(starting_prices(sample)), params.coarse, params)[-1]
    path = follow_path(_open_part(dual, path.x, params.reach[0]), path, params.fine[:2], params)[-1]
    part = _open_part(dual, path.x, params.reach[1])
    before, sharp = [path, *follow_path(part, path, params.fine[2:], params, halvings=0)][-2:]
    last, target = sharp, sharp.temperature
    while last.evaluations <= 2 and params.coldest < target == last.temperature:
        target /= 2
        last = follow_path(part, last, (target,), params, halvings=0)[0]
    x, bound = _lowest(dual, [last.x, last.best, last.cold, sharp.best, sharp.cold])
    return FoundPrices(x, bound, (before.temperature, before.x))


def _even_sample(problem: WaveProblem, per_territory: int) -> tuple[np.ndarray, np.ndarray]:
    """Every so-many-th store of each territory, and how many it stands for."""
    territory = problem.stores.territory
    stores = np.bincount(territory, minlength=len(problem.visits))
    step = np.maximum(1, stores // per_territory)[territory]
    position = np.arange(len(territory)) - (np.cumsum(stores) - stores)[territory]
    rows = np.flatnonzero(position % step == step // 2)
    sampled = np.bincount(territory[rows], minlength=len(stores))
    return rows, (stores / np.maximum(1, sampled))[territory[rows]]


def _open_part(dual: Dual, x: np.ndarray, reach: float) -> Dual:
    """Dual of the stores that a change of prices might start."""
    if len(dual.scale) <= SMALL:
        return dual
    worth, _, _ = dual.best_starts(dual.prices(x))
    return Dual(dual.problem, dual.shortfall_price, np.flatnonzero(worth > -reach * dual.scale))


def _lowest(dual: Dual, candidates: list[np.ndarray]) -> tuple[np.ndarray, float]:
    """Prices with the lowest bound; of equally good ones those with the fewest that only the barrier holds up."""
    candidates = [*candidates, np.zeros_like(candidates[0])]
    bounds = [dual.bound(x) for x in candidates]
    x, bound = candidates[int(np.argmin(bounds))], min(bounds)
    per_row = abs(bound) / dual.limit.size
    for share in IDLE:
        fewer = np.where(dual.limit * x < share * per_row, 0.0, x)
        if (lower := dual.bound(fewer)) <= bound + SAME * abs(bound):
            x, bound = fewer, lower
    return x, bound
