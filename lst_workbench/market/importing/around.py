"""The modelled China around imported stores: places, cells, people, warehouses and territories of their prefectures."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import ORIGINS, SETTLEMENT_KINDS
from lst_workbench.geo import cells_of, nearest
from lst_workbench.market.importing.rows import possible_area
from lst_workbench.market.synthetic import Drawing, Figures, Geography
from lst_workbench.market.synthetic.cells import draw_cells
from lst_workbench.market.synthetic.places import draw_places, finish_places
from lst_workbench.market.synthetic.sites import lay_out_sites, sites_serving
from lst_workbench.market.synthetic.stores import draw_stores, store_quotas
from lst_workbench.market.synthetic.streams import stream
from lst_workbench.market.synthetic.territories import draw_territories

OF_PLACE = ("place_id", "prefecture_code", "province_code")
SHARED_PREFECTURE = 0  # stands for the prefectures that share territories
OF_RIVAL = ["store_id", "place_id", "prefecture_code", "h3_8", "lat", "lon", "area_m2", "origin"]
CLOSED_LISTS = {"settlement_kind": SETTLEMENT_KINDS, "origin": ORIGINS, "people_origin": ORIGINS}


def market_around(
    rows: pd.DataFrame,
    geography: Geography,
    seed: int,
    figures: Figures,
    rivals: bool = True,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, pd.DataFrame]:
    """Give the rows as stores with origin "imported", and all else of their prefectures from the model.

    Cells, places and people are those that `build_market` draws for the same prefectures and seed. So are the rivals,
    the shops that the list leaves out: of each place, as many as the model has more than the list.
    """
    drawing = Drawing()
    found, _ = geography.nearest_place(rows["lat"].to_numpy(), rows["lon"].to_numpy())
    codes = np.unique(geography.places["prefecture_code"].to_numpy()[found]).astype(int).tolist()
    quotas = store_quotas(geography, seed, figures, drawing)
    drawn, shops = [], []
    for done, code in enumerate(codes, start=1):
        seats = draw_places(geography, code, seed, drawing)
        cells = draw_cells(geography, code, seats, seed, drawing)
        drawn.append((finish_places(seats, cells), cells))
        if rivals:
            shops.append(draw_stores(cells, code, int(quotas[code]), seed, figures, drawing)[OF_RIVAL])
        if progress:
            progress(done, len(codes))
    places, cells = (_stack([pair[side] for pair in drawn]) for side in (0, 1))
    stores = _stores(rows, places, cells, figures)
    sites = lay_out_sites(geography, seed, figures, drawing)
    modelled = {"rivals": _unlisted(_stack(shops), stores, seed)} if rivals else {}
    return modelled | {
        "places": places,
        "cells": cells,
        "stores": stores,
        "participants": _participants(rows, stores, seed, figures),
        "sites": sites_serving(sites, geography.prefectures.loc[codes]),
        "territories": _territories(places, stores, drawing),
    }


def _stores(rows: pd.DataFrame, places: pd.DataFrame, cells: pd.DataFrame, figures: Figures) -> pd.DataFrame:
    """Rows as stores: nearest place, the settlement of their cell or else of their place, areas filled by the mean."""
    near, _ = nearest(rows["lat"], rows["lon"], places["lat"], places["lon"])
    home = {name: places[name].array.take(near) for name in (*OF_PLACE, "settlement_kind")}
    h3_8 = cells_of(rows["lat"], rows["lon"])
    cell = pd.Index(cells["h3_8"]).get_indexer(h3_8)
    of_cell = cells["settlement_kind"].cat.codes.to_numpy()[cell]
    settlement = np.where(cell < 0, home["settlement_kind"].codes, of_cell)
    return pd.DataFrame(
        {
            "store_id": rows["row"].to_numpy("int64"),
            "source_id": rows["source_id"].array,
            "name": rows["name"].array,
            **{name: home[name] for name in OF_PLACE},
            "h3_8": h3_8,
            "lat": rows["lat"].to_numpy(),
            "lon": rows["lon"].to_numpy(),
            "area_m2": rows["area_m2"].where(possible_area(rows["area_m2"]), figures.area_m2).to_numpy("float32"),
            "store_kind": rows["store_kind"].to_numpy(),
            "settlement_kind": pd.Categorical.from_codes(settlement, dtype=pd.CategoricalDtype(SETTLEMENT_KINDS)),
            "origin": "imported",
        }
    ).astype({"source_id": "str", "name": "str"})


def _territories(places: pd.DataFrame, stores: pd.DataFrame, drawing: Drawing) -> pd.DataFrame:
    """Territories of a prefecture whose stores fill one; prefectures with fewer share theirs."""
    count = stores["prefecture_code"].value_counts().reindex(places["prefecture_code"], fill_value=0).to_numpy()
    alone = places["prefecture_code"].where(count >= drawing.stores_per_territory, SHARED_PREFECTURE)
    of_place = stores["place_id"].value_counts()
    parts = [draw_territories(part, of_place, int(code), drawing) for code, part in places.groupby(alone.to_numpy())]
    return pd.concat(parts, ignore_index=True)


def _unlisted(shops: pd.DataFrame, stores: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Modelled shops that remain when each listed one has taken the place of one in its town or township, by lot."""
    turn = stream(seed, "unlisted shops", 0).permutation(len(shops))
    place = shops["place_id"].iloc[turn]
    listed = place.map(stores["place_id"].value_counts()).fillna(0)
    remain = np.sort(turn[(place.groupby(place).cumcount() >= listed).to_numpy()])
    return shops.iloc[remain].reset_index(drop=True)


def _participants(rows: pd.DataFrame, stores: pd.DataFrame, seed: int, figures: Figures) -> pd.DataFrame:
    """Find the stores in the system: as the file says, or the nation's share of them drawn, larger shops sooner."""
    start = pd.Timestamp(figures.start_month)
    rng = stream(seed, "imported participants", 0)
    if "participant" in rows:
        joined = np.flatnonzero(rows["participant"])
    else:
        quota = round(len(rows) * figures.participants_nation / figures.stores_nation)
        luck = np.log(stores["area_m2"].to_numpy(float)) + rng.gumbel(size=len(stores))
        joined = np.sort(np.argsort(-luck, kind="stable")[:quota])
    month = pd.Series(start - pd.DateOffset(months=6), index=range(len(joined)))
    if "joined_month" in rows:
        said = rows["joined_month"].iloc[joined].reset_index(drop=True).dt.to_period("M").dt.to_timestamp()
        month = said.where(said < start).fillna(month)
    return pd.DataFrame(
        {
            "store_id": stores["store_id"].to_numpy()[joined],
            "joined_month": month.to_numpy("datetime64[us]"),
            "active": rng.random(len(joined)) < figures.active_share,
        }
    )


def _stack(parts: list[pd.DataFrame]) -> pd.DataFrame:
    stacked = pd.concat(parts, ignore_index=True)
    for column, words in CLOSED_LISTS.items():
        if column in stacked:
            stacked[column] = stacked[column].astype(pd.CategoricalDtype(words))
    return stacked
