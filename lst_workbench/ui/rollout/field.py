"""The field of one prefecture: its reps' beats and visits in a month of the plan; no other prefecture is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from lst_workbench.market import Market
from lst_workbench.runs import PlanResult


@dataclass(frozen=True)
class Field:
    """Beats of a prefecture in a month: ``beats`` with the territory of each, ``visits`` as a rep reads them."""

    prefecture: int
    month: int
    lang: str
    beats: pd.DataFrame
    visits: pd.DataFrame

    def of_territory(self, territory: int) -> pd.DataFrame:
        """Give the beats of a territory; all of them for 0."""
        return self.beats if not territory else self.beats[self.beats["territory_id"] == territory]


def field_of(
    market: Market, result: PlanResult, figures: Mapping[str, Any], prefecture: int, month: int, lang: str
) -> Field:
    """Cut the field of a prefecture in a month of a plan.

    Parameters
    ----------
    market, result : Market, PlanResult
        On disk; only pieces with stores of the prefecture are read.
    figures : mapping
        Planning figures: sizes of beats, visits, days.
    prefecture, month : int
        Its code, and the month of the plan, from 1.
    lang : str
        "en" or "zh": of the names of places.
    """
    from lst_workbench.planning.beats import plan_beats, visit_rows

    reps = reps_of(market, result, figures, prefecture)
    found, stores, _ = plan_beats(market, result, figures, month=month, prefecture=prefecture, reps=reps)
    territory_of = market.territories.drop_duplicates("place_id").set_index("place_id")["territory_id"]
    lies_in = stores.set_index("store_id")["place_id"].map(territory_of)
    rep_of = found.tables["beat_stores"].set_index("store_id")["rep_id"]
    pairs = pd.DataFrame({"territory_id": lies_in, "rep_id": rep_of}).dropna()
    counts = pairs.value_counts().reset_index(name="stores")
    most = counts.sort_values(["stores", "territory_id"], ascending=[False, True]).drop_duplicates("rep_id")
    home = most.set_index("rep_id")["territory_id"]
    new = stores["purpose"].eq("sign_up").groupby(stores["store_id"].map(rep_of)).sum()
    beats = found.tables["beats"].assign(
        territory_id=lambda b: b["rep_id"].map(home).fillna(0).astype("int64"),
        signups=lambda b: b["rep_id"].map(new).fillna(0).astype("int64"),
    )
    return Field(prefecture, month, lang, beats, visit_rows(found, stores, market.places, lang))


def reps_of(market: Market, result: PlanResult, figures: Mapping[str, Any], prefecture: int) -> int:
    """Count the reps that the plan gives a prefecture, in proportion to its stores; one at least."""
    stores = result.tables["places_plan"].set_index("place_id")["stores"]
    inside = market.places.loc[market.places["prefecture_code"] == prefecture, "place_id"]
    share = stores.reindex(inside).sum() / max(stores.sum(), 1)
    return max(1, round(figures["field.reps"] * share))
