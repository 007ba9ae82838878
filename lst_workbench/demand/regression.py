"""Log-linear regression with ridge and regional effects, both shrunk by what the data say; and three plain models."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from lst_workbench.demand.design import Design, Numeric, Words, values_of

PENALTIES = (0.3, 3.0, 30.0, 300.0, 3_000.0, 30_000.0)  # of the ridge, tried
BEND_PENALTY = 3.0  # bends cost more than slopes
INNER_FOLDS = 4


@dataclass(frozen=True)
class Base:
    """What is believed before any till was seen: purchases grow as the product of the catchment's features.

    Attributes
    ----------
    floors : dict
        Least value of each feature that has a logarithm: its least positive one.
    centres : dict
        Mean of each logarithm: the typical store.
    """

    floors: dict[str, float]
    centres: dict[str, float]

    @classmethod
    def of(cls, features: pd.DataFrame, names: Sequence[str]) -> "Base":
        """Learn floors and centres; a feature that is nowhere positive says nothing."""
        values = {name: values_of(features, name) for name in names}
        floors = {name: float(np.min(v[v > 0])) for name, v in values.items() if (v > 0).any()}
        bare = cls(floors, dict.fromkeys(floors, 0.0))
        return cls(floors, {name: float(part.mean()) for name, part in bare.parts(features).items()})

    def parts(self, features: pd.DataFrame) -> dict[str, np.ndarray]:
        """Logarithm of each feature, the typical store at 0; an empty value counts as typical."""
        logs = {name: np.log(np.maximum(values_of(features, name), floor)) for name, floor in self.floors.items()}
        return {name: np.nan_to_num(log - self.centres[name]) for name, log in logs.items()}

    def log_of(self, features: pd.DataFrame) -> np.ndarray:
        """Sum of the parts."""
        return sum(self.parts(features).values(), np.zeros(len(features)))


@dataclass(frozen=True)
class Model:
    """ln purchases = level + base + Σ effects of features + effect of the region; `scale` brings the mean in order.

    Attributes
    ----------
    base : Base
        What the effects depart from: the more they are shrunk, the closer the model is to the catchment alone.
    effects : ndarray
        One for each column of the design.
    regions : Series
        Shrunk effect of each region seen, by region.
    scale : float
        Σ purchases / Σ exp(ln purchases expected): the mean of a log-normal lies above its median.
    """

    design: Design
    base: Base
    level: float
    effects: np.ndarray
    regions: pd.Series
    scale: float
    penalty: float

    def log_of(self, features: pd.DataFrame, regions: np.ndarray) -> np.ndarray:
        """Logarithm expected of each row; a region never seen has no effect."""
        known = self.level + self.base.log_of(features) + self.design.columns(features) @ self.effects
        return known + self._of_region(regions)

    def mean(self, features: pd.DataFrame, regions: np.ndarray) -> np.ndarray:
        """Purchases expected of each row."""
        return self.scale * np.exp(self.log_of(features, regions))

    def parts(self, features: pd.DataFrame, regions: np.ndarray) -> pd.DataFrame:
        """Part of each feature, and of the region, in the logarithm."""
        columns = self.design.columns(features)
        spans = self.design.spans()
        parts = {p.name: columns[:, s] @ self.effects[s] for p, s in zip(self.design.parts, spans, strict=True)}
        for name, part in self.base.parts(features).items():
            parts[name] = parts.get(name, 0.0) + part
        return pd.DataFrame({**parts, "region": self._of_region(regions)})

    def _of_region(self, regions: np.ndarray) -> np.ndarray:
        return self.regions.reindex(regions).fillna(0.0).to_numpy()


def fit_model(
    features: pd.DataFrame, purchases: np.ndarray, regions: np.ndarray, folds: np.ndarray, catchment: Sequence[str] = ()
) -> Model:
    """Fit the model; the ridge is chosen on folds left out in turn, `folds` keeping together what belongs together."""
    design, base = Design.of(features), Base.of(features, catchment)
    known = base.log_of(features)
    columns, logs = design.columns(features), np.log(purchases) - known
    cost = _cost(design)
    inner = folds % INNER_FOLDS
    parts = [inner == fold for fold in np.unique(inner)]
    penalty = PENALTIES[0]
    if len(parts) > 1:
        grams = [(columns[p].T @ columns[p], columns[p].T @ (logs[p] - logs.mean())) for p in parts]
        gram, moment = sum(g for g, _ in grams), sum(m for _, m in grams)
        errors = []
        for tried in PENALTIES:
            squares = 0.0
            for part, (g, m) in zip(parts, grams, strict=True):
                effects = np.linalg.solve(gram - g + tried * cost, moment - m)
                squares += float(((logs[part] - logs[~part].mean() - columns[part] @ effects) ** 2).sum())
            errors.append(squares)
        penalty = PENALTIES[int(np.argmin(errors))]
    level = float(logs.mean())
    effects = np.linalg.solve(columns.T @ columns + penalty * cost, columns.T @ (logs - level))
    rest = logs - level - columns @ effects
    shrunk = shrunk_means(rest, regions)
    expected = level + known + columns @ effects + shrunk.reindex(regions).to_numpy()
    return Model(design, base, level, effects, shrunk, float(purchases.sum() / np.exp(expected).sum()), penalty)


def shrunk_means(rest: np.ndarray, regions: np.ndarray) -> pd.Series:
    """Mean of each region, shrunk to 0: n / (n + k), k = variance within over variance between (Bühlmann 1967)."""
    groups = pd.Series(rest).groupby(regions)
    mean, count = groups.mean(), groups.size()
    if len(mean) < 2:
        return mean * 0.0
    within = float(groups.var(ddof=1).mul(count - 1).sum() / max(count.sum() - len(count), 1))
    spread = float((count * (mean - np.average(mean, weights=count)) ** 2).sum()) - (len(mean) - 1) * within
    weight = count.sum() - float((count**2).sum()) / count.sum()
    between = max(spread / weight, 0.0)
    return mean * count / (count + within / between) if between > 0 else mean * 0.0


def baselines(
    features: pd.DataFrame,
    purchases: np.ndarray,
    regions: np.ndarray,
    places: np.ndarray,
    catchment: Sequence[str],
    seen: np.ndarray,
) -> dict[str, np.ndarray]:
    """Three plain models learned from `seen` rows, for the others: place mean, catchment alone, linear."""
    unseen = ~seen
    mean = purchases[seen].mean()
    by_region = pd.Series(purchases[seen]).groupby(regions[seen]).mean().reindex(regions[unseen]).fillna(mean)
    by_place = pd.Series(purchases[seen]).groupby(places[seen]).mean().reindex(places[unseen])
    found = {"place mean": np.where(by_place.isna(), by_region, by_place)}
    if catchment:
        size = np.prod([np.nan_to_num(values_of(features, name)) for name in catchment], axis=0)
        found["catchment alone"] = size[unseen] * purchases[seen].sum() / max(size[seen].sum(), 1e-12)
    else:
        found["catchment alone"] = np.full(unseen.sum(), np.nan)
    columns = np.column_stack([_plain(features, part) for part in Design.of(features[seen]).parts])
    columns = np.column_stack([np.ones(len(columns)), columns])
    effects = np.linalg.lstsq(columns[seen], purchases[seen], rcond=None)[0]
    found["linear"] = np.maximum(columns[unseen] @ effects, 0.0)
    return found


def _plain(features: pd.DataFrame, part: Numeric | Words) -> np.ndarray:
    """Numbers as they are, an empty one as the middle; words as 0 and 1."""
    values = values_of(features, part.name)
    if isinstance(part, Words):
        return part.columns(values)
    middle = np.expm1(part.middle) if part.logged else part.middle
    return ((np.where(np.isfinite(values), values, middle) - middle) / (np.nanstd(values) or 1.0))[:, None]


def _cost(design: Design) -> np.ndarray:
    """Weights of the ridge: 1 for a slope or a word, more for a bend."""
    each = [
        np.ones(len(part.words)) if isinstance(part, Words) else np.r_[1.0, np.full(len(part.knots), BEND_PENALTY)]
        for part in design.parts
    ]
    return np.diag(np.concatenate(each))
