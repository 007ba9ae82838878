"""Plotly figures of a plan: tables in, a finished figure out; any page or notebook can show it."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from lst_workbench.views.findings import Tables, used_shares
from lst_workbench.views.formats import count, short_count
from lst_workbench.views.marks import BINDS
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour, ramp, tokens

HEIGHT = 420
TRACES = ("in_system", "active", "signups", "used")
PLOT_PIXELS = 215  # height of the upper strip, to keep labels at its right end apart
LABEL_PIXELS = 30


def curve_figure(
    tables: Tables, goal: float, lang: str, counted: str = "in_system", festival: pd.Timestamp | None = None
) -> go.Figure:
    """Three strips on one axis of months: stores, sign-ups, capacity used.

    Parameters
    ----------
    tables : mapping
        The run's tables: curve, capacities.
    goal : float
        Stores aimed at; not a number when nothing was.
    lang : str
        "en" or "zh".
    counted : str
        What the goal counts; only stores in system share an axis with it.
    festival : Timestamp, optional
        Month that Spring Festival shortens, shaded.
    """
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, row_heights=[0.60, 0.16, 0.24], vertical_spacing=0.085)
    line, hover = {"color": colour("accent"), "width": 2.4}, "%{y:,.0f}"
    figure.add_scatter(mode="lines", line=line, hovertemplate=hover, row=1, col=1)
    grey = {"color": colour("ink-3"), "width": 1.6}
    figure.add_scatter(mode="lines", line=grey, hovertemplate=hover, row=1, col=1)
    figure.add_bar(
        marker_color=ramp()[4], textposition="outside", cliponaxis=False, constraintext="none", textangle=0,
        textfont={"size": 9.5, "color": colour("ink-2")}, hovertemplate=hover, row=2, col=1,
    )  # fmt: skip
    figure.add_heatmap(
        zmin=0.0, zmax=1.0, colorscale=_used_scale(), showscale=False, xgap=1.5, ygap=1.5, texttemplate="%{text}",
        textfont={"size": 9.5}, hovertemplate="%{y} %{text}%<extra></extra>", row=3, col=1,
    )  # fmt: skip
    figure.add_scatter(
        mode="lines",
        fill="toself",
        line={"width": 0},
        fillcolor=colour("accent"),
        opacity=0.13,
        hoverinfo="skip",
        row=1,
        col=1,
    )
    style(figure, HEIGHT)
    figure.update_yaxes(visible=False, row=2, col=1)
    figure.update_yaxes(
        autorange="reversed",
        showgrid=False,
        side="right",
        tickfont={"size": 10, "color": colour("ink-2")},
        row=3,
        col=1,
    )
    _fill(figure, tables, goal, lang, counted, festival)
    return figure


def _fill(
    figure: go.Figure, tables: Tables, goal: float, lang: str, counted: str, festival: pd.Timestamp | None
) -> None:
    """Put figures, ticks and labels of a run into the empty strips."""
    curve, used = tables["curve"], used_shares(tables["capacities"])
    stores, active, signups = (curve[name].to_numpy(np.float64) for name in ("in_system", "active", "signups"))
    shown_goal = goal if counted == "in_system" and pd.notna(goal) else None
    low, high = _band(tables)
    ticks, top = _axis(max(stores.max(), shown_goal or 0.0, high.max(initial=0.0)))
    with figure.batch_update():
        for trace, key, y in zip(figure.data, TRACES, (stores, active, signups), strict=False):
            trace.x, trace.y, trace.name = days(curve["month"]), y, text(f"curve.{key}", lang)
        figure.data[2].text = [short_count(value, lang) for value in signups]
        band = figure.data[4]
        band.x, band.y = days([*curve["month"], *curve["month"][::-1]]) if len(low) else [], [*low, *high[::-1]]
        heat, share = figure.data[3], used.to_numpy()
        heat.x, heat.y = days(used.columns), [text(f"resource.{name}.short", lang) for name in used.index]
        heat.z, heat.text = _tone(share), np.vectorize(lambda value: f"{100 * value:.0f}")(share)
        _draw_axes(figure, curve["month"], ticks, top, float(signups.max()), lang)
        figure.layout.shapes = _shapes(curve["month"], shown_goal, festival)
        figure.layout.annotations = _notes(stores[-1], active[-1], shown_goal, top, lang) + _strips(
            curve["month"], festival, lang
        )


def _band(tables: Tables) -> tuple[np.ndarray, np.ndarray]:
    """P10 and P90 of stores in system by month; empty where the run does not say."""
    if "curve_ranges" not in tables:
        return np.array([]), np.array([])
    rows = tables["curve_ranges"][tables["curve_ranges"]["measure"] == "in_system"]
    return rows["p10"].to_numpy(), rows["p90"].to_numpy()


def style(figure: go.Figure, height: int) -> None:
    """Give a figure the look of the house: no borders, few lines, nothing to drag or zoom by accident."""
    font = {"family": tokens()["font"], "size": 11, "color": colour("ink-3")}
    label = {"family": tokens()["font"], "size": 12, "color": colour("ink")}
    figure.update_layout(
        template=None, height=height, autosize=True, showlegend=False, dragmode=False, hovermode="x unified",
        bargap=0.28, margin={"l": 40, "r": 66, "t": 18, "b": 22},
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        font=font, hoverlabel={"bgcolor": colour("surface"), "bordercolor": colour("line"), "font": label},
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, zeroline=False, fixedrange=True, ticks="", tickangle=0)
    figure.update_yaxes(gridcolor=colour("line"), zeroline=False, fixedrange=True, ticks="", rangemode="tozero")


def _draw_axes(
    figure: go.Figure, months: pd.Series, ticks: Sequence[float], top: float, most: float, lang: str
) -> None:
    half = pd.Timedelta(days=16)
    for axis in (figure.layout.xaxis, figure.layout.xaxis2, figure.layout.xaxis3):
        axis.type, axis.range = "date", days([months.min() - half, months.max() + half])
        axis.tickformat, axis.hoverformat = ("%-m月", "%Y年%-m月") if lang == "zh" else ("%b", "%b %Y")
        axis.tick0, axis.dtick = (
            days([months.min()])[0],
            f"M{max(2, round(len(months) / 6))}",
        )  # so many names fit a phone
    figure.layout.yaxis.range, figure.layout.yaxis.tickvals = [0, top], list(ticks)
    figure.layout.yaxis.ticktext = [count(value, lang) for value in ticks]
    figure.layout.yaxis2.range = [0, max(most, 1.0) * 1.4]


def days(dates: Iterable[object]) -> list[str]:
    """Write dates as texts: the widget hands other kinds to the browser as numbers that no date axis reads."""
    return [f"{pd.Timestamp(day):%Y-%m-%d}" for day in dates]  # type: ignore[arg-type]


def _axis(most: float) -> tuple[list[float], float]:
    """At most four ticks at round figures, and the top of the axis."""
    step = 10.0 ** np.floor(np.log10(max(most, 1.0)))
    step = next(step * part for part in (0.25, 0.5, 1.0, 2.0, 2.5, 5.0) if most / (step * part) <= 4.2)
    return [float(step * i) for i in range(int(most / step) + 1)], 1.12 * most


def _tone(share: np.ndarray) -> np.ndarray:
    """Below the level that binds the ramp runs from 60% up; binding is a colour of its own."""
    return np.where(share >= BINDS, 1.0, np.clip((share - 0.6) / 0.4, 0, 0.9) * 0.85)


def _used_scale() -> list[list[Any]]:
    shades = ramp()[:6]
    light = [[i / (len(shades) - 1) * 0.97, shade] for i, shade in enumerate(shades)]
    return [*light, [0.975, colour("watch")], [1, colour("watch")]]


def _shapes(months: pd.Series, goal: float | None, festival: pd.Timestamp | None) -> list[dict[str, Any]]:
    shapes: list[dict[str, Any]] = []
    if festival is not None and (months == festival).any():
        left, right = days([festival - pd.Timedelta(days=15), festival + pd.Timedelta(days=15)])
        shapes.append(
            {"type": "rect", "xref": "x", "yref": "y domain", "x0": left, "x1": right, "y0": 0,
             "y1": 1, "fillcolor": colour("sand"), "layer": "below", "line": {"width": 0}}
        )  # fmt: skip
    if goal is not None:
        dashed = {"color": colour("goal"), "width": 1.4, "dash": "4px,3px"}
        shapes.append(
            {"type": "line", "xref": "x domain", "yref": "y", "x0": 0, "x1": 1, "y0": goal, "y1": goal, "line": dashed}
        )
    return shapes


def _notes(stores: float, active: float, goal: float | None, top: float, lang: str) -> list[dict[str, Any]]:
    """Labels at the right end of the lines, moved apart where two would meet."""
    plan = f"<b>{count(stores, lang)}</b><br>{text('curve.in_system', lang)}"
    ends = [
        (stores, plan, "accent"),
        (active, f"<b>{count(active, lang)}</b><br>{text('curve.active', lang)}", "ink-2"),
    ]
    shift = 0.0
    if goal is not None:
        gap = (stores - goal) / top * PLOT_PIXELS
        shift = np.sign(gap or -1.0) * max(0.0, LABEL_PIXELS - abs(gap))
        ends.append((goal, text("goal.line", lang, n=count(goal, lang)), "goal"))
    shifts = (0.6 * shift, 0.0, -0.4 * shift)
    return [_end(label, y, colour(shade), by) for (y, label, shade), by in zip(ends, shifts, strict=False)]


def _end(label: str, y: float, shade: str, shift: float = 0.0) -> dict[str, Any]:
    return {
        "x": 1, "xref": "x domain", "y": y, "yref": "y", "text": label, "showarrow": False, "xanchor": "left",
        "align": "left", "xshift": 3, "yshift": shift, "font": {"color": shade, "size": 11},
    }  # fmt: skip


def _strips(months: pd.Series, festival: pd.Timestamp | None, lang: str) -> list[dict[str, Any]]:
    strips = [_strip(text("curve.signups", lang), "y2 domain"), _strip(text("curve.capacity", lang), "y3 domain")]
    if festival is not None and (months == festival).any():
        strips.append(
            {"x": days([festival])[0], "xref": "x", "y": 1, "yref": "y domain", "yanchor": "bottom", "showarrow": False,
             "text": text("curve.festival", lang), "font": {"size": 10}}
        )  # fmt: skip
    return strips


def _strip(label: str, yref: str) -> dict[str, Any]:
    return {
        "x": 0, "xref": "x domain", "y": 1, "yref": yref, "text": label, "showarrow": False, "xanchor": "left",
        "yanchor": "bottom", "yshift": 2, "font": {"color": colour("ink-2"), "size": 11},
    }  # fmt: skip
