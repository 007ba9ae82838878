"""Markets that every room's tests share: a village solvable by hand and a district of two thousand stores."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.contracts import CONTRACTS
from lst_workbench.geo import cells_of

START = pd.Timestamp("2017-09-01")
HUANGSHAN, ANHUI = 341000, 340000
TABLES = ("places", "cells", "stores", "participants", "sites", "territories")


def market_of(name: str, **tables: pd.DataFrame):
    from lst_workbench.market import Market, MarketMeta, fingerprint_of

    checked = {key: CONTRACTS[key].check(tables[key]) for key in TABLES}
    meta = MarketMeta(name, source="tests", synthetic=True, fingerprint=fingerprint_of(checked), seed=7)
    return Market(meta, checked)


def place_table(place_id, lat, lon, people) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **{"place_id": place_id, "name_en": [f"Place {i}" for i in place_id], "name_zh": "地"},
            **{"county_code": 341002, "lat": lat, "lon": lon, "people": people, "settlement_kind": "township"},
            **{
                "people_origin": "synthetic",
                "prefecture_code": HUANGSHAN,
                "province_code": ANHUI,
                "origin": "synthetic",
            },
        }
    )


def store_table(store_id, place_id, lat, lon, area_m2, settlement_kind) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **{"store_id": store_id, "source_id": None, "name": [f"Shop {i}" for i in store_id]},
            **{"place_id": place_id, "prefecture_code": HUANGSHAN, "province_code": ANHUI, "h3_8": cells_of(lat, lon)},
            **{
                "lat": lat,
                "lon": lon,
                "area_m2": area_m2,
                "store_kind": "grocery",
                "settlement_kind": settlement_kind,
                "origin": "synthetic",
            },
        }
    )


def cell_table(h3_8, place_id, lat, lon, people) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **{"h3_8": h3_8, "place_id": place_id, "prefecture_code": HUANGSHAN, "province_code": ANHUI, "lat": lat},
            **{"lon": lon, "people": people, "income_index": 1.0, "settlement_kind": "township", "origin": "synthetic"},
        }
    )


def site_table(site_id, place_id, lat, lon, capacity_m3_month) -> pd.DataFrame:
    return pd.DataFrame(
        {
            **{"site_id": site_id, "name_en": [f"Front {i}" for i in site_id], "name_zh": None, "tier": "front"},
            **{"feeds_from": None, "place_id": place_id, "prefecture_code": HUANGSHAN, "lat": lat, "lon": lon},
            **{"capacity_m3_month": capacity_m3_month, "fixed_cost_rmb_month": 60_000.0, "open_month": START},
            "origin": "synthetic",
        }
    )


def territory_table(place_id, territory_id) -> pd.DataFrame:
    names = [f"Territory {i}" for i in territory_id]
    return pd.DataFrame({"place_id": place_id, "territory_id": territory_id, "name_en": names, "name_zh": None})


def participant_table(store_id) -> pd.DataFrame:
    return pd.DataFrame({"store_id": store_id, "joined_month": pd.Timestamp("2017-03-01"), "active": True})


@pytest.fixture(scope="session")
def village():
    """Twelve stores: 1 in the system, 2-10 within reach of the one warehouse, 11 and 12 out of reach."""
    lat = np.r_[29.71 + 0.002 * np.arange(10), 30.60, 30.61]
    lon = np.full(12, 118.32)
    stores = store_table(np.arange(1, 13), np.r_[np.ones(10, int), [2, 2]], lat, lon, 40.0 + np.arange(12), "township")
    homes = stores.drop_duplicates("h3_8")
    people = 2784 / len(homes)
    return market_of(
        "village",
        places=place_table([1, 2], [29.71, 30.60], [118.32, 118.32], [2320.0, 464.0]),
        cells=cell_table(homes["h3_8"], homes["place_id"], homes["lat"], homes["lon"], people),
        stores=stores,
        participants=participant_table([1]),
        sites=site_table([7], [1], [29.71], [118.32], [2000.0]),
        territories=territory_table([1, 2], [1, 1]),
    )


@pytest.fixture(scope="session")
def village_scenario():
    """Visits of 7.04 a month at the village's scale, three for a sign-up; no other capacity binds."""
    return load_scenario("base").override(
        {
            **{"field.reps": 4000, "field.visits_day": 40, "field.visits_per_signup": 3},
            **{
                "field.care_visits_month": 0.5,
                "field.working_days": 22,
                "field.working_days_festival": 22,
                "capital.working_rmb": 5e9,
            },
        }
    )


@pytest.fixture(scope="session")
def district():
    """About two thousand stores around forty places, five territories, six warehouses of which one is small."""
    rng = np.random.default_rng(7)
    places = np.arange(1, 41)
    size = rng.lognormal(0.0, 0.8, 40)
    lat, lon = rng.uniform(29.5, 30.3, 40), rng.uniform(117.8, 118.8, 40)
    home = rng.choice(40, 2000, p=size / size.sum())
    store_lat, store_lon = lat[home] + rng.normal(0, 0.01, 2000), lon[home] + rng.normal(0, 0.01, 2000)
    kind = np.where(size[home] > 1.5, "city_core", "village")
    stores = store_table(np.arange(1001, 3001), places[home], store_lat, store_lon, rng.lognormal(3.9, 0.4, 2000), kind)
    homes = stores.groupby("h3_8").agg({"place_id": "first", "lat": "mean", "lon": "mean", "store_id": "size"})
    cells = cell_table(homes.index, homes["place_id"], homes["lat"], homes["lon"], 232.0 * homes["store_id"])
    depots = np.argsort(-size)[:6]
    return market_of(
        "district",
        places=place_table(places, lat, lon, 464_000 * size / size.sum()),
        cells=cells.reset_index(drop=True),
        stores=stores,
        participants=participant_table(np.sort(rng.choice(stores["store_id"], 170, replace=False))),
        sites=site_table(np.arange(1, 7), places[depots], lat[depots], lon[depots], [60.0, 60, 60, 60, 60, 8]),
        territories=territory_table(places, 1 + (places - 1) // 8),
    )


@pytest.fixture(scope="session")
def village_folder(village, tmp_path_factory) -> Path:
    from lst_workbench.market import write_market

    folder = tmp_path_factory.mktemp("markets") / "village"
    write_market(village, folder)
    return folder
