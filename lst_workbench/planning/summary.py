"""The headline figures of a plan, and what it has to say beside them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from lst_workbench.contracts import Kpis
from lst_workbench.planning.levers import reps_for_goal
from lst_workbench.planning.wave_inputs import reps_by_month
from lst_workbench.runs import StageOutput

Tables = Mapping[str, pd.DataFrame]
Figures = Mapping[str, float]
KEYS = (
    "goal.stores", "goal.counts_signups", "rollout.months", "rollout.active_share", "field.reps",
    "field.reps_hired_month", "field.rep_cost_rmb_month", "field.commission_signup", "order.aov_rmb",
)  # fmt: skip
NOUNS = {"visits": "field visits", "volume_m3": "warehouse throughput", "capital_rmb": "working capital"}
NONE = float("nan")


def summary(tables: Tables, figures: Figures) -> StageOutput:
    """Give the headline figures with goal and register key, and the sentences that must not be missed.

    Parameters
    ----------
    tables : mapping
        ``participants``, ``sites``, ``uncovered``, ``curve``, ``capacities``, ``economics``, ``reps_search``.
    figures : mapping
        `KEYS`, at the scale of the market.
    """
    kpis = headline_figures(tables, figures)
    value = kpis.set_index("name")["value"]
    notes = [
        _goal_note(value, figures),
        *_reach_notes(tables),
        _reps_note(value, tables, figures),
        order_note(tables["economics"].set_index("item")["value"]),
    ]
    return StageOutput({"kpis": kpis}, notes=notes)


def headline_figures(tables: Tables, figures: Figures) -> pd.DataFrame:
    """Headline figures at the end of the plan's last month.

    ``field_cost_rmb_active_store`` is the pay and commissions of reps over the plan's months for each store active at
    its end; ``front_fixed_cost_rmb_month`` the rent and staff of all front warehouses. ``reps_for_goal`` is there once
    the reps were searched.
    """
    curve, economics = tables["curve"], tables["economics"].set_index("item")["value"]
    last = curve.iloc[-1]
    signups = float(curve["signups"].sum())
    counts_signups = figures["goal.counts_signups"] > 0
    reached = signups if counts_signups else last["in_system"]
    goal = figures["goal.stores"]
    fronts = tables["sites"][tables["sites"]["tier"] == "front"]
    pay = float(reps_by_month(figures).sum()) * figures["field.rep_cost_rmb_month"]
    field_cost = pay + signups * figures["field.commission_signup"]
    contribution = economics["contribution_rmb_order"]
    rows = [
        ("in_system_stores", last["in_system"], "stores", NONE if counts_signups else goal, "goal.stores"),
        ("active_stores", last["active"], "stores", NONE, "rollout.active_share"),
        ("signups_stores", signups, "stores", goal if counts_signups else NONE, "field.visits_per_signup"),
        ("gmv_rmb_month", last["gmv_rmb"], "RMB/month", NONE, "platform.wallet_share"),
        *(
            [("reps_for_goal", reps_for_goal(tables["reps_search"]), "reps", NONE, "field.reps")]
            if "reps_search" in tables
            else []
        ),
        ("contribution_rmb_order", contribution, "RMB/order", 0.0, "econ.take_rate"),
        ("contribution_rmb_month", last["contribution_rmb"], "RMB/month", 0.0, "econ.take_rate"),
        ("gap_stores", reached - goal, "stores", NONE, "goal.stores"),
        ("reps", figures["field.reps"], "reps", NONE, "field.reps"),
        ("uncovered_stores", float(_out_of_reach(tables)), "stores", NONE, "network.front_radius_km"),
        ("participants_stores", float(len(tables["participants"])), "stores", NONE, "platform.stores_2017_08"),
        (
            "field_cost_rmb_active_store",
            field_cost / last["active"] if last["active"] > 0 else NONE,
            "RMB/store",
            NONE,
            "field.rep_cost_rmb_month",
        ),
        (
            "front_fixed_cost_rmb_month",
            float(fronts["fixed_cost_rmb_month"].sum()),
            "RMB/month",
            NONE,
            "network.front_fixed_rmb_month",
        ),
    ]
    return Kpis.check(pd.DataFrame(rows, columns=["name", "value", "unit", "goal", "register_key"]))


def rivals_notes(stores: int, rivals: int) -> list[dict[str, Any]]:
    """Say that shops which stand on no list compete with those of the market."""
    if not rivals:
        return []
    text = (
        f"The market lists {stores:,} shops; {rivals:,} modelled ones, which it leaves out, compete with them for "
        "customers and are never signed. Give the whole list, or say that it is whole, and they go."
    )
    return [{"key": "rivals_modelled", "text": text, "stores": stores, "rivals": rivals}]


def base_load_notes(base_loads: pd.DataFrame) -> list[dict[str, Any]]:
    """Say where stores already in the system take more than there is, so that nothing is left for the plan."""
    over = base_loads[base_loads["base_load"] > base_loads["capacity"]]
    notes = []
    for resource, rows in over.groupby("resource", sort=False):
        worst = rows.iloc[int((rows["base_load"] - rows["capacity"]).to_numpy().argmax())]
        text = (
            f"Stores already in the system take more {NOUNS[str(resource)]} than there is in {len(rows):,} of "
            f"{int((base_loads['resource'] == resource).sum()):,} cases (worst: {worst['base_load']:,.0f} of "
            f"{worst['capacity']:,.0f} at {worst['resource_id']}): nothing is left for the plan there."
        )
        figures = {"resource": str(resource), "cases": len(rows), "resource_id": int(worst["resource_id"])}
        notes.append({"key": "base_load", "text": text, **figures})
    return notes


def order_note(economics: pd.Series) -> dict[str, Any]:
    """Say what an average order earns, and what would mend a loss."""
    contribution = float(economics["contribution_rmb_order"])
    if contribution >= 0:
        return {"key": "order_earns", "text": f"An average order earns {contribution:.2f} RMB."}
    drop = economics["break_even_drop_rmb"]
    ways = [f"a margin of {economics['break_even_margin_share']:.1%}"]
    if "break_even_order_rmb" in economics:
        ways.append(f"an order of {economics['break_even_order_rmb']:,.0f} RMB")
    if drop > 0:
        ways.append(f"a drop that costs {drop:.2f} RMB")
    text = (
        f"An average order loses {-contribution:.2f} RMB: {economics['order_rmb']:,.0f} RMB x "
        f"({economics['margin_share']:.1%} margin - {economics['handling_share']:.1%} handling - "
        f"{economics['line_haul_share']:.1%} line-haul) - {economics['drop_rmb']:.2f} RMB for the drop. It breaks even "
        f"with {', or with '.join(ways)}."
    )
    if drop == 0:
        text += " Larger or denser orders do not mend it: handling and line-haul alone eat the margin."
    return {"key": "order_loses", "text": text, "contribution_rmb_order": contribution}


def _out_of_reach(tables: Tables) -> int:
    """Count stores that could be signed if a front warehouse reached them; those in the system are signed already."""
    return int((~tables["uncovered"]["store_id"].isin(tables["participants"]["store_id"])).sum())


def _reach_notes(tables: Tables) -> list[dict[str, Any]]:
    """Say how many stores no front warehouse reaches."""
    stores = _out_of_reach(tables)
    if not stores:
        return []
    return [{
        "key": "uncovered", "stores": stores,
        "text": f"{stores:,} stores are out of reach of every front warehouse and are not in the plan.",
    }]  # fmt: skip


def _without_room(capacities: pd.DataFrame) -> list[str]:
    """Resources, visits aside, of which stores already in the system take all there is, everywhere and always."""
    full = (capacities["base_load"] >= capacities["capacity"]).groupby(capacities["resource"].astype(str)).all()
    return [str(resource) for resource in full.index[full] if resource != "visits"]


def _goal_note(value: pd.Series, figures: Figures) -> dict[str, Any]:
    counted = "sign-ups" if figures["goal.counts_signups"] > 0 else "stores in the system"
    gap, goal = value["gap_stores"], figures["goal.stores"]
    said = round(goal + gap) - round(goal)  # as the page: what is said must add up
    side = f"{-said:,} short of" if said < 0 else f"{said:,} above" if said > 0 else "just at"
    text = f"The plan ends with {goal + gap:,.0f} {counted}, {side} the goal of {goal:,.0f}."
    return {"key": "goal", "text": text, "gap_stores": float(gap), "goal_stores": float(goal)}


def _reps_note(value: pd.Series, tables: Tables, figures: Figures) -> dict[str, Any]:
    reps, needed = figures["field.reps"], value["reps_for_goal"]
    if pd.notna(needed):
        text = f"{needed:,.3g} reps reach the goal; the plan has {reps:,.3g}."
        return {"key": "reps_reach_goal", "text": text, "reps": float(reps), "reps_for_goal": float(needed)}
    search = tables["reps_search"]
    most = search.iloc[int(search["stores"].to_numpy().argmax())]
    binds = [word for word in most["binds"].split() if word != "visits"] or _without_room(tables["capacities"])
    why = f"{' and '.join(NOUNS[word] for word in binds)} bind" if binds else "every store within reach is signed"
    text = (
        f"The goal cannot be reached by reps alone: with {search['reps'].max():,.3g} reps the plan still ends at "
        f"{most['stores']:,.0f} of {figures['goal.stores']:,.0f}, because {why}."
    )
    said = {"reps": float(reps), "most_stores": float(most["stores"]), "binds": binds}
    return {"key": "reps_never_reach_goal", "text": text, **said}
