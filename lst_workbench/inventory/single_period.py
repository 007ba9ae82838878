"""Newsvendors: how much to hold when what is left costs and what lacks costs more."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import lognorm, norm, poisson

from lst_workbench.contracts import InputError


class BaseStock(NamedTuple):
    """Order up to `base_stock`; `cost` is expected, a period."""

    base_stock: float
    cost: float


class StockProfit(NamedTuple):
    """Order up to `base_stock`; `profit` is expected, a period."""

    base_stock: float
    profit: float


def require_positive(where: str, **values: float) -> None:
    """Raise `InputError` with every value that is not a number above 0."""
    faults = [f"{name} must be more than 0, not {value}" for name, value in values.items() if not _above(value, 0)]
    if faults:
        raise InputError(where, faults)


def require_not_negative(where: str, **values: float) -> None:
    """Raise `InputError` with every value that is not a number of at least 0."""
    faults = [
        f"{name} must be at least 0, not {value}"
        for name, value in values.items()
        if not (_above(value, 0) or (isinstance(value, (int, float, np.number)) and value == 0))
    ]
    if faults:
        raise InputError(where, faults)


def _above(value: object, least: float) -> bool:
    return isinstance(value, (int, float, np.number)) and bool(value > least)


def newsvendor_normal(
    holding_cost: float,
    stockout_cost: float,
    demand_mean: float,
    demand_sd: float,
    lead_time: float = 0.0,
    base_stock: float | None = None,
) -> BaseStock:
    """Best base stock for normal demand over lead_time + 1 periods.

    S = mu + sigma z_a with a = p / (h + p), cost (h + p) sigma phi(z_a); a given `base_stock` is only costed.
    Snyder and Shen (2019), section 4.3.

    Parameters
    ----------
    holding_cost, stockout_cost : float
        Cost of a unit left over (h) and of a unit short (p), a period.
    demand_mean, demand_sd : float
        Demand a period.
    lead_time : float
        Whole periods between an order and its arrival.
    base_stock : float, optional
        Level to cost instead of the best.

    Raises
    ------
    InputError
        Names every figure out of range.

    Examples
    --------
    >>> newsvendor_normal(0.18, 0.70, 50, 8)
    BaseStock(base_stock=56.6039..., cost=1.9976...)
    """
    require_positive("newsvendor_normal", holding_cost=holding_cost, stockout_cost=stockout_cost, demand_sd=demand_sd)
    require_not_negative("newsvendor_normal", lead_time=lead_time)
    mean, sd = demand_mean * (lead_time + 1), demand_sd * np.sqrt(lead_time + 1)
    if base_stock is None:
        base_stock = float(norm.ppf(stockout_cost / (stockout_cost + holding_cost), mean, sd))
    short = normal_loss((base_stock - mean) / sd) * sd
    return BaseStock(float(base_stock), float(holding_cost * (base_stock - mean + short) + stockout_cost * short))


def newsvendor_poisson(
    holding_cost: float,
    stockout_cost: float,
    demand_mean: float,
    lead_time: float = 0.0,
    base_stock: int | None = None,
) -> BaseStock:
    """Best base stock for Poisson demand over lead_time + 1 periods: the smallest S with F(S) >= p / (h + p).

    Examples
    --------
    >>> newsvendor_poisson(1, 4, 6)
    BaseStock(base_stock=8.0, cost=3.5701...)
    """
    require_positive(
        "newsvendor_poisson", holding_cost=holding_cost, stockout_cost=stockout_cost, demand_mean=demand_mean
    )
    require_not_negative("newsvendor_poisson", lead_time=lead_time)
    mean = demand_mean * (lead_time + 1)
    if base_stock is None:
        base_stock = int(poisson.ppf(stockout_cost / (stockout_cost + holding_cost), mean))
    short = poisson_loss(base_stock, mean)
    return BaseStock(float(base_stock), float(holding_cost * (base_stock - mean + short) + stockout_cost * short))


def newsvendor_lognormal(
    holding_cost: float, stockout_cost: float, mu: float, sigma: float, base_stock: float | None = None
) -> BaseStock:
    """Best base stock when the logarithm of demand is normal with mean `mu` and standard deviation `sigma`.

    E (D - S)+ = e^(mu + sigma^2 / 2) Phi((mu + sigma^2 - ln S) / sigma) - S (1 - Phi((ln S - mu) / sigma)).

    Examples
    --------
    >>> newsvendor_lognormal(1, 0.1765, 6, 0.3)
    BaseStock(base_stock=295.6266..., cost=29.4425...)
    """
    require_positive("newsvendor_lognormal", holding_cost=holding_cost, stockout_cost=stockout_cost, sigma=sigma)
    if base_stock is None:
        base_stock = float(lognorm.ppf(stockout_cost / (stockout_cost + holding_cost), sigma, scale=np.exp(mu)))
    mean = np.exp(mu + sigma**2 / 2)
    log = np.log(base_stock)
    short = mean * norm.cdf((mu + sigma**2 - log) / sigma) - base_stock * norm.sf((log - mu) / sigma)
    return BaseStock(float(base_stock), float(holding_cost * (base_stock - mean + short) + stockout_cost * short))


def newsvendor_discrete(
    holding_cost: float, stockout_cost: float, demand_pmf: Mapping[Any, float], base_stock: float | None = None
) -> BaseStock:
    """Best base stock for a table of demand and its probability.

    Examples
    --------
    >>> newsvendor_discrete(1, 2, {0: 0.25, 1: 0.5, 2: 0.25})
    BaseStock(base_stock=1.0, cost=0.75)
    """
    require_positive("newsvendor_discrete", holding_cost=holding_cost, stockout_cost=stockout_cost)
    demand = np.array([float(value) for value in demand_pmf])
    probability = np.array(list(demand_pmf.values()), dtype=float)
    if (probability < 0).any() or abs(probability.sum() - 1) > 1e-9:
        raise InputError("demand_pmf", [f"probabilities must be at least 0 and sum to 1, not {probability.sum():g}"])
    order = np.argsort(demand)
    demand, probability = demand[order], probability[order]
    if base_stock is None:
        wanted = stockout_cost / (stockout_cost + holding_cost)
        base_stock = float(demand[np.searchsorted(np.cumsum(probability), wanted - 1e-12)])
    left = np.maximum(base_stock - demand, 0) @ probability
    short = np.maximum(demand - base_stock, 0) @ probability
    return BaseStock(float(base_stock), float(holding_cost * left + stockout_cost * short))


def newsvendor_profit(
    revenue: float,
    purchase_cost: float,
    salvage_value: float,
    demand_mean: float,
    demand_sd: float | None = None,
    holding_cost: float = 0.0,
    stockout_cost: float = 0.0,
    base_stock: float | None = None,
) -> StockProfit:
    """Best base stock by profit: margin lost is what lacks costs, purchase less salvage is what is left costs.

    Normal demand with `demand_sd`, Poisson without. Profit = (r - c) mu - cost(S) with h = c - v + holding_cost and
    p = r - c + stockout_cost. Snyder and Shen (2019), section 4.3.2.

    Examples
    --------
    >>> newsvendor_profit(1, 0.3, 0.12, 50, 8)
    StockProfit(base_stock=56.6039..., profit=33.0023...)
    """
    left, lacks = purchase_cost - salvage_value + holding_cost, revenue - purchase_cost + stockout_cost
    faults = [] if left > 0 else ["purchase_cost must exceed salvage_value, or any amount would pay"]
    faults += [] if lacks > 0 else ["revenue must exceed purchase_cost, or nothing would pay"]
    if faults:
        raise InputError("newsvendor_profit", faults)
    if demand_sd is None:
        level = None if base_stock is None else int(base_stock)
        best = newsvendor_poisson(left, lacks, demand_mean, base_stock=level)
    else:
        best = newsvendor_normal(left, lacks, demand_mean, demand_sd, base_stock=base_stock)
    return StockProfit(best.base_stock, (revenue - purchase_cost) * demand_mean - best.cost)


def normal_loss(z: float) -> float:
    """Give the expected shortfall E (Z - z)+ of a standard normal: phi(z) - z (1 - Phi(z))."""
    return float(norm.pdf(z) - z * norm.sf(z))


def poisson_loss(level: float, mean: float) -> float:
    """Give the expected shortfall E (D - x)+ of Poisson demand: mean P(D >= x) - x P(D > x)."""
    return float(mean * poisson.sf(level - 1, mean) - level * poisson.sf(level, mean))
