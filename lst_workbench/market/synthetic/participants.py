"""Participants: who joined in the year of testing; they chose themselves, and are not like the rest."""

import numpy as np
import pandas as pd

from lst_workbench.geo import nearest
from lst_workbench.market.synthetic.geography import Geography
from lst_workbench.market.synthetic.params import Drawing, Figures
from lst_workbench.market.synthetic.stores import TOUR_STORE_ID
from lst_workbench.market.synthetic.streams import apportion, stream


def participant_quotas(geography: Geography, figures: Figures, drawing: Drawing) -> pd.Series:
    """Give every prefecture of the nation its participants: more where people consume more; they add up."""
    prefectures = geography.prefectures
    richer = drawing.join_prefecture_income * (prefectures["consumption_index"] - 1)
    weights = prefectures["people"] * np.exp(richer)
    return pd.Series(apportion(round(figures.participants_nation), weights.to_numpy()), prefectures.index)


def draw_participants(
    stores: pd.DataFrame,
    hidden: pd.DataFrame,
    fronts: pd.DataFrame,
    quota: int,
    seed: int,
    figures: Figures,
    drawing: Drawing,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Draw the participants of one prefecture, and every store's propensity to join.

    Larger shops, those that sell much, in towns, near a front warehouse and with a driven owner join first; the driven
    stay active. Drive stands in no column: participants differ from others that look alike.
    """
    code = int(stores["prefecture_code"].iloc[0])
    rng = stream(seed, "participants", code)
    propensity = _propensity(stores, hidden, fronts, figures, drawing)
    luck = propensity + rng.gumbel(size=len(stores))
    luck[stores["store_id"].to_numpy() == TOUR_STORE_ID] = -np.inf  # the tour shows how the plan signs it
    months = np.arange(drawing.months_of_testing)
    share = np.exp(drawing.join_growth_month * months)
    joined = np.sort(np.argsort(-luck, kind="stable")[:quota])
    # The readiest came first: months are dealt in the order of luck, ever more a month.
    order = np.argsort(np.argsort(-luck[joined], kind="stable"), kind="stable")
    dealt = np.repeat(months, apportion(len(joined), share))[order] if len(joined) else months[:0]
    first = np.datetime64(figures.start_month, "M") - drawing.months_of_testing
    drive = hidden["drive"].to_numpy(float)[joined]
    base = np.log(figures.active_share / (1 - figures.active_share))
    active = rng.random(len(joined)) < 1 / (1 + np.exp(-(base + drawing.activity_by_drive * (drive - drive.mean()))))
    table = pd.DataFrame(
        {
            "store_id": stores["store_id"].to_numpy()[joined],
            "joined_month": (first + dealt).astype("datetime64[us]"),
            "active": active,
        }
    )
    return table, propensity


def _propensity(
    stores: pd.DataFrame, hidden: pd.DataFrame, fronts: pd.DataFrame, figures: Figures, drawing: Drawing
) -> np.ndarray:
    area = np.log(stores["area_m2"].to_numpy(float) / figures.area_m2)
    better = np.log(np.maximum(hidden["sales_rmb_month"].to_numpy(float), 1.0) / figures.sales_rmb_month)
    _, front_km = nearest(stores["lat"], stores["lon"], fronts["lat"], fronts["lon"])
    return (
        drawing.join_by_area * area
        + drawing.join_by_sales * better
        + drawing.join_by_drive * hidden["drive"].to_numpy(float)
        + np.array(drawing.join_by_settlement)[stores["settlement_kind"].cat.codes]
        + drawing.join_by_nearness * np.exp(-front_km / figures.front_radius_km)
    )
