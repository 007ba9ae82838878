"""Reorder points: (r, Q) under continuous review and (s, S) under periodic review."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar
from scipy.stats import norm, poisson

from lst_workbench.contracts import InputError
from lst_workbench.inventory.single_period import normal_loss, poisson_loss, require_positive


class ReorderQuantity(NamedTuple):
    """Order `quantity` when stock falls to `reorder_point`; `cost` a unit of time."""

    reorder_point: float
    quantity: float
    cost: float


class ReorderUpTo(NamedTuple):
    """Order up to `order_up_to` once stock is at `reorder_point` or below; `cost` a period, none for a rule."""

    reorder_point: float
    order_up_to: float
    cost: float | None


def rq_cost(
    reorder_point: float,
    quantity: float,
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float,
) -> float:
    """Work out the expected cost of an (r, Q) policy, normal demand: (K d + int_r^(r+Q) g(y) dy) / Q, exact.

    g(y) = h E(y - D)+ + p E(D - y)+ over the lead time's demand; its integral has a closed form through the second-
    order loss int_z^inf E(Z - t)+ dt = ((z^2 + 1)(1 - Phi(z)) - z phi(z)) / 2. Snyder and Shen (2019), section 5.3.

    Examples
    --------
    >>> round(rq_cost(126.8, 328.5, 0.225, 7.5, 8, 1300, 150, 1 / 12), 6)
    78.071163
    """
    mean, sd = demand_mean * lead_time, demand_sd * np.sqrt(lead_time)
    high = reorder_point + quantity
    short = sd**2 * (_second_loss((reorder_point - mean) / sd) - _second_loss((high - mean) / sd))
    over = ((high - mean) ** 2 - (reorder_point - mean) ** 2) / 2 + short
    return float((fixed_cost * demand_mean + holding_cost * over + stockout_cost * short) / quantity)


def rq_reorder_point(
    quantity: float, holding_cost: float, stockout_cost: float, demand_mean: float, demand_sd: float, lead_time: float
) -> float:
    """Best reorder point for a given quantity: g(r) = g(r + Q), normal demand.

    Examples
    --------
    >>> round(rq_reorder_point(318, 0.225, 7.5, 1300, 150, 1 / 12), 4)
    127.788
    """
    mean, sd = demand_mean * lead_time, demand_sd * np.sqrt(lead_time)

    def rate(level: float) -> float:
        short = sd * normal_loss((level - mean) / sd)
        return holding_cost * (level - mean + short) + stockout_cost * short

    best = norm.ppf(stockout_cost / (stockout_cost + holding_cost), mean, sd)
    return float(brentq(lambda r: rate(r) - rate(r + quantity), best - quantity, best, xtol=1e-11, rtol=1e-14))


def rq_normal(
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float,
) -> ReorderQuantity:
    """Best (r, Q) policy for normal demand, exact: the quantity between its bounds with its best reorder point.

    Zheng (1992): the best Q is at least the EOQ with backorders; cost is convex in Q.

    Examples
    --------
    >>> best = rq_normal(0.225, 7.5, 8, 1300, 150, 1 / 12)
    >>> best.cost <= rq_cost(126.8, 328.5, 0.225, 7.5, 8, 1300, 150, 1 / 12)
    True
    """
    figures = {"holding_cost": holding_cost, "stockout_cost": stockout_cost, "fixed_cost": fixed_cost}
    require_positive("rq_normal", **figures, demand_mean=demand_mean, demand_sd=demand_sd, lead_time=lead_time)

    def at(quantity: float) -> tuple[float, float]:
        r = rq_reorder_point(quantity, holding_cost, stockout_cost, demand_mean, demand_sd, lead_time)
        shape = (holding_cost, stockout_cost, fixed_cost, demand_mean, demand_sd, lead_time)
        return r, rq_cost(r, quantity, *shape)

    least = np.sqrt(2 * fixed_cost * demand_mean * (holding_cost + stockout_cost) / (holding_cost * stockout_cost))
    spread = demand_sd * np.sqrt(lead_time) * (1 + stockout_cost / holding_cost)
    found = minimize_scalar(
        lambda q: at(q)[1], bounds=(0.5 * least, 2 * least + 4 * spread), method="bounded", options={"xatol": 1e-9}
    )
    r, cost = at(float(found.x))
    return ReorderQuantity(r, float(found.x), cost)


def rq_poisson(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float, lead_time: float
) -> ReorderQuantity:
    """Best (r, Q) policy for Poisson demand, exact: add the cheaper neighbour while it costs less than the mean.

    Federgruen and Zheng (1992).

    Examples
    --------
    >>> rq_poisson(20, 150, 100, 1.5, 2)
    ReorderQuantity(reorder_point=3, quantity=5, cost=107.9235...)
    """
    figures = {"holding_cost": holding_cost, "stockout_cost": stockout_cost, "fixed_cost": fixed_cost}
    require_positive("rq_poisson", **figures, demand_mean=demand_mean, lead_time=lead_time)
    mean = demand_mean * lead_time
    rate = _poisson_rate(holding_cost, stockout_cost, mean)
    top = int(poisson.ppf(stockout_cost / (stockout_cost + holding_cost), mean))
    r, high = top - 1, top
    total = fixed_cost * demand_mean + rate(top)
    while True:
        below, above = rate(r), rate(high + 1)
        if min(below, above) >= total / (high - r):
            return ReorderQuantity(r, high - r, total / (high - r))
        total += min(below, above)
        r, high = (r - 1, high) if below <= above else (r, high + 1)


def ss_poisson(holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float) -> ReorderUpTo:
    """Best (s, S) policy for Poisson demand, reviewed every period, exact (Zheng and Federgruen 1991).

    Examples
    --------
    >>> ss_poisson(1, 4, 5, 6)
    ReorderUpTo(reorder_point=4, order_up_to=10, cost=8.0341...)
    """
    require_positive("ss_poisson", demand_mean=demand_mean)
    last = int(poisson.ppf(1 - 1e-15, demand_mean)) + 1
    return ss_discrete(
        holding_cost, stockout_cost, fixed_cost, dict(enumerate(poisson.pmf(range(last + 1), demand_mean)))
    )


def ss_discrete(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_pmf: Mapping[Any, float]
) -> ReorderUpTo:
    """Best (s, S) policy for whole-number demand with the given probabilities (Zheng and Federgruen 1991).

    c(s, S) = (K + sum_j m(j) g(S - j)) / sum_j m(j), j < S - s, with m the renewal density of demand.

    Examples
    --------
    >>> ss_discrete(1, 4, 5, {2: 0.5, 6: 0.25, 9: 0.25}).order_up_to
    9
    """
    figures = {"holding_cost": holding_cost, "stockout_cost": stockout_cost, "fixed_cost": fixed_cost}
    require_positive("ss_discrete", **figures)
    pmf = np.zeros(int(max(float(d) for d in demand_pmf)) + 1)
    for value, probability in demand_pmf.items():
        pmf[int(float(value))] += probability
    if (pmf < 0).any() or abs(pmf.sum() - 1) > 1e-9 or pmf[0] >= 1:
        raise InputError("demand_pmf", ["probabilities must be at least 0, sum to 1, and not all lie on 0"])
    rate = _pmf_rate(holding_cost, stockout_cost, pmf)
    renewal = _Renewal(pmf)
    top = int(np.searchsorted(np.cumsum(pmf), stockout_cost / (stockout_cost + holding_cost) - 1e-15))

    def cost(s: int, high: int) -> float:
        m = renewal.up_to(high - s)
        return float((fixed_cost + m @ [rate(high - j) for j in range(high - s)]) / m.sum())

    s = top - 1
    while cost(s, top) > rate(s):
        s -= 1
    best, high = cost(s, top), top
    level = top + 1
    while rate(level) <= best:
        if cost(s, level) < best:
            high = level
            while cost(s, high) <= rate(s + 1):
                s += 1
            best = cost(s, high)
        level += 1
    return ReorderUpTo(s, high, best)


def ss_cost(
    reorder_point: int,
    order_up_to: int,
    holding_cost: float,
    stockout_cost: float,
    fixed_cost: float,
    demand_mean: float,
) -> float:
    """Cost a period of an (s, S) policy under Poisson demand.

    Examples
    --------
    >>> round(ss_cost(4, 10, 1, 4, 5, 6), 6)
    8.034112
    """
    last = int(poisson.ppf(1 - 1e-15, demand_mean)) + 1
    rate = _poisson_rate(holding_cost, stockout_cost, demand_mean)
    m = _Renewal(poisson.pmf(range(last + 1), demand_mean)).up_to(order_up_to - reorder_point)
    return float((fixed_cost + m @ [rate(order_up_to - j) for j in range(len(m))]) / m.sum())


def ss_power_approximation(
    holding_cost: float, stockout_cost: float, fixed_cost: float, demand_mean: float, demand_sd: float
) -> ReorderUpTo:
    """(s, S) by the power approximation of Ehrhardt and Mosier (1984), normal demand; good for hand-sized tables.

    Examples
    --------
    >>> ss_power_approximation(0.18, 0.70, 2.5, 50, 8)
    ReorderUpTo(reorder_point=40.1946..., order_up_to=74.2901..., cost=None)
    """
    figures = {"holding_cost": holding_cost, "stockout_cost": stockout_cost, "fixed_cost": fixed_cost}
    require_positive("ss_power_approximation", **figures, demand_mean=demand_mean, demand_sd=demand_sd)
    spread = (1 + (demand_sd / demand_mean) ** 2) ** 0.116
    quantity = 1.30 * demand_mean**0.494 * (fixed_cost / holding_cost) ** 0.506 * spread
    z = np.sqrt(quantity / demand_sd * holding_cost / stockout_cost)
    s = 0.973 * demand_mean + demand_sd * (0.183 / z + 1.063 - 2.192 * z)
    return ReorderUpTo(float(s), float(s + quantity), None)


class _Renewal:
    """Renewal density m of demand: m(0) = 1 / (1 - f(0)), m(j) = m(0) sum_(i=1..j) f(i) m(j - i)."""

    def __init__(self, pmf: np.ndarray) -> None:
        self._pmf = pmf
        self._m = [1 / (1 - pmf[0])]

    def up_to(self, length: int) -> np.ndarray:
        """First `length` values."""
        while len(self._m) < length:
            j = len(self._m)
            first = min(j, len(self._pmf) - 1)
            past = np.array(self._m[j - first : j])[::-1]
            self._m.append(float(self._m[0] * (self._pmf[1 : first + 1] @ past)))
        return np.array(self._m[:length])


def _poisson_rate(holding: float, stockout: float, mean: float) -> Callable[[int], float]:
    def rate(level: int) -> float:
        short = poisson_loss(level, mean) if level > 0 else mean - level
        return holding * (level - mean + short) + stockout * short

    return rate


def _pmf_rate(holding: float, stockout: float, pmf: np.ndarray) -> Callable[[int], float]:
    demand = np.arange(len(pmf))

    def rate(level: int) -> float:
        return float(pmf @ (holding * np.maximum(level - demand, 0) + stockout * np.maximum(demand - level, 0)))

    return rate


def _second_loss(z: float) -> float:
    return float(((z**2 + 1) * norm.sf(z) - z * norm.pdf(z)) / 2)
