"""State of the Store page: which shop, which levers, and what the models say of it. Traitlets only, no widgets."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Bool, Enum, Float, HasTraits, Instance, Int, Tuple, Unicode, observe

from lst_workbench.assumptions import data_folder, load_register, load_scenario
from lst_workbench.catchment import HuffParams
from lst_workbench.contracts import LstError
from lst_workbench.market import TOUR_STORE_ID, Market, read_market
from lst_workbench.planning.store_answers import StoreAbout, StoreChange, StoreForecast
from lst_workbench.planning.store_study import StoreStudy, study_stores
from lst_workbench.ui.store.advice import Adviser, Asked, Told
from lst_workbench.views import LANGUAGES

LEAST_M2, MOST_M2, STEP_M2 = 5.0, 500.0, 5.0
FURTHEST_RIVAL_KM, RIVAL_M2 = 3.0, 100.0
SLOWEST, FASTEST = 0.5, 4.0  # decay, 1/km
KEPT = 4  # studies kept beside the one at hand


class StoreState(HasTraits):
    """Which shop is looked at, what is tried with it, and what the models say.

    Parameters
    ----------
    market_folder : Path
        The market.

    Notes
    -----
    ``about``, ``change`` and ``weeks`` follow the store and the levers; whoever shows them observes `version`, which
    counts up once everything belongs together again.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    query = Unicode("")
    store_id = Int(None, allow_none=True)
    map_mode = Enum(["share", "people", "income"], default_value="share")
    area_m2 = Float(0.0)
    rival_km = Float(0.0)
    decay_per_km = Float(0.0)

    market = Instance(Market, allow_none=True)
    study = Instance(StoreStudy, allow_none=True)
    about = Instance(StoreAbout, allow_none=True)
    change = Instance(StoreChange, allow_none=True)
    weeks = Instance(StoreForecast, allow_none=True)
    wants_advice = Bool(False)
    told = Instance(Told, allow_none=True)
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))
    version = Int(0)
    settled = Bool(True)

    def __init__(self, market_folder: str | Path, **traits: Any) -> None:
        super().__init__(**traits)
        self.register, self.scenario = load_register(), load_scenario("base")
        self.params = HuffParams.of(self.scenario)
        self.decay_per_km = self.params.decay_per_km
        self._studies: dict[tuple[int, float], StoreStudy] = {}
        try:
            self.market = read_market(market_folder)
        except LstError as error:
            self.said = ("error.market", str(error))
            return
        self.adviser = Adviser(self.market, self.scenario, self._advised)
        self.store_id = self._first_store()

    # what is there ----------------------------------------------------------------------------

    @property
    def synthetic(self) -> bool:
        """Whether the market is made up."""
        return bool(self.market is not None and self.market.meta.synthetic)

    @property
    def store(self) -> dict[str, Any]:
        """Row of the store in focus; empty when there is none."""
        if self.market is None or self.store_id is None:
            return {}
        row = self.market.stores[self.market.stores["store_id"] == self.store_id]
        return row.iloc[0].to_dict() if len(row) else {}

    @property
    def place(self) -> dict[str, Any]:
        """Row of its place; empty when there is none."""
        if self.market is None or not self.store:
            return {}
        row = self.market.places[self.market.places["place_id"] == self.store["place_id"]]
        return row.iloc[0].to_dict() if len(row) else {}

    @property
    def tried(self) -> bool:
        """Whether a lever of the store itself was moved."""
        return bool(self.rival_km) or (bool(self.store) and self.area_m2 != float(self.store["area_m2"]))

    def stores_of_cell(self, cell: int) -> pd.DataFrame:
        """Find the stores in a cell of the map, the largest first."""
        if self.market is None:
            return pd.DataFrame()
        found = self.market.stores[self.market.stores["h3_8"] == cell]
        return found.sort_values(["area_m2", "store_id"], ascending=[False, True])

    def examples(self) -> pd.DataFrame:
        """Find the store in focus and the largest ones of its place."""
        if self.market is None or not self.store:
            return pd.DataFrame()
        stores = self.market.stores
        near = stores[stores["place_id"] == self.store["place_id"]]
        near = near[near["store_id"] != self.store_id].sort_values(["area_m2", "store_id"], ascending=[False, True])
        return pd.concat([stores[stores["store_id"] == self.store_id], near.head(30)])

    # levers -----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Put all levers back."""
        with self.hold_trait_notifications():
            self.decay_per_km, self.rival_km = self.params.decay_per_km, 0.0
            self.area_m2 = float(self.store["area_m2"]) if self.store else 0.0

    @observe("store_id")
    def _store_chosen(self, _: Any) -> None:
        if not self.store:
            return
        self.settled = False
        self.area_m2, self.rival_km = float(self.store["area_m2"]), 0.0
        self.settled = True
        self._look()

    @observe("decay_per_km")
    def _decay_moved(self, _: Any) -> None:
        if self.store:
            self._look()

    @observe("area_m2", "rival_km")
    def _lever_moved(self, _: Any) -> None:
        if self.settled and self.about is not None:
            self._try()

    # what the models say ----------------------------------------------------------------------

    def _look(self) -> None:
        """Study the stores around the one in focus, unless that was done before, and tell all about it."""
        assert self.market is not None and self.store_id is not None
        key = (int(self.store["prefecture_code"]), self.decay_per_km)
        try:
            if key not in self._studies:
                self._studies = dict([*self._studies.items()][-KEPT:])
                self._studies[key] = self._studied(key)
            self.study = self._studies[key]
            self.about = self.study.about(self.store_id)
            self.weeks = self.study.forecast(self.store_id)
            self.said = ("", "")
        except LstError as error:
            self.said = ("error.store", str(error))
        self._ask_advice()
        self._try()

    @observe("wants_advice")
    def _ask_advice(self, _: Any = None) -> None:
        known = self.told.advice.store_id if self.told is not None and self.told.advice is not None else None
        if self.wants_advice and self.study is not None and self.store_id is not None and known != self.store_id:
            self.told = None
            self.adviser.ask(Asked(self.store_id, int(self.store["prefecture_code"]), self.study))

    def _advised(self, told: Told) -> None:
        self.told = told

    def _studied(self, key: tuple[int, float]) -> StoreStudy:
        prefecture, decay = key
        params = replace(self.params, decay_per_km=decay)
        same = [study for (code, _), study in self._studies.items() if code == prefecture]
        if same:
            return same[0].with_params(params)
        assert self.market is not None
        return study_stores(self.market, prefecture, self.scenario, params=params)

    def _try(self) -> None:
        """Say what follows from the levers as they stand."""
        if self.study is not None and self.store_id is not None and self.about is not None:
            try:
                self.change = self.study.what_if(
                    self.store_id, area_m2=self.area_m2, rival_km=self.rival_km or None, rival_m2=RIVAL_M2
                )
            except LstError as error:
                self.said = ("error.store", str(error))
        self.version += 1

    def _first_store(self) -> int | None:
        assert self.market is not None
        stores = self.market.stores
        if stores.empty:
            return None
        tour = stores["store_id"] == TOUR_STORE_ID
        return TOUR_STORE_ID if tour.any() else int(stores["store_id"].iloc[stores["area_m2"].to_numpy().argmax()])


def open_state() -> StoreState:
    """Open the page's state on the market that the environment names in LST_MARKET; the sample market without it."""
    return StoreState(os.environ.get("LST_MARKET") or data_folder() / "sample")
