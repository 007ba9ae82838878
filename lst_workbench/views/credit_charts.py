"""Charts and map of credit: the frontier of margin against loss, vintages, exposure by cell."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lst_workbench.geo import RESOLUTION
from lst_workbench.views.charts import style
from lst_workbench.views.formats import rmb, share
from lst_workbench.views.maps import MapLayer, layer_of
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour, ramp

HEIGHT = 330
STEPS = 6
MOST_COHORTS = 6


def frontier_figure(frontier: pd.DataFrame, kpis: dict[str, float], lang: str) -> go.Figure:
    """Draw the best net margin against the expected loss it takes, and where the limits stand now."""
    figure = go.Figure()
    x, y = frontier["expected_loss_rmb"], frontier["net_margin_rmb"]
    line = {"color": colour("accent"), "width": 2.4}
    hover = "¥%{x:,.0f} → ¥%{y:,.0f}<extra></extra>"
    figure.add_scatter(x=x, y=y, mode="lines+markers", line=line, marker={"size": 6}, hovertemplate=hover)
    here = kpis["expected_loss_rmb_year"], kpis["net_margin_rmb_year"]
    mark = {"size": 13, "color": colour("goal")}
    figure.add_scatter(x=[here[0]], y=[here[1]], mode="markers", marker=mark, hovertemplate=hover)
    style(figure, HEIGHT)
    figure.update_layout(hovermode="closest")
    _money(figure.layout.xaxis, float(max(x.max(), here[0])), lang)
    _money(figure.layout.yaxis, float(max(y.max(), here[1])), lang)
    figure.layout.annotations = [
        {"x": here[0], "y": here[1], "text": f"<b>{text('credit.here', lang)}</b>", "showarrow": False, "yshift": -16,
         "xshift": 18, "font": {"color": colour("goal"), "size": 11}},
        {"x": 1, "y": 0, "xref": "x domain", "yref": "y domain", "xanchor": "right", "yanchor": "bottom",
         "text": text("credit.expected_loss", lang), "showarrow": False, "font": {"size": 10}},
    ]  # fmt: skip
    return figure


def vintage_figure(vintages: pd.DataFrame, lang: str) -> go.Figure:
    """Draw the share in default by month on book, a line a quarter of cohorts, its label at the end."""
    figure = go.Figure()
    quarter = vintages["cohort"].dt.to_period("Q")
    at_risk = vintages.assign(quarter=quarter, bad=vintages["default_share"] * vintages["at_risk"])
    sums = at_risk.groupby(["quarter", "month_on_book"])[["bad", "at_risk"]].sum()
    table = (sums["bad"] / sums["at_risk"]).unstack("quarter").iloc[:, -MOST_COHORTS:]
    shades = ramp(MOST_COHORTS + 1)[-len(table.columns) :]
    top = max(float(np.nanmax(table.to_numpy(float))), 0.01)
    for (name, line), shade in zip(table.items(), shades, strict=True):
        figure.add_scatter(x=line.index, y=line, mode="lines", line={"color": shade, "width": 2}, name=_quarter(name))
    notes = _ends(table.ffill().iloc[-1].sort_values(), top / 14)
    style(figure, HEIGHT)
    figure.update_traces(hovertemplate="%{y:.1%}")
    ticks = np.linspace(0, top, 4)
    figure.update_yaxes(tickvals=ticks, ticktext=[f"{tick:.0%}" for tick in ticks])
    figure.update_xaxes(dtick=2)
    notes.append({"x": 0, "y": 1, "xref": "x domain", "yref": "y domain", "yanchor": "bottom", "xanchor": "left",
                  "text": text("credit.vintage.month", lang), "showarrow": False, "font": {"size": 10}})  # fmt: skip
    figure.layout.annotations = notes
    return figure


def _ends(ends: pd.Series, apart: float) -> list[dict[str, Any]]:
    """Label lines at their right end, in the order of the lines, moved up where two would meet."""
    notes, least = [], -1.0
    for name, end in ends.items():
        least = max(float(end), least + apart)
        notes.append({"x": 1, "xref": "x domain", "y": least, "text": _quarter(name), "showarrow": False,
                      "xanchor": "left", "font": {"size": 10, "color": colour("ink-2")}})  # fmt: skip
    return notes


def _quarter(name: Any) -> str:
    return f"{name.year} Q{name.quarter}"


def exposure_layer(plan: pd.DataFrame, stores: pd.DataFrame, lang: str) -> MapLayer:
    """Colour cells by the credit that their stores have; cells with stores but no credit in the colour of nothing."""
    by = plan.merge(stores[["store_id", "h3_8"]], on="store_id").groupby("h3_8")["limit_rmb"].sum()
    value = by.to_numpy(np.float64)
    some = value[value > 0]
    edges = np.unique(np.quantile(some, np.arange(1, STEPS) / STEPS).round(-2)) if len(some) else np.array([])
    shades = ramp(len(edges) + 1)
    fill = [shades[step] for step in np.searchsorted(edges, value, side="right")]
    fill = [shade if lent > 0 else colour("seq-none") for shade, lent in zip(fill, value, strict=True)]
    ends = [f"< {rmb(edges[0], lang)}"] if len(edges) else []
    ends += [f"≥ {rmb(edge, lang)}" for edge in edges]
    legend = [(colour("seq-none"), "¥0"), *zip(shades, ends, strict=False)]
    return layer_of(pd.Series(by.index), fill, legend, RESOLUTION, text("credit.map", lang))


def _money(axis: Any, top: float, lang: str) -> None:
    ticks = np.linspace(0, max(top, 1.0), 4)
    axis.tickvals, axis.ticktext = list(ticks), ["0", *(rmb(tick, lang) for tick in ticks[1:])]
    axis.range = [0, 1.08 * max(top, 1.0)]


def percent(value: float) -> str:
    """Say a small share with one decimal, where whole percents would say nothing.

    Examples
    --------
    >>> percent(0.0734), percent(0.31)
    ('7.3%', '31%')
    """
    return f"{value:.1%}" if value < 0.1 else share(value)
