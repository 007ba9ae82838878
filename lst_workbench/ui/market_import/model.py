"""State of the Import page: the file, what its columns mean, what came of it. Traitlets only, no widgets."""

import os
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from traitlets import Bool, Dict, Enum, Float, HasTraits, Instance, Tuple, Unicode

import lst_workbench as lst
from lst_workbench.assumptions import load_scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import Imported, import_market
from lst_workbench.market.importing import Proposal, propose_upload
from lst_workbench.runs import PlanResult, read_run
from lst_workbench.views import LANGUAGES

POLL_SECONDS = 0.25
DATUMS = ("wgs84", "gcj02", "bd09")


class ImportState(HasTraits):
    """What was uploaded, what it is taken to mean, and what came of it.

    Parameters
    ----------
    markets_folder, runs_folder : Path
        Where imported markets and plans of them are written.
    """

    lang = Enum(list(LANGUAGES), default_value="en")
    proposal = Instance(Proposal, allow_none=True)
    mapping = Dict()
    datum = Enum(list(DATUMS), default_value="wgs84")
    whole = Bool(False)
    done = Instance(Imported, allow_none=True)
    plan = Instance(PlanResult, allow_none=True)
    running = Bool(False)
    progress = Float(0.0)
    stage = Unicode("")
    said = Tuple(Unicode(), Unicode(), default_value=("", ""))  # key of a message, and its detail

    def __init__(self, markets_folder: str | Path, runs_folder: str | Path, **traits: Any) -> None:
        super().__init__(**traits)
        self.markets_folder, self.runs_folder = Path(markets_folder), Path(runs_folder)

    def take(self, name: str, content: bytes) -> None:
        """Read an uploaded file and propose what its columns mean; the file itself is not kept."""
        self.said, self.done, self.plan = ("", ""), None, None
        try:
            proposal = propose_upload(name, content)
        except LstError as error:
            self.proposal, self.mapping = None, {}
            self.said = ("error.import", str(error))
            return
        self.mapping, self.proposal = proposal.mapping, proposal

    def choose(self, field: str, header: str) -> None:
        """Say which column holds a field; an empty header says that none does."""
        mapping = {name: chosen for name, chosen in self.mapping.items() if name != field}
        self.mapping = mapping | ({field: header} if header else {})
        if self.proposal is not None:
            self.proposal = replace(self.proposal, mapping=self.mapping)

    def start(self) -> threading.Thread | None:
        """Import the file as its columns are understood now; the page stays alive."""
        return None if self.running or self.proposal is None else self._begin("import.placing", self._import)

    def start_plan(self) -> threading.Thread | None:
        """Plan on the imported list, in a process of its own."""
        return None if self.running or self.done is None else self._begin("import.planning", self._plan)

    def _begin(self, stage: str, work: Any) -> threading.Thread:
        self.said, self.running, self.progress, self.stage = ("", ""), True, 0.0, stage
        thread = threading.Thread(target=self._work, args=(work,), daemon=True)
        thread.start()
        return thread

    def _work(self, work: Any) -> None:
        try:
            work()
        except Exception as error:  # a thread has no one else to tell; the page says it in a sentence
            self.said = ("error.import", str(error))
        finally:
            self.running = False

    def _import(self) -> None:
        assert self.proposal is not None
        self.plan, out = None, self.markets_folder / f"{datetime.now():%Y%m%d-%H%M%S}-{self.proposal.path.stem}"
        self.done = import_market(
            self.proposal, out, datum=self.datum, whole=self.whole, progress=lambda n, of: self._told(n / of)
        )

    def _told(self, share: float) -> None:
        self.progress = share

    def _plan(self) -> None:
        assert self.done is not None and self.done.market.folder is not None
        folder = self.done.market.folder
        out = self.runs_folder / f"{datetime.now():%Y%m%d-%H%M%S}-{folder.name}"
        lst.planning.submit(folder, load_scenario("base"), out)
        while (now := lst.planning.progress_of(out)) is not None and now.state in ("queued", "running"):
            self.progress = now.done_share
            time.sleep(POLL_SECONDS)
        if now is None or now.state != "done":
            raise LstError(now.error if now is not None and now.error else "The plan ended early: plan again.")
        self.plan = read_run(out)


def open_state() -> ImportState:
    """Open the page's state beside the runs that the environment names (LST_RUNS), or in the working folder."""
    runs = Path(os.environ.get("LST_RUNS") or "runs")
    return ImportState(runs.parent / "markets", runs)
