"""Cards of the Store page: what the models say of one shop in, escaped markup out."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.planning.store_answers import StoreAbout, StoreForecast
from lst_workbench.planning.store_study import StoreStudy
from lst_workbench.views import marks
from lst_workbench.views.cards import Figures, head, kpi_card
from lst_workbench.views.formats import count, day, number, rmb, share
from lst_workbench.views.messages import bilingual, text
from lst_workbench.views.store_charts import peak_of
from lst_workbench.views.stores import store_name
from lst_workbench.views.tables import grid

SHOWN_RIVALS, SHOWN_WEEKS = 6, 26
MIX = ("city_core", "suburb", "township", "village")
BAR = 120
NOTABLE_PEAK = 1.1


def headline(about: StoreAbout, store: Mapping[str, Any], weeks: StoreForecast | None, lang: str) -> str:
    """Say what the shop could buy, and when it sells most."""
    said = {"name": store_name(store, lang), "potential": rmb(about.potential["mean"], lang)}
    if weeks is not None and (peak := peak_of(weeks.expected))[1] >= NOTABLE_PEAK:
        return text(
            "shop.headline.peak", lang, week=day(peak[0], lang, year=True), times=number(round(peak[1], 1)), **said
        )
    return text("shop.headline", lang, rank=share(about.rank_share), **said)


def finding(
    about: StoreAbout, store: Mapping[str, Any], place: Mapping[str, Any], weeks: StoreForecast | None, lang: str
) -> str:
    """Headline with who the shop is under it."""
    till = text("shop.till" if weeks is not None and weeks.till else "shop.no_till", lang)
    facts = [
        escape(text("store.id", lang, id=store["store_id"])),
        bilingual(place.get("name_en"), place.get("name_zh"), lang),
        escape(text(f"kind.{store['store_kind']}", lang)),
        f"{number(store['area_m2'])} m²",
        escape(till),
    ]
    return (
        f'<div class="finding"><h1>{escape(headline(about, store, weeks, lang))}</h1><p>{" · ".join(facts)}</p></div>'
    )


def kpis(
    about: StoreAbout,
    study: StoreStudy,
    weeks: StoreForecast | None,
    figures: Figures,
    lang: str,
) -> str:
    """Six headline figures, each with its definition."""
    of, potential, radius = about.features, about.potential, number(study.params.radius_km)
    known = pd.notna(potential["p10"])
    wallet = float(study.figures["platform.wallet_share"])
    width = f"P10 {rmb(potential['p10'], lang)} – P90 {rmb(potential['p90'], lang)}" if known else ""
    top = 1.1 * float(potential["p90"]) if known else 1.0
    band = marks.band(potential["p10"], potential["mean"], potential["p90"], top) if known else ""
    means = "kpi.potential.means" if known else "kpi.potential.alone"
    made = [
        kpi_card("kpi.potential", means, rmb(potential["mean"], lang), text("unit.month", lang), figures, lang,
             range_said=width, mark=band, foot=text("kpi.rank", lang, n=share(about.rank_share)),
             key="store.purchases_month"),
        kpi_card("kpi.people", "kpi.people.means", count(of["people"], lang), text("unit.people", lang), figures, lang,
             foot=text("kpi.people.nearby", lang, n=count(of["people_nearby"], lang), km=radius),
             key="catchment.radius_km"),
        kpi_card("kpi.shopper_share", "kpi.shopper_share.means", _small(of["shopper_share"]), "", figures, lang,
             foot=text("kpi.rivals", lang, n=count(of["rivals"], lang), km=radius), key="catchment.decay_per_km"),
        kpi_card("kpi.access", "kpi.access.means", number(about.access_m2_1000), text("unit.m2_1000", lang), figures,
             lang, foot=text("kpi.access.median", lang, n=number(about.median_access_m2_1000))),
        kpi_card("kpi.orders", "kpi.orders.means", rmb(wallet * potential["mean"], lang), text("unit.month", lang),
             figures, lang, foot=text("kpi.orders.foot", lang, n=share(wallet)), key="platform.wallet_share"),
        _peak(weeks, figures, lang),
    ]  # fmt: skip
    return f'<div class="kpis n6">{"".join(made)}</div>'


def reasons(about: StoreAbout, study: StoreStudy, lang: str) -> str:
    """Account of the potential: the typical shop, each driver, this shop; and how far to trust it."""
    table, total = about.drivers.table, float(about.potential["mean"])
    effects = table["effect_rmb_month"].to_numpy(np.float64)
    typical = total - float(effects.sum())
    ends = typical + np.cumsum(effects)
    starts = np.r_[typical, ends[:-1]]
    low, high = 0.0, 1.02 * float(max(ends.max(), typical, total))
    rows = [_line(text("reasons.typical", lang), marks.waterfall(0.0, typical, low, high, BAR), rmb(typical, lang))]
    for row, start, end in zip(table.itertuples(), starts, ends, strict=True):
        value = f' <span class="faint">{escape(str(row.value))}</span>' if row.value else ""
        name = escape(text(f"driver.{row.feature}", lang)) + value
        rows.append(_line(name, marks.waterfall(start, end, low, high, BAR), _signed(end - start, lang), plain=False))
    rows.append(
        _line(text("reasons.total", lang), marks.waterfall(0.0, total, low, high, BAR), rmb(total, lang), "sum")
    )
    compared = text(
        "reasons.compared", lang, place=rmb(about.place_mean_rmb_month, lang),
        alone=rmb(about.catchment_alone_rmb_month, lang),
    )  # fmt: skip
    notes = [compared, _judged(study, lang)]
    small = "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
    heading = head("reasons.title", lang, text("reasons.sub", lang))
    return f'{heading}<table class="account">{"".join(rows)}</table>{small}'


def nearby(about: StoreAbout, lang: str) -> str:
    """People of the catchment beside those of the typical shop."""
    of, typical = about.features, about.typical
    rows = []
    if "households" in of:
        rows.append(("nearby.households", count(of["households"], lang), count(typical["households"], lang)))
    rows.append(("nearby.income", f"{of['income_index']:.2f}", f"{typical['income_index']:.2f}"))
    rows.append(("nearby.distance", _km(of["distance_km"], lang), _km(typical["distance_km"], lang)))
    if "urban_share" in of:
        rows.append(("nearby.urban", share(of["urban_share"]), share(typical["urban_share"])))
    table = "".join(
        f'<tr><td>{escape(text(key, lang))}</td><td>{escape(here)}</td><td class="faint">{escape(usual)}</td></tr>'
        for key, here, usual in rows
    )
    heads = (
        f"<tr><td></td><td>{escape(text('nearby.here', lang))}</td><td>{escape(text('nearby.typical', lang))}</td></tr>"
    )
    ages = sorted(name for name in of.index if str(name).startswith("age_") and str(name).endswith("_share"))
    bars = [(_age(name, lang), float(of[name]), float(typical[name])) for name in ages]
    bars += [
        (text(f"nearby.{k}", lang), float(of[f"{k}_share"]), float(typical[f"{k}_share"]))
        for k in MIX
        if f"{k}_share" in of
    ]
    drawn = "".join(_bar(*bar) for bar in bars)
    note = "" if ages else text("nearby.no_ages_only" if "households" in of else "nearby.no_ages", lang)
    small = f'<p class="note">{escape(note)}</p>' if note else ""
    body = f'<div class="bars">{drawn}</div><table class="kv three">{heads}{table}</table>{small}'
    return head("nearby.title", lang) + body


def rivals(about: StoreAbout, stores: pd.DataFrame, lang: str) -> str:
    """Shops that share most customers with this one."""
    heading = head("rivals.title", lang, text("rivals.sub", lang, n=count(len(about.rivals), lang)))
    if about.rivals.empty:
        return heading + f'<p class="note">{escape(text("rivals.none", lang))}</p>'
    top = about.rivals.head(SHOWN_RIVALS).merge(
        stores[["store_id", "name", "area_m2"]].rename(columns={"store_id": "rival_id"}), on="rival_id"
    )
    rows = [
        [
            escape(store_name({"name": row.name, "store_id": row.rival_id}, lang)),
            f"{number(row.area_m2)} m²",
            _km(row.distance_km, lang),
            _people(row.shared_people, lang),
            f"+{_people(row.gained_people, lang)}",
        ]
        for row in top.itertuples(index=False)
    ]
    names = ("shop", "floor", "distance", "shared", "gained")
    columns = [(text(f"col.{name}", lang), "txt" if name == "shop" else "num") for name in names]
    return heading + grid(columns, rows, text("rivals.title", lang))


def twins(about: StoreAbout, stores: pd.DataFrame, lang: str) -> str:
    """Shops most like this one, with reasons."""
    known = stores.set_index("store_id")
    rows = []
    for row in about.twins.itertuples():
        store = known.loc[int(row.key)]
        name = store_name({"name": store["name"], "store_id": row.key}, lang)
        because = text("clause", lang).join(_against(part, lang) for part in row.alike_in.split("; "))
        rows.append([escape(name), share(row.likeness), escape(because)])
    columns = [(text("col.shop", lang), "txt"), (text("col.likeness", lang), "num"), (text("col.because", lang), "txt")]
    return head("twins.title", lang) + grid(columns, rows, text("twins.title", lang))


def weeks_head(weeks: StoreForecast | None, lang: str) -> str:
    """Heading of the chart of weeks."""
    key = "weeks.title" if weeks is None or len(weeks.sold) else "weeks.title.none"
    return head(key, lang, text("weeks.sub", lang))


def weeks_note(weeks: StoreForecast | None, synthetic: bool, lang: str) -> str:
    """Say where the weeks come from, and give them as a table."""
    if weeks is None:
        return f'<div class="state"><span>{escape(text("weeks.empty", lang))}</span></div>'
    words = text("weeks.own", lang) if weeks.till else text("weeks.others", lang, n=count(weeks.tills, lang))
    words += f" {text('weeks.synthetic', lang)}" if synthetic else ""
    rows = [
        [f"{row.week:%Y-%m-%d}", rmb(row.mean, lang), f"{rmb(row.lo_80, lang)} – {rmb(row.hi_80, lang)}"]
        for row in weeks.expected.head(SHOWN_WEEKS).itertuples()
    ]
    columns = [(text("col.week", lang), "txt"), (text("col.mean", lang), "num"), (text("col.range80", lang), "num")]
    table = grid(columns, rows, text("weeks.table", lang))
    return (
        f'<p class="note">{escape(words)}</p><details class="twin"><summary>{escape(text("weeks.table", lang))}'
        f"</summary>{table}</details>"
    )


def follows(change: Any, stores: pd.DataFrame, store_id: int, lang: str) -> str:
    """Say what the levers lead to: potential, people, and who is touched."""
    title = f'<h3 class="side-head">{escape(text("shop.follows", lang))}</h3>'
    if change is None or change.transfers.empty:
        return title + f'<p class="note">{escape(text("shop.follows.nothing", lang))}</p>'
    rows = [
        ("shop.follows.potential", rmb(change.before["mean"], lang), rmb(change.after["mean"], lang),
         _signed(change.after["mean"] - change.before["mean"], lang)),
        ("shop.follows.people", _people(change.people_before, lang), _people(change.people_after, lang),
         _plus(change.people_after - change.people_before, lang)),
    ]  # fmt: skip
    body = "".join(
        f'<tr><td>{escape(text(key, lang))}<br><span class="faint">{escape(was)} → {escape(now)}</span></td>'
        f"<td><b>{escape(by)}</b></td></tr>"
        for key, was, now, by in rows
    )
    touched = change.transfers[change.transfers["store_id"] != store_id]
    touched = touched.reindex(touched["change_people"].abs().sort_values(ascending=False).index).head(3)
    names = stores.set_index("store_id")["name"].reindex(touched["store_id"])
    lines = "".join(
        f"<tr><td>{escape(_name(row, name, lang))}</td><td>{escape(_plus(row.change_people, lang))}</td></tr>"
        for row, name in zip(touched.itertuples(), names, strict=True)
    )
    others = f'<tr><td colspan="2" class="faint">{escape(text("shop.follows.others", lang))}</td></tr>'
    note = f'<p class="note">{escape(text("shop.follows.outside", lang))}</p>'
    return f'{title}<table class="kv">{body}{others}{lines}</table>{note}'


def _peak(weeks: StoreForecast | None, figures: Figures, lang: str) -> str:
    if weeks is None:
        return kpi_card("kpi.peak", "kpi.peak.means", "–", "", figures, lang, foot=text("kpi.peak.none", lang))
    week, times = peak_of(weeks.expected)
    foot = text("kpi.peak.foot", lang, week=day(week, lang, year=True))
    return kpi_card("kpi.peak", "kpi.peak.means", f"{times:.2f}", text("unit.times", lang), figures, lang, foot=foot)


def _judged(study: StoreStudy, lang: str) -> str:
    if study.fit is None:
        return text("reasons.no_tills", lang)
    told = study.fit.kpis()
    return text(
        "reasons.judged", lang, n=count(told["stores"], lang), wape=share(told["wape"]),
        best=share(told["wape_of_best_baseline"]), held=share(told["interval_coverage"]),
    )  # fmt: skip


def _line(name: str, bar: str, figure: str, kind: str = "", *, plain: bool = True) -> str:
    label = escape(name) if plain else name
    return f'<tr class="{kind}"><td>{label}</td><td class="num">{escape(figure)}</td><td>{bar}</td></tr>'


def _bar(name: str, here: float, usual: float) -> str:
    return (
        f'<span>{escape(name)}</span><i class="track"><i style="width:{100 * min(here, 1):.1f}%"></i>'
        f'<u style="left:{100 * min(usual, 1):.1f}%"></u></i><b>{escape(share(here))}</b>'
    )


def _age(name: str, lang: str) -> str:
    ends = name.removeprefix("age_").removesuffix("_share").split("_")
    return text("nearby.age", lang, span="–".join(ends) if len(ends) > 1 else f"{ends[0]}+")


def _against(part: str, lang: str) -> str:
    """Put "people 661 against 645" into the language of the page."""
    feature, _, figures = part.partition(" ")
    value, _, typical = figures.partition(" against ")
    return text("twins.against", lang, feature=text(f"feature.{feature}", lang), value=value, typical=typical)


def _name(row: Any, name: object, lang: str) -> str:
    if row.what == "opened":
        return text("shop.new", lang)
    return store_name({"name": name, "store_id": row.store_id}, lang)


def _people(value: float, lang: str) -> str:
    return count(value, lang) if abs(value) >= 100 else number(value)


def _plus(value: float, lang: str) -> str:
    return f"+{_people(value, lang)}" if value > 0 else _people(value, lang)


def _signed(value: float, lang: str) -> str:
    return f"+{rmb(value, lang)}" if value > 0 else rmb(value, lang)


def _small(value: float) -> str:
    return share(value) if value >= 0.095 or value == 0 else f"{100 * value:.2g}%"


def _km(distance: float, lang: str) -> str:
    return text("n_km", lang, n=f"{distance:.1f}")
