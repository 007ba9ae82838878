"""Draw a part of the synthetic China: prefecture by prefecture, each from its own streams."""

from collections.abc import Callable
from dataclasses import asdict

import pandas as pd

from lst_workbench.contracts.kinds import ORIGINS, SETTLEMENT_KINDS
from lst_workbench.market.synthetic.cells import draw_cells
from lst_workbench.market.synthetic.geography import Geography
from lst_workbench.market.synthetic.params import Drawing, Figures
from lst_workbench.market.synthetic.participants import draw_participants, participant_quotas
from lst_workbench.market.synthetic.places import draw_places, finish_places
from lst_workbench.market.synthetic.shoppers import draw_hidden
from lst_workbench.market.synthetic.sites import lay_out_sites, sites_serving
from lst_workbench.market.synthetic.stores import draw_stores, store_quotas
from lst_workbench.market.synthetic.territories import draw_territories

Frames = dict[str, pd.DataFrame]
CLOSED_LISTS = {"settlement_kind": SETTLEMENT_KINDS, "origin": ORIGINS, "people_origin": ORIGINS}


def draw_market(
    geography: Geography,
    prefecture_codes: list[int],
    seed: int,
    figures: Figures,
    drawing: Drawing,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Frames, Frames]:
    """Tables of the prefectures, and what stays hidden of them.

    Each row depends only on the seed, its own prefecture and the real frame of the nation, never on what else is drawn.
    """
    sites = lay_out_sites(geography, seed, figures, drawing)
    fronts = sites[sites["tier"] == "front"]
    shops = store_quotas(geography, seed, figures, drawing)
    joined = participant_quotas(geography, figures, drawing)
    drawn: list[Frames] = []
    for done, code in enumerate(prefecture_codes, start=1):
        drawn.append(
            _draw_prefecture(geography, code, fronts, (int(shops[code]), int(joined[code])), seed, figures, drawing)
        )
        if progress:
            progress(done, len(prefecture_codes))
    names = list(drawn[0])
    tables = {name: _stack([part.pop(name) for part in drawn]) for name in names}
    hidden = {"stores": tables.pop("hidden"), "parameters": _parameters(figures, drawing)}
    return tables | {"sites": sites_serving(sites, geography.prefectures.loc[prefecture_codes])}, hidden


def _draw_prefecture(
    geography: Geography,
    code: int,
    fronts: pd.DataFrame,
    quotas: tuple[int, int],
    seed: int,
    figures: Figures,
    drawing: Drawing,
) -> Frames:
    """Tables of one prefecture; `quotas` are its stores and its participants."""
    seats = draw_places(geography, code, seed, drawing)
    cells = draw_cells(geography, code, seats, seed, drawing)
    places = finish_places(seats, cells)
    stores = draw_stores(cells, code, quotas[0], seed, figures, drawing)
    hidden = draw_hidden(cells, stores, code, seed, figures, drawing)
    participants, propensity = draw_participants(stores, hidden, fronts, quotas[1], seed, figures, drawing)
    return {
        "places": places,
        "cells": cells,
        "stores": stores,
        "participants": participants,
        "territories": draw_territories(places, stores["place_id"].value_counts(), code, drawing),
        "hidden": hidden.assign(join_propensity=propensity.astype("float32")),
    }


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Stack the parts of one table; closed lists of words become categories, names plain text."""
    stacked = pd.concat(parts, ignore_index=True)
    for column, words in CLOSED_LISTS.items():
        if column in stacked:
            stacked[column] = stacked[column].astype(pd.CategoricalDtype(words))
    if "name" in stacked:
        stacked["name"] = stacked["name"].astype("str")
    return stacked


def _parameters(figures: Figures, drawing: Drawing) -> pd.DataFrame:
    """Everything the tables were drawn with, as text."""
    named = [("figures", asdict(figures)), ("drawing", asdict(drawing))]
    return pd.DataFrame(
        [(kind, key, repr(value)) for kind, values in named for key, value in values.items()],
        columns=["kind", "parameter", "value"],
    ).astype("str")
