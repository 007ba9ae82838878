"""The synthetic China: real places, modelled people, synthetic shops; one generator module per table."""

from lst_workbench.market.synthetic.draw import draw_market
from lst_workbench.market.synthetic.geography import Geography, read_geography
from lst_workbench.market.synthetic.params import Drawing, Figures

__all__ = ["Drawing", "Figures", "Geography", "draw_market", "read_geography"]
