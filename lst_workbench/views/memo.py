"""The board memo: one HTML page that asks nothing of a network, for screen and paper."""

from html import escape
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Register
from lst_workbench.market import Market, landmarks
from lst_workbench.planning.goals import goals_of
from lst_workbench.runs import PlanResult
from lst_workbench.views import maps, odds, tables
from lst_workbench.views.cards import CARDS, figure_of, head, label_of, ranges_of, unit_of
from lst_workbench.views.findings import (
    KPI_OF_GOAL,
    Finding,
    chance,
    finding_of,
    headline,
    kpi_rows,
    limits,
    mend,
    used_shares,
)
from lst_workbench.views.formats import count, month, number, reps, rmb
from lst_workbench.views.goal_cards import goals_table
from lst_workbench.views.messages import text
from lst_workbench.views.states import certificate_words
from lst_workbench.views.theme import tokens_css

WIDE, TALL = 680, 230  # of the charts, in their own units


def memo_html(result: PlanResult, market: Market, register: Register, lang: str, sheet: str = "") -> str:
    """Write the memo of a run.

    Parameters
    ----------
    result : PlanResult
        A finished run.
    market : Market
        The market it planned, for names and the map.
    register : Register
        Every planning figure, with source and confidence.
    lang : str
        "en" or "zh".
    sheet : str
        Style sheet of the pages, whose tables and bars the memo shows.
    """
    finding = finding_of(result)
    sure = "kpi_ranges" in result.tables
    parts = [
        _head(result, market, finding, lang),
        _section("memo.decisions", _decisions(result, finding, register, lang), lang),
        _section("memo.figures", _figures(result, register, lang), lang),
        _section("goals.title", goals_table(goals_of(result, market, register), register, lang), lang),
        _section("curve.title", curve_svg(result.tables, finding, lang), lang),
        *([_odds(result, finding, register, lang)] if sure else []),
        _section("map.title", map_svg(result, market, lang), lang),
        _section("worth.title", tables.worth_list(result.tables["levers"], register, lang), lang),
        _section("order.title", tables.order_account(result.tables["economics"], lang), lang),
        _section("places.title", tables.places_table(result.tables, market.places, lang), lang, "long"),
        _section("memo.assumptions", _assumptions(result, register, lang), lang, "long small"),
        _section("memo.made", _made(result, lang), lang),
    ]
    title = escape(text("memo.title", lang))
    own = files("lst_workbench.views").joinpath("memo.css").read_text(encoding="utf-8")
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{sheet or tokens_css()}\n{own}</style></head>"
        f'<body class="lst"><main class="memo">{"".join(parts)}</main></body></html>'
    )


def _section(key: str, body: str, lang: str, kind: str = "") -> str:
    return f'<section class="{kind}">{head(key, lang)}{body}</section>'


def _head(result: PlanResult, market: Market, finding: Finding, lang: str) -> str:
    scenario = result.meta["scenario"]
    label = scenario["label_zh" if lang == "zh" else "label"]
    tag = text("synthetic", lang) if market.meta.synthetic else ""
    words = [text("memo.title", lang), market.meta.name, label, tag]
    said = f"{limits(finding, lang)}{mend(finding, lang)} {chance(finding, lang)}"
    return (
        f'<p class="kicker">{escape(" · ".join(word for word in words if word))}</p>'
        f"<h1>{escape(headline(finding, lang))}</h1><p>{escape(said)}</p>"
    )


def _decisions(result: PlanResult, finding: Finding, register: Register, lang: str) -> str:
    """Ask for what the run's own figures call for: the waves, room where it pays most, the margin, the reach."""
    run = result.tables
    rows, order = kpi_rows(run["kpis"]), run["economics"].set_index("item")["value"]
    first = run["curve"].iloc[0]
    asked = [
        text("memo.ask.start", lang, n=count(rows["signups_stores"]["value"], lang), reps=reps(finding.reps),
             first=count(first["signups"], lang), month=month(first["month"], lang, year=True, long=True))
    ]  # fmt: skip
    best = run["levers"].sort_values("in_system_gain", ascending=False).iloc[0]
    if round(best["in_system_gain"]) > 0:
        entry = register[best["key"]]
        step = tables.change_of(float(best["change"]), entry, lang)
        gain = count(best["in_system_gain"], lang)
        asked.append(text("memo.ask.lever", lang, name=label_of(entry, lang), change=step, n=gain))
    if order["contribution_rmb_order"] < 0:
        loss = rmb(-order["contribution_rmb_order"], lang)
        margin = f"{order['break_even_margin_share']:.1%}"
        asked.append(text("memo.ask.margin", lang, n=loss, margin=margin))
    if "uncovered_stores" in rows and rows["uncovered_stores"]["value"] > 0:
        asked.append(text("memo.ask.reach", lang, n=count(rows["uncovered_stores"]["value"], lang)))
    return "<ol>" + "".join(f"<li>{escape(said)}</li>" for said in asked) + "</ol>"


def _figures(result: PlanResult, register: Register, lang: str) -> str:
    """Headline figures with range, goal, and the assumption they rest on most."""
    rows, ranges = kpi_rows(result.tables["kpis"]), ranges_of(result.tables)
    columns = [(text(f"memo.col.{name}", lang), kind) for name, kind in MEMO_COLUMNS]
    cells = [_figure_row({**row, **ranges.get(name, {})}, register, lang) for name in CARDS if (row := rows.get(name))]
    return tables.grid(columns, cells, text("memo.figures", lang))


MEMO_COLUMNS = (
    ("figure", "txt"), ("plan", "num"), ("p10", "num"), ("p50", "num"), ("p90", "num"), ("goal", "num"),
    ("rests", "txt"),
)  # fmt: skip


def _figure_row(row: dict[str, Any], register: Register, lang: str) -> list[str]:
    def said(value: Any) -> str:
        return "" if value is None else escape(figure_of(value, row["unit"], lang))

    entry = register[row["register_key"]]
    unit = unit_of(row["unit"], lang)
    name = text(f"kpi.{row['name']}", lang) + (f", {unit}" if unit else "")
    goal = "" if pd.isna(row["goal"]) else said(row["goal"])
    rests = f"{label_of(entry, lang)} ({entry.confidence})"
    figures = [f"<b>{said(row['value'])}</b>", *(said(row.get(at)) for at in ("p10", "p50", "p90")), goal]
    return [escape(name), *figures, escape(rests)]


def curve_svg(run: Any, finding: Finding, lang: str) -> str:
    """Draw stores in system and active stores by month, with the range and the goal."""
    curve = run["curve"]
    stores, active = curve["in_system"].to_numpy(np.float64), curve["active"].to_numpy(np.float64)
    low = high = stores
    if "curve_ranges" in run:
        rows = run["curve_ranges"][run["curve_ranges"]["measure"] == "in_system"]
        low, high = rows["p10"].to_numpy(), rows["p90"].to_numpy()
    goal = finding.goal if finding.counted == "in_system" and pd.notna(finding.goal) else None
    top = 1.1 * max(float(high.max()), goal or 0.0, 1.0)
    step = (WIDE - 150) / max(len(stores) - 1, 1)

    def y(value: float) -> float:
        return TALL - 24 - (TALL - 40) * value / top

    def line(values: np.ndarray) -> str:
        return " ".join(f"{10 + at * step:.1f},{y(value):.1f}" for at, value in enumerate(values))

    back = " ".join(reversed(line(low).split(" ")))
    names = "".join(
        f'<text x="{10 + at * step:.1f}" y="{TALL - 6}" text-anchor="middle">{escape(month(when, lang))}</text>'
        for at, when in enumerate(curve["month"])
    )
    right = WIDE - 134
    ends = [
        (stores[-1], "accent", f"{count(stores[-1], lang)} {text('curve.in_system', lang)}"),
        (active[-1], "ink-2", f"{count(active[-1], lang)} {text('curve.active', lang)}"),
    ]
    dashed = ""
    if goal is not None:
        shift = 13 if abs(y(goal) - y(stores[-1])) < 13 and goal <= stores[-1] else 0
        shift = -13 if abs(y(goal) - y(stores[-1])) < 13 and goal > stores[-1] else shift
        dashed = (
            f'<path d="M10 {y(goal):.1f}H{right}" stroke="var(--goal)" stroke-dasharray="4 3"/>'
            f'<text x="{right + 4}" y="{y(goal) + 4 + shift:.1f}" fill="var(--goal)">'
            f"{escape(text('goal.line', lang, n=count(goal, lang)))}</text>"
        )
    labels = "".join(
        f'<text x="{right + 4}" y="{y(value) + 4:.1f}" fill="var(--{shade})">{escape(said)}</text>'
        for value, shade, said in ends
    )
    title = escape(text("curve.title", lang), quote=True)
    return (
        f'<svg class="chart" viewBox="0 0 {WIDE} {TALL}" role="img" aria-label="{title}" font-size="11" '
        f'font-family="inherit" fill="var(--ink-3)"><polygon points="{line(high)} {back}" fill="var(--accent)" '
        f'opacity="0.13"/><polyline points="{line(active)}" fill="none" stroke="var(--ink-3)" stroke-width="1.6"/>'
        f'<polyline points="{line(stores)}" fill="none" stroke="var(--accent)" stroke-width="2.4"/>'
        f"{dashed}{names}{labels}</svg>{tables.months_table(curve, used_shares(run['capacities']), lang)}"
    )


def _odds(result: PlanResult, finding: Finding, register: Register, lang: str) -> str:
    figures = result.meta["scenario"]["figures"]
    card = odds.odds_card(result.tables, figures["rollout.draws"], finding.reps, lang)
    decides = odds.tornado_card(result.tables, KPI_OF_GOAL[finding.counted], register, lang)
    return f"<section>{card}</section><section>{decides}</section>"


def map_svg(result: PlanResult, market: Market, lang: str) -> str:
    """Draw the cells by month of their first sign-up, with the names of the largest places; no boundary."""
    months = list(pd.to_datetime(result.tables["curve"]["month"]))
    layer = maps.waves_layer(result.tables["cells_plan"], months, lang)
    (south, west), (north, east) = layer.bounds
    squeeze = float(np.cos(np.radians((south + north) / 2)))
    tall = WIDE * (north - south) / max((east - west) * squeeze, 1e-9)

    def at(lon: float, lat: float) -> str:
        return f"{WIDE * (lon - west) / (east - west):.1f} {tall * (north - lat) / (north - south):.1f}"

    paths = []
    for feature in layer.geojson["features"]:
        style = feature["properties"]["style"]
        rings = "".join(
            "M" + "L".join(at(*corner) for corner in ring) + "Z"
            for polygon in feature["geometry"]["coordinates"]
            for ring in polygon
        )
        paths.append(f'<path d="{rings}" fill="{style["fillColor"]}" stroke="{style["color"]}" stroke-width="0.5"/>')
    towns = landmarks(market.places)
    spots = {(label.lat, label.lon) for label in maps.place_labels(towns, lang, most=9)}
    named = towns[[spot in spots for spot in zip(towns["lat"], towns["lon"], strict=True)]]
    labels = "".join(
        f'<text x="{at(row.lon, row.lat).split(" ")[0]}" y="{at(row.lon, row.lat).split(" ")[1]}" text-anchor="middle" '
        f'stroke="var(--surface)" stroke-width="3" paint-order="stroke">'
        f"{escape(str(row.name_zh if lang == 'zh' and isinstance(row.name_zh, str) else row.name_en))}</text>"
        for row in named.itertuples()
    )
    title = escape(text("map.title", lang), quote=True)
    return (
        f'<svg class="map" viewBox="0 0 {WIDE} {tall:.0f}" role="img" aria-label="{title}" font-size="12" '
        f'font-family="inherit" fill="var(--ink)">{"".join(paths)}{labels}</svg>{maps.legend_markup(lang, layer)}'
    )


def _assumptions(result: PlanResult, register: Register, lang: str) -> str:
    """List what the figures rest on: value here, range, source, confidence; what decides most comes first."""
    run, here = result.tables, result.meta["scenario"]["figures"]
    keys = [*run["tornado"]["key"].tolist()] if "tornado" in run else []
    keys = list(dict.fromkeys([*keys, *run["levers"]["key"], *run["kpis"]["register_key"]]))
    columns = [(text(f"memo.col.{name}", lang), kind) for name, kind in ASSUMPTION_COLUMNS]
    rows = []
    for key in keys:
        entry = register[key]
        scale = here[key] / entry.value if entry.scales and entry.value else 1.0
        span = "" if scale != 1.0 else f"{number(entry.low, lang)} \u2013 {number(entry.high, lang)}"
        said = [label_of(entry, lang), f"{number(here[key], lang)} {entry.unit}", span, entry.source, entry.confidence]
        rows.append([escape(word) for word in said])
    return (
        tables.grid(columns, rows, text("memo.assumptions", lang))
        + f'<p class="note">{escape(text("memo.confidence", lang))}</p>'
    )


ASSUMPTION_COLUMNS = (("figure", "txt"), ("value", "num"), ("range", "num"), ("source", "txt"), ("confidence", "txt"))


def _made(result: PlanResult, lang: str) -> str:
    words = [text("foot.places", lang), text("foot.map", lang)]
    if result.certificate is not None:
        words.insert(0, certificate_words(result.certificate, lang))
    name = result.path.name if result.path is not None else "plan"
    words.append(text("foot.run", lang, run=name, version=result.meta.get("package_version", "")))
    return "".join(f'<p class="note">{escape(word)}</p>' for word in words)
