"""Bins of a column: ranges of numbers, special codes, levels, rare levels, and missing values."""

import re
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lst_workbench.credit._kernels import find_ranges

MOST_SPECIALS = 5
# Codes stand apart from so many values at least, by this part of their reach, and so many rows hold them.
LEAST_OTHERS, NEAR, LEAST_CODED, CODED_SHARE = 4, 0.25, 5, 0.01
NINES = re.compile("9+[6-9]?")
SAMPLE = 1000
NUMBERS_SHARE = 0.98
ORNAMENTS = re.compile(r"[\s,，¥￥$€£%元]")
RARE, MISSING = "rare or unseen", "missing"


@dataclass(frozen=True)
class Bins:
    """Bins of one column: ``ordered`` ranges or none, then special codes or levels, then rare, then missing.

    Parameters
    ----------
    feature : str
        Column.
    edges : ndarray
        For numbers: range k holds ``edges[k - 1] <= x < edges[k]``.
    levels : tuple
        Special codes of a numeric column, or the levels of a column of words.
    numeric : bool
        Whether the column holds numbers.
    """

    feature: str
    edges: NDArray[np.float64]
    levels: tuple[object, ...]
    numeric: bool

    @property
    def ordered(self) -> int:
        """Number of ranges, which come first and in order."""
        return len(self.edges) + 1 if self.numeric else 0

    @property
    def size(self) -> int:
        """Number of bins."""
        return self.ordered + len(self.levels) + (1 if self.numeric else 2)

    def labels(self) -> list[str]:
        """Name of each bin, as the points table shows it."""
        named = [str(level) for level in self.levels]
        if not self.numeric:
            return [*named, RARE, MISSING]
        cuts = [f"{edge:g}" for edge in self.edges]
        if not cuts:
            ranges = ["any number"]
        else:
            between = [f"{a} to < {b}" for a, b in zip(cuts[:-1], cuts[1:], strict=True)]
            ranges = [f"< {cuts[0]}", *between, f">= {cuts[-1]}"]
        return [*ranges, *[f"code {level}" for level in named], MISSING]

    @property
    def special_codes(self) -> tuple[float, ...]:
        """Special codes of a numeric column."""
        return tuple(float(str(code)) for code in self.levels) if self.numeric else ()

    def codes(self, values: pd.Series) -> NDArray[np.int32]:
        """Bin of each value."""
        if not self.numeric:
            number, found = pd.factorize(values)
            known = {level: k for k, level in enumerate(self.levels)}
            table = np.array([known.get(str(c), len(self.levels)) for c in found] + [self.size - 1])
            return table[number].astype(np.int32)
        codes = np.empty(len(values), dtype=np.int32)
        find_ranges(_floats(values), self.edges, np.array(self.levels, dtype=float), codes)
        return codes


def as_numbers(values: pd.Series) -> NDArray[np.float64]:
    """Numbers of a column, NaN where empty, no number, or infinite."""
    x = _floats(values)
    return np.where(np.isinf(x), np.nan, x) if np.isinf(x).any() else x


def _floats(values: pd.Series) -> NDArray[np.float64]:
    """Numbers of a column, NaN where empty or no number; those of a plain column of floats are not copied."""
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "fiu":
        return np.ascontiguousarray(values.to_numpy(), dtype=float)
    if not pd.api.types.is_numeric_dtype(values):
        values = values.astype(object).where(values.notna())
        values = values.map(lambda text: ORNAMENTS.sub("", text) if isinstance(text, str) else text)
    return pd.to_numeric(values, errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def holds_numbers(values: pd.Series, most: int) -> bool:
    """Whether a column holds numbers, if need be as text: "¥1,250", "12.5%"; few such texts are levels, not numbers."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return False
    if pd.api.types.is_numeric_dtype(values):
        return True
    told = values.dropna()
    few = told.iloc[:SAMPLE]
    if told.astype(str).nunique() <= 2 * most or np.isnan(_floats(few)).mean() > 1 - NUMBERS_SHARE:
        return False
    return float(np.isnan(_floats(told)).mean()) <= 1 - NUMBERS_SHARE


def special_codes(x: NDArray[np.float64]) -> tuple[float, ...]:
    """Find codes among the numbers of a column, those that no range of values should hold.

    Codes are few whole negative numbers in a column that is otherwise at least 0 (-9, -8, -7), and whole numbers that
    stand far above or below all others: by a quarter of the others' reach if they are written with nines (96, 98, 999),
    by all of it if they are not but many rows hold them (365243 days employed).
    """
    distinct, rows = np.unique(x, return_counts=True)
    below = distinct[distinct < 0]
    few = 0 < len(below) <= MOST_SPECIALS and len(distinct) > 3 * len(below)
    negative = below if few and np.all(below == np.round(below)) else below[:0]
    rest = ~np.isin(distinct, negative)
    far = [_far(side * distinct[rest][::side], rows[rest][::side]) for side in (1, -1)]
    return tuple(np.unique(np.concatenate([negative, far[0], -far[1]])).tolist())


def _far(values: NDArray[np.float64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Codes that end a rising list of values, or none."""
    for count in range(min(MOST_SPECIALS, len(values) - LEAST_OTHERS), 0, -1):
        ends, others = values[-count:], values[:-count]
        gap, reach = ends[0] - others[-1], others[-1] - others[0]
        nines = all(NINES.fullmatch(f"{abs(end):.0f}") for end in ends)
        enough = LEAST_CODED if nines else max(LEAST_CODED, CODED_SHARE * rows.sum())
        whole = np.all(ends == np.round(ends)) and np.all(ends != 0)
        if whole and gap >= (NEAR if nines else 1.0) * reach and rows[-count:].sum() >= enough:
            return ends
    return values[:0]


def learn_bins(values: pd.Series, most: int, rare: int, declared: Collection[float] = ()) -> Bins:
    """Cut a column into at most `most` ranges of about equal count, or into levels held by at least `rare` rows.

    Numbers `declared` to be codes, and those found (`special_codes`), have bins of their own.
    """
    name = str(values.name)
    if holds_numbers(values, most):
        x = as_numbers(values)
        x = x[~np.isnan(x)]
        x = x[~np.isin(x, list(declared))]
        specials = special_codes(x)
        x = x[~np.isin(x, specials)]
        specials = tuple(sorted({*specials, *(float(code) for code in declared)}))
        distinct = np.unique(x)
        if len(distinct) <= most:
            edges = (distinct[1:] + distinct[:-1]) / 2
        else:
            edges = np.unique(np.quantile(x, np.linspace(0, 1, most + 1)[1:-1], method="higher"))
            edges = edges[edges > distinct[0]]
        return Bins(name, edges, specials, True)
    counts = values.dropna().astype(str).value_counts().sort_index()
    kept = counts[counts >= rare].nlargest(2 * most)
    return Bins(name, np.empty(0), tuple(kept.index), False)
