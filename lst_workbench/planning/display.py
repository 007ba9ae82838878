"""Display: how one store's range stands on its shelf, and what to move first."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.assortment import FacingsResult, allocate_facings
from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import InputError
from lst_workbench.planning.range_study import DAYS_A_WEEK, RangeStudy

MOST_TIMES = 4  # of the facings that each item would have if all had the same


@dataclass(frozen=True)
class Display:
    """One store's shelf: ``shelves`` and ``items`` as `allocate_facings` takes them, and its answer."""

    shelves: pd.DataFrame
    items: pd.DataFrame
    found: FacingsResult

    @property
    def gain_rmb_week(self) -> float:
        """Margin a week over a shelf on which every item has the same facings."""
        kpis = self.found.kpis()
        return kpis["value_rmb_week"] - kpis["today_rmb_week"]


def display_of(study: RangeStudy, store_id: int, shelves: pd.DataFrame | None = None) -> Display:
    """Share out the shelf of one store among the items it carries.

    Parameters
    ----------
    study : RangeStudy
        Of the market.
    store_id : int
        A store with items.
    shelves : DataFrame, optional
        level (1 is the lowest), shelf_cm[, attention]: the shelf as it was measured. Without it the register's levels
        share the register's room for the store's range.

    Raises
    ------
    InputError
        The store carries nothing, or its range does not fit the shelf.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> from lst_workbench.planning.range_study import study_range
    >>> study = study_range(read_market(data_folder() / "sample"), load_scenario("base"))
    >>> display_of(study, int(study.carried["store_id"].iloc[0])).gain_rmb_week > 0
    True
    """
    mine = study.carried[study.carried["store_id"] == store_id]
    if mine.empty:
        raise InputError(f"store {store_id}", ["nothing is known of what it carries; choose a store with a till"])
    figures = study.figures
    items = study.items[study.items["sku"].isin(mine["sku"])].rename(columns={"width_cm": "facing_cm"})
    deliveries = DAYS_A_WEEK * float(figures["order.per_month"]) / float(figures["capital.days_month"])
    sales = mine[["store_id", "sku"]].assign(quantity_week=mine["mean_units_day"] * DAYS_A_WEEK)
    if shelves is None:
        shelves = _usual(sales, items, deliveries, figures)
    each = max(1, int(shelves["shelf_cm"].sum() // items["facing_cm"].sum()))
    goods, usual = items.assign(max_facings=MOST_TIMES * each), sales.assign(facings=each)
    elasticity = float(figures["range.space_elasticity"])
    found = allocate_facings(shelves.assign(store_id=store_id), goods, usual, elasticity, deliveries)
    if found.tables["facings"].empty:
        raise InputError(f"store {store_id}", found.tables["refused"]["reason"].head(3).tolist())
    return Display(shelves, items, found)


def _usual(sales: pd.DataFrame, items: pd.DataFrame, deliveries: float, figures: Scenario) -> pd.DataFrame:
    """Give a shelf nobody measured: the register's levels, wide enough for what sells between two deliveries."""
    known = items.set_index("sku").loc[sales["sku"]]
    needed = np.ceil(sales["quantity_week"].to_numpy() / deliveries / known["facing_units"].to_numpy()).clip(min=1)
    levels = int(figures["range.shelf_levels"])
    width = float(needed @ known["facing_cm"].to_numpy()) * float(figures["range.shelf_room"]) / levels
    width = round(max(width, float(known["facing_cm"].max())), 1)
    return pd.DataFrame({"level": np.arange(1, levels + 1), "shelf_cm": width})
