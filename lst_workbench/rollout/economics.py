"""What an average order brings in, and what would make it pay."""

from dataclasses import dataclass

import pandas as pd

from lst_workbench.contracts import Economics


@dataclass(frozen=True)
class OrderCosts:
    """Figures of one average order; all of them come from the register.

    Parameters
    ----------
    order_rmb : float
        Order value, RMB.
    margin_share, handling_share : float
        What the platform keeps and what the warehouses cost, as shares of the order value.
    line_haul_tkm_rmb, line_haul_km, rmb_per_tonne : float
        Price per tonne-km, mean distance, and how much goods one tonne is worth.
    drop_urban_rmb, drop_rural_rmb : float
        Last mile of one order in town and in townships and villages, RMB.
    """

    order_rmb: float
    margin_share: float
    handling_share: float
    line_haul_tkm_rmb: float
    line_haul_km: float
    rmb_per_tonne: float
    drop_urban_rmb: float
    drop_rural_rmb: float

    @property
    def line_haul_share(self) -> float:
        """Line-haul as a share of the order value."""
        return self.line_haul_tkm_rmb * self.line_haul_km / self.rmb_per_tonne


def drop_rmb(costs: OrderCosts, rural_share: float) -> float:
    """Mean cost of the last mile of an order, RMB."""
    return (1 - rural_share) * costs.drop_urban_rmb + rural_share * costs.drop_rural_rmb


def contribution_rmb(costs: OrderCosts, rural_share: float) -> float:
    """Contribution of an average order, RMB: order × (margin − handling − line-haul) − drop cost."""
    net_share = costs.margin_share - costs.handling_share - costs.line_haul_share
    return costs.order_rmb * net_share - drop_rmb(costs, rural_share)


def order_economics(costs: OrderCosts, rural_share: float) -> pd.DataFrame:
    """Contribution of an average order, and the order size, margin and drop cost at which it breaks even.

    contribution = order × (margin − handling − line-haul) − drop cost, the drop cost mixed by `rural_share`.

    Parameters
    ----------
    costs : OrderCosts
    rural_share : float
        Share of orders that go to townships and villages, 0-1.

    Returns
    -------
    DataFrame
        Contract `Economics`. ``break_even_order_rmb`` is missing when no order size pays, because handling and
        line-haul already eat the margin; ``break_even_drop_rmb`` is 0 then.

    Examples
    --------
    >>> costs = OrderCosts(765, 0.035, 0.018, 0.0, 0.0, 9000.0, 12.0, 25.0)
    >>> table = order_economics(costs, rural_share=0.0).set_index("item")["value"]
    >>> table.round(3)[["contribution_rmb_order", "break_even_order_rmb"]].tolist()
    [1.005, 705.882]
    """
    drop = drop_rmb(costs, rural_share)
    net_share = costs.margin_share - costs.handling_share - costs.line_haul_share
    rows = [
        ("order_rmb", costs.order_rmb, "RMB"),
        ("margin_share", costs.margin_share, "share of order value"),
        ("handling_share", costs.handling_share, "share of order value"),
        ("line_haul_km", costs.line_haul_km, "km"),
        ("line_haul_share", costs.line_haul_share, "share of order value"),
        ("net_share", net_share, "share of order value"),
        ("rural_share", rural_share, "share of orders"),
        ("drop_rmb", drop, "RMB/order"),
        ("contribution_rmb_order", contribution_rmb(costs, rural_share), "RMB/order"),
        (
            "break_even_margin_share",
            costs.margin_share - net_share + drop / costs.order_rmb,
            "share of order value",
        ),
        ("break_even_drop_rmb", max(0.0, costs.order_rmb * net_share), "RMB/order"),
    ]
    if net_share > 0:
        rows.append(("break_even_order_rmb", drop / net_share, "RMB"))
    return Economics.check(pd.DataFrame(rows, columns=["item", "value", "unit"]))
