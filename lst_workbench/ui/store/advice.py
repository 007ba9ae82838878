"""Advice for the shop in focus: the study of its prefecture is made once, beside the page, which need not wait."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import Market
from lst_workbench.planning.range_study import RangeStudy, study_range
from lst_workbench.planning.shop_advice import ShopAdvice, advise_shop
from lst_workbench.planning.store_study import StoreStudy


@dataclass(frozen=True)
class Asked:
    """Which shop is to be advised: with its prefecture, and what is known of the shops there."""

    store_id: int
    prefecture_code: int
    study: StoreStudy


@dataclass(frozen=True)
class Told:
    """The advice and the study behind it; or a sentence why there is none."""

    advice: ShopAdvice | None = None
    study: RangeStudy | None = None
    fault: str = ""


class Adviser:
    """Advises one shop after the other; of shops asked for meanwhile only the last is answered.

    Parameters
    ----------
    market : Market
        The market.
    figures : Scenario
        Planning figures.
    tell : callable
        Called with a `Told` for the shop asked for last.
    """

    def __init__(self, market: Market, figures: Scenario, tell: Callable[[Told], None]) -> None:
        self._market, self._figures, self._tell = market, figures, tell
        self._studies: dict[int, RangeStudy] = {}
        self._wanted: Asked | None = None
        self._lock = threading.Lock()
        self._at_work: threading.Thread | None = None

    def ask(self, asked: Asked) -> None:
        """Ask for a shop; at once where its prefecture was studied before."""
        with self._lock:
            self._wanted = asked
            if self._at_work is None:
                self._at_work = threading.Thread(target=self._work, daemon=True)
                self._at_work.start()

    def wait(self, seconds: float = 60.0) -> None:
        """Wait until nothing is asked any more."""
        thread = self._at_work
        if thread is not None:
            thread.join(seconds)

    def _work(self) -> None:
        while True:
            with self._lock:
                asked, self._wanted = self._wanted, None
                if asked is None:
                    self._at_work = None
                    return
            told = self._told(asked)
            with self._lock:
                last = self._wanted is None
            if last:
                self._tell(told)

    def _told(self, asked: Asked) -> Told:
        try:
            study = self._studies.get(asked.prefecture_code) or study_range(
                self._market, self._figures, prefectures=[asked.prefecture_code]
            )
            self._studies = {asked.prefecture_code: study}
            potentials = asked.study.potentials["mean"].set_axis(asked.study.features["store_id"])
            return Told(advise_shop(study, asked.store_id, potentials), study)
        except LstError as error:
            return Told(fault=str(error))
        except Exception as error:  # the page goes on without advice, whatever went wrong
            return Told(fault=f"it could not be made ({type(error).__name__})")
