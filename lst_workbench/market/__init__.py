"""What is known of a market: its tables in one bundle, checked on reading, written whole or not at all."""

from lst_workbench.market.build import SOURCES, build_market
from lst_workbench.market.bundle import TABLES, Market, MarketMeta, fingerprint_of
from lst_workbench.market.check import check_market
from lst_workbench.market.files import read_market, write_market

__all__ = [
    "SOURCES",
    "TABLES",
    "Market",
    "MarketMeta",
    "build_market",
    "check_market",
    "fingerprint_of",
    "read_market",
    "write_market",
]
