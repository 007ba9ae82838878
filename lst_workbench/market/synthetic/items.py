"""Items of the synthetic market and their sales: invented brands, a range per store, empty shelves."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts.kinds import RURAL
from lst_workbench.market.synthetic.sales import WEEKS_A_MONTH, Category, TillDrawing, at_level, weeks_before
from lst_workbench.market.synthetic.streams import stream

SEGMENTS = ("town", "country")
PACKS = (("small", 1.0, 1.0), ("large", 1.8, 1.4))  # name, price and width against the small pack
SHELF_LIFE_DAYS = {"dairy": 21.0, "beverages": 270.0, "snacks": 180.0, "instant_food": 180.0}
KEEPS_DAYS = 540.0


@dataclass(frozen=True)
class ItemDrawing:
    """Settings of the generator; none of them is a planning figure.

    Parameters
    ----------
    weeks : int
        Length of the record.
    brands : int
        Brands of each category, each with a small and a large pack.
    appeal_sd : float
        Standard deviation of utility between items.
    price_utility : pair of float
        Utility of a price once the category's, in towns and in the country.
    buy_share : float
        Share of visitors to a category who buy when everything is there, as the utilities of towns have it.
    carry_share : float
        Share of items that a store carries.
    empty_share : pair of float
        Share of weeks without stock of the least and the most wanted item.
    markup_share : float
        Margin in the price.
    """

    weeks: int = 26
    brands: int = 4
    appeal_sd: float = 0.8
    price_utility: tuple[float, float] = (-1.0, -1.8)
    buy_share: float = 0.8
    carry_share: float = 0.7
    empty_share: tuple[float, float] = (0.02, 0.35)
    markup_share: float = 0.22


@dataclass(frozen=True)
class Catalogue:
    """Invented items (contract `Items`), and the hidden truth: sku, segment, utility (leaving has 0)."""

    items: pd.DataFrame
    utilities: pd.DataFrame


def draw_catalogue(
    seed: int,
    drawing: ItemDrawing = ItemDrawing(),
    categories: Sequence[Category] = TillDrawing().categories,  # noqa: B008
) -> Catalogue:
    """Draw the items of every category and how much towns and the country want them."""
    rng = stream(seed, "items", 0)
    rows = []
    for category in categories:
        for brand in range(drawing.brands):
            level = rng.lognormal(0, 0.2)
            for pack, dearer, width in PACKS:
                name = f"{category.item_id}-{chr(65 + brand)}-{pack}"
                rows.append((name, category, f"Brand {chr(65 + brand)} (synthetic)", pack, dearer * level, width))
    price = np.array([np.round(row[1].price_rmb * row[4], 1) for row in rows])
    rank = np.array([row[1].price_rmb for row in rows])
    items = pd.DataFrame({
        "sku": [row[0] for row in rows], "category": [row[1].item_id for row in rows],
        "brand": [row[2] for row in rows], "pack": [row[3] for row in rows], "price_rmb": price,
        "cost_rmb": np.round(price * (1 - drawing.markup_share * rng.uniform(0.7, 1.3, len(rows))), 2),
        "width_cm": np.round(8 * np.array([row[5] for row in rows]) * rng.uniform(0.8, 1.2, len(rows)), 1),
        "facing_units": rng.integers(4, 9, len(rows)), "case_pack": rng.choice([6, 12], len(rows)),
        "shelf_life_days": [SHELF_LIFE_DAYS.get(row[1].item_id, KEEPS_DAYS) for row in rows],
    })  # fmt: skip
    appeal = rng.normal(0, drawing.appeal_sd, len(rows))
    parts = []
    for segment, slope in zip(SEGMENTS, drawing.price_utility, strict=True):
        wanted = np.exp(appeal + slope * (price / rank - 1))
        total = pd.Series(wanted).groupby(items["category"]).transform("sum")
        scaled = np.log(wanted / total * drawing.buy_share / (1 - drawing.buy_share))
        parts.append(pd.DataFrame({"sku": items["sku"], "segment": segment, "utility": scaled}))
    return Catalogue(items, pd.concat(parts, ignore_index=True))


def draw_item_sales(
    catalogue: Catalogue,
    stores: pd.DataFrame,
    sales_rmb_month: pd.Series,
    prefecture_code: int,
    seed: int,
    start_month: str,
    drawing: ItemDrawing = ItemDrawing(),  # noqa: B008
) -> pd.DataFrame:
    """Draw weekly sales by item of the tills of one prefecture; a row for every item that a store carries.

    Visitors to a category are Poisson; each takes an item on the shelf with probability v / (1 + sum of v there), or
    leaves. What is wanted most runs out most, for whole weeks; those weeks are marked and sell nothing.

    Parameters
    ----------
    catalogue : Catalogue
        Items and utilities.
    stores : DataFrame
        store_id, settlement_kind of the stores with a till.
    sales_rmb_month : Series
        What each store sells in a month, by store.
    prefecture_code, seed
        Name the random stream.
    start_month : str
        First month of the plan; the record ends the week before.

    Returns
    -------
    DataFrame
        Contract `Sales`, at the level of SKUs.
    """
    rng = stream(seed, "item_sales", prefecture_code)
    weeks = weeks_before(start_month, drawing.weeks)
    weekly = sales_rmb_month.reindex(stores["store_id"]).to_numpy(np.float64) / WEEKS_A_MONTH
    country = stores["settlement_kind"].isin(RURAL).to_numpy().astype(int)
    share = {category.item_id: category.share for category in TillDrawing().categories}
    wide = catalogue.utilities.pivot(index="sku", columns="segment", values="utility")
    parts = []
    for category, items in catalogue.items.groupby("category", sort=True):
        v = np.exp(wide.loc[items["sku"], list(SEGMENTS)].to_numpy().T)
        shape = (len(stores), len(items), drawing.weeks)
        carried = rng.random(shape[:2]) < drawing.carry_share
        carried[np.arange(len(stores)), rng.integers(0, len(items), len(stores))] = True
        empties = np.interp(v.mean(axis=0), [v.mean(axis=0).min(), v.mean(axis=0).max()], drawing.empty_share)
        there = carried[:, :, None] & (rng.random(shape) >= empties[:, None])
        weight = v[country][:, :, None] * there
        p = weight / (1 + weight.sum(axis=1, keepdims=True))
        price = items["price_rmb"].to_numpy()
        visits = weekly * share[str(category)] / (price.mean() * drawing.buy_share)
        units = rng.poisson(visits[:, None, None] * p)
        store, item, week = np.nonzero(np.broadcast_to(carried[:, :, None], shape))
        sold = units[store, item, week]
        parts.append(pd.DataFrame({
            "store_id": stores["store_id"].to_numpy(np.int64)[store], "item_id": items["sku"].to_numpy()[item],
            "week": weeks[week],
            "item_level": at_level("sku", len(store)),
            "quantity": sold.astype(np.float32), "sales_rmb": (sold * price[item]).astype(np.float32),
            "in_stock": there[store, item, week],
        }))  # fmt: skip
    return pd.concat(parts, ignore_index=True)
