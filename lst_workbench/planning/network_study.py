"""Networks of a market along the trade-off between cost and promise, made once and looked at many times."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.contracts import LstError
from lst_workbench.coverage import NetworkBoard, NetworkParams
from lst_workbench.market import Market
from lst_workbench.planning.network import NETWORK_KEYS, candidate_sites, network_stores
from lst_workbench.planning.network_overview import Ground, Overview
from lst_workbench.planning.plan import CATCHMENT_KEYS, POTENTIAL_KEYS, catchment_stage, identity_of, potential_stage
from lst_workbench.runs import PlanResult, Progress, RunWriter, StageOutput

STUDY_STAGES = ("catchments", "potentials", "network_curve")
CHOICES = ("keep", "may_close")
SURCHARGES_RMB_STORE = (0.0, 2.0, 4.0, 6.0, 8.0, 11.0, 15.0, 20.0, 28.0, 40.0, 60.0, 110.0)
BOUNDS = 3  # steps under whose surcharge the bound is computed, spread over the curve
STEP_TABLES = ("network_steps", "network_step_sites", "network_step_areas", "network_step_cells")
MOST_STORES = 700_000  # whose networks a page looks at; `lst network` designs larger ones


def make_network_study(
    market: Market,
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> PlanResult:
    """Design the networks of a market along its trade-off between cost and promise, and keep them as a run folder.

    Parameters
    ----------
    market, scenario, out, progress
        As for `make_network`.

    Returns
    -------
    PlanResult
        Tables ``network_steps``, ``network_step_sites``, ``network_step_areas``, ``network_step_cells``: for standing
        sites that stay, for standing sites that may close, and for the network of today.

    Raises
    ------
    LstError
        The market is too large for it, or has no city or regional warehouse that could feed a front.
    """
    if len(market.stores) > MOST_STORES:
        raise LstError(
            f"{len(market.stores):,} stores are more than a page looks at ({MOST_STORES:,}): design their network with "
            "lst network."
        )
    here = scenario.at_stores(len(market.stores))
    about = {"market_folder": str(Path(market.folder).resolve()) if market.folder else ""}
    identity = {**identity_of(market, here, 7), "network": {"curve": [*SURCHARGES_RMB_STORE]}}
    with RunWriter(Path(out) if out else None, identity, STUDY_STAGES, progress, about) as run:
        known: dict[str, pd.DataFrame] = {name: market.tables[name] for name in ("stores", "cells", "sites", "places")}
        known["rivals"] = market.rivals

        def curve(tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Any]) -> StageOutput:
            return StageOutput(_curve(market, tables["potentials"], figures))

        def stage(name: str, make: Any, needs: str, keys: tuple[str, ...]) -> None:
            figures = {key: here[key] for key in keys}
            known.update(run.stage(name, make, {table: known[table] for table in needs.split()}, figures))

        stage("catchments", partial(catchment_stage, address=None), "stores rivals cells", CATCHMENT_KEYS)
        stage("potentials", potential_stage, "stores cells catchments", POTENTIAL_KEYS)
        stage("network_curve", curve, "stores potentials sites places", NETWORK_KEYS)
        return run.finish()


@dataclass(frozen=True)
class NetworkStudy:
    """The networks of a study, and a board that answers what-ifs about them.

    Parameters
    ----------
    run : PlanResult
        From `make_network_study`.
    market : Market
        The market it was made of.
    figures : Scenario
        Planning figures at the scale of the market.
    """

    run: PlanResult
    market: Market
    figures: Scenario

    @cached_property
    def steps(self) -> pd.DataFrame:
        """Contract `NetworkSteps`."""
        return self.run.tables["network_steps"]

    @property
    def today(self) -> Overview:
        """The warehouses that stand, and no others."""
        return self.overview("today", 0)

    @property
    def radius_km(self) -> float:
        """Service radius of the curve's networks."""
        return float(self.figures["network.front_radius_km"])

    @cached_property
    def board(self) -> NetworkBoard:
        """Stores and candidates for what-ifs; read when first asked for, in some seconds for a province."""
        figures = self.figures
        return _boards(self.market, self.run.tables["potentials"], {key: figures[key] for key in NETWORK_KEYS})[0]

    @cached_property
    def ground(self) -> Ground:
        """What networks are summed up over."""
        return Ground.of(self.market, self.board.stores, self.board.sites)

    def curve(self, mode: str) -> pd.DataFrame:
        """List the steps of a mode in order of what they promise."""
        rows = self.steps[self.steps["mode"] == mode]
        return rows.sort_values(["next_day_share", "step"], ignore_index=True)

    def step_for(self, mode: str, promise_share: float) -> int:
        """Cheapest step that keeps the promise; the one that promises most where none does."""
        rows = self.curve(mode)
        kept = rows[rows["next_day_share"] >= promise_share - 1e-9]
        chosen = kept.sort_values("cost_rmb_month") if len(kept) else rows.iloc[[-1]]
        return int(chosen["step"].iloc[0])

    def step_within(self, mode: str, budget_rmb_month: float) -> int:
        """Step that serves most next day for the budget; the cheapest where none is within it."""
        rows = self.curve(mode)
        paid = rows[rows["cost_rmb_month"] <= budget_rmb_month]
        return int((paid.iloc[-1] if len(paid) else rows.sort_values("cost_rmb_month").iloc[0])["step"])

    def row(self, mode: str, step: int) -> pd.Series:
        """Figures of a step."""
        return self.steps[(self.steps["mode"] == mode) & (self.steps["step"] == step)].iloc[0]

    def overview(self, mode: str, step: int) -> Overview:
        """Read one of the curve's networks."""
        tables = [self.run.tables[name] for name in STEP_TABLES[1:]]
        kept = [table[(table["mode"] == mode) & (table["step"] == step)].reset_index(drop=True) for table in tables]
        figures = {str(name): float(value) for name, value in self.row(mode, step).drop(["mode", "step"]).items()}
        return Overview(figures, *kept)

    def changed(self, base: Overview, closed: Iterable[int] = (), radius_km: float | None = None) -> Overview:
        """Answer a what-if: some sites closed, or fronts that reach farther or less far; all others as they are.

        A radius other than the curve's reads the stores within reach of the open sites anew.
        """
        left = sorted(set(base.open_ids) - set(closed))
        if radius_km is None or radius_km == self.radius_km:
            laid_out = self.board.laid_out(left)
        else:
            laid_out = self.board.only(base.open_ids, radius_km=radius_km).laid_out(left)
        return self.ground.sum_up(laid_out.tables, laid_out.figures)


def open_study(run: PlanResult, market: Market, scenario: Scenario) -> NetworkStudy:
    """Open a study that `make_network_study` made."""
    return NetworkStudy(run, market, scenario.at_stores(len(market.stores)))


def overview_of(run: PlanResult, market: Market, scenario: Scenario) -> Overview:
    """Sum up a network that `make_network` designed."""
    here = scenario.at_stores(len(market.stores))
    stores = network_stores(market.stores, run.tables["potentials"], {key: here[key] for key in NETWORK_KEYS})
    return Ground.of(market, stores, run.tables["network_sites"]).sum_up(run.tables, run.kpis())


def _boards(market: Market, potentials: pd.DataFrame, figures: Mapping[str, Any]) -> tuple[NetworkBoard, NetworkBoard]:
    """Boards on which standing sites may close, and on which they stay."""
    stores = network_stores(market.stores, potentials, figures)
    sites = candidate_sites(stores, market.places, market.sites, figures, "may_close")
    stays = sites.assign(status=np.where(sites["status"] == "may_close", "keep", sites["status"]))
    params, openings = NetworkParams.of(figures), int(figures["network.openings_month"])
    return NetworkBoard(stores, sites, params, openings), NetworkBoard(stores, stays, params, openings)


def _curve(market: Market, potentials: pd.DataFrame, figures: Mapping[str, Any]) -> dict[str, pd.DataFrame]:
    """Networks of both modes and today's, each laid out and summed up, with bounds."""
    free, kept = _boards(market, potentials, figures)
    ground = Ground.of(market, free.stores, free.sites)
    standing = [int(site) for site in market.sites["site_id"]]
    rows, frames = [], []
    for mode, board in zip(CHOICES, (kept, free), strict=True):
        steps = _distinct(list(board.curve(SURCHARGES_RMB_STORE)))
        spread = np.linspace(0, len(steps) - 1, BOUNDS + 1).round().astype(int)[:BOUNDS]
        bounds = board.bounds([steps[at] for at in np.unique(spread)])
        for number, (surcharge, sites) in enumerate(steps):
            laid_out = free.laid_out(sites, savings=True)
            made = ground.sum_up(laid_out.tables, laid_out.figures)
            bound = float((bounds["at_zero_rmb_month"] + bounds["slope"] * made.figures["next_day_share"]).max())
            rows.append({**made.figures, "surcharge_rmb_store": surcharge, "bound_rmb_month": bound})
            frames.append((mode, number, made))
    stands = free.laid_out(standing, savings=True)
    today = ground.sum_up(stands.tables, stands.figures)
    rows.append({**today.figures, "surcharge_rmb_store": 0.0, "bound_rmb_month": np.nan})
    frames.append(("today", 0, today))
    steps_table = pd.DataFrame(rows).assign(mode=[mode for mode, _, _ in frames], step=[step for _, step, _ in frames])
    parts = {
        f"network_step_{part}": pd.concat(
            [getattr(made, part).assign(mode=mode, step=step) for mode, step, made in frames], ignore_index=True
        )
        for part in ("sites", "areas", "cells")
    }
    return {"network_steps": steps_table, **parts}


def _distinct(steps: list[tuple[float, list[int]]]) -> list[tuple[float, list[int]]]:
    """Keep the steps whose open sites differ from those of the step before."""
    return [step for at, step in enumerate(steps) if at == 0 or step[1] != steps[at - 1][1]]
