"""One store on a page: who it is, why the plan takes it or not, and the cells it draws from."""

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from lst_workbench.runs import Explanation
from lst_workbench.views import marks
from lst_workbench.views.formats import MINUS, count, month, number, share
from lst_workbench.views.messages import bilingual, names, text
from lst_workbench.views.tables import grid

SHOWN_CELLS = 5
SHOWN_STORES = 200
HAIR = 0.0005  # of an active store: what three digits no longer show
SMALL_SHARE = 0.02  # of a store's worth: smaller margins are drawn small


def matching_stores(stores: pd.DataFrame, query: str) -> pd.DataFrame:
    """Find stores whose name or id holds the query; an exact id comes first.

    Parameters
    ----------
    stores : DataFrame
        Contract `Stores`.
    query : str
        Part of a name, or an id.
    """
    wanted = query.strip()
    if not wanted:
        return stores.iloc[:0]
    found = stores["name"].fillna("").str.contains(wanted, case=False, regex=False)
    found |= stores["source_id"].fillna("").astype(str).str.contains(wanted, case=False, regex=False)
    if wanted.isdigit():
        exact = stores["store_id"] == int(wanted)
        found |= stores["store_id"].astype(str).str.startswith(wanted)
        return pd.concat([stores[exact], stores[found & ~exact]])
    return stores[found]


def store_options(stores: pd.DataFrame, decisions: pd.DataFrame, lang: str) -> list[tuple[str, int]]:
    """Lines of a list of stores, each with its id: name, size, and what the plan does with it."""
    shown = stores.head(SHOWN_STORES).merge(decisions[["store_id", "status", "month"]], on="store_id", how="left")
    return [(_option(row, lang), int(row.store_id)) for row in shown.itertuples()]


def store_card(
    store: Mapping[str, Any], explanation: Explanation, place: Mapping[str, Any], site: str, lang: str
) -> str:
    """Say who the store is and why the plan takes it, or why not.

    Parameters
    ----------
    store : mapping
        Row of contract `Stores`, joined with its row of `Decisions`.
    explanation : Explanation
        From `runs.explain_store`.
    place : mapping
        Row of contract `Places`.
    site : str
        Name of its (nearest) warehouse.
    lang : str
        "en" or "zh".
    """
    facts = [
        bilingual(place.get("name_en"), place.get("name_zh"), lang),
        escape(text(f"kind.{store['store_kind']}", lang)),
        f"{number(store['area_m2'])} m²",
        escape(text("store.id", lang, id=store["store_id"])),
    ]
    return (
        f'<div class="store-head"><h3>{escape(store_name(store, lang))}</h3>{_pill(store, lang)}</div>'
        f'<p class="facts">{" · ".join(facts)}</p><p class="why">{escape(reason(explanation, lang))}</p>'
        f"{_served(store, site, lang)}{_months(explanation, lang)}"
    )


def reason(explanation: Explanation, lang: str) -> str:
    """Put the reason of an explanation into words of the chosen language."""
    of = explanation.figures
    said = _own_reason(explanation, lang)
    if "condition" not in of:
        return said
    more = text(f"explain.and.{of['condition']}", lang, price=_objective(of.get("limit_price", 0.0)))
    return f"{said} {more}"


def _own_reason(explanation: Explanation, lang: str) -> str:
    of = explanation.figures
    if explanation.key == "signed":
        figures = {"worth": _objective(of["worth"]), "price": _objective(of["price"])}
        side = "above" if of["margin"] > HAIR else "below" if of["margin"] < -HAIR else "at"
        said = text(
            f"explain.signed.{side}",
            lang,
            month=_when(of["month"], lang),
            margin=_objective(abs(of["margin"])),
            **figures,
        )
        lost = float(explanation.table["margin"].max()) - of["margin"] if "margin" in explanation.table else 0.0
        best = "explain.signed.best" if lost <= HAIR else "explain.signed.later"
        return f"{said} {text(best, lang, best_month=_when(of['best_month'], lang))}"
    if explanation.key == "uncovered":
        needed = count(-(-of["distance_km"] // 1), lang)
        return text(
            "explain.uncovered",
            lang,
            distance=f"{of['distance_km']:.1f}",
            radius=number(of["radius_km"]),
            needed=needed,
        )
    if explanation.key in ("priced_out", "at_the_line", "no_room"):
        return text(
            f"explain.{explanation.key}", lang, best_month=_when(of["best_month"], lang), worth=_objective(of["worth"]),
            price=_objective(of["price"]), resource=text(f"why.resource.{of['resource']}", lang),
            short=share_down(of.get("short_share", 0.0)),
        )  # fmt: skip
    return text(f"explain.{explanation.key}", lang)


def share_down(share: float) -> str:
    """Say by how much something must fall, never as nothing.

    Examples
    --------
    >>> share_down(0.2), share_down(0.0002)
    ('20.0%', '<0.1%')
    """
    return f"{share:.1%}" if share >= 0.0005 else "<0.1%"


def draws_from(links: pd.DataFrame, lang: str) -> str:
    """List the cells with most of the store's shoppers; the map shows them all."""
    if links.empty:
        return f'<p class="note">{escape(text("store.draws.none", lang))}</p>'
    cells = text("n_cells", lang, n=count(len(links), lang))
    lead = text("store.draws", lang, people=count(links["people"].sum(), lang), cells=cells)
    top = links.sort_values("people", ascending=False).head(SHOWN_CELLS)
    columns = [(text(f"col.{name}", lang), "num") for name in ("distance", "share", "people")]
    rows = [[f"{row.distance_km:.1f} km", share(row.share), count(row.people, lang)] for row in top.itertuples()]
    return f'<p class="lead">{escape(lead)}</p>{grid(columns, rows, lead)}'


def cell_line(cell: Mapping[str, Any], place: Mapping[str, Any], lang: str) -> str:
    """Say what one cell of the map holds."""
    said = text(
        "map.cell", lang, place=names(place.get("name_en"), place.get("name_zh"), lang)[0],
        stores=text("n_stores", lang, n=count(cell["stores"], lang)), signups=count(cell["signups"], lang),
        participants=count(cell["participants"], lang),
    )  # fmt: skip
    return f'<p class="note place-note">{escape(said)}</p>'


def list_note(found: int, query: str, lang: str) -> str:
    """Say when the list is cut, or when nothing was found."""
    if found > SHOWN_STORES:
        said = text("store.more", lang, n=str(SHOWN_STORES), all=count(found, lang))
    elif not found and query.strip():
        said = text("store.none", lang, query=query.strip())
    else:
        return ""
    return f'<p class="note">{escape(said)}</p>'


def store_name(store: Mapping[str, Any], lang: str) -> str:
    """Name of a store; its id where it has none."""
    name = store.get("name")
    return name if isinstance(name, str) and name.strip() else text("store.id", lang, id=store["store_id"])


def status_words(store: Mapping[str, Any], lang: str) -> str:
    """Say what the plan does with a store, in two or three words."""
    status = str(store["status"])
    if status == "signed":
        return text("status.signed", lang, month=_when(store["month"], lang))
    return text(f"status.{status}", lang)


def store_facts(store: Mapping[str, Any], lang: str) -> str:
    """Say who a store is in one line: name, floor, kind."""
    kind = text(f"kind.{store['store_kind']}", lang)
    return f"{store_name(store, lang)} · {number(store['area_m2'])} m² · {kind}"


def _option(row: Any, lang: str) -> str:
    store = row._asdict()
    return f"{store_name(store, lang)} · {number(row.area_m2)} m² · {status_words(store, lang)}"


def _pill(store: Mapping[str, Any], lang: str) -> str:
    kind = {"signed": "good", "uncovered": "watch"}.get(str(store["status"]), "quiet")
    return f'<span class="pill {kind}">{escape(status_words(store, lang))}</span>'


def _served(store: Mapping[str, Any], site: str, lang: str) -> str:
    key = "why.nearest" if str(store["status"]) == "uncovered" else "why.served"
    distance = f"{store['distance_km']:.1f}"
    return f'<p class="note">{escape(text(key, lang, site=site, distance=distance))}</p>'


def _months(explanation: Explanation, lang: str) -> str:
    """Worth less price of a start in each month, as a strip of small bars with their figures."""
    table = explanation.table
    if "margin" not in table or "worth" not in table:
        return ""
    top = max(float(table["margin"].abs().max()), SMALL_SHARE * float(table["worth"].max()), HAIR)
    cells = "".join(
        f'<div class="{"on" if row.chosen else ""}">{marks.margin_bar(row.margin / top)}<b>{_objective(row.margin)}</b>'
        f"<span>{escape(month(row.month, lang))}</span></div>"
        for row in table.itertuples()
    )
    return f'<p class="lead">{escape(text("why.chart", lang))}</p><div class="margins">{cells}</div>'


def _when(when: object, lang: str) -> str:
    return month(when, lang, year=True)


def _objective(value: float) -> str:
    return f"{value if abs(value) > HAIR else 0.0:.3f}".replace("-", MINUS)
