"""Places: the real townships of a prefecture, more where far too few are known, and who lives in and around them."""

import math

import numpy as np
import pandas as pd

from lst_workbench.geo import haversine_km
from lst_workbench.market.synthetic.geography import Geography, synthetic_place_id
from lst_workbench.market.synthetic.params import Drawing
from lst_workbench.market.synthetic.streams import stream

KM_PER_DEGREE = 111.2
TRIES_PER_PLACE = 30
STANDS_FOR = (0.3, 6.0)
NAME_FIRST = (
    ("Da", "大"), ("Xiao", "小"), ("Xin", "新"), ("Dong", "东"), ("Xi", "西"), ("Nan", "南"), ("Bei", "北"),
    ("Shang", "上"), ("Xia", "下"), ("Qing", "青"), ("Bai", "白"), ("Hong", "红"), ("Long", "龙"), ("Feng", "凤"),
    ("Ping", "平"), ("An", "安"),
)  # fmt: skip
NAME_LAST = (
    ("he", "河"), ("qiao", "桥"), ("shan", "山"), ("lin", "林"), ("ping", "坪"), ("wan", "湾"), ("tang", "塘"),
    ("gou", "沟"), ("po", "坡"), ("kou", "口"), ("tian", "田"), ("quan", "泉"), ("shi", "石"), ("ling", "岭"),
    ("yuan", "源"), ("ji", "集"),
)  # fmt: skip


def draw_places(geography: Geography, prefecture_code: int, seed: int, drawing: Drawing) -> pd.DataFrame:
    """Draw the places of one prefecture: people of their towns, and weights for the people of the country around.

    Returns
    -------
    DataFrame
        Columns of `places.csv`, `origin`, `urban_people` (adds up to the prefecture's urban people) and `rural_weight`.
    """
    rng = stream(seed, "places", prefecture_code)
    prefecture = geography.prefectures.loc[prefecture_code]
    counties = geography.counties[geography.counties["prefecture_code"] == prefecture_code]
    real = geography.places_of(prefecture_code)
    places = real.assign(origin=np.where(real["place_id"] >= synthetic_place_id(0, 0), "synthetic", "real"))
    urban_total = prefecture["people"] * prefecture["urban_share"]
    # Where only a few townships are known, the country around each would hold a small city: more are needed.
    known = max(len(places) - 1, 0)
    missing = max(0, math.ceil((prefecture["people"] - urban_total) / drawing.rural_people_township) - known)
    spare = _represented(places, counties, _rural_weight(places, drawing), drawing.rural_weight)
    added = _draw_missing(geography, prefecture_code, places, missing, spare, rng)
    places = pd.concat([places, added], ignore_index=True)
    town = _town_hints(places, rng, drawing) * _represented(places, counties, None, drawing.urban_people_hint)
    seat = (places["role"] == "prefecture_seat").to_numpy()
    town[seat] = np.fmax(places["population"].to_numpy(float)[seat], drawing.seat_urban_share_least * urban_total)
    rural = _rural_weight(places, drawing) * rng.lognormal(0, drawing.rural_sd, len(places))
    rural = rural * _represented(places, counties, rural, drawing.rural_weight)
    return places.assign(urban_people=urban_total * town / town.sum(), rural_weight=rural / rural.sum())


def _town_hints(places: pd.DataFrame, rng: np.random.Generator, drawing: Drawing) -> np.ndarray:
    """People of each town: the gazetteer's where it has them, else by the town's role."""
    role = places["role"]
    typical = role.map(dict(drawing.urban_people_hint)).fillna(0).to_numpy(float)
    typical = typical * rng.lognormal(0, drawing.hint_sd, len(places))
    known = places["population"].to_numpy(float)
    known = np.where(role.isin(["town", "township"]), np.minimum(known, drawing.town_hint_most), known)
    return np.where(np.isnan(known), typical, known)


def _rural_weight(places: pd.DataFrame, drawing: Drawing) -> np.ndarray:
    return places["role"].map(dict(drawing.rural_weight)).to_numpy(float)


def _represented(
    places: pd.DataFrame, counties: pd.DataFrame, weight: np.ndarray | None, by_role: tuple[tuple[str, float], ...]
) -> np.ndarray:
    """How much more each known place stands for: what its county's townships weigh over what its known places weigh."""
    table = dict(by_role)
    weight = places["role"].map(table).fillna(0).to_numpy(float) if weight is None else weight
    listed = counties["streets"] * table["street"] + counties["towns"] * table["town"]
    listed += counties["townships"] * table["township"]
    county = places["county_code"].astype("float64")
    here = pd.Series(weight).groupby(county.to_numpy()).sum()
    ratio = county.map(listed / here.reindex(listed.index)).fillna(1.0).to_numpy()
    return np.clip(ratio, *STANDS_FOR)


def _draw_missing(
    geography: Geography,
    prefecture_code: int,
    places: pd.DataFrame,
    missing: int,
    spare: np.ndarray,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Synthetic townships in the widest gaps, more of them in counties of which fewer townships are known."""
    if not missing:
        return pd.DataFrame()
    lat, lon, near = _gaps(geography, prefecture_code, places, missing, spare, rng)
    number = np.arange(1, len(lat) + 1)
    first = rng.integers(len(NAME_FIRST), size=len(lat))
    last = rng.integers(len(NAME_LAST), size=len(lat))
    return pd.DataFrame(
        {
            "place_id": synthetic_place_id(prefecture_code, number),
            "name_en": [NAME_FIRST[i][0] + NAME_LAST[j][0] for i, j in zip(first, last, strict=True)],
            "name_zh": [NAME_FIRST[i][1] + NAME_LAST[j][1] + "乡" for i, j in zip(first, last, strict=True)],
            "lat": lat,
            "lon": lon,
            "province_code": geography.prefectures.at[prefecture_code, "province_code"],
            "prefecture_code": prefecture_code,
            "county_code": geography.places["county_code"].array[near],
            "role": "township",
            "population": math.nan,
            "origin": "synthetic",
        }
    )


def _gaps(
    geography: Geography,
    prefecture_code: int,
    places: pd.DataFrame,
    missing: int,
    spare: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions far from all places and each other, of many tries the farthest; with the nearest real place."""
    tries = missing * TRIES_PER_PLACE
    around = rng.choice(len(places), tries, p=spare / spare.sum())
    away_km, bearing = rng.uniform(3, 14, tries), rng.uniform(0, 2 * np.pi, tries)
    lat = places["lat"].to_numpy()[around] + away_km * np.cos(bearing) / KM_PER_DEGREE
    lon = places["lon"].to_numpy()[around] + away_km * np.sin(bearing) / KM_PER_DEGREE / np.cos(np.radians(lat))
    row, gap_km = geography.nearest_place(lat, lon)
    own = geography.places["prefecture_code"].to_numpy()[row] == prefecture_code
    lat, lon, gap_km, row = lat[own], lon[own], gap_km[own], row[own]
    chosen = []
    for _ in range(min(missing, len(lat))):
        farthest = int(gap_km.argmax())
        chosen.append(farthest)
        gap_km = np.minimum(gap_km, haversine_km(lat[farthest], lon[farthest], lat, lon))
    return lat[chosen].round(5), lon[chosen].round(5), row[chosen]


def finish_places(places: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Places as the contract wants them: their people are those of their cells."""
    people = cells.groupby("place_id")["people"].sum(min_count=1)
    big = places["urban_people"] >= 200_000
    kind = np.select(
        [places["role"] == "prefecture_seat", (places["role"] == "street") | big], ["city_core", "suburb"], "township"
    )
    return pd.DataFrame(
        {
            "place_id": places["place_id"].astype("int32"),
            "name_en": places["name_en"].astype("str"),
            "name_zh": places["name_zh"].astype("str"),
            "settlement_kind": kind,
            "lat": places["lat"],
            "lon": places["lon"],
            "county_code": places["county_code"].astype("Int32"),
            "prefecture_code": places["prefecture_code"].astype("int32"),
            "province_code": places["province_code"].astype("int32"),
            "people": places["place_id"].map(people).fillna(0.0).astype("float64"),
            "people_origin": "modelled",
            "origin": places["origin"],
        }
    )
