"""Catchments: who shops where, and what sales say of how far people go."""

from lst_workbench.catchment.calibrate import HuffCalibration, calibrate_huff, huff_shares
from lst_workbench.catchment.huff import HuffResult, huff_catchments, store_cells
from lst_workbench.catchment.params import HuffParams

__all__ = [
    "HuffCalibration",
    "HuffParams",
    "HuffResult",
    "calibrate_huff",
    "huff_catchments",
    "huff_shares",
    "store_cells",
]
