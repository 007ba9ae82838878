"""Cells: people laid out around the seats of a prefecture, in whole numbers that add up to its total."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lst_workbench.contracts.kinds import ORIGINS, SETTLEMENT_KINDS
from lst_workbench.geo import cells_of, centres_of, disks, nearest, neighbours_within
from lst_workbench.market.synthetic.geography import Geography, unit_vectors
from lst_workbench.market.synthetic.params import Drawing
from lst_workbench.market.synthetic.streams import apportion, stream

CELL_KM2 = 0.737
RING_KM = 0.86
EARTH_RADIUS_KM = 6371.0088
LEVELLING_ROUNDS = 4
NEAR_THE_BORDER = 0.7  # stricter than for shops, which stand all over their cell
SHORTEST_FADE_KM = 0.3
CITY_PEOPLE, CORE_FADES, SUBURB_KM2, TOWN_KM2 = 200_000, 1.2, 400, 200


def draw_cells(
    geography: Geography, prefecture_code: int, places: pd.DataFrame, seed: int, drawing: Drawing
) -> pd.DataFrame:
    """Draw the populated cells of one prefecture.

    Towns thin out from their middle as Clark's law has it, D(r) = D0 exp(-r / b); villages are scattered around the
    seats. A cell belongs to the prefecture of the nearest real place of the nation: prefectures never share one.
    """
    rng = stream(seed, "cells", prefecture_code)
    prefecture = geography.prefectures.loc[prefecture_code]
    scale_km = _town_scale_km(places["urban_people"].to_numpy(), drawing)
    reach_km = np.maximum(drawing.urban_reach_in_scales * scale_km, RING_KM)
    ground = _own_ground(geography, prefecture_code, places, reach_km, drawing)
    towns = _towns_on(ground, places, scale_km, reach_km, rng, drawing)
    rural = _rural_people(ground, places, prefecture["people"] - towns.people.sum(), rng, drawing)
    unit, counted = _counted_units(geography.census, prefecture, ground, towns.people + rural, drawing)
    if geography.census is not None:
        factor = counted / np.maximum(np.bincount(unit, towns.people + rural, len(counted)), 1e-9)
        towns, rural = replace(towns, people=towns.people * factor[unit]), rural * factor[unit]
    people = _settled(towns.people + rural, unit, counted, drawing)
    kind = _settlement_kinds(places, towns, rural)
    income = _income_index(prefecture, kind, rng, drawing)
    place_id = places["place_id"].to_numpy()[ground.owner]
    lived = np.flatnonzero(people > 0)
    lived = lived[np.lexsort((ground.cells[lived], place_id[lived]))]
    return pd.DataFrame(
        {
            "h3_8": ground.cells[lived],
            "place_id": place_id[lived].astype("int32"),
            "prefecture_code": np.int32(prefecture_code),
            "province_code": np.int32(prefecture["province_code"]),
            "lat": ground.lat[lived],
            "lon": ground.lon[lived],
            "people": people[lived].astype("float32"),
            "income_index": income[lived].astype("float32"),
            "settlement_kind": pd.Categorical.from_codes(kind[lived], SETTLEMENT_KINDS),
            "origin": pd.Categorical.from_codes(np.full(len(lived), ORIGINS.index("modelled"), np.int8), ORIGINS),
        }
    )


@dataclass(frozen=True)
class Ground:
    """Cells that a prefecture's people may live in, with the row of the nearest of its places and the way to it."""

    cells: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    owner: np.ndarray
    owner_km: np.ndarray


@dataclass(frozen=True)
class Towns:
    """Townspeople by cell, and of the town that most of them belong to its row (-1: none) and the way in its fades."""

    people: np.ndarray
    row: np.ndarray
    fades: np.ndarray


def _town_scale_km(urban_people: np.ndarray, drawing: Drawing) -> np.ndarray:
    """Fade b of each town: U = 2 pi D0 b², with D0 growing with the town."""
    least, most = drawing.centre_density_range_km2
    density = drawing.centre_density_km2 * (np.maximum(urban_people, 1) / 1e5) ** drawing.centre_density_exponent
    return np.sqrt(urban_people / (2 * np.pi * np.clip(density, least, most)))


def _own_ground(
    geography: Geography, prefecture_code: int, places: pd.DataFrame, urban_reach_km: np.ndarray, drawing: Drawing
) -> Ground:
    """All cells around the places that are nearer to this prefecture's real places than to any other's.

    Those nearer to a place of Hong Kong or Macao may lie across the border.
    """
    vectors = unit_vectors(places["lat"].to_numpy(), places["lon"].to_numpy())
    tree = cKDTree(vectors)
    third_km = tree.query(vectors, k=[min(4, len(places))])[0][:, 0] * EARTH_RADIUS_KM
    rural_reach_km = np.clip(0.8 * third_km, *drawing.rural_reach_km)
    rings = np.ceil(np.maximum(rural_reach_km, urban_reach_km) / RING_KM).astype(int)
    middles = cells_of(places["lat"], places["lon"])
    cells = np.unique(np.concatenate([disks(middles[rings == ring], int(ring))[1] for ring in np.unique(rings)]))
    lat, lon = centres_of(cells)
    nearest_row, _ = geography.nearest_place(lat, lon)
    own = geography.places["prefecture_code"].to_numpy()[nearest_row] == prefecture_code
    own &= ~geography.beyond_border(lat, lon, NEAR_THE_BORDER)
    chord, owner = tree.query(unit_vectors(lat[own], lon[own]))
    return Ground(cells[own], lat[own], lon[own], owner, chord * EARTH_RADIUS_KM)


def _towns_on(
    ground: Ground,
    places: pd.DataFrame,
    scale_km: np.ndarray,
    reach_km: np.ndarray,
    rng: np.random.Generator,
    drawing: Drawing,
) -> Towns:
    """Lay each town's people over the cells within its reach."""
    count = len(ground.cells)
    near = neighbours_within(places["lat"], places["lon"], ground.lat, ground.lon, float(reach_km.max()))
    inside = near.distance_km <= reach_km[near.rows]
    town, cell, km = near.rows[inside], near.indices[inside], near.distance_km[inside]
    fades = km / np.maximum(scale_km[town], SHORTEST_FADE_KM)
    weight = np.exp(-fades) * rng.lognormal(0, drawing.urban_cell_sd, count)[cell]
    total = np.bincount(town, weight, len(places))
    # A town whose surroundings all belong to a neighbouring prefecture leaves its people to the others.
    kept = places["urban_people"].to_numpy() * (total > 0)
    part = (kept * places["urban_people"].sum() / kept.sum())[town] * weight / total[town]
    order = np.lexsort((part, cell))
    main = order[np.r_[cell[order][1:] != cell[order][:-1], True]]
    row, way = np.full(count, -1), np.full(count, np.inf)
    row[cell[main]], way[cell[main]] = town[main], fades[main]
    return Towns(np.bincount(cell, part, count), row, way)


def _rural_people(
    ground: Ground, places: pd.DataFrame, total: float, rng: np.random.Generator, drawing: Drawing
) -> np.ndarray:
    """People of villages by cell: each place's over as many cells as it has villages, nearer ones likelier."""
    owner, weight = ground.owner, places["rural_weight"].to_numpy()
    wanted = np.maximum(1, np.round(total * weight / drawing.village_cell_people)).astype(int)
    luck = rng.gumbel(size=len(owner)) - ground.owner_km / drawing.village_fade_km
    size = rng.lognormal(0, drawing.village_sd, len(owner))
    order = np.lexsort((-luck, owner))
    rank = np.empty(len(owner), int)
    rank[order] = np.arange(len(owner)) - np.searchsorted(owner[order], np.arange(len(places)))[owner[order]]
    village = np.where(rank < wanted[owner], size, 0.0)
    share = weight[owner] * village / np.bincount(owner, village, len(places))[owner]
    return total * share / share.sum()


def _counted_units(
    census: pd.DataFrame | None, prefecture: pd.Series, ground: Ground, modelled: np.ndarray, drawing: Drawing
) -> tuple[np.ndarray, np.ndarray]:
    """Say whose people each cell holds, and how many each unit has: units of a census, or the prefecture as one.

    A cell belongs to the nearest seat. A unit whose lived-in cells would be fuller than the densest town counts
    together with the unit of the next seat, and so on: seats stand too near, or too few cells are its own.
    """
    units = None if census is None else census[census["prefecture_code"] == prefecture.name]
    if units is None or units.empty:
        return np.zeros(len(ground.cells), np.int64), np.array([int(prefecture["people"])])
    unit, _ = nearest(ground.lat, ground.lon, units["lat"], units["lon"])
    lived = modelled >= drawing.least_people_cell
    counted, room = units["people"].to_numpy(np.int64).copy(), np.bincount(unit, lived, len(units)) * CELL_KM2
    heir, seat = np.arange(len(units)), unit_vectors(units["lat"].to_numpy(), units["lon"].to_numpy())
    while len(full := np.flatnonzero(counted > room * drawing.densest_km2)) and (counted > 0).sum() > 1:
        chord = ((seat - seat[full[0]]) ** 2).sum(axis=1)
        chord[(heir != np.arange(len(units))) | (np.arange(len(units)) == full[0])] = np.inf
        to = int(chord.argmin())
        heir[heir == full[0]] = to
        for held in (counted, room):
            held[to], held[full[0]] = held[to] + held[full[0]], 0
    return heir[unit], counted


def _settled(people: np.ndarray, unit: np.ndarray, counted: np.ndarray, drawing: Drawing) -> np.ndarray:
    """People by cell in whole numbers that add up to those counted in each unit; no cell is too full or all but empty.

    Where all cells of a unit are all but empty, the fullest keeps its people.
    """
    settled = np.zeros(len(people), np.int64)
    for number in np.flatnonzero(counted > 0):
        rows = np.flatnonzero(unit == number)
        part = _levelled(people[rows], drawing.densest_km2 * CELL_KM2)
        full = part >= drawing.least_people_cell
        full[part.argmax()] = True
        settled[rows] = apportion(int(counted[number]), np.where(full, part, 0.0))
    return settled


def _levelled(people: np.ndarray, most: float) -> np.ndarray:
    """Move people from cells that hold more than `most` to the others, in proportion to those who live there."""
    for _ in range(LEVELLING_ROUNDS):
        surplus = np.maximum(people - most, 0).sum()
        people = np.minimum(people, most)
        room = np.where(people < most, people, 0.0)
        if not surplus or not room.sum():
            break
        people = people + surplus * room / room.sum()
    return people


def _settlement_kinds(places: pd.DataFrame, towns: Towns, rural: np.ndarray) -> np.ndarray:
    """Code of the kind of settlement of each cell, by its main town and how dense people live."""
    density = (towns.people + rural) / CELL_KM2
    city = (places["role"] == "prefecture_seat").to_numpy() | (places["urban_people"] >= CITY_PEOPLE).to_numpy()
    in_town = (towns.row >= 0) & (towns.people > rural)
    in_city = in_town & city[towns.row]
    core = in_city & (towns.fades <= CORE_FADES)
    kinds = [core, in_city & (density >= SUBURB_KM2), in_town & ~in_city & (density >= TOWN_KM2)]
    return np.select(kinds, [0, 1, 2], 3)


def _income_index(prefecture: pd.Series, kind: np.ndarray, rng: np.random.Generator, drawing: Drawing) -> np.ndarray:
    """Consumption a head against the nation: the province's, higher in towns than in the country."""
    ratio, urban = drawing.urban_income_ratio, prefecture["urban_share"]
    country = prefecture["consumption_index"] / (urban * ratio + 1 - urban)
    by_kind = country * np.array([ratio, ratio, ratio, 1.0]) * np.array(drawing.income_kind)
    noise = rng.normal(0, drawing.income_prefecture_sd) + rng.normal(0, drawing.income_cell_sd, len(kind))
    return by_kind[kind] * np.exp(noise)
