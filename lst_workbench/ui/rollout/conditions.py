"""What the form of conditions holds: rows of limits, stores promised and excluded. Plain values, no widgets."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.market import prefecture_names, province_names

Rows = Mapping[str, list[dict[str, Any]]]
GROUPS = ("rural", "poor", "small")  # groups with a floor of their own on the form


def floor_of(rows: Rows, group: str) -> float:
    """Least share of the signed that a group is to have; 0 where none is asked.

    Examples
    --------
    >>> floor_of({"limits": [{"column": "rural", "value": 1, "min_share": 0.4}]}, "rural"), floor_of({}, "poor")
    (0.4, 0.0)
    """
    return next((row["min_share"] for row in rows.get("limits", []) if _is_floor(row, group)), 0.0)


def with_floor(rows: Rows, group: str, share: float) -> dict[str, list[dict[str, Any]]]:
    """Ask for another floor of a group; 0 asks for none.

    Examples
    --------
    >>> with_floor({}, "small", 0.2)
    {'limits': [{'column': 'small', 'value': 1, 'min_share': 0.2}]}
    """
    kept = [row for row in rows.get("limits", []) if not _is_floor(row, group)]
    return _with(rows, "limits", kept + ([{"column": group, "value": 1, "min_share": share}] if share > 0 else []))


def quotas(rows: Rows) -> list[dict[str, Any]]:
    """Limits that are no floors of groups: quotas of regions, and what the form has no field for."""
    return [row for row in rows.get("limits", []) if not any(_is_floor(row, group) for group in GROUPS)]


def with_quota(
    rows: Rows, column: str, code: int, least: float | None, most: float | None
) -> dict[str, list[dict[str, Any]]]:
    """Ask for at least and at most so many stores of a region; neither of both takes its quota back.

    Examples
    --------
    >>> with_quota({}, "province_code", 34, 500, None)
    {'limits': [{'column': 'province_code', 'value': 34, 'min_stores': 500.0}]}
    """
    kept = [row for row in rows.get("limits", []) if (row["column"], row.get("value")) != (column, code)]
    ends = {name: float(stores) for name, stores in (("min_stores", least), ("max_stores", most)) if stores is not None}
    return _with(rows, "limits", kept + ([{"column": column, "value": code, **ends}] if ends else []))


def with_stores(rows: Rows, kind: str, written: str) -> dict[str, list[dict[str, Any]]]:
    """Take the numbers of stores that are promised or excluded; months of those that stay are kept.

    Raises
    ------
    InputError
        Names the words that are no number of a store.

    Examples
    --------
    >>> with_stores({}, "promised", "12, 7")
    {'promised': [{'store_id': 7}, {'store_id': 12}]}
    """
    words = written.replace(",", " ").replace("，", " ").replace("、", " ").split()
    if strange := [word for word in words if not word.isdecimal()]:
        faults = [f"{word} is no number of a store; write numbers, with commas" for word in strange]
        raise InputError("the form", faults)
    former = {row["store_id"]: row for row in rows.get(kind, [])}
    ids = sorted({int(word) for word in words})
    return _with(rows, kind, [former.get(i, {"store_id": i}) for i in ids])


def written(rows: Rows, kind: str) -> str:
    """Numbers of the stores that are promised or excluded, with commas."""
    return ", ".join(str(row["store_id"]) for row in rows.get(kind, []))


def regions(places: pd.DataFrame) -> pd.DataFrame:
    """Regions of a market that a quota may speak of, provinces first: column, code, name_en, name_zh."""
    named = {"province_code": province_names(places), "prefecture_code": prefecture_names(places)}
    frames = [table.rename(columns={column: "code"}).assign(column=column) for column, table in named.items()]
    return pd.concat(frames, ignore_index=True)


def same(one: Rows, other: Rows) -> bool:
    """Whether two forms ask the same, in any order."""
    return _sorted(one) == _sorted(other)


def _sorted(rows: Rows) -> dict[str, list[str]]:
    return {name: sorted(repr(sorted(row.items())) for row in listed) for name, listed in rows.items() if listed}


def _is_floor(row: Mapping[str, Any], group: str) -> bool:
    return row["column"] == group and set(row) <= {"column", "value", "min_share"}


def _with(rows: Rows, name: str, listed: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    made = {**rows, name: list(listed)}
    return {key: value for key, value in made.items() if value}
