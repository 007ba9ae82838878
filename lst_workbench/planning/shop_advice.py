"""Advice for one shop: what to swap, what to order today, how it should stand; a starter range where it has no till."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.assortment import optimise_assortment
from lst_workbench.contracts import LstError
from lst_workbench.contracts.kinds import RURAL
from lst_workbench.planning.display import Display, display_of
from lst_workbench.planning.range_study import DAYS_A_WEEK, RangeStudy, tasks_of

MOST_SWAPS = 4  # with the order that makes five pieces of advice


@dataclass(frozen=True)
class ShopAdvice:
    """What one shop is told.

    Attributes
    ----------
    store_id : int
        The shop.
    till : bool
        Whether its own sales speak; otherwise the range is a starter range of shops like it.
    swaps : DataFrame
        category, sku (leaves), add_sku, gain_rmb_week, fair_gain_rmb_week, stays_share, moves_to; the most worth
        first, empty without a till.
    order : DataFrame
        sku, cases, units, cost_rmb, value_rmb, last_case_rmb; the most worth first.
    order_reason : str
        Why nothing is ordered, where nothing is.
    display : Display
        Its shelf.
    """

    store_id: int
    till: bool
    swaps: pd.DataFrame
    order: pd.DataFrame
    order_reason: str
    display: Display


def advise_shop(study: RangeStudy, store_id: int, potentials: pd.Series | None = None) -> ShopAdvice:
    """Advise one shop by the study of its prefecture.

    Parameters
    ----------
    study : RangeStudy
        Of the prefecture.
    store_id : int
        A store of the market.
    potentials : Series of float, optional
        RMB a month that stores could buy, by store_id: a shop without a till sells as much more or less than those with
        one as its potential says; as much without them.

    Raises
    ------
    LstError
        The market has no such store.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> from lst_workbench.planning.range_study import study_range
    >>> study = study_range(read_market(data_folder() / "sample"), load_scenario("base"))
    >>> starter = advise_shop(study, 341000000000)
    >>> starter.till, starter.swaps.empty, len(starter.order) > 0
    (False, True, True)
    """
    till = bool((study.carried["store_id"] == store_id).any())
    own = (
        study.carried[study.carried["store_id"] == store_id]
        if till
        else starter_range(study, store_id, _beside_tills(study, store_id, potentials))
    )
    alone = replace(study, carried=own)
    swaps = study.swaps[study.swaps["store_id"] == store_id].head(MOST_SWAPS) if till else study.swaps.head(0)
    stock = None if till else own[["store_id", "sku"]].assign(on_hand=0.0)
    done = alone.orders(stock)
    lines = done.tables["orders"].sort_values("value_rmb", ascending=False, ignore_index=True)
    reason = "" if len(lines) else str(done.tables["stores"]["reason"].iloc[0])
    return ShopAdvice(store_id, till, swaps.reset_index(drop=True), lines, reason, display_of(alone, store_id))


def _beside_tills(study: RangeStudy, store_id: int, potentials: pd.Series | None) -> float:
    """Potential of a shop over the mean of those with a till; 1 where either is not known."""
    if potentials is None or store_id not in potentials.index:
        return 1.0
    tills = float(potentials[potentials.index.isin(study.carried["store_id"])].mean())
    return float(potentials.at[store_id]) / tills if tills > 0 else 1.0


def starter_range(study: RangeStudy, store_id: int, potential_share: float = 1.0) -> pd.DataFrame:
    """Give a shop without a till a range: the best one on a shelf as wide as those of shops like it.

    Town and country differ; visits are the mean of shops with a till, in proportion to what the shop could buy.

    Returns
    -------
    DataFrame
        As `RangeStudy.carried`.

    Raises
    ------
    LstError
        The market has no such store.
    """
    store = study.market.stores[study.market.stores["store_id"] == store_id]
    if store.empty:
        raise LstError(f"Store {store_id} is not in the market.")
    wanted = "country" if str(store["settlement_kind"].iloc[0]) in RURAL else "town"
    like = study.carried.drop_duplicates("store_id").set_index("store_id")["segment"] == wanted
    peers = like.index[like] if like.any() else like.index
    segment = wanted if like.any() else str(study.carried["segment"].iloc[0])
    visits = study.stores[study.stores["store_id"].isin(peers)].groupby("category")["visits_week"].mean()
    parts = []
    for category, (stores, items, _, utilities) in tasks_of(study.carried, study.items, study.wants.utilities).items():
        width = float(stores.loc[stores["store_id"].isin(peers), "shelf_cm"].median())
        shelf = pd.DataFrame({"store_id": [store_id], "shelf_cm": [width], "segment": [segment]})
        best = optimise_assortment(shelf, items, utilities).tables["ranges"]
        weight = np.exp(best.merge(utilities[utilities["segment"] == segment], on="sku")["utility"].to_numpy())
        units = visits[category] * potential_share * weight / (1 + weight.sum()) / DAYS_A_WEEK
        parts.append(
            best[["store_id", "sku"]].assign(category=category, segment=segment, mean_units_day=units, out=False)
        )
    return pd.concat(parts, ignore_index=True)[["store_id", "category", "segment", "sku", "mean_units_day", "out"]]
