"""The field of a plan: which stores are in care and to be signed in a month, whose they are, what is visited when."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import InputError
from lst_workbench.market import Market
from lst_workbench.rollout import BeatParams, BeatResult, assign_beats, hold_out
from lst_workbench.runs import PlanResult, where

WEEKS_A_MONTH = 4
STORE_COLUMNS = ["store_id", "name", "place_id", "prefecture_code", "lat", "lon", "settlement_kind"]
Figures = Mapping[str, Any] | Scenario


def beat_params(figures: Figures, weeks: int = WEEKS_A_MONTH) -> BeatParams:
    """Read what a rep can do from the register."""
    entry = figures.figures["field.stores_per_rep"] if isinstance(figures, Scenario) else None
    size = figures["field.stores_per_rep"]
    return BeatParams(
        stores_per_rep=size,
        least_stores=min(size, entry.low if entry else size),
        most_stores=max(size, entry.high if entry else size),
        day_visits=figures["field.visits_day"],
        day_minutes=figures["field.day_minutes"],
        visit_minutes=figures["field.visit_minutes"],
        days_week=int(figures["field.days_week"]),
        town_km_hour=figures["field.town_km_hour"],
        rural_km_hour=figures["field.rural_km_hour"],
        circuity=figures["network.circuity"],
        strike_rate=figures["field.strike_rate"],
        lines_per_call=figures["field.lines_per_call"],
        weeks=weeks,
    )


def field_stores(
    market: Market, plan: PlanResult, figures: Figures, month: int = 1, prefecture: int | None = None
) -> pd.DataFrame:
    """List stores in care in a month of the plan, and those to be signed in it, with how often each is visited.

    Parameters
    ----------
    market : Market
        Its stores and participants.
    plan : PlanResult
        Who is signed when.
    figures : mapping or Scenario
        Care visits a month.
    month : int
        Month of the plan, from 1.
    prefecture : int, optional
        Only the stores of this one; no others are read.

    Returns
    -------
    DataFrame
        store_id, name, place_id, prefecture_code, lat, lon, settlement_kind, purpose (care or sign_up), every_weeks.
    """
    months = pd.DatetimeIndex(plan.tables["curve"]["month"])
    if not 1 <= month <= len(months):
        raise InputError("the month", [f"the plan has months 1 to {len(months)}, not {month}"])
    now = months[month - 1]
    known = (
        market.stores[STORE_COLUMNS]
        if prefecture is None
        else where(market.tables, "stores", {"prefecture_code": (prefecture, prefecture)}, STORE_COLUMNS)
    )
    if known.empty:
        raise InputError("the field", [f"the market has no store in prefecture {prefecture}; give another one"])
    span = {"store_id": (int(known["store_id"].min()), int(known["store_id"].max()))}
    joined = where(market.tables, "participants", span, ["store_id"])["store_id"]
    waves = where(plan.tables, "waves", span, ["store_id", "month"])
    new = waves.loc[waves["month"] == now, "store_id"]
    care = np.r_[joined, waves.loc[waves["month"] < now, "store_id"]]
    stores = known[known["store_id"].isin(np.r_[care, new])]
    signs = stores["store_id"].isin(new)
    visits = figures["field.care_visits_month"]
    every = max(1, round(WEEKS_A_MONTH / visits)) if visits > 0 else 10_000
    return stores.assign(purpose=np.where(signs, "sign_up", "care"), every_weeks=np.where(signs, 1, every))


def plan_beats(
    market: Market,
    plan: PlanResult,
    figures: Figures,
    *,
    month: int = 1,
    weeks: int = WEEKS_A_MONTH,
    reps: int | None = None,
    prefecture: int | None = None,
    held_out_share: float = 0.0,
    stagger_months: int = 0,
    seed: int = 7,
) -> tuple[BeatResult, pd.DataFrame, pd.DataFrame]:
    """Make beats and visit lists of a month of a plan, on request with places held out by lot.

    Parameters
    ----------
    market, plan, figures, month, prefecture
        As for `field_stores`.
    weeks : int
        Weeks that lists are made for.
    reps : int, optional
        As for `assign_beats`.
    held_out_share : float
        Share of places where nobody is signed, so that uplift can be measured; 0 for none.
    stagger_months : int
        Spread the starts of places over so many months instead.
    seed : int
        Seed of the lot.

    Returns
    -------
    BeatResult
        Beats and visits; stores in care are visited everywhere, those to be signed only where the lot says so.
    DataFrame
        The stores of `field_stores` that are worked.
    DataFrame
        Contract `Holdouts`; empty without a lot.
    """
    stores = field_stores(market, plan, figures, month, prefecture)
    lot = pd.DataFrame()
    if held_out_share > 0 or stagger_months > 0:
        sizes = market.stores["place_id"].value_counts()
        places = market.places[["place_id", "settlement_kind"]].assign(stores=market.places["place_id"].map(sizes))
        lot = hold_out(places[places["stores"] > 0], held_out_share, stagger_months=stagger_months, seed=seed)
        starts = stores["place_id"].map(lot.set_index("place_id")["start_month"])
        stores = stores[(stores["purpose"] == "care") | (starts <= month).fillna(False).to_numpy(bool)]
    if stores.empty:
        raise InputError("the field", ["no store is in care or to be signed in that month; give another month"])
    several = stores["prefecture_code"].nunique() > 1 and reps is None
    result = assign_beats(
        stores, reps, params=beat_params(figures, weeks), group="prefecture_code" if several else None
    )
    return result, stores, lot


def visit_rows(result: BeatResult, stores: pd.DataFrame, places: pd.DataFrame, lang: str = "en") -> pd.DataFrame:
    """Visits as a rep reads them: store and place by name, what for, when, how far."""
    named = places.set_index("place_id")
    name = named["name_en"] if lang == "en" else named["name_zh"].fillna(named["name_en"])
    about = stores[["store_id", "name", "place_id", "purpose", "lat", "lon"]]
    rows = result.tables["visits"].merge(about, on="store_id", validate="many_to_one")
    clock = pd.to_datetime(9 * 60 + rows["start_minute"], unit="m").dt.strftime("%H:%M")  # work starts at nine
    shown = ["rep_id", "week", "day", "stop", "start", "store_id", "name", "place", "purpose", "km", "travel_minutes"]
    return rows.assign(place=rows["place_id"].map(name), start=clock)[[*shown, "lat", "lon"]]


def rep_sheets(beats: pd.DataFrame, visits: pd.DataFrame, rep_id: int) -> dict[str, pd.DataFrame]:
    """Give a rep's workbook: targets, and a sheet of visits for each week."""
    own = visits[visits["rep_id"] == rep_id]
    return {"targets": beats[beats["rep_id"] == rep_id], **{f"week {week}": part for week, part in own.groupby("week")}}
