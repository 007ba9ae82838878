"""What one more of each lever is worth, and how many reps reach the goal: the plan solved again with the change."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import Levers
from lst_workbench.planning.wave_inputs import FRONT_CAPACITY, KEYS, Figures, Tables, wave_inputs
from lst_workbench.rollout import WaveParams, WaveResult, plan_waves
from lst_workbench.rollout.curve import monthly_survival
from lst_workbench.runs import StageOutput

# Key, how it moves, by how much: the steps that a manager would ask for.
STEPS: tuple[tuple[str, str, float], ...] = (
    ("field.reps", "times", 1.1),
    ("field.visits_day", "plus", 1.0),
    ("field.visits_per_signup", "plus", -0.5),
    ("field.care_visits_month", "plus", -0.1),
    ("capital.working_rmb", "times", 1.1),
    (FRONT_CAPACITY, "times", 1.1),
)
MOST_REPS_FACTOR = 16.0
BEST = WaveParams()
# A dozen plans in a second or two, each a store or two from the best.
WHAT_IF = WaveParams(method="decomposition", rounds=6)
SAMPLE_STORES, MOST_APART = 35_000, 30  # where more could be signed, every so many-th territory is planned again
# Rougher prices and one round: the counts differ by a thousandth, and a change's gain is told by counts alone.
ROUGH = WaveParams(method="decomposition", rounds=1, sample=40, fine=(0.02, 0.01, 0.005))
REPS_PRECISION, ROUGH_PRECISION = 0.01, 0.05
BY_STORE = ("participants", "potentials", "assignments")
COUNTS = ("in_system", "active", "signups")
SEARCH_KEYS = (*KEYS, "store.closure_year", "goal.stores", "goal.counts_signups")


@dataclass(frozen=True)
class Reach:
    """Where a plan ends: stores in the system, active stores and sign-ups, and the resources that bind on the way."""

    in_system: float
    active: float
    signups: float
    binds: str


Resolve = Callable[[Figures], Reach]


def reach_of(
    waves: pd.DataFrame, prices: pd.DataFrame, participants: int, figures: Figures, share: float = 1.0
) -> Reach:
    """Say where a plan ends, closures taken off; counts of a share of the market are brought to the whole."""
    months = int(figures["rollout.months"])
    start = pd.Period(f"{figures['rollout.start_month']:.0f}", "M").ordinal
    begun = pd.PeriodIndex(waves["month"], freq="M").astype("int64").to_numpy() - start
    survival = monthly_survival(figures["store.closure_year"])
    in_system = participants * survival**months + float(np.sum(survival ** (months - 1.0 - begun))) / share
    binds = " ".join(sorted(set(prices.loc[prices["shadow_price"] > 0, "resource"])))
    return Reach(in_system, in_system * figures["rollout.active_share"], len(waves) / share, binds)


def solve(
    inputs: Mapping[str, pd.DataFrame], params: WaveParams = BEST, promised: pd.DataFrame | None = None
) -> WaveResult:
    """Solve the rollout model on its stored tables; warehouses that no plan can fill count as one.

    Promises are no question of a lever: what one is worth is told without them.
    """
    stores, warehouses = roomy_as_one(inputs["wave_stores"], inputs["warehouse_months"])
    return plan_waves(
        stores,
        inputs["territory_months"],
        warehouses,
        inputs["plan_months"],
        inputs.get("quotas"),
        params=params,
        shares=inputs.get("shares"),
        promised=promised,
    )


def roomy_as_one(stores: pd.DataFrame, warehouses: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Join warehouses that have room for all of their stores in every month: none can bind, so neither can the sum.

    Where a list is thin, thousands of such warehouses hold a store or two each, and the model need not tell them apart.

    Parameters
    ----------
    stores, warehouses : DataFrame
        Contracts `WaveStores` and `WarehouseMonths`.

    Returns
    -------
    tuple of DataFrame
        Both tables, with the joined warehouses under the first of their ids.

    Examples
    --------
    >>> stores = pd.DataFrame({"warehouse_id": [1, 2, 3], "volume_m3_month": [2.0, 9.0, 3.0]})
    >>> warehouses = pd.DataFrame({"warehouse_id": [1, 2, 3], "month": 1, "capacity_m3": 5.0})
    >>> ones = roomy_as_one(stores, warehouses)
    >>> ones[0]["warehouse_id"].tolist(), ones[1]["capacity_m3"].tolist()
    ([1, 2, 1], [10.0, 5.0])
    """
    most = stores.groupby("warehouse_id")["volume_m3_month"].sum()
    least = warehouses.groupby("warehouse_id")["capacity_m3"].min()
    roomy = least.index[least >= most.reindex(least.index, fill_value=0.0)]
    if len(roomy) < 2:
        return stores, warehouses
    stores, warehouses = (
        frame.assign(warehouse_id=frame["warehouse_id"].mask(frame["warehouse_id"].isin(roomy), roomy[0]))
        for frame in (stores, warehouses)
    )
    return stores, warehouses.groupby(["warehouse_id", "month"], as_index=False)["capacity_m3"].sum()


def levers(tables: Tables, figures: Figures) -> StageOutput:
    """Solve the plan again with each lever moved, and search the reps that reach the goal.

    Parameters
    ----------
    tables : mapping
        Those of `wave_inputs`, with ``wave_stores``, ``plan_months``, ``waves`` and ``prices`` of the plan.
    figures : mapping
        `SEARCH_KEYS`, at the scale of the market.

    Returns
    -------
    StageOutput
        ``levers`` (contract of this name; a gain of 0 means that the lever does not bind) and ``reps_search``: every
        number of reps that was tried, with the ``stores`` that the goal counts. Where more than `SAMPLE_STORES` could
        be signed, a part of the territories is planned again: what a change makes of them is added, at scale, to the
        plan at hand.
    """
    sample = sampled(tables)
    joined, start = len(tables["participants"]), figures["capital.working_rmb"]

    def resolve(moved: Figures) -> Reach:
        reps = {key: sample.share_of_stores * moved[key] for key in ("field.reps", "field.reps_hired_month")}
        inputs = wave_inputs(sample.tables, {**moved, **reps})
        if sample.share < 1.0:
            left = tables["plan_months"]["capital_rmb"] + (moved["capital.working_rmb"] - start)
            inputs["plan_months"] = inputs["plan_months"].assign(capital_rmb=sample.share * left.clip(lower=0.0))
        plan = solve(inputs, WHAT_IF if sample.share == 1.0 else ROUGH).tables
        return reach_of(plan["waves"], plan["prices"], joined, moved, sample.share)

    now, again = reach_of(tables["waves"], tables["prices"], joined, figures), resolve(figures)

    def from_now(moved: Figures) -> Reach:
        there = resolve(moved)
        counts = {name: getattr(now, name) + getattr(there, name) - getattr(again, name) for name in COUNTS}
        return there if sample.share == 1.0 else replace(there, **counts)

    precision = REPS_PRECISION if sample.share == 1.0 else ROUGH_PRECISION
    search = reps_search(figures, now, from_now, precision)
    made = {"levers": lever_table(figures, again, resolve), "reps_search": search}
    text = (
        f"What a lever is worth, and the reps that the goal takes, are estimated on {sample.share:.0%} of the stores."
    )
    notes = [] if sample.share == 1.0 else [{"key": "levers_sampled", "text": text, "share": sample.share}]
    return StageOutput(made, notes=notes)


@dataclass(frozen=True)
class Sample:
    """A part of a market that stands for the whole.

    Attributes
    ----------
    tables : mapping
        Those that `wave_inputs` takes.
    share : float
        Share of the stores that could be signed.
    share_of_stores : float
        Share of all stores: what the part takes of the reps.
    """

    tables: Tables
    share: float = 1.0
    share_of_stores: float = 1.0


def sampled(tables: Tables) -> Sample:
    """Take every so many-th territory of those with stores to sign, warehouse by warehouse.

    Territories stay whole, since a small part of one could hold less than the visits of a single sign-up. Of each
    warehouse the part is taken that its stores in the sample are of all its stores.
    """
    candidates = tables["wave_stores"]
    one_in = min(len(candidates) // SAMPLE_STORES, MOST_APART)
    if one_in < 2:
        return Sample(tables)
    of = candidates.groupby("territory_id")["warehouse_id"].agg(lambda ids: ids.iloc[len(ids) // 2])
    ids = of.sort_values(kind="stable").index[one_in // 2 :: one_in]
    territories = tables["territories"]
    places = territories.loc[territories["territory_id"].isin(ids), "place_id"]
    stores = tables["stores"][tables["stores"]["place_id"].isin(places)]
    part = {name: tables[name][tables[name]["store_id"].isin(stores["store_id"])] for name in BY_STORE}
    served, in_part = (frame.groupby("site_id").size() for frame in (tables["assignments"], part["assignments"]))
    ratio = tables["sites"]["site_id"].map(in_part / served).fillna(0.0)
    sites = tables["sites"].assign(capacity_m3_month=tables["sites"]["capacity_m3_month"] * ratio)
    share = float(candidates["territory_id"].isin(ids).mean())
    return Sample({**tables, **part, "stores": stores, "sites": sites}, share, len(stores) / len(tables["stores"]))


def lever_table(figures: Figures, now: Reach, resolve: Resolve) -> pd.DataFrame:
    """Move each lever by its step, also beyond the register's range: a question, not an assumption.

    Every step only makes room, so the plan at hand stays possible and nothing is ever lost by one.
    """
    rows = []
    for key, how, step in STEPS:
        value = figures[key] * step if how == "times" else max(0.0, figures[key] + step)
        moved = resolve({**figures, key: value})
        gain, active_gain = max(0.0, moved.in_system - now.in_system), max(0.0, moved.active - now.active)
        rows.append((key, value - figures[key], value, gain, active_gain))
    return Levers.check(pd.DataFrame(rows, columns=["key", "change", "value", "in_system_gain", "active_gain"]))


def reps_search(figures: Figures, now: Reach, resolve: Resolve, precision: float = REPS_PRECISION) -> pd.DataFrame:
    """Search the fewest reps whose plan reaches the goal, everything else as it is.

    Doubles until the goal is reached, at most to `MOST_REPS_FACTOR` times, then halves the interval to the precision.
    Each rep more is worth less than the one before: doubling ends where the last step, carried on, does not get there.

    Returns
    -------
    DataFrame
        ``reps``, ``stores`` (what the goal counts), ``reaches`` and ``binds`` (resources with a price), by reps.
    """
    goal, counts_signups = figures["goal.stores"], figures["goal.counts_signups"] > 0
    tried: dict[float, Reach] = {1.0: now}

    def stores(factor: float) -> float:
        if factor not in tried:
            tried[factor] = resolve({**figures, "field.reps": figures["field.reps"] * factor})
        return tried[factor].signups if counts_signups else tried[factor].in_system

    low, high = 0.0, 1.0
    while stores(high) < goal and high < MOST_REPS_FACTOR and _in_reach(low, high, stores, goal):
        low, high = high, high * 2.0
    while stores(high) >= goal and high - low > precision * high and high > precision:
        middle = _between(low, high, stores, goal)
        low, high = (low, middle) if stores(middle) >= goal else (middle, high)
    factors = sorted(tried)
    reached = [stores(factor) for factor in factors]
    return pd.DataFrame(
        {
            "reps": [factor * figures["field.reps"] for factor in factors],
            "stores": reached,
            "reaches": [count >= goal for count in reached],
            "binds": [tried[factor].binds for factor in factors],
        }
    )


def _in_reach(low: float, high: float, stores: Callable[[float], float], goal: float) -> bool:
    """Whether a straight line through both ends meets the goal by `MOST_REPS_FACTOR`; true where there is no line."""
    if low == 0.0:
        return True
    each = max(0.0, stores(high) - stores(low)) / (high - low)
    return stores(high) + each * (MOST_REPS_FACTOR - high) >= goal


def _between(low: float, high: float, stores: Callable[[float], float], goal: float) -> float:
    """Where a straight line between both ends meets the goal, kept away from the ends."""
    if low == 0.0:
        return high / 2.0
    share = (goal - stores(low)) / max(stores(high) - stores(low), 1e-9)
    return low + (high - low) * min(max(share, 0.1), 0.9)


def reps_for_goal(search: pd.DataFrame) -> float:
    """Return the fewest reps that reached the goal; not a number when none did."""
    return float(search.loc[search["reaches"], "reps"].min())
