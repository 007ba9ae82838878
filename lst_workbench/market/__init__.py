"""What is known of a market: its tables in one bundle, checked on reading, written whole or not at all."""

from lst_workbench.market.borrowers import read_credit, read_payments
from lst_workbench.market.build import SOURCES, build_market
from lst_workbench.market.bundle import TABLES, Market, MarketMeta, competing, fingerprint_of
from lst_workbench.market.census import CensusCheck, compare_with_census, read_census
from lst_workbench.market.check import check_market, check_provinces
from lst_workbench.market.claims import claimed
from lst_workbench.market.files import market_files, read_market, write_market
from lst_workbench.market.importing import Imported, import_market, propose_import, quality_of, read_quality, trust_of
from lst_workbench.market.landmarks import landmarks, prefecture_names, province_names
from lst_workbench.market.lookup import find_store, with_store_ids
from lst_workbench.market.synthetic.stores import TOUR_STORE_ID
from lst_workbench.market.tills import read_items, read_orders, read_sales

__all__ = [
    "SOURCES",
    "TABLES",
    "Imported",
    "CensusCheck",
    "TOUR_STORE_ID",
    "Market",
    "MarketMeta",
    "build_market",
    "check_market",
    "check_provinces",
    "compare_with_census",
    "competing",
    "find_store",
    "fingerprint_of",
    "import_market",
    "landmarks",
    "prefecture_names",
    "province_names",
    "propose_import",
    "quality_of",
    "read_census",
    "read_credit",
    "read_payments",
    "claimed",
    "market_files",
    "read_items",
    "read_market",
    "read_orders",
    "read_quality",
    "read_sales",
    "trust_of",
    "with_store_ids",
    "write_market",
]
