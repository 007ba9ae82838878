"""Tables of stores and cells without the rows that no model can use; those are listed."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

Bounds = Mapping[str, tuple[float, float]]
GLOBE: Bounds = {"lat": (-90.0, 90.0), "lon": (-180.0, 180.0)}
MOST = float(np.finfo(np.float64).max)
PLANE: Bounds = {"x_km": (-MOST, MOST), "y_km": (-MOST, MOST)}
LISTED = ["table", "row", "reason"]


def usable_points(stores: pd.DataFrame, cells: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Give stores and cells that have a place and amounts, and a table (table, row, reason) of the other rows.

    A table without any such row is given back as it is: what is wrong with all of it is for the model to say.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, None], "y_km": 0.0, "area_m2": 50})
    >>> cells = pd.DataFrame({"x_km": [0.5], "y_km": 0.0, "people": 300})
    >>> usable_points(stores, cells)[2].values.tolist()
    [['stores', 1, 'x_km is empty or no number']]
    """
    for name, table in (("stores", stores), ("cells", cells)):
        if not isinstance(table, pd.DataFrame):
            raise InputError(name, [f"give a table (DataFrame), not a {type(table).__name__}"])
    places = GLOBE if all(set(GLOBE) <= set(table.columns) for table in (stores, cells)) else PLANE
    size = "attraction" if "attraction" in stores else "area_m2"
    stores, no_stores = _usable(stores, "stores", {**places, size: (0.0, MOST)})
    cells, no_cells = _usable(cells, "cells", {**places, "people": (0.0, MOST), "income_index": (0.0, MOST)})
    return stores, cells, pd.concat([no_stores, no_cells], ignore_index=True)


def _usable(table: pd.DataFrame, name: str, bounds: Bounds) -> tuple[pd.DataFrame, pd.DataFrame]:
    reason, numbers = np.full(len(table), "", object), {}
    for column, (low, high) in bounds.items():
        if column not in table:
            continue
        numbers[column] = values = _numbers(table[column])
        wrong = ~((values >= low) & (values <= high))
        if wrong.any():
            reason[wrong & (reason == "")] = f"{column} is {_said(low, high)}"
    bad = reason != ""
    if not bad.any() or bad.all():
        return table, pd.DataFrame(columns=LISTED)
    told = pd.DataFrame({"table": name, "row": np.flatnonzero(bad), "reason": reason[bad]})
    return table[~bad].assign(**{column: values[~bad] for column, values in numbers.items()}), told


def _said(low: float, high: float) -> str:
    if high < MOST:
        return f"not between {low:g} and {high:g}"
    return "empty, negative or no number" if low == 0 else "empty or no number"


def _numbers(column: pd.Series) -> np.ndarray:
    return pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
