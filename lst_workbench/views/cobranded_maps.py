"""Map of the co-branded stores: chosen by month, next in line, the shop in focus."""

from collections.abc import Mapping
from html import escape
from typing import Any

import pandas as pd

from lst_workbench.views.maps import Label, MapLayer
from lst_workbench.views.messages import text
from lst_workbench.views.store_maps import ground_layer
from lst_workbench.views.stores import store_name

MOST_CHOSEN, MOST_NEXT = 400, 60


def ground(cells: pd.DataFrame, lang: str) -> MapLayer:
    """Every populated cell, for the marks to lie on."""
    return ground_layer(cells, lang)


def marks(cases: pd.DataFrame, stores: pd.DataFrame, focus: int | None, lang: str) -> tuple[Label, ...]:
    """Mark the chosen shops with their place, those next in line as rings, and the shop in focus."""
    named = cases.merge(stores[["store_id", "name"]], on="store_id")
    taken, following = named[named["rank"] > 0].head(MOST_CHOSEN), named[named["rank"] == 0].head(MOST_NEXT)
    drawn = [_mark(row._asdict(), "tm next", "", lang) for row in following.itertuples()]
    drawn += [_mark(row._asdict(), "tm", str(row.rank), lang) for row in taken.iloc[::-1].itertuples()]
    own = stores[stores["store_id"] == focus]
    drawn += [_mark(row._asdict(), "tm focus", "", lang) for row in own.itertuples()]
    return tuple(drawn)


def legend(lang: str) -> str:
    """Say what the marks mean."""
    keys = (("tm key", "cobranded.chosen"), ("tm next key", "cobranded.next"), ("tm focus key", "cobranded.focus"))
    items = "".join(f'<span><i class="{kind}"></i>{escape(text(key, lang))}</span>' for kind, key in keys)
    return f'<div class="legend">{items}</div>'


def _mark(store: Mapping[str, Any], kind: str, said: str, lang: str) -> Label:
    title = escape(store_name(store, lang), quote=True)
    return Label(store["lat"], store["lon"], f'<i class="{kind}" title="{title}">{escape(said)}</i>', "store")
