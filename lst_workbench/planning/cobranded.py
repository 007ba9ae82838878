"""Which shops become co-branded: candidates, what each brings, who shares customers, the choice as a run folder."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from lst_workbench.assumptions import Scenario
from lst_workbench.catchment import HuffParams, shared_shoppers
from lst_workbench.contracts import Cobranded, CobrandedCases, InputError, Kpis
from lst_workbench.contracts.kinds import COBRANDED_REASONS
from lst_workbench.market import Market, competing
from lst_workbench.planning.plan import CATCHMENT_KEYS, POTENTIAL_KEYS, catchment_stage, identity_of, potential_stage
from lst_workbench.rollout import draw_figures, select_cobranded
from lst_workbench.rollout.payback import extra_share, payback_tenths
from lst_workbench.runs import PlanResult, Progress, RunWriter, StageOutput
from lst_workbench.runs.fingerprint import fingerprint_of_table

Tables = Mapping[str, pd.DataFrame]
Figures = Mapping[str, Any]
COBRANDED_STAGES = ("catchments", "potentials", "cobranded")
# Figures that a payback is uncertain by, and what the model of payback calls them.
DRAWN = {
    "cobrand.planning_uplift": "uplift",
    "store.gross_margin": "gross_margin",
    "econ.take_rate": "take_rate",
    "cobrand.min_purchase_share": "share_after",
    "cobrand.fitout_rmb": "fitout_factor",
}
COBRANDED_KEYS = (
    *CATCHMENT_KEYS, *DRAWN, *(f"{key} {bound}" for key in DRAWN for bound in ("low", "high")),
    "cobrand.target", "cobrand.sales_uplift", "cobrand.min_area_m2", "cobrand.min_purchase_month",
    "cobrand.fitout_budget_rmb", "cobrand.crew_stores_month", "cobrand.spacing_km", "cobrand.max_shared_share",
    "cobrand.province_floor_share", "cobrand.province_cap_share", "cobrand.max_pd", "cobrand.store_spread",
    "cobrand.payback_months", "platform.wallet_share", "store.area_m2", "rollout.months", "rollout.draws",
    "credit.npl_base", "credit.lgd", "credit.line_small_store",
)  # fmt: skip
NEXT_IN_LINE = 200
FITOUT_FACTORS = (1 / 3, 10 / 3)  # of the register's fit-out: the smallest and the largest floor
NONE = float("nan")


def make_cobranded(
    market: Market,
    scenario: Scenario,
    out: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
    *,
    plan: PlanResult | None = None,
    owners: pd.DataFrame | None = None,
    seed: int = 7,
) -> PlanResult:
    """Choose the shops that become co-branded and write the choice as a run folder.

    Parameters
    ----------
    market : Market
        Its participants are the candidates.
    scenario : Scenario
        Target, budget, crews, spacing, uplift; figures that scale are brought to the market's share of the nation.
    out : str or Path, optional
        Folder of the run; without it the choice is kept in memory.
    progress : callable, optional
        Called with a `Progress` at each stage.
    plan : PlanResult, optional
        A run of `make_plan`: the stores it signs are candidates too.
    owners : DataFrame, optional
        store_id, pd and wallet_share of stores whose owners are known; the register speaks for the others.
    seed : int
        Seed of the paybacks' draws.

    Returns
    -------
    PlanResult
        Tables ``cobranded`` (contract `Cobranded`, every candidate), ``cobranded_cases`` (contract `CobrandedCases`),
        ``cobranded_quotas``, ``kpis``.

    Raises
    ------
    InputError
        The market has no participants, or tables are faulty.
    """
    known = tables_of(market, plan, owners)
    here = scenario.at_stores(len(market.stores))
    asked = {"seed": seed, **{name: fingerprint_of_table(known[name]) for name in ("candidates", "owners")}}
    about = {"market_folder": str(Path(market.folder).resolve()) if market.folder else ""}
    identity = {**identity_of(market, here, seed), "cobranded": asked}
    with RunWriter(Path(out) if out else None, identity, COBRANDED_STAGES, progress, about, share=True) as run:

        def stage(name: str, make: Any, needs: str, figures: Mapping[str, Any]) -> None:
            known.update(run.stage(name, make, {table: known[table] for table in needs.split()}, figures))

        made = {key: here[key] for key in (*CATCHMENT_KEYS, *POTENTIAL_KEYS)}
        stage(
            "catchments",
            partial(catchment_stage, address=None),
            "stores rivals cells",
            {k: made[k] for k in CATCHMENT_KEYS},
        )
        stage("potentials", potential_stage, "stores cells catchments", {k: made[k] for k in POTENTIAL_KEYS})
        stage("cobranded", choose_cobranded, CHOICE_TABLES, cobranded_figures(here, seed))
        return run.finish()


CHOICE_TABLES = "stores rivals cells catchments potentials candidates owners"


def tables_of(
    market: Market, plan: PlanResult | None = None, owners: pd.DataFrame | None = None
) -> dict[str, pd.DataFrame]:
    """Gather what the stages need of a market: stores, cells, rivals, candidates and what is known of owners."""
    ids = [market.participants["store_id"], *([plan.tables["waves"]["store_id"]] if plan else [])]
    candidates = pd.DataFrame({"store_id": np.unique(np.concatenate(ids))})
    if candidates.empty:
        raise InputError("the market", ["it has no participants who could become co-branded; give a plan as well"])
    columns = ["store_id", "pd", "wallet_share"]
    about = pd.DataFrame(columns=columns, dtype=np.float64) if owners is None else owners.reindex(columns=columns)
    if about["store_id"].duplicated().any() or not about[["pd", "wallet_share"]].stack().between(0, 1).all():
        raise InputError("the owners", ["pd and wallet_share must be from 0 to 1, and each store stand there once"])
    tables = {name: market.tables[name] for name in ("stores", "cells")}
    return {**tables, "rivals": market.rivals, "candidates": candidates, "owners": about}


class Ranged(Protocol):
    """Anything that gives figures by register key, and the register's entries with their ranges."""

    @property
    def figures(self) -> Any:
        """Entries by key, each with low and high."""

    def __getitem__(self, key: str, /) -> float: ...


def cobranded_figures(here: Ranged, seed: int = 7) -> dict[str, float]:
    """Figures of the choice at the scale of the market, with the ranges of those that are drawn."""
    figures: dict[str, float] = {"run.seed": float(seed)}
    for key in COBRANDED_KEYS:
        name, _, bound = key.partition(" ")
        value = here[name]
        if bound:
            limit = getattr(here.figures[name], bound)
            value = min(limit, value) if bound == "low" else max(limit, value)
        figures[key] = float(value)
    return figures


def choose_cobranded(tables: Tables, figures: Figures) -> StageOutput:
    """Choose among the candidates, and say what each of the chosen costs, brings and risks."""
    stores = candidate_stores(tables, figures)
    fit = stores[stores["reason"].isna()].reset_index(drop=True)
    if fit.empty:
        raise InputError(
            "the candidates", ["none may become co-branded; lower cobrand.min_purchase_month or cobrand.min_area_m2"]
        )
    pairs = overlaps_of(fit, tables, figures)
    target = int(figures["cobrand.target"] + 0.5)
    result = select_cobranded(
        fit.rename(columns={"gain_alone_rmb_month": "value"}),
        pairs,
        _quotas(fit, figures, target),
        max_stores=target,
        budget_rmb=figures["cobrand.fitout_budget_rmb"],
        crews=_crews(figures),
        alternatives=NEXT_IN_LINE,
    )
    unfit = stores[stores["reason"].notna()]
    table = pd.concat([result.tables["cobranded"].astype({"reason": str}), _refused(unfit)], ignore_index=True)
    table["reason"] = pd.Categorical(table["reason"], COBRANDED_REASONS)
    cases = _cases(fit, result.tables, figures)
    made = {
        "cobranded": Cobranded.check(table.sort_values("store_id", ignore_index=True)),
        "cobranded_cases": cases,
        "cobranded_quotas": result.tables["cobranded_quotas"].astype({"value": np.int64}),
        "kpis": _kpis(cases, result.kpis(), figures, len(stores), len(fit)),
    }
    return StageOutput(made, result.certificate)


def candidate_stores(tables: Tables, figures: Figures) -> pd.DataFrame:
    """Candidates with what their conversion brings alone, and why those that may not take part may not."""
    columns = ["store_id", "place_id", "province_code", "lat", "lon", "settlement_kind", "area_m2"]
    stores = (
        tables["stores"][columns]
        .merge(tables["candidates"], on="store_id")
        .merge(tables["potentials"][["store_id", "potential_rmb_month"]], on="store_id", how="left")
        .merge(tables["catchments"][["store_id", "people"]], on="store_id", how="left")
        .merge(tables["owners"], on="store_id", how="left")
    )
    stores = stores.fillna({"pd": figures["credit.npl_base"], "wallet_share": figures["platform.wallet_share"]})
    stores = stores.astype({name: np.float64 for name in ("area_m2", "people", "potential_rmb_month")})
    factor = (stores["area_m2"] / figures["store.area_m2"]).clip(*FITOUT_FACTORS)
    lost_credit = stores["pd"] * figures["credit.lgd"] * figures["credit.line_small_store"] / 12
    for name, key in (("gain_alone", "cobrand.planning_uplift"), ("press_alone", "cobrand.sales_uplift")):
        earned = stores["potential_rmb_month"] * _extra_share(figures, key, stores["wallet_share"])
        stores[f"{name}_rmb_month"] = earned - lost_credit
    after = np.maximum(figures["cobrand.min_purchase_share"], stores["wallet_share"])
    reason = np.select(
        [
            stores["area_m2"] < figures["cobrand.min_area_m2"],
            stores["potential_rmb_month"] * after < figures["cobrand.min_purchase_month"],
            stores["pd"] > figures["cobrand.max_pd"],
        ],
        ["too_small", "buys_too_little", "poor_credit"],
        "",
    )
    return stores.assign(
        fitout_rmb=figures["cobrand.fitout_rmb"] * factor,
        lost_credit_rmb_month=lost_credit,
        reason=pd.Series(reason).replace("", None),
    )


def overlaps_of(fit: pd.DataFrame, tables: Tables, figures: Figures) -> pd.DataFrame:
    """Pairs of candidates that share customers: what they lose together, and which must stand apart.

    With both pulls grown so that each store alone would gain the uplift, each takes uplift x shared people from the
    other (the derivative of the Huff share); worth what a person of theirs is worth.
    """
    everyone = competing(tables["stores"], tables["rivals"])
    params = HuffParams.of(figures)
    pairs = shared_shoppers(everyone, tables["cells"], fit["store_id"].to_numpy(), params, within_km=params.radius_km)
    of = fit.set_index("store_id")
    uplift = figures["cobrand.planning_uplift"]
    margin = figures["store.gross_margin"]
    of_sales = margin / (1 - margin) + figures["econ.take_rate"] * figures["cobrand.min_purchase_share"]
    worth = (of["potential_rmb_month"] / of["people"].clip(lower=1.0)).clip(upper=of["potential_rmb_month"])
    sides = [pairs[name].map(worth).to_numpy() for name in ("store_id", "other_id")]
    fewer = np.minimum(*(pairs[name].map(of["people"]).to_numpy() for name in ("store_id", "other_id")))
    shared = pairs["people_shared"].to_numpy()
    close = (pairs["distance_km"] < figures["cobrand.spacing_km"]).to_numpy()
    return pairs.assign(
        loss=uplift * of_sales * shared * (sides[0] + sides[1]),
        apart=close | (shared > figures["cobrand.max_shared_share"] * np.maximum(fewer, 1e-9)),
    )


def _extra_share(figures: Figures, uplift: str, wallet_share: pd.Series) -> Any:
    return extra_share(
        figures[uplift],
        figures["store.gross_margin"],
        figures["econ.take_rate"],
        figures["cobrand.min_purchase_share"],
        wallet_share,
    )


def _quotas(fit: pd.DataFrame, figures: Figures, target: int) -> pd.DataFrame:
    """Floors and caps of provinces, by their share of the candidates."""
    share = fit["province_code"].value_counts(normalize=True).sort_index() * min(target, len(fit))
    return pd.DataFrame(
        {
            "column": "province_code",
            "value": share.index,
            "min_stores": np.floor(share.to_numpy() * figures["cobrand.province_floor_share"]),
            "max_stores": np.ceil(share.to_numpy() * figures["cobrand.province_cap_share"]),
        }
    )


def _crews(figures: Figures) -> pd.DataFrame:
    """Whole stores that crews finish month by month; fractions add up."""
    count = int(figures["rollout.months"])
    finished = np.floor(np.arange(count + 1) * figures["cobrand.crew_stores_month"] + 1e-9)
    return pd.DataFrame({"month": np.arange(1, count + 1), "stores": np.diff(finished)})


def _refused(unfit: pd.DataFrame) -> pd.DataFrame:
    value = unfit["gain_alone_rmb_month"].to_numpy()
    return pd.DataFrame(
        {
            "store_id": unfit["store_id"].to_numpy(),
            "rank": 0,
            "wave": 0,
            "value": value,
            "gain": value,
            "line": NONE,
            "reason": unfit["reason"].to_numpy(),
            "blocked_by": pd.array([pd.NA] * len(unfit), "Int64"),
        }
    )


def _cases(fit: pd.DataFrame, chosen: Tables, figures: Figures) -> pd.DataFrame:
    """Chosen stores and those next in line, with their paybacks."""
    table = chosen["cobranded"]
    kept = pd.concat([table[table["rank"] > 0].assign(lacks_rmb_month=0.0), chosen["alternatives"]])
    cases = kept[["store_id", "rank", "wave", "value", "gain", "lacks_rmb_month"]].merge(fit, on="store_id")
    beside = (cases["value"] - cases["gain"]).to_numpy()
    stretch = figures["cobrand.sales_uplift"] / max(figures["cobrand.planning_uplift"], 1e-9)
    press = cases["press_alone_rmb_month"] - beside * stretch
    ranges = pd.DataFrame(
        {
            "key": list(DRAWN),
            **{c: [figures[k if c == "value" else f"{k} {c}"] for k in DRAWN] for c in ("value", "low", "high")},
        }
    )
    seed = int(figures["run.seed"])
    drawn = {DRAWN[key]: values for key, values in draw_figures(ranges, int(figures["rollout.draws"]), seed).items()}
    drawn["fitout_factor"] = drawn["fitout_factor"] / figures["cobrand.fitout_rmb"]
    fitout, potential, wallet = (
        cases[name].to_numpy() for name in ("fitout_rmb", "potential_rmb_month", "wallet_share")
    )
    cost = beside + cases["lost_credit_rmb_month"].to_numpy()
    tenths = payback_tenths(fitout, potential, wallet, cost, drawn, figures["cobrand.store_spread"], seed)
    tenths = np.where(np.isinf(tenths), NONE, tenths)
    cases = cases.assign(
        gain_rmb_month=cases["gain"],
        press_gain_rmb_month=press,
        lacks_rmb_month=cases["lacks_rmb_month"].clip(lower=0.0),
        payback_months=(cases["fitout_rmb"] / cases["gain"]).where(cases["gain"] > 0),
        press_payback_months=(cases["fitout_rmb"] / press).where(press > 0),
        **{f"payback_p{10 + 40 * at}": tenths[:, at] for at in range(3)},
    )
    last = cases["rank"].where(cases["rank"] > 0, len(cases) + 1)
    order = np.lexsort((cases["store_id"], cases["lacks_rmb_month"], last))
    return CobrandedCases.check(cases.iloc[order][CobrandedCases.columns()].reset_index(drop=True))


def _kpis(
    cases: pd.DataFrame, chosen: Mapping[str, float], figures: Figures, candidates: int, fit: int
) -> pd.DataFrame:
    """Headline figures of the choice; payback is that of all chosen stores together, beside the share that keep it."""
    taken = cases[cases["rank"] > 0]
    gain, press, cost = (float(taken[name].sum()) for name in ("gain_rmb_month", "press_gain_rmb_month", "fitout_rmb"))
    reference = figures["cobrand.payback_months"]
    within = float((taken["payback_p50"] <= reference).mean()) if len(taken) else NONE
    rows = [
        ("cobranded_stores", len(taken), "stores", figures["cobrand.target"], "cobrand.target"),
        ("gain_rmb_month", gain, "RMB/month", NONE, "cobrand.planning_uplift"),
        ("press_gain_rmb_month", press, "RMB/month", NONE, "cobrand.sales_uplift"),
        ("fitout_rmb", cost, "RMB", figures["cobrand.fitout_budget_rmb"], "cobrand.fitout_budget_rmb"),
        ("payback_months", cost / gain if gain > 0 else NONE, "months", reference, "cobrand.payback_months"),
        ("press_payback_months", cost / press if press > 0 else NONE, "months", NONE, "cobrand.sales_uplift"),
        *(
            (f"payback_{p}_months", float(taken[f"payback_{p}"].median()), "months", NONE, "cobrand.fitout_rmb")
            for p in ("p10", "p50", "p90")
        ),
        ("within_payback_share", within, "share 0-1", NONE, "cobrand.payback_months"),
        ("lost_rmb_month", chosen["lost_rmb_month"], "RMB/month", NONE, "cobrand.max_shared_share"),
        ("short_stores", chosen["short_stores"], "stores", NONE, "cobrand.province_floor_share"),
        ("candidates_stores", candidates, "stores", NONE, "platform.stores_2017_08"),
        ("fit_stores", fit, "stores", NONE, "cobrand.min_purchase_month"),
    ]  # fmt: skip
    return Kpis.check(pd.DataFrame(rows, columns=["name", "value", "unit", "goal", "register_key"]))
