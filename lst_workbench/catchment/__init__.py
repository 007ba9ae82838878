"""Catchments: who shops where."""

from lst_workbench.catchment.huff import HuffResult, huff_catchments, store_cells
from lst_workbench.catchment.params import HuffParams

__all__ = ["HuffParams", "HuffResult", "huff_catchments", "store_cells"]
