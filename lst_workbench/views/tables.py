"""Tables of a page: places to act on, what one more is worth, the account of an order, the months."""

from html import escape

import pandas as pd

from lst_workbench.assumptions import Assumption, Register
from lst_workbench.views import marks
from lst_workbench.views.cards import label_of
from lst_workbench.views.findings import Tables
from lst_workbench.views.formats import MINUS, count, month, number, rmb, share, signed
from lst_workbench.views.messages import bilingual, knows, names, text

SHOWN_PLACES = 12


def grid(columns: list[tuple[str, str]], rows: list[list[str]], caption: str) -> str:
    """Draw a table: (heading, "num" or "txt") by column, cells as finished markup."""
    heads = "".join(f'<th scope="col" class="{kind}">{escape(name)}</th>' for name, kind in columns)
    body = "".join(
        "<tr>"
        + "".join(f'<td class="{kind}">{cell}</td>' for cell, (_, kind) in zip(row, columns, strict=True))
        + "</tr>"
        for row in rows
    )
    label = escape(caption, quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table class="grid">'
        f"<thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def places_table(tables: Tables, places: pd.DataFrame, lang: str, shown: int = SHOWN_PLACES) -> str:
    """Places with most sign-ups: how many, when, and how many stores no warehouse reaches."""
    plan = tables["places_plan"].merge(places[["place_id", "name_en", "name_zh"]], on="place_id", how="left")
    plan = plan.sort_values(["signups", "stores", "place_id"], ascending=[False, False, True]).head(shown)
    by_month = signups_by_place(tables).reindex(plan["place_id"], fill_value=0)
    rows = [_place_row(row, by_month.loc[row.place_id], lang) for row in plan.itertuples()]
    names = ("place", "stores", "participants", "signups", "by_month", "first", "uncovered", "gmv")
    columns = [(text(f"col.{name}", lang), "txt" if name in ("place", "by_month") else "num") for name in names]
    return grid(columns, rows, text("places.title", lang))


def uncovered_line(tables: Tables, places: pd.DataFrame, lang: str) -> str:
    """Say how many stores no warehouse reaches, and where most of them are; empty when there are none."""
    plan = tables["places_plan"]
    out = plan[plan["uncovered"] > 0].sort_values("uncovered", ascending=False)
    if out.empty:
        return ""
    top = out.head(3).merge(places[["place_id", "name_en", "name_zh"]], on="place_id", how="left")
    where = text("comma", lang).join(
        f"{names(row.name_en, row.name_zh, lang)[0]} {count(row.uncovered, lang)}" for row in top.itertuples()
    )
    figures = {"n": count(out["uncovered"].sum(), lang), "places": count(len(out), lang), "where": where}
    return f'<p class="note">{escape(text("places.uncovered", lang, **figures))}</p>'


def signups_by_place(tables: Tables) -> pd.DataFrame:
    """Sign-ups of each place by month: places down, all months of the plan across."""
    counted = tables["place_months"].pivot(index="place_id", columns="month", values="signups").fillna(0).astype(int)
    return counted.reindex(columns=tables["curve"]["month"], fill_value=0)


def _place_row(row: object, by_month: pd.Series, lang: str) -> list[str]:
    uncovered = getattr(row, "uncovered", 0)
    return [
        bilingual(row.name_en, row.name_zh, lang),  # type: ignore[attr-defined]
        count(row.stores, lang),  # type: ignore[attr-defined]
        count(row.participants, lang),  # type: ignore[attr-defined]
        f"<b>{count(row.signups, lang)}</b>",  # type: ignore[attr-defined]
        marks.columns(by_month.tolist()),
        escape(month(row.first_month, lang)),  # type: ignore[attr-defined]
        f'<span class="watch-text">▲ {count(uncovered, lang)}</span>' if uncovered else "0",
        rmb(row.gmv_rmb_month, lang),  # type: ignore[attr-defined]
    ]


def worth_list(levers: pd.DataFrame, register: Register, lang: str) -> str:
    """Rank what one step of each lever is worth in stores, best first; a zero says "not binding"."""
    ranked = levers.sort_values("in_system_gain", ascending=False)
    top = max(float(ranked["in_system_gain"].abs().max()), 1.0) if len(ranked) else 1.0
    cells = [_worth_row(row, register, top, lang) for row in ranked.itertuples()]
    return f'{_callout(ranked, register, lang)}<div class="worth">{"".join(cells)}</div>'


def _callout(ranked: pd.DataFrame, register: Register, lang: str) -> str:
    if ranked.empty or round(float(ranked["in_system_gain"].iloc[0])) < 1:
        return f'<div class="callout">{escape(text("worth.zero", lang))}</div>'
    best = ranked.iloc[0]
    said = text("worth.best", lang, name=_step(best, register, lang), n=signed(best["in_system_gain"], lang))
    return f'<div class="callout">{escape(said)}</div>'


def _worth_row(row: object, register: Register, top: float, lang: str) -> str:
    gain = float(row.in_system_gain)  # type: ignore[attr-defined]
    name = escape(_step(row, register, lang))
    if round(gain):
        kind = "loss" if gain < 0 else "gain"
        bar = f'<i class="{kind}" style="width:{68 * abs(gain) / top:.0f}px"></i>'
    else:
        bar = f'<span class="faint">{escape(text("worth.nothing", lang))}</span>'
    return f'<div>{name}</div><div class="bar">{bar}</div><div class="num">{escape(signed(gain, lang))}</div>'


def _step(row: object, register: Register, lang: str) -> str:
    """Name a lever with the step it takes: "Field representatives +0.1"."""
    entry = register[row.key]  # type: ignore[attr-defined]
    return text("worth.step", lang, name=label_of(entry, lang), change=change_of(float(row.change), entry, lang))  # type: ignore[attr-defined]


def change_of(change: float, entry: Assumption, lang: str) -> str:
    """Say a step of a planning figure with its sign and unit."""
    sign = "+" if change > 0 else MINUS
    if entry.unit.startswith("RMB"):
        return f"{sign}{rmb(abs(change), lang)}"
    if entry.unit.startswith("share"):
        return text("points", lang, n=f"{sign}{number(100 * abs(change))}")
    return f"{sign}{number(abs(change), lang)} {unit_words(entry.unit, lang)}".strip()


def unit_words(unit: str, lang: str) -> str:
    """Say the unit of a planning figure in words; the register's own where the catalogue has none."""
    return text(f"unit.{unit}", lang) if knows(f"unit.{unit}") else unit


def order_account(economics: pd.DataFrame, lang: str) -> str:
    """Account of an average order, and what would mend it where it loses money."""
    of = dict(zip(economics["item"], economics["value"], strict=True))
    margin, handling, haul = (of["order_rmb"] * of[f"{k}_share"] for k in ("margin", "handling", "line_haul"))
    steps = [("margin", 0.0, margin), ("handling", margin, margin - handling)]
    steps += [("line_haul", margin - handling, margin - handling - haul)]
    steps += [("drop", margin - handling - haul, margin - handling - haul - of["drop_rmb"])]
    total = of["contribution_rmb_order"]
    ends = [0.0, margin, total, *(end for _, _, end in steps)]
    low, high = min(ends), max(ends)
    rows = [_account_row(key, end - start, start, end, low, high, lang) for key, start, end in steps]
    rows.append(_account_row("contribution", total, 0.0, total, low, high, lang, last=True))
    lead = text("order.lead", lang, order=rmb(of["order_rmb"], lang))
    return f'<p class="lead">{escape(lead)}</p><table class="account">{"".join(rows)}</table>{_verdict(of, lang)}'


def _account_row(
    key: str, value: float, start: float, end: float, low: float, high: float, lang: str, *, last: bool = False
) -> str:
    return (
        f'<tr class="{"sum" if last else ""}"><td>{escape(text(f"order.{key}", lang))}</td>'
        f'<td class="num">{escape(rmb(value, lang))}</td><td>{marks.waterfall(start, end, low, high)}</td></tr>'
    )


def _verdict(of: dict[str, float], lang: str) -> str:
    """Say plainly whether orders lose money, and which margin, order size or drop cost mends it."""
    if of["contribution_rmb_order"] >= 0:
        return f'<p class="verdict">{escape(text("order.earns", lang, n=rmb(of["contribution_rmb_order"], lang)))}</p>'
    ways = [
        text("order.mend.margin", lang, n=_percent(of["break_even_margin_share"]), now=_percent(of["margin_share"]))
    ]
    size = of.get("break_even_order_rmb", float("nan"))
    if pd.notna(size):
        ways.append(text("order.mend.size", lang, n=rmb(size, lang)))
    if of["break_even_drop_rmb"] > 0:
        drops = {"n": rmb(of["break_even_drop_rmb"], lang), "now": rmb(of["drop_rmb"], lang)}
        ways.append(text("order.mend.drop", lang, **drops))
    lose = text("order.loses", lang, n=rmb(abs(of["contribution_rmb_order"]), lang))
    mend = text("order.mend", lang, ways=text("clause", lang).join(ways))
    vain = "" if pd.notna(size) else text("order.mend.vain", lang)
    return f'<p class="verdict"><b>{escape(lose)}</b> {escape(mend)} {escape(vain)}</p>'


def _percent(value: float) -> str:
    return f"{100 * value:.1f}%"


def months_table(curve: pd.DataFrame, used: pd.DataFrame, lang: str) -> str:
    """Twin of the monthly chart for those who cannot see it."""
    names = ("month", "signups", "in_system", "active")
    columns = [(text(f"col.{name}", lang), "txt" if name == "month" else "num") for name in names]
    columns += [(text(f"resource.{resource}.short", lang), "num") for resource in used.index]
    rows = [
        [
            escape(month(row.month, lang, year=True)),
            *(count(value, lang) for value in (row.signups, row.in_system, row.active)),
            *(share(value) for value in used[row.month]),
        ]
        for row in curve.itertuples()
    ]
    table = grid(columns, rows, text("curve.table", lang))
    return f'<details class="twin"><summary>{escape(text("curve.table", lang))}</summary>{table}</details>'
