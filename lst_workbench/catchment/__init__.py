"""Catchments: who shops where, and what sales say of how far people go."""

from lst_workbench.catchment.access import cell_access
from lst_workbench.catchment.calibrate import HuffCalibration, calibrate_huff, huff_shares
from lst_workbench.catchment.calibrate_sales import SalesCalibration, calibrate_on_sales
from lst_workbench.catchment.huff import HuffResult, huff_catchments, store_cells
from lst_workbench.catchment.overlaps import shared_shoppers
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.profiles import catchment_profiles, place_profiles
from lst_workbench.catchment.rivals import TransferResult, store_rivals, transfer_shoppers
from lst_workbench.catchment.similar import find_similar

__all__ = [
    "HuffCalibration",
    "HuffParams",
    "HuffResult",
    "SalesCalibration",
    "TransferResult",
    "calibrate_huff",
    "calibrate_on_sales",
    "catchment_profiles",
    "cell_access",
    "find_similar",
    "huff_catchments",
    "huff_shares",
    "place_profiles",
    "shared_shoppers",
    "store_cells",
    "store_rivals",
    "transfer_shoppers",
]
