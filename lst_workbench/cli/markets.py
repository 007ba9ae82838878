"""lst market: build and check markets."""

from pathlib import Path
from typing import Annotated

import typer

from lst_workbench.cli.console import Seed, err, out, print_table

app = typer.Typer(help="Build and check markets.", no_args_is_help=True, epilog="Example: lst market check FOLDER")


@app.command("build", epilog="Example: lst market build --prefecture Huangshan --out markets/huangshan")
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


@app.command("check", epilog="Example: lst market check data/sample")
def check(folder: Annotated[Path, typer.Argument(help="Folder of the market.")]) -> None:
    """Check the tables of a market, list every fault, and say how plausible it looks."""
    from lst_workbench.market import check_market, read_market

    market = read_market(folder)
    print_table(check_market(market), f"{folder}: no fault in {len(market.stores):,} stores")
