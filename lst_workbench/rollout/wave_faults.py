"""Words for faults in the tables of `plan_waves`, and how their months are read."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

SHOWN = 3


def rows_of(bad: np.ndarray) -> str:
    """Say how many rows are bad, and which is the first."""
    return f"{int(bad.sum()):,} of {len(bad):,} rows, first row {int(np.flatnonzero(bad)[0])}"


def some(values: Iterable[object]) -> str:
    """Name the first few of them."""
    shown = list(dict.fromkeys(map(str, values)))
    return ", ".join(shown[:SHOWN]) + (f" and {len(shown) - SHOWN:,} more" if len(shown) > SHOWN else "")


def months_of(values: pd.Series) -> pd.Index:
    """Months as timestamps, or as whole numbers where the caller counts them; NaT where a word is no month."""
    if pd.api.types.is_integer_dtype(values) or pd.api.types.is_float_dtype(values):
        return pd.Index(values.to_numpy())
    if isinstance(values.dtype, pd.PeriodDtype):
        values = values.dt.to_timestamp()
    return pd.DatetimeIndex(pd.to_datetime(values, errors="coerce", format="mixed")).as_unit("us")


def strange_months(values: pd.Series, name: str, faults: list[str]) -> None:
    """Add a fault where a month is neither a date nor a whole number."""
    months = months_of(values)
    bad = months.isna()
    if months.dtype.kind == "f":
        bad |= months != np.floor(months)
    if bad.any():
        faults.append(f"{name}: column month must be a date or a whole number ({rows_of(bad)}: {some(values[bad])})")


def month_name(month: object) -> str:
    """Write a month as 2017-09, or as the number it is."""
    return f"{month:%Y-%m}" if isinstance(month, pd.Timestamp) else str(month)


def month_positions(values: pd.Series, months: pd.Index, name: str, faults: list[str]) -> np.ndarray:
    """Positions of months in the plan, -1 where they are left out; strange ones are added to `faults`."""
    at = np.full(len(values), -1)
    given = values.notna().to_numpy()
    if not months.is_unique or not given.any():
        return at
    when = months_of(values[given].infer_objects())
    at[given] = months.get_indexer(when)
    if (at[given] < 0).any():
        faults.append(f"{name}: month {some(month_name(m) for m in when[at[given] < 0])} is not a month of the plan")
    return at


def strange_ids(values: pd.Series, what: str, faults: list[str]) -> None:
    """Add a fault where an id is empty, or some are text and others numbers."""
    empty = values.isna().to_numpy()
    if empty.any():
        faults.append(f"{what} must not be empty ({rows_of(empty)})")
    if pd.api.types.infer_dtype(values, skipna=True).startswith("mixed"):
        faults.append(f"{what} must be all numbers or all text, not some of each; write them all as text")


def no_doubles(values: pd.Series | pd.Index, what: str, faults: list[str]) -> None:
    """Add a fault where an id comes twice."""
    doubled = values.duplicated()
    if doubled.any():
        faults.append(f"{what} must be unique ({int(doubled.sum()):,} repeated, e.g. {some(values[doubled][:SHOWN])})")


def bounded(frame: pd.DataFrame, name: str, column: str, most: float, faults: list[str]) -> np.ndarray:
    """One column of optional figures between 0 and `most`; nan where it is empty."""
    given = pd.to_numeric(frame[column], errors="coerce")
    bad = ((given.isna() & frame[column].notna()) | (given < 0) | (given > most)).to_numpy()
    if bad.any():
        upper = "" if np.isinf(most) else f" and at most {most:g}"
        faults.append(f"{name}: column {column} must be empty or at least 0{upper} ({rows_of(bad)})")
    return given.to_numpy(np.float64, na_value=np.nan)
