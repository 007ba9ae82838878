"""Cards of the Co-branded page: a choice in, escaped markup out."""

from html import escape
from typing import Any

import pandas as pd

from lst_workbench.assumptions import Assumption
from lst_workbench.contracts.kinds import COBRANDED_REASONS
from lst_workbench.market import Market
from lst_workbench.runs import StageOutput
from lst_workbench.views import marks
from lst_workbench.views.cards import Figures, head, kpi_card, label_of
from lst_workbench.views.formats import count, number, rmb, share
from lst_workbench.views.messages import bilingual, text
from lst_workbench.views.states import certificate_words
from lst_workbench.views.stores import store_name
from lst_workbench.views.tables import grid, unit_words

SHOWN_CHOSEN, SHOWN_NEXT = 15, 8


def finding(choice: StageOutput, lang: str) -> str:
    """Say how many shops, what they cost and when that is paid back, beside what the press's figure would promise."""
    value = choice.tables["kpis"].set_index("name")["value"]
    said = text(
        "cobranded.headline" if value["payback_p50_months"] > 0 else "cobranded.headline.never",
        lang,
        n=count(value["cobranded_stores"], lang),
        cost=rmb(value["fitout_rmb"], lang),
        months=months(value["payback_p50_months"], lang),
    )
    aside = text(
        "cobranded.aside",
        lang,
        press=months(value["press_payback_months"], lang),
        candidates=count(value["candidates_stores"], lang),
        fit=count(value["fit_stores"], lang),
    )
    proof = f" · {certificate_words(choice.certificate, lang)}" if choice.certificate else ""
    return f'<div class="finding"><h1>{escape(said)}</h1><p>{escape(aside)}{proof}</p></div>'


def months(value: float, lang: str) -> str:
    """Say a payback; one that never comes is said in a word."""
    return text("cobranded.months", lang, n=number(round(value, 1), lang)) if value == value else text("none", lang)


def lever_words(entry: Assumption, value: float, lang: str) -> tuple[str, str]:
    """Name of a lever and its figure with the unit."""
    if entry.unit.startswith("RMB"):
        return label_of(entry, lang), rmb(value, lang)
    if entry.unit.startswith("share"):
        return label_of(entry, lang), share(value)
    return label_of(entry, lang), f"{number(round(value, 2), lang)} {unit_words(entry.unit, lang)}"


def kpis(table: pd.DataFrame, figures: Figures, lang: str) -> str:
    """Five headline figures, each with its definition."""
    value = table.set_index("name")["value"]
    goal = table.set_index("name")["goal"]
    p10, p50, p90 = (value[f"payback_{p}_months"] for p in ("p10", "p50", "p90"))
    reference = goal["payback_months"]
    span = f"P10 {number(round(p10, 1))} – P90 {number(round(p90, 1)) if p90 == p90 else text('none', lang)}"
    top = 1.1 * max(p90 if p90 == p90 else 3 * p50, reference)
    month = text("unit.month", lang)
    made = [
        kpi_card("cobranded.kpi.stores", "cobranded.kpi.stores.means", count(value["cobranded_stores"], lang), "",
                 figures, lang, foot=text("cobranded.of_target", lang, n=count(goal["cobranded_stores"], lang)),
                 key="cobrand.target"),
        kpi_card("cobranded.kpi.gain", "cobranded.kpi.gain.means", rmb(value["gain_rmb_month"], lang), month, figures,
                 lang, foot=text("cobranded.press", lang, n=rmb(value["press_gain_rmb_month"], lang)),
                 key="cobrand.planning_uplift"),
        kpi_card("cobranded.kpi.cost", "cobranded.kpi.cost.means", rmb(value["fitout_rmb"], lang), "", figures, lang,
                 foot=text("cobranded.of_budget", lang, n=rmb(goal["fitout_rmb"], lang)),
                 key="cobrand.fitout_budget_rmb"),
        kpi_card("cobranded.kpi.payback", "cobranded.kpi.payback.means", number(round(p50, 1)),
                 text("unit.months", lang), figures, lang, range_said=span,
                 mark=marks.band(p10, p50, p90 if p90 == p90 else top, top),
                 foot=text("cobranded.press", lang, n=months(value["press_payback_months"], lang)),
                 key="cobrand.sales_uplift"),
        kpi_card("cobranded.kpi.within", "cobranded.kpi.within.means", share(value["within_payback_share"]), "",
                 figures, lang, foot=text("cobranded.within", lang, n=number(reference)), key="cobrand.payback_months"),
    ]  # fmt: skip
    return f'<div class="kpis n5">{"".join(made)}</div>'


def chosen(cases: pd.DataFrame, market: Market, lang: str) -> str:
    """Chosen shops, the most gain first, with their paybacks."""
    taken = _named(cases[cases["rank"] > 0].head(SHOWN_CHOSEN), market)
    top = 1.1 * float(taken["payback_p90"].fillna(0).max() or 1.0)
    rows = [
        [
            str(row.rank),
            _shop(row, lang),
            str(row.wave),
            f"{number(row.area_m2)} m²",
            rmb(row.potential_rmb_month, lang),
            rmb(row.fitout_rmb, lang),
            f"<b>{rmb(row.gain_rmb_month, lang)}</b>",
            months(row.payback_p50, lang),
            f'<span class="payback">{_band(row, top)}</span>',
            f'<span class="faint">{months(row.press_payback_months, lang)}</span>',
        ]
        for row in taken.itertuples()
    ]
    names = ("rank", "shop", "wave", "area", "potential", "fitout", "gain", "payback", "range", "press")
    columns = [(text(f"cobranded.col.{name}", lang), "txt" if name in ("shop", "range") else "num") for name in names]
    said = text("cobranded.list.sub", lang, n=count(len(taken), lang), all=count((cases["rank"] > 0).sum(), lang))
    heading = head("cobranded.list", lang, said)
    return heading + grid(columns, rows, text("cobranded.list", lang))


def next_in_line(cases: pd.DataFrame, market: Market, lang: str) -> str:
    """Shops just below the line, and what they lack."""
    following = _named(cases[cases["rank"] == 0].head(SHOWN_NEXT), market)
    rows = [
        [
            _shop(row, lang),
            f"{number(row.area_m2)} m²",
            rmb(row.gain_rmb_month, lang),
            rmb(row.lacks_rmb_month, lang),
            months(row.payback_p50, lang),
        ]
        for row in following.itertuples()
    ]
    names = ("shop", "area", "gain", "lacks", "payback")
    columns = [(text(f"cobranded.col.{name}", lang), "txt" if name == "shop" else "num") for name in names]
    heading = head("cobranded.next_list", lang, text("cobranded.next_list.sub", lang))
    return heading + (grid(columns, rows, text("cobranded.next_list", lang)) if rows else _none(lang))


def waves(cases: pd.DataFrame, lang: str) -> str:
    """Fit-outs by month: shops, cost, and the gain of all that are finished."""
    taken = cases[cases["rank"] > 0]
    by_month = taken.groupby("wave").agg(
        stores=("store_id", "size"), cost=("fitout_rmb", "sum"), gain=("gain_rmb_month", "sum")
    )
    rows = [
        [str(wave), count(row.stores, lang), rmb(row.cost, lang), rmb(total, lang)]
        for (wave, row), total in zip(by_month.iterrows(), by_month["gain"].cumsum(), strict=True)
    ]
    columns = [(text(f"cobranded.col.{name}", lang), "num") for name in ("wave", "stores", "cost", "running")]
    return head("cobranded.waves", lang) + grid(columns, rows, text("cobranded.waves", lang))


def reasons(table: pd.DataFrame, quotas: pd.DataFrame, lang: str) -> str:
    """How many candidates were left out for which reason; and provinces against their quotas."""
    counts = table["reason"].astype(str).value_counts()
    every = max(int(counts.sum()), 1)
    bars = "".join(
        f"<span>{escape(text(f'cobranded.reason.{name}', lang))}</span>"
        f'<span class="track"><i style="width:{100 * counts[name] / every:.1f}%"></i></span>'
        f"<b>{count(counts[name], lang)}</b>"
        for name in COBRANDED_REASONS
        if counts.get(name, 0)
    )
    short = quotas[quotas["short_stores"] > 0]
    said = text("cobranded.quotas.short", lang, n=len(short)) if len(short) else text("cobranded.quotas.kept", lang)
    heading = head("cobranded.reasons", lang, text("cobranded.reasons.sub", lang, n=count(every, lang)))
    return f'{heading}<div class="bars">{bars}</div><p class="note">{escape(said)}</p>'


def why_card(row: pd.Series | None, cases: pd.DataFrame, market: Market, lang: str) -> str:
    """Why the shop in focus was chosen, or why not."""
    heading = head("cobranded.why", lang)
    if row is None:
        return heading + _none(lang)
    store = market.stores[market.stores["store_id"] == row["store_id"]].iloc[0].to_dict()
    kind = "good" if row["rank"] > 0 else "quiet"
    reason = str(row["reason"])
    pill = f'<span class="pill {kind}">{escape(text(f"cobranded.reason.{reason}", lang))}</span>'
    facts = [("cobranded.col.gain_alone", rmb(row["value"], lang))]
    if row["gain"] == row["gain"]:
        facts.append(("cobranded.col.gain", rmb(row["gain"], lang)))
    if row["line"] == row["line"]:
        facts.append(("cobranded.col.line", rmb(row["line"], lang)))
    case = cases[cases["store_id"] == row["store_id"]]
    if len(case):
        of = case.iloc[0]
        facts += [("cobranded.col.fitout", rmb(of["fitout_rmb"], lang))]
        facts += [("cobranded.col.payback", months(of["payback_p50"], lang))]
        facts += [("cobranded.col.press", months(of["press_payback_months"], lang))]
    kept = "".join(f"<tr><td>{escape(text(key, lang))}</td><td>{escape(said)}</td></tr>" for key, said in facts)
    name = escape(store_name(store, lang))
    return (
        f'{heading}<p class="shop-name"><b>{name}</b> <span class="faint">{store["store_id"]}</span> {pill}</p>'
        f'<p class="lead">{escape(_sentence(row, market, lang))}</p><table class="kv">{kept}</table>'
    )


def option(row: Any, lang: str) -> str:
    """Name a candidate in the list: its place or reason first."""
    said = f"{row.rank}." if row.rank > 0 else text(f"cobranded.reason.{row.reason}", lang)
    return f"{said} {store_name(row._asdict(), lang)}, {number(row.area_m2)} m²"


def _sentence(row: pd.Series, market: Market, lang: str) -> str:
    """Reason of one candidate in words, the shop in its way by name."""
    other = -1 if row["blocked_by"] is pd.NA else row["blocked_by"]
    by = market.stores[market.stores["store_id"] == other]
    figures = {
        "gain": rmb(row["gain"], lang) if row["gain"] == row["gain"] else "",
        "line": rmb(row["line"], lang) if row["line"] == row["line"] else "",
        "rank": count(row["rank"], lang),
        "wave": str(row["wave"]),
        "by": store_name(by.iloc[0].to_dict(), lang) if len(by) else "",
    }
    return text(f"cobranded.why.{row['reason']}", lang, **figures)


def _band(row: Any, top: float) -> str:
    high = row.payback_p90 if row.payback_p90 == row.payback_p90 else top
    return marks.band(row.payback_p10, row.payback_p50, high, top) if row.payback_p50 == row.payback_p50 else ""


def _named(cases: pd.DataFrame, market: Market) -> pd.DataFrame:
    places = market.places[["place_id", "name_en", "name_zh"]]
    return cases.merge(market.stores[["store_id", "name"]], on="store_id").merge(places, on="place_id", how="left")


def _shop(row: Any, lang: str) -> str:
    place = bilingual(row.name_en, row.name_zh, lang)
    return f'{escape(store_name(row._asdict(), lang))} <span class="faint">{place}</span>'


def _none(lang: str) -> str:
    return f'<p class="note">{escape(text("none", lang))}</p>'
