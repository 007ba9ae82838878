"""Limits to take away: CSV and workbook. No name of a shop or a person is in them, only ids and places."""

from collections.abc import Mapping

import pandas as pd

from lst_workbench.market import Market
from lst_workbench.views.downloads import excel_bytes
from lst_workbench.views.messages import text
from lst_workbench.views.words_credit import reason_words

LIMITS = [
    "store_id", "place_en", "place_zh", "settlement_kind", "points", "pd", "pd_low", "pd_high", "told_share",
    "wish_rmb", "need_rmb", "limit_rmb", "term_days", "order_rmb", "margin_rmb", "expected_loss_rmb", "tail_loss_rmb",
    "reasons_en", "reasons_zh",
]  # fmt: skip
# Sheet by sheet: its title and the table on it.
SHEETS = {
    "budgets": "budgets", "bad years": "stress", "fairness": "fairness", "policies": "policies", "frontier": "frontier",
    "cash by month": "cash", "stages": "stages", "roll rates": "rolls", "drift": "drift", "calibration": "calibration",
    "challenger": "challenger", "vintages": "vintages", "warnings": "warnings", "limit test": "limit_test",
    "points": "points", "measures": "model_measures", "cut-offs": "cutoffs", "model card": "model_data",
}  # fmt: skip


def limit_rows(places: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Every store with its score, limit, order and reasons in both languages, largest limits first."""
    rows = plan.merge(places[["place_id", "name_en", "name_zh"]], on="place_id", how="left")
    rows = rows.rename(columns={"name_en": "place_en", "name_zh": "place_zh"})
    for lang in ("en", "zh"):
        said = {reasons: reason_words(reasons, lang) for reasons in rows["reasons"].unique()}
        rows[f"reasons_{lang}"] = rows["reasons"].map(said)
    return rows.sort_values(["limit_rmb", "store_id"], ascending=[False, True], ignore_index=True)[LIMITS]


def workbook_bytes(market: Market, tables: Mapping[str, pd.DataFrame], assumption: str) -> bytes:
    """Workbook: what it is, limits, budgets, bad years, what is watched, the score's points and its model card.

    Parameters
    ----------
    market : Market
        For its name and places.
    tables : mapping
        Of `credit_tables`.
    assumption : str
        What was assumed of rejected applications.
    """
    stores = text("synthetic" if market.meta.synthetic else "stores.own")
    head = pd.DataFrame({"item": ["market", "stores", "assumed of rejected applications"],
                         "value": [market.meta.name, stores, assumption]}, dtype=object)  # fmt: skip
    figures = tables["kpis"][["name", "value"]].rename(columns={"name": "item"}).astype(object)
    sheets = {title: tables[name] for title, name in SHEETS.items() if name in tables}
    about = pd.concat([head, figures], ignore_index=True)
    return excel_bytes({"about": about, "limits": limit_rows(market.places, tables["credit_plan"]), **sheets})
