"""From tables to prices: rough ones on a sample, sharp ones on the stores whose decision is open."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.rollout.classes import plan_classes
from lst_workbench.rollout.dual import Dual
from lst_workbench.rollout.newton import Path, follow_path, starting_prices
from lst_workbench.rollout.wave_inputs import WaveProblem
from lst_workbench.rollout.wave_params import WaveParams

SMALL = 5_000  # stores: fewer are not worth leaving any out
IDLE = (1e-4, 1e-2)


@dataclass(frozen=True)
class FoundPrices:
    """Sharp prices `x`, the bound they prove, and the temperature and prices whose shares are to be rounded.

    ``meant`` holds the months of start (-1: none) where classes of like stores were planned instead.
    """

    x: np.ndarray
    bound: float
    shares_at: tuple[float, np.ndarray]
    meant: np.ndarray | None = None


def find_prices(
    problem: WaveProblem, dual: Dual, params: WaveParams, start_prices: pd.DataFrame | None = None
) -> FoundPrices:
    """Plan classes where stores are much alike; else cool rough prices on an even sample, then sharp ones on all.

    Stores that rough prices rule out come back for the bound, which holds for all.
    """
    n = len(dual.scale)
    if not n:
        nothing = np.zeros(dual.limit.size)
        return FoundPrices(nothing, 0.0, (params.fine[-1], nothing))
    if dual.limit.size <= params.class_rows:
        classes = plan_classes(dual, params.classes)
        bound = dual.bound(classes.prices)
        if bound - classes.value <= params.class_gap * bound:
            return FoundPrices(classes.prices, bound, (params.fine[-1], classes.prices), classes.meant)
    rows, weight = _even_sample(problem, params.sample)
    sample = Dual(problem, dual.shortfall_price, rows, weight) if len(rows) < n else dual
    x, coarse = starting_prices(sample), params.coarse
    if start_prices is not None:
        x, coarse = _given_prices(problem, dual, start_prices, x), params.coarse[-2:]
    path = follow_path(sample, Path(x), coarse, params)
    path = follow_path(_open_part(dual, path.x, params.reach[0]), Path(path.x, path.y), params.fine[:2], params)
    part = _open_part(dual, path.x, params.reach[1])
    path = follow_path(part, Path(path.x, path.y, path.trail), params.fine[2:], params)
    x, bound = _lowest(dual, [x for x in (path.best, path.x) if x is not None])
    return FoundPrices(x, bound, path.trail[-2])


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
    """Prices with the lowest bound, also without those that only the barrier holds up."""
    per_row = abs(dual.bound(candidates[-1])) / dual.limit.size
    candidates = [np.where(dual.limit * x < share * per_row, 0.0, x) for x in candidates for share in (0.0, *IDLE)]
    candidates.append(np.zeros_like(candidates[0]))
    bounds = [dual.bound(x) for x in candidates]
    best = int(np.argmin(bounds))
    return candidates[best], bounds[best]


def _given_prices(problem: WaveProblem, dual: Dual, table: pd.DataFrame, otherwise: np.ndarray) -> np.ndarray:
    """Prices of a similar plan in this problem's order; rows it does not have start as if there were none."""
    x = otherwise.copy()
    visits, volume, capital, _ = dual.split(x)  # views
    kinds = (
        ("visits", problem.territory_ids, visits),
        ("volume_m3", problem.warehouse_ids, volume),
        ("capital_rmb", np.zeros(1, np.int64), capital[None]),
    )
    for resource, ids, grid in kinds:
        rows = table[table["resource"] == resource]
        place = pd.Index(ids).get_indexer(pd.Index(rows["resource_id"]).astype(pd.Index(ids).dtype))
        month = problem.months.get_indexer(pd.Index(rows["month"]))
        known = (place >= 0) & (month >= 0)
        given = rows["shadow_price"].to_numpy(float)[known]
        grid[place[known], month[known]] = np.maximum(given, 1e-3 * grid[place[known], month[known]])
    return x
