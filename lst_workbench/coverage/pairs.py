"""Long tables of demand and sites as sorted lists, with every fault of a table said at once."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.coverage._kernels import first_double, in_lists, sort_lists

SHOWN = 3


@dataclass(frozen=True)
class Pairs:
    """The sites each demand can use, cheapest first, in compressed rows.

    Attributes
    ----------
    demand_ids, site_ids : ndarray
        Sorted; a position in them is what the other arrays speak of.
    starts : ndarray of int64
        Where the list of each demand begins; one more than there are demands.
    site : ndarray of int32
        Site of each pair.
    cost : ndarray of float64
        Cost of each pair, as given.
    weight : ndarray of float64
        Weight of each demand.
    """

    demand_ids: np.ndarray
    site_ids: np.ndarray
    starts: np.ndarray
    site: np.ndarray
    cost: np.ndarray
    weight: np.ndarray

    @property
    def demands(self) -> int:
        """How many demands there are."""
        return len(self.demand_ids)

    @property
    def sites(self) -> int:
        """How many sites there are."""
        return len(self.site_ids)

    @property
    def demand(self) -> np.ndarray:
        """Demand of each pair."""
        return np.repeat(np.arange(self.demands), np.diff(self.starts))

    def within(self, radius: float) -> "Pairs":
        """Only the pairs that cost at most `radius`; all demands and sites stay."""
        return self.only(self.cost <= radius)

    def only(self, kept: np.ndarray) -> "Pairs":
        """Only some pairs; all demands and sites stay."""
        starts = np.concatenate(([0], np.cumsum(kept)))[self.starts]
        return Pairs(self.demand_ids, self.site_ids, starts, self.site[kept], self.cost[kept], self.weight)

    def of_demands(self, rows: np.ndarray) -> "Pairs":
        """Only some demands, with their lists; all sites stay."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        taken = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        return Pairs(
            self.demand_ids[rows], self.site_ids, starts, self.site[taken], self.cost[taken], self.weight[rows]
        )

    def counted(self) -> "Pairs":
        """Only demands of positive weight."""
        return self if (self.weight > 0).all() else self.of_demands(np.flatnonzero(self.weight > 0))

    def unreached(self) -> np.ndarray:
        """Positions of demands without any site."""
        return np.flatnonzero(np.diff(self.starts) == 0)


def pairs_of(costs: pd.DataFrame, weights: pd.DataFrame | None = None) -> Pairs:
    """Read ``costs`` (demand_id, site_id, cost) and ``weights`` (demand_id, weight; 1 where missing).

    Demands that only `weights` names have no site. Lists are in order of cost, then of site.

    Raises
    ------
    InputError
        Lists every fault: missing columns, empty or infinite figures, negative costs or weights, pairs given twice.
    """
    faults = _column_faults("costs", costs, ("demand_id", "site_id"), ("cost",))
    if weights is not None:
        faults += _column_faults("weights", weights, ("demand_id",), ("weight",))
    if not faults and costs.empty:
        faults.append("costs has no rows; give at least one pair of demand and site")
    if faults:
        raise InputError("the siting model", faults)
    ids = costs["demand_id"] if weights is None else pd.concat([costs["demand_id"], weights["demand_id"]])
    demand_ids, site_ids = ids_of(ids), ids_of(costs["site_id"])
    cost = costs["cost"].to_numpy(dtype=np.float64)
    demand, site = positions_in(demand_ids, costs["demand_id"]), positions_in(site_ids, costs["site_id"])
    starts, site, cost = in_lists(demand, len(demand_ids), site, cost)
    del demand
    _refuse_double(demand_ids, site_ids, starts, site)
    sort_lists(starts, site, cost)
    weight = np.ones(len(demand_ids))
    if weights is not None:
        weight[positions_in(demand_ids, weights["demand_id"])] = weights["weight"].to_numpy(dtype=np.float64)
    return Pairs(demand_ids, site_ids, starts, site, cost, weight)


def ids_of(column: pd.Series) -> np.ndarray:
    """Distinct ids, sorted: numbers as numbers, text as text."""
    distinct = pd.unique(column)
    try:
        return np.sort(np.asarray(distinct))
    except TypeError:
        raise InputError(f"{column.name}", ["it mixes numbers and text; use one kind of id"]) from None


def positions_in(ids: np.ndarray, column: pd.Series) -> np.ndarray:
    """Where each value of a column stands in sorted ids; -1 where it does not."""
    values = column.to_numpy()
    whole = ids.dtype.kind in "iu" and values.dtype.kind in "iu" and len(ids) > 0
    if whole and int(ids[-1]) - int(ids[0]) < 4 * len(values):
        return _by_table(ids.astype(np.int64), values)
    return pd.Index(ids).get_indexer(pd.Index(column)).astype(np.int32)


def _by_table(ids: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Look whole numbers up that lie close together."""
    table = np.full(int(ids[-1] - ids[0]) + 1, -1, np.int32)
    table[ids - ids[0]] = np.arange(len(ids), dtype=np.int32)
    offset = values.astype(np.int64) - ids[0]
    inside = (offset >= 0) & (offset < len(table))
    return table[offset] if inside.all() else np.where(inside, table[np.where(inside, offset, 0)], np.int32(-1))


def is_number(value: object) -> bool:
    """Whether it is a number, and not True, False or a word."""
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    """Whether it is a whole number."""
    return is_number(value) and float(value).is_integer()  # type: ignore[arg-type]


def amounts_in(ids: np.ndarray, table: pd.DataFrame, key: str, column: str) -> np.ndarray:
    """Column of a table in the order of `ids`."""
    return table.set_index(key)[column].reindex(ids).to_numpy(dtype=np.float64)


def names_of(ids: np.ndarray) -> str:
    """Name a few ids, for a sentence."""
    shown = ", ".join(str(i) for i in ids[:SHOWN])
    return shown if len(ids) <= SHOWN else f"{shown} and {len(ids) - SHOWN:,} more"


def _column_faults(name: str, table: pd.DataFrame, keys: tuple[str, ...], amounts: tuple[str, ...]) -> list[str]:
    if missing := [column for column in (*keys, *amounts) if column not in table]:
        return [f"{name} lacks the column {', '.join(missing)}"]
    faults = [f"{name}.{key} has empty values; drop or mend those rows" for key in keys if table[key].isna().any()]
    for column in amounts:
        values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
        wrong = ~((values >= 0) & (values < np.inf))
        if wrong.any():
            faults.append(
                f"{name}.{column} must be a number of at least 0 ({wrong.sum():,} rows are not, first "
                f"{_row(table, keys, int(np.argmax(wrong)))}: {table[column].iloc[int(np.argmax(wrong))]})"
            )
    if len(keys) == 1 and not faults and (doubled := table[keys[0]].duplicated()).any():
        faults.append(f"{name}.{keys[0]} must be unique ({names_of(table.loc[doubled, keys[0]].to_numpy())} repeat)")
    return faults


def amounts_faults(name: str, table: pd.DataFrame, key: str, amounts: tuple[str, ...]) -> list[str]:
    """Say what is wrong with a table of one row per id."""
    return _column_faults(name, table, (key,), amounts)


def _row(table: pd.DataFrame, keys: tuple[str, ...], row: int) -> str:
    return ", ".join(f"{key} {table[key].iloc[row]}" for key in keys)


def _refuse_double(demand_ids: np.ndarray, site_ids: np.ndarray, starts: np.ndarray, site: np.ndarray) -> None:
    count, at = first_double(starts, site, len(site_ids))
    if count:
        first: Any = demand_ids[np.searchsorted(starts, at, side="right") - 1], site_ids[site[at]]
        said = f"a pair of demand and site must be given once ({count:,} repeat, first {first[0]}, {first[1]})"
        raise InputError("costs", [said])
