"""Stores: how many a cell has, where in it they stand, and of what kind and size they are."""

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import ORIGINS, SETTLEMENT_KINDS, STORE_KINDS
from lst_workbench.geo import boundaries_of
from lst_workbench.market.synthetic.geography import Geography
from lst_workbench.market.synthetic.params import Drawing, Figures
from lst_workbench.market.synthetic.shop_names import shop_names
from lst_workbench.market.synthetic.streams import apportion, stream

CORNERS = 6
INSIDE = 0.995  # keeps a shop off the edge of its cell, whose sides are great circles, not straight in degrees
IDS_PER_PREFECTURE = 1_000_000
# The shop the tour follows: the foodstuffs store of 150 m² in Huangshan of the China Daily's report of 2017-08-29. Its
# name and position are made up.
TOUR_PREFECTURE = 341000
TOUR_STORE_ID = TOUR_PREFECTURE * IDS_PER_PREFECTURE
TOUR_STORE = {"name": "屯溪食品店", "area_m2": 150.0, "store_kind": STORE_KINDS.index("foodstuffs")}


def store_quotas(geography: Geography, seed: int, figures: Figures, drawing: Drawing) -> pd.Series:
    """Give every prefecture its stores, by its people more or less; enough that none has more than the figure."""
    people = geography.prefectures["people"]
    busy = [stream(seed, "store counts", code).lognormal(0, drawing.stores_prefecture_sd) for code in people.index]
    total = int(np.ceil(people.sum() / figures.people_per_store))
    return pd.Series(apportion(total, people.to_numpy() * np.array(busy)), people.index)


def draw_stores(
    cells: pd.DataFrame, prefecture_code: int, quota: int, seed: int, figures: Figures, drawing: Drawing
) -> pd.DataFrame:
    """Draw the stores of one prefecture, in the order of its cells.

    Ids are ``prefecture_code * 1_000_000 + k``: they do not depend on what else is drawn.
    """
    rng = stream(seed, "stores", prefecture_code)
    cell = _cells_of_stores(cells, quota, rng, drawing)
    if prefecture_code == TOUR_PREFECTURE:
        cell[:1] = cells["people"].to_numpy().argmax()
    settlement = cells["settlement_kind"].cat.codes.to_numpy()[cell]
    kind = _kinds(settlement, rng, drawing)
    lat, lon = _positions(cells["h3_8"].to_numpy(), cell, settlement, rng, drawing)
    area = _areas(kind, settlement, rng, figures, drawing)
    name = shop_names(kind, stream(seed, "shop names", prefecture_code))
    if prefecture_code == TOUR_PREFECTURE:
        kind[:1], area[:1] = TOUR_STORE["store_kind"], TOUR_STORE["area_m2"]
        name = name.add_categories([TOUR_STORE["name"]])
        name[:1] = TOUR_STORE["name"]
    take = {column: cells[column].to_numpy()[cell] for column in ("place_id", "h3_8")}
    return pd.DataFrame(
        {
            "store_id": prefecture_code * IDS_PER_PREFECTURE + np.arange(len(cell), dtype=np.int64),
            "name": name,
            **take,
            "prefecture_code": np.int32(prefecture_code),
            "province_code": np.int32(cells["province_code"].iloc[0]),
            "lat": lat,
            "lon": lon,
            "area_m2": area,
            "store_kind": pd.Categorical.from_codes(kind, STORE_KINDS),
            "settlement_kind": pd.Categorical.from_codes(settlement, SETTLEMENT_KINDS),
            "origin": pd.Categorical.from_codes(np.full(len(cell), ORIGINS.index("synthetic"), np.int8), ORIGINS),
        }
    )


def _cells_of_stores(cells: pd.DataFrame, quota: int, rng: np.random.Generator, drawing: Drawing) -> np.ndarray:
    """Row of the cell of each store: more where people are, a little more still in townships, the rest luck."""
    weight = cells["people"].to_numpy(float) * np.array(drawing.stores_kind)[cells["settlement_kind"].cat.codes]
    weight *= rng.lognormal(0, drawing.stores_cell_sd, len(cells))
    return np.repeat(np.arange(len(cells)), rng.multinomial(quota, weight / weight.sum()))


def _kinds(settlement: np.ndarray, rng: np.random.Generator, drawing: Drawing) -> np.ndarray:
    steps = np.cumsum(drawing.store_kinds, axis=1)[settlement]
    return (rng.random(len(settlement))[:, None] > steps[:, :-1]).sum(axis=1)


def _areas(
    kind: np.ndarray, settlement: np.ndarray, rng: np.random.Generator, figures: Figures, drawing: Drawing
) -> np.ndarray:
    """Sales floor: log-normal around the median of the kind, larger where land is cheap; 4 to 1,000 m²."""
    median = figures.area_m2 * np.array(drawing.area_in_means)[kind] * np.array(drawing.area_settlement)[settlement]
    return np.clip(median * rng.lognormal(0, drawing.area_sd, len(kind)), 4.0, 1000.0).round(1).astype(np.float32)


def _positions(
    h3_8: np.ndarray, cell: np.ndarray, settlement: np.ndarray, rng: np.random.Generator, drawing: Drawing
) -> tuple[np.ndarray, np.ndarray]:
    """Where in its cell each store stands: anywhere in towns, drawn together along one street elsewhere."""
    corner_lat, corner_lon = boundaries_of(h3_8)
    middle_lat, middle_lon = corner_lat.mean(axis=1), corner_lon.mean(axis=1)
    street = _in_hexagon(len(h3_8), rng)
    spot = _in_hexagon(len(cell), rng)
    draw = np.array(drawing.huddle)[settlement]
    corner = ((1 - draw)[:, None] * street[cell] + draw[:, None] * spot) * INSIDE
    lat = middle_lat[cell] + ((corner_lat - middle_lat[:, None])[cell] * corner).sum(axis=1)
    lon = middle_lon[cell] + ((corner_lon - middle_lon[:, None])[cell] * corner).sum(axis=1)
    return lat.round(6), lon.round(6)


def _in_hexagon(count: int, rng: np.random.Generator) -> np.ndarray:
    """Even points of a hexagon, as weights of its corners: one of its six triangles, a point in that."""
    weights = np.zeros((count, CORNERS))
    triangle = rng.integers(CORNERS, size=count)
    a, b = rng.random(count), rng.random(count)
    fold = a + b > 1
    a[fold], b[fold] = 1 - a[fold], 1 - b[fold]
    rows = np.arange(count)
    weights[rows, triangle] = a
    weights[rows, (triangle + 1) % CORNERS] = b
    return weights
