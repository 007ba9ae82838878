"""How far a run is: a small file in its folder, the only thing a page has to poll."""

import json
import os
import socket
from dataclasses import asdict, dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal

import psutil

from lst_workbench.runs.disk import write_text

PROGRESS_FILE = "progress.json"
State = Literal["queued", "running", "done", "failed", "cancelled"]
UNFINISHED: tuple[State, ...] = ("queued", "running")


@cache
def _own_start(pid: int) -> float:
    return psutil.Process(pid).create_time()


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    state : str
        "queued", "running", "done", "failed" or "cancelled".
    stage : str
        Name of the stage at work; the key of its message is ``stage.<name>``.
    done_share : float
        Share of the stages that are done, 0 to 1.
    error : str
        For "failed": one sentence.
    pid, host, process_started
        Which process writes; the start time tells it from a later process of the same number.
    """

    state: State
    stage: str = ""
    done_share: float = 0.0
    error: str = ""
    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)
    process_started: float = field(default_factory=lambda: _own_start(os.getpid()))

    @property
    def message_key(self) -> str:
        """Key of the sentence to show, in the catalogue of messages."""
        return f"stage.{self.stage}" if self.state == "running" and self.stage else f"run.{self.state}"

    def process(self) -> psutil.Process | None:
        """Process that writes the run, when it lives on this machine; never another one of the same number."""
        if self.host != socket.gethostname():
            return None
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.process_started) < 1.0
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.Error:
            return None

    def as_seen_now(self) -> "Progress":
        """Return the progress, with "failed" when its process ended without saying so."""
        if self.state not in UNFINISHED or self.host != socket.gethostname() or self.process() is not None:
            return self
        said = "The planning process ended before its run was whole: run it again, finished stages are kept."
        return replace(self, state="failed", error=said)


def write_progress(folder: Path, progress: Progress) -> None:
    """Put the progress into the run folder."""
    write_text(folder / PROGRESS_FILE, json.dumps(asdict(progress)), durable=False)


def read_progress(folder: Path) -> Progress | None:
    """Progress as the run last wrote it; None where nothing was started."""
    try:
        return Progress(**json.loads((folder / PROGRESS_FILE).read_text("utf-8")))
    except FileNotFoundError:
        return None
