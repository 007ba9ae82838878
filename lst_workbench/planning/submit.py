"""Plan in a process of its own: start it, look how far it is, end it; the run folder is the only interface."""

import os
import signal
import subprocess
import sys
import time
import tomllib
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Literal

import psutil
import tomli_w

from lst_workbench.assumptions import Scenario, load_scenario
from lst_workbench.contracts import LstError
from lst_workbench.market import read_market
from lst_workbench.planning.condition_rows import conditions_of, rows_of
from lst_workbench.planning.conditions import Conditions
from lst_workbench.runs import (
    CONDITIONS_FILE,
    LOG_FILE,
    SCENARIO_FILE,
    Progress,
    State,
    claim_folder,
    queue_in,
    read_progress,
    say_of,
    write_progress,
)

Job = Literal["plan", "network"]
OURS = "lst_workbench.planning"
DRAWING_SHARE = 0.9  # of the time a market takes; the rest is checking and writing it
BEHIND_ALL_OTHERS = 10  # steps of niceness
GRACE_SECONDS = 3.0
COMMAND_LOOKS, COMMAND_PAUSE_SECONDS = 50, 0.02


def submit(
    market_folder: str | Path,
    scenario: Scenario,
    out: str | Path,
    seed: int = 7,
    draw: str | None = None,
    job: Job = "plan",
    conditions: Conditions | None = None,
) -> Path:
    """Start a run in its own process; runs of one folder of runs wait for each other.

    Parameters
    ----------
    market_folder : str or Path
        Folder of a market.
    scenario : Scenario
        Assumptions, with session overrides.
    out : str or Path
        Folder of the run, new or unfinished.
    seed : int
        Seed of the run.
    draw : str, optional
        Source of a market ("china-2017", or one of its provinces: "china-2017/Anhui") that is drawn first where its
        folder holds none yet; the process then steps back behind all others on the machine, since it is at work for
        minutes.
    job : {"plan", "network"}
        What is made: a plan (`make_plan`), or the networks along a trade-off (`make_network_study`).
    conditions : Conditions, optional
        What a plan is asked beside its capacities; they lie in the run folder as `CONDITIONS_FILE`.

    Returns
    -------
    Path
        The run folder; `progress_of` it, `cancel` it, and `read_run` it when it is done.

    Raises
    ------
    LstError
        The folder holds something else or a finished run, or another process writes to it.
    """
    folder = Path(out).resolve()
    claim_folder(folder, scenario.to_toml(), tomli_w.dumps(rows_of(conditions)))
    command = [sys.executable, "-m", OURS, str(Path(market_folder).resolve()), str(folder), str(seed)]
    command += [draw or "", job]
    with (folder / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True)
    started = psutil.Process(process.pid).create_time()
    write_progress(folder, Progress("queued", pid=process.pid, process_started=started))
    assert process.stdin is not None
    process.stdin.close()  # the process waits for this, so that its own progress is never overwritten
    return folder


def progress_of(out: str | Path) -> Progress | None:
    """Look how far a run is; "failed" when its process died, None where nothing was started."""
    progress = read_progress(Path(out))
    return None if progress is None else progress.as_seen_now()


def cancel(out: str | Path) -> Progress | None:
    """End the process of a submitted run; finished stages are kept and a new `submit` takes them up.

    Raises
    ------
    LstError
        The run is at work in a process that `submit` did not start, or on another machine.
    """
    folder = Path(out)
    progress = progress_of(folder)
    if progress is None or progress.state not in ("queued", "running"):
        return progress
    process = progress.process()
    if process is None or OURS not in _command_of(process):
        raise LstError(f"{folder} is written by process {progress.pid} on {progress.host}: stop it there with Ctrl-C.")
    process.terminate()
    try:
        process.wait(GRACE_SECONDS)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(GRACE_SECONDS)
    last = read_progress(folder) or progress
    if last.state in ("queued", "running"):
        last = replace(last, state="cancelled", error=say_of(KeyboardInterrupt()))
        write_progress(folder, last)
    return last


def _command_of(process: psutil.Process) -> list[str]:
    """Words that a process was started with; one that was started just now has none for a moment."""
    for _ in range(COMMAND_LOOKS):
        with suppress(psutil.Error):
            if words := process.cmdline():
                return words
        time.sleep(COMMAND_PAUSE_SECONDS)
    return []


def plan_as_submitted(market_folder: str, out: str, seed: str, draw: str = "", job: str = "plan") -> int:
    """Do what `submit` asked for: the body of the process it starts."""
    from lst_workbench.planning.network_study import make_network_study
    from lst_workbench.planning.plan import make_plan

    folder = Path(out)
    signal.signal(signal.SIGTERM, _stop)
    sys.stdin.read()
    try:
        with queue_in(folder.parent):
            if draw:
                os.nice(BEHIND_ALL_OTHERS)
                _draw_market(draw, Path(market_folder), folder, int(seed))
            market, scenario = read_market(Path(market_folder)), load_scenario(folder / SCENARIO_FILE)
            if job == "network":
                make_network_study(market, scenario, folder)
            else:
                make_plan(market, scenario, folder, seed=int(seed), conditions=conditions_in(folder))
        return 0
    except BaseException as error:
        last = read_progress(folder)
        if last is None or last.state in ("queued", "running"):
            state: State = "cancelled" if isinstance(error, KeyboardInterrupt) else "failed"
            write_progress(folder, Progress(state, error=say_of(error)))
        if isinstance(error, LstError | KeyboardInterrupt):
            return 2
        raise


def conditions_in(folder: Path) -> Conditions | None:
    """Conditions that `submit` was asked for, of the run in a folder."""
    told = folder / CONDITIONS_FILE
    return conditions_of(tomllib.loads(told.read_text("utf-8"))) if told.is_file() else None


def _draw_market(source: str, market_folder: Path, out: Path, seed: int) -> None:
    """Draw the market of a source where the folder holds none."""
    from lst_workbench.market import build_market, claimed, write_market

    def told(done: int, of: int) -> None:
        write_progress(out, Progress("running", "market", DRAWING_SHARE * done / of))

    if not market_folder.is_dir():
        told(0, 1)
        with claimed(market_folder, False):
            whole, _, province = source.partition("/")
            market = build_market(whole, [province] if province else None, seed=seed, progress=told)
            write_market(market, market_folder)


def _stop(signum: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
