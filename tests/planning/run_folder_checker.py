"""An independent check of a run: reads nothing but the folder, shares no code with the package."""

import tomllib
from collections import defaultdict
from pathlib import Path

import pandas as pd

SLACK = 1e-6


def violations(folder: Path) -> list[str]:
    """Every capacity that a plan breaks, every store it signs twice or must not sign, one sentence each."""
    listed = [
        name
        for stage in tomllib.loads((folder / "run.toml").read_text())["stages"].values()
        for name in stage["tables"]
    ]
    table = {name: pd.read_parquet(folder / "tables" / f"{name}.parquet") for name in listed}
    stores = {row.store_id: row for row in table["wave_stores"].itertuples()}
    months = sorted(table["plan_months"]["month"])
    used: dict[tuple[str, int, pd.Timestamp], float] = defaultdict(float)
    found, signed = [], set()
    for row in table["waves"].itertuples():
        if row.store_id not in stores or row.store_id in signed:
            found.append(f"store {row.store_id} is signed twice or may not be signed")
            continue
        signed.add(row.store_id)
        store = stores[row.store_id]
        for month in months:
            if month == row.month:
                used["visits", store.territory_id, month] += store.visits_signup
            if month > row.month:
                used["visits", store.territory_id, month] += store.visits_care
            if month >= row.month:
                used["volume_m3", store.warehouse_id, month] += store.volume_m3_month
                used["capital_rmb", 0, month] += store.capital_rmb
    rooms = {
        **{("visits", r.territory_id, r.month): r.visits for r in table["territory_months"].itertuples()},
        **{("volume_m3", r.warehouse_id, r.month): r.capacity_m3 for r in table["warehouse_months"].itertuples()},
        **{("capital_rmb", 0, r.month): r.capital_rmb for r in table["plan_months"].itertuples()},
    }
    for key, load in used.items():
        if load > rooms.get(key, 0.0) + SLACK:
            found.append(f"{key} takes {load:.3f} of {rooms.get(key, 0.0):.3f}")
    capacities = table.get("capacities", pd.DataFrame())  # a plan made again tells none
    for row in capacities.itertuples():
        key = (str(row.resource), row.resource_id, row.month)
        if abs(row.used - row.base_load - used.get(key, 0.0)) > SLACK * max(1.0, row.used):
            found.append(
                f"{key} is said to take {row.used:.3f}, its stores take {row.base_load + used.get(key, 0.0):.3f}"
            )
        if abs(max(0.0, row.capacity - row.base_load) - rooms[key]) > SLACK * max(1.0, row.capacity):
            found.append(
                f"{key} leaves {row.capacity - row.base_load:.3f} to the plan, which was given {rooms[key]:.3f}"
            )
    return found
