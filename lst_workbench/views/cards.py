"""Cards of a page: figures and language in, escaped markup out. No widgets here."""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

import pandas as pd

from lst_workbench.assumptions import Assumption, Register
from lst_workbench.views import marks
from lst_workbench.views.findings import Tables, kpi_rows, odds_of
from lst_workbench.views.formats import count, number, reps, rmb, share
from lst_workbench.views.messages import both, knows, text

LOGO = (
    '<svg width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">'
    '<path d="M10 1l7.8 4.5v9L10 19l-7.8-4.5v-9z" fill="var(--accent)"/>'
    '<path d="M10 5.2l4.2 2.4v4.8L10 14.8l-4.2-2.4V7.6z" fill="var(--seq-3)"/></svg>'
)
LIKELY, UNLIKELY = 2 / 3, 1 / 3
PAGES = ("rollout", "network", "cobranded", "store", "range", "credit", "import")
CARDS = (
    "in_system_stores", "signups_stores", "active_stores", "gmv_rmb_month", "reps_for_goal",
    "field_cost_rmb_active_store", "contribution_rmb_order",
)  # fmt: skip


@dataclass(frozen=True)
class Figures:
    """What a card needs to say where its figure comes from.

    Parameters
    ----------
    register : Register
        Every planning figure, with source and confidence.
    here : mapping
        The run's value of each figure, at the scale of its market.
    """

    register: Register
    here: Mapping[str, float]


def topbar(lang: str, synthetic: bool, page: str = "rollout") -> str:
    """Name, the pages there are (each a notebook of that name in `apps/`), and the tag that says what is made up."""
    links = "".join(
        f'<span class="on" aria-current="page">{escape(text(f"nav.{name}", lang))}</span>'
        if name == page
        else f'<a href="{name}.ipynb">{escape(text(f"nav.{name}", lang))}</a>'
        for name in PAGES
    )
    tag = f'<span class="tag" title="{escape(text("synthetic.why", lang))}">{escape(text("synthetic", lang))}</span>'
    return (
        f'<div class="topbar"><div class="brand">{LOGO}{escape(text("app", lang))}</div><nav class="nav">{links}</nav>'
        f'<span class="spring"></span>{tag if synthetic else ""}</div>'
    )


def head(key: str, lang: str, sub: str = "") -> str:
    """Heading of a card in both languages, with a note in grey."""
    note = f'<span class="sub">{escape(sub)}</span>' if sub else ""
    return f'<div class="card-head"><h2>{both(key, lang)}</h2>{note}</div>'


def kpi_row(tables: Tables, figures: Figures, lang: str) -> str:
    """Headline figures, each with unit, goal, definition and its entry in the register."""
    rows, ranges = kpi_rows(tables["kpis"]), ranges_of(tables)
    start = float(tables["places_plan"]["participants"].sum())
    shown = [row for name in CARDS if (row := rows.get(name)) and (name != "signups_stores" or pd.notna(row["goal"]))]
    made = [_kpi({**row, **ranges.get(row["name"], {})}, rows, start, figures, lang) for row in shown]
    if pd.notna(odds := odds_of(tables)):
        made.insert(1, _odds(odds, figures, lang))
    return f'<div class="kpis n{len(made)}">{"".join(made)}</div>'


def figure_of(value: float, unit: str, lang: str) -> str:
    """Say a figure in its unit, the unit left to stand beside it."""
    if unit.startswith("RMB"):
        return rmb(value, lang)
    if unit.startswith("share"):
        return share(value)
    if unit.startswith("rep"):
        return reps(value) if pd.notna(value) else text("none", lang)
    return count(value, lang) if unit.startswith("store") else number(value, lang)


def unit_of(unit: str, lang: str) -> str:
    """Say what stands in grey behind a figure."""
    return text(f"unit.{unit}", lang) if knows(f"unit.{unit}") else ""


def _kpi(row: dict[str, Any], rows: dict[str, dict[str, Any]], start: float, figures: Figures, lang: str) -> str:
    name, value, unit = row["name"], row["value"], row["unit"]
    goal = None if pd.isna(row["goal"]) else float(row["goal"])
    mark = _mark(row, goal, start if name == "in_system_stores" else 0.0)
    said = escape(range_words(row, unit, lang))
    value_said = escape(figure_of(value, unit, lang))
    return card(row, value_said, unit_of(unit, lang), said, mark, _foot(row, goal, rows, lang), figures, lang)


def card(
    row: Mapping[str, Any], value: str, unit: str, span: str, mark: str, foot: str, figures: Figures, lang: str
) -> str:
    """Put one figure into its card; all but the row is finished markup."""
    label = escape(text(f"kpi.{row['name']}", lang))
    spread = f'<div class="kpi-range">{span}</div>' if span else ""
    return (
        f'<div class="kpi"><div class="kpi-label"><span class="name">{label}</span>'
        f"{_definition(row, figures, lang)}</div>"
        f'<div class="kpi-value">{value}<span class="unit">{escape(unit)}</span></div>{spread}{mark}'
        f'<div class="kpi-foot">{foot}</div></div>'
    )


def _odds(odds: float, figures: Figures, lang: str) -> str:
    """Card of the chance of the goal."""
    kind, word = odds_pill(odds)
    draws = text("odds.draws", lang, n=count(figures.here.get("rollout.draws", float("nan")), lang))
    row = {"name": "goal_odds", "register_key": "rollout.draws"}
    pill = f'<span class="pill {kind}">{escape(text(word, lang))}</span>'
    return card(row, escape(share(odds)), "", escape(draws), marks.bullet(odds, None, 0.0, 1.0), pill, figures, lang)


def odds_pill(odds: float) -> tuple[str, str]:
    """Kind and word of a probability: likely from two thirds, unlikely below one third (as IPCC words it)."""
    if odds >= LIKELY:
        return "good", "odds.likely"
    return ("bad", "odds.unlikely") if odds < UNLIKELY else ("watch", "odds.open")


def ranges_of(tables: Tables) -> dict[str, dict[str, float]]:
    """P10, P50 and P90 of each headline figure by its name; nothing where the run has no such table."""
    if "kpi_ranges" not in tables:
        return {}
    rows = tables["kpi_ranges"].set_index("name")[["p10", "p50", "p90"]]
    return {str(name): row for name, row in rows.to_dict("index").items()}


def range_words(row: Mapping[str, Any], unit: str, lang: str) -> str:
    """Say the range of a figure: "P10 895K – P90 998K"; empty when there is none."""
    if "p10" not in row:
        return ""
    low, high = (figure_of(row[name], unit, lang) for name in ("p10", "p90"))
    return f"P10 {low} \u2013 P90 {high}"


def _mark(row: Mapping[str, Any], goal: float | None, start: float) -> str:
    span = (row["p10"], row["p90"]) if "p10" in row and pd.notna(row["p10"]) and pd.notna(row["p90"]) else None
    shown = [at for at in (row["value"], goal, *(span or ())) if at is not None]
    if (goal is None and span is None) or pd.isna(row["value"]):
        return ""
    floor = min(start, 0.0, *shown) if min(shown) < start else start
    return marks.bullet(row["value"], goal, floor, floor + 1.12 * (max(shown) - floor), span)


def _foot(row: dict[str, Any], goal: float | None, rows: dict[str, dict[str, Any]], lang: str) -> str:
    name, value, unit = row["name"], row["value"], row["unit"]
    if unit == "RMB/order":
        kind, word = ("bad", "pill.negative") if value < 0 else ("good", "pill.positive")
        pill = f'<span class="pill {kind}">{escape(text(word, lang))}</span>'
        return f"<span>{escape(text('kpi.break_even', lang))}</span>{pill}"
    if name == "reps_for_goal":
        return f"<span>{escape(text('kpi.reps_now', lang, n=reps(rows['reps']['value'])))}</span>"
    if goal is not None:
        gap = round(value) - round(goal) if unit == "stores" else value - goal
        arrow = "up" if gap > 0 else "down" if gap < 0 else ""
        said = figure_of(abs(gap), unit, lang) if arrow else ""
        goal_said = escape(text("goal.line", lang, n=figure_of(goal, unit, lang)))
        return f'<span>{goal_said}</span><span class="{arrow}">{escape(said)}</span>'
    if name == "active_stores" and (whole := rows.get("in_system_stores")):
        return f"<span>{escape(text('kpi.active_share', lang, n=share(value / whole['value'])))}</span>"
    return f"<span>{escape(text(f'kpi.{name}.foot', lang))}</span>" if knows(f"kpi.{name}.foot") else ""


def _definition(row: Mapping[str, Any], figures: Figures, lang: str) -> str:
    """Definition on hover, focus or tap, with the register entry folded under it."""
    name, key = row["name"], row["register_key"]
    entry = register_entry(figures, key, lang) if key in figures.register else ""
    label = escape(text("definition", lang, name=text(f"kpi.{name}", lang)), quote=True)
    return (
        f'<span class="info" tabindex="0" role="button" aria-label="{label}">i<div class="pop">'
        f"<p><b>{both(f'kpi.{name}', lang)}</b></p><p>{escape(text(f'kpi.{name}.means', lang))}</p>{entry}</div></span>"
    )


def kpi_card(
    name: str, means: str, value: str, unit: str, figures: Figures, lang: str, *, range_said: str = "", mark: str = "",
    foot: str = "", key: str = "",
) -> str:  # fmt: skip
    """Card of one figure: name with its definition, figure and unit, range, mark, and what stands under it."""
    entry = register_entry(figures, key, lang) if key in figures.register else ""
    label = escape(text("definition", lang, name=text(name, lang)), quote=True)
    definition = (
        f'<span class="info" tabindex="0" role="button" aria-label="{label}">i<div class="pop">'
        f"<p><b>{both(name, lang)}</b></p><p>{escape(text(means, lang))}</p>{entry}</div></span>"
    )
    width = f'<div class="kpi-range">{escape(range_said)}</div>' if range_said else ""
    return (
        f'<div class="kpi"><div class="kpi-label"><span class="name">{escape(text(name, lang))}</span>'
        f"{definition}</div>"
        f'<div class="kpi-value">{escape(value)}<span class="unit">{escape(unit)}</span></div>{width}{mark}'
        f'<div class="kpi-foot"><span>{escape(foot)}</span></div></div>'
    )


def register_entry(figures: Figures, key: str, lang: str) -> str:
    """Where a number comes from: label, value, range, source and confidence, folded until asked for."""
    entry = figures.register[key]
    rows = [
        ("register.value", _with_unit(entry.value, entry)),
        ("register.here", _with_unit(figures.here[key], entry) if key in figures.here else ""),
        ("register.range", f"{number(entry.low)} \u2013 {number(entry.high)} {entry.unit}"),
        ("register.source", entry.source),
        ("register.confidence", text(f"confidence.{entry.confidence}", lang)),
        ("register.note", entry.note),
    ]
    body = "".join(
        f"<tr><td>{escape(text(name, lang))}</td><td>{escape(said)}</td></tr>" for name, said in rows if said
    )
    return (
        f'<details class="entry"><summary>{escape(text("register", lang))}: {escape(label_of(entry, lang))}</summary>'
        f'<table class="kv"><tr><td colspan="2"><code>{escape(key)}</code></td></tr>{body}</table></details>'
    )


def label_of(entry: Assumption, lang: str) -> str:
    """Name of a planning figure in the chosen language."""
    return entry.label_zh if lang == "zh" else entry.label


def _with_unit(value: float, entry: Assumption) -> str:
    return f"{number(value)} {entry.unit}"
