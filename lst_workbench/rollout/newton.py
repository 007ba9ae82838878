"""The barrier path: from rough prices at a high temperature to sharp ones at a low one."""

from dataclasses import dataclass, replace

import numpy as np

from lst_workbench.rollout.dual import Dual, Evaluation
from lst_workbench.rollout.wave_params import WaveParams

ENOUGH = 2e-5  # of the dual: what a Newton step must promise to be worth another
AT_REST = 2e-3  # of the dual: what it may promise where the search came to rest
FROM_CENTRE = 1e8  # how far a slack may stray from what its price and the barrier say
HALVINGS = 3
FIRST = 4  # times the evaluations where the search begins


@dataclass(frozen=True)
class Path:
    """A point on the way of the prices to temperature zero.

    Parameters
    ----------
    x, y : ndarray
        Prices, and the slack of each row that belongs to them.
    temperature : float
        Where they are centred; infinite at first.
    slope : ndarray
        Change of the prices with the temperature.
    bound : float
        Lowest exact dual seen, at the prices `best`.
    evaluations : int
        How many the last step took.
    rest : bool
        Whether it ended where a further Newton step promises nearly nothing.
    """

    x: np.ndarray
    y: np.ndarray
    temperature: float
    slope: np.ndarray
    bound: float
    best: np.ndarray
    evaluations: int = 0
    rest: bool = False

    @classmethod
    def starting(cls, x: np.ndarray) -> "Path":
        """Set out from prices that are centred nowhere."""
        return cls(x, np.zeros(0), np.inf, np.zeros_like(x), np.inf, x)

    def towards(self, temperature: float) -> np.ndarray:
        """Prices run nearly straight towards temperature zero: follow the line through the last two points."""
        if not np.isfinite(self.temperature):
            return self.x
        return np.clip(self.x + self.slope * (temperature - self.temperature), 0.1 * self.x, 10 * self.x)

    @property
    def cold(self) -> np.ndarray:
        """Prices where the line meets temperature zero."""
        return np.maximum(self.x - self.slope * self.temperature, 0.0)


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
            0.1 * third / np.abs(dual.problem.targets.adds).max(axis=0, initial=1.0),
        ]
    )


def follow_path(
    dual: Dual, path: Path, temperatures: tuple[float, ...], params: WaveParams, halvings: int = HALVINGS
) -> list[Path]:
    """Cool the dual step by step; each step starts where the last one points to and takes a few Newton steps.

    A step that does not come to rest is taken again in two halves; where that does not help, cooling ends early.

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
    halvings : int
        How often a step that does not come to rest is halved, at most.

    Returns
    -------
    list of Path
        The points reached, one for each temperature; fewer where cooling ended early.
    """
    path = replace(path, bound=np.inf)
    reached = []
    for temperature in temperatures:
        path = _cool(dual, path, temperature, params, halvings)
        reached.append(path)
        if path.temperature > temperature:
            break
    return reached


def _cool(dual: Dual, path: Path, temperature: float, params: WaveParams, halvings: int) -> Path:
    """Bring prices to a lower temperature, over one half way where they do not come to rest at once.

    Where that does not help they stay at the lowest temperature at which they came to rest.
    """
    ahead = _cooled(dual, path, temperature, params)
    if ahead.rest or not np.isfinite(path.temperature) or temperature >= path.temperature:
        return ahead
    path = replace(path, bound=ahead.bound, best=ahead.best)
    if not halvings:
        return path
    half = float(np.sqrt(path.temperature * temperature))
    middle = _cool(dual, path, half, params, halvings - 1)
    return _cool(dual, middle, temperature, params, 0) if middle.temperature <= half else middle


def _cooled(dual: Dual, path: Path, temperature: float, params: WaveParams) -> Path:
    """Centre prices at a lower temperature: Newton steps, shortened where the merit function rises."""
    x, y, bound, best = path.towards(temperature), path.y, path.bound, path.best
    weights = temperature * params.barrier * _row_weights(dual)
    rounds = params.newton_rounds * (1 if np.isfinite(path.temperature) else FIRST)
    last, step, promise, evaluations = None, 1.0, np.inf, 0
    while evaluations < rounds and promise >= ENOUGH:
        now = dual.evaluate(x, temperature)
        evaluations += 1
        if now.exact < bound:
            bound, best = now.exact, x
        mu = now.size * weights
        merit = now.smoothed - float((mu * np.log(x)).sum())
        if last is not None and merit > last[0] + 1e-9 * now.size and step > 0.02:
            step *= 0.4
            x, y = last[1] + step * dx, last[2] + step * dy  # noqa: F821
            continue
        y = y if y.size else mu / x
        dx, dy, promised = _step(dual, now, x, y, mu)
        last, step, promise = (merit, x, y), 1.0, promised / now.size
        x, y = x + dx, y + dy
    cooling = temperature - path.temperature
    slope = (x - path.x) / cooling if np.isfinite(cooling) and cooling else path.slope
    return Path(x, y, temperature, slope, bound, best, evaluations, promise < AT_REST)


def _step(
    dual: Dual, now: Evaluation, x: np.ndarray, y: np.ndarray, mu: np.ndarray
) -> tuple[np.ndarray, np.ndarray, float]:
    """Primal-dual Newton step for prices and slacks, cut to stay positive, and what it promises."""
    pull = y / x
    rhs = mu / x - now.gradient
    full = dual.newton_step(now, pull, rhs)
    reach = _reach(dual, x, full)
    if (rhs * full * reach).sum() < 0.5 * reach.min() * (rhs * full).sum():  # cut block by block it leads uphill
        reach = np.full(x.size, reach.min())
    dx = full * reach
    dy = mu / x - y - pull * full
    dy = dy * _reach(dual, y, dy)
    near = mu / (x + dx)
    return dx, np.clip(y + dy, near / FROM_CENTRE, near * FROM_CENTRE) - y, float((rhs * dx).sum())


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
