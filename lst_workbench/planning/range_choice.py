"""What shoppers want, from weekly sales by item: a choice model a category and segment, and visits behind the sales."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.assortment import fit_mnl
from lst_workbench.contracts.kinds import RURAL

LEAST_PURCHASES = 500  # fewer of a segment: all stores speak for it


@dataclass(frozen=True)
class Wants:
    """Utilities (category, segment, sku, utility; leaving has 0), diversion, how well each model fits, and warnings."""

    utilities: pd.DataFrame
    diversion: pd.DataFrame
    fits: pd.DataFrame


def with_segments(sales: pd.DataFrame, items: pd.DataFrame, stores: pd.DataFrame) -> pd.DataFrame:
    """Join sales by item with category and segment (town, country): store_id, week, sku, category, segment, ..."""
    kind = stores.set_index("store_id")["settlement_kind"].astype(str)
    segment = sales["store_id"].map(kind).isin(RURAL).map({True: "country", False: "town"})
    rows = sales.rename(columns={"item_id": "sku"}).assign(segment=segment)
    return rows.merge(items[["sku", "category"]], on="sku")


def learn_wants(sales: pd.DataFrame, buy_share: float) -> Wants:
    """Fit a logit with a constant for each item, by category and segment, on what was on the shelf.

    Utilities are set so that `buy_share` of visitors buy when every item is there.

    Parameters
    ----------
    sales : DataFrame
        As `with_segments` gives it; rows out of stock tell what was not on offer.
    buy_share : float
        Assumed share of visitors who buy.
    """
    utilities, diversion, fits = [], [], []
    for category, rows in sales[sales["in_stock"]].groupby("category", sort=True):
        for segment in sorted(sales["segment"].unique()):
            own = rows[rows["segment"] == segment]
            own = own if own["quantity"].sum() >= LEAST_PURCHASES else rows
            choices = pd.DataFrame({
                "choice_id": own.groupby(["store_id", "week"]).ngroup(), "alternative": own["sku"],
                "chosen": own["quantity"],
            })  # fmt: skip
            fit = fit_mnl(choices, [], constants=True)
            whole = fit.predict(pd.DataFrame({"choice_id": 0, "alternative": fit.model.alternatives}))
            odds = whole["choice_probability"] * buy_share / (1 - buy_share)
            keys = {"category": category, "segment": segment}
            utilities.append(pd.DataFrame({**keys, "sku": whole["alternative"], "utility": np.log(odds)}))
            everything = choices[["choice_id", "alternative"]]
            diversion.append(fit.diversion(everything).assign(**keys))
            known = fit.kpis()
            fits.append({**keys, **{name: known[name] for name in ("choices", "purchases", "mcfadden_r2_share")},
                         "warnings": " ".join(fit.warnings)})  # fmt: skip
    return Wants(
        pd.concat(utilities, ignore_index=True), pd.concat(diversion, ignore_index=True), pd.DataFrame(fits)
    )  # fmt: skip


def visits_week(sales: pd.DataFrame, utilities: pd.DataFrame) -> pd.Series:
    """Visits a week by store and category: sales over the share of visitors whom that week's shelf lets buy."""
    rows = sales.merge(utilities, on=["category", "segment", "sku"])
    rows = rows.assign(there=np.where(rows["in_stock"], np.exp(rows["utility"]), 0.0))
    weeks = rows.groupby(["store_id", "category", "week"])[["quantity", "there"]].sum()
    weeks = weeks[weeks["there"] > 0]
    weeks["visits"] = weeks["quantity"] * (1 + weeks["there"]) / weeks["there"]
    return weeks.groupby(["store_id", "category"])["visits"].mean()
