"""Limits to take away: CSV and workbook. No name of a shop or a person is in them, only ids and places."""

import pandas as pd

from lst_workbench.planning.credit_study import CreditDecision, CreditStudy
from lst_workbench.views.downloads import excel_bytes
from lst_workbench.views.messages import text
from lst_workbench.views.words_credit import reason_words

LIMITS = [
    "store_id", "place_en", "place_zh", "settlement_kind", "points", "pd", "pd_low", "pd_high", "told_share",
    "wish_rmb", "need_rmb", "limit_rmb", "term_days", "order_rmb", "margin_rmb", "expected_loss_rmb", "tail_loss_rmb",
    "reasons_en", "reasons_zh",
]  # fmt: skip


def limit_rows(study: CreditStudy, decision: CreditDecision) -> pd.DataFrame:
    """Every store with its score, limit, order and reasons in both languages, largest limits first."""
    places = study.market.places[["place_id", "name_en", "name_zh"]]
    rows = decision.plan.merge(places, on="place_id", how="left")
    rows = rows.rename(columns={"name_en": "place_en", "name_zh": "place_zh"})
    for lang in ("en", "zh"):
        said = {reasons: reason_words(reasons, lang) for reasons in rows["reasons"].unique()}
        rows[f"reasons_{lang}"] = rows["reasons"].map(said)
    return rows.sort_values(["limit_rmb", "store_id"], ascending=[False, True], ignore_index=True)[LIMITS]


def workbook_bytes(study: CreditStudy, decision: CreditDecision) -> bytes:
    """Workbook: what it is, limits, budgets, bad years, fairness, the score's points and its model card."""
    about = pd.DataFrame({"item": list(decision.kpis), "value": list(decision.kpis.values())}, dtype=object)
    stores = text("synthetic" if study.market.meta.synthetic else "stores.own")
    head = pd.DataFrame({"item": ["market", "stores", "assumed of rejected applications"],
                         "value": [study.market.meta.name, stores, study.assumption]}, dtype=object)  # fmt: skip
    return excel_bytes(
        {
            "about": pd.concat([head, about], ignore_index=True), "limits": limit_rows(study, decision),
            "budgets": decision.budgets, "bad years": decision.stress, "fairness": decision.fairness,
            "points": study.card.tables["points"], "measures": study.told.tables["measures"],
            "cut-offs": study.cutoffs, "model card": study.told.tables["data"],
        }
    )  # fmt: skip
