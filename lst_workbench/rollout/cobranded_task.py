"""What a choice of co-branded stores is made of: values, pairs and limits as arrays."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from lst_workbench.contracts import CobrandedQuotas, CobrandedStores, InputError, StoreOverlaps
from lst_workbench.rollout._cobranded_kernels import Limits, Links


@dataclass(frozen=True)
class CobrandedTask:
    """Stores by position, pairs `left` < `right` of them, and limits: rows of sums with a floor and a cap.

    Row 0 counts stores, row 1 adds up fit-outs, the others count groups; `names` says which (column, value).
    """

    ids: np.ndarray
    value: np.ndarray
    left: np.ndarray
    right: np.ndarray
    loss: np.ndarray
    apart: np.ndarray
    limits: Limits
    names: list[tuple[str, object]]

    @classmethod
    def of(
        cls,
        stores: pd.DataFrame,
        overlaps: pd.DataFrame | None,
        quotas: pd.DataFrame | None,
        max_stores: int | None,
        budget_rmb: float | None,
        crews: pd.DataFrame | None,
    ) -> "CobrandedTask":
        """Check all tables and bring them to arrays."""
        stores = stores if "fitout_rmb" in stores else stores.assign(fitout_rmb=0.0)
        stores = CobrandedStores.check(stores, "stores", allow_empty=False)
        ids = stores["store_id"].to_numpy()
        slots = np.inf if crews is None else float(crews["stores"].sum())
        most = min(len(ids), np.inf if max_stores is None else max_stores, slots)
        bounds = [(-np.inf, most), (-np.inf, np.inf if budget_rmb is None else budget_rmb)]
        rows = [np.zeros(len(ids), np.int64), np.ones(len(ids), np.int64)]
        names: list[tuple[str, object]] = []
        asked = _quotas(quotas, crews, stores)
        for column, group in asked.groupby("column", sort=False):
            at = pd.Index(group["value"]).get_indexer(stores[column])
            rows.append(np.where(at >= 0, at + len(bounds), -1))
            bounds += list(zip(group["min_stores"].fillna(0.0), group["max_stores"].fillna(np.inf), strict=True))
            names += [(str(column), value) for value in group["value"]]
        loads = np.ones((len(ids), len(rows)))
        loads[:, 1] = stores["fitout_rmb"]
        table, span = np.stack(rows, axis=1), np.array(bounds, np.float64)
        there = np.bincount(table[table >= 0], minlength=len(span))
        least = np.minimum(span[:, 0], np.minimum(there, span[:, 1]))  # a floor beyond the group is a shortfall
        return cls(
            ids,
            stores["value"].to_numpy(np.float64),
            *_pairs(ids, overlaps),
            Limits(table, loads, least, span[:, 1]),
            names,
        )

    def links(self, keep: np.ndarray) -> tuple[Links, np.ndarray]:
        """Pairs among some stores as rows of neighbours, by their place in `keep`, and which pairs these are."""
        place = np.full(len(self.ids), -1)
        place[keep] = np.arange(len(keep))
        inside = np.flatnonzero((place[self.left] >= 0) & (place[self.right] >= 0))
        a, b = place[self.left[inside]], place[self.right[inside]]
        ends = np.r_[a, b], np.r_[b, a]
        matrix = sparse.csr_matrix((np.r_[inside, inside] + 1, ends), shape=(len(keep), len(keep)))
        matrix.sort_indices()
        pair = matrix.data.astype(np.int64) - 1
        apart = self.apart[pair].astype(np.int64)
        return Links(matrix.indptr, matrix.indices, np.where(apart > 0, 0.0, self.loss[pair]), apart), inside

    def take(self, keep: np.ndarray) -> Limits:
        """Limits of some stores only."""
        return self.limits._replace(rows=self.limits.rows[keep], loads=self.limits.loads[keep])


def _quotas(quotas: pd.DataFrame | None, crews: pd.DataFrame | None, stores: pd.DataFrame) -> pd.DataFrame:
    """Floors and caps of groups; crews of a group cap it too."""
    asked = CobrandedQuotas.without_rows() if quotas is None else CobrandedQuotas.check(quotas, "quotas")
    faults = [
        f"quota {row.column} {row.value} asks for at least {row.min_stores} and at most {row.max_stores}; mend one"
        for row in asked.itertuples()
        if row.min_stores > row.max_stores
    ]
    column = None if crews is None else group_of(crews)
    if crews is not None and column is not None:
        slots = crews.groupby(column)["stores"].sum().reindex(np.unique(stores[column]), fill_value=0)
        own = pd.DataFrame({"value": slots.index, "slots": slots.to_numpy()})
        here = asked[asked["column"] == column].merge(own, on="value", how="outer")
        here = here.assign(column=column, max_stores=here[["max_stores", "slots"]].min(axis=1)).drop(columns="slots")
        asked = pd.concat([asked[asked["column"] != column], here], ignore_index=True)
    missing = sorted(set(asked["column"]) - set(stores))
    faults += [f"stores lack the column {name}; add it" for name in missing]
    if faults:
        raise InputError("quotas", faults)
    return asked


def group_of(crews: pd.DataFrame) -> str | None:
    """Column that says whose crews these are; none when they go anywhere."""
    missing = {"month", "stores"} - set(crews)
    if missing:
        raise InputError("crews", [f"column {', '.join(sorted(missing))} is missing; add it"])
    if not (crews["stores"] >= 0).all():
        raise InputError("crews", ["stores must be 0 or more in every month"])
    others = [str(name) for name in crews if name not in ("month", "stores")]
    return others[0] if others else None


def _pairs(ids: np.ndarray, overlaps: pd.DataFrame | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    if overlaps is None or not len(overlaps):
        none = np.empty(0, np.int64)
        return none, none, np.empty(0), np.empty(0, bool)
    table = overlaps if "apart" in overlaps else overlaps.assign(apart=False)
    table = StoreOverlaps.check(table, "overlaps")
    index = pd.Index(ids)
    a, b = (index.get_indexer(table[name]) for name in ("store_id", "other_id"))
    faults = []
    if (unknown := (a < 0) | (b < 0)).any():
        first = table.loc[unknown, ["store_id", "other_id"]].iloc[0].tolist()
        faults.append(f"{unknown.sum():,} pairs name stores that are not given, first {first}; drop them")
    if (same := (a == b) & (a >= 0)).any():
        faults.append(f"{same.sum():,} pairs name one store twice; drop them")
    if pd.Series(np.minimum(a, b) * len(ids) + np.maximum(a, b)).duplicated().any() and not faults:
        faults.append("a pair stands there in both orders; keep one")
    if faults:
        raise InputError("overlaps", faults)
    return (
        np.minimum(a, b),
        np.maximum(a, b),
        table["loss"].to_numpy(np.float64),
        table["apart"].to_numpy(bool),
    )
