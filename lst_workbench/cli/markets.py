"""lst market: build and check markets."""

from pathlib import Path
from typing import Annotated

import typer

from lst_workbench.cli.console import Seed, out, print_table, step_bar

app = typer.Typer(help="Build and check markets.", no_args_is_help=True, epilog="Example: lst market check FOLDER")
CensusPeople = Annotated[str | None, typer.Option(help="Its column of people, where there are several.")]


@app.command("build", epilog="Example: lst market build --prefecture Huangshan --out markets/huangshan")
def build(
    to: Annotated[Path, typer.Option("--out", help="Folder to write the market to; new or empty.")],
    source: Annotated[str, typer.Option(help="What to build from.")] = "china-2017",
    province: Annotated[list[str] | None, typer.Option(help="Province; may be repeated.")] = None,
    prefecture: Annotated[list[str] | None, typer.Option(help="Prefecture; may be repeated.")] = None,
    census: Annotated[
        Path | None, typer.Option(help="Your own table of counties or townships: its people replace the modelled ones.")
    ] = None,
    census_people: CensusPeople = None,
    seed: Seed = 7,
) -> None:
    """Draw a market: synthetic stores on real geography; the whole nation without province or prefecture."""
    from lst_workbench.market import build_market, read_census, write_market

    units = read_census(census, census_people) if census else None
    with step_bar("Drawing the market") as told:
        market = build_market(source, province, prefecture, seed, progress=told, census=units)
        write_market(market, to)
    out.print(f"{len(market.stores):,} stores in {len(market.places):,} places: {to}")


@app.command("check", epilog="Example: lst market check data/sample")
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of the market.")],
    counties: Annotated[
        Path | None, typer.Option(help="Table of counties or townships to compare people and stores with.")
    ] = None,
    census_people: CensusPeople = None,
) -> None:
    """Check the tables of a market, list every fault, and say how plausible it looks."""
    from lst_workbench.market import check_market, check_provinces, compare_with_census, read_census, read_market

    market = read_market(folder)
    print_table(check_market(market), f"{folder}: no fault in {len(market.stores):,} stores")
    if len(provinces := check_provinces(market)):
        print_table(provinces, "Provinces that it holds whole")
    if counties:
        compared = compare_with_census(market, read_census(counties, census_people))
        print_table(compared.figures, f"Against {counties.name}: each cell counts for the nearest seat")
        print_table(compared.worst, "Farthest off")
