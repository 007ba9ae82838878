"""A run small enough to check by eye. A TEST FIXTURE: nothing in it was planned or measured."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_register, load_scenario
from lst_workbench.contracts import CONTRACTS
from lst_workbench.geo import cells_of
from lst_workbench.planning.outcome import signups_by_place
from lst_workbench.runs import PlanResult

MONTHS = pd.date_range("2017-09-01", periods=3, freq="MS")
EVIL = '<img src=x onerror="alert(1)">'


def checked(tables):
    return {name: CONTRACTS[name].check(table, name) for name, table in tables.items()}


@pytest.fixture(scope="session")
def places():
    return pd.DataFrame(
        {
            "place_id": [1, 2],
            "name_en": ["Huangshan", EVIL],
            "name_zh": ["黄山", EVIL],
            "settlement_kind": "township",
            "lat": [29.71, 30.29],
            "lon": [118.31, 118.14],
            "county_code": [341002, 341003],
            "prefecture_code": 341000,
            "province_code": 340000,
            "people": [90_000.0, 40_000.0],
            "people_origin": "modelled",
            "origin": "real",
        }
    )


@pytest.fixture(scope="session")
def stores():
    lat, lon = (
        np.array([29.71, 29.712, 29.73, 30.29, 30.30, 29.5]),
        np.array([118.31, 118.312, 118.33, 118.14, 118.15, 117.9]),
    )
    return pd.DataFrame(
        {
            "store_id": [11, 12, 13, 14, 15, 16],
            "source_id": None,
            "place_id": [1, 1, 1, 2, 2, 2],
            "name": ["Hongxing 红星", EVIL, "=SUM(A1)", "Xin Hua", None, "Far"],
            "prefecture_code": 341000,
            "province_code": 340000,
            "h3_8": cells_of(lat, lon),
            "lat": lat,
            "lon": lon,
            "area_m2": [150.0, 40, 30, 20, 60, 25],
            "store_kind": "foodstuffs",
            "settlement_kind": "township",
            "origin": "synthetic",
        }
    )


@pytest.fixture(scope="session")
def sites():
    return pd.DataFrame(
        {"site_id": [5], "name_en": [EVIL], "name_zh": [EVIL], "tier": ["front"], "lat": [29.7], "lon": [118.3]}
    )


@pytest.fixture(scope="session")
def tables(stores):
    status = ["participant", "signed", "signed", "signed", "not_chosen", "uncovered"]
    month = [None, MONTHS[0], MONTHS[1], MONTHS[2], None, None]
    decisions = pd.DataFrame(
        {
            "store_id": stores["store_id"],
            "status": status,
            "month": pd.to_datetime(month),
            "territory_id": 1,
            "site_id": pd.array([5, 5, 5, 5, 5, None], dtype="Int32"),
            "distance_km": [1.0, 1, 2, 30, 31, 70],
            "value": 0.45,
            "visits_price": 0.1,
            "volume_price": 0.0,
            "capital_price": 0.0,
            "margin": [0, 0.3, 0.2, 0.1, -0.1, 0],
            "best_month": pd.to_datetime([None, *[MONTHS[0]] * 4, None]),
        }
    )
    used = pd.DataFrame(
        [
            (r, i, m, 100.0, 10.0, u, 0.1)
            for r, i, us in (
                ("visits", 1, (100, 100, 99)),
                ("volume_m3", 5, (40, 50, 60)),
                ("capital_rmb", 0, (70, 100, 80)),
            )
            for m, u in zip(MONTHS, us, strict=True)
        ],
        columns=["resource", "resource_id", "month", "capacity", "base_load", "used", "shadow_price"],
    )
    curve = pd.DataFrame(
        {
            "month": MONTHS,
            "signups": [1, 1, 1],
            "in_system": [2.0, 3.0, 3.9],
            "active": [0.9, 1.35, 1.75],
            "gmv_rmb": [2e4, 3e4, 4e4],
            "contribution_rmb": [-100.0, -150.0, -200.0],
        }
    )
    by = {
        "stores": [3, 3],
        "participants": [1, 0],
        "signups": [2, 1],
        "uncovered": [0, 1],
        "first_month": [MONTHS[0], MONTHS[2]],
    }
    nan = float("nan")
    kpis = [
        ("in_system_stores", 3.9, "stores", 3.0, "goal.stores"),
        ("active_stores", 1.75, "stores", nan, "rollout.active_share"),
        ("signups_stores", 3.0, "stores", nan, "field.visits_per_signup"),
        ("gmv_rmb_month", 4e4, "RMB/month", nan, "platform.wallet_share"),
        ("reps_for_goal", 1.5, "reps", nan, "field.reps"),
        ("contribution_rmb_order", -12.5, "RMB/order", 0.0, "econ.take_rate"),
        ("reps", 2.0, "reps", nan, "field.reps"),
        ("field_cost_rmb_active_store", 4120.0, "RMB/store", nan, "field.rep_cost_rmb_month"),
    ]
    economics = [
        ("order_rmb", 765.0, "RMB"),
        ("margin_share", 0.035, "share"),
        ("handling_share", 0.018, "share"),
        ("line_haul_share", 0.014, "share"),
        ("net_share", 0.003, "share"),
        ("rural_share", 0.5, "share"),
        ("drop_rmb", 18.5, "RMB/order"),
        ("contribution_rmb_order", -16.2, "RMB/order"),
        ("break_even_margin_share", 0.0562, "share"),
        ("break_even_drop_rmb", 2.3, "RMB/order"),
    ]
    cells = stores.groupby("h3_8").agg(place_id=("place_id", "first"), stores=("store_id", "size")).reset_index()
    cells = cells.assign(participants=0, signups=1, uncovered=0, potential_rmb_month=np.arange(len(cells)) * 9e3 + 1e3)
    cells["first_month"] = pd.to_datetime([MONTHS[i % 3] if i % 4 else None for i in range(len(cells))])
    signed = decisions["status"] == "signed"
    return checked(
        {
            "kpis": pd.DataFrame(kpis, columns=["name", "value", "unit", "goal", "register_key"]),
            "curve": curve,
            "capacities": used,
            "decisions": decisions,
            "waves": decisions.loc[signed, ["store_id", "month"]],
            "place_months": signups_by_place(stores, decisions),
            "places_plan": pd.DataFrame({"place_id": [1, 2], "territory_id": 1, **by, "gmv_rmb_month": [9e3, 4e3]}),
            "cells_plan": cells,
            "economics": pd.DataFrame(economics, columns=["item", "value", "unit"]),
            "levers": pd.DataFrame(
                {
                    "key": ["field.reps", "capital.working_rmb"],
                    "change": [0.2, 64e3],
                    "value": [2.2, 7e5],
                    "in_system_gain": [48.0, 0.0],
                    "active_gain": [20.0, 0.0],
                }
            ),
        }
    )


@pytest.fixture(scope="session")
def result(tables):
    here = load_scenario("base").at_scale(0.001)
    stage = {
        "status": "within_gap",
        "value": 99.8,
        "bound": 100.0,
        "gap": 0.002,
        "solver_seconds": 0.4,
        "maximise": True,
        "reason": "",
        "seconds": 1.2,
        "notes": [],
        "tables": {},
    }
    meta = {
        "seed": 7,
        "market": {"fingerprint": "f"},
        "stages": {"waves": stage},
        "scenario": {
            "name": "base",
            "goal": "in_system",
            "scale": 0.001,
            "figures": {**here.values(), "field.reps": 2.0},
        },
    }
    return PlanResult(tables, meta, None)


@pytest.fixture(scope="session")
def register():
    return load_register()
