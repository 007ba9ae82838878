"""The brief for a customised item: which pack at which price is wanted and not on offer, and where a run would sell."""

import numpy as np
import pandas as pd

from lst_workbench.planning.range_study import RangeStudy

TIERS = {"low": 0.75, "middle": 1.0, "high": 1.35}  # of the category's mean price
EDGES = (0.88, 1.16)  # between them lies the middle
SHRUNK = 1.0  # ridge of the regression on few items
COUNTIES = 3


def wanted_items(study: RangeStudy) -> pd.DataFrame:
    """Find packs and price tiers that shoppers would take and no item of the category offers.

    Utilities of the items on offer are regressed on pack and price over the category's mean, for town and country. A
    combination that no item has gets the utility that this tells; what it would sell beside today's range, in every
    shop of the study, is v / (1 + sum of v carried + v) of the visits, and only that part which today's range does not
    serve is new.

    Returns
    -------
    DataFrame
        category, pack, tier, price_rmb, units_week, low_units_week (utility one standard error lower), new_units_week
        (not taken from items of today's range), weeks_to_fill (one production run; empty where none sells), counties
        (the three that take most: place codes by county, the most first), county_share (of all units).

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder, load_scenario
    >>> from lst_workbench.market import read_market
    >>> from lst_workbench.planning.range_study import study_range
    >>> table = wanted_items(study_range(read_market(data_folder() / "sample"), load_scenario("base")))
    >>> bool((table["new_units_week"] <= table["units_week"]).all())
    True
    """
    run = float(study.figures["range.production_run_units"])
    shops = _shops(study)
    parts = [
        _of_category(str(name), goods, study.wants.utilities, shops[shops["category"] == name])
        for name, goods in study.items.groupby("category", sort=True)
    ]
    table = pd.concat([part for part in parts if len(part)], ignore_index=True)
    table["weeks_to_fill"] = (run / table["units_week"]).where(table["units_week"] > 0)
    return table.sort_values("new_units_week", ascending=False, ignore_index=True)


def _shops(study: RangeStudy) -> pd.DataFrame:
    """Visits, what is carried (sum of exp utility), segment and county of every shop and category."""
    rows = study.carried.merge(study.wants.utilities, on=["category", "segment", "sku"])
    carried = (
        rows.assign(v=np.exp(rows["utility"])).groupby(["store_id", "category", "segment"], as_index=False)["v"].sum()
    )
    shops = carried.merge(study.stores[["store_id", "category", "visits_week"]], on=["store_id", "category"])
    place = study.market.stores[["store_id", "place_id"]].merge(
        study.market.places[["place_id", "county_code"]], on="place_id", how="left"
    )
    return shops.merge(place[["store_id", "county_code"]], on="store_id", how="left")


def _of_category(name: str, goods: pd.DataFrame, utilities: pd.DataFrame, shops: pd.DataFrame) -> pd.DataFrame:
    mean = float(goods["price_rmb"].mean())
    relative = goods["price_rmb"] / mean
    tier = np.array(list(TIERS))[np.searchsorted(EDGES, relative.to_numpy())]
    there = set(zip(goods["pack"].astype(str), tier, strict=True))
    missing = [
        (pack, t) for pack in sorted(goods["pack"].astype(str).unique()) for t in TIERS if (pack, t) not in there
    ]
    rows = []
    for pack, at in missing:
        told = {seg: _utility(goods, relative, own, pack, TIERS[at]) for seg, own in utilities[
            utilities["category"] == name].groupby("segment")}  # fmt: skip
        rows.append(
            {"category": name, "pack": pack, "tier": at, "price_rmb": round(mean * TIERS[at], 1), **_sold(told, shops)}
        )
    return pd.DataFrame(rows)


def _utility(
    goods: pd.DataFrame, relative: pd.Series, own: pd.DataFrame, pack: str, price: float
) -> tuple[float, float]:
    """Tell the utility of a pack at a price, and its standard error, by ridge regression on the items on offer."""
    known = goods[["sku", "pack"]].assign(price=relative).merge(own[["sku", "utility"]], on="sku")
    packs = sorted(known["pack"].astype(str).unique())
    design = np.column_stack(
        [np.ones(len(known)), known["price"] - 1, *(known["pack"].astype(str) == p for p in packs[1:])]
    )
    ask = np.array([1.0, price - 1, *(float(pack == p) for p in packs[1:])])
    ridge = np.diag([0.0, *[SHRUNK] * (design.shape[1] - 1)])
    inverse = np.linalg.inv(design.T @ design + ridge)
    beta = inverse @ design.T @ known["utility"].to_numpy()
    left = known["utility"].to_numpy() - design @ beta
    variance = float(left @ left) / max(len(known) - design.shape[1], 1)
    return float(ask @ beta), float(np.sqrt(variance * (1 + ask @ inverse @ ask)))


def _sold(told: dict[str, tuple[float, float]], shops: pd.DataFrame) -> dict[str, object]:
    """Units a week in all shops, on the mean and one standard error lower, what is new, and where."""
    best, error = (
        shops["segment"].map({name: pair[side] for name, pair in told.items()}).to_numpy() for side in (0, 1)
    )
    visits, carried = shops["visits_week"].to_numpy(), shops["v"].to_numpy()
    v, low = np.exp(best), np.exp(best - error)
    units = visits * v / (1 + carried + v)
    new = visits * ((carried + v) / (1 + carried + v) - carried / (1 + carried))
    county = pd.Series(units).groupby(shops["county_code"].to_numpy()).sum().sort_values(ascending=False)
    first = county.head(COUNTIES)
    return {
        "units_week": float(units.sum()), "low_units_week": float((visits * low / (1 + carried + low)).sum()),
        "new_units_week": float(new.sum()), "counties": ", ".join(str(int(code)) for code in first.index),
        "county_share": float(first.sum() / max(county.sum(), 1e-9)),
    }  # fmt: skip
