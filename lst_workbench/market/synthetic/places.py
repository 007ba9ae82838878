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
NAME_FIRST = (
    ("Da", "大"), ("Xiao", "小"), ("Xin", "新"), ("Dong", "东"), ("Xi", "西"), ("Nan", "南"), ("Bei", "北"), ("Shang", "上"),
    ("Xia", "下"), ("Qing", "青"), ("Bai", "白"), ("Hong", "红"), ("Long", "龙"), ("Feng", "凤"), ("Ping", "平"), ("An", "安"),
)  # fmt: skip
NAME_LAST = (
    ("he", "河"), ("qiao", "桥"), ("shan", "山"), ("lin", "林"), ("ping", "坪"), ("wan", "湾"), ("tang", "塘"), ("gou", "沟"),
    ("po", "坡"), ("kou", "口"), ("tian", "田"), ("quan", "泉"), ("shi", "石"), ("ling", "岭"), ("yuan", "源"), ("ji", "集"),
)  # fmt: skip


def draw_places(geography: Geography, prefecture_code: int, seed: int, drawing: Drawing) -> pd.DataFrame:
    """Places of one prefecture with the people of their towns (`urban_people`) and of the country around (`rural_weight`).

    Returns
    -------
    DataFrame
        Columns of `places.csv`, `origin`, `urban_people` (adds up to the prefecture's urban people) and `rural_weight`.
    """
    rng = stream(seed, "places", prefecture_code)
    prefecture = geography.prefectures.loc[prefecture_code]
    real = geography.places_of(prefecture_code)
    places = real.assign(origin=np.where(real["place_id"] >= synthetic_place_id(0, 0), "synthetic", "real"))
    urban_total = prefecture["people"] * prefecture["urban_share"]
    # Where only a few townships are known, the country around each would hold a small city: more are needed.
    known = max(len(places) - 1, 0)
    missing = max(0, math.ceil((prefecture["people"] - urban_total) / drawing.rural_people_township) - known)
    places = pd.concat([places, _draw_missing(geography, prefecture_code, places, missing, rng)], ignore_index=True)
    role = places["role"]
    hint = role.map(dict(drawing.urban_people_hint)).to_numpy(float) * rng.lognormal(0, drawing.hint_sd, len(places))
    known_people = places["population"].to_numpy(float)
    known_people = np.where(
        role.isin(["town", "township"]), np.minimum(known_people, drawing.town_hint_most), known_people
    )
    hint = np.where(np.isnan(known_people), hint, known_people)
    seat = (role == "prefecture_seat").to_numpy()
    hint[seat] = np.fmax(known_people[seat], drawing.seat_urban_share_least * urban_total)
    rural = role.map(dict(drawing.rural_weight)).to_numpy(float) * rng.lognormal(0, drawing.rural_sd, len(places))
    return places.assign(urban_people=urban_total * hint / hint.sum(), rural_weight=rural / rural.sum())


def _draw_missing(
    geography: Geography, prefecture_code: int, places: pd.DataFrame, missing: int, rng: np.random.Generator
) -> pd.DataFrame:
    """Synthetic townships in the widest gaps between a prefecture's real places, never nearer to another's."""
    if not missing:
        return pd.DataFrame()
    lat, lon = _gaps(geography, prefecture_code, places, missing, rng)
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
            "county_code": pd.array([pd.NA] * len(lat), dtype="Int32"),
            "role": "township",
            "population": math.nan,
            "origin": "synthetic",
        }
    )


def _gaps(
    geography: Geography, prefecture_code: int, places: pd.DataFrame, missing: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Positions far from all places and from each other: the farthest of many tries, again and again."""
    tries = missing * TRIES_PER_PLACE
    around = rng.integers(len(places), size=tries)
    away_km, bearing = rng.uniform(3, 14, tries), rng.uniform(0, 2 * np.pi, tries)
    lat = places["lat"].to_numpy()[around] + away_km * np.cos(bearing) / KM_PER_DEGREE
    lon = places["lon"].to_numpy()[around] + away_km * np.sin(bearing) / KM_PER_DEGREE / np.cos(np.radians(lat))
    row, gap_km = geography.nearest_place(lat, lon)
    own = geography.places["prefecture_code"].to_numpy()[row] == prefecture_code
    lat, lon, gap_km = lat[own], lon[own], gap_km[own]
    chosen = []
    for _ in range(min(missing, len(lat))):
        farthest = int(gap_km.argmax())
        chosen.append(farthest)
        gap_km = np.minimum(gap_km, haversine_km(lat[farthest], lon[farthest], lat, lon))
    return lat[chosen].round(5), lon[chosen].round(5)


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
