"""Plans side by side: what the others come to, in a table, a small chart and a sentence each."""

from collections.abc import Sequence
from html import escape
from typing import Any, NamedTuple

import pandas as pd

from lst_workbench.assumptions import Register
from lst_workbench.runs import PlanResult
from lst_workbench.views.cards import CARDS, figure_of, label_of, range_words, ranges_of
from lst_workbench.views.findings import kpi_rows
from lst_workbench.views.formats import MINUS, count, month, number
from lst_workbench.views.messages import text
from lst_workbench.views.tables import grid

SHADES = ("accent", "goal", "seq-4")
COUNTS, MONEY = ("in_system_stores", "active_stores"), ("gmv_rmb_month", "contribution_rmb_order")
SHOWN_CHANGES = 4
SIZE = (520, 150)
NOTHING = 5e-4  # of a figure: less is no difference


class Named(NamedTuple):
    """A run and what it is called."""

    name: str
    run: PlanResult


def side_by_side(plans: Sequence[Named], register: Register, lang: str) -> str:
    """Show plans of one market beside the first of them.

    Parameters
    ----------
    plans : sequence of Named
        Two or three.
    register : Register
        Names of the planning figures.
    lang : str
        "en" or "zh".
    """
    said = "".join(
        f"<p>{_dot(at)}{sentence(plans[0], plan, register, lang)}</p>" for at, plan in enumerate(plans) if at
    )
    return f'<div class="beside">{said}{_chart(plans, lang)}{_table(plans, lang)}</div>'


def sentence(first: Named, other: Named, register: Register, lang: str) -> str:
    """Say in words what another plan comes to against the first, and in which inputs it differs."""
    here, there = (kpi_rows(plan.run.tables["kpis"]) for plan in (first, other))
    parts = [
        _count_words(name, there[name]["value"] - here[name]["value"], here[name]["value"], lang) for name in COUNTS
    ]
    parts += [_money_words(name, here[name], there[name], lang) for name in MONEY if name in here and name in there]
    found = text("comma", lang).join(part for part in parts if part) or text("beside.same", lang)
    return f"<b>{escape(other.name)}</b>: {escape(found)}. {escape(_inputs(first, other, register, lang))}"


def _count_words(name: str, change: float, of: float, lang: str) -> str:
    if abs(change) < max(0.5, NOTHING * abs(of)):
        return ""
    key = "beside.more" if change > 0 else "beside.fewer"
    return text(key, lang, n=count(abs(change), lang), what=text(f"beside.{name}", lang))


def _money_words(name: str, here: dict[str, Any], there: dict[str, Any], lang: str) -> str:
    change = there["value"] - here["value"]
    if not abs(change) > NOTHING * abs(here["value"]):
        return ""
    key = "beside.higher" if change > 0 else "beside.lower"
    return text(key, lang, n=figure_of(abs(change), here["unit"], lang), what=text(f"beside.{name}", lang))


def _inputs(first: Named, other: Named, register: Register, lang: str) -> str:
    """Name the planning figures that differ, the first few of them, and whether conditions do."""
    here, there = (plan.run.meta["scenario"]["figures"] for plan in (first, other))
    changed = [
        key for key in there if key in register and key in here and abs(there[key] - here[key]) > 1e-9 * abs(here[key])
    ]
    said = [
        text(
            "beside.change",
            lang,
            name=label_of(register[key], lang),
            before=number(here[key]),
            after=number(there[key]),
        )
        for key in changed[:SHOWN_CHANGES]
    ]
    if len(changed) > SHOWN_CHANGES:
        said.append(text("beside.others", lang, n=str(len(changed) - SHOWN_CHANGES)))
    if first.run.meta.get("conditions") != other.run.meta.get("conditions"):
        said.append(text("beside.conditions", lang))
    return (
        text("beside.differs", lang, what=text("comma", lang).join(said)) if said else text("beside.differs.not", lang)
    )


def _table(plans: Sequence[Named], lang: str) -> str:
    """Headline figures down, plans across; the others with the difference to the first."""
    kpis = [kpi_rows(plan.run.tables["kpis"]) for plan in plans]
    ranges = [ranges_of(plan.run.tables) for plan in plans]
    rows = []
    for name in CARDS:
        if not all(name in row for row in kpis):
            continue
        unit, base = kpis[0][name]["unit"], kpis[0][name]["value"]
        cells = [escape(text(f"kpi.{name}", lang))]
        for row, spread in zip(kpis, ranges, strict=True):
            value = row[name]["value"]
            low_high = escape(range_words(spread.get(name, {}), unit, lang))
            change = "" if row is kpis[0] else f' <span class="diff">{escape(_signed(value - base, unit, lang))}</span>'
            cells.append(f'<b>{escape(figure_of(value, unit, lang))}</b>{change}<span class="spread">{low_high}</span>')
        rows.append(cells)
    columns = [(text("beside.figure", lang), "txt"), *((plan.name, "num") for plan in plans)]
    return grid(columns, rows, text("beside.title", lang))


def _signed(change: float, unit: str, lang: str) -> str:
    if pd.isna(change) or change == 0:
        return ""
    return f"{'+' if change >= 0 else MINUS}{figure_of(abs(change), unit, lang)}"


def _dot(at: int) -> str:
    return f'<i class="key" style="background:var(--{SHADES[at]})"></i>'


def _chart(plans: Sequence[Named], lang: str) -> str:
    """Draw stores in system by month, a line a plan, on one axis."""
    wide, tall = SIZE
    curves = [plan.run.tables["curve"] for plan in plans]
    values = pd.concat([curve["in_system"] for curve in curves])
    low, high = float(values.min()), float(values.max())
    span, steps = (high - low) or 1.0, max(len(curve) for curve in curves) - 1 or 1

    def points(curve: pd.DataFrame) -> str:
        return " ".join(
            f"{8 + (wide - 16) * i / steps:.1f},{tall - 10 - (tall - 20) * (value - low) / span:.1f}"
            for i, value in enumerate(curve["in_system"])
        )

    lines = "".join(
        f'<polyline points="{points(curve)}" fill="none" stroke="var(--{SHADES[at]})" stroke-width="2.2" '
        'vector-effect="non-scaling-stroke"/>'
        for at, curve in reversed(list(enumerate(curves)))
    )
    keys = "".join(f"<span>{_dot(at)}{escape(plan.name)}</span>" for at, plan in enumerate(plans))
    ends = [month(curves[0]["month"].iloc[i], lang, year=True) for i in (0, -1)]
    label = escape(text("beside.curve", lang), quote=True)
    return (
        f'<div class="curves"><p class="lead">{label}: {escape(count(low, lang))} – {escape(count(high, lang))}</p>'
        f'<svg viewBox="0 0 {wide} {tall}" preserveAspectRatio="none" role="img" aria-label="{label}">{lines}</svg>'
        f'<p class="ends"><span>{escape(ends[0])}</span><span>{escape(ends[1])}</span></p>'
        f'<p class="keys">{keys}</p></div>'
    )
