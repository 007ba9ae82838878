"""Cards of the Range page: what the study of ranges says, for analysts. Escaped markup out."""

from html import escape
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.planning.range_study import RangeStudy
from lst_workbench.views import marks
from lst_workbench.views.advice_cards import item_name, word_of
from lst_workbench.views.cards import Figures, head, kpi_card
from lst_workbench.views.downloads import EXCEL, csv_bytes, data_link
from lst_workbench.views.formats import count, number, rmb, share, signed_share
from lst_workbench.views.messages import text
from lst_workbench.views.states import gap_words, note
from lst_workbench.views.tables import grid

BESIDE = ("today", "ranked", "national", "cluster", "best", "bound")
SHOWN_SWAPS, SHOWN_WANTED, BAR = 10, 8, 160


def finding(study: RangeStudy, lang: str) -> str:
    """Say what the best ranges are worth, and whether each store needs its own."""
    kpis = study.kpis()
    today = kpis["today_rmb_week"]
    more, cluster = (kpis[f"{name}_rmb_week"] / today - 1 for name in ("best", "cluster"))
    figures = {"more": f"{more:.1%}", "rmb": rmb(kpis["best_rmb_week"] - today, lang)}
    title = text("range.headline", lang, n=count(kpis["stores"], lang), **figures)
    own = text("range.own" if more - cluster > 0.005 else "range.cluster_does", lang,
               gap=signed_share(more - cluster))  # fmt: skip
    return f'<div class="finding"><h1>{escape(title)}</h1><p>{escape(own)}</p></div>'


def kpi_row(study: RangeStudy, figures: Figures, lang: str) -> str:
    """Four headline figures: margin today, what is won, what stays on weeks left out, and the proof."""
    kpis, uplift = study.kpis(), study.uplift
    today, best = kpis["today_rmb_week"], kpis["best_rmb_week"]
    weights, trial = uplift["gain_rmb_visit"].abs(), uplift["trial_stores"].replace(np.inf, np.nan).max()
    kept = float((uplift["shrinkage_share"] * weights).sum() / weights.sum()) if weights.sum() > 0 else np.nan
    week = text("unit.week", lang)
    made = [
        kpi_card("range.kpi.today", "range.kpi.today.means", rmb(today, lang), week, figures, lang,
                 foot=text("range.kpi.stores", lang, n=count(kpis["stores"], lang))),
        kpi_card("range.kpi.gain", "range.kpi.gain.means", rmb(best - today, lang), week, figures, lang,
                 foot=signed_share(best / today - 1), key="range.buy_share"),
        kpi_card("range.kpi.kept", "range.kpi.kept.means", share(kept), "", figures, lang,
                 foot=text("range.kpi.trial", lang, n=count(trial, lang)) if np.isfinite(trial) else ""),
        kpi_card("range.kpi.gap", "range.kpi.gap.means", f"≤ {gap_words(kpis['worst_gap_share'])}", "", figures, lang,
                 foot=text("range.kpi.refused", lang, n=count(kpis["refused"], lang))),
    ]  # fmt: skip
    return f'<div class="kpis n4">{"".join(made)}</div>'


def beside(study: RangeStudy, lang: str) -> str:
    """Best ranges beside simpler ones: one for all, one for town and country, items ranked one by one."""
    kpis = study.kpis()
    today = kpis["today_rmb_week"]
    values = {name: kpis[f"{name}_rmb_week"] for name in BESIDE}
    low, high = 0.97 * min(values.values()), 1.01 * max(values.values())
    rows = "".join(
        f'<tr class="{"sum" if name == "best" else ""}"><td>{escape(text(f"range.{name}", lang))}</td>'
        f"<td>{escape(rmb(value, lang))}</td><td>{escape(signed_share(value / today - 1))}</td>"
        f"<td>{marks.waterfall(low, value, low, high, BAR)}</td></tr>"
        for name, value in values.items()
    )
    heading = head("range.beside", lang, text("range.beside.sub", lang))
    return f'{heading}<table class="account beside">{rows}</table>{note(text("range.beside.note", lang))}'


def categories(study: RangeStudy, lang: str) -> str:
    """Per category: gain, what other weeks bear out, and what a centimetre is worth."""
    of = study.stores.groupby("category")
    money, price = of[["today_rmb_week", "best_rmb_week"]].sum(), of["shelf_price_rmb_week_cm"].mean()
    told = study.uplift.set_index("category")
    rows = [
        [escape(word_of("category", name, lang)), rmb(money.at[name, "today_rmb_week"], lang),
         signed_share(money.at[name, "best_rmb_week"] / money.at[name, "today_rmb_week"] - 1),
         signed_share(told["gain_share"].get(name, np.nan)), number(round(price[name], 2))]
        for name in price.sort_values(ascending=False).index
    ]  # fmt: skip
    names = (("category", "txt"), ("today", "num"), ("gain", "num"), ("held_out", "num"), ("shelf", "num"))
    columns = [(text(f"range.col.{name}", lang), kind) for name, kind in names]
    table = grid(columns, rows, text("range.categories", lang))
    return head("range.categories", lang, text("range.categories.sub", lang)) + table


def transfer(study: RangeStudy, category: str, segment: str, lang: str) -> str:
    """Who takes what instead when an item is missing, as a matrix with shaded cells."""
    rows = study.wants.diversion
    rows = rows[(rows["category"] == category) & (rows["segment"] == segment)]
    matrix = rows.pivot(index="alternative", columns="goes_to", values="diversion_share")
    if matrix.empty:
        return note(text("range.transfer.none", lang))
    names = _short(study, category, lang)
    most = float(np.nanmax(matrix.to_numpy())) or 1.0
    body = "".join(
        f'<tr><th scope="row">{escape(names[str(gone)])}</th>'
        + "".join(_cell(matrix.at[gone, to], most) for to in matrix.columns) + "</tr>"
        for gone in matrix.index
    )  # fmt: skip
    heads = "".join(f'<th scope="col">{escape(names[str(to)])}</th>' for to in matrix.columns)
    label = escape(text("range.transfer", lang), quote=True)
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table class="matrix">'
        f"<thead><tr><th></th>{heads}</tr></thead><tbody>{body}</tbody></table></div>"
        f"{note(text('range.transfer.note', lang))}"
    )


def contract(study: RangeStudy, costs: pd.DataFrame | None, sku: str, lang: str) -> str:
    """Say what a must-carry contract on one item costs the stores."""
    heading = head("range.contract", lang, text("range.contract.sub", lang))
    if costs is None or costs.empty:
        return heading + note(text("range.contract.none", lang))
    cost = costs["cost_rmb_week"]
    name = _names(study, lang)[sku]
    figures = {
        "name": name,
        "all": rmb(cost.sum(), lang),
        "mean": rmb(cost.mean(), lang),
        "most": rmb(cost.max(), lang),
    }
    said = text(
        "range.contract.answer", lang, n=count(len(cost), lang), free=share(float((cost < 0.01).mean())), **figures
    )
    return f'{heading}<p class="answer">{escape(said)}</p>'


def wanted(study: RangeStudy, table: pd.DataFrame | None, lang: str) -> str:
    """Write the brief for customised items: packs and prices in demand but not on offer, and where a run would sell."""
    heading = head("range.wanted", lang, text("range.wanted.sub", lang))
    if table is None or table.empty:
        return heading + note(text("range.wanted.none", lang))
    counties = _counties(study, lang)
    rows = [
        [escape(word_of("category", row.category, lang)),
         escape(_what(row, lang)),
         count(row.units_week, lang), count(row.low_units_week, lang), count(row.new_units_week, lang),
         number(round(row.weeks_to_fill, 1)),
         escape(text("comma", lang).join(counties.get(code, code) for code in row.counties.split(", ")))]
        for row in table.head(SHOWN_WANTED).itertuples()
    ]  # fmt: skip
    names = (("category", "txt"), ("what", "txt"), ("units", "num"), ("low", "num"), ("new", "num"), ("fill", "num"),
             ("where", "txt"))  # fmt: skip
    columns = [(text(f"range.col.{name}", lang), kind) for name, kind in names]
    run = count(float(study.figures["range.production_run_units"]), lang)
    return f"{heading}{grid(columns, rows, text('range.wanted', lang))}{note(text('range.wanted.note', lang, n=run))}"


def swaps(study: RangeStudy, lang: str) -> str:
    """List the swaps worth most over all stores, item by item: in how many stores, and what they bring."""
    names = _names(study, lang)
    table = study.swaps.assign(sku=study.swaps["sku"].fillna(""))
    together = table.groupby(["sku", "add_sku"], as_index=False).agg(
        stores=("store_id", "size"), gain=("fair_gain_rmb_week", "sum")
    )
    rows = [
        [escape(names.get(row.sku, text("range.room", lang))), escape(names[row.add_sku]), count(row.stores, lang),
         rmb(row.gain, lang)]
        for row in together.nlargest(SHOWN_SWAPS, "gain").itertuples()
    ]  # fmt: skip
    kinds = (("out", "txt"), ("add", "txt"), ("stores", "num"), ("gain_rmb", "num"))
    columns = [(text(f"range.col.{name}", lang), kind) for name, kind in kinds]
    return head("range.swaps", lang, text("range.swaps.sub", lang)) + grid(columns, rows, text("range.swaps", lang))


def downloads(workbook: bytes, advice: pd.DataFrame, lang: str) -> str:
    """Links to the advice of every store as CSV, and to everything as a workbook."""
    made = (
        ("range.csv", data_link(csv_bytes(advice), "text/csv"), "csv"),
        ("range.excel", data_link(workbook, EXCEL), "xlsx"),
    )
    return '<p class="take">' + " ".join(
        f'<a download="ranges.{ending}" href="{link}">{escape(text(key, lang))}</a>' for key, link, ending in made
    ) + "</p>"  # fmt: skip


def _what(row: Any, lang: str) -> str:
    """Say a pack and its price tier."""
    parts = (word_of("pack", row.pack, lang), text(f"range.tier.{row.tier}", lang), rmb(row.price_rmb, lang))
    return " · ".join(parts)


def _cell(value: float, most: float) -> str:
    if not np.isfinite(value):
        return '<td class="same"></td>'
    return f'<td><i style="opacity: {value / most:.2f}"></i><span>{value:.0%}</span></td>'


def _names(study: RangeStudy, lang: str) -> dict[str, str]:
    return {str(item["sku"]): item_name(item, lang) for item in study.items.to_dict("records")}


def _short(study: RangeStudy, category: str, lang: str) -> dict[str, str]:
    """Names of a category's items without the category, which the card says already."""
    lead = f"{word_of('category', category, lang)} · "
    return {sku: name.removeprefix(lead) for sku, name in _names(study, lang).items()}


def _counties(study: RangeStudy, lang: str) -> dict[str, str]:
    """Name counties by their largest place."""
    places = study.market.places.dropna(subset=["county_code"]).sort_values("people", ascending=False)
    first = places.drop_duplicates("county_code")
    side = "name_zh" if lang == "zh" else "name_en"
    return {str(int(row.county_code)): str(getattr(row, side)) for row in first.itertuples()}
