"""How sure the plan is: ranges of its figures, odds of its goal, what decides them, whether regions keep their rank."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import CurveRanges, KpiRanges, RegionRanges, RepsOdds, Tornado
from lst_workbench.planning.lives import FIXED, REGIONAL, UNCERTAIN, field_cost, lives_of, order_contribution
from lst_workbench.rollout import Outcomes, Queues, draw_figures, quantiles, queues_of, simulate
from lst_workbench.rollout.chance import MEASURES
from lst_workbench.runs import StageOutput

Tables = Mapping[str, pd.DataFrame]
Figures = Mapping[str, float]
Values = dict[str, np.ndarray]
TENTHS = (0.1, 0.5, 0.9)
NAMES = ["p10", "p50", "p90"]
HOLDS, IN_OUTLINE = 0.9, 0.75  # of the pairs of regions
REPS_FACTORS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0)
KEYS = (
    *UNCERTAIN,
    *(f"{key} {bound}" for key in UNCERTAIN for bound in ("low", "high")),
    *FIXED,
    *("rollout.regional_share", "rollout.draws", "goal.stores", "goal.counts_signups", "run.seed"),
)


@dataclass(frozen=True)
class _Plan:
    """What all tables are made of: the plan by group, its figures, and how to live it through."""

    queues: Queues
    months: pd.DatetimeIndex
    figures: Figures
    economics: pd.Series

    @property
    def counted(self) -> str:
        """Measure that the goal counts."""
        return "signups" if self.figures["goal.counts_signups"] > 0 else "in_system"

    @property
    def seed(self) -> int:
        return int(self.figures["run.seed"])

    def lived(self, drawn: Values, reps: float = 1.0, chance: bool = True) -> Outcomes:
        lives = lives_of(drawn, self.figures, self.queues, self.months, reps)
        return simulate(self.queues, lives, self.seed, chance)

    def kpis(self, drawn: Values, outcomes: Outcomes) -> Values:
        """Headline figures by draw."""
        ends = {measure: outcomes.at_end(measure) for measure in MEASURES}
        haul_km, rural = self.economics["line_haul_km"], self.economics["rural_share"]
        order = order_contribution(drawn, self.figures, haul_km, rural)
        return {
            "in_system_stores": ends["in_system"],
            "active_stores": ends["active"],
            "signups_stores": ends["signups"],
            "gmv_rmb_month": ends["gmv_rmb"],
            "contribution_rmb_order": order,
            "contribution_rmb_month": ends["gmv_rmb"] * order / drawn["order.aov_rmb"],
            "gap_stores": ends[self.counted] - self.figures["goal.stores"],
            "field_cost_rmb_active_store": field_cost(drawn, self.figures, ends["signups"], ends["active"]),
        }


def uncertainty(tables: Tables, figures: Figures) -> StageOutput:
    """Live the plan through many times, with figures drawn from their ranges and stores that sign and stay by chance.

    Parameters
    ----------
    tables : mapping
        ``stores``, ``territories``, ``participants``, ``potentials``, ``assignments``, ``waves``, ``plan_months``,
        ``base_loads``, ``economics``; of a plan with conditions ``left_out``.
    figures : mapping
        `KEYS`, at the scale of the market.

    Returns
    -------
    StageOutput
        ``kpi_ranges``, ``curve_ranges``, ``reps_odds``, ``tornado``, ``region_ranges`` (contracts of these names), and
        notes on the odds of the goal and on the ranking of regions.
    """
    level, regions = regions_of(tables["stores"], tables["territories"])
    plan = _Plan(
        plan_queues(tables, figures, regions),
        pd.DatetimeIndex(tables["plan_months"]["month"]),
        figures,
        tables["economics"].set_index("item")["value"],
    )
    drawn = drawn_of(figures, regions)
    outcomes, as_planned = plan.lived(drawn), plan.lived(_as_planned(figures), chance=False)
    reps, odds = _reps(plan, drawn, outcomes)
    values = {**plan.kpis(drawn, outcomes), "reps_for_goal": reps}
    regional = _regions(level, regions, as_planned.regions[0], outcomes.regions)
    kpis = _kpi_ranges(values, plan)
    made = {
        "kpi_ranges": kpis,
        "curve_ranges": _curve_ranges(outcomes, plan),
        "reps_odds": odds,
        "tornado": _tornado(plan, drawn, values),
        "region_ranges": regional,
    }
    ranking = [_ranking_note(regional)] if len(regional) > 1 else []
    return StageOutput(made, notes=[_goal_note(kpis, plan), *ranking])


def drawn_of(figures: Figures, regions: pd.Series) -> Values:
    """Draw the uncertain figures from their ranges; those of `REGIONAL` differ by region."""
    ranges = pd.DataFrame({"key": UNCERTAIN, **{c: _bound(figures, c) for c in ("value", "low", "high")}})
    draws, shared = int(figures["rollout.draws"]), figures["rollout.regional_share"]
    return draw_figures(ranges, draws, int(figures["run.seed"]), regions.nunique(), shared, REGIONAL)


def regions_of(stores: pd.DataFrame, territories: pd.DataFrame) -> tuple[str, pd.Series]:
    """Say what a region is, and which one each territory belongs to.

    A region is a prefecture, or a territory where the market has one prefecture only; a territory that crosses a border
    belongs where most of its stores are.
    """
    home = stores["place_id"].map(territories.set_index("place_id")["territory_id"])
    if stores["prefecture_code"].nunique() == 1:
        ids = np.sort(home.unique())
        return "territory", pd.Series(ids, index=ids)
    counts = pd.DataFrame({"territory": home, "region": stores["prefecture_code"]}).value_counts().reset_index()
    main = counts.sort_values(["territory", "count", "region"], ascending=[True, False, True])
    return "prefecture", main.drop_duplicates("territory").set_index("territory")["region"]


def plan_queues(tables: Tables, figures: Figures, regions: pd.Series) -> Queues:
    """Group the stores of a plan: those in the system, those signed, and those next in line within reach.

    Whoever conditions leave out is never next in line.
    """
    months = pd.DatetimeIndex(tables["plan_months"]["month"])
    territory_of = tables["territories"].set_index("place_id")["territory_id"]
    stores = (
        tables["stores"][["store_id", "place_id"]]
        .merge(tables["potentials"][["store_id", "gmv_rmb_month"]], on="store_id", how="left")
        .merge(tables["assignments"][["store_id", "site_id"]], on="store_id", how="left")
        .merge(tables["waves"][["store_id", "month"]], on="store_id", how="left")
    )
    start = np.where(stores["month"].isna(), len(months), months.get_indexer(pd.DatetimeIndex(stores["month"])))
    start = np.where(stores["store_id"].isin(tables["participants"]["store_id"]), -1, start)
    stores = stores.assign(start=start, territory_id=stores["place_id"].map(territory_of))
    left_out = stores["store_id"].isin(tables["left_out"]["store_id"]) if "left_out" in tables else False
    next_in_line = stores["site_id"].notna() & ~np.asarray(left_out)
    capacity = tables["base_loads"].pivot(index=["resource", "resource_id"], columns="month", values="capacity")
    _, region = np.unique(regions, return_inverse=True)
    return queues_of(
        stores[(start < len(months)) | next_in_line].rename(columns={"site_id": "warehouse_id"}),
        capacity.loc["visits"],
        capacity.loc["volume_m3"],
        capacity.loc["capital_rmb"].to_numpy()[0],
        pd.Series(region, index=regions.index),
        visits_signup=figures["field.visits_per_signup"],
        visits_care=figures["field.care_visits_month"],
    )


def _bound(figures: Figures, which: str) -> list[float]:
    return [figures[key] if which == "value" else figures[f"{key} {which}"] for key in UNCERTAIN]


def _as_planned(figures: Figures, rows: int = 1) -> Values:
    return {key: np.full(rows, figures[key]) for key in UNCERTAIN}


def _tenths(values: np.ndarray) -> np.ndarray:
    """P10, P50 and P90 along the draws; not a number where so many draws have none."""
    found = np.quantile(np.where(np.isnan(values), np.inf, values), TENTHS, axis=0, method="inverted_cdf")
    return np.where(np.isinf(found), np.nan, found)


def _kpi_ranges(values: Values, plan: _Plan) -> pd.DataFrame:
    goals = {f"{plan.counted}_stores": plan.figures["goal.stores"]}
    goals |= {"contribution_rmb_order": 0.0, "contribution_rmb_month": 0.0}
    rows = [
        (name, *_tenths(drawn), float(np.mean(drawn >= goals[name])) if name in goals else np.nan)
        for name, drawn in values.items()
    ]
    return KpiRanges.check(pd.DataFrame(rows, columns=["name", *NAMES, "goal_share"]))


def _curve_ranges(outcomes: Outcomes, plan: _Plan) -> pd.DataFrame:
    parts = []
    for at, measure in enumerate(MEASURES):
        values = outcomes.months[:, :, at]
        part = pd.DataFrame(_tenths(values).T, columns=NAMES).assign(month=plan.months, measure=measure)
        if measure == plan.counted:
            so_far = values.cumsum(axis=1) if measure == "signups" else values
            part["goal_share"] = (so_far >= plan.figures["goal.stores"]).mean(axis=0)
        parts.append(part)
    return CurveRanges.check(pd.concat(parts, ignore_index=True))


def _reps(plan: _Plan, drawn: Values, outcomes: Outcomes) -> tuple[np.ndarray, pd.DataFrame]:
    """Reps that reach the goal in each draw (not a number where none do), and the odds of the goal by reps.

    Chance is lived through once, with the plan's own reps: what it makes of a draw moves the draws of other numbers of
    reps alike, by the root of their size as counts do, and only what is expected of them is worked out again.
    """
    expected = {factor: plan.lived(drawn, factor, chance=False).at_end(plan.counted) for factor in REPS_FACTORS}
    chance = (outcomes.at_end(plan.counted) - expected[1.0]) / np.sqrt(np.maximum(expected[1.0], 1.0))
    counted = [np.maximum(0.0, stores + chance * np.sqrt(np.maximum(stores, 1.0))) for stores in expected.values()]
    # More reps need not sign fewer; the plan's own reps sign what its draws say.
    own = REPS_FACTORS.index(1.0)
    fewer, more = np.minimum.accumulate(counted[own::-1])[::-1], np.maximum.accumulate(counted[own:])
    reached = np.concatenate([fewer, more[1:]])
    reps, goal = np.array(REPS_FACTORS) * plan.figures["field.reps"], plan.figures["goal.stores"]
    table = pd.DataFrame(_tenths(reached.T).T, columns=NAMES)
    table = table.assign(reps=reps, goal_share=(reached >= goal).mean(axis=1))
    return _crossing(reps, reached, goal), RepsOdds.check(table)


def _crossing(at: np.ndarray, rising: np.ndarray, level: float) -> np.ndarray:
    """Where each column of `rising` meets a level, straight between the points; from 0 at the origin."""
    at, rising = np.r_[0.0, at], np.vstack([np.minimum(0.0, rising[:1]), rising])
    above = (rising >= level).argmax(axis=0)
    columns = np.arange(rising.shape[1])
    below = np.maximum(above - 1, 0)
    low, high = rising[below, columns], rising[above, columns]
    step = np.clip((level - low) / np.where(high > low, high - low, 1.0), 0.0, 1.0)
    return np.where(rising[-1] >= level, at[below] + step * (at[above] - at[below]), np.nan)


def _tornado(plan: _Plan, drawn: Values, values: Values) -> pd.DataFrame:
    """Move each figure alone to its P10 and P90, as expected; and look at all draws together."""
    figures, n = plan.figures, len(UNCERTAIN)
    ends = {
        key: quantiles(figures[key], figures[f"{key} low"], figures[f"{key} high"], np.array([0.1, 0.9]))
        for key in UNCERTAIN
    }
    moved = _as_planned(figures, 2 * n)
    for at, key in enumerate(UNCERTAIN):
        moved[key][2 * at : 2 * at + 2] = ends[key]
    reached = plan.kpis(moved, plan.lived(moved, chance=False))
    means = {key: drawn[key] if drawn[key].ndim == 1 else drawn[key].mean(axis=1) for key in UNCERTAIN}
    goal = values[f"{plan.counted}_stores"] >= figures["goal.stores"]
    odds = {key: _odds_of_thirds(mean, goal) for key, mean in means.items()}
    rows = []
    for name, at_ends in reached.items():
        for at, key in enumerate(UNCERTAIN):
            low, high = at_ends[2 * at : 2 * at + 2]
            tie = _rank_correlation(means[key], values[name])
            rows.append((name, key, *ends[key], low, high, abs(high - low), tie, *odds[key]))
    columns = ["name", "key", "low", "high", "at_low", "at_high", "swing", "rank_correlation", "odds_low", "odds_high"]
    table = pd.DataFrame(rows, columns=columns).dropna(subset="swing")
    order = pd.Categorical(table["name"], list(reached))
    ranked = table.assign(order=order).sort_values(["order", "swing", "key"], ascending=[True, False, True])
    return Tornado.check(ranked.drop(columns="order").reset_index(drop=True))


def _odds_of_thirds(figure: np.ndarray, goal: np.ndarray) -> tuple[float, float]:
    if np.ptp(figure) == 0.0:
        return float(goal.mean()), float(goal.mean())
    low, high = np.quantile(figure, [1 / 3, 2 / 3])
    return float(goal[figure <= low].mean()), float(goal[figure >= high].mean())


def _rank_correlation(left: np.ndarray, right: np.ndarray) -> float:
    tie = pd.Series(left).rank().corr(pd.Series(right).rank()) if np.ptp(left) > 0 else 0.0
    return float(np.clip(tie, -1.0, 1.0)) if np.isfinite(tie) else 0.0


def _regions(level: str, regions: pd.Series, planned: np.ndarray, drawn: np.ndarray) -> pd.DataFrame:
    active = MEASURES.index("active")
    rank = _ranks(planned[None, :, active])[0]
    ranks = _ranks(drawn[:, :, active])
    table = pd.DataFrame({"level": level, "region_id": np.unique(regions), "rank": rank})
    for measure in ("signups", "active"):
        at = MEASURES.index(measure)
        table[measure] = planned[:, at]
        table[[f"{measure}_{name}" for name in NAMES]] = _tenths(drawn[:, :, at]).T
    table["rank_p10"], _, table["rank_p90"] = _tenths(ranks)
    table["kept_share"] = order_kept(planned[:, active], drawn[:, :, active])
    table["top_share"] = (ranks <= max(1, round(len(rank) / 3))).mean(axis=0)
    return RegionRanges.check(table.sort_values("rank", ignore_index=True))


def _ranks(values: np.ndarray) -> np.ndarray:
    """Place of each column in its row, 1 for the most; ties by their order."""
    order = np.argsort(-values, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.arange(1, values.shape[1] + 1)[None, :], axis=1)
    return ranks


def _goal_note(kpis: pd.DataFrame, plan: _Plan) -> dict[str, Any]:
    row = kpis.set_index("name").loc[f"{plan.counted}_stores"]
    counted = "sign-ups" if plan.counted == "signups" else "stores in the system"
    text = (
        f"The goal is reached in {row['goal_share']:.0%} of {plan.figures['rollout.draws']:,.0f} draws; eight in ten "
        f"draws end with {row['p10']:,.0f} to {row['p90']:,.0f} {counted}."
    )
    return {"key": "goal_odds", "text": text, "goal_share": float(row["goal_share"])}


def _ranking_note(regional: pd.DataFrame) -> dict[str, Any]:
    """Say whether the ranking of regions holds: how many pairs of them keep their order, over all draws."""
    kept = float(regional["kept_share"].iloc[0])
    said = "holds" if kept >= HOLDS else "holds in outline" if kept >= IN_OUTLINE else "does not hold"
    text = (
        f"The ranking of {len(regional)} regions by active stores {said}: {kept:.0%} of their pairs keep the plan's "
        "order over all draws; 50% would be chance."
    )
    return {"key": "ranking", "text": text, "kept_share": kept, "regions": len(regional)}


def order_kept(planned: np.ndarray, drawn: np.ndarray) -> float:
    """Share of pairs of regions that keep the plan's order, over all draws; 1 where there is no pair.

    Examples
    --------
    >>> order_kept(np.array([3.0, 2.0, 1.0]), np.array([[9.0, 5.0, 7.0]])).__round__(2)
    0.67
    """
    order = np.argsort(-planned, kind="stable")
    placed = drawn[:, order]
    pairs = len(drawn) * len(order) * (len(order) - 1) / 2
    kept = sum(float((placed[:, [at]] >= placed[:, at + 1 :]).sum()) for at in range(len(order)))
    return kept / pairs if pairs else 1.0
