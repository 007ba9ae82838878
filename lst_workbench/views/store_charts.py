"""Chart of one store: the weeks that were sold and those expected, with Spring Festival."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from lst_workbench.assumptions.festivals import SPRING_FESTIVALS
from lst_workbench.views.charts import days, style
from lst_workbench.views.formats import day as day_words
from lst_workbench.views.formats import rmb
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour, ramp

HEIGHT = 330
SOLD_WEEKS = 52
AROUND_FESTIVAL_DAYS = (-21, 7)


def weeks_figure(sold: pd.DataFrame, expected: pd.DataFrame, lang: str) -> go.Figure:
    """Draw weeks in RMB over the counter: a line sold, a line expected, bands of 80% and 95%.

    Parameters
    ----------
    sold : DataFrame
        week, sales_rmb; may be empty.
    expected : DataFrame
        week, mean, lo_80, hi_80, lo_95, hi_95.
    lang : str
        "en" or "zh".
    """
    figure = go.Figure()
    sold = sold.tail(SOLD_WEEKS)
    x = days(expected["week"])
    for share, shade in ((95, ramp()[0]), (80, ramp()[1])):
        figure.add_scatter(x=x, y=expected[f"lo_{share}"], mode="lines", line={"width": 0}, hoverinfo="skip")
        figure.add_scatter(
            x=x, y=expected[f"hi_{share}"], mode="lines", line={"width": 0}, fill="tonexty", fillcolor=shade,
            hoverinfo="skip",
        )  # fmt: skip
    line = {"color": colour("ink"), "width": 1.8}
    name = text("weeks.sold", lang)
    figure.add_scatter(x=days(sold["week"]), y=sold["sales_rmb"], mode="lines", line=line, name=name)
    line = {"color": colour("accent"), "width": 2.4}
    figure.add_scatter(x=x, y=expected["mean"], mode="lines", line=line, name=text("weeks.expected", lang))
    style(figure, HEIGHT)
    figure.update_traces(hovertemplate="¥%{y:,.0f}", selector={"mode": "lines", "hoverinfo": None})
    _axes(figure, sold, expected, lang)
    figure.layout.shapes = _festivals(sold, expected) + (_now(sold, expected) if len(sold) else [])
    figure.layout.annotations = _notes(sold, expected, lang)
    return figure


def peak_of(expected: pd.DataFrame) -> tuple[pd.Timestamp, float]:
    """Week in which most is expected, and how many times the usual week that is."""
    at = int(expected["mean"].to_numpy().argmax())
    usual = float(expected["mean"].median())
    return pd.Timestamp(expected["week"].iloc[at]), float(expected["mean"].iloc[at]) / max(usual, 1e-9)


def festivals_in(first: pd.Timestamp, last: pd.Timestamp) -> list[pd.Timestamp]:
    """First days of the Spring Festivals between two days."""
    return [pd.Timestamp(day) for day in SPRING_FESTIVALS if first <= pd.Timestamp(day) <= last]


def _axes(figure: go.Figure, sold: pd.DataFrame, expected: pd.DataFrame, lang: str) -> None:
    top = 1.05 * float(max(expected["hi_95"].max(), sold["sales_rmb"].max() if len(sold) else 0.0))
    step = 10.0 ** np.floor(np.log10(max(top, 1.0)))
    step = next(step * part for part in (0.25, 0.5, 1.0, 2.0, 2.5, 5.0) if top / (step * part) <= 4.2)
    ticks = [float(step * k) for k in range(int(top / step) + 1)]
    figure.update_yaxes(range=[0, top], tickvals=ticks, ticktext=[rmb(tick, lang) if tick else "0" for tick in ticks])
    first = sold["week"].min() if len(sold) else expected["week"].min()
    figure.update_xaxes(
        type="date",
        range=days([first, expected["week"].max() + pd.Timedelta(days=7)]),
        tickformat="%-m月" if lang == "zh" else "%b",
        hoverformat="%Y-%m-%d",
        dtick=f"M{2 if len(sold) else 1}",
    )


def _festivals(sold: pd.DataFrame, expected: pd.DataFrame) -> list[dict[str, Any]]:
    first = sold["week"].min() if len(sold) else expected["week"].min()
    before, after = (pd.Timedelta(days=count) for count in AROUND_FESTIVAL_DAYS)
    return [
        {"type": "rect", "xref": "x", "yref": "y domain", "x0": days([day + before])[0], "x1": days([day + after])[0],
         "y0": 0, "y1": 1, "fillcolor": colour("sand"), "line": {"width": 0}, "layer": "below"}
        for day in festivals_in(first, expected["week"].max())
    ]  # fmt: skip


def _now(sold: pd.DataFrame, expected: pd.DataFrame) -> list[dict[str, Any]]:
    at = days([expected["week"].min() - pd.Timedelta(days=3)])[0]
    line = {"color": colour("ink-3"), "width": 1, "dash": "dot"}
    return [{"type": "line", "xref": "x", "yref": "y domain", "x0": at, "x1": at, "y0": 0, "y1": 1, "line": line}]


def _notes(sold: pd.DataFrame, expected: pd.DataFrame, lang: str) -> list[dict[str, Any]]:
    first = sold["week"].min() if len(sold) else expected["week"].min()
    notes = [
        {"x": days([day])[0], "xref": "x", "y": 1, "yref": "y domain", "yanchor": "bottom", "showarrow": False,
         "text": f"{text('curve.festival', lang)} {day_words(day, lang)}", "font": {"size": 10}, "xanchor": "right"}
        for day in festivals_in(first, expected["week"].max())
    ]  # fmt: skip
    week, _ = peak_of(expected)
    top = float(expected["mean"].max())
    notes.append(
        {"x": days([week])[0], "xref": "x", "y": top, "yref": "y", "yanchor": "bottom", "xanchor": "right",
         "showarrow": False, "text": f"<b>{text('weeks.peak', lang)} {rmb(top, lang)}</b>",
         "font": {"size": 11, "color": colour("accent")}}
    )  # fmt: skip
    return notes
