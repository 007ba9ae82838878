"""lst plan, replan, compare, fairness, explain: make a run, make it again, put runs side by side, ask one why."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lst_workbench.cli.console import (
    ROWS_SHOWN,
    RUNS,
    MarketPath,
    Out,
    RunMarket,
    ScenarioName,
    Seed,
    Sets,
    StoreId,
    err,
    market_at,
    out,
    print_table,
    progress_bar,
    read_list,
    read_table,
    run_and_market,
    scenario_of,
)  # fmt: skip

if TYPE_CHECKING:
    from lst_workbench.assumptions import Scenario
    from lst_workbench.market import Market
    from lst_workbench.planning import Conditions
    from lst_workbench.runs import PlanResult

PROMISED = "CSV or Parquet of stores that must be signed: store_id (or source_id), month or latest_month."
EXCLUDED = "CSV or Parquet of stores not to be signed: store_id (or source_id)."
SHARE_HELP = "Of all signed, at least such a share is of a group: village, township, rural, small, poor; repeatable."
LIMITS_HELP = (
    "CSV or Parquet of floors and caps: column (a group, all, or province_code, prefecture_code, county_code), value "
    "(the code), month, min_stores, max_stores, min_share, max_share."
)
SAID_BY_THE_HEADLINE = ("goal", "reps_reach_goal", "reps_never_reach_goal")
app = typer.Typer()


@app.command(epilog="Example: lst plan data/sample --scenario base --set field.reps=3000 --out runs/more-reps")
def plan(
    market: MarketPath = None,
    scenario: ScenarioName = "base",
    sets: Sets = None,
    to: Out = None,
    seed: Seed = 7,
    dask: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler (tcp://...) whose workers share the work.")
    ] = None,
    network: Annotated[Path | None, typer.Option(help="Run of lst network whose warehouses serve in the plan.")] = None,
    promised: Annotated[Path | None, typer.Option(help=PROMISED)] = None,
    excluded: Annotated[Path | None, typer.Option(help=EXCLUDED)] = None,
    at_least: Annotated[list[str] | None, typer.Option(metavar="GROUP=SHARE", help=SHARE_HELP)] = None,
    at_most: Annotated[
        list[str] | None, typer.Option(metavar="GROUP=SHARE", help="As --at-least: a cap on the share.")
    ] = None,
    limits: Annotated[Path | None, typer.Option(help=LIMITS_HELP)] = None,
) -> None:
    """Plan who is signed when, from which warehouse, and write a run folder."""
    asked = conditions_of(market, promised, excluded, limits, at_least or [], at_most or [])
    result = planned(market, scenario_of(scenario, sets), to, seed, dask, network, asked)
    say(result)
    out.print(f"Run: {result.path}", highlight=False)


@app.command(epilog="Example: lst compare runs/base runs/more-reps")
def compare(runs: Annotated[list[Path], typer.Argument(help="Two or more run folders.")]) -> None:
    """Put runs side by side: headline figures, assumptions that differ, stores that changed."""
    from lst_workbench.assumptions import load_register
    from lst_workbench.runs import compare_runs
    from lst_workbench.views import comparison as words

    found = compare_runs(runs)
    print_table(words.kpi_words(found), "Headline figures")
    print_table(words.input_words(found, load_register()), "What differs in the inputs")
    changes, n = words.changes(found), len(found.stores)
    print_table(words.change_counts(changes), f"Stores that changed against {runs[0].name}: {n:,}")
    if n:
        rows = words.change_rows(found, changes, _market_of(runs[0]))
        print_table(rows.head(ROWS_SHOWN), f"The first {min(n, ROWS_SHOWN)} of them")


@app.command(epilog="Example: lst explain runs/base 1001")
def explain(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run.")],
    store: StoreId,
    market: RunMarket = None,
) -> None:
    """Say why this store, why this month, or why not."""
    from lst_workbench.contracts import InputError
    from lst_workbench.market import find_store
    from lst_workbench.runs import read_run

    known = run_and_market(run_folder, market)[1] if market else _market_of(run_folder)
    if known is None and not store.isdecimal():
        raise InputError(f"store {store}", ["the run's market has moved: give its folder by --market, or a store_id"])
    explanation = read_run(run_folder).explain(int(store) if known is None else find_store(known, store))
    out.print(explanation.text, highlight=False)
    print_table(explanation.table, "")


@app.command(epilog="Example: lst replan runs/base --signed signed.csv --month 4 --out runs/from-january")
def replan(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run of lst plan or lst replan.")],
    signed: Annotated[
        Path,
        typer.Option(
            help="CSV or Parquet: store_id (or source_id), month (2017-09-01, or 1 for the first), outcome (signed, "
            "failed)."
        ),
    ],
    month: Annotated[int, typer.Option(help="How many months of the plan are over.")],
    to: Out = None,
    promised: Annotated[
        Path | None, typer.Option(help=f"{PROMISED} Those of the run hold where it is left out.")
    ] = None,
) -> None:
    """Keep what was signed, plan the rest of the year again, and say what changed and why."""
    from lst_workbench.planning import make_replan
    from lst_workbench.runs import read_run

    with err.status("Planning the rest of the year"):
        result = read_run(run_folder)
        told, kept = (read_list(file, lambda: run_and_market(run_folder, None)[1]) for file in (signed, promised))
        path = to or RUNS / f"{run_folder.resolve().name}-after-{month}"
        made = make_replan(result, told, month, path, kept)
    for note in made.notes:
        out.print(note["text"], style="bold" if note["key"] == "replan" else None, highlight=False)
    print_table(made.tables["curve"][["month", "signups", "in_system", "active"]], "The year, month by month")
    changes = made.tables["wave_changes"]
    print_table(changes.groupby(["change", "reason"]).size().rename("stores").reset_index(), "What changed, and why")
    rows = changes[~changes["change"].isin(["done", "kept"])]
    print_table(rows.head(ROWS_SHOWN), f"The first {min(len(rows), ROWS_SHOWN)} of {len(rows):,} changes")
    out.print(f"Run: {made.path}", highlight=False)


@app.command(epilog="Example: lst fairness runs/base --group village --floor 0.3 --floor 0.4")
def fairness(
    run_folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run of lst plan.")],
    group: Annotated[
        str, typer.Option(help="village, township, rural (both) or small (the smallest third).")
    ] = "village",
    floor: Annotated[list[float] | None, typer.Option(help="Floor on its share of sign-ups; may be repeated.")] = None,
    market: RunMarket = None,
) -> None:
    """Say what a floor on the share of village, township or small shops would cost the plan."""
    with err.status("Planning with floors"):
        from lst_workbench.planning import fairness_price

        table = fairness_price(*run_and_market(run_folder, market), group, floor or ())
    free = table.iloc[0]
    out.print(
        f"{free['share']:.1%} of the plan's {free['signed_stores']:,.0f} sign-ups are {group} shops, "
        f"which are {free['candidates_share']:.1%} of those that could be signed.",
        style="bold",
        highlight=False,
    )
    print_table(table.drop(columns=["group", "candidates_share"]), "What a floor costs")


def _market_of(run_folder: Path) -> "Market | None":
    """Market that a run planned, where it still stands as it was."""
    from lst_workbench.contracts import LstError
    from lst_workbench.market import read_market
    from lst_workbench.runs import read_run

    meta = read_run(run_folder).meta
    try:
        market = read_market(meta.get("market_folder") or "")
    except LstError:
        return None
    return market if market.meta.fingerprint == meta["market"]["fingerprint"] else None


def planned(
    folder: Path | None,
    scenario: "Scenario",
    to: Path | None,
    seed: int,
    dask: str | None = None,
    network: Path | None = None,
    conditions: "Conditions | None" = None,
) -> "PlanResult":
    """Read the market and plan it, with a progress bar."""
    with progress_bar() as told:
        from lst_workbench.planning import make_plan
        from lst_workbench.runs import fingerprint_of, read_run

        market = market_at(folder)
        known = {"market": market.meta.fingerprint, "scenario": scenario.to_toml(), "seed": seed}
        inputs = fingerprint_of(known | (conditions.fingerprints() if conditions else {}))
        served = read_run(network) if network else None
        on = f"-on-{network.resolve().name}" if network else ""
        path = to or RUNS / f"{market.meta.name}-{scenario.name}-{inputs[:6]}{on}"
        return make_plan(market, scenario, path, told, seed, dask, served, conditions)


def conditions_of(
    folder: Path | None,
    promised: Path | None,
    excluded: Path | None,
    limits: Path | None,
    at_least: list[str],
    at_most: list[str],
) -> "Conditions | None":
    """Read what the plan is asked beside its capacities; None where nothing is."""
    if not any((promised, excluded, limits, at_least, at_most)):
        return None
    from lst_workbench.planning import Conditions

    first, second = (read_list(file, lambda: market_at(folder)) for file in (promised, excluded))
    return Conditions.of(first, second, read_table(limits) if limits else None, at_least, at_most)


def say(result: "PlanResult") -> None:
    """Print the headline, what binds, what would mend it, and what else the plan has to say."""
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
