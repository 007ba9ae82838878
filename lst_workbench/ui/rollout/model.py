"""State of the Rollout page: what was chosen, what is running, what is shown. Traitlets only, no widgets."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pandas as pd
from traitlets import Bool, Dict, Enum, Float, HasTraits, Instance, Int, Tuple, Unicode, observe

import lst_workbench as lst
from lst_workbench.assumptions import (
    Scenario,
    data_folder,
    load_register,
    load_scenario,
    scenario_names,
    share_of_nation,
)
from lst_workbench.catchment import HuffParams
from lst_workbench.contracts import LstError
from lst_workbench.market import Market, read_market
from lst_workbench.planning.condition_rows import conditions_of, rows_of, rows_of_run
from lst_workbench.runs import SCENARIO_FILE, PlanResult, Progress, read_progress, read_run
from lst_workbench.ui.rollout import lookup
from lst_workbench.ui.rollout.conditions import same
from lst_workbench.ui.rollout.field import Field, field_of
from lst_workbench.ui.rollout.levers import LEVERS
from lst_workbench.ui.rollout.lookup import Chosen
from lst_workbench.ui.rollout.nation import MARKET, RUNS, nation_asked, nation_folder
from lst_workbench.views import LANGUAGES, text

POLL_SECONDS = 0.25
AT_WORK = ("queued", "running")
AFTER_OUTCOME = ("levers", "uncertainty", "summary")
MOST_OTHERS = 12


class RolloutState(HasTraits):
    """What the manager chose, what is running, and the last finished run.

    Parameters
    ----------
    runs_folder, market_folder : Path
        Folder of run folders, and folder of the market to plan.

    Notes
    -----
    A run lives in its own process; its folder is all that connects it to a page. So a page that is reloaded, or opened
    beside another one, finds the run by its progress file and goes on showing it.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    scenario = Unicode("base")
    levers = Dict()
    conditions = Dict()  # rows of limits, stores promised and excluded (`planning.condition_rows`)
    map_mode = Enum(["month", "potential", "dots"], default_value="month")
    upto = Int(0)  # months shown on the map; 0 for all of them
    beside = Unicode("")  # folders of the plans shown beside this one
    beside_too = Unicode("")
    prefecture = Int(0)  # of the field; 0 until one is chosen
    field_month = Int(1)
    territory = Int(0)  # 0 for all of the prefecture
    rep = Int(0)
    week = Int(1)
    cell = Int(0)
    query = Unicode("")
    store_id = Int(None, allow_none=True)

    market = Instance(Market, allow_none=True)
    result = Instance(PlanResult, allow_none=True)
    running = Bool(False)
    progress = Float(0.0)
    stage = Unicode("")
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))  # key of a message, and its detail

    def __init__(self, runs_folder: str | Path, market_folder: str | Path, **traits: Any) -> None:
        super().__init__(**traits)
        self.runs_folder, self.market_folder = Path(runs_folder), Path(market_folder)
        self.register = load_register()
        self.out: Path | None = None
        self._cancelled: Path | None = None  # asked to end; its process may be gone before its progress file says so
        self._take_levers(load_scenario(self.scenario))
        self.open()

    # what is there ----------------------------------------------------------------------------

    def open(self) -> None:
        """Show the newest finished run, and go on following one that is at work."""
        try:
            self.market = read_market(self.market_folder)
        except LstError as error:
            self.said = ("error.market", str(error))
            return
        self._show_newest()
        if at_work := next(self._at_work(), None):
            self._restore(at_work)
            self.follow(at_work)

    @property
    def figures(self) -> Mapping[str, float]:
        """Planning figures of the run shown, at the scale of its market."""
        return self.result.meta["scenario"]["figures"] if self.result else {}

    @property
    def counted(self) -> str:
        """What the goal of the run shown counts."""
        return str(self.result.meta["scenario"]["goal"]) if self.result else "in_system"

    @property
    def synthetic(self) -> bool:
        """Whether the market is made up."""
        return bool(self.market is not None and self.market.meta.synthetic)

    @property
    def scale(self) -> float:
        """Share of the nation's stores that the market holds."""
        if self.market is None:
            return 1.0
        return share_of_nation(self.market.rows("stores"), self.register["market.small_stores"].value)

    @property
    def asked(self) -> Scenario:
        """The scenario with the levers as they are set: what "Run plan" would plan."""
        scenario = load_scenario(self.scenario)
        return scenario.override({key: value for key, value in self.levers.items() if value != scenario[key]})

    @property
    def stale(self) -> bool:
        """True when the figures shown belong to other levers than the ones set."""
        if self.result is None:
            return False
        meta, asked = self.result.meta["scenario"], self.asked.at_scale(self.scale)
        if not same(self.conditions, rows_of_run(self.result.tables)):
            return True
        return meta["goal"] != asked.goal or any(
            abs(asked[key] - value) > 1e-6 * max(1.0, abs(value)) for key, value in meta["figures"].items()
        )

    # scenario and levers ----------------------------------------------------------------------

    @observe("scenario")
    def _scenario_chosen(self, change: Any) -> None:
        if change["new"] in scenario_names():
            self._take_levers(load_scenario(change["new"]))

    def reset(self) -> None:
        """Put the levers back to the scenario's own values, and ask for nothing beside them."""
        self._take_levers(load_scenario(self.scenario))
        self.conditions = {}

    def move(self, key: str, value: float) -> None:
        """Move one lever, in the units of the register."""
        self.levers = {**self.levers, key: value}

    def _take_levers(self, scenario: Scenario) -> None:
        self.levers = {key: scenario[key] for key in LEVERS}

    # running ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Plan in a process of its own; the page stays alive and shows the run before meanwhile."""
        if self.running or self.market is None:
            return
        self.said = ("", "")
        try:
            out = new_run_folder(self.runs_folder, self.scenario)
            asked = conditions_of(self.conditions)
            lst.planning.submit(self.market_folder, self.asked, out, conditions=asked)
        except (LstError, OSError) as error:
            self.said = ("error.start", str(error))
            return
        self.follow(out)

    def follow(self, out: Path) -> threading.Thread:
        """Show how far a run is until it ends, then the run itself."""
        self.out, self.running, self.progress, self.stage = out, True, 0.0, "run.queued"
        thread = threading.Thread(target=self._follow, args=(out,), daemon=True)
        thread.start()
        return thread

    def cancel(self) -> None:
        """End the process of the run at work."""
        if self.running and self.out:
            self._cancelled = self.out
            try:
                lst.planning.cancel(self.out)
            except LstError as error:
                self.said = ("error.cancel", str(error))

    def _follow(self, out: Path) -> None:
        before = self.result
        try:
            while (progress := progress_of(out)) is not None and progress.state in AT_WORK:
                self.progress, self.stage = progress.done_share, progress.message_key
                if progress.stage in AFTER_OUTCOME:
                    self._show_so_far(out)
                time.sleep(POLL_SECONDS)
            if progress is None or progress.state != "done":
                self.result = before
            self._end(out, progress)
        except Exception as error:  # a thread has no one else to tell; the page says it in a sentence
            self.result, self.said = before, ("error.run", str(error))
        finally:
            self.running = False

    def _show_so_far(self, out: Path) -> None:
        """Show the plan as soon as it is known what it comes to; levers and ranges follow."""
        if self.market is not None and (self.result is None or self.result.path != out):
            self.result = lst.planning.plan_so_far(out, self.market) or self.result

    def _end(self, out: Path, progress: Progress | None) -> None:
        if progress is None:
            self.said = ("error.run", text("error.lost", self.lang))
        elif progress.state == "done":
            self.progress = 1.0
            self.result = read_run(out)
        elif progress.state == "cancelled" or out == self._cancelled:
            self.said = ("run.cancelled", "")
        else:
            self.said = ("error.run", progress.error)

    # run folders ------------------------------------------------------------------------------

    def _show_newest(self) -> None:
        for folder in self._folders():
            progress = progress_of(folder)
            if progress is not None and progress.state != "done":
                continue
            try:
                result = read_run(folder)
            except LstError:
                continue  # not a run, unfinished, or of an older version: the next one may do
            if self.market is None or result.meta["market"]["fingerprint"] == self.market.meta.fingerprint:
                self._levers_of_run(result)
                self.result = result
                return

    def _at_work(self) -> Iterator[Path]:
        for folder in self._folders():
            progress = progress_of(folder)
            if progress is not None and progress.state in AT_WORK:
                yield folder

    def _folders(self) -> list[Path]:
        """Run folders, newest first."""
        if not self.runs_folder.is_dir():
            return []
        return sorted(
            (entry for entry in self.runs_folder.iterdir() if entry.is_dir() and not entry.name.startswith(".")),
            key=lambda entry: (entry.stat().st_mtime, entry.name),
            reverse=True,
        )

    def others(self) -> dict[str, dict[str, Any]]:
        """Find other finished plans of this market: folder name to scenario, newest first."""
        found: dict[str, dict[str, Any]] = {}
        for folder in self._folders():
            with suppress(LstError):
                run = read_run(folder)
                same = self.market is not None and run.meta["market"]["fingerprint"] == self.market.meta.fingerprint
                shown = self.result is not None and self.result.path == folder
                if same and not shown and "decisions" in run.tables:
                    found[folder.name] = run.meta["scenario"]
            if len(found) == MOST_OTHERS:
                break
        return found

    def _levers_of_run(self, result: PlanResult) -> None:
        """Set scenario and levers to those of a run, so that the page says what its figures rest on."""
        meta = result.meta["scenario"]
        if meta["name"] in scenario_names():
            self.scenario = meta["name"]
            by = {key: meta["scale"] if self.register[key].scales else 1.0 for key in LEVERS}
            self.levers = {key: _tidy(meta["figures"][key] / by[key]) for key in LEVERS}
            self.conditions = rows_of_run(result.tables)

    def _restore(self, folder: Path) -> None:
        """Set scenario and levers to what a run at work was asked for."""
        if not (folder / SCENARIO_FILE).is_file():
            return
        try:
            scenario = load_scenario(folder / SCENARIO_FILE)
        except LstError:
            return
        if scenario.name in scenario_names():
            self.scenario = scenario.name
            self._take_levers(scenario)
            self.conditions = rows_of(lst.planning.conditions_in(folder))

    # stores -----------------------------------------------------------------------------------

    def examples(self) -> pd.DataFrame:
        """Find the stores to begin with: that of the tour, then those signed in the first month, the largest first."""
        return lookup.examples(self.market, self.result) if self.market and self.result else pd.DataFrame()

    def stores_of_cell(self, cell: int, resolution: int) -> pd.DataFrame:
        """Find the stores in a cell of the map."""
        return lookup.stores_of_cell(self.market, cell, resolution) if self.market else pd.DataFrame()

    def matching(self, query: str) -> pd.DataFrame:
        """Find stores by name or id."""
        return lookup.matching(self.market, query) if self.market else pd.DataFrame()

    def chosen(self) -> Chosen | None:
        """Explain the store in focus; None when none is, or before the first run."""
        if self.market is None or self.result is None or self.store_id is None:
            return None
        params = HuffParams.of(self._every_figure())
        return lookup.chosen(self.market, self.result, self.store_id, params, self.lang)

    def field(self) -> Field:
        """Cut the field of the prefecture and month in focus."""
        assert self.market is not None and self.result is not None
        figures = self._every_figure()
        return field_of(self.market, self.result, figures, self.prefecture, self.field_month, self.lang)

    def _every_figure(self) -> dict[str, float]:
        """Figures of the run shown, and of the register where the run is older than they are."""
        return {**{key: entry.value for key, entry in self.register.items()}, **self.figures}


def _tidy(value: float) -> float:
    """Take off the noise that scaling down and up again leaves in the last digits."""
    return float(f"{value:.9g}")


def progress_of(folder: Path) -> Progress | None:
    """Look how far a run is, without the room that plans: a page that only looks opens sooner."""
    progress = read_progress(folder)
    return progress.as_seen_now() if progress is not None else None


def open_state() -> RolloutState:
    """Open the page's state on the folders that the environment names: LST_RUNS, LST_MARKET.

    Without them: ``runs`` in the working folder, and the sample market. The page's address may ask for the nation
    (``market=nation``), or for the market that a run was planned on (``run=NAME``).
    """
    if (nation := nation_folder()) is not None and nation_asked():
        return RolloutState(nation / RUNS, nation / MARKET)
    runs = os.environ.get("LST_RUNS") or "runs"
    market = _market_asked(Path(runs)) or os.environ.get("LST_MARKET") or data_folder() / "sample"
    return RolloutState(runs, market)


def _market_asked(runs: Path) -> str | None:
    """Market of the run that the page's address names, where both are there; a name leads nowhere but into `runs`."""
    name = next(iter(parse_qs(os.environ.get("QUERY_STRING", "")).get("run", [])), "")
    if not name or Path(name).name != name or name.startswith("."):
        return None
    try:
        market = str(read_run(runs / name).meta.get("market_folder", ""))
    except LstError:
        return None
    return market if market and (Path(market) / "market.toml").is_file() else None


def new_run_folder(runs_folder: Path, scenario: str) -> Path:
    """Name a folder for a new run: by time, so that they sort, and by scenario."""
    stem = f"{datetime.now():%Y%m%d-%H%M%S}-{scenario}"
    names = [stem, *(f"{stem}-{n}" for n in range(2, 100))]
    return next(runs_folder / name for name in names if not (runs_folder / name).exists())
