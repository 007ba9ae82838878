"""Features of stores turned into the columns of a regression: additive, so that each feature's part can be told."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

SKEWED = 1.0  # of a feature without negatives: beyond it, its logarithm is used
KNOTS = (0.25, 0.5, 0.75)  # quantiles at which the effect of a feature may bend
FAR = 4.0  # standard deviations beyond which a feature counts as at that edge: no fit reaches further
BENDS = 20  # distinct values from which a feature may bend


@dataclass(frozen=True)
class Numeric:
    """One column of numbers: how it is brought to scale, and where its effect may bend."""

    name: str
    logged: bool
    middle: float
    deviation: float
    knots: tuple[float, ...]

    @classmethod
    def of(cls, name: str, values: np.ndarray) -> "Numeric":
        """Learn scale and knots."""
        known = values[np.isfinite(values)]
        spread = float(known.std()) or 1.0
        skew = float((((known - known.mean()) / spread) ** 3).mean())
        logged = bool(known.min() >= 0 and skew > SKEWED)
        known = np.log1p(known) if logged else known
        middle, deviation = float(known.mean()), float(known.std()) or 1.0
        bends = len(np.unique(known[: 50 * BENDS])) > BENDS
        knots = np.unique(np.quantile((known - middle) / deviation, KNOTS)) if bends else np.zeros(0)
        return cls(name, logged, middle, deviation, tuple(float(knot) for knot in knots))

    def columns(self, values: np.ndarray) -> np.ndarray:
        """Give z, then max(z - knot, 0) for each knot; an empty value counts as the middle."""
        if values.dtype == object:
            raise InputError("the features", [f"column {self.name} held numbers in the fit; now it holds words"])
        scaled = ((np.log1p(np.maximum(values, 0)) if self.logged else values) - self.middle) / self.deviation
        z = np.clip(np.nan_to_num(scaled), -FAR, FAR)
        return np.column_stack([z, *(np.maximum(z - knot, 0) for knot in self.knots)])


@dataclass(frozen=True)
class Words:
    """One column of words: a column of 0 and 1 for each word seen."""

    name: str
    words: tuple[str, ...]

    def columns(self, values: np.ndarray) -> np.ndarray:
        """Give 1 where the value is the word; a word never seen has none."""
        return (values[:, None] == np.array(self.words, object)).astype(np.float64)


@dataclass(frozen=True)
class Design:
    """Columns of a regression, by feature.

    Attributes
    ----------
    parts : tuple
        How each feature becomes columns.
    centre : ndarray
        Mean of each column over the rows learned from: the typical store.
    """

    parts: tuple[Numeric | Words, ...]
    centre: np.ndarray

    @classmethod
    def of(cls, features: pd.DataFrame) -> "Design":
        """Learn scales, knots and words from the rows of a fit."""
        parts: list[Numeric | Words] = []
        for name in features:
            values = values_of(features, str(name))
            if values.dtype == object:
                parts.append(Words(str(name), tuple(sorted(set(values)))))
            elif np.isfinite(values).any() and np.nanstd(values) > 0:
                parts.append(Numeric.of(str(name), values))
        if not parts:
            raise InputError("the features", ["no column varies; give features that tell stores apart"])
        made = cls(tuple(parts), np.zeros(0))
        return cls(tuple(parts), made.columns(features).mean(axis=0))

    def columns(self, features: pd.DataFrame) -> np.ndarray:
        """Columns of many rows, the typical store at 0."""
        made = np.column_stack([part.columns(values_of(features, part.name)) for part in self.parts])
        return made - self.centre if len(self.centre) else made

    def spans(self) -> list[slice]:
        """Columns that belong to each part."""
        widths = [1 + len(part.knots) if isinstance(part, Numeric) else len(part.words) for part in self.parts]
        ends = np.cumsum([0, *widths])
        return [slice(int(a), int(b)) for a, b in zip(ends[:-1], ends[1:], strict=True)]


def values_of(features: pd.DataFrame, name: str) -> np.ndarray:
    """Values of a feature: numbers, or words as text."""
    column = features[name]
    if pd.api.types.is_numeric_dtype(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        return column.to_numpy(np.float64, na_value=np.nan)
    return column.astype(object).where(column.notna(), "").astype(str).to_numpy(object)


def checked_features(features: pd.DataFrame, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Give the features without the store's id, infinite values emptied; a column that is missing is said."""
    if names is not None and (missing := [name for name in names if name not in features]):
        raise InputError("the features", [f"column {', '.join(missing)} is missing; the fit has seen it"])
    kept = features.drop(columns="store_id", errors="ignore") if names is None else features[list(names)]
    if names is None and not len(kept.columns):
        raise InputError("the features", ["there is no column but the store's id; give features"])
    return kept.replace([np.inf, -np.inf], np.nan)
