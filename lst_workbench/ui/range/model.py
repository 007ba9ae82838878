"""State of the Range page: which prefecture and category, and what the study says. Traitlets only, no widgets."""

import os
import threading
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Bool, Enum, HasTraits, Instance, Int, Tuple, Unicode, observe

from lst_workbench.assumptions import data_folder, load_register, load_scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import Market, prefecture_names, read_market
from lst_workbench.planning.range_brief import wanted_items
from lst_workbench.planning.range_study import RangeStudy, contract_costs, study_range
from lst_workbench.views import LANGUAGES
from lst_workbench.views.range_files import range_workbook, swap_rows


class RangeState(HasTraits):
    """Which prefecture, category and contract are looked at, and what the models say.

    Parameters
    ----------
    market_folder : Path
        The market.

    Notes
    -----
    A study takes some seconds and is made beside the page; whoever shows it observes `version`.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    prefecture = Int(0)
    category = Unicode("")
    contract = Unicode("")

    market = Instance(Market, allow_none=True)
    study = Instance(RangeStudy, allow_none=True)
    wanted = Instance(pd.DataFrame, allow_none=True)
    costs = Instance(pd.DataFrame, allow_none=True)
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))
    at_work = Bool(False)
    version = Int(0)

    def __init__(self, market_folder: str | Path, **traits: Any) -> None:
        super().__init__(**traits)
        self.register, self.scenario = load_register(), load_scenario("base")
        self._thread: threading.Thread | None = None
        try:
            self.market = read_market(market_folder)
        except LstError as error:
            self.said = ("error.market", str(error))
            return
        self.prefecture = next(iter(self.prefectures), 0)

    @property
    def synthetic(self) -> bool:
        """Whether the market is made up."""
        return bool(self.market is not None and self.market.meta.synthetic)

    @property
    def prefectures(self) -> dict[int, tuple[str, str]]:
        """Names, English and Chinese, of the prefectures with participants, the most first, by code."""
        assert self.market is not None
        stores = self.market.stores[["store_id", "prefecture_code"]]
        joined = stores[stores["store_id"].isin(self.market.participants["store_id"])]
        codes = joined["prefecture_code"].value_counts(sort=True).index
        named = prefecture_names(self.market.places).set_index("prefecture_code")
        return {int(code): (named.at[code, "name_en"], named.at[code, "name_zh"]) for code in codes}

    @property
    def categories(self) -> list[str]:
        """Categories of the study, most worth to mend first."""
        if self.study is None:
            return []
        gain = self.study.stores.groupby("category")[["best_rmb_week", "today_rmb_week"]].sum()
        return [str(name) for name in (gain["best_rmb_week"] - gain["today_rmb_week"]).sort_values().index[::-1]]

    @property
    def contracts(self) -> list[str]:
        """Items of the category, the least wanted first: what a contract may force on a shelf."""
        if self.study is None:
            return []
        wanted = self.study.wants.utilities
        order = wanted[wanted["category"] == self.category].groupby("sku")["utility"].mean().sort_values()
        return [str(sku) for sku in order.index]

    def wait(self, seconds: float = 120.0) -> None:
        """Wait until the study is made."""
        if self._thread is not None:
            self._thread.join(seconds)

    @observe("prefecture")
    def _prefecture_chosen(self, _: Any) -> None:
        if not self.prefecture:
            return
        self.at_work, self.study = True, None
        self.version += 1
        self._thread = threading.Thread(target=self._learn, args=(self.prefecture,), daemon=True)
        self._thread.start()

    def _learn(self, prefecture: int) -> None:
        assert self.market is not None
        try:
            study = study_range(self.market, self.scenario, prefectures=[prefecture])
            wanted, _ = wanted_items(study), study.swaps  # what the page shows is at hand before it says so
        except LstError as error:
            self._failed(prefecture, str(error))
            return
        except Exception as error:  # a thread has no one else to tell; the page says it in a sentence
            self._failed(prefecture, f"it could not be made ({type(error).__name__})")
            return
        if prefecture != self.prefecture:
            return  # another was chosen meanwhile
        self.said, self.study, self.wanted, self.at_work = ("", ""), study, wanted, False
        self.category = self.category if self.category in self.categories else self.categories[0]
        self._price_contract()

    def _failed(self, prefecture: int, why: str) -> None:
        if prefecture == self.prefecture:
            self.said, self.at_work = ("error.range", why), False
            self.version += 1

    @observe("category")
    def _category_chosen(self, _: Any) -> None:
        if self.study is not None and self.contract not in self.contracts:
            self.contract = self.contracts[0]

    @observe("contract")
    def _price_contract(self, _: Any = None) -> None:
        if self.study is not None and self.contract in self.contracts:
            self.costs = contract_costs(self.study, self.category, self.contract)
        self.version += 1

    def downloads(self) -> tuple[bytes, pd.DataFrame]:
        """Make the workbook, and the advice of every store as rows."""
        assert self.study is not None
        return range_workbook(self.study), swap_rows(self.study)


def open_state() -> RangeState:
    """Open the page's state on the market that the environment names in LST_MARKET; the sample market without it."""
    return RangeState(os.environ.get("LST_MARKET") or data_folder() / "sample")
