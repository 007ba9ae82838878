"""The market bundle: six tables and what is known about them, read from disk only when asked for."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from lst_workbench.contracts import Cells, Participants, Places, Rivals, Sites, Stores, Table, Territories

TABLES: dict[str, type[Table]] = {
    contract.table_name(): contract for contract in (Places, Cells, Stores, Participants, Sites, Territories)
}
OPTIONAL_TABLES: dict[str, type[Table]] = {Rivals.table_name(): Rivals}
COMPETING = ["store_id", "place_id", "prefecture_code", "lat", "lon", "area_m2"]


class LazyTables(Mapping[str, pd.DataFrame]):
    """Tables by name; each is read when it is first asked for, and kept.

    Examples
    --------
    >>> tables = LazyTables({"stores": Stores.without_rows})
    >>> len(tables["stores"])
    0
    """

    def __init__(
        self, readers: Mapping[str, Callable[[], pd.DataFrame]], paths: Mapping[str, Path] | None = None
    ) -> None:
        self._readers, self._paths = dict(readers), dict(paths or {})
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            self._read[name] = self._readers[name]()
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        """Whether there is such a table; asking does not read it."""
        return name in self._readers

    def path_of(self, name: str) -> Path | None:
        """File of a table that was not read yet, for `runs.where`."""
        return None if name in self._read else self._paths.get(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)


@dataclass(frozen=True)
class MarketMeta:
    """What is known about a market beside its tables.

    Attributes
    ----------
    name : str
        Name as shown to people.
    source : str
        Where it comes from: "china-2017", or the file of an import.
    synthetic : bool
        Whether its shops are drawn: pages and reports then say "synthetic stores on real geography".
    fingerprint : str
        Digest of the contents of all tables (`fingerprint_of`): equal markets have equal fingerprints.
    seed : int or None
        Seed of the draw; None for an analyst's own market.
    counts : dict
        Rows by table.
    package_version : str
        Version of the package that made it.
    """

    name: str
    source: str
    synthetic: bool
    fingerprint: str
    seed: int | None = None
    counts: dict[str, int] = field(default_factory=dict)
    package_version: str = ""


@dataclass(frozen=True)
class Market:
    """Everything known about the shops to plan for.

    Attributes
    ----------
    meta : MarketMeta
        Name, source, seed, fingerprint.
    tables : mapping of str to DataFrame
        places, cells, stores, participants, sites and territories, each as its contract says; rivals too where the
        stores are a list that leaves shops out.
    folder : Path or None
        Where it was read from or written to.
    truth : mapping of str to DataFrame
        Of a synthetic market, what it was drawn with; for tests and benchmarks only.

    Examples
    --------
    >>> from lst_workbench.assumptions import data_folder
    >>> from lst_workbench.market import read_market
    >>> market = read_market(data_folder() / "sample")
    >>> market.meta.name, market.meta.synthetic
    ('Huangshan', True)
    """

    meta: MarketMeta
    tables: Mapping[str, pd.DataFrame] = field(repr=False, compare=False)
    folder: Path | None = None
    truth: Mapping[str, pd.DataFrame] = field(default_factory=dict, repr=False, compare=False)

    def rows(self, name: str) -> int:
        """Count the rows of a table without reading it."""
        return self.meta.counts[name] if name in self.meta.counts else len(self.tables[name])

    @property
    def places(self) -> pd.DataFrame:
        """Cities, towns and townships."""
        return self.tables["places"]

    @property
    def cells(self) -> pd.DataFrame:
        """Populated cells."""
        return self.tables["cells"]

    @property
    def stores(self) -> pd.DataFrame:
        """Every small shop, in the system or not."""
        return self.tables["stores"]

    @property
    def rivals(self) -> pd.DataFrame:
        """Shops that compete with the stores and stand on no list; without rows where the stores are all there are."""
        return self.tables["rivals"] if "rivals" in self.tables else Rivals.without_rows()

    @property
    def competing(self) -> pd.DataFrame:
        """All shops that customers choose from, the stores first, with at least store_id, lat, lon and area_m2."""
        return competing(self.stores, self.rivals)

    @property
    def participants(self) -> pd.DataFrame:
        """Stores already in the system."""
        return self.tables["participants"]

    @property
    def sites(self) -> pd.DataFrame:
        """Warehouses of the three tiers."""
        return self.tables["sites"]

    @property
    def territories(self) -> pd.DataFrame:
        """Places of each sales territory."""
        return self.tables["territories"]


def competing(stores: pd.DataFrame, rivals: pd.DataFrame) -> pd.DataFrame:
    """Stack stores and their rivals, the stores first, with what a catchment needs to know of a shop."""
    return pd.concat([stores[COMPETING], rivals[COMPETING]], ignore_index=True) if len(rivals) else stores


def fingerprint_of(tables: Mapping[str, pd.DataFrame]) -> str:
    """Digest of what the tables hold: names, types and values of all columns, in their order.

    Examples
    --------
    >>> one = {"a": pd.DataFrame({"x": [1, 2]})}
    >>> fingerprint_of(one) == fingerprint_of({"a": pd.DataFrame({"x": [2, 1]})})
    False
    """
    digest = hashlib.blake2b(digest_size=16)
    for name in sorted(tables):
        for column, values in tables[name].items():
            digest.update(f"{name}.{column}:{values.dtype}".encode())
            digest.update(pd.util.hash_pandas_object(values, index=False).to_numpy().tobytes())
    return digest.hexdigest()
