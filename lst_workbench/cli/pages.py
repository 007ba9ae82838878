"""lst serve, lab, demo: pages, JupyterLab, and the sample market from end to end."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer

from lst_workbench.cli.console import RUNS, MarketPath, Out, err, out, scenario_of
from lst_workbench.cli.plans import planned, say

PORT, LAB_PORT = 8866, 8888
START_SECONDS = 60
Port = Annotated[int, typer.Option(min=1, max=65535, help="Port of the page; the next free one when it is taken.")]
app = typer.Typer()


@app.command(epilog="Example: lst serve --runs runs --port 8900")
def serve(
    market: MarketPath = None,
    runs: Annotated[Path, typer.Option(help="Folder that holds the runs the page shows and makes.")] = RUNS,
    port: Port = PORT,
) -> None:
    """Serve the pages to this machine until Ctrl-C; without a market, the one that the newest run was planned on."""
    _serve(market or _market_of_newest(runs), runs, port)


@app.command(epilog="Example: lst lab")
def lab(port: Annotated[int, typer.Option(min=1, max=65535, help="Port of JupyterLab.")] = LAB_PORT) -> None:
    """Open JupyterLab on the notebooks."""
    notebooks = Path(__file__).parents[2] / "notebooks"
    folder = notebooks if notebooks.is_dir() else Path.cwd()
    _run_until_stopped(
        [sys.executable, "-m", "jupyterlab", f"--port={port}", str(folder)], dict(os.environ), "JupyterLab"
    )


@app.command(epilog="Example: lst demo --no-serve")
def demo(
    to: Out = None,
    page: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the page afterwards.")] = True,
    nation: Annotated[
        bool, typer.Option("--nation/--no-nation", help="Draw and plan all of China while the page is in use.")
    ] = True,
    port: Port = PORT,
) -> None:
    """Plan the sample market end to end, then serve the page that shows it; all of China follows while you look."""
    result = planned(None, scenario_of("base", None), to, 7)
    say(result)
    out.print(f"Run: {result.path}", highlight=False)
    if page:
        assert result.path is not None
        with _nation_at_work(result.path.parent, nation) as variables:
            _serve(None, result.path.parent, port, variables)


@contextmanager
def _nation_at_work(runs: Path, wanted: bool) -> Iterator[dict[str, str]]:
    """Draw and plan the nation in a process of its own, taken up where it was left; it ends with the page."""
    from lst_workbench.planning import cancel, progress_of, submit
    from lst_workbench.ui.rollout.nation import MARKET, NATION_VARIABLE, RUNS

    if not wanted:
        yield {}
        return
    folder = runs.resolve().parent / "nation"
    run, market = folder / RUNS / "first", folder / MARKET
    progress = progress_of(run)
    if progress is None or progress.state != "done":
        submit(market, scenario_of("base", None), run, draw="china-2017")
        out.print(f"All of China is drawn and planned meanwhile (some minutes): {folder}", highlight=False)
    try:
        yield {NATION_VARIABLE: str(folder)}
    finally:
        cancel(run)


def _serve(market: Path | None, runs: Path, port: int, more: Mapping[str, str] | None = None) -> None:
    with err.status("Starting the page"):
        from lst_workbench.assumptions import data_folder
        from lst_workbench.market import market_files
        from lst_workbench.ui.serve import free_port, page_url, voila_command

        market = market or data_folder() / "sample"
        market_files(market)  # a page without a market would start and show nothing
        chosen = free_port(port)
        command, variables = voila_command(data_folder().parent / "apps", chosen, runs, market)
    _run_until_stopped(command, variables | dict(more or {}), "The page", page_url(chosen))


def _market_of_newest(runs: Path) -> Path | None:
    """Market of the newest finished run in a folder, where that market still stands; else none."""
    from lst_workbench.contracts import LstError
    from lst_workbench.runs import read_run

    records = runs.glob("*/run.toml") if runs.is_dir() else []
    for record in sorted(records, key=lambda path: path.stat().st_mtime, reverse=True):
        with suppress(LstError):
            market = Path(read_run(record.parent).meta.get("market_folder") or "nowhere")
            if (market / "market.toml").is_file():
                return market
    return None


def _run_until_stopped(command: list[str], variables: dict[str, str], name: str, url: str = "") -> None:
    """Run a server until it ends or Ctrl-C; it is asked to end and never left behind."""
    from lst_workbench.contracts import LstError

    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, signal.default_int_handler)
    process = subprocess.Popen(command, env=variables, start_new_session=True)
    try:
        if url and _answers(url, process):
            out.print(f"{name}: {url}  (Ctrl-C ends it)", highlight=False)
        code = process.wait()
    except KeyboardInterrupt:
        out.print(f"{name} has ended.")
        return
    finally:
        process.terminate()
        process.wait()
    if code:
        raise LstError(f"{name} ended with code {code}: what it said stands above.")


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    """Wait until the server takes connections; false when it ended instead."""
    host, port = url.split("/")[2].split(":")
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            return False
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return True
        time.sleep(0.1)
    return False
