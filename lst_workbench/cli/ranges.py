"""lst range and lst orders: what each store should carry, and what it should order today."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lst_workbench.cli.console import (
    ROWS_SHOWN,
    MarketPath,
    ScenarioName,
    Sets,
    err,
    market_at,
    out,
    print_table,
    progress_bar,
    read_list,
    read_table,
    scenario_of,
    write_file,
)

if TYPE_CHECKING:
    from lst_workbench.planning.range_study import RangeStudy

app = typer.Typer()
CsvFile = Annotated[Path | None, typer.Option("--csv", help="File for the advice of every store, as CSV.")]
RANGES = {"today": "today's range", "ranked": "items ranked one by one", "national": "one range for all",
          "cluster": "a range for town and country", "best": "a range for each store", "bound": "bound"}  # fmt: skip


@app.command("range", epilog="Example: lst range data/sample --csv swaps.csv --excel range.xlsx")
def range_(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    must_carry: Annotated[
        Path | None, typer.Option(help="CSV or Parquet of sku[, store_id]: what contracts put on the shelf.")
    ] = None,
    exclusive: Annotated[
        Path | None, typer.Option(help="CSV or Parquet of store_id, category, brand: its only brand in a category.")
    ] = None,
    minimums: Annotated[
        Path | None, typer.Option(help="CSV or Parquet of category, min_items[, store_id]: items carried at least.")
    ] = None,
    swaps_a_week: Annotated[
        int | None, typer.Option(min=1, help="Swaps of a store in a week at most, over all categories.")
    ] = None,
    csv: CsvFile = None,
    excel: Annotated[
        Path | None, typer.Option(help="File for swaps, ranges, uplift and models, as a workbook.")
    ] = None,
) -> None:
    """Choose every store's range by what shoppers want, beside simpler ranges, and name the swaps worth most."""
    import pandas as pd

    study = _study(market, scenario, sets, must_carry, exclusive, minimums, swaps_a_week)
    from lst_workbench.views.downloads import csv_bytes
    from lst_workbench.views.range_files import range_workbook, swap_rows

    kpis = study.kpis()
    more = kpis["best_rmb_week"] / kpis["today_rmb_week"] - 1
    gained = f"{kpis['best_rmb_week']:,.0f} RMB of margin a week, {more:+.1%} on today's {kpis['today_rmb_week']:,.0f}"
    out.print(f"Best ranges of {kpis['stores']:,.0f} stores: {gained}.", style="bold", highlight=False)
    beside = [(words, kpis[f"{name}_rmb_week"]) for name, words in RANGES.items()]
    print_table(pd.DataFrame(beside, columns=["range", "rmb_week"]), "Beside simpler ranges")
    kept = [
        "category",
        "gain_rmb_visit",
        "low_rmb_visit",
        "high_rmb_visit",
        "gain_share",
        "shrinkage_share",
        "trial_stores",
    ]
    print_table(study.uplift[kept], "Gain on weeks that ranges were not chosen on")
    print_table(study.swaps.head(ROWS_SHOWN), "Swaps worth most")
    if len(study.contracts):
        cost = study.contracts.groupby("sku")["cost_rmb_week"].agg(["size", "sum", "max"]).reset_index()
        print_table(cost.set_axis(["sku", "stores", "cost_rmb_week", "most_rmb_week"], axis=1), "What contracts cost")
    if len(study.refused):
        print_table(study.refused.head(ROWS_SHOWN), "Refused")
    _say_synthetic(study)
    write_file(csv, lambda: csv_bytes(swap_rows(study)))
    write_file(excel, lambda: range_workbook(study))


@app.command(epilog="Example: lst orders data/sample --stock stock.csv --csv orders.csv")
def orders(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    stock: Annotated[
        Path | None,
        typer.Option(help="CSV or Parquet of store_id, sku, on_hand[, on_order]; half a cycle's sales when left out."),
    ] = None,
    terms: Annotated[
        Path | None,
        typer.Option(
            help="CSV or Parquet of store_id and cash_rmb, credit_rmb, min_order_rmb, cover_days (its calendar)."
        ),
    ] = None,
    promotions: Annotated[
        Path | None, typer.Option(help="CSV or Parquet of sku, lift: sales until the next delivery over the usual.")
    ] = None,
    csv: CsvFile = None,
) -> None:
    """Propose today's order of every store: whole cases above the minimum order that sell before they spoil."""
    study = _study(market, scenario, sets)
    from lst_workbench.views.downloads import csv_bytes
    from lst_workbench.views.range_files import order_rows

    done = study.orders(*(read_table(file) if file is not None else None for file in (stock, terms, promotions)))
    kpis = done.kpis()
    worth = f"{kpis['spend_rmb']:,.0f} RMB, worth {kpis['value_rmb']:,.0f} until the next delivery"
    told = f"{kpis['orders']:,.0f} of {kpis['stores']:,.0f} stores order: {worth}"
    out.print(f"{told}; worst gap {kpis['worst_gap_share']:.2%}.", style="bold", highlight=False)
    print_table(done.tables["orders"].nlargest(ROWS_SHOWN, "value_rmb"), "Lines worth most")
    print_table(done.tables["refused"].head(ROWS_SHOWN), "Refused")
    if stock is None:
        err.print("Nobody counted stock: half of what sells between two deliveries is taken to be there.")
    _say_synthetic(study)
    write_file(csv, lambda: csv_bytes(order_rows(study, done)))


def _study(
    market: Path | None, scenario: str, sets: list[str] | None, contracts: Path | None = None,
    exclusive: Path | None = None, minimums: Path | None = None, swaps_a_week: int | None = None,
) -> "RangeStudy":  # fmt: skip
    with progress_bar() as told:
        from lst_workbench.planning.range_study import study_range
        from lst_workbench.runs import Progress

        chosen, bundle = scenario_of(scenario, sets), market_at(market)
        return study_range(
            bundle, chosen, lambda stage, share: told(Progress("running", stage, share)),
            must_carry=read_list(contracts, lambda: bundle), exclusive=read_list(exclusive, lambda: bundle),
            minimums=read_list(minimums, lambda: bundle), swaps_a_week=swaps_a_week,
        )  # fmt: skip


def _say_synthetic(study: "RangeStudy") -> None:
    if study.market.meta.synthetic:
        err.print("Items and their sales of this market are synthetic.", highlight=False)
