"""What every command shares: the two consoles, the words of common options, tables and the progress bar."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    import pandas as pd

    from lst_workbench.assumptions import Scenario
    from lst_workbench.market import Market
    from lst_workbench.runs import PlanResult

RUNS = Path("runs")
ROWS_SHOWN = 20
WIDE = None if sys.stdout.isatty() else 200
out, err = Console(soft_wrap=True, width=WIDE), Console(stderr=True, soft_wrap=True)


def folder_of(word: str) -> Path:
    """Read the name of a folder; none is refused, for it would mean the working folder."""
    from lst_workbench.contracts import InputError

    if not str(word).strip():
        raise InputError("--out", ["it is empty; name a folder, as in --out runs/mine"])
    return Path(word)


MarketPath = Annotated[Path | None, typer.Argument(help="Folder of the market; the sample market when left out.")]
ScenarioName = Annotated[str, typer.Option(help="Name of a scenario, or path of its .toml file.")]
Sets = Annotated[list[str] | None, typer.Option("--set", help="KEY=VALUE of the register; may be repeated.")]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        parser=folder_of,
        metavar="PATH",
        help="Folder of the run; runs/<market>-<scenario>-<inputs> when left out.",
    ),
]
StoreId = Annotated[str, typer.Argument(metavar="STORE", help="Own id of the store, or its store_id.")]
RunMarket = Annotated[
    Path | None, typer.Option("--market", help="Folder of the market, where the run's own has moved.")
]
Seed = Annotated[int, typer.Option(help="Seed of whatever is drawn at random.")]


def scenario_of(name: str, sets: list[str] | None) -> "Scenario":
    """Load a scenario with the figures that ``--set`` overrides."""
    from lst_workbench.assumptions import load_scenario
    from lst_workbench.contracts import InputError

    pairs = [word.partition("=") for word in sets or []]
    wrong = ["".join(pair) for pair in pairs if not all(pair)]
    if faults := [f"{word} is no KEY=VALUE; write it as field.reps=3000" for word in wrong]:
        raise InputError("--set", faults)
    chosen = load_scenario(name)
    return chosen.override({key.strip(): value.strip() for key, _, value in pairs}) if pairs else chosen


def market_at(folder: Path | str | None) -> "Market":
    """Read the market in a folder; the sample market without one."""
    from lst_workbench.assumptions import data_folder
    from lst_workbench.market import read_market

    return read_market(folder or data_folder() / "sample")


def run_and_market(run_folder: Path, market: Path | None) -> "tuple[PlanResult, Market]":
    """Read a run and the market that it planned; another market is refused."""
    from lst_workbench.contracts import InputError
    from lst_workbench.runs import read_run

    result = read_run(run_folder)
    known = market_at(market or result.meta.get("market_folder"))
    if known.meta.fingerprint != result.meta["market"]["fingerprint"]:
        raise InputError("the market", [f"{known.meta.name} is not the one that {run_folder} planned; give --market"])
    return result, known


@contextmanager
def progress_bar() -> Iterator[Callable[[Any], None]]:
    """Progress bar on stderr, for people only; it vanishes when the work is done."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading the market", total=1.0)

        def told(now: Any) -> None:
            from lst_workbench.views.messages import knows, text

            words = text(now.message_key) if knows(now.message_key) else now.stage
            progress.update(task, completed=now.done_share, description=words)

        yield told


@contextmanager
def step_bar(words: str) -> Iterator[Callable[[int, int], None]]:
    """Progress bar of work that counts its steps."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(words, total=None)
        yield lambda done, of: progress.update(task, completed=done, total=of)


def read_table(path: Path) -> "pd.DataFrame":
    """Read a table from CSV or Parquet."""
    import pandas as pd

    from lst_workbench.contracts import InputError

    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    except (ValueError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise InputError(str(path), [f"it is neither CSV nor Parquet ({str(error).splitlines()[0]})"]) from None


def read_list(path: Path | None, market: Callable[[], "Market"]) -> "pd.DataFrame | None":
    """Read a list of stores; where it names them by own ids, the market says which they are."""
    from lst_workbench.market import with_store_ids

    if path is None:
        return None
    table = read_table(path)
    return table if "store_id" in table or "source_id" not in table else with_store_ids(market(), table, str(path))


def write_file(path: Path | None, content: Callable[[], bytes]) -> None:
    """Write a file where one is asked for, and say where it lies."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content())
        out.print(str(path), highlight=False)


def print_table(frame: "pd.DataFrame", title: str) -> None:
    """Print a table under its title; "none" when it has no rows."""
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
    return number_text(value) if isinstance(value, float) else str(value)


def number_text(value: float) -> str:
    """Write a number in four figures, or whole from a thousand on."""
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"


def range_text(entry: Any) -> str:
    """Write the range of a figure of the register."""
    return f"{number_text(entry.low)} - {number_text(entry.high)}"
