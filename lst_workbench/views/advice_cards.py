"""Cards of advice on the Store page: what to order, what to swap, how the shelf should stand. Escaped markup out."""

from base64 import b64encode
from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from lst_workbench.planning.shop_advice import ShopAdvice
from lst_workbench.views.cards import head
from lst_workbench.views.downloads import csv_bytes, data_link
from lst_workbench.views.formats import count, rmb, share
from lst_workbench.views.messages import knows, text
from lst_workbench.views.planogram import planogram_svg
from lst_workbench.views.tables import grid

SHOWN_LINES = 8
SVG = "image/svg+xml"
INVENTED = " (synthetic)"  # in brands of the synthetic market: said once for all of them


def item_name(item: Mapping[str, Any], lang: str) -> str:
    """Name an item: as the analyst calls it, else its category, brand and pack.

    Examples
    --------
    >>> item_name({"sku": "b-1", "category": "beverages", "brand": "Brand A", "pack": "small"}, "zh")
    '饮料 · Brand A · 小包装'
    """
    own = item.get(f"name_{lang}") or item.get("name_en") or item.get("name_zh")
    if isinstance(own, str) and own:
        return own
    brand = str(item.get("brand") or "").removesuffix(INVENTED)
    parts = [word_of("category", item.get("category"), lang), brand, word_of("pack", item.get("pack"), lang)]
    known = [part for part in parts if part]
    return " · ".join(known) or str(item.get("sku"))


def order_card(advice: ShopAdvice | None, items: pd.DataFrame | None, said: str, lang: str) -> str:
    """Write today's order: lines worth most, what it costs and brings, and the whole order to take away."""
    heading = head("advice.order", lang, text(_sub(advice, "advice.order.sub"), lang))
    if advice is None or items is None:
        return heading + _waiting(said, lang)
    if advice.order.empty:
        return heading + f'<p class="note">{escape(text("advice.order.none", lang, why=advice.order_reason))}</p>'
    lines, names = advice.order, _names(items, lang)
    figures = {"cost": rmb(lines["cost_rmb"].sum(), lang), "worth": rmb(lines["value_rmb"].sum(), lang)}
    answer = text("advice.order.answer", lang, n=count(len(lines), lang), **figures)
    rows = [
        [escape(names.get(row.sku, str(row.sku))), count(row.cases, lang), count(row.units, lang),
         rmb(row.cost_rmb, lang), rmb(row.value_rmb, lang)]
        for row in lines.head(SHOWN_LINES).itertuples()
    ]  # fmt: skip
    columns = [(text(f"advice.col.{name}", lang), kind) for name, kind in (
        ("item", "txt"), ("cases", "num"), ("units", "num"), ("cost", "num"), ("worth", "num"))]  # fmt: skip
    table = grid(columns, rows, text("advice.order", lang))
    file = lines.assign(name=lines["sku"].map(names))
    link = data_link(csv_bytes(file), "text/csv")
    take = f'<a download="order-{advice.store_id}.csv" href="{link}">{escape(text("advice.order.csv", lang))}</a>'
    made_up = any(str(brand).endswith(INVENTED) for brand in items["brand"]) if "brand" in items else False
    note = f'<p class="note">{escape(text("advice.synthetic", lang))}</p>' if made_up else ""
    return f'{heading}<p class="answer">{escape(answer)}</p>{table}{note}<p class="take">{take}</p>'


def swaps_card(advice: ShopAdvice | None, items: pd.DataFrame | None, said: str, lang: str) -> str:
    """Write at most four swaps: what leaves and what comes, why, what it brings, and what waiting costs."""
    heading = head("advice.swaps", lang, text(_sub(advice, "advice.swaps.sub"), lang))
    if advice is None or items is None:
        return heading + _waiting(said, lang)
    names = _names(items, lang)
    if not advice.till:
        carried = advice.display.found.tables["facings"]["sku"]
        known = items.set_index("sku").loc[carried]
        kinds = text("comma", lang).join(
            f"{word_of('category', name, lang)} {count(n, lang)}"
            for name, n in known.groupby("category").size().items()
        )
        words = text("advice.starter", lang, n=count(len(carried), lang), kinds=kinds)
        return f'{heading}<p class="answer">{escape(words)}</p>'
    if advice.swaps.empty:
        return heading + f'<p class="note">{escape(text("advice.swaps.none", lang))}</p>'
    return heading + "".join(_swap(row, names, lang) for row in advice.swaps.to_dict("records"))


def shelf_card(advice: ShopAdvice | None, items: pd.DataFrame | None, title: str, said: str, lang: str) -> str:
    """Show the shelf drawn to scale, with what to move first, and the drawing to print."""
    heading = head("advice.shelf", lang, text(_sub(advice, "advice.shelf.sub"), lang))
    if advice is None or items is None:
        return heading + _waiting(said, lang)
    shown = advice.display
    names = _names(items, lang)
    named = shown.items.assign(**{f"name_{lang}": shown.items["sku"].map(names)})
    tables = shown.found.tables
    drawing = planogram_svg(tables["facings"], shown.shelves, named, tables["moves"], lang, title)
    link = data_link(drawing.encode(), SVG)
    answer = text("advice.shelf.answer", lang, gain=rmb(shown.gain_rmb_week, lang))
    alt = escape(text("advice.shelf", lang), quote=True)
    picture = f'<img alt="{alt}" src="data:{SVG};base64,{b64encode(drawing.encode()).decode("ascii")}">'
    take = f'<a download="shelf-{advice.store_id}.svg" href="{link}">{escape(text("advice.shelf.svg", lang))}</a>'
    return (
        f'{heading}<p class="answer">{escape(answer)}</p><div class="scroll shelf" tabindex="0">{picture}</div>'
        f'<p class="take">{take}</p>'
    )


def _swap(row: Mapping[Any, Any], names: Mapping[str, str], lang: str) -> str:
    stays, add = share(row["stays_share"]), names.get(row["add_sku"], str(row["add_sku"]))
    out = names.get(row["sku"]) if isinstance(row["sku"], str) else None
    what = text("advice.swap" if out else "advice.add", lang, out=out or "", add=add)
    why = text("advice.swap.why", lang, stays=stays) if out else text("advice.add.why", lang)
    worth = text("advice.swap.worth", lang, fair=rmb(row["fair_gain_rmb_week"], lang),
                 most=rmb(row["gain_rmb_week"], lang), year=rmb(52 * row["fair_gain_rmb_week"], lang))  # fmt: skip
    return f'<div class="advice"><b>{escape(what)}</b><p>{escape(why)}</p><p class="brings">{escape(worth)}</p></div>'


def _sub(advice: ShopAdvice | None, key: str) -> str:
    return f"{key}.starter" if advice is not None and not advice.till and knows(f"{key}.starter") else key


def _waiting(said: str, lang: str) -> str:
    """Say that the advice is being made, or why there is none."""
    return f'<p class="note">{escape(said or text("advice.working", lang))}</p>'


def _names(items: pd.DataFrame, lang: str) -> dict[str, str]:
    return {str(item["sku"]): item_name(item, lang) for item in items.to_dict("records")}


def word_of(kind: str, value: object, lang: str) -> str:
    """Say a category or pack of the synthetic market in words; another's as it is."""
    key = f"{kind}.{value}"
    return text(key, lang) if knows(key) else str(value or "")
