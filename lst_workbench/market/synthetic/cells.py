"""Cells: people laid out around the seats of a prefecture, in whole numbers that add up to its total."""

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from lst_workbench.geo import centres_of, cells_of, disks, neighbours_within
from lst_workbench.market.synthetic.geography import Geography, unit_vectors
from lst_workbench.market.synthetic.params import Drawing
from lst_workbench.market.synthetic.streams import apportion, stream

CELL_KM2 = 0.737
RING_KM = 0.86
KINDS = np.array(["city_core", "suburb", "township", "village"])
EARTH_RADIUS_KM = 6371.0088


def draw_cells(
    geography: Geography, prefecture_code: int, places: pd.DataFrame, seed: int, drawing: Drawing
) -> pd.DataFrame:
    """Populated cells of one prefecture.

    Towns thin out from their middle as Clark's law has it, D(r) = D0 exp(-r / b); villages are scattered around the
    seats. A cell belongs to the prefecture of the nearest real place of the nation, so that prefectures never share one.
    """
    rng = stream(seed, "cells", prefecture_code)
    prefecture = geography.prefectures.loc[prefecture_code]
    scale_km = _town_scale_km(places["urban_people"].to_numpy(), drawing)
    reach_km = np.maximum(drawing.urban_reach_in_scales * scale_km, RING_KM)
    cells, lat, lon, owner, owner_km = _own_cells(geography, prefecture_code, places, reach_km, drawing)
    pairs = neighbours_within(places["lat"], places["lon"], lat, lon, float(reach_km.max()))
    urban, town, town_km = _urban_people(places, pairs, scale_km, reach_km, len(cells), rng, drawing)
    rural_total = prefecture["people"] - urban.sum()
    rural = _rural_people(places, owner, owner_km, rural_total, rng, drawing)
    people = urban + rural
    people[people < drawing.least_people_cell] = 0.0
    people = apportion(int(prefecture["people"]), people)
    kind = _settlement_kinds(places, urban, rural, town, town_km, scale_km)
    income = _income_index(prefecture, kind, rng, drawing)
    lived = np.flatnonzero(people > 0)
    lived = lived[np.lexsort((cells[lived], places["place_id"].to_numpy()[owner[lived]]))]
    return pd.DataFrame(
        {
            "h3_8": cells[lived],
            "place_id": places["place_id"].to_numpy()[owner[lived]].astype("int32"),
            "prefecture_code": np.int32(prefecture_code),
            "province_code": np.int32(prefecture["province_code"]),
            "lat": lat[lived],
            "lon": lon[lived],
            "people": people[lived].astype("float32"),
            "income_index": income[lived].astype("float32"),
            "settlement_kind": pd.Categorical.from_codes(kind[lived], KINDS),
            "origin": "modelled",
        }
    )


def _town_scale_km(urban_people: np.ndarray, drawing: Drawing) -> np.ndarray:
    """Fade b of each town: U = 2 pi D0 b², with D0 growing with the town."""
    least, most = drawing.centre_density_range_km2
    density = drawing.centre_density_km2 * (np.maximum(urban_people, 1) / 1e5) ** drawing.centre_density_exponent
    return np.sqrt(urban_people / (2 * np.pi * np.clip(density, least, most)))


def _own_cells(
    geography: Geography, prefecture_code: int, places: pd.DataFrame, urban_reach_km: np.ndarray, drawing: Drawing
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """All cells around the places that are nearer to this prefecture's real places than to any other's."""
    vectors = unit_vectors(places["lat"].to_numpy(), places["lon"].to_numpy())
    tree = cKDTree(vectors)
    third = tree.query(vectors, k=[min(4, len(places))])[0][:, 0] * EARTH_RADIUS_KM
    rural_reach_km = np.clip(0.8 * third, *drawing.rural_reach_km)
    rings = np.ceil(np.maximum(rural_reach_km, urban_reach_km) / RING_KM).astype(int)
    middles = cells_of(places["lat"], places["lon"])
    found = [disks(middles[rings == ring], int(ring))[1] for ring in np.unique(rings)]
    cells = np.unique(np.concatenate(found))
    lat, lon = centres_of(cells)
    row, _ = geography.nearest_place(lat, lon)
    own = geography.places["prefecture_code"].to_numpy()[row] == prefecture_code
    cells, lat, lon = cells[own], lat[own], lon[own]
    chord, owner = tree.query(unit_vectors(lat, lon))
    return cells, lat, lon, owner, chord * EARTH_RADIUS_KM


def _urban_people(places, pairs, scale_km, reach_km, n_cells, rng, drawing):  # type: ignore[no-untyped-def]
    """People of towns by cell, and the town that most of them belong to with its distance in scales."""
    noise = rng.lognormal(0, drawing.urban_cell_sd, n_cells)
    row, cell, km = pairs.rows, pairs.indices, pairs.distance_km
    inside = km <= reach_km[row]
    row, cell, km = row[inside], cell[inside], km[inside]
    weight = np.exp(-km / np.maximum(scale_km[row], 0.3)) * noise[cell]
    total = np.bincount(row, weight, len(places))
    # A town whose surroundings all belong to a neighbouring prefecture leaves its people to the others.
    kept = places["urban_people"].to_numpy() * (total > 0)
    kept *= places["urban_people"].sum() / kept.sum()
    part = kept[row] * weight / total[row]
    urban = np.bincount(cell, part, n_cells)
    order = np.lexsort((part, cell))
    last = np.flatnonzero(np.r_[cell[order][1:] != cell[order][:-1], True])
    main = order[last]
    town, town_km = np.full(n_cells, -1), np.full(n_cells, np.inf)
    town[cell[main]], town_km[cell[main]] = row[main], km[main]
    return urban, town, town_km


def _rural_people(places, owner, owner_km, total, rng, drawing):  # type: ignore[no-untyped-def]
    """People of villages by cell: each place's share over as many cells as it has villages, nearer ones likelier."""
    wanted = np.maximum(1, np.round(total * places["rural_weight"].to_numpy() / drawing.village_cell_people)).astype(
        int
    )
    luck = rng.gumbel(size=len(owner)) - owner_km / drawing.village_fade_km
    size = rng.lognormal(0, drawing.village_sd, len(owner))
    order = np.lexsort((-luck, owner))
    starts = np.searchsorted(owner[order], np.arange(len(places)))
    rank = np.empty(len(owner), int)
    rank[order] = np.arange(len(owner)) - starts[owner[order]]
    weight = np.where(rank < wanted[owner], size, 0.0)
    by_place = np.bincount(owner, weight, len(places))
    share = places["rural_weight"].to_numpy()[owner] * weight / by_place[owner]
    return total * share / share.sum()


def _settlement_kinds(places, urban, rural, town, town_km, scale_km):  # type: ignore[no-untyped-def]
    """Kind of settlement of each cell, by the town that most of its people belong to and how dense they live."""
    density = (urban + rural) / CELL_KM2
    city = (places["role"] == "prefecture_seat").to_numpy() | (places["urban_people"] >= 200_000).to_numpy()
    in_city = city[town] & (town >= 0)
    core = in_city & (town_km <= 1.2 * scale_km[town])
    urban_lead = urban > rural
    kinds = [urban_lead & core, urban_lead & in_city & (density >= 400), urban_lead & ~in_city & (density >= 200)]
    return np.select(kinds, [0, 1, 2], 3)


def _income_index(prefecture, kind, rng, drawing):  # type: ignore[no-untyped-def]
    """Consumption a head against the nation: the province's, higher in towns than in the country."""
    ratio, urban = drawing.urban_income_ratio, prefecture["urban_share"]
    country = prefecture["consumption_index"] / (urban * ratio + 1 - urban)
    by_kind = country * np.array([ratio, ratio, ratio, 1.0]) * np.array(drawing.income_kind)
    noise = rng.normal(0, drawing.income_prefecture_sd) + rng.normal(0, drawing.income_cell_sd, len(kind))
    return by_kind[kind] * np.exp(noise)
