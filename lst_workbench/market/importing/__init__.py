"""A stranger's list of shops becomes a market: read, mapped, cleaned, placed, and its account kept."""

from lst_workbench.market.importing.importer import (
    Imported,
    Proposal,
    import_market,
    propose_import,
    propose_upload,
)
from lst_workbench.market.importing.mapping import propose_mapping, read_mapping
from lst_workbench.market.importing.quality import Quality, quality_of, read_quality, trust_of

__all__ = [
    "Imported",
    "Proposal",
    "Quality",
    "import_market",
    "propose_import",
    "propose_mapping",
    "propose_upload",
    "quality_of",
    "read_quality",
    "read_mapping",
    "trust_of",
]
