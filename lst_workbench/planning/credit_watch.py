"""What must be watched once credit is out: drift, roll rates, provisions, cash, and the score against a challenger."""

from dataclasses import replace

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.credit import (
    calibration_drift,
    cash_tied_up,
    challenge,
    compare_policies,
    design_limit_test,
    early_warnings,
    ifrs9_stages,
    population_drift,
    roll_rates,
    vintage_curves,
)
from lst_workbench.market import read_payments
from lst_workbench.planning.credit_inputs import MONOTONE
from lst_workbench.planning.credit_levers import CreditLevers, budgets_of
from lst_workbench.planning.credit_study import CreditDecision, CreditStudy

RECENT_DAYS = 120
LIFT_SHARE, STEP_SHARE = 0.5, 0.25
STAGES = ["stage", "stores", "owed_rmb", "provision_rmb", "cover_share"]


def watched(study: CreditStudy) -> dict[str, pd.DataFrame]:
    """Gather all that is watched and does not follow from the budgets.

    Returns
    -------
    dict
        ``vintages`` (`vintage_curves`), ``warnings`` (`early_warnings`), ``drift`` (PSI and CSI of the latest
        applications against those before), ``calibration`` (`calibration_drift`, on PDs of fits that had not seen the
        store), ``rolls`` (`roll_rates`; empty where nobody knows payments by month), ``stages`` (IFRS 9),
        ``challenger`` (`challenge`).
    """
    given = study.applications[study.applications["approved"]].reset_index(drop=True)
    live = live_book(study)
    tried = given.assign(pd=study.known.held_out)
    return {
        "vintages": vintage_curves(study.history[study.history["approved"]], "decided", "defaulted", study.today),
        "warnings": early_warnings(live),
        "drift": drift_of(study),
        "calibration": calibration_drift(tried[tried["pd"].notna()], "default", "decided"),
        "rolls": rolls_of(study),
        "stages": stages_of(live),
        "challenger": challenge(study.known, given, "default", MONOTONE),
    }


def live_book(study: CreditStudy) -> pd.DataFrame:
    """List stores that owe today and are not in default: what they owe, how late they are, PD now and at the start."""
    live = study.history[(study.history["owed_rmb"] > 0) & study.history["defaulted"].isna()]
    columns = ["store_id", "owed_rmb", "limit_rmb", "days_past_due", "orders_rmb", "orders_year_ago_rmb"]
    book = live[columns].merge(study.scores[["store_id", "pd"]], on="store_id")
    then = study.card.score(study.applications.set_index("store_id").loc[book["store_id"]])["pd"].to_numpy()
    return book.assign(pd_at_start=then, lgd=float(study.figures["credit.lgd"]))


def drift_of(study: CreditStudy) -> pd.DataFrame:
    """PSI of the score and CSI of its features: the latest applications against those before them."""
    late = study.applications["decided"] > study.applications["decided"].max() - pd.Timedelta(days=RECENT_DAYS)
    past, now = study.applications[~late], study.applications[late]
    if not len(past):
        return pd.DataFrame(columns=["feature", "psi", "chance_limit", "bins", "verdict", "moved_most"])
    try:
        return population_drift(study.card, past, now, "decided")
    except InputError:  # a trial shorter than a year has no such season before
        return population_drift(study.card, past, now)


def rolls_of(study: CreditStudy) -> pd.DataFrame:
    """Tell the share of stores that move from one state of lateness to another within a month."""
    payments = read_payments(study.market)
    if payments is None:
        return pd.DataFrame(columns=["from_state", "to_state", "stores", "share", "low", "high"])
    return roll_rates(payments)


def stages_of(live: pd.DataFrame) -> pd.DataFrame:
    """IFRS 9 stages of what is owed: stage, stores, owed_rmb, provision_rmb, cover_share (provision over owed)."""
    if live.empty:
        return pd.DataFrame(columns=STAGES)
    columns = ["store_id", "pd", "lgd", "pd_at_start", "days_past_due"]
    staged = ifrs9_stages(live[columns].assign(ead_rmb=live["owed_rmb"]))
    sums = staged.groupby("stage")[["ead_rmb", "provision_rmb"]].sum().rename(columns={"ead_rmb": "owed_rmb"})
    sums.insert(0, "stores", staged["stage"].value_counts())
    sums = sums.reindex([1, 2, 3], fill_value=0).reset_index()
    return sums.assign(cover_share=(sums["provision_rmb"] / sums["owed_rmb"].where(sums["owed_rmb"] > 0)).fillna(0.0))


def cash_of(study: CreditStudy, decision: CreditDecision) -> pd.DataFrame:
    """Sum up cash that the limits tie up by month, as a plan signs stores (`cash_tied_up`); no rows without a plan."""
    if study.starts is None:
        return cash_tied_up(pd.DataFrame({"store_id": [], "month": []}), decision.plan, [], 0.0)
    months = pd.date_range(study.today, periods=int(study.figures["rollout.months"]), freq="MS")
    return cash_tied_up(study.starts, decision.plan, list(months), float(study.figures["credit.drawn_share"]))


def policies_of(study: CreditStudy, levers: CreditLevers, caps: pd.DataFrame | None = None) -> pd.DataFrame:
    """Flat, score-scaled and cut-off policies beside the best limits, all within the same budgets.

    None of them has a least useful limit here: a flat share of need knows none.
    """
    asked = study.asked(levers)
    return compare_policies(asked, budgets_of(levers, asked, caps), params=replace(study.params, min_useful_rmb=0.0))


def limit_test(
    study: CreditStudy, decision: CreditDecision, lift_share: float = LIFT_SHARE, step_share: float = STEP_SHARE
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Draw a randomised test of higher limits among the stores with credit (`design_limit_test`)."""
    asked = study.asked(decision.levers)
    limits = asked[["store_id", "lgd", "city"]].merge(decision.plan[["store_id", "pd", "limit_rmb"]], on="store_id")
    return design_limit_test(limits, lift_share, step_share)
