"""Cards of the Network page: networks in, escaped markup out."""

from collections.abc import Sequence
from html import escape
from typing import Any

import pandas as pd

from lst_workbench.planning import NetworkStudy, Overview, difference
from lst_workbench.runs import Progress
from lst_workbench.views import marks
from lst_workbench.views.cards import Figures, head, kpi_card
from lst_workbench.views.formats import MINUS, NOTHING, count, rmb, share
from lst_workbench.views.messages import bilingual, names, text
from lst_workbench.views.network_maps import short_name, site_name
from lst_workbench.views.states import empty_headline, gap_words, progress_line
from lst_workbench.views.tables import grid

SHOWN_SITES, SHOWN_AREAS, SHOWN_SUFFERING, NAMED_LOW = 14, 31, 5, 3
CERTIFIED_GAP, MOST_SINGLE, LOW_SHARE = 0.05, 0.25, 0.6


def finding(study: NetworkStudy, shown: Overview, mode: str, place: str, lang: str) -> str:
    """Headline: what is promised at what cost, and how today's network does; mode is keep, may_close or what_if."""
    now, today = shown.figures, study.today.figures
    title = text(
        "network.headline", lang, place=place, n=share(now["next_day_share"]), rmb=rmb(now["cost_rmb_order"], lang),
        then=share(today["next_day_share"]), before=rmb(today["cost_rmb_order"], lang),
    )  # fmt: skip
    fresh, shut = _changes(shown)
    open_now = {tier: count(now[f"{tier}_open"], lang) for tier in ("regionals", "cities", "fronts")}
    said = [text("network.sub", lang, **open_now, new=count(fresh, lang), shut=count(shut, lang))]
    said.append(text(f"network.sub.{mode}", lang))
    low = shown.areas[shown.areas["stores"] > 0].assign(share=lambda t: t["next_day"] / t["stores"])
    low = low[low["share"] < LOW_SHARE].sort_values("share")
    if len(low):
        named = [names(row.name_en, row.name_zh, lang)[0] for row in low.head(NAMED_LOW).itertuples()]
        key = "network.low" if len(low) <= NAMED_LOW else "network.low.more"
        rest = {"n": str(len(low) - NAMED_LOW)} if len(low) > NAMED_LOW else {}
        said.append(text(key, lang, who=text("comma", lang).join(named), share=share(LOW_SHARE), **rest))
    gap = "" if lang == "zh" else " "
    return f'<div class="finding"><h1>{escape(title)}</h1><p>{escape(gap.join(said))}</p></div>'


def kpis(study: NetworkStudy, shown: Overview, promise_share: float | None, figures: Figures, lang: str) -> str:
    """Six headline figures, each with its definition and today's."""
    now, today = shown.figures, study.today.figures
    total = count(now["fronts_open"] + now["cities_open"] + now["regionals_open"], lang)
    fresh, shut = _changes(shown)
    tiers = text(
        "network.by_tier", lang, **{t: count(now[f"{t}_open"], lang) for t in ("regionals", "cities", "fronts")}
    )
    was = {name: text("network.today_was", lang, n=said) for name, said in (
        ("next_day", share(today["next_day_share"])), ("cost", rmb(today["cost_rmb_order"], lang)),
        ("uncovered", count(today["stores_uncovered"], lang)), ("single", share(today["single_share"])),
    )}  # fmt: skip
    bound = now.get("bound_rmb_month", float("nan"))
    gap = (now["cost_rmb_month"] - bound) / bound if pd.notna(bound) and bound > 0 else float("nan")
    proof = text("network.proof", lang, value=rmb(now["cost_rmb_month"], lang), bound=rmb(bound, lang))
    rows: list[tuple[str, str, str, str, str, str, str]] = [
        ("next_day", share(now["next_day_share"]), "",
         text("network.served", lang, n=count(now["stores_next_day"], lang)),
         marks.bullet(now["next_day_share"], promise_share, 0.0, 1.0), was["next_day"], "network.front_radius_km"),
        ("cost", rmb(now["cost_rmb_order"], lang), text("unit.RMB/order", lang),
         text("network.a_month", lang, n=rmb(now["cost_rmb_month"], lang)), "", was["cost"], "network.van_km_rmb"),
        ("sites", total, "", tiers, "", text("network.changes", lang, new=str(fresh), shut=str(shut)),
         "network.front_fixed_rmb_month"),
        ("uncovered", count(now["stores_uncovered"], lang), text("unit.stores", lang),
         text("network.slowly", lang, n=count(now["stores_slow"], lang)), "", was["uncovered"],
         "network.uncovered_share"),
        ("single", share(now["single_share"]), "", text("network.no_second", lang),
         marks.bullet(now["single_share"], None, 0.0, 1.0), was["single"], "network.circuity"),
        ("gap", gap_words(gap), "", proof if pd.notna(gap) else text("network.no_bound", lang), "",
         text("network.certified" if gap <= CERTIFIED_GAP else "network.open_gap", lang) if pd.notna(gap) else "", ""),
    ]  # fmt: skip
    made = [
        kpi_card(f"network.kpi.{name}", f"network.kpi.{name}.means", value, unit, figures, lang, range_said=said,
                 mark=mark, foot=foot, key=key)
        for name, value, unit, said, mark, foot, key in rows
    ]  # fmt: skip
    return f'<div class="kpis n6">{"".join(made)}</div>'


def areas(study: NetworkStudy, shown: Overview, promise_share: float | None, lang: str) -> str:
    """Next-day share and cost of an order by area: today as a ring, the network as a dot."""
    then = study.today.areas.set_index("area_code")
    table = shown.areas[shown.areas["stores"] > 0].assign(share=lambda t: t["next_day"] / t["stores"])
    rows = []
    for row in table.sort_values(["share", "stores"], ascending=False).head(SHOWN_AREAS).itertuples():
        was = float(then.loc[row.area_code, "next_day"] / then.loc[row.area_code, "stores"])
        cost = row.cost_rmb_month / row.orders_month if row.orders_month > 0 else float("nan")
        rows.append(
            f"<tr><th scope='row'>{bilingual(row.name_en, row.name_zh, lang)}</th>"
            f"<td class='track'>{_dumbbell(was, row.share, promise_share)}</td>"
            f"<td class='num'><b>{share(row.share)}</b></td><td class='num'>{rmb(cost, lang)}</td></tr>"
        )
    was_word, now_word = escape(text("network.today", lang)), escape(text("network.plan", lang))
    key = f'<span class="dumb-key"><i></i>{was_word}<b></b>{now_word}</span>'
    columns = "".join(
        f"<th scope='col' class='{kind}'>{words}</th>"
        for words, kind in (
            (escape(text("network.col.area", lang)), "txt"), (key, "txt"),
            (escape(text("network.col.share", lang)), "num"), (escape(text("network.col.cost", lang)), "num"),
        )
    )  # fmt: skip
    body = f"<table class='areas'><thead><tr>{columns}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    label = escape(text("network.areas", lang), quote=True)
    return (
        head("network.areas", lang)
        + f'<div class="scroll areas-box" tabindex="0" role="region" aria-label="{label}">{body}</div>'
    )


def sites(shown: Overview, lang: str) -> str:
    """Warehouses: new ones in order of opening, those that stay, and those of today that shut."""
    total = float(shown.areas["stores"].sum())
    table = shown.sites.assign(
        order=lambda t: (t["opened"] & t["today"]) * 1 + ~t["opened"] * 2,
        month=lambda t: t["opens_in_month"].fillna(0).astype(int),
    ).sort_values(["order", "month", "stores"], ascending=[True, True, False])
    feeds = shown.opened["feeds_from"].value_counts()
    rows = [_site_row(row, int(feeds.get(row.site_id, 0)), total, lang) for row in table.head(SHOWN_SITES).itertuples()]
    fresh, shut = _changes(shown)
    stay = len(shown.opened) - fresh
    sub = text("network.sites.sub", lang, new=str(fresh), stay=str(stay), shut=str(shut))
    columns = [
        ("site", "txt"), ("tier", "txt"), ("opens", "num"), ("stores", "num"), ("load", "txt"), ("points", "num"),
        ("saves", "num"), ("why", "txt"),
    ]  # fmt: skip
    more = len(table) - SHOWN_SITES
    note = f'<p class="note">{escape(text("network.sites.more", lang, n=str(more)))}</p>' if more > 0 else ""
    shown_columns = [(text(f"network.col.{name}", lang), kind) for name, kind in columns]
    return head("network.sites", lang, sub) + grid(shown_columns, rows, text("network.sites", lang)) + note


def story(base: Overview, shown: Overview, without: Overview | None, site_id: int, lang: str) -> str:
    """Why a warehouse is open, whom it serves, what happens without it and who suffers."""
    row = next(base.sites[base.sites["site_id"] == site_id].itertuples())
    title = f'<h3 class="side-head">{escape(site_name(row, lang))}</h3>'
    if without is None:
        return title + f"<p>{escape(text('network.story.shut', lang))}</p>"
    now = next(shown.sites[shown.sites["site_id"] == site_id].itertuples())
    own, then = shown.figures, without.figures
    lost = difference(shown, without)
    change = then["cost_rmb_month"] - own["cost_rmb_month"]
    lines = [_serves(now, shown, lang)]
    if pd.notna(now.feeds_from):
        up = next(shown.sites[shown.sites["site_id"] == int(now.feeds_from)].itertuples())
        lines.append(text("network.story.fed", lang, name=site_name(up, lang), km=count(now.lane_km, lang)))
    lines.append(text(
        "network.story.without", lang, was=_points(own["next_day_share"]), then=_points(then["next_day_share"]),
        lost=count(max(0.0, own["stores_next_day"] - then["stores_next_day"]), lang),
    ))  # fmt: skip
    key = "network.story.dearer" if change > 0 else "network.story.cheaper"
    fixed = rmb(now.fixed_cost_rmb_month, lang)
    lines.append(text(key, lang, rmb=rmb(abs(change), lang), fixed=fixed))
    said = "".join(f"<p>{escape(line)}</p>" for line in lines)
    return title + said + _suffering(lost, lang)


def what_if(base: Overview, shown: Overview, closed: Sequence[int], radius_km: float, seconds: float, lang: str) -> str:
    """Say what the what-if does: promise, cost, who suffers; how long the answer took."""
    own, then = base.figures, shown.figures
    named = [site_name(row, lang) for row in base.sites[base.sites["site_id"].isin([*closed])].itertuples()]
    title = text("comma", lang).join([*(text("network.without", lang, name=name) for name in named)])
    title = title or text("network.at_radius", lang, n=f"{radius_km:g}")
    change = then["cost_rmb_order"] - own["cost_rmb_order"]
    rows = [
        (text("network.kpi.next_day", lang), f"{_points(own['next_day_share'])} → {_points(then['next_day_share'])}"),
        (text("network.kpi.cost", lang), f"{_plus(change)}{rmb(abs(change), lang)}"),
        (text("network.kpi.uncovered", lang), count(then["stores_uncovered"], lang)),
        (text("network.answered", lang), text("network.seconds", lang, n=f"{seconds:.1f}")),
    ]
    body = "".join(f"<tr><td>{escape(name)}</td><td>{escape(said)}</td></tr>" for name, said in rows)
    changes = _suffering(difference(base, shown), lang)
    return f'<div class="callout">{escape(title)}</div><table class="kv">{body}</table>{changes}'


def neighbours(study: NetworkStudy, mode: str, shown: Overview, lang: str) -> str:
    """Say what one step more and one step less of the promise would change."""
    curve = study.curve(mode)
    at = int((curve["next_day_share"] - shown.figures["next_day_share"]).abs().to_numpy().argmin())
    rows = []
    for other, key in ((at + 1, "network.more"), (at - 1, "network.less")):
        if 0 <= other < len(curve):
            row, now = curve.iloc[other], shown.figures
            gained = 100 * (row["next_day_share"] - now["next_day_share"])
            money = row["cost_rmb_order"] - now["cost_rmb_order"]
            fronts = int(row["fronts_open"] - now["fronts_open"])
            points, more = f"{_plus(gained)}{abs(gained):.1f}", f"{_plus(money)}{rmb(abs(money), lang)}"
            said = text("network.step", lang, points=points, rmb=more)
            label = text(key, lang, n=f"{_plus(fronts)}{abs(fronts)}")
            rows.append(f"<tr><td>{escape(label)}</td><td>{escape(said)}</td></tr>")
    if not rows:
        return ""
    title = escape(text("network.margins", lang))
    return f'<h3 class="side-head">{title}</h3><table class="kv">{"".join(rows)}</table>'


def out_of_reach(study: NetworkStudy, mode: str, aim: str, lang: str) -> str:
    """Say that no network of the curve keeps the promise or the budget, and what would."""
    curve = study.curve(mode)
    most, least = float(curve["next_day_share"].max()), float(curve["cost_rmb_month"].min())
    if aim == "promise":
        said = text("network.out_of_reach", lang, n=f"{100 * most:.1f}%", km=f"{study.radius_km:g}")
    else:
        said = text("network.too_little", lang, n=rmb(least, lang))
    return f'<div class="alert" role="alert"><span>{escape(said)}</span></div>'


def option(row: Any, lang: str) -> str:
    """Name of a warehouse in a list."""
    return text("network.option", lang, name=site_name(row, lang), n=count(row.stores, lang))


def waiting(place: str, lang: str, has_market: bool) -> str:
    """Headline of the page while its networks are designed."""
    if not has_market:
        return empty_headline(False, lang)
    title, said = text("network.waiting", lang, place=place), text("network.waiting.sub", lang)
    return f'<div class="finding"><h1>{escape(title)}</h1><p>{escape(said)}</p></div>'


def how_far(progress: Progress | None, lang: str) -> str:
    """Say how far the networks are."""
    if progress is None:
        return ""
    return progress_line(progress.message_key, progress.done_share, lang)


def meanwhile(progress: Progress | None, province: tuple[str, str], lang: str) -> str:
    """Say that the province is on its way, while the market itself is shown."""
    if progress is None or progress.state not in ("queued", "running"):
        return ""
    said = text("network.meanwhile", lang, place=names(*province, lang)[0], n=f"{progress.done_share:.0%}")
    return f'<div class="said quiet" role="status">{escape(said)}</div>'


def _site_row(row: Any, feeds: int, total: float, lang: str) -> list[str]:
    kinds = f"tier key {row.tier}{'' if row.today else ' fresh'}{'' if row.opened else ' shut'}"
    load = row.volume_m3_month / row.capacity_m3_month if 0 < row.capacity_m3_month < float("inf") else 0.0
    width = 100 * min(1.0, load)
    bar = f'<span class="load"><i style="width:{width:.0f}%"></i></span> {share(load)}'
    points = 100 * row.sole_stores / total if total else 0.0
    lost = f"{points:.1f}" if row.opened and str(row.tier) == "front" else NOTHING
    opens = NOTHING
    if row.opened:
        month = str(row.opens_in_month)
        opens = text("network.stands", lang) if row.today else text("network.month", lang, n=month)
    saves = row.saving_rmb_month if row.opened else float("nan")
    return [
        bilingual(short_name(row.name_en, "en"), short_name(row.name_zh, "zh"), lang),
        f'<i class="{kinds}"></i> {escape(text(f"network.{row.tier}", lang))}',
        escape(opens), count(row.stores, lang), bar if row.opened else NOTHING,
        lost, rmb(saves, lang), escape(_why(row, feeds, lang)),
    ]  # fmt: skip


def _why(row: Any, feeds: int, lang: str) -> str:
    if not row.opened:
        return text("network.why.shut", lang, n=rmb(row.fixed_cost_rmb_month, lang))
    if row.volume_m3_month <= 0:
        return text("network.why.idle", lang)
    if str(row.tier) != "front":
        return text(f"network.why.{row.tier}", lang, n=str(feeds))
    if row.sole_stores:
        return text("network.why.sole", lang, n=count(row.sole_stores, lang))
    return text("network.why.nearer", lang)


def _serves(row: Any, shown: Overview, lang: str) -> str:
    room = row.capacity_m3_month
    key = "network.story.serves" if str(row.tier) == "front" else "network.story.feeds"
    fed = int((shown.opened["feeds_from"] == row.site_id).sum())
    state = text("network.story.today" if row.today else "network.story.new", lang)
    figures = {"state": state, "n": count(row.stores, lang), "m3": count(row.volume_m3_month, lang)}
    figures |= {"of": count(room, lang) if room < float("inf") else NOTHING, "fed": str(fed)}
    return text(key, lang, **figures)


def _suffering(rows: pd.DataFrame, lang: str) -> str:
    """Areas whose stores lose next-day delivery, or gain it, most first."""
    moved = rows[rows["change"] != 0]
    moved = moved.reindex(moved["change"].abs().sort_values(ascending=False, kind="stable").index)
    if moved.empty:
        return f"<p>{escape(text('network.nobody', lang))}</p>"
    body = "".join(
        f"<tr><td>{bilingual(row.name_en, row.name_zh, lang)}</td>"
        f"<td>{_plus(row.change)}{count(abs(row.change), lang)}</td></tr>"
        for row in moved.head(SHOWN_SUFFERING).itertuples()
    )
    title = escape(text("network.suffers", lang))
    return f'<p class="lead">{title}</p><table class="kv suffers">{body}</table>'


def _changes(shown: Overview) -> tuple[int, int]:
    """How many open sites are new, and how many of today's are shut."""
    sites_ = shown.sites
    return int((sites_["opened"] & ~sites_["today"]).sum()), int((~sites_["opened"] & sites_["today"]).sum())


def _dumbbell(was: float, now: float, goal: float | None) -> str:
    low, high = sorted((was, now))
    line = f'<em style="left:{100 * goal:.1f}%"></em>' if goal is not None else ""
    return (
        f'<span class="dumb">{line}<u style="left:{100 * low:.1f}%;width:{100 * (high - low):.1f}%"></u>'
        f'<i style="left:{100 * was:.1f}%"></i><b style="left:{100 * now:.1f}%"></b></span>'
    )


def _points(value: float) -> str:
    """Share with a tenth of a percent, since what-ifs move tenths."""
    return f"{100 * value:.1f}%"


def _plus(value: float) -> str:
    return "+" if value > 0 else MINUS if value < 0 else ""
