"""How sure a plan is, as markup: chance of the goal by month and by reps, what decides, whether regions keep rank.

Plain HTML and inline SVG, so that the same pieces stand on a page, in a memo and on paper.
"""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from lst_workbench.assumptions import Register
from lst_workbench.views.cards import figure_of, head, label_of
from lst_workbench.views.findings import Tables
from lst_workbench.views.formats import count, month, number, reps, share
from lst_workbench.views.messages import text
from lst_workbench.views.tables import grid

DECIDING = 5  # figures shown in a tornado
RANKING = {"holds": 0.9, "outline": 0.75}


def odds_card(tables: Tables, draws: float, reps_now: float, lang: str) -> str:
    """Chance of the goal by month and by number of reps, and whether the ranking of regions holds."""
    return "".join(
        [
            head("odds.title", lang, text("odds.sub", lang, n=count(draws, lang))),
            odds_by_month(tables["curve_ranges"], lang),
            odds_by_reps(tables["reps_odds"], reps_now, lang),
            ranking_line(tables, lang),
        ]
    )


def odds_by_month(curve_ranges: pd.DataFrame, lang: str) -> str:
    """Chance of having reached the goal by each month, as columns with their figures."""
    rows = curve_ranges.dropna(subset="goal_share")
    names = [month(when, lang) for when in rows["month"]]
    return (
        f'<p class="lead">{escape(text("odds.by_month", lang))}</p>{odds_columns(rows["goal_share"].tolist(), names)}'
    )


def odds_by_reps(reps_odds: pd.DataFrame, reps_now: float, lang: str) -> str:
    """Chance of the goal by number of reps, the plan's own marked; and how many make it likely."""
    at = int((reps_odds["reps"] - reps_now).abs().to_numpy().argmin())
    odds = reps_odds["goal_share"].tolist()
    shown = odds_columns(odds, [reps(value) for value in reps_odds["reps"]], at)
    likely = reps_odds[reps_odds["goal_share"] >= 0.5]
    if likely.empty:
        said = text("odds.flat", lang)
    else:
        first = likely.iloc[0]
        said = text("odds.enough", lang, n=reps(first["reps"]), odds=share(first["goal_share"]))
    return f'<p class="lead">{escape(text("odds.by_reps", lang))}</p>{shown}<p class="note">{escape(said)}</p>'


def odds_columns(odds: Sequence[float], names: Sequence[str], marked: int | None = None) -> str:
    """Draw probabilities as columns from 0 to 100%, each with its figure above and its name below."""
    bars = "".join(
        f'<div class="{"on" if at == marked else ""}"><b>{escape(share(value))}</b>'
        f'<i style="height:{max(1.0, 56 * value):.0f}px"></i><span>{escape(name)}</span></div>'
        for at, (value, name) in enumerate(zip(odds, names, strict=True))
    )
    return f'<div class="odds">{bars}</div>'


def ranking_line(tables: Tables, lang: str) -> str:
    """Say whether the ranking of regions holds, from the share of pairs that keep their order."""
    regions = tables["region_ranges"]
    if len(regions) < 2:
        return ""
    kept = float(regions["kept_share"].iloc[0])
    word = next((name for name, least in RANKING.items() if kept >= least), "open")
    said = text("odds.ranking", lang, said=text(f"odds.ranking.{word}", lang), n=share(kept))
    return f'<p class="note">{escape(said)}</p>'


def tornado_card(tables: Tables, name: str, register: Register, lang: str) -> str:
    """Show the figures that decide one headline figure: each alone from its P10 to its P90."""
    rows = tables["tornado"][tables["tornado"]["name"] == name].head(DECIDING).to_dict("records")
    plan = float(tables["kpis"].set_index("name").at[name, "value"])
    figure = text(f"kpi.{name}", lang)
    return head("tornado.title", lang, text("tornado.sub", lang, figure=figure)) + tornado(rows, plan, register, lang)


def tornado(rows: list[dict[str, Any]], plan: float, register: Register, lang: str) -> str:
    """Draw bars around the plan's value, the longest first, with the chance of the goal at both ends."""
    rows = [row for row in rows if row["swing"] > 0]
    ends = [plan, *(row[at] for row in rows for at in ("at_low", "at_high"))]
    scale = (min(ends), max(ends))
    columns = [(text("col.figure", lang), "txt"), (text("col.range_drawn", lang), "num")]
    columns += [(text("col.effect", lang), "txt"), (text("tornado.odds", lang), "num")]
    cells = [_tornado_row(row, plan, scale, register, lang) for row in rows]
    made = grid(columns, cells, text("tornado.title", lang))
    return f'{_callout(rows, register, lang)}<div class="deciding">{made}</div>'


def _callout(rows: list[dict[str, Any]], register: Register, lang: str) -> str:
    if not rows or pd.isna(rows[0]["odds_low"]):
        return ""
    odds = {"low": share(rows[0]["odds_low"]), "high": share(rows[0]["odds_high"])}
    said = text("tornado.callout", lang, name=label_of(register[rows[0]["key"]], lang), **odds)
    return f'<div class="callout">{escape(said)}</div>'


def _tornado_row(
    row: dict[str, Any], plan: float, scale: tuple[float, float], register: Register, lang: str
) -> list[str]:
    entry = register[row["key"]]
    low, high = (_drawn(row[at], entry.unit, lang) for at in ("low", "high"))
    odds = "" if pd.isna(row["odds_low"]) else f"{share(row['odds_low'])} / {share(row['odds_high'])}"
    return [
        escape(label_of(entry, lang)),
        escape(f"{low} \u2013 {high}"),
        tornado_bar(row["at_low"], row["at_high"], plan, scale),
        escape(odds),
    ]


def _drawn(value: float, unit: str, lang: str) -> str:
    return figure_of(value, unit, lang) if unit.startswith(("share", "RMB")) else number(value, lang)


def tornado_bar(at_low: float, at_high: float, plan: float, scale: tuple[float, float], width: int = 120) -> str:
    """Draw what a figure does to the plan: grey side where it comes out low, blue side where high."""

    def x(at: float) -> float:
        return 4 + (width - 8) * (at - scale[0]) / ((scale[1] - scale[0]) or 1.0)

    def bar(end: float, shade: str) -> str:
        left, right = sorted((x(plan), x(end)))
        return f'<rect x="{left:.1f}" y="4" width="{max(0.5, right - left):.1f}" height="8" fill="var(--{shade})"/>'

    return (
        f'<svg width="{width}" height="16" viewBox="0 0 {width} 16" preserveAspectRatio="none" aria-hidden="true">'
        f"{bar(at_low, 'seq-3')}{bar(at_high, 'seq-6')}"
        f'<path d="M{x(plan):.1f} 1V15" stroke="var(--ink)" stroke-width="1.5"/></svg>'
    )
