"""lst assumptions: where a number comes from."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from lst_workbench.cli.console import ScenarioName, Sets, number_text, out, range_text, scenario_of

if TYPE_CHECKING:
    from lst_workbench.assumptions import Scenario

CONFIDENCE = {"A": "A, read in a source", "B": "B, derived", "C": "C, weak source", "D": "D, a guess"}
SAID_BY = {None: "the register", "session": "--set", "region": "the region"}
app = typer.Typer()


@app.command(epilog="Example: lst assumptions field.reps --scenario more-reps")
def assumptions(
    key: Annotated[str | None, typer.Argument(help="One figure; all of them when left out.")] = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
) -> None:
    """Say where a number comes from."""
    chosen = scenario_of(scenario, sets)
    if key is None:
        _print_register(chosen)
    else:
        _print_figure(chosen, key)


def _print_register(chosen: "Scenario") -> None:
    from lst_workbench.assumptions import rooms_that_read

    readers = rooms_that_read(chosen.figures)
    table = Table("key", "value", "unit", "low - high", "confidence", "read by", "label", box=None, pad_edge=False)
    for name, entry in chosen.figures.items():
        value = f"{number_text(chosen[name])}{'*' if name in chosen.overrides else ''}"
        table.add_row(
            name, value, entry.unit, range_text(entry), entry.confidence, _read_by(readers[name]), entry.label
        )
    out.print(table)
    out.print("* differs from the register in this scenario. Confidence: A read, B derived, C weak, D guess.")
    idle = sum(not rooms for rooms in readers.values())
    out.print(f"{idle} of {len(readers)} figures are kept with their source, but no model reads them yet (none).")


def _read_by(rooms: tuple[str, ...]) -> str:
    return ", ".join(rooms) or "none"


def _print_figure(chosen: "Scenario", key: str) -> None:
    from lst_workbench.assumptions import rooms_that_read

    entry = chosen.figures[key]
    level = chosen.overrides[key].level if key in chosen.overrides else None
    said_by = SAID_BY.get(level) or f"scenario {chosen.name}"
    rows = {
        "key": key,
        "label": f"{entry.label} · {entry.label_zh}",
        "value": f"{number_text(chosen[key])} {entry.unit}, said by {said_by}",
        "register": f"{number_text(entry.value)} {entry.unit}, range {range_text(entry)}",
        "confidence": CONFIDENCE[entry.confidence],
        "source": entry.source,
        "url": entry.url,
        "year": entry.basis_year,
        "note": entry.note,
        "read by": _read_by(rooms_that_read([key])[key]).replace("none", "no model yet: changing it changes no plan"),
        "scales": "yes: a smaller market takes its share of it" if entry.scales else "",
    }
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    out.print(table, highlight=False, markup=False)
