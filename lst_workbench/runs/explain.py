"""Why this store, why this month, why not: from the stored tables of a run alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.runs.windows import where

if TYPE_CHECKING:
    from lst_workbench.runs.result import PlanResult

WORDS = {"visits": "field visits", "volume_m3": "warehouse throughput", "capital_rmb": "working capital"}
SHORT = {"visits": "visits", "volume_m3": "m3 of warehouse throughput", "capital_rmb": "RMB of working capital"}
PRICES = {"visits_price": "visits", "volume_price": "volume_m3", "capital_price": "capital_rmb"}
MADE_IN = ("status", "month", "territory_id", "site_id", "distance_km", "value", "margin")
FITS = 1e-6
NO_TIE_SHARE = 0.01  # a margin beyond this share of the worth is no tie: something else keeps the store out


@dataclass(frozen=True)
class Explanation:
    """Why the plan does with a store what it does.

    Parameters
    ----------
    table : DataFrame
        For a store that could be signed, one row a month: ``worth`` and the prices it would pay, in objective units;
        else one row with what is known.
    text : str
        The reason in plain words.
    key : str
        Name of the reason, for a catalogue of messages.
    figures : mapping
        The figures that the text holds.
    """

    table: pd.DataFrame
    text: str
    key: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def explain_store(result: "PlanResult", store_id: int) -> Explanation:
    """Say why a store is signed when it is, or why it is not.

    Parameters
    ----------
    result : PlanResult
        A plan, in memory or read from its folder.
    store_id : int
        Store of the market that was planned.

    Raises
    ------
    InputError
        The run has no such store.

    Notes
    -----
    A store started in month m is worth ``value * value_factor[m]`` and pays, at the shadow prices of the plan,
    ``visits_signup * p[m] + visits_care * sum(p[later])`` for its territory's visits, ``volume * sum(p[m and later])``
    for its warehouse and ``capital * sum(p[m and later])`` for working capital. The plan signs the stores whose worth
    exceeds that price.
    """
    rows = where(result.tables, "decisions", {"store_id": (store_id, store_id)})
    if rows.empty:
        decisions = result.tables["decisions"]
        known = ", ".join(str(known) for known in decisions["store_id"].head(3))
        raise InputError(
            f"store {store_id}", [f"the run has no such store; give one of its {len(decisions):,}, such as {known}"]
        )
    row = rows.iloc[0]
    if row["status"] == "participant":
        return _participant(row)
    if row["status"] == "uncovered":
        return _uncovered(row, result)
    asked = "conditions" in result.tables
    if asked and _is_excluded(result, int(row.store_id)):
        text = f"Store {row.store_id} is not signed because the plan was asked to leave it out."
        return Explanation(_one_row(row), text, "excluded", {"store_id": int(row.store_id)})
    months = _month_by_month(result, row)
    told = _signed(row, months, result) if row["status"] == "signed" else _not_chosen(row, months, result)
    return _by_conditions(told, result) if asked else told


def _is_excluded(result: "PlanResult", store_id: int) -> bool:
    return len(where(result.tables, "left_out", {"store_id": (store_id, store_id)})) > 0


def _by_conditions(told: Explanation, result: "PlanResult") -> Explanation:
    """Add that a store is promised, or what limits on its groups cost or bring it."""
    one = {"store_id": (told.figures["store_id"],) * 2}
    if len(where(result.tables, "promises", one)):
        return replace(told, text=f"{told.text} It is promised.", figures={**told.figures, "condition": "promised"})
    price = float(where(result.tables, "margins", one)["target_price"].iloc[0])
    if abs(price) < FITS:
        return told
    key, verb = ("brings", "brings it") if price < 0 else ("costs", "costs it")
    text = f"{told.text} A floor or cap that the plan was asked to keep {verb} {abs(price):.3f} in its place in line."
    return replace(told, text=text, figures={**told.figures, "condition": key, "limit_price": abs(price)})


def _participant(row: pd.Series) -> Explanation:
    text = (
        f"Store {row.store_id} has been in the system since before the plan: it is not signed again, and takes care "
        f"visits, throughput and capital from the first month."
    )
    return Explanation(_one_row(row), text, "participant", {"store_id": int(row.store_id)})


def _uncovered(row: pd.Series, result: "PlanResult") -> Explanation:
    uncovered = where(result.tables, "uncovered", {"store_id": (row.store_id, row.store_id)}).iloc[0]
    figures = {
        "store_id": int(row.store_id),
        "site_id": int(uncovered["nearest_site_id"]),
        "distance_km": float(uncovered["distance_km"]),
        "radius_km": float(result.meta["scenario"]["figures"]["network.front_radius_km"]),
    }
    text = (
        f"Store {figures['store_id']} is not signed because no front warehouse reaches it: the nearest, "
        f"{figures['site_id']}, is {figures['distance_km']:.1f} km away and serves {figures['radius_km']:.0f} km. "
        f"A radius of {_rounded_up(figures['distance_km']):.0f} km would cover it (network.front_radius_km)."
    )
    return Explanation(_one_row(row), text, "uncovered", figures)


def _signed(row: pd.Series, months: pd.DataFrame, result: "PlanResult") -> Explanation:
    at = _numbers(months.loc[pd.Timestamp(row["month"])])
    best = _best_month(months)
    figures = {
        "store_id": int(row.store_id),
        "month": row["month"],
        "best_month": best,
        "worth": at["worth"],
        "price": at["price"],
        "margin": at["margin"],
    }
    text = (
        f"Store {row.store_id} is signed in {row['month']:%B %Y}, served from warehouse {row['site_id']} "
        f"({row['distance_km']:.1f} km). It is worth {at['worth']:.3f} {_points(result)} and its "
        f"visits, throughput and capital cost {at['price']:.3f}, {_against(at['margin'], at['worth'])}."
    )
    return Explanation(_shown(months, row), f"{text} {_why_this_month(row['month'], best, months)}", "signed", figures)


def _why_this_month(month: pd.Timestamp, best: pd.Timestamp, months: pd.DataFrame) -> str:
    if month == best:
        return "No other month gives it a larger margin."
    better = _numbers(months.loc[best])["margin"] - _numbers(months.loc[month])["margin"]
    share = _percent(better / max(_numbers(months.loc[month])["worth"], FITS))
    return f"{best:%B %Y} would suit it {share} better, but that month's capacity went to stores that gain more by it."


def _not_chosen(row: pd.Series, months: pd.DataFrame, result: "PlanResult") -> Explanation:
    best = _best_month(months)
    at = _numbers(months.loc[best])
    resource = max(PRICES, key=lambda price: at[price])
    figures = {
        "store_id": int(row.store_id),
        "best_month": best,
        "worth": at["worth"],
        "price": at["price"],
        "margin": at["margin"],
        "resource": PRICES[resource],
    }
    head = (
        f"Store {row.store_id} is not signed. At best, in {best:%B %Y}, it is worth {at['worth']:.3f} {_points(result)}"
    )
    if at["margin"] < -FITS:
        figures["short_share"] = -at["margin"] / at["price"]
        less, more = _percent(figures["short_share"]), _percent(-at["margin"] / max(at["worth"], FITS))
        text = (
            f"{head} and costs {at['price']:.3f}, {more} more than that; most of it is the price of "
            f"{WORDS[PRICES[resource]]} ({at[resource]:.3f}). It reaches the line when its cost falls by {less}: it "
            f"takes {_room(row, best, result, PRICES[resource])}, of which other stores make more."
        )
        return Explanation(_shown(months, row), text, "priced_out", figures)
    short = _too_short(row, best, result)
    figures["short"] = short
    if short and at["margin"] > NO_TIE_SHARE * at["worth"]:
        text = f"{head} and costs {at['price']:.3f}, but there is no room for it: it lacks {short}."
        return Explanation(_shown(months, row), text, "no_room", figures)
    needs = f"it lacks {short}" if short else "ties are broken by order size and then by store id"
    text = (
        f"{head}, which {'equals' if at['margin'] < FITS else 'exceeds'} its price of {at['price']:.3f}: it stands at "
        f"the line, and what other stores leave of the capacities does not hold a whole store more; {needs}."
    )
    return Explanation(_shown(months, row), text, "at_the_line", figures)


def _month_by_month(result: "PlanResult", row: pd.Series) -> pd.DataFrame:
    """Worth and price of the store, started in each month."""
    store = _wave_store(result, int(row.store_id))
    plan = result.tables["plan_months"].set_index("month").sort_index()
    prices = {
        resource: _of_resource(result, row, resource).set_index("month")["shadow_price"].reindex(plan.index).to_numpy()
        for resource in WORDS
    }
    from_now = {resource: np.cumsum(price[::-1])[::-1] for resource, price in prices.items()}
    later = from_now["visits"] - prices["visits"]
    table = pd.DataFrame(
        {
            "worth": store["value"] * store["p_sign"] * plan["value_factor"] + plan.get("start_value", 0.0),
            "visits_price": store["visits_signup"] * prices["visits"] + store["visits_care"] * later,
            "volume_price": store["volume_m3_month"] * from_now["volume_m3"],
            "capital_price": store["capital_rmb"] * from_now["capital_rmb"],
        },
        index=plan.index,
    )
    table["price"] = table[list(PRICES)].sum(axis=1)
    table["margin"] = table["worth"] - table["price"]
    return table


def _points(result: "PlanResult") -> str:
    """Say what the objective counts: active stores, unless the scenario weighs money too."""
    figures = result.meta["scenario"]["figures"]
    money = any(figures.get(f"rollout.weight_{what}", 0.0) > 0 for what in ("gmv", "contribution"))
    return "points of the plan's objective" if money else "active stores at the end of the plan"


def _numbers(row: Any) -> dict[str, float]:
    return {str(name): float(value) for name, value in row.items()}


def _best_month(months: pd.DataFrame) -> pd.Timestamp:
    return pd.Timestamp(months.index[int(months["margin"].to_numpy().argmax())])


def _room(row: pd.Series, month: pd.Timestamp, result: "PlanResult", resource: str) -> str:
    """Capacity that would hold the store, in words."""
    store = _wave_store(result, int(row.store_id))
    match resource:
        case "visits":
            return (
                f"{store['visits_signup']:.1f} visits in {month:%B %Y} and {store['visits_care']:.1f} a month later in "
                f"territory {row['territory_id']}"
            )
        case "volume_m3":
            return f"{store['volume_m3_month']:.2f} m3 a month from {month:%B %Y} in warehouse {row['site_id']}"
        case _:
            return f"{store['capital_rmb']:,.0f} RMB of working capital from {month:%B %Y}"


def _too_short(row: pd.Series, month: pd.Timestamp, result: "PlanResult") -> str:
    """Say what the plan leaves too little of for this store; empty when it would fit."""
    store = _wave_store(result, int(row.store_id))
    needs = {
        "visits": lambda m: store["visits_signup"] if m == month else store["visits_care"],
        "volume_m3": lambda m: store["volume_m3_month"],
        "capital_rmb": lambda m: store["capital_rmb"],
    }
    for resource, need in needs.items():
        rows = _of_resource(result, row, resource)
        rows = rows[rows["month"] >= month]
        lack = rows["month"].map(need) - (rows["capacity"] - rows["used"])
        if len(lack) and lack.max() > FITS:
            worst = rows.iloc[int(lack.to_numpy().argmax())]
            return f"{lack.max():,.2f} {SHORT[resource]} in {worst['month']:%B %Y}"
    return ""


def _of_resource(result: "PlanResult", row: pd.Series, resource: str) -> pd.DataFrame:
    capacities = result.tables["capacities"]
    at = {"visits": row["territory_id"], "volume_m3": row["site_id"], "capital_rmb": 0}[resource]
    return capacities[(capacities["resource"] == resource) & (capacities["resource_id"] == at)]


def _wave_store(result: "PlanResult", store_id: int) -> pd.Series:
    return where(result.tables, "wave_stores", {"store_id": (store_id, store_id)}).iloc[0]


def _shown(months: pd.DataFrame, row: pd.Series) -> pd.DataFrame:
    return months.assign(chosen=months.index == row["month"]).reset_index()


def _one_row(row: pd.Series) -> pd.DataFrame:
    return row[["store_id", *MADE_IN]].to_frame().T.reset_index(drop=True)


def _against(margin: float, worth: float) -> str:
    share = _percent(abs(margin) / max(worth, FITS))
    if margin > FITS:
        return f"{share} less"
    return f"{share} more: it fills room that no better store fits" if margin < -FITS else "just as much"


def _percent(share: float) -> str:
    """Say a share in percent, with the digits that a small one needs."""
    return "less than 0.01%" if share < 1e-4 else f"{share:.2%}" if share < 1e-2 else f"{share:.1%}"


def _rounded_up(distance_km: float) -> float:
    return float(np.ceil(distance_km))
