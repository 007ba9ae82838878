"""State of the Credit page: budgets, the store in focus, and what follows. Traitlets only, no widgets."""

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Bool, Enum, Float, HasTraits, Instance, Int, Tuple, Unicode, observe

from lst_workbench.assumptions import data_folder, load_register, load_scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import read_market
from lst_workbench.planning.credit_levers import CreditLevers
from lst_workbench.planning.credit_study import CreditDecision, CreditStudy, study_credit
from lst_workbench.views import LANGUAGES

LEVERS = ("capital", "expected_loss", "tail_loss", "cut")
MOST_TIMES = 5.0  # of the register's budgets
KEPT = 20  # frontiers kept


class CreditState(HasTraits):
    """Budgets, the store in focus, and what the models say.

    Parameters
    ----------
    market_folder : Path
        The market.

    Notes
    -----
    ``capital``, ``expected_loss`` and ``tail_loss`` are multiples of the register's budgets, ``cut`` is a PD. Whoever
    shows `decision` observes `version`, which counts up with every answer; `frontier` follows a moment later.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    capital = Float(1.0)
    expected_loss = Float(1.0)
    tail_loss = Float(1.0)
    cut = Float(0.3)
    query = Unicode("")
    store_id = Int(None, allow_none=True)

    study = Instance(CreditStudy, allow_none=True)
    decision = Instance(CreditDecision, allow_none=True)
    frontier = Instance(pd.DataFrame, allow_none=True)
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))
    seconds = Float(0.0)
    version = Int(0)
    settled = Bool(True)

    def __init__(self, market_folder: str | Path, **traits: Any) -> None:
        super().__init__(**traits)
        self.register = load_register()
        self._frontiers: dict[CreditLevers, pd.DataFrame] = {}
        try:
            self.study = study_credit(read_market(market_folder), load_scenario("base"))
        except LstError as error:
            self.said = ("error.credit", str(error))
            return
        self._decide()
        if self.decision is not None and self.store_id is None:
            self.store_id = int(self.decision.plan.sort_values("limit_rmb")["store_id"].iloc[-1])

    @property
    def synthetic(self) -> bool:
        """Whether the market is made up."""
        return bool(self.study is not None and self.study.market.meta.synthetic)

    @property
    def levers(self) -> CreditLevers:
        """Levers as they stand, in RMB."""
        assert self.study is not None
        base = self.study.levers
        return replace(
            base,
            capital_rmb=base.capital_rmb * self.capital,
            loss_budget_rmb=base.loss_budget_rmb * self.expected_loss,
            tail_budget_rmb=base.tail_budget_rmb * self.tail_loss,
            pd_cut=self.cut,
        )

    @observe("capital", "expected_loss", "tail_loss", "cut")
    def _lever_moved(self, _: Any) -> None:
        if self.settled and self.study is not None:
            self._decide()

    @observe("query")
    def _asked(self, _: Any) -> None:
        words = self.query.strip()
        if not words or self.study is None:
            return
        if words.isdecimal() and int(words) in set(self.study.stores["store_id"]):
            self.said, self.store_id = ("", ""), int(words)
        else:
            self.said = ("credit.no_store", "")

    def reset(self) -> None:
        """Put the levers back."""
        self.settled = False
        self.capital = self.expected_loss = self.tail_loss = 1.0
        self.cut = 0.3
        self.settled = True
        self._decide()

    def _decide(self) -> None:
        """Allocate limits for the levers as they stand, and draw the frontier through them."""
        assert self.study is not None
        started = time.perf_counter()
        try:
            self.decision = self.study.decide(self.levers)
            self.said = ("", "")
        except LstError as error:
            self.said = ("error.credit", str(error))
            return
        self.seconds = time.perf_counter() - started
        self.version += 1
        self.frontier = self._frontier_through()

    def _frontier_through(self) -> pd.DataFrame:
        """Draw the frontier over the register's loss budgets, which only the other levers move."""
        assert self.study is not None
        base = replace(self.levers, loss_budget_rmb=self.study.levers.loss_budget_rmb)
        if base not in self._frontiers:
            self._frontiers = dict([*self._frontiers.items()][-KEPT:])
            self._frontiers[base] = self.study.frontier(base)
        return self._frontiers[base]


def open_state() -> CreditState:
    """Open the page's state on the market that the environment names in LST_MARKET; the sample market without it."""
    return CreditState(os.environ.get("LST_MARKET") or data_folder() / "sample")
