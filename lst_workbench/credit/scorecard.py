"""A score that prints as a points table: additive, monotone where declared, calibrated, with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit._kernels import add_points
from lst_workbench.credit.applications import choose_columns, decision_dates, target_of
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.measures import measure
from lst_workbench.credit.shapes import Shapes, fit_shapes

Floats = NDArray[np.float64]
WORDS = {"increasing": 1, "decreasing": -1, 1: 1, -1: -1}


@dataclass(frozen=True)
class ScorecardParams:
    """Scale of the points and fineness of the bins.

    Parameters
    ----------
    base_points, base_odds, double_odds_points : float
        A store with `base_odds` (paid to default) has `base_points`; odds double every `double_odds_points`.
    point_step : float
        Points are multiples of this, so that the table can be added up by hand.
    most_bins : int
        Most ranges of a numeric column; neighbours of equal points are joined in the end.
    most_cells : int
        Most bins over all columns; wide tables get coarser ranges.
    folds : int
        Folds of the cross-validated figures.
    latest_share : float
        With a date: part of the rows, the latest, on which the out-of-time figures are read.
    reasons : int
        Most reasons a store is given.
    seed : int
        Seed of the folds.
    """

    base_points: float = 600.0
    base_odds: float = 50.0
    double_odds_points: float = 20.0
    point_step: float = 0.1
    most_bins: int = 32
    most_cells: int = 1000
    folds: int = 5
    latest_share: float = 0.2
    reasons: int = 3
    seed: int = 7


@dataclass(frozen=True)
class Scorecard:
    """A fitted score; the points table is the model.

    ``tables``: ``points`` (feature, bin, points, rows, defaults, default_share, row_share), ``columns`` (feature, used,
    reason), ``measures`` (sample, measure, value, low, high), ``cutoffs`` (points, approve_share, bad_share).
    """

    tables: dict[str, pd.DataFrame]
    bins: tuple[Bins, ...]
    offsets: NDArray[np.int64]
    points: Floats
    usual: Floats
    base: float
    params: ScorecardParams

    def score(self, applications: pd.DataFrame) -> pd.DataFrame:
        """Score applications; missing values, special codes and unseen levels have bins of their own.

        Returns
        -------
        DataFrame
            pd (share 0-1), points, reasons: the features that cost most points against their mean, worst first. The
            index is that of `applications`.

        Raises
        ------
        InputError
            A column of the score is missing.
        """
        codes = _codes(applications, self.bins, self.offsets)
        total = np.empty(len(codes))
        worst = np.empty((len(codes), self.params.reasons), dtype=np.int32)
        add_points(codes, self.points, self.usual, self.base, total, worst)
        reasons = _reasons(worst, [b.feature for b in self.bins])
        return pd.DataFrame({"pd": _pd_of(total, self.params), "points": total, "reasons": reasons}, applications.index)


def fit_scorecard(
    applications: pd.DataFrame,
    target: str,
    monotone: Mapping[str, int | str] | None = None,
    date: str | None = None,
    *,
    groups: str | None = None,
    exclude: Sequence[str] = (),
    keep: Sequence[str] = (),
    params: ScorecardParams | None = None,
) -> Scorecard:
    """Fit an additive scorecard to past applications and their outcomes.

    Every column is cut into bins (ranges of equal count, special codes, levels, rare levels, missing), and log-odds of
    default are a sum of one effect per bin: smooth over ranges as far as the data ask, monotone where declared
    (`fit_shapes`). Points are ``-double_odds_points / ln 2`` times the effect, rounded; PD follows from the sum of
    points, so the points table is the model. Columns that are personal, constant, double, identifiers, dated after the
    decision or suspiciously predictive are left out, and ``tables["columns"]`` says why.

    Parameters
    ----------
    applications : DataFrame
        One row an application; any plain columns.
    target : str
        Column with 1 for default, 0 for paid.
    monotone : mapping, optional
        Direction of PD by numeric column: 1 or "increasing", -1 or "decreasing".
    date : str, optional
        Column with the date of the decision: adds figures on the latest applications, scored by a fit to the
        earlier ones.
    groups : str, optional
        Column (a city) whose values are held out together in cross-validation; it is not a feature.
    exclude, keep : sequence of str
        Columns never to use; columns to use though they look suspiciously predictive.
    params : ScorecardParams, optional
        Tuning.

    Returns
    -------
    Scorecard

    Raises
    ------
    InputError
        Names what is wrong with target, date, declared directions or columns.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shops = pd.DataFrame({"months_open": rng.integers(1, 60, 2000), "kind": rng.choice(["kiosk", "grocery"], 2000)})
    >>> shops["default"] = (rng.random(2000) < 0.4 / np.sqrt(shops["months_open"])).astype(int)
    >>> card = fit_scorecard(shops, "default", monotone={"months_open": "decreasing"})
    >>> card.score(shops.assign(months_open=[1, 59] * 1000))["points"].diff().iloc[1] > 0
    np.True_
    """
    params = params or ScorecardParams()
    y = target_of(applications, target)
    dates = decision_dates(applications, date)
    skipped = {target, *exclude, *(name for name in (date, groups) if name)}
    features = max(applications.shape[1] - len(skipped), 1)
    most = int(np.clip(min(params.most_bins, params.most_cells / features), 4, None))
    bins, columns = choose_columns(applications, y, dates, skipped, set(keep), most)
    direction = _directions(monotone or {}, bins, applications, columns)
    if not bins:
        raise InputError("applications", ["no column can be used; see which were left out: " + _left_out(columns)])
    offsets = np.concatenate([[0], np.cumsum([b.size for b in bins])]).astype(np.int64)
    codes = _codes(applications, tuple(bins), offsets)
    tests = {"cross_validated": _folds(applications, groups, params)}
    if dates is not None:
        tests["out_of_time"] = [np.flatnonzero((dates > dates.quantile(1 - params.latest_share)).to_numpy())]
    measured = [m for name, parts in tests.items() for m in _tested(name, parts, codes, y, bins, direction)]
    shapes = fit_shapes(codes, y, bins, direction)
    return _card(shapes, codes, y, bins, offsets, columns, pd.concat(measured, ignore_index=True), params)


def _card(
    shapes: Shapes, codes: NDArray[np.int32], y: Floats, bins: list[Bins], offsets: NDArray[np.int64],
    columns: pd.DataFrame, measures: pd.DataFrame, params: ScorecardParams,
) -> Scorecard:  # fmt: skip
    """Turn effects into points: rounded, each feature's mean left in place, the rest in the base."""
    factor = params.double_odds_points / np.log(2)
    points = np.round(-factor * shapes.effect / params.point_step) * params.point_step
    base = params.base_points - factor * (np.log(params.base_odds) + shapes.intercept)
    usual = points[codes].mean(axis=0)
    total = base + points[codes].sum(axis=1)
    table = _points_table(points, codes, y, bins, offsets)
    tables = {"points": table, "columns": columns, "measures": measures, "cutoffs": _cutoffs(total, y)}
    return Scorecard(tables, tuple(bins), offsets, points, usual, float(base), params)


def _pd_of(points: Floats, params: ScorecardParams) -> Floats:
    factor = params.double_odds_points / np.log(2)
    return expit((params.base_points - points) / factor - np.log(params.base_odds))


def _points_table(
    points: Floats, codes: NDArray[np.int32], y: Floats, bins: list[Bins], offsets: NDArray[np.int64]
) -> pd.DataFrame:
    """One row a bin, neighbouring ranges of equal points joined."""
    rows, bad = (np.bincount(codes.ravel(), w, offsets[-1]) for w in (None, np.repeat(y, codes.shape[1])))
    parts = []
    for b, start in zip(bins, offsets[:-1], strict=True):
        part = pd.DataFrame(
            {
                "feature": b.feature, "bin": b.labels(), "points": points[start : start + b.size],
                "rows": rows[start : start + b.size], "defaults": bad[start : start + b.size],
            }
        )  # fmt: skip
        fresh = np.ones(b.size, bool)
        fresh[1 : b.ordered] = np.diff(part["points"].to_numpy()[: b.ordered]) != 0
        joined = part.groupby(np.cumsum(fresh)).agg(
            feature=("feature", "first"), first=("bin", "first"), last=("bin", "last"), points=("points", "first"),
            rows=("rows", "sum"), defaults=("defaults", "sum"),
        )  # fmt: skip
        joined.insert(1, "bin", [_span(a, z) for a, z in zip(joined.pop("first"), joined.pop("last"), strict=True)])
        parts.append(joined)
    table = pd.concat(parts, ignore_index=True)
    return table.assign(
        default_share=table["defaults"] / table["rows"].replace(0, np.nan), row_share=table["rows"] / len(codes)
    )


def _span(first: str, last: str) -> str:
    """Name of the range from the first bin to the last: "1 to < 3" and "3 to < 9" become "1 to < 9"."""
    if first == last:
        return first
    low = first.split(" to ")[0] if " to " in first else ""
    high = last.split("< ")[-1] if "< " in last else ""
    if low and high:
        return f"{low} to < {high}"
    return f"< {high}" if high else f">= {low}" if low else "any number"


def _cutoffs(points: Floats, y: Floats) -> pd.DataFrame:
    """Say what each cut-off would have approved, and the share of it that defaulted."""
    cuts = np.quantile(points, np.linspace(0, 0.95, 20))
    ok = [points >= cut for cut in cuts]
    return pd.DataFrame(
        {"points": cuts, "approve_share": [k.mean() for k in ok], "bad_share": [y[k].mean() for k in ok]}
    )


def _codes(applications: pd.DataFrame, bins: tuple[Bins, ...], offsets: NDArray[np.int64]) -> NDArray[np.int32]:
    """Bins of every row, numbered through over all features."""
    if absent := [b.feature for b in bins if b.feature not in applications]:
        raise InputError("applications", [f"column {', '.join(absent)} is missing; the score was fitted with it"])
    codes = np.empty((len(applications), len(bins)), dtype=np.int32)
    for j, b in enumerate(bins):
        codes[:, j] = b.codes(applications[b.feature]) + offsets[j]
    return codes


def _folds(applications: pd.DataFrame, groups: str | None, params: ScorecardParams) -> list[NDArray[np.int64]]:
    """Rows of each fold; all rows of a group fall into one fold."""
    rng = np.random.default_rng(params.seed)
    if groups is None:
        return np.array_split(rng.permutation(len(applications)), params.folds)
    if groups not in applications:
        raise InputError("applications", [f"groups {groups} is no column; name the column of the city or none"])
    codes, names = pd.factorize(applications[groups], use_na_sentinel=False)
    fold = rng.permutation(len(names)) % params.folds
    return [np.flatnonzero(fold[codes] == k) for k in range(min(params.folds, len(names)))]


def _tested(
    sample: str, parts: list[NDArray[np.int64]], codes: NDArray[np.int32], y: Floats, bins: list[Bins],
    direction: dict[str, int],
) -> list[pd.DataFrame]:  # fmt: skip
    """Measures on rows that the fit did not see; nothing where a part has one class only."""
    pd_ = np.full(len(y), np.nan)
    for part in parts:
        seen = np.ones(len(y), bool)
        seen[part] = False
        if 0 < y[seen].sum() < seen.sum():
            pd_[part] = expit(fit_shapes(codes[seen], y[seen], bins, direction).log_odds(codes[part]))
    told = ~np.isnan(pd_)
    if not 0 < y[told].sum() < told.sum():
        return []
    return [measure(y[told], pd_[told]).assign(sample=sample)[["sample", "measure", "value", "low", "high"]]]


def _reasons(worst: NDArray[np.int32], names: list[str]) -> pd.Categorical:
    """Join the worst features' names; each combination is written once."""
    key = np.zeros(len(worst), dtype=np.int64)
    for column in worst.T:
        key = key * (len(names) + 1) + column + 1
    _, first, codes = np.unique(key, return_index=True, return_inverse=True)
    text = ["; ".join(names[j] for j in worst[i] if j >= 0) or "none" for i in first]
    return pd.Categorical.from_codes(codes, pd.Index(text))


def _directions(
    monotone: Mapping[str, int | str], bins: list[Bins], applications: pd.DataFrame, columns: pd.DataFrame
) -> dict[str, int]:
    by_name, faults = {b.feature: b for b in bins}, []
    left_out = columns.set_index("feature")["reason"]
    for name, way in monotone.items():
        if name not in applications:
            faults.append(f"monotone names {name}, which is no column")
        elif way not in WORDS:
            faults.append(f"monotone direction of {name} is {way}; give 1 (PD rises with it) or -1 (PD falls)")
        elif name in by_name and not by_name[name].numeric:
            faults.append(f"monotone names {name}, which holds words; order them as numbers or drop the direction")
        elif name not in by_name and name not in left_out:
            faults.append(f"monotone names {name}, which is not a feature")
    if faults:
        raise InputError("monotone", faults)
    return {name: WORDS[way] for name, way in monotone.items() if name in by_name}


def _left_out(columns: pd.DataFrame) -> str:
    return "; ".join(f"{row.feature}: {row.reason}" for row in columns.head(5).itertuples())
