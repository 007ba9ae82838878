"""State of the Credit page: budgets, the store in focus, and what follows. Traitlets only, no widgets."""

import os
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Bool, Dict, Enum, Float, HasTraits, Instance, Int, Tuple, Unicode, observe

from lst_workbench.assumptions import data_folder, load_register, load_scenario
from lst_workbench.contracts import InputError, LstError
from lst_workbench.market import read_market
from lst_workbench.planning.credit_levers import CreditLevers
from lst_workbench.planning.credit_study import CreditDecision, CreditStudy, study_credit
from lst_workbench.planning.credit_watch import limit_test, policies_of, watched
from lst_workbench.runs import PlanResult, read_run
from lst_workbench.views import LANGUAGES

LEVERS = ("capital", "expected_loss", "tail_loss", "cut", "city", "warehouse", "month")
STARTS = {
    "capital": 1.0,
    "expected_loss": 1.0,
    "tail_loss": 1.0,
    "cut": 0.3,
    "city": 1.0,
    "warehouse": 1.0,
    "month": 1.0,
}
MOST_TIMES = 5.0  # of the register's budgets
KEPT = 20  # frontiers kept


class CreditState(HasTraits):
    """Budgets, the store in focus, and what the models say.

    Parameters
    ----------
    market_folder, runs_folder : Path
        The market, and where its plans lie: the newest says which stores get credit, and when.

    Notes
    -----
    ``capital``, ``expected_loss`` and ``tail_loss`` are multiples of the register's budgets, ``cut`` is a PD,
    ``city``, ``warehouse`` and ``month`` are parts of the capital. Whoever shows `decision` observes `version`, which
    counts up with every answer; `frontier` follows a moment later.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    capital = Float(1.0)
    expected_loss = Float(1.0)
    tail_loss = Float(1.0)
    cut = Float(0.3)
    city = Float(1.0)
    warehouse = Float(1.0)
    month = Float(1.0)
    query = Unicode("")
    store_id = Int(None, allow_none=True)

    study = Instance(CreditStudy, allow_none=True)
    watched = Dict()
    decision = Instance(CreditDecision, allow_none=True)
    frontier = Instance(pd.DataFrame, allow_none=True)
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))
    seconds = Float(0.0)
    version = Int(0)
    settled = Bool(True)

    def __init__(self, market_folder: str | Path, runs_folder: str | Path = "runs", **traits: Any) -> None:
        super().__init__(**traits)
        self.register = load_register()
        self._frontiers: dict[CreditLevers, pd.DataFrame] = {}
        try:
            market = read_market(market_folder)
            plan = newest_plan(Path(runs_folder), market.meta.fingerprint)
            study = study_credit(market, load_scenario("base"), plan.tables if plan else None)
            self.watched, self.study = watched(study), study
        except LstError as error:
            self.said = ("error.credit", str(error))
            return
        self._decide()
        if self.decision is not None and self.store_id is None:
            self.store_id = int(self.decision.plan.sort_values("limit_rmb")["store_id"].iloc[-1])

    @property
    def offered(self) -> tuple[str, ...]:
        """Levers there are: caps on months and warehouses need a plan, which says when and from where stores start."""
        starts = self.study.starts if self.study is not None else None
        known = set() if starts is None else {"month", "warehouse"} & set(starts)
        return tuple(name for name in LEVERS if name not in ("month", "warehouse") or name in known)

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
            city_share=self.city,
            month_share=self.month,
            warehouse_share=self.warehouse,
        )

    @observe(*LEVERS)
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
        for name, value in STARTS.items():
            setattr(self, name, value)
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

    @property
    def policies(self) -> tuple[pd.DataFrame, dict[str, float] | None]:
        """Simpler policies within the budgets as they stand; a test by lot of higher limits, where stores allow one."""
        assert self.study is not None and self.decision is not None
        try:
            test = limit_test(self.study, self.decision)[1]
        except InputError:
            test = None
        return policies_of(self.study, self.decision.levers), test

    def _frontier_through(self) -> pd.DataFrame:
        """Draw the frontier over the register's loss budgets, which only the other levers move."""
        assert self.study is not None
        base = replace(self.levers, loss_budget_rmb=self.study.levers.loss_budget_rmb)
        if base not in self._frontiers:
            self._frontiers = dict([*self._frontiers.items()][-KEPT:])
            self._frontiers[base] = self.study.frontier(base)
        return self._frontiers[base]


def newest_plan(runs_folder: Path, fingerprint: str) -> PlanResult | None:
    """Newest whole plan of a market among its runs; None where there is none."""
    folders = [entry for entry in runs_folder.iterdir() if entry.is_dir()] if runs_folder.is_dir() else []
    for folder in sorted(folders, key=lambda entry: entry.stat().st_mtime, reverse=True):
        with suppress(LstError):
            result = read_run(folder)
            if result.meta["market"]["fingerprint"] == fingerprint and "waves" in result.tables:
                return result
    return None


def open_state() -> CreditState:
    """Open the page's state on the folders that the environment names (LST_MARKET, LST_RUNS); the sample without it."""
    market = os.environ.get("LST_MARKET") or data_folder() / "sample"
    return CreditState(market, os.environ.get("LST_RUNS") or "runs")
