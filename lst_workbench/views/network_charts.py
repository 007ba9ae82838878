"""The trade-off curve: what a promise costs, what no network can be below, where the plan and today stand."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lst_workbench.planning import NetworkStudy, Overview
from lst_workbench.views.charts import style
from lst_workbench.views.formats import rmb, share
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour

HEIGHT = 280
HOVER = "%{x:.1%} → ¥%{y:.1f}<extra></extra>"


def trade_off_figure(
    study: NetworkStudy,
    mode: str,
    shown: Overview,
    promise_share: float | None,
    budget_rmb_month: float | None,
    lang: str,
) -> go.Figure:
    """Cost of an order by the share of stores served next day.

    Parameters
    ----------
    study : NetworkStudy
        Its curves, today's network.
    mode : str
        Whether standing sites stay; the other curve is drawn in grey.
    shown : Overview
        The network that is shown.
    promise_share, budget_rmb_month : float or None
        What is asked for, as a dashed line.
    lang : str
        "en" or "zh".
    """
    figure, orders = go.Figure(), _orders(study)
    curve, other = study.curve(mode), study.curve("may_close" if mode == "keep" else "keep")
    today = study.today.figures
    _line(figure, other, {"color": colour("line-strong"), "width": 1.6})
    bound = curve.dropna(subset=["bound_rmb_month"])
    dotted = {"color": colour("ink-3"), "width": 1.2, "dash": "dot"}
    figure.add_scatter(
        x=bound["next_day_share"], y=bound["bound_rmb_month"] / orders, mode="lines", line=dotted, hovertemplate=HOVER
    )
    _line(figure, curve, {"color": colour("accent"), "width": 2.4})
    open_mark = {"size": 11, "color": colour("surface"), "line": {"color": colour("ink-2"), "width": 2}}
    _point(figure, today, open_mark)
    _point(figure, shown.figures, {"size": 12, "color": colour("accent")})
    style(figure, HEIGHT)
    figure.update_layout(hovermode="closest", margin={"l": 42, "r": 16, "t": 20, "b": 40})
    figure.update_xaxes(
        tickformat=".0%", nticks=6, title={"text": text("network.axis.share", lang), "font": {"size": 11}}
    )
    costs = [*curve["cost_rmb_order"], *other["cost_rmb_order"], *(bound["bound_rmb_month"] / orders)]
    costs += [today["cost_rmb_order"], shown.figures["cost_rmb_order"]]
    figure.update_yaxes(tickprefix="¥", nticks=5, rangemode="normal", range=_range(costs))
    figure.layout.shapes = _asked(promise_share, budget_rmb_month, orders)
    figure.layout.annotations = _notes(today, shown.figures, bound, other, orders, lang)
    return figure


def _orders(study: NetworkStudy) -> float:
    row = study.steps.iloc[0]
    return float(row["cost_rmb_month"] / row["cost_rmb_order"])


def _line(figure: go.Figure, curve: pd.DataFrame, line: dict[str, Any]) -> None:
    figure.add_scatter(
        x=curve["next_day_share"], y=curve["cost_rmb_order"], mode="lines", line=line, hovertemplate=HOVER
    )


def _point(figure: go.Figure, figures: dict[str, float], mark: dict[str, Any]) -> None:
    figure.add_scatter(
        x=[figures["next_day_share"]], y=[figures["cost_rmb_order"]], mode="markers", marker=mark, hovertemplate=HOVER
    )


def _range(costs: list[float]) -> list[float]:
    low, high = float(np.min(costs)), float(np.max(costs))
    room = 0.12 * (high - low)
    return [max(0.0, low - room), high + room]


def _asked(promise_share: float | None, budget_rmb_month: float | None, orders: float) -> list[dict[str, Any]]:
    dashed = {"color": colour("goal"), "width": 1.4, "dash": "4px,3px"}
    if promise_share is not None:
        return [
            {
                "type": "line",
                "x0": promise_share,
                "x1": promise_share,
                "y0": 0,
                "y1": 1,
                "yref": "y domain",
                "line": dashed,
            }
        ]
    if budget_rmb_month is not None:
        at = budget_rmb_month / orders
        return [{"type": "line", "x0": 0, "x1": 1, "xref": "x domain", "y0": at, "y1": at, "line": dashed}]
    return []


def _notes(
    today: dict[str, float], shown: dict[str, float], bound: pd.DataFrame, other: pd.DataFrame, orders: float, lang: str
) -> list[dict[str, Any]]:
    def said(key: str, figures: dict[str, float]) -> str:
        return text(key, lang, n=share(figures["next_day_share"]), rmb=rmb(figures["cost_rmb_order"], lang))

    def note(x: float, y: float, words: str, shade: str, **more: Any) -> dict[str, Any]:
        return {"x": x, "y": y, "text": words, "showarrow": False, "font": {"color": colour(shade), "size": 11}, **more}

    right = shown["next_day_share"] > 0.5 * (other["next_day_share"].max() + today["next_day_share"])
    side: dict[str, Any] = {"xanchor": "right", "xshift": -10} if right else {"xanchor": "left", "xshift": 10}
    under = shown["cost_rmb_order"] < today["cost_rmb_order"]  # the dearer of the two is told above its mark
    notes = [
        note(today["next_day_share"], today["cost_rmb_order"], said("network.chart.today", today), "ink-2",
             xanchor="center", yshift=15 if under else -15),
        note(shown["next_day_share"], shown["cost_rmb_order"], f"<b>{said('network.chart.plan', shown)}</b>", "accent",
             yshift=-14 if under else 14, **side),
        {"x": 0, "y": 1, "xref": "x domain", "yref": "y domain", "yanchor": "bottom", "xanchor": "left",
         "text": text("network.axis.cost", lang), "showarrow": False, "font": {"size": 11}},
    ]  # fmt: skip
    if len(bound) > 1:  # one point is no line
        middle = bound.iloc[len(bound) // 4]
        notes.append(note(middle["next_day_share"], middle["bound_rmb_month"] / orders,
                          text("network.chart.bound", lang), "ink-3", yshift=-30, xanchor="center"))  # fmt: skip
    return notes
