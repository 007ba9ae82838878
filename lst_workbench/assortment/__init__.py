"""Range and display: what shoppers choose, and which range serves them best."""

from lst_workbench.assortment.audit import audit_assortment
from lst_workbench.assortment.facings import FacingParams, FacingsResult, allocate_facings
from lst_workbench.assortment.mnl import MnlParams, fit_mnl
from lst_workbench.assortment.mnl_result import MnlResult
from lst_workbench.assortment.nested import NestedResult, fit_nested
from lst_workbench.assortment.prices import PriceResult, price_elasticity
from lst_workbench.assortment.ranges import AssortmentParams, AssortmentResult, optimise_assortment
from lst_workbench.assortment.segments import SegmentsResult, fit_segments
from lst_workbench.assortment.stockouts import UnseenResult, recover_demand
from lst_workbench.assortment.swaps import plan_swaps
from lst_workbench.assortment.uplift import UpliftResult, range_uplift, trial_stores
from lst_workbench.assortment.wide_tables import long_choices

__all__ = [
    "AssortmentParams",
    "AssortmentResult",
    "FacingParams",
    "FacingsResult",
    "MnlParams",
    "MnlResult",
    "NestedResult",
    "PriceResult",
    "SegmentsResult",
    "UnseenResult",
    "UpliftResult",
    "allocate_facings",
    "audit_assortment",
    "fit_mnl",
    "fit_nested",
    "fit_segments",
    "long_choices",
    "optimise_assortment",
    "plan_swaps",
    "price_elasticity",
    "range_uplift",
    "recover_demand",
    "trial_stores",
]
