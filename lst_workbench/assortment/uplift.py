"""What better ranges are worth beyond the data they were chosen on, and how large a trial would prove it."""

from dataclasses import dataclass
from math import ceil

import numpy as np
import pandas as pd
from scipy.special import ndtri

from lst_workbench.assortment.ranges import AssortmentParams, optimise_assortment
from lst_workbench.contracts import InputError

QUICK = AssortmentParams(baselines=False, contract_costs=False)


@dataclass(frozen=True)
class UpliftResult:
    """Gains in sample and out of it; see `range_uplift`."""

    tables: dict[str, pd.DataFrame]

    def kpis(self) -> dict[str, float]:
        """Give the figures of the first row of ``uplift``: the best range of each store against today's."""
        row = self.tables["uplift"].iloc[0]
        return {str(name): float(row[name]) for name in row.index if name != "against"}


def range_uplift(
    stores: pd.DataFrame,
    items: pd.DataFrame,
    learned: pd.DataFrame,
    held_out: pd.DataFrame,
    current: pd.DataFrame,
    must_carry: pd.DataFrame | None = None,
    *,
    interval_z: float = 1.2816,
    power: float = 0.8,
    significance: float = 0.05,
    params: AssortmentParams = QUICK,
) -> UpliftResult:
    """Choose ranges by one half of the data and judge them by the other: the optimiser's curse is taken off.

    The items a range takes are those whose utility was over-estimated, so its value in sample is too good. Utilities
    fitted on weeks (or stores) held out know nothing of the choice: what the range gains under them is fair.

    Parameters
    ----------
    stores, items, must_carry
        As in `optimise_assortment`.
    learned, held_out : DataFrame
        Utilities from two fits that share no data.
    current : DataFrame
        store_id, sku: today's range.
    interval_z : float
        Standard errors on each side in ``low`` and ``high``; 1.28 for P10 to P90.
    power, significance : float
        Chance that the trial shows a true gain; chance that it shows one by luck (two-sided).
    params : AssortmentParams
        Tuning.

    Returns
    -------
    UpliftResult
        ``tables["stores"]``: store_id, value_rmb_visit (in sample), held_out_rmb_visit, today_rmb_visit (held out),
        gain_rmb_visit, gain_in_sample_rmb_visit. ``tables["uplift"]``, one row: against, stores, gain_rmb_visit with
        low and high, gain_share (of today's value), shrinkage_share (gain out of sample over gain in it),
        trial_stores (in each arm, to prove the gain from the spread of values between stores).

    Raises
    ------
    InputError
        As `optimise_assortment`, and when fewer than two stores have both.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> stores = pd.DataFrame({"store_id": range(40), "shelf_cm": 50.0})
    >>> items = pd.DataFrame({"sku": range(20), "width_cm": 10.0, "margin_rmb": 1.0})
    >>> pairs = pd.MultiIndex.from_product([range(40), range(20)], names=["store_id", "sku"]).to_frame(index=False)
    >>> true = rng.normal(-2, 0.5, 800)
    >>> learned, held_out = (pairs.assign(utility=true + rng.normal(0, 0.5, 800)) for _ in range(2))
    >>> result = range_uplift(stores, items, learned, held_out, pairs[pairs["sku"] < 5])
    >>> 0 < result.kpis()["shrinkage_share"] < 1
    True
    """
    best = optimise_assortment(stores, items, learned, must_carry, current, params)
    fair = optimise_assortment(stores, items, held_out, must_carry, best.tables["ranges"], params).tables["stores"]
    today = optimise_assortment(stores, items, held_out, must_carry, current, params).tables["stores"]
    chosen = best.tables["stores"].set_index("store_id")
    table = pd.DataFrame({
        "value_rmb_visit": chosen["value_rmb_visit"],
        "held_out_rmb_visit": fair.set_index("store_id")["today_rmb_visit"],
        "today_rmb_visit": today.set_index("store_id")["today_rmb_visit"],
    }).dropna()  # fmt: skip
    if len(table) < 2:
        raise InputError("held_out", [f"{len(table)} stores have utilities in both halves; give two or more"])
    table["gain_rmb_visit"] = table["held_out_rmb_visit"] - table["today_rmb_visit"]
    table["gain_in_sample_rmb_visit"] = (chosen["value_rmb_visit"] - chosen["today_rmb_visit"]).loc[table.index]
    gain = float(table["gain_rmb_visit"].mean())
    error = float(table["gain_rmb_visit"].std(ddof=1)) / np.sqrt(len(table))
    spread = float(table["today_rmb_visit"].std(ddof=1))
    row = {
        "against": "today", "stores": len(table), "gain_rmb_visit": gain, "low_rmb_visit": gain - interval_z * error,
        "high_rmb_visit": gain + interval_z * error, "gain_share": gain / float(table["today_rmb_visit"].mean()),
        "shrinkage_share": gain / max(float(table["gain_in_sample_rmb_visit"].mean()), 1e-12),
        "trial_stores": trial_stores(gain, spread, power=power, significance=significance),
    }  # fmt: skip
    return UpliftResult({"uplift": pd.DataFrame([row]), "stores": table.reset_index(names="store_id")})


def trial_stores(gain: float, sd: float, *, power: float = 0.8, significance: float = 0.05) -> float:
    """Count the stores in each arm of a trial that would show a gain, two-sided.

    n = 2 ((z_(1 - significance / 2) + z_power) sd / gain)^2; infinitely many for no gain.

    Parameters
    ----------
    gain, sd : float
        The gain of a store, and the standard deviation between stores of what is compared, in the same unit.
    power, significance : float
        Chance that the trial shows a true gain; chance that it shows one by luck.

    Examples
    --------
    >>> trial_stores(0.5, 1.0)
    63.0
    """
    if gain <= 0:
        return np.inf
    return float(ceil(2 * ((ndtri(1 - significance / 2) + ndtri(power)) * sd / gain) ** 2))
