"""What shoppers want, from weekly sales by item: a choice model a category and segment, and visits behind the sales."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.assortment import fit_mnl
from lst_workbench.contracts import LstError
from lst_workbench.contracts.kinds import RURAL

LEAST_PURCHASES = 500  # fewer of a segment: all stores speak for it
NO_DIVERSION = pd.DataFrame({"alternative": [], "goes_to": [], "diversion_share": []})
UNFITTED = {"mcfadden_r2_share": np.nan, "warnings": "one item: there is no choice to learn from"}


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

    A category that sold nothing is left out.

    Utilities are set so that `buy_share` of visitors buy when every item is there.

    Parameters
    ----------
    sales : DataFrame
        As `with_segments` gives it; rows out of stock tell what was not on offer.
    buy_share : float
        Assumed share of visitors who buy.

    Raises
    ------
    LstError
        Nothing was sold at all.
    """
    utilities, diversion, fits = [], [], []
    for category, rows in sales[sales["in_stock"]].groupby("category", sort=True):
        if not rows["quantity"].any():
            continue
        for segment in sorted(sales["segment"].unique()):
            own = rows[rows["segment"] == segment]
            own = own if own["quantity"].sum() >= LEAST_PURCHASES else rows
            keys = {"category": category, "segment": segment}
            shares, goes_to, told = _learned(own)
            odds = shares["choice_probability"] * buy_share / (1 - buy_share)
            utilities.append(pd.DataFrame({**keys, "sku": shares["alternative"], "utility": np.log(odds)}))
            diversion.append(goes_to.assign(**keys))
            fits.append({**keys, **told})
    if not fits:
        raise LstError("Nothing was sold in any category, so there is no choice to learn from; give weeks with sales.")
    return Wants(
        pd.concat(utilities, ignore_index=True), pd.concat(diversion, ignore_index=True), pd.DataFrame(fits)
    )  # fmt: skip


def _learned(own: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, object]]:
    """Shares of a category's items when all are there, who goes where without one, and how well that is known."""
    choices = pd.DataFrame({
        "choice_id": own.groupby(["store_id", "week"]).ngroup(), "alternative": own["sku"], "chosen": own["quantity"],
    })  # fmt: skip
    everything = choices[["alternative"]].drop_duplicates().assign(choice_id=0)
    if len(everything) == 1:  # no choice to fit: who buys, buys it
        bought = {"choices": float(choices["choice_id"].nunique()), "purchases": float(choices["chosen"].sum())}
        return everything.assign(choice_probability=1.0), NO_DIVERSION, {**bought, **UNFITTED}
    fit = fit_mnl(choices, [], constants=True)
    whole = fit.predict(pd.DataFrame({"choice_id": 0, "alternative": fit.model.alternatives}))
    known = fit.kpis()
    told = {name: known[name] for name in ("choices", "purchases", "mcfadden_r2_share")}
    return whole, fit.diversion(choices[["choice_id", "alternative"]]), {**told, "warnings": " ".join(fit.warnings)}


def visits_week(sales: pd.DataFrame, utilities: pd.DataFrame) -> pd.Series:
    """Visits a week by store and category: sales over the share of visitors whom that week's shelf lets buy."""
    rows = sales.merge(utilities, on=["category", "segment", "sku"])
    rows = rows.assign(there=np.where(rows["in_stock"], np.exp(rows["utility"]), 0.0))
    weeks = rows.groupby(["store_id", "category", "week"])[["quantity", "there"]].sum()
    weeks = weeks[weeks["there"] > 0]
    weeks["visits"] = weeks["quantity"] * (1 + weeks["there"]) / weeks["there"]
    return weeks.groupby(["store_id", "category"])["visits"].mean()
