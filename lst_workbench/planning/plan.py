"""The first road, end to end: from a market and a scenario to a plan that explains itself."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.catchment import HuffParams
from lst_workbench.contracts import InputError
from lst_workbench.coverage import assign_stores
from lst_workbench.demand import potential_of_stores, spend_per_head
from lst_workbench.market import Market, competing
from lst_workbench.planning import conditions as asked_for
from lst_workbench.planning import levers, outcome, summary, uncertainty, wave_inputs
from lst_workbench.planning.conditions import Conditions
from lst_workbench.planning.groups import GROUP_KEYS
from lst_workbench.planning.regions import catchments_by_region
from lst_workbench.runs import PlanResult, Progress, RunWriter, StageOutput
from lst_workbench.runs.fingerprint import fingerprint_of_table

STAGES = (
    "catchments",
    "potentials",
    "assignments",
    "wave_inputs",
    "waves",
    "outcome",
    "levers",
    "uncertainty",
    "summary",
)
MARKET_TABLES = ("stores", "cells", "sites", "territories", "participants")
# What a plan reads of the two large tables: names stay behind.
READ = {
    "stores": ["store_id", "place_id", "prefecture_code", "h3_8", "lat", "lon", "area_m2", "settlement_kind"],
    "cells": ["h3_8", "place_id", "lat", "lon", "people", "income_index"],
}
Tables = Mapping[str, pd.DataFrame]
Figures = Mapping[str, Any]


def make_plan(
    market: Market,
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    seed: int = 7,
    address: str | None = None,
    network: PlanResult | None = None,
    conditions: Conditions | None = None,
) -> PlanResult:
    """Plan who is signed when, from which warehouse, under which capacities, and say what it comes to.

    Parameters
    ----------
    market : Market
        What is known: places, cells, stores, participants, sites, territories.
    scenario : Scenario
        Assumptions of the nation; figures that scale are brought to the market's share of the nation's stores.
    out : str or Path, optional
        Folder of the run; without it the plan is kept in memory. A run that was stopped is taken up where it was, a
        finished one with the same inputs is read, one with other inputs is refused.
    progress : callable, optional
        Called with a `Progress` at each stage.
    seed : int
        Seed of whatever is drawn at random: the Monte Carlo of stage ``uncertainty``.
    address : str, optional
        Dask scheduler whose workers do the work by region; threads of this process by default, with the same result.
    network : PlanResult, optional
        A run of `make_network`: its open sites serve in place of the market's.
    conditions : Conditions, optional
        Stores promised or excluded, floors and caps on stores and shares of groups and regions.

    Returns
    -------
    PlanResult

    Raises
    ------
    InputError
        The market lacks what a plan needs, or conditions contradict each other, the market or the capacities.
    LstError
        The folder is in use, holds something else, or the disk refuses.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> result = make_plan(read_market(data_folder() / "sample"), load_scenario("base"))
    >>> result.certificate.gap < 0.03
    True
    """
    _check(market)
    here = scenario.at_stores(len(market.stores))
    known = {name: market.tables[name][READ[name]] if name in READ else market.tables[name] for name in MARKET_TABLES}
    known |= {"rivals": market.rivals, "places": market.places}
    identity = identity_of(market, here, seed)
    if network is not None:
        known["sites"] = network.tables["sites"]
        identity["network"] = {"sites": fingerprint_of_table(known["sites"])}
    stages: tuple[str, ...] = STAGES
    groups = excluded = ""
    if conditions is not None:
        known |= conditions.tables(wave_inputs.months_of(here.values()))
        identity["conditions"] = asked_for.asked_of(known)
        stages, groups = ("conditions", *STAGES), " store_groups quotas shares left_out"
        excluded = " left_out"
    about = {"market_folder": str(Path(market.folder).resolve()) if market.folder else ""}
    with RunWriter(Path(out) if out else None, identity, stages, progress, about, share=True) as run:

        def stage(name: str, make: Callable[[Tables, Figures], StageOutput], needs: str, keys: tuple[str, ...]) -> None:
            inputs = {table: known[table] for table in needs.split()}
            known.update(run.stage(name, make, inputs, {key: _figure(here, key, seed) for key in keys}))

        if conditions is not None:
            stage("conditions", asked_for.condition_stage, CONDITION_TABLES, GROUP_KEYS)
        stage("catchments", partial(catchment_stage, address=address), "stores rivals cells", CATCHMENT_KEYS)
        stage("potentials", potential_stage, "stores cells catchments", POTENTIAL_KEYS)
        stage("assignments", _assignments, "stores sites", ASSIGNMENT_KEYS)
        stage("wave_inputs", _wave_inputs, WAVE_TABLES + groups, wave_inputs.KEYS)
        solved = "wave_stores territory_months warehouse_months plan_months"
        stage("waves", _waves, f"{solved} quotas shares promises left_out" if groups else solved, ())
        stage("outcome", _outcome, OUTCOME_TABLES, outcome.KEYS)
        stage("levers", _levers, f"{WAVE_TABLES} wave_stores plan_months waves prices{groups}", levers.SEARCH_KEYS)
        stage("uncertainty", uncertainty.uncertainty, UNCERTAINTY_TABLES + excluded, uncertainty.KEYS)
        stage("summary", summary.summary, SUMMARY_TABLES, summary.KEYS)
        return run.finish()


CATCHMENT_KEYS = (
    "catchment.radius_km", "catchment.decay_per_km", "catchment.area_exponent", "catchment.outside_attraction",
)  # fmt: skip
POTENTIAL_KEYS = (
    "store.purchases_month", "market.people_per_store", "store.tobacco_share", "demand.tobacco_in_base_share",
    "platform.wallet_share",
)  # fmt: skip
ASSIGNMENT_KEYS = ("network.front_radius_km", "network.circuity")
CONDITION_TABLES = "stores places cells participants promised excluded group_limits"
WAVE_TABLES = "stores territories sites participants potentials assignments"
OUTCOME_TABLES = (
    "stores places cells territories sites participants potentials assignments uncovered wave_stores plan_months "
    "base_loads waves prices margins"
)
UNCERTAINTY_TABLES = "stores territories participants potentials assignments waves plan_months base_loads economics"
SUMMARY_TABLES = "participants sites uncovered curve capacities economics levers reps_search"


def catchment_stage(tables: Tables, figures: Figures, address: str | None) -> StageOutput:
    """Say who shops where, among the stores of the market and their rivals."""
    stores, rivals = tables["stores"], tables["rivals"]
    made = catchments_by_region(competing(stores, rivals), tables["cells"], HuffParams.of(figures), address)
    return StageOutput({"catchments": made}, notes=summary.rivals_notes(len(stores), len(rivals)))


def potential_stage(tables: Tables, figures: Figures) -> StageOutput:
    """Work out the potential of every store, from its catchment and what a head spends."""
    served_share = tables["catchments"]["people"].sum() / tables["cells"]["people"].sum()
    spend_rmb_month = spend_per_head(
        figures["store.purchases_month"],
        figures["market.people_per_store"],
        figures["store.tobacco_share"] * figures["demand.tobacco_in_base_share"],
        float(served_share),
    )
    wallet_share = figures["platform.wallet_share"]
    own = tables["catchments"].iloc[: len(tables["stores"])]  # rivals come after them
    return StageOutput({"potentials": potential_of_stores(own, spend_rmb_month, wallet_share)})


def _assignments(tables: Tables, figures: Figures) -> StageOutput:
    radius_km, circuity = figures["network.front_radius_km"], figures["network.circuity"]
    return StageOutput(assign_stores(tables["stores"], tables["sites"], radius_km, circuity).tables)


def _wave_inputs(tables: Tables, figures: Figures) -> StageOutput:
    made = wave_inputs.wave_inputs(tables, figures)
    return StageOutput(made, notes=summary.base_load_notes(made["base_loads"]))


def _waves(tables: Tables, figures: Figures) -> StageOutput:
    promises = tables.get("promises")
    if promises is not None:
        asked_for.refuse_unreached(promises, tables["wave_stores"])
    result = levers.solve(tables, promised=promises)
    made = {name: result.tables[name] for name in ("waves", "prices", "margins", "centre")}
    if promises is None:
        return StageOutput(made, result.certificate)
    made["conditions"] = asked_for.outcome_of(result.tables, tables)
    note = asked_for.note_of(made["conditions"], len(tables["left_out"]))
    return StageOutput(made, result.certificate, notes=[note])


def _outcome(tables: Tables, figures: Figures) -> StageOutput:
    return StageOutput(outcome.outcome(tables, figures))


def _levers(tables: Tables, figures: Figures) -> StageOutput:
    return levers.levers(tables, figures)


def _figure(scenario: Scenario, key: str, seed: int) -> float:
    """Value of a figure at the market's scale, or what a stage needs to know beside the figures."""
    if key == "run.seed":
        return float(seed)
    name, _, bound = key.partition(" ")
    if bound in ("low", "high"):
        return _bound(scenario, name, bound)
    if key == "goal.counts_signups":
        return float(scenario.goal == "signups")
    if key == wave_inputs.FRONT_CAPACITY_REGISTERED:
        return scenario.figures[wave_inputs.FRONT_CAPACITY].value
    return scenario[key]


def _bound(scenario: Scenario, key: str, which: str) -> float:
    """Bound of a figure's range at the market's scale, never beyond the value that the scenario gives it."""
    entry, value = scenario.figures[key], scenario[key]
    bound = getattr(entry, which) * (scenario.scale if entry.scales else 1.0)
    return float(min(bound, value) if which == "low" else max(bound, value))


def identity_of(market: Market, here: Scenario, seed: int) -> dict[str, Any]:
    """Say what the plan was asked for, for `run.toml`; figures are those at the market's scale."""
    overrides = {key: {"value": given.value, "level": given.level} for key, given in here.overrides.items()}
    return {
        "seed": seed,
        "scenario": {
            "name": here.name,
            "label": here.label,
            "label_zh": here.label_zh,
            "goal": here.goal,
            "scale": here.scale,
            "overrides": overrides,
            "figures": here.values(),
        },
        "market": {
            "name": market.meta.name,
            "source": market.meta.source,
            "synthetic": market.meta.synthetic,
            "fingerprint": market.meta.fingerprint,
        },
    }


def _check(market: Market) -> None:
    """Refuse a market that cannot be planned, with every reason."""
    faults = [
        f"its table {name} has no rows; give at least one" for name in MARKET_TABLES[:4] if market.tables[name].empty
    ]
    strays = set(market.stores["place_id"]) - set(market.territories["place_id"])
    if strays and not market.territories.empty:
        faults.append(
            f"{len(strays):,} places with stores lie in no territory, first {min(strays)}; add them to territories"
        )
    unknown = set(market.participants["store_id"]) - set(market.stores["store_id"])
    if unknown:
        faults.append(f"{len(unknown):,} participants are not among the stores, first {min(unknown)}; remove them")
    if faults:
        raise InputError(f"market {market.meta.name}", faults)
