"""The command line: lst market | plan | compare | explain | assumptions | serve | lab | demo."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from lst_workbench import __version__

if TYPE_CHECKING:
    import pandas as pd

    from lst_workbench.assumptions import Scenario
    from lst_workbench.runs import PlanResult

RUNS = Path("runs")
PORT, LAB_PORT = 8866, 8888
START_SECONDS = 60
FAULT, INTERRUPTED, BROKEN = 2, 130, 1
ROWS_SHOWN = 20
SAID_BY_THE_HEADLINE = ("goal", "reps_reach_goal", "reps_never_reach_goal")
WIDE = None if sys.stdout.isatty() else 200
out, err = Console(soft_wrap=True, width=WIDE), Console(stderr=True, soft_wrap=True)
app = typer.Typer(
    name="lst",
    help="Plan the rollout of a network of small shops, from a list of shops to a plan that explains itself.",
    epilog="Example: lst demo --no-serve",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
market_app = typer.Typer(
    help="Build and check markets.", no_args_is_help=True, epilog="Example: lst market check FOLDER"
)
app.add_typer(market_app, name="market")

MarketPath = Annotated[Path | None, typer.Argument(help="Folder of the market; the sample market when left out.")]
ScenarioName = Annotated[str, typer.Option(help="Name of a scenario, or path of its .toml file.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of the register; may be repeated.")]
Out = Annotated[
    Path | None, typer.Option("--out", help="Folder of the run; runs/<market>-<scenario>-<inputs> when left out.")
]
Seed = Annotated[int, typer.Option(help="Seed of whatever is drawn at random.")]
Port = Annotated[int, typer.Option(help="Port of the page; the next free one when it is taken.")]


def _print_version(asked: bool) -> None:
    if asked:
        out.print(__version__, highlight=False)
        raise typer.Exit


@app.callback()
def main(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Plan the rollout of a network of small shops, from a list of shops to a plan that explains itself."""


@market_app.command("build", epilog="Example: lst market build --prefecture Huangshan --out markets/huangshan")
def build(
    to: Annotated[Path, typer.Option("--out", help="Folder to write the market to; new or empty.")],
    source: Annotated[str, typer.Option(help="What to build from.")] = "china-2017",
    province: Annotated[list[str] | None, typer.Option(help="Province; may be repeated.")] = None,
    prefecture: Annotated[list[str] | None, typer.Option(help="Prefecture; may be repeated.")] = None,
    seed: Seed = 7,
) -> None:
    """Draw a market: synthetic stores on real geography."""
    from lst_workbench.market import build_market, write_market

    with err.status("Drawing the market"):
        market = build_market(source, provinces=province, prefectures=prefecture, seed=seed)
        write_market(market, to)
    out.print(f"{len(market.stores):,} stores in {len(market.places):,} places: {to}")


@market_app.command("check", epilog="Example: lst market check data/sample")
def check(folder: Annotated[Path, typer.Argument(help="Folder of the market.")]) -> None:
    """Check the tables of a market, list every fault, and say how plausible it looks."""
    from lst_workbench.market import check_market, read_market

    market = read_market(folder)
    _print_table(check_market(market), f"{folder}: no fault in {len(market.stores):,} stores")


@app.command(epilog="Example: lst plan data/sample --scenario base --set field.reps=3000 --out runs/more-reps")
def plan(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    to: Out = None,
    seed: Seed = 7,
) -> None:
    """Plan who is signed when, from which warehouse, and write a run folder."""
    result = _planned(market, _scenario(scenario, sets), to, seed)
    _say(result)
    out.print(f"Run: {result.path}", highlight=False)


@app.command(epilog="Example: lst compare runs/base runs/more-reps")
def compare(runs: Annotated[list[Path], typer.Argument(help="Two or more run folders.")]) -> None:
    """Put runs side by side: headline figures, assumptions that differ, stores that changed."""
    from lst_workbench.runs import compare_runs

    found = compare_runs(runs)
    _print_table(found.kpis, "Headline figures")
    _print_table(found.assumptions, "What differs in the inputs")
    _print_table(found.stores.head(ROWS_SHOWN), f"Stores that changed: {len(found.stores):,}")


@app.command(epilog="Example: lst explain runs/base 1001")
def explain(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    store_id: Annotated[int, typer.Argument(help="Store of its market.")],
) -> None:
    """Say why this store, why this month, or why not."""
    from lst_workbench.runs import read_run

    explanation = read_run(run_folder).explain(store_id)
    out.print(explanation.text, highlight=False)
    _print_table(explanation.table, "")


@app.command(epilog="Example: lst assumptions field.reps --scenario more-reps")
def assumptions(
    key: Annotated[str | None, typer.Argument(help="One figure; all of them when left out.")] = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
) -> None:
    """Say where a number comes from."""
    chosen = _scenario(scenario, sets)
    register = chosen.figures
    if key is None:
        table = Table("key", "value", "unit", "low - high", "confidence", "label", box=None, pad_edge=False)
        for name, entry in register.items():
            value = f"{_number(chosen[name])}{'*' if name in chosen.overrides else ''}"
            table.add_row(name, value, entry.unit, _range(entry), entry.confidence, entry.label)
        out.print(table)
        out.print("* differs from the register in this scenario. Confidence: A read, B derived, C weak, D guess.")
        return
    entry = register[key]
    level = chosen.overrides[key].level if key in chosen.overrides else None
    said_by = {None: "the register", "scenario": f"scenario {chosen.name}", "session": "--set", "region": "the region"}
    rows = {
        "key": key,
        "label": f"{entry.label} · {entry.label_zh}",
        "value": f"{_number(chosen[key])} {entry.unit}, said by {said_by[level]}",
        "register": f"{_number(entry.value)} {entry.unit}, range {_range(entry)}",
        "confidence": {"A": "A, read in a source", "B": "B, derived", "C": "C, weak source", "D": "D, a guess"}[
            entry.confidence
        ],
        "source": entry.source,
        "url": entry.url,
        "year": entry.basis_year,
        "note": entry.note,
        "scales": "yes: a smaller market takes its share of it" if entry.scales else "",
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    out.print(table, highlight=False, markup=False)


@app.command(epilog="Example: lst serve --runs runs --port 8900")
def serve(
    market: MarketPath = None,
    runs: Annotated[Path, typer.Option(help="Folder that holds the runs the page shows and makes.")] = RUNS,
    port: Port = PORT,
) -> None:
    """Serve the pages to this machine until Ctrl-C."""
    _serve(market, runs, port)


@app.command(epilog="Example: lst lab")
def lab(port: Annotated[int, typer.Option(help="Port of JupyterLab.")] = LAB_PORT) -> None:
    """Open JupyterLab on the notebooks."""
    notebooks = Path(__file__).parents[1] / "notebooks"
    folder = notebooks if notebooks.is_dir() else Path.cwd()
    _run_until_stopped(
        [sys.executable, "-m", "jupyterlab", f"--port={port}", str(folder)], dict(os.environ), "JupyterLab"
    )


@app.command(epilog="Example: lst demo --no-serve")
def demo(
    to: Out = None,
    page: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the page afterwards.")] = True,
    port: Port = PORT,
) -> None:
    """Plan the sample market end to end, then serve the page that shows it."""
    result = _planned(None, _scenario("base", None), to, 7)
    _say(result)
    out.print(f"Run: {result.path}", highlight=False)
    if page:
        assert result.path is not None
        _serve(None, result.path.parent, port)


def run(arguments: list[str] | None = None) -> None:
    """Run the command line; errors are one sentence, exit code 2, and a traceback with ``--debug`` only."""
    given = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in given
    try:
        code = app([word for word in given if word != "--debug"], standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:
        code = _fail(*_sentence(error), debug=debug)
    if code == INTERRUPTED:
        _fail("Stopped; finished stages are kept and the same command takes them up.")
    sys.exit(code or 0)


def _sentence(error: Exception) -> tuple[str, int]:
    from lst_workbench.contracts import LstError

    if isinstance(error, LstError):
        return str(error), FAULT
    if hasattr(error, "format_message"):  # what typer says of wrong words on the command line
        said = error.format_message().rstrip(".")
        return f"{said}: lst --help lists the commands, lst COMMAND --help their options.", FAULT
    if isinstance(error, OSError):
        return (
            f"{error.filename or 'A file'}: {error.strerror or error}; check the path and the space on the disk.",
            FAULT,
        )
    return f"A fault of the program ({type(error).__name__}: {error}); --debug shows where.", BROKEN


def _fail(sentence: str, code: int = FAULT, debug: bool = False) -> int:
    if debug:
        err.print_exception()
    err.print(" ".join(sentence.split()), style="red", highlight=False, markup=False)
    return code


def _scenario(name: str, sets: list[str] | None) -> "Scenario":
    from lst_workbench.assumptions import load_scenario
    from lst_workbench.contracts import InputError

    pairs = [word.partition("=") for word in sets or []]
    wrong = ["".join(pair) for pair in pairs if not all(pair)]
    if faults := [f"{word} is no KEY=VALUE; write it as field.reps=3000" for word in wrong]:
        raise InputError("--set", faults)
    chosen = load_scenario(name)
    return chosen.override({key.strip(): value.strip() for key, _, value in pairs}) if pairs else chosen


def _planned(folder: Path | None, scenario: "Scenario", to: Path | None, seed: int) -> "PlanResult":
    """Read the market and plan it, with a bar."""
    with _bar() as told:
        from lst_workbench.assumptions import data_folder
        from lst_workbench.market import read_market
        from lst_workbench.planning import make_plan
        from lst_workbench.runs import fingerprint_of

        market = read_market(folder or data_folder() / "sample")
        inputs = fingerprint_of({"market": market.meta.fingerprint, "scenario": scenario.to_toml(), "seed": seed})
        path = to or RUNS / f"{market.meta.name}-{scenario.name}-{inputs[:6]}"
        return make_plan(market, scenario, path, told, seed)


@contextmanager
def _bar() -> Iterator[Callable[[Any], None]]:
    """Progress bar on stderr, for people only; it vanishes when the work is done."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading the market", total=1.0)

        def told(now: Any) -> None:
            from lst_workbench.views.messages import knows, text

            words = text(now.message_key) if knows(now.message_key) else now.stage
            progress.update(task, completed=now.done_share, description=words)

        yield told


def _say(result: "PlanResult") -> None:
    """Headline, what binds, what would mend it, and what else the plan has to say."""
    from lst_workbench.views.findings import finding_of, headline, limits, mend

    finding = finding_of(result)
    out.print(f"{headline(finding, 'en')}.", style="bold", highlight=False)
    out.print(f"{limits(finding, 'en')}{mend(finding, 'en')}", highlight=False)
    for note in result.notes:
        if note["key"] not in SAID_BY_THE_HEADLINE:
            out.print(note["text"], highlight=False)
    certificate = result.certificate
    if certificate is not None:
        out.print(
            f"Waves: {certificate.status}, at most {certificate.gap:.2%} from the best possible.", highlight=False
        )


def _serve(market: Path | None, runs: Path, port: int) -> None:
    with err.status("Starting the page"):
        from lst_workbench.assumptions import data_folder
        from lst_workbench.ui.serve import free_port, page_url, voila_command

        chosen = free_port(port)
        market = market or data_folder() / "sample"
        command, variables = voila_command(data_folder().parent / "apps", chosen, runs, market)
    _run_until_stopped(command, variables, "The page", page_url(chosen))


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


def _print_table(frame: "pd.DataFrame", title: str) -> None:
    if title:
        out.print(title, style="bold")
    table = Table(*map(str, frame.columns), box=None, pad_edge=False)
    for row in frame.itertuples(index=False):
        table.add_row(*[_cell(value) for value in row])
    out.print(table if len(frame) else "none")


def _cell(value: Any) -> str:
    import pandas as pd

    if value is None or pd.isna(value):
        return "-"
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m}"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def _range(entry: Any) -> str:
    return f"{_number(entry.low)} - {_number(entry.high)}"


if __name__ == "__main__":
    run()
