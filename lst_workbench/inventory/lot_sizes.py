"""Lot sizes for demand that is known: EOQ and its kin, and Wagner-Whitin."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from lst_workbench.contracts import InputError
from lst_workbench.inventory.single_period import require_not_negative, require_positive


class OrderQuantity(NamedTuple):
    """Order `quantity` at a time; `cost` a unit of time."""

    quantity: float
    cost: float


class BackorderQuantity(NamedTuple):
    """Order `quantity` when `backordered_share` of it is owed; `cost` a unit of time."""

    quantity: float
    backordered_share: float
    cost: float


class DiscountQuantity(NamedTuple):
    """Order `quantity`, which falls into discount `step`; `cost` a unit of time, goods included."""

    quantity: float
    step: int
    cost: float


class LotPlan(NamedTuple):
    """What to order in each period, and the cost of it all."""

    quantities: list[float]
    cost: float


def eoq(fixed_cost: float, holding_cost: float, demand_rate: float, quantity: float | None = None) -> OrderQuantity:
    """Economic order quantity Q = sqrt(2 K d / h), cost K d / Q + h Q / 2; a given `quantity` is only costed.

    Harris (1913); Snyder and Shen (2019), section 3.2.

    Examples
    --------
    >>> eoq(8, 0.225, 1300)
    OrderQuantity(quantity=304.0467..., cost=68.4105...)
    """
    require_positive("eoq", fixed_cost=fixed_cost, holding_cost=holding_cost, demand_rate=demand_rate)
    best = float(np.sqrt(2 * fixed_cost * demand_rate / holding_cost)) if quantity is None else quantity
    return OrderQuantity(best, fixed_cost * demand_rate / best + holding_cost * best / 2)


def eoq_backorders(
    fixed_cost: float, holding_cost: float, stockout_cost: float, demand_rate: float
) -> BackorderQuantity:
    """Economic order quantity when buyers wait: Q = sqrt(2 K d (h + p) / (h p)), share owed h / (h + p).

    Examples
    --------
    >>> eoq_backorders(8, 0.225, 5, 1300)
    BackorderQuantity(quantity=310.8125..., backordered_share=0.0430..., cost=66.9213...)
    """
    figures = {"fixed_cost": fixed_cost, "holding_cost": holding_cost, "stockout_cost": stockout_cost}
    require_positive("eoq_backorders", **figures, demand_rate=demand_rate)
    together = holding_cost * stockout_cost / (holding_cost + stockout_cost)
    best = eoq(fixed_cost, together, demand_rate)
    return BackorderQuantity(best.quantity, holding_cost / (holding_cost + stockout_cost), best.cost)


def epq(fixed_cost: float, holding_cost: float, demand_rate: float, production_rate: float) -> OrderQuantity:
    """Economic production quantity: an EOQ whose stock builds up at production_rate - demand_rate.

    Examples
    --------
    >>> epq(4, 0.08, 80, 110)
    OrderQuantity(quantity=171.2697..., cost=3.7367...)
    """
    require_positive("epq", production_rate=production_rate)
    if production_rate <= demand_rate:
        raise InputError("epq", [f"production_rate {production_rate} must exceed demand_rate {demand_rate}"])
    return eoq(fixed_cost, holding_cost * (1 - demand_rate / production_rate), demand_rate)


def eoq_all_units_discounts(
    fixed_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> DiscountQuantity:
    """Cheapest quantity when reaching a breakpoint makes every unit cheaper: the best EOQ or breakpoint.

    Examples
    --------
    >>> eoq_all_units_discounts(8, 0.3, 1300, [0, 400, 800], [0.75, 0.72, 0.68])
    DiscountQuantity(quantity=800.0, step=2, cost=978.6)
    """
    _check_discounts(fixed_cost, holding_cost_rate, demand_rate, breakpoints, unit_costs)
    best: DiscountQuantity | None = None
    for step, (least, unit) in enumerate(zip(breakpoints, unit_costs, strict=True)):
        below = breakpoints[step + 1] if step + 1 < len(breakpoints) else np.inf
        quantity = max(eoq(fixed_cost, holding_cost_rate * unit, demand_rate).quantity, float(least))
        if quantity >= below:
            continue
        cost = eoq(fixed_cost, holding_cost_rate * unit, demand_rate, quantity).cost + unit * demand_rate
        if best is None or cost < best.cost:
            best = DiscountQuantity(quantity, step, round(cost, 12))
    assert best is not None  # the last step has no end
    return best


def eoq_incremental_discounts(
    fixed_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> DiscountQuantity:
    """Cheapest quantity when only the units beyond a breakpoint are cheaper.

    In step j the first units' extra cost acts as a fixed cost: c_j = sum_i<=j (c_(i-1) - c_i) b_i.

    Examples
    --------
    >>> eoq_incremental_discounts(150, 0.25, 2400, [0, 300, 600], [100, 90, 80])
    DiscountQuantity(quantity=1481.8906..., step=2, cost=222762.8136...)
    """
    _check_discounts(fixed_cost, holding_cost_rate, demand_rate, breakpoints, unit_costs)
    best: DiscountQuantity | None = None
    extra = 0.0
    for step, (least, unit) in enumerate(zip(breakpoints, unit_costs, strict=True)):
        extra += (unit_costs[step - 1] - unit) * least if step else 0.0
        below = breakpoints[step + 1] if step + 1 < len(breakpoints) else np.inf
        found = eoq(fixed_cost + extra, holding_cost_rate * unit, demand_rate)
        cost = found.cost + unit * demand_rate + holding_cost_rate * extra / 2
        if least <= found.quantity < below and (best is None or cost < best.cost):
            best = DiscountQuantity(found.quantity, step, cost)
    assert best is not None  # average cost is continuous: its lowest point is inside a step
    return best


def wagner_whitin(
    holding_cost: float,
    fixed_cost: float,
    demand: Sequence[float],
    purchase_cost: float | Sequence[float] = 0.0,
    num_periods: int | None = None,
) -> LotPlan:
    """Cheapest orders for known demand of several periods: theta_t = min_s K + goods + holding + theta_s (1958).

    Examples
    --------
    >>> wagner_whitin(2, 500, [90, 120, 80, 70])
    LotPlan(quantities=[210.0, 0.0, 150.0, 0.0], cost=1380.0)
    """
    require_not_negative("wagner_whitin", holding_cost=holding_cost, fixed_cost=fixed_cost)
    need = np.asarray(demand, dtype=float)
    periods = len(need)
    goods = np.broadcast_to(np.asarray(purchase_cost, dtype=float), (periods,))
    faults = ["demand must be at least 0 in every period"] if (need < 0).any() or not periods else []
    faults += (
        [f"demand has {periods} periods, not num_periods {num_periods}"] if num_periods not in (None, periods) else []
    )
    if faults:
        raise InputError("wagner_whitin", faults)
    best, until = np.zeros(periods + 1), np.zeros(periods, dtype=int)
    for t in range(periods - 1, -1, -1):
        ahead = np.arange(periods - t)
        quantity = np.cumsum(need[t:])
        paid = (
            np.where(quantity > 0, fixed_cost, 0.0) + goods[t] * quantity + holding_cost * np.cumsum(ahead * need[t:])
        )
        total = paid + best[t + 1 :]
        until[t] = t + 1 + int(np.argmin(total))
        best[t] = total.min()
    quantities, t = [0.0] * periods, 0
    while t < periods:
        quantities[t] = float(need[t : until[t]].sum())
        t = int(until[t])
    return LotPlan(quantities, float(best[0]))


def _check_discounts(
    fixed_cost: float,
    holding_cost_rate: float,
    demand_rate: float,
    breakpoints: Sequence[float],
    unit_costs: Sequence[float],
) -> None:
    figures = {"fixed_cost": fixed_cost, "holding_cost_rate": holding_cost_rate, "demand_rate": demand_rate}
    require_positive("discounts", **figures)
    faults = []
    if len(breakpoints) != len(unit_costs):
        faults.append(f"{len(breakpoints)} breakpoints need as many unit_costs, not {len(unit_costs)}")
    if not len(breakpoints) or breakpoints[0] != 0 or any(np.diff(breakpoints) <= 0):
        faults.append("breakpoints must start at 0 and rise")
    if any(cost <= 0 for cost in unit_costs) or any(np.diff(unit_costs) >= 0):
        faults.append("unit_costs must be more than 0 and fall")
    if faults:
        raise InputError("discounts", faults)
