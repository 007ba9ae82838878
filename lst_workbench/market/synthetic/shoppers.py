"""What stays hidden of each store: its pull on shoppers, what it sells, and how its owner is inclined.

The models never see these; tests and benchmarks compare what a model finds with them.
"""

import numpy as np
import pandas as pd

from lst_workbench.geo import disks
from lst_workbench.market.synthetic.params import Drawing, Figures
from lst_workbench.market.synthetic.streams import stream

KM_BETWEEN_CELLS = 0.86


def draw_hidden(
    cells: pd.DataFrame, stores: pd.DataFrame, prefecture_code: int, seed: int, figures: Figures, drawing: Drawing
) -> pd.DataFrame:
    """Draw each store's attraction, sales and its owner's drive.

    People spread over the stores of the cells around theirs in proportion to attraction and to a fade with distance;
    attraction is a power of the floor times a store effect that no column explains.

    Returns
    -------
    DataFrame
        store_id, attraction, store_effect, people, sales_rmb_month, drive.
    """
    rng = stream(seed, "hidden", prefecture_code)
    effect = rng.normal(0, drawing.store_effect_sd, len(stores))
    area = stores["area_m2"].to_numpy(float) / figures.area_m2
    attraction = area**drawing.area_power * np.exp(effect)
    people, spend = _shoppers(cells, stores["h3_8"].to_numpy(), attraction, drawing)
    sales = figures.sales_rmb_month * spend / figures.people_per_store
    sales *= np.exp(rng.normal(-(drawing.sales_effect_sd**2) / 2, drawing.sales_effect_sd, len(stores)))
    return pd.DataFrame(
        {
            "store_id": stores["store_id"],
            "attraction": attraction.astype("float32"),
            "store_effect": effect.astype("float32"),
            "people": people.astype("float32"),
            "sales_rmb_month": sales.astype("float32"),
            "drive": rng.normal(size=len(stores)).astype("float32"),
        }
    )


def _shoppers(
    cells: pd.DataFrame, store_cell: np.ndarray, attraction: np.ndarray, drawing: Drawing
) -> tuple[np.ndarray, np.ndarray]:
    """People who shop at each store, and the same weighted by their income index."""
    order = np.argsort(cells["h3_8"].to_numpy())
    known = cells["h3_8"].to_numpy()[order]
    at = order[np.searchsorted(known, store_cell)]
    pull = np.bincount(at, attraction, len(cells))
    home, shop_cell = disks(cells["h3_8"], drawing.shopper_reach_rings)
    place = np.minimum(np.searchsorted(known, shop_cell), len(known) - 1)
    hit = known[place] == shop_cell
    home, shop = home[hit], order[place[hit]]
    lat, lon = cells["lat"].to_numpy(), cells["lon"].to_numpy()
    km = 111.2 * np.hypot(lat[home] - lat[shop], (lon[home] - lon[shop]) * np.cos(np.radians(lat[home])))
    weight = pull[shop] * np.exp(-km / drawing.shopper_fade_km)
    total = np.bincount(home, weight, len(cells))
    share = np.divide(weight, total[home], out=np.zeros_like(weight), where=total[home] > 0)
    going = share * cells["people"].to_numpy(float)[home]
    people = np.bincount(shop, going, len(cells))
    spend = np.bincount(shop, going * cells["income_index"].to_numpy(float)[home], len(cells))
    part = attraction / pull[at]
    return people[at] * part, spend[at] * part
