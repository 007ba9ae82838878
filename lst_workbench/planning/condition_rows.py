"""Conditions as rows of plain values: what a form holds, a file keeps, and a finished run was asked."""

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from lst_workbench.planning.conditions import Conditions
from lst_workbench.planning.groups import REGIONS

Rows = Mapping[str, list[dict[str, Any]]]
KEYS = {"promised": ("store_id",), "excluded": ("store_id",), "limits": ("column", "value")}


def rows_of(conditions: Conditions | None) -> dict[str, list[dict[str, Any]]]:
    """Give the rows of each table that was given; figures that are left out are left out.

    Examples
    --------
    >>> rows_of(Conditions.of(at_least=["rural=0.4"]))
    {'limits': [{'column': 'rural', 'value': 1, 'min_share': 0.4}]}
    >>> rows_of(None)
    {}
    """
    if conditions is None:
        return {}
    given = {name: getattr(conditions, name) for name in KEYS}
    made = {name: _rows(table.to_dict("records"), name) for name, table in given.items() if table is not None}
    return {name: rows for name, rows in made.items() if rows}


def conditions_of(rows: Rows) -> Conditions | None:
    """Make conditions of rows; None where nothing is asked.

    Examples
    --------
    >>> conditions_of({"excluded": [{"store_id": 7}]}).excluded["store_id"].tolist(), conditions_of({"limits": []})
    ([7], None)
    """
    tables = {name: pd.DataFrame(rows[name]) for name in KEYS if rows.get(name)}
    return Conditions(**tables) if tables else None


def rows_of_run(tables: Mapping[str, pd.DataFrame]) -> dict[str, list[dict[str, Any]]]:
    """Rows that a run was asked; the month of a limit is left out where it is the plan's last.

    Parameters
    ----------
    tables : mapping
        Of a finished run.
    """
    if "left_out" not in tables:
        return {}
    last = tables["plan_months"]["month"].max()
    limits = pd.concat([tables["quotas"].drop(columns="stores", errors="ignore"), tables["shares"]])
    known = {
        "promised": tables["promises"].to_dict("records"),
        "excluded": tables["left_out"][["store_id"]].to_dict("records"),
        "limits": [{name: value for name, value in row.items() if value != last} for row in limits.to_dict("records")],
    }
    return {name: made for name, rows in known.items() if (made := _rows(rows, name))}


def _rows(rows: Iterable[Mapping[str, Any]], name: str) -> list[dict[str, Any]]:
    """Rows in order of their keys, without what is empty, in values that a text file holds."""
    made = [{str(key): _plain(value) for key, value in row.items() if pd.notna(value)} for row in rows]
    for row in made if name == "limits" else []:
        row.update({} if "value" in row or row.get("column") in REGIONS else {"value": 1})
    return [
        dict(sorted(row.items(), key=lambda item: (item[0] not in KEYS[name], item[0])))
        for row in sorted(made, key=lambda row: [str(row.get(key)) for key in (*KEYS[name], "min_share", "min_stores")])
    ]


def _plain(value: Any) -> Any:
    """Give a month as its date, a whole number as one."""
    if isinstance(value, pd.Timestamp):
        return value.date()
    return value.item() if hasattr(value, "item") else value
