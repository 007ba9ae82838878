"""Advice on ranges and orders to take away: rows with ids and places, no name of a shop or a person."""

import pandas as pd

from lst_workbench.inventory import OrderResult
from lst_workbench.planning.range_study import RangeStudy
from lst_workbench.views.downloads import excel_bytes
from lst_workbench.views.messages import text

MOST_SWAPS = 4  # a store; with its order that makes five


def swap_rows(study: RangeStudy) -> pd.DataFrame:
    """List swaps of every store, at most four a store, with place, item names and gain a week."""
    rows = study.swaps.groupby("store_id").head(MOST_SWAPS)
    return _placed(rows, study).sort_values(
        ["store_id", "gain_rmb_week"], ascending=[True, False], ignore_index=True
    )  # fmt: skip


def order_rows(study: RangeStudy, orders: OrderResult) -> pd.DataFrame:
    """Order lines of every store, most valuable first; the number of a line is its rank in the store."""
    lines = orders.tables["orders"].sort_values(["store_id", "value_rmb"], ascending=[True, False])
    about = study.items[["sku", "category", "brand", "pack", "case_pack"]]
    return _placed(lines.merge(about, on="sku", how="left"), study)


def range_workbook(study: RangeStudy) -> bytes:
    """Workbook: what it is, swaps, ranges, stores, uplift out of sample, diversion and the choice models."""
    kpis = study.kpis()
    stores = text("synthetic" if study.market.meta.synthetic else "stores.own")
    said = {"market": study.market.meta.name, "shown": stores, **kpis}
    about = pd.DataFrame({"item": list(said), "value": list(said.values())}, dtype=object)
    return excel_bytes({
        "about": about, "swaps": swap_rows(study), "ranges": study.ranges, "stores": study.stores,
        "uplift": study.uplift, "diversion": study.wants.diversion, "models": study.wants.fits,
    })  # fmt: skip


def _placed(rows: pd.DataFrame, study: RangeStudy) -> pd.DataFrame:
    place = study.market.stores[["store_id", "place_id"]].merge(
        study.market.places[["place_id", "name_en", "name_zh"]], on="place_id", how="left"
    )
    place = place.rename(columns={"name_en": "place_en", "name_zh": "place_zh"}).drop(columns="place_id")
    placed = rows.merge(place, on="store_id", how="left")
    first = ["store_id", "place_en", "place_zh"]
    return placed[[*first, *[name for name in placed if name not in first]]]
