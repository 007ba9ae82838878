"""Range and display: what shoppers choose, and which range serves them best."""

from lst_workbench.assortment.mnl import MnlParams, fit_mnl
from lst_workbench.assortment.mnl_result import MnlResult

__all__ = ["MnlParams", "MnlResult", "fit_mnl"]
