"""Sites: the three tiers of warehouses, at seats of prefectures and counties, laid out once for the whole nation."""

from collections.abc import Iterable
from itertools import chain, pairwise

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import ORIGINS, TIERS
from lst_workbench.geo import haversine_km, nearest
from lst_workbench.market.synthetic.geography import Geography
from lst_workbench.market.synthetic.params import Drawing, Figures
from lst_workbench.market.synthetic.streams import stream

# The report that gives the goal names a store in Huangshan; the network of 200 "cities and townships" is taken to serve
# it from its seat and two county towns.
SERVED_BY_NAME = {341000: (1792359, 1797972, 1810665)}
TIER_BASE = {"regional": 10, "city": 20, "front": 30}
TIER_ZH = {"regional": "区域仓", "city": "城市仓", "front": "前置仓"}
SITE_IDS_PER_PREFECTURE = 100
LONG_OPEN = "2017-03"
LATE_MONTHS = 6


def lay_out_sites(geography: Geography, seed: int, figures: Figures, drawing: Drawing) -> pd.DataFrame:
    """All warehouses of the nation, each fed by the nearest of the tier above."""
    prefectures = geography.prefectures.assign(market=lambda p: p["people"] * p["consumption_index"])
    ranked = prefectures.sort_values("market", ascending=False, kind="stable")
    named = [code for code in SERVED_BY_NAME if code in prefectures.index]
    named_sites = sum(len(SERVED_BY_NAME[code]) for code in named)
    others = ranked.index.difference(named, sort=False)[: max(0, round(figures.front_sites) - named_sites)]
    city = ranked.index[: round(figures.city_sites)]
    regional = _spread(prefectures.loc[city], round(figures.regional_sites))
    seats = prefectures["seat_place_id"]
    front = seats[others].items(), *([(code, place) for place in SERVED_BY_NAME[code]] for code in named)
    tiers = [
        _tier("regional", seats[regional].items(), geography, seed, figures, drawing),
        _tier("city", seats[city].items(), geography, seed, figures, drawing),
        _tier("front", chain(*front), geography, seed, figures, drawing),
    ]
    for upper, lower in pairwise(tiers):
        lower["feeds_from"] = _nearest_id(lower, upper)
    return pd.concat(tiers, ignore_index=True).sort_values("site_id", ignore_index=True)


def sites_serving(sites: pd.DataFrame, prefectures: pd.DataFrame) -> pd.DataFrame:
    """Sites in the prefectures, the front warehouse nearest to each seat, and all that feed them, anywhere."""
    fronts = sites[sites["tier"] == "front"]
    closest, _ = nearest(prefectures["seat_lat"], prefectures["seat_lon"], fronts["lat"], fronts["lon"])
    kept = set(sites.loc[sites["prefecture_code"].isin(prefectures.index), "site_id"])
    kept |= set(fronts["site_id"].to_numpy()[closest])
    feeder = sites.dropna(subset=["feeds_from"]).set_index("site_id")["feeds_from"].astype(int)
    for _ in TIER_BASE:
        kept |= set(feeder[feeder.index.isin(kept)])
    return sites[sites["site_id"].isin(kept)].reset_index(drop=True)


def _tier(
    tier: str,
    chosen: Iterable[tuple[int, int]],
    geography: Geography,
    seed: int,
    figures: Figures,
    drawing: Drawing,
) -> pd.DataFrame:
    """Warehouses of one tier at (prefecture, place) pairs; the first of a prefecture is the largest."""
    sites = pd.DataFrame(list(chosen), columns=["prefecture_code", "place_id"]).astype("int64")
    sites["number"] = sites.groupby("prefecture_code").cumcount()
    sites = sites.merge(geography.places[["place_id", "name_en", "name_zh", "lat", "lon"]], on="place_id")
    size = _size(tier, sites, geography, figures)
    streams = [
        stream(seed, f"sites {tier}", code * 10 + k)
        for code, k in zip(sites["prefecture_code"], sites["number"], strict=True)
    ]
    luck = np.array([rng.lognormal(0, drawing.capacity_sd) for rng in streams])
    late = np.array([tier == "front" and rng.random() < drawing.late_opening_share for rng in streams])
    delay = np.array([int(rng.integers(1, LATE_MONTHS)) for rng in streams])
    start = np.datetime64(figures.start_month, "M")
    return pd.DataFrame(
        {
            "site_id": (sites["prefecture_code"] * SITE_IDS_PER_PREFECTURE + TIER_BASE[tier] + sites["number"]).astype(
                "int32"
            ),
            "name_en": sites["name_en"] + f" {tier} warehouse",
            "name_zh": sites["name_zh"] + TIER_ZH[tier],
            "tier": pd.Categorical([tier] * len(sites), TIERS),
            "feeds_from": pd.array([pd.NA] * len(sites), dtype="Int32"),
            "place_id": sites["place_id"].astype("int32"),
            "prefecture_code": sites["prefecture_code"].astype("int32"),
            "lat": sites["lat"],
            "lon": sites["lon"],
            "capacity_m3_month": (figures.capacity_m3_month[tier] * size * luck).round(1),
            "fixed_cost_rmb_month": (figures.fixed_cost_rmb_month[tier] * np.sqrt(size)).round(-2),
            "open_month": np.where(late, start + delay, np.datetime64(LONG_OPEN, "M")).astype("datetime64[us]"),
            "origin": pd.Categorical(["synthetic"] * len(sites), ORIGINS),
        }
    )


def _size(tier: str, sites: pd.DataFrame, geography: Geography, figures: Figures) -> np.ndarray:
    """Size against the tier's mean: fronts share the stores of their prefecture, the first with two parts."""
    if tier != "front":
        return np.ones(len(sites))
    parts = np.where(sites["number"] == 0, 2.0, 1.0)
    share = parts / pd.Series(parts).groupby(sites["prefecture_code"]).transform("sum").to_numpy()
    people = geography.prefectures["people"].reindex(sites["prefecture_code"]).to_numpy()
    return people * share / figures.people_per_store / (figures.stores_nation / figures.front_sites)


def _spread(cities: pd.DataFrame, count: int) -> pd.Index:
    """Cities that stand nearest to all of the others' markets: a greedy p-median."""
    lat, lon = cities["seat_lat"].to_numpy(), cities["seat_lon"].to_numpy()
    km = haversine_km(lat[:, None], lon[:, None], lat, lon) * cities["market"].to_numpy()[:, None]
    best, chosen = np.full(len(cities), np.inf), []
    for _ in range(min(count, len(cities))):
        chosen.append(int(np.minimum(km, best[:, None]).sum(axis=0).argmin()))
        best = np.minimum(best, km[:, chosen[-1]])
    return cities.index[chosen]


def _nearest_id(lower: pd.DataFrame, upper: pd.DataFrame) -> pd.api.extensions.ExtensionArray:
    found, _ = nearest(lower["lat"], lower["lon"], upper["lat"], upper["lon"])
    return pd.array(upper["site_id"].to_numpy()[found], dtype="Int32")
