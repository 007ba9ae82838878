"""Territories: fixed sets of places, cut so that each holds about as many stores as the others."""

import numpy as np
import pandas as pd

from lst_workbench.market.synthetic.params import Drawing

TERRITORIES_PER_PREFECTURE = 100


def draw_territories(places: pd.DataFrame, count: pd.Series, prefecture_code: int, drawing: Drawing) -> pd.DataFrame:
    """Territories of one prefecture: its places, halved again and again across their longer side by count of stores."""
    load = places["place_id"].map(count).fillna(0).to_numpy(float)
    wanted = max(1, min(round(load.sum() / drawing.stores_per_territory), TERRITORIES_PER_PREFECTURE - 1, len(places)))
    east = places["lon"].to_numpy() * np.cos(np.radians(places["lat"].mean()))
    part = _halve(np.column_stack((places["lat"].to_numpy(), east)), load, np.arange(len(places)), wanted)
    territory = np.empty(len(places), int)
    for number, rows in enumerate(part, start=1):
        territory[rows] = number
    largest = pd.Series(places["people"].to_numpy()).groupby(territory).idxmax().reindex(territory).to_numpy()
    return pd.DataFrame(
        {
            "place_id": places["place_id"].to_numpy(),
            "territory_id": (prefecture_code * TERRITORIES_PER_PREFECTURE + territory).astype("int32"),
            "name_en": places["name_en"].to_numpy()[largest],
            "name_zh": places["name_zh"].to_numpy()[largest],
        }
    )


def _halve(position: np.ndarray, load: np.ndarray, rows: np.ndarray, wanted: int) -> list[np.ndarray]:
    """Split places into `wanted` compact groups of about equal load."""
    if wanted == 1 or len(rows) == 1:
        return [rows]
    spread = np.ptp(position[rows], axis=0)
    order = rows[np.argsort(position[rows, int(spread.argmax())], kind="stable")]
    left = wanted // 2
    cumulative = np.cumsum(load[order])
    cut = int(np.searchsorted(cumulative - load[order] / 2, cumulative[-1] * left / wanted))
    cut = min(max(cut, 1), len(order) - 1)
    return _halve(position, load, order[:cut], left) + _halve(position, load, order[cut:], wanted - left)
