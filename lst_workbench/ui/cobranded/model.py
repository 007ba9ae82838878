"""State of the Co-branded page: levers, the choice that follows, the shop in focus. Traitlets only, no widgets."""

import os
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Dict, Enum, HasTraits, Instance, Int, Tuple, Unicode, observe

from lst_workbench.assumptions import Scenario, data_folder, load_register, load_scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import Market, read_market
from lst_workbench.planning.cobranded import choose_cobranded, cobranded_figures, make_cobranded, tables_of
from lst_workbench.runs import StageOutput
from lst_workbench.views import LANGUAGES

LEVERS = (
    "cobrand.target",
    "cobrand.fitout_budget_rmb",
    "cobrand.planning_uplift",
    "cobrand.spacing_km",
    "cobrand.min_area_m2",
)
MOST_STORES = 300_000  # of a market that is chosen from while somebody waits
SHOWN_STORES = 60


class CobrandedState(HasTraits):
    """Which levers are set, which shops are chosen, and which one is looked at.

    Parameters
    ----------
    market_folder : Path
        The market; its participants are the candidates.

    Notes
    -----
    Catchments and potentials are made once; a lever only chooses again, which takes less than a second for a
    prefecture. Whoever shows the choice observes `version`.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    levers = Dict()
    query = Unicode("")
    store_id = Int(None, allow_none=True)

    market = Instance(Market, allow_none=True)
    choice = Instance(StageOutput, allow_none=True)
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))
    version = Int(0)

    def __init__(self, market_folder: str | Path, **traits: Any) -> None:
        super().__init__(**traits)
        self.register = load_register()
        self._known: dict[str, pd.DataFrame] = {}
        try:
            self.market = read_market(market_folder)
            if len(self.market.stores) > MOST_STORES:
                self.said = ("cobranded.too_large", str(MOST_STORES))
                return
            first = make_cobranded(self.market, self._base())
            self._known = {
                **tables_of(self.market),
                **{name: first.tables[name] for name in ("catchments", "potentials")},
            }
        except LstError as error:
            self.said = ("error.cobranded", str(error))
            return
        self.reset()

    # what is there ----------------------------------------------------------------------------

    @property
    def synthetic(self) -> bool:
        """Whether the market is made up."""
        return bool(self.market is not None and self.market.meta.synthetic)

    @property
    def figures(self) -> dict[str, float]:
        """Planning figures of the choice, at the scale of the market."""
        return cobranded_figures(self._asked())

    @property
    def table(self) -> pd.DataFrame:
        """Every candidate; contract `Cobranded`."""
        return self.choice.tables["cobranded"] if self.choice else pd.DataFrame()

    @property
    def cases(self) -> pd.DataFrame:
        """Chosen shops and those next in line; contract `CobrandedCases`."""
        return self.choice.tables["cobranded_cases"] if self.choice else pd.DataFrame()

    @property
    def row(self) -> pd.Series | None:
        """The candidate in focus."""
        found = self.table[self.table["store_id"] == self.store_id] if len(self.table) else self.table
        return found.iloc[0] if len(found) else None

    def span(self, key: str) -> tuple[float, float, float]:
        """Least, most and step of a lever at the scale of the market."""
        entry = self.register[key]
        value = self._base_value(key)
        if key == "cobrand.target":
            most = max(20.0, round(4 * value))
            return 1.0, most, max(1.0, round(most / 100))
        if entry.scales:
            return round(value / 10, -3), round(5 * value, -3), max(1000.0, round(value / 20, -3))
        steps = {"cobrand.planning_uplift": 0.01, "cobrand.spacing_km": 0.1, "cobrand.min_area_m2": 5.0}
        return entry.low, entry.high, steps[key]

    def candidates(self) -> pd.DataFrame:
        """Candidates that the search finds; the chosen ones and the next in line without a search."""
        if self.market is None or not len(self.table):
            return pd.DataFrame()
        stores = self.market.stores.merge(self.table[["store_id", "rank", "reason"]], on="store_id")
        words = self.query.strip().lower()
        if words:
            named = stores["name"].fillna("").str.lower().str.contains(words, regex=False)
            return stores[named | stores["store_id"].astype(str).str.startswith(words)].head(SHOWN_STORES)
        order = self.cases[["store_id"]].head(SHOWN_STORES)
        return order.merge(stores, on="store_id")

    # levers -----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Put all levers back to the register's values, and choose."""
        self.levers = {key: self._base_value(key) for key in LEVERS}

    def move(self, key: str, value: float) -> None:
        """Move one lever, in the units of the market."""
        self.levers = {**self.levers, key: value}

    @observe("levers")
    def _choose(self, _: Any) -> None:
        if not self._known:
            return
        try:
            self.choice = choose_cobranded(self._known, self.figures)
            self.said = ("", "")
        except LstError as error:
            self.said = ("error.cobranded", str(error))
        if self.row is None and len(self.cases):
            self.store_id = int(self.cases["store_id"].iloc[0])
        self.version += 1

    def _base(self) -> Scenario:
        return load_scenario("base").override({"rollout.draws": 400})

    def _base_value(self, key: str) -> float:
        assert self.market is not None
        value = float(self._base().at_stores(len(self.market.stores))[key])
        return max(1.0, round(value)) if key == "cobrand.target" else value

    def _asked(self) -> "_Levered":
        assert self.market is not None
        return _Levered(self._base().at_stores(len(self.market.stores)), self.levers)


class _Levered:
    """A scenario whose levers are set at the scale of the market; ranges stay the register's."""

    def __init__(self, scenario: Scenario, levers: dict[str, float]) -> None:
        self._scenario, self._levers = scenario, levers
        self.figures = scenario.figures

    def __getitem__(self, key: str) -> float:
        return float(self._levers.get(key, self._scenario[key]))


def open_state() -> CobrandedState:
    """Open the page's state on the market that the environment names in LST_MARKET; the sample market without it."""
    return CobrandedState(os.environ.get("LST_MARKET") or data_folder() / "sample")
