"""The card of announced goals: where each stands at the plan's end, how sure, against what, resting on what."""

from html import escape
from typing import Any

import pandas as pd

from lst_workbench.assumptions import Register
from lst_workbench.views.cards import head, label_of, odds_pill
from lst_workbench.views.formats import count, month, number, share
from lst_workbench.views.messages import text
from lst_workbench.views.tables import grid

LESS_IS_BETTER = ("cycle_days",)


def goals_card(goals: pd.DataFrame, register: Register, lang: str) -> str:
    """Head and table of `goals_table`."""
    last = goals["month"].max()
    heading = head("goals.title", lang, text("goals.sub", lang, month=month(last, lang, year=True)))
    return heading + goals_table(goals, register, lang)


def goals_table(goals: pd.DataFrame, register: Register, lang: str) -> str:
    """Each goal in a line: definition, before, at the plan's end with range, target, verdict, what it rests on."""
    last = goals[goals["month"] == goals["month"].max()]
    rows = [_line(row, register, lang) for row in last.itertuples()]
    names = ("goal", "before", "plan", "range", "target", "verdict", "rests")
    kinds = ("txt", "num", "num", "num", "num", "txt", "txt")
    columns = [(text(f"goals.col.{name}", lang), kind) for name, kind in zip(names, kinds, strict=True)]
    return grid(columns, rows, text("goals.title", lang)) + _definitions(last["goal"].astype(str).tolist(), lang)


def _line(row: Any, register: Register, lang: str) -> list[str]:
    entry = register[row.register_key]
    spread = f"{_said(row.p10, row.unit, lang)} – {_said(row.p90, row.unit, lang)}" if row.p10 == row.p10 else ""
    return [
        escape(text(f"goals.{row.goal}", lang)),
        _said(row.before, row.unit, lang),
        f"<b>{_said(row.value, row.unit, lang)}</b>",
        spread,
        _said(row.target, row.unit, lang),
        _verdict(row, lang),
        escape(f"{label_of(entry, lang)} ({entry.confidence})"),
    ]


def _said(value: float, unit: str, lang: str) -> str:
    if value != value:
        return "–"
    if unit.startswith("share"):
        return share(value)
    if unit == "x":
        return f"{number(round(value, 2), lang)}×"
    said = count(value, lang) if unit == "stores" else number(round(value, 1), lang)
    return escape(f"{said} {text('goals.days', lang)}" if unit == "days" else said)


def _verdict(row: Any, lang: str) -> str:
    if row.target != row.target:
        return f'<span class="faint">{escape(text("goals.no_target", lang))}</span>'
    reached = row.value < row.target if row.goal in LESS_IS_BETTER else row.value >= row.target
    kind, said = ("good", text("goals.reached", lang)) if reached else ("watch", text("goals.short", lang))
    if row.odds == row.odds:  # how likely it is counts for more than where the plan's own figures end
        kind = odds_pill(row.odds)[0]
        said = f"{said}, {text('goals.chance', lang, n=share(row.odds))}"
    return f'<span class="pill {kind}">{escape(said)}</span>'


def _definitions(goals: list[str], lang: str) -> str:
    said = " ".join(f"{text(f'goals.{goal}', lang)}: {text(f'goals.{goal}.means', lang)}" for goal in goals)
    return f'<p class="note">{escape(said)}</p>'
