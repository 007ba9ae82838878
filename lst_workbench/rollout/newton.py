"""The barrier path: from rough prices at a high temperature to sharp ones at a low one."""

from dataclasses import dataclass, field

import numpy as np

from lst_workbench.rollout.dual import Dual, Evaluation
from lst_workbench.rollout.wave_params import WaveParams

ENOUGH = 2e-5  # of the dual: what a Newton step must promise to be worth another


@dataclass
class Path:
    """Where the search for prices stands.

    Parameters
    ----------
    x, y : ndarray
        Prices, and the slack of each row that belongs to them.
    trail : list of (float, ndarray)
        Temperatures passed, each with its prices.
    bound : float
        Lowest exact dual seen, at the prices `best`.
    """

    x: np.ndarray
    y: np.ndarray | None = None
    trail: list[tuple[float, np.ndarray]] = field(default_factory=list)
    bound: float = np.inf
    best: np.ndarray | None = None


def starting_prices(dual: Dual) -> np.ndarray:
    """Prices at which visits, volume and capital each cost about a third of an average store's worth."""
    stores, T = dual.stores, dual.n_months
    n = len(stores.value)
    third = 0.3 * float(dual.scale.mean())

    def share(total_load: float) -> float:
        return third / (total_load / n if total_load > 0 else 1.0)

    return np.concatenate(
        [
            np.full(dual.sizes[0], share(stores.signup.sum() + stores.care.sum() * T / 2)),
            np.full(dual.sizes[1], share(stores.volume.sum()) / T),
            np.full(dual.sizes[2], share(stores.capital.sum()) / T),
            np.full(dual.sizes[3], 0.1 * third),
        ]
    )


def follow_path(dual: Dual, path: Path, temperatures: tuple[float, ...], params: WaveParams) -> Path:
    """Cool the dual step by step; each step starts where the last two point to and takes a few Newton steps.

    Parameters
    ----------
    dual : Dual
        Of a sample or of all stores.
    path : Path
        Where to start.
    temperatures : tuple of float
        Falling shares of a store's value.
    params : WaveParams
        Evaluations at each temperature, at most, and the weight of the barrier.
    """
    path = Path(path.x, path.y, list(path.trail))
    weights = params.barrier * _row_weights(dual)
    for temperature in temperatures:
        path.x = _predicted(path, temperature)
        _centre(dual, path, temperature, params.newton_rounds, temperature * weights)
        path.trail.append((temperature, path.x))
    return path


def _predicted(path: Path, temperature: float) -> np.ndarray:
    """Prices run nearly straight towards temperature zero: follow the line through the last two."""
    if len(path.trail) < 2:
        return path.x
    (before, x0), (last, x1) = path.trail[-2:]
    ahead = x1 + (x1 - x0) * min((last - temperature) / (before - last), 1.5)
    return np.clip(ahead, 0.1 * x1, 10 * x1)


def _centre(dual: Dual, path: Path, temperature: float, rounds: int, weights: np.ndarray) -> None:
    """Newton steps at one temperature, shortened where the merit function rises."""
    last, step = None, 1.0
    for _ in range(rounds):
        now = dual.evaluate(path.x, temperature)
        if now.exact < path.bound:
            path.bound, path.best = now.exact, path.x
        size = max(now.size, 1e-300)
        mu = size * weights
        merit = now.smoothed - float((mu * np.log(path.x)).sum())
        if last is not None and merit > last[0] + 1e-9 * size and step > 0.02:
            step *= 0.4
            path.x, path.y = last[1] + step * dx, last[2] + step * dy  # noqa: F821
            continue
        step = 1.0
        path.y = mu / path.x if path.y is None else path.y
        dx, dy, promise = _step(dual, now, path.x, path.y, mu)
        last = (merit, path.x, path.y)
        path.x, path.y = path.x + dx, path.y + dy
        if promise < ENOUGH * size:
            return


def _step(
    dual: Dual, now: Evaluation, x: np.ndarray, y: np.ndarray, mu: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Primal-dual Newton step for prices and slacks, cut to stay positive, and what it promises."""
    pull = y / x
    rhs = mu / x - now.gradient
    dx = dual.newton_step(now, pull, rhs)
    dy = mu / x - y - pull * dx
    dx, dy = dx * _reach(dual, x, dx), dy * _reach(dual, y, dy)
    return dx, dy, float((rhs * dx).sum())


def _row_weights(dual: Dual) -> np.ndarray:
    """Share of the barrier that each row has: half for visits, the rest for warehouses and the nation."""
    sizes = (dual.sizes[0], dual.sizes[1], dual.sizes[2] + dual.sizes[3])
    return np.concatenate([np.full(n, share / max(1, n)) for n, share in zip(sizes, (0.5, 0.3, 0.2), strict=True)])


def _reach(dual: Dual, u: np.ndarray, du: np.ndarray) -> np.ndarray:
    """Longest step that keeps `u` positive, for each territory, each warehouse, and each national row."""
    ratio = np.where(du < 0, np.minimum(1.0, -0.95 * u / np.where(du < 0, du, -1.0)), 1.0)
    T, first, second = dual.n_months, dual.cuts[0], dual.cuts[1]

    def shortest(part: np.ndarray) -> np.ndarray:
        return np.repeat(part.reshape(-1, T).min(axis=1), T) if part.size else part

    return np.concatenate([shortest(ratio[:first]), shortest(ratio[first:second]), ratio[second:]])
