"""One writer per run folder, one run at a time per folder of runs; the lock of a dead process is none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from lst_workbench.contracts import LstError
from lst_workbench.runs import disk
from lst_workbench.runs.progress import PROGRESS_FILE, read_progress
from lst_workbench.runs.record import has_record, read_record

LOCK_FILE = "run.lock"
LOG_FILE = "run.log"
SCENARIO_FILE = "scenario.toml"
CONDITIONS_FILE = "conditions.toml"
QUEUE_FILE = ".queue.lock"
POLL_SECONDS = 0.1
SHOWN_NAMES = 3
_BEFORE_THE_FIRST_RECORD = {LOCK_FILE, LOG_FILE, PROGRESS_FILE, SCENARIO_FILE, CONDITIONS_FILE}


def lock_folder(path: Path) -> filelock.BaseFileLock:
    """Make the folder and lock it against a second writer; the lock of a dead process is none.

    Raises
    ------
    LstError
        The folder holds something else, or another process writes to it.
    """
    with disk.saying_what_failed(path):
        path.mkdir(parents=True, exist_ok=True)
        others = {entry.name for entry in path.iterdir()} - _BEFORE_THE_FIRST_RECORD
    if not has_record(path) and any(not name.endswith(disk.TEMPORARY) for name in others):
        raise LstError(f"{path} is not empty and is no run folder ({_some(others)}): give a new or an empty folder.")
    lock = filelock.FileLock(path / LOCK_FILE, timeout=0)
    with disk.saying_what_failed(path / LOCK_FILE):
        try:
            lock.acquire()
        except filelock.Timeout:
            raise LstError(_second_writer(path)) from None
    return lock


def claim_folder(path: Path, scenario: str, conditions: str = "") -> None:
    """Prepare a folder for a run that another process will write: refuse early what it would refuse.

    Parameters
    ----------
    path : Path
        New, empty or unfinished run folder.
    scenario : str
        Text of the scenario file that the process reads.
    conditions : str
        Text of the file of conditions that it reads.

    Raises
    ------
    LstError
        The folder holds something else or a finished run, or another process writes to it.
    """
    lock = lock_folder(path)
    try:
        if has_record(path) and read_record(path)["state"] == "complete":
            raise LstError(f"{path} holds a finished run and runs are never edited: give a new folder.")
        disk.write_text(path / SCENARIO_FILE, scenario)
        disk.write_text(path / CONDITIONS_FILE, conditions)
    finally:
        lock.release()


def _second_writer(path: Path) -> str:
    writer = read_progress(path)
    who = f"Process {writer.pid} on {writer.host}" if writer else "Another process"
    return f"{who} is writing to {path}: wait until it is done, end it, or give another folder with --out."


@contextmanager
def queue_in(folder: Path) -> Iterator[None]:
    """Wait until no other run of this folder of runs is at work, and keep the others waiting meanwhile."""
    with disk.saying_what_failed(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(folder / QUEUE_FILE)
        lock.acquire(poll_interval=POLL_SECONDS)
    try:
        yield
    finally:
        lock.release()


def _some(names: set[str]) -> str:
    return ", ".join(sorted(names)[:SHOWN_NAMES]) + (", ..." if len(names) > SHOWN_NAMES else "")
