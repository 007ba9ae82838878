"""From tables to prices: rough ones on a sample, sharp ones on the stores whose decision is open."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.former import former_centre
from lst_workbench.rollout.newton import Path, follow_path, starting_prices
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_params import WaveParams
from lst_workbench.rollout.whole_signups import with_counts, without_counts

SMALL = 5_000  # stores: fewer are not worth leaving any out
IDLE = (1e-6, 1e-4, 1e-2)  # of the bound per row: what a price that does nothing may cost
SAME = 1e-7  # of the bound: no difference


@dataclass(frozen=True)
class FoundPrices:
    """Sharp prices `x`, the bound they prove, the temperature and prices whose shares are rounded, and the centre.

    From the ``centre`` (whole sign-ups counted) a search of nearly the same may set out.
    """

    x: np.ndarray
    bound: float
    shares_at: tuple[float, np.ndarray]
    centre: Path


def find_prices(
    problem: WaveProblem, dual: Dual, params: WaveParams, former: Mapping[str, pd.DataFrame] | None = None
) -> FoundPrices:
    """Find prices of the problem with whole sign-ups counted, brought back to the rows of the problem itself.

    Where the tables of a `former` plan are given the search begins at their centre.
    """
    counted = with_counts(problem)
    if counted is problem:
        return _find(problem, dual, params, former_centre(problem, dual, former))
    whole = Dual(counted, dual.shortfall_price)
    found = _find(counted, whole, params, former_centre(problem, whole, former))
    temperature, smooth_x = found.shares_at
    smooth_x = without_counts(problem, smooth_x)
    return FoundPrices(without_counts(problem, found.x), found.bound, (temperature, smooth_x), found.centre)


def _find(problem: WaveProblem, dual: Dual, params: WaveParams, former: Path | None = None) -> FoundPrices:
    """Cool rough prices on an even sample of the stores, then sharp ones on those whose decision is open.

    Stores that rough prices rule out come back for the bound, which holds for all. From the centre of a former plan
    only the last of this is left to do; where it comes to no rest there, the search begins anew.
    """
    n = len(dual.scale)
    if not n:
        nothing = np.zeros(dual.limit.size)
        return FoundPrices(nothing, 0.0, (params.fine[-1], nothing), Path.starting(nothing))
    part, paths = _cooled_from(dual, former, params) if former is not None else (dual, [])
    if len(paths) < 2 or not paths[0].rest:
        part, paths = _cooled(problem, dual, params)
    before, sharp = paths[-2:]
    last, target = sharp, sharp.temperature
    while last.evaluations <= 2 and params.coldest < target == last.temperature:
        target /= 2
        last = follow_path(part, last, (target,), params, halvings=0)[0]
    x, bound = _lowest(dual, [last.x, last.best, last.cold, sharp.best, sharp.cold])
    centre = min((path for path in paths if path.temperature >= params.warm[0]), key=_heat, default=paths[-1])
    return FoundPrices(x, bound, (before.temperature, before.x), centre)


def _cooled(problem: WaveProblem, dual: Dual, params: WaveParams) -> tuple[Dual, list[Path]]:
    """Cool from scratch; return the stores looked at last, and the points reached with them."""
    rows, weight = _even_sample(problem, params.sample)
    sample = Dual(problem, dual.shortfall_price, rows, weight) if len(rows) < len(dual.scale) else dual
    path = follow_path(sample, Path.starting(starting_prices(sample)), params.coarse, params)[-1]
    larger = _open_part(dual, path.x, params.reach[0], *_even_sample(problem, params.larger_sample))
    path = follow_path(larger, path, params.fine[:2], params)[-1]
    part = _open_part(dual, path.x, params.reach[1])
    return part, [path, *follow_path(part, path, params.fine[2:], params, halvings=0)]


def _cooled_from(dual: Dual, former: Path, params: WaveParams) -> tuple[Dual, list[Path]]:
    """Cool from a former plan's centre, at which fine levels are near."""
    part = _open_part(dual, former.x, params.reach[1])
    return part, follow_path(part, former, params.warm, params, halvings=1)


def _heat(path: Path) -> float:
    return path.temperature


def _even_sample(problem: WaveProblem, per_territory: int) -> tuple[np.ndarray, np.ndarray]:
    """Every so-many-th store of each territory, and how many it stands for."""
    territory = problem.stores.territory
    stores = np.bincount(territory, minlength=len(problem.visits))
    step = np.maximum(1, stores // per_territory)[territory]
    position = np.arange(len(territory)) - (np.cumsum(stores) - stores)[territory]
    rows = np.flatnonzero(position % step == step // 2)
    sampled = np.bincount(territory[rows], minlength=len(stores))
    return rows, (stores / np.maximum(1, sampled))[territory[rows]]


def _open_part(
    dual: Dual, x: np.ndarray, reach: float, rows: np.ndarray | None = None, weight: np.ndarray | None = None
) -> Dual:
    """Dual of the stores, of those at `rows` where they are given, that a change of prices might start."""
    if len(dual.scale) <= SMALL:
        return dual
    worth, _, _ = dual.best_starts(dual.prices(x))
    is_open = worth > -reach * dual.scale
    if rows is None or weight is None:
        return Dual(dual.problem, dual.shortfall_price, np.flatnonzero(is_open))
    return Dual(dual.problem, dual.shortfall_price, rows[is_open[rows]], weight[is_open[rows]])


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
