"""The barrier path: from rough prices at a high temperature to sharp ones at a low one."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.rollout.dual import Dual


@dataclass
class Point:
    """Prices `x` and the slack multipliers `y` that go with them; `bound` is the best exact dual seen, at `best`."""

    x: np.ndarray
    y: np.ndarray | None = None
    bound: float = np.inf
    best: np.ndarray | None = None


def starting_prices(dual: Dual) -> np.ndarray:
    """Prices at which loads cost a third of an average store's worth, in equal parts."""
    stores, T = dual.stores, dual.n_months
    n = max(1, len(stores.value))
    worth = max(float(dual.scale.sum()) / n, 1e-300)
    share = lambda load: 0.3 * worth / (load if load > 0 else 1.0)  # noqa: E731
    visits = (stores.signup.sum() + stores.care.sum() * T / 2) / n
    return np.concatenate(
        [
            np.full(dual.sizes[0], share(visits)),
            np.full(dual.sizes[1], share(stores.volume.sum() / n) / T),
            np.full(dual.sizes[2], share(stores.capital.sum() / n) / T),
            np.full(dual.sizes[3], 0.03 * worth),
        ]
    )


def follow_path(dual: Dual, point: Point, temperatures: tuple[float, ...], rounds: int, barrier: float = 0.1) -> Point:
    """Cool the dual step by step, a few Newton steps at each temperature.

    Parameters
    ----------
    dual : Dual
        Of a sample or of all stores; bounds are kept only where it holds all stores.
    point : Point
        Where to start.
    temperatures : tuple of float
        Falling shares of a store's value.
    rounds : int
        Newton steps at each temperature, at most.
    barrier : float
        Weight of the barrier at temperature 1, as a share of the dual.
    """
    x, y, bound, best = point.x, point.y, point.bound, point.best
    keep = np.maximum(dual.limit, 1e-9 * dual.limit.max(initial=1.0))
    for temperature in temperatures:
        before = None
        for _ in range(rounds):
            now = dual.evaluate(x, temperature)
            if dual.weight == 1.0 and now.exact < bound:
                bound, best = now.exact, x
            mu = barrier * temperature * max(abs(now.smoothed), 1e-300) * _row_weights(dual)
            merit = now.smoothed - float((mu * np.log(x)).sum())
            if before is not None and merit > before[0] + 1e-9 * abs(now.smoothed) and halvings < 4:
                halvings, step = halvings + 1, step * 0.4
                x, y = before[1] + step * dx, before[2] + step * dy
                continue
            halvings, step = 0, 1.0
            y = mu / x if y is None else y
            pull = y / x
            gradient = now.gradient + np.where(dual.limit < keep, keep - dual.limit, 0.0)
            rhs = mu / x - gradient
            dx = dual.newton_step(now.blocks, pull, rhs)
            dy = mu / x - y - pull * dx
            reach_x, reach_y = _reach(dual, x, dx), _reach(dual, y, dy)
            dx, dy = dx * reach_x, dy * reach_y
            promise = float((rhs * dx).sum())
            before = (merit, x, y)
            x, y = x + dx, y + dy
            if reach_x[: dual.cuts[0]].mean() > 0.95 and promise < 2e-5 * abs(now.smoothed):
                break
    return Point(x, y, bound, best)


def _row_weights(dual: Dual) -> np.ndarray:
    shares = (0.5, 0.3, 0.2)
    nation = dual.sizes[2] + dual.sizes[3]
    sizes = (dual.sizes[0], dual.sizes[1], nation)
    return np.concatenate([np.full(n, share / max(1, n)) for n, share in zip(sizes, shares, strict=True)])


def _reach(dual: Dual, u: np.ndarray, du: np.ndarray) -> np.ndarray:
    """Longest step that keeps `u` positive, per territory, per warehouse, and per national row."""
    ratio = np.where(du < 0, np.minimum(1.0, -0.95 * u / np.where(du < 0, du, -1.0)), 1.0)
    T, first, second = dual.n_months, dual.cuts[0], dual.cuts[1]
    shortest = lambda part: np.repeat(part.reshape(-1, T).min(axis=1), T) if part.size else part  # noqa: E731
    return np.concatenate([shortest(ratio[:first]), shortest(ratio[first:second]), ratio[second:]])
