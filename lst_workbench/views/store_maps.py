"""Map of one store: the cells it draws from, in three readings, and its rivals."""

from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.geo import RESOLUTION
from lst_workbench.views.formats import count, number, share
from lst_workbench.views.maps import Label, MapLayer, layer_of
from lst_workbench.views.messages import text
from lst_workbench.views.stores import store_name
from lst_workbench.views.theme import colour, ramp

STEPS = 6
SHOWN_RIVALS = 6
DOT_PIXELS = (8, 20)  # of a rival, by its floor


def ground_layer(cells: pd.DataFrame, lang: str) -> MapLayer:
    """Every populated cell, in the colour of nothing: the ground that the catchment lies on."""
    fill = [colour("seq-none")] * len(cells)
    return layer_of(cells["h3_8"], fill, [(colour("seq-none"), text("map.ground", lang))], RESOLUTION, "")


def shoppers_layer(links: pd.DataFrame, cells: pd.DataFrame, mode: str, lang: str) -> MapLayer:
    """Colour the cells that the store draws from by its share, the people drawn, or their income.

    Parameters
    ----------
    links : DataFrame
        Contract `CatchmentLinks` of one store.
    cells : DataFrame
        Contract `Cells`.
    mode : {"share", "people", "income"}
        What colours mean.
    lang : str
        "en" or "zh".
    """
    drawn = links[links["people"] > 0].merge(cells[["h3_8", "income_index"]], on="h3_8", how="left")
    value = drawn[{"share": "share", "people": "people", "income": "income_index"}[mode]].to_numpy(np.float64)
    edges = np.unique(np.quantile(value, np.arange(1, STEPS) / STEPS)) if len(value) else np.array([])
    shades = ramp(len(edges) + 1)
    fill = [shades[step] for step in np.searchsorted(edges, value, side="right")]
    styles = [{"fillColor": shade, "fillOpacity": 1.0, "color": colour("surface"), "weight": 0.8} for shade in fill]
    say = {"share": _percent, "people": lambda v: count(v, lang) if v >= 10 else number(v), "income": number}[mode]
    ends = [f"< {say(edges[0])}"] if len(edges) else []
    ends += [f"≥ {say(edge)}" for edge in edges]
    return layer_of(drawn["h3_8"], styles, list(zip(shades, ends, strict=False)), RESOLUTION, text("map.here", lang))


def store_marks(
    store: Mapping[str, Any], rivals: pd.DataFrame, stores: pd.DataFrame, opened: pd.DataFrame, lang: str
) -> tuple[Label, ...]:
    """Mark the store, the rivals that share most customers with it, and the one that is tried."""
    known = rivals.head(SHOWN_RIVALS).merge(
        stores[["store_id", "name", "lat", "lon", "area_m2"]], left_on="rival_id", right_on="store_id"
    )
    dots = [_dot(row._asdict(), "rival", lang) for row in known.itertuples()]
    dots += [_dot(row._asdict(), "rival tried", lang) for row in opened.itertuples()]
    title = escape(text("map.store", lang), quote=True)
    own = Label(store["lat"], store["lon"], f'<i class="spot square" title="{title}"></i>', "store")
    return (*dots, own)


def marks_legend(lang: str, tried: bool) -> str:
    """Say what the marks mean."""
    keys = [("spot square key", "map.store"), ("rival key", "map.rival"), ("rival tried key", "map.tried")]
    shown = keys if tried else keys[:2]
    return "".join(f'<span><i class="{kind}"></i>{escape(text(key, lang))}</span>' for kind, key in shown)


def _dot(store: Mapping[str, Any], kind: str, lang: str) -> Label:
    small, large = DOT_PIXELS
    size = float(np.clip(0.9 * np.sqrt(store["area_m2"]), small, large))
    title = escape(
        f"{store_name({**store, 'store_id': store.get('rival_id', '')}, lang)}, {store['area_m2']:.0f} m²", True
    )
    style = f"width:{size:.0f}px;height:{size:.0f}px;left:{-size / 2:.1f}px;top:{-size / 2:.1f}px"
    return Label(store["lat"], store["lon"], f'<i class="{kind}" style="{style}" title="{title}"></i>', "rival")


def _percent(value: float) -> str:
    return share(value) if value >= 0.01 else f"{100 * value:.2g}%"
