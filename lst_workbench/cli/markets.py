"""lst market: build, import and check markets."""

from pathlib import Path
from typing import Annotated

import typer

from lst_workbench.cli.console import ROWS_SHOWN, Seed, folder_of, out, print_table, step_bar

app = typer.Typer(
    help="Build, import and check markets.", no_args_is_help=True, epilog="Example: lst market check FOLDER"
)
MarketOut = Annotated[
    Path, typer.Option("--out", parser=folder_of, metavar="PATH", help="Folder to write the market to; new or empty.")
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace the market that stands in the folder.")]
CensusPeople = Annotated[str | None, typer.Option(help="Its column of people, where there are several.")]


@app.command("build", epilog="Example: lst market build --prefecture Huangshan --out markets/huangshan")
def build(
    to: MarketOut,
    source: Annotated[str, typer.Option(help="What to build from.")] = "china-2017",
    province: Annotated[list[str] | None, typer.Option(help="Province; may be repeated.")] = None,
    prefecture: Annotated[list[str] | None, typer.Option(help="Prefecture; may be repeated.")] = None,
    census: Annotated[
        Path | None, typer.Option(help="Your own table of counties or townships: its people replace the modelled ones.")
    ] = None,
    census_people: CensusPeople = None,
    recorded_share: Annotated[
        float, typer.Option(help="Part of the participants whose sales, orders and repayments are on record.")
    ] = 1.0,
    seed: Seed = 7,
    overwrite: Overwrite = False,
) -> None:
    """Draw a market: synthetic stores on real geography; the whole nation without province or prefecture."""
    from lst_workbench.market import build_market, claimed, read_census, write_market

    units = read_census(census, census_people) if census else None
    with claimed(to, overwrite), step_bar("Drawing the market") as told:
        market = build_market(
            source, province, prefecture, seed, progress=told, census=units, recorded_share=recorded_share
        )
        write_market(market, to)
    out.print(f"{len(market.stores):,} stores in {len(market.places):,} places: {to}")


@app.command("import", epilog="Example: lst market import shops.csv --out markets/shops --datum gcj02")
def import_(
    source: Annotated[
        str, typer.Argument(help="File of shops (CSV, Excel, Parquet, GeoPackage, GeoJSON), or a database's URL.")
    ],
    to: MarketOut,
    table: Annotated[
        str | None, typer.Option(help="Table of the database, as shops or sales.shops; sheet or layer of a file.")
    ] = None,
    query: Annotated[str | None, typer.Option(help="A SELECT on the database, in place of a table.")] = None,
    mapping: Annotated[Path | None, typer.Option(help=r"TOML file: \[columns] with lines as lat = '纬度'.")] = None,
    datum: Annotated[str, typer.Option(help="Datum of the positions: wgs84, gcj02 or bd09.")] = "wgs84",
    whole: Annotated[bool, typer.Option("--whole", help="The list holds every small shop of its towns.")] = False,
    key_file: Annotated[
        Path | None, typer.Option(help="File with your key: personal columns are kept as HMAC digests, else dropped.")
    ] = None,
    seed: Seed = 7,
    overwrite: Overwrite = False,
) -> None:
    """Make a market of your own list of shops; what is around them is modelled."""
    from lst_workbench.market import claimed, import_market, propose_import

    proposal = propose_import(source, mapping, _key_of(key_file), table, query)
    out.print("Columns taken:", style="bold")
    for field, header in proposal.mapping.items():
        out.print(f"  {field} = {header}", highlight=False, markup=False)
    with claimed(to, overwrite), step_bar("Placing the shops") as told:
        done = import_market(proposal, to, datum=datum, seed=seed, whole=whole, progress=told)
    for note in done.notes:
        out.print(f"- {note}", highlight=False, markup=False)
    print_table(done.quality, "Quality")
    print_table(done.trust, "Rows that can be trusted for each stage")
    print_table(done.rejected["reason"].value_counts().reset_index().head(ROWS_SHOWN), "Rejected")
    read, kept, refused = f"{done.read:,}", f"{len(done.market.stores):,}", f"{len(done.rejected):,}"
    out.print(f"{read} rows read = {kept} imported + {refused} rejected: {to}", highlight=False)
    out.print(f"Next: lst plan {to}, then lst serve", highlight=False, markup=False)


@app.command("check", epilog="Example: lst market check data/sample")
def check(
    folder: Annotated[Path, typer.Argument(help="Folder of the market.")],
    counties: Annotated[
        Path | None, typer.Option(help="Table of counties or townships to compare people and stores with.")
    ] = None,
    census_people: CensusPeople = None,
) -> None:
    """Check the tables of a market, list every fault, and say how plausible it looks."""
    from lst_workbench.market import (
        check_market,
        check_provinces,
        compare_with_census,
        read_census,
        read_market,
        read_quality,
    )
    from lst_workbench.views.comparison import check_words, province_words

    market = read_market(folder)
    said = read_quality(folder, market)
    print_table(said.quality, "Quality of the list of stores")
    print_table(said.trust, "Stores that can be trusted for each stage")
    if len(said.rejected):
        print_table(said.rejected["reason"].value_counts().reset_index().head(ROWS_SHOWN), "Rejected when imported")
    if said.count:
        out.print(said.count, highlight=False, markup=False)
    print_table(check_words(check_market(market)), f"{folder}: no fault in {len(market.stores):,} stores")
    if len(provinces := check_provinces(market)):
        print_table(province_words(provinces), "Provinces that it holds whole")
    if counties:
        compared = compare_with_census(market, read_census(counties, census_people))
        print_table(compared.figures, f"Against {counties.name}: each cell counts for the nearest seat")
        print_table(compared.worst, "Farthest off")


def _key_of(path: Path | None) -> str | None:
    from lst_workbench.contracts import InputError

    if path is None:
        return None
    try:
        key = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise InputError(str(path), ["it cannot be read as text; give a file that holds your key"]) from None
    if not key:
        raise InputError(str(path), ["it is empty; write your key into it"])
    return key
