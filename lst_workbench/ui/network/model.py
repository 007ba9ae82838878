"""State of the Network page: promise or budget, the network that follows, what if. Traitlets only, no widgets."""

import os
import threading
import time
from pathlib import Path
from typing import Any

import pandas as pd
from traitlets import Bool, Enum, Float, HasTraits, Instance, Int, Tuple, Unicode, observe

from lst_workbench.assumptions import data_folder, load_register
from lst_workbench.contracts import LstError
from lst_workbench.market import Market, read_market
from lst_workbench.planning import NetworkStudy, Overview, difference
from lst_workbench.planning.network_overview import names_of
from lst_workbench.runs import Progress
from lst_workbench.ui.network.shelf import AT_WORK, MOST_HERE, Place, places_of
from lst_workbench.views import LANGUAGES

SCOPES, AIMS, MODES = ("market", "province"), ("promise", "budget"), ("keep", "may_close")
VIEWS = ("plan", "today", "difference")
PROMISE = 0.8
RADII_KM = (20.0, 80.0, 5.0)


class NetworkState(HasTraits):
    """What is promised or paid, which network follows, and what happens to it.

    Parameters
    ----------
    market_folder, runs_folder : Path
        The market, and the folder of run folders; studies lie beside it.
    around : bool
        Whether the province around a small synthetic market is drawn and studied too, in the background.

    Notes
    -----
    `base` is a network of the study's curve and read from its tables; `shown` is the same after a what-if (`closed`,
    `radius_km`). Whoever shows them observes `version`. The province around a small synthetic market is drawn and
    studied in a process of its own, and shown as soon as it is there, unless somebody is at work on the page.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    scope = Enum(SCOPES, default_value="market")
    mode = Enum(MODES, default_value="keep")
    aim = Enum(AIMS, default_value="promise")
    promise_share = Float(PROMISE)
    budget_rmb_month = Float(0.0)
    radius_km = Float(40.0)
    closed = Tuple()
    site_id = Int(0)  # 0: none is looked at
    view = Enum(VIEWS, default_value="plan")

    study = Instance(NetworkStudy, allow_none=True)
    base = Instance(Overview, allow_none=True)
    shown = Instance(Overview, allow_none=True)
    progress = Instance(Progress, allow_none=True)
    scopes = Tuple()
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))
    seconds = Float(0.0)
    version = Int(0)
    touched = Bool(False)

    def __init__(self, market_folder: str | Path, runs_folder: str | Path, around: bool = True, **traits: Any) -> None:
        super().__init__(**traits)
        self.register = load_register()
        self.market: Market | None = None
        self.market_name = self.province_name = ("", "")
        self._places: dict[str, Place] = {}
        self._settled = True
        self._without: dict[tuple[int, int], Overview] = {}
        try:
            self.market = read_market(market_folder)
            self.market_name, self.province_name = names_of(self.market)
            self._places = places_of(self.market, Path(market_folder), Path(runs_folder), around)
            self.open()
        except (LstError, OSError) as error:
            self.said = ("error.network", str(error))

    # what is there ----------------------------------------------------------------------------

    def open(self) -> None:
        """Show the province where it is studied already, else the market; what is missing is made."""
        assert self.market is not None
        self.scopes = tuple(self._places)
        if (province := self._places.get("province")) is not None:
            if (study := province.read()) is not None:
                self._take(study, "province")
                return
            province.start()
            province.follow(lambda progress: self._heard("province", progress))
        own = self._places["market"]
        if (study := own.read()) is not None:
            self._take(study, "market")
        elif len(self.market.stores) <= MOST_HERE:
            self._take(own.make(self.market), "market")
        else:
            own.start()
            own.follow(lambda progress: self._heard("market", progress))

    @property
    def synthetic(self) -> bool:
        """Whether the market is made up."""
        return bool(self.market is not None and self.market.meta.synthetic)

    @property
    def is_changed(self) -> bool:
        """Whether a what-if is shown."""
        return bool(self.closed) or (self.study is not None and self.radius_km != self.study.radius_km)

    @property
    def kept(self) -> bool:
        """Whether the network keeps the promise, or stays within the budget."""
        if self.base is None:
            return True
        if self.aim == "promise":
            return self.base.figures["next_day_share"] >= self.promise_share - 1e-9
        return self.base.figures["cost_rmb_month"] <= self.budget_rmb_month * (1 + 1e-9)

    @property
    def budgets(self) -> tuple[float, float, float]:
        """Least, most and step of the budget: what the curve's networks cost."""
        assert self.study is not None
        cost = self.study.curve(self.mode)["cost_rmb_month"]
        step = 10.0 ** (len(str(int(cost.max()))) - 3)
        return step * (cost.min() // step), step * (cost.max() // step + 1), step

    @property
    def sites(self) -> pd.DataFrame:
        """Open sites to choose from, and those a what-if has closed; regional ones first, then the largest."""
        if self.base is None:
            return pd.DataFrame()
        rank = self.base.opened["tier"].astype(str).map({"regional": 0, "city": 1, "front": 2})
        table = self.base.opened.assign(rank=rank)
        return table.sort_values(["rank", "volume_m3_month", "site_id"], ascending=[True, False, True])

    # levers -----------------------------------------------------------------------------------

    def reset(self) -> None:
        """Put the promise, the budget and the network back."""
        self._settled = False
        self.mode, self.aim = "keep", "promise"
        self.promise_share = self._usual_promise()
        self._settled = True
        self._design()

    def toggle_site(self) -> None:
        """Close the site in focus, or open it again."""
        if not self.site_id:
            return
        closed = set(self.closed) ^ {self.site_id}
        self.closed = tuple(sorted(closed))

    def restore(self) -> None:
        """Take the what-ifs back."""
        if self.study is not None:
            self._settled = False
            self.closed, self.radius_km = (), self.study.radius_km
            self._settled = True
            self._what_if()

    @observe("scope")
    def _scope_chosen(self, change: Any) -> None:
        if not self._settled or self.market is None:
            return
        self.touched = True
        place = self._places[change["new"]]
        study = place.read()
        if study is None and change["new"] == "market" and len(self.market.stores) <= MOST_HERE:
            study = place.make(self.market)
        if study is not None:
            self._take(study, change["new"])

    @observe("mode", "aim", "promise_share", "budget_rmb_month")
    def _lever_moved(self, _: Any) -> None:
        if self._settled and self.study is not None:
            self.touched = True
            self._design()

    @observe("closed", "radius_km")
    def _asked(self, _: Any) -> None:
        if self._settled and self.study is not None:
            self.touched = True
            self._what_if()

    def without(self, site_id: int) -> Overview | None:
        """Network shown, without one of its sites; None where it is shut or unknown."""
        if self.study is None or self.shown is None or site_id not in self.shown.open_ids:
            return None
        if (self.version, site_id) not in self._without:
            radius = self.radius_km if self.radius_km != self.study.radius_km else None
            found = self.study.changed(self.base or self.shown, {*self.closed, site_id}, radius)
            self._without = {key: kept for key, kept in self._without.items() if key[0] == self.version}
            self._without[self.version, site_id] = found
        return self._without[self.version, site_id]

    def suffering(self) -> pd.DataFrame:
        """Areas by what the what-if does to them (`difference`)."""
        assert self.base is not None and self.shown is not None
        return difference(self.base, self.shown)

    # inside -----------------------------------------------------------------------------------

    def _take(self, study: NetworkStudy, scope: str) -> None:
        """Show a study, at the promise that stands."""
        self._settled = False
        self.scope, self.closed, self.site_id, self._without = scope, (), 0, {}
        self.study, self.radius_km = study, study.radius_km
        if not self.touched:
            self.promise_share = self._usual_promise()
        step = study.step_for(self.mode, self.promise_share)
        self.budget_rmb_month = float(study.row(self.mode, step)["cost_rmb_month"])
        self._settled = True
        self.said = ("", "")
        self._design()
        threading.Thread(target=_warm, args=(study,), daemon=True).start()

    def _usual_promise(self) -> float:
        """Promise that the page opens with: the usual one, or what the market's networks come to at most."""
        assert self.study is not None
        return min(PROMISE, int(100 * self.study.curve(self.mode)["next_day_share"].max()) / 100)

    def _design(self) -> None:
        """Take the network of the curve that keeps the promise or the budget; what-ifs are taken back."""
        study = self.study
        assert study is not None
        if self.aim == "promise":
            step = study.step_for(self.mode, self.promise_share)
        else:
            step = study.step_within(self.mode, self.budget_rmb_month)
        self._settled = False
        self.closed, self.radius_km = (), study.radius_km
        self._settled = True
        self.base = self.shown = study.overview(self.mode, step)
        if self.site_id not in self.base.open_ids:
            self.site_id = 0
        self.seconds = 0.0
        self.version += 1

    def _what_if(self) -> None:
        """Answer what the closed sites and the radius do to the network."""
        study, base = self.study, self.base
        assert study is not None and base is not None
        started = time.perf_counter()
        if self.is_changed:
            radius = self.radius_km if self.radius_km != study.radius_km else None
            self.shown = study.changed(base, self.closed, radius)
            self.seconds = time.perf_counter() - started
        else:
            self.shown, self.seconds = base, 0.0
        self.version += 1

    def _heard(self, scope: str, progress: Progress | None) -> None:
        """Hear how far a study is; show it when it is done and nobody has touched the page."""
        self.progress = progress
        if progress is not None and progress.state in AT_WORK:
            return
        try:
            study = self._places[scope].read()
            if study is not None and (self.study is None or not self.touched):
                self._take(study, scope)
            elif study is None:
                self.said = ("error.network", progress.error if progress is not None else "")
        except Exception as error:  # a thread has no one else to tell; the page says it in a sentence
            self.said = ("error.network", str(error))


def _warm(study: NetworkStudy) -> None:
    """Read the stores for what-ifs before they are asked for."""
    try:
        assert study.ground is not None and study.board.task is not None
    except Exception:  # whoever asks a what-if hears it
        return


def open_state() -> NetworkState:
    """Open the page's state on the folders that the environment names: LST_MARKET, LST_RUNS.

    With LST_PROVINCE=0 the province around the market is left out.
    """
    market = os.environ.get("LST_MARKET") or data_folder() / "sample"
    return NetworkState(market, os.environ.get("LST_RUNS") or "runs", os.environ.get("LST_PROVINCE") != "0")
