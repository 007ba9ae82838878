"""A score that prints as a points table: additive, monotone where declared, calibrated, with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from lst_workbench.contracts import InputError
from lst_workbench.credit._kernels import add_points, add_variance
from lst_workbench.credit.applications import choose_columns, codes_declared, decision_dates, named, target_of
from lst_workbench.credit.binning import Bins
from lst_workbench.credit.doubt import centred, leading, told_share
from lst_workbench.credit.pairs import Pair
from lst_workbench.credit.points import cutoff_table, points_table
from lst_workbench.credit.segments import Segments
from lst_workbench.credit.shapes import Shapes
from lst_workbench.credit.terms import Joint, MostTerms, Plan, codes_of, learn_terms, offsets_of, with_joint
from lst_workbench.credit.validation import (
    against_data,
    choose_plan,
    drawn_together,
    folds_of,
    later_odds,
    measures_of,
    slope_of,
    unseen_odds,
)
from lst_workbench.optim import in_chunks

Floats = NDArray[np.float64]
WORDS = {"increasing": 1, "decreasing": -1, 1: 1, -1: -1}
NORMAL_95 = 1.959964
CHUNK = 32_768


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
        About the most effects of bins and cells of pairs over all columns; in wide tables, neighbours share one.
    most_pairs : int
        Most pairs of features with points of their own; a pair is taken up only where it clearly tells more.
    most_segments : int
        Most partitions into segments, where features and pairs clearly leave something untold; 0 for none.
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
    most_cells: int = 1500
    most_pairs: int = 12
    most_segments: int = 240
    folds: int = 5
    latest_share: float = 0.2
    reasons: int = 3
    seed: int = 7

    def __post_init__(self) -> None:
        least = {"folds": 2, "most_bins": 2, "most_cells": 1, "most_pairs": 0, "most_segments": 0, "reasons": 1}
        faults = [f"{name} is {getattr(self, name)}; give {low} or more" for name, low in least.items()
                  if not getattr(self, name) >= low]  # fmt: skip
        above = ("base_odds", "double_odds_points", "point_step", "latest_share")
        faults += [
            f"{name} is {getattr(self, name)}; give more than 0" for name in above if not getattr(self, name) > 0
        ]
        if self.latest_share >= 1:
            faults.append(f"latest_share is {self.latest_share}; give less than 1")
        if faults:
            raise InputError("ScorecardParams", faults)

    @property
    def most_terms(self) -> MostTerms:
        """Bounds on the terms of a score."""
        return MostTerms(self.most_pairs, self.most_cells, self.most_segments)


@dataclass(frozen=True)
class Scorecard:
    """A fitted score; the points table is the model.

    ``tables``: ``points`` (feature, bin, points, rows, defaults, default_share, row_share; a pair of features is named
    "a × b", a partition into segments "a × b × c (number)" by the features that it is cut by most), ``columns``
    (feature, used, reason, note: a declared direction that the data contradict), ``measures`` (sample, measure, value,
    low, high), ``cutoffs`` (`cutoff_table`). ``held_out`` is the PD of each application by a fit that had not seen it.
    """

    tables: dict[str, pd.DataFrame]
    bins: tuple[Bins, ...]
    joint: tuple[Joint, ...]
    points: Floats
    short: Floats
    base: float
    params: ScorecardParams
    doubt: NDArray[np.float32] = field(repr=False)
    own_doubt: Floats = field(repr=False)
    held_out: Floats = field(repr=False)
    plan: Plan

    @property
    def features(self) -> list[str]:
        """Names of the terms: features, then pairs and segments."""
        return [term.feature for term in (*self.bins, *self.joint)]

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Pairs of features with points of their own."""
        return tuple(term for term in self.joint if isinstance(term, Pair))

    @property
    def segments(self) -> tuple[Segments, ...]:
        """Partitions by several features, where pairs leave something untold."""
        return tuple(term for term in self.joint if isinstance(term, Segments))

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
        total, _, worst = self.scored(applications, ranges=False)
        frame = {"pd": _pd_of(total, self.params), "points": total, "reasons": _reasons(worst, self.features)}
        return pd.DataFrame(frame, applications.index)

    def scored(self, applications: pd.DataFrame, ranges: bool) -> tuple[Floats, Floats, NDArray[np.int32]]:
        """Points, standard error of the log-odds (where asked for), and the worst terms of every row, by chunks."""
        applications = named(applications)
        starts = range(0, max(len(applications), 1), CHUNK)
        parts = [(np.empty(0), np.empty(0), np.empty((0, 0), np.int32))] * len(starts)

        def work(first: int, last: int) -> None:
            for k in range(first, last):
                parts[k] = self._scored(applications.iloc[starts[k] : starts[k] + CHUNK], ranges)

        in_chunks(len(starts), work)
        total, error, worst = (np.concatenate(part) for part in zip(*parts, strict=True))
        return total, error, worst

    def _scored(self, applications: pd.DataFrame, ranges: bool) -> tuple[Floats, Floats, NDArray[np.int32]]:
        codes = codes_of(applications, self.bins, self.joint)
        total, error = np.empty(len(codes)), np.zeros(len(codes))
        worst = np.empty((len(codes), self.params.reasons), dtype=np.int32)
        add_points(codes, self.points, self.short, self.base, total, worst)
        if ranges:
            add_variance(codes, len(self.features) - len(self.segments), self.doubt, self.own_doubt, error)
        return total, np.sqrt(error), worst


def score_stores(card: Scorecard, stores: pd.DataFrame) -> pd.DataFrame:
    """Score stores with the range of each PD: wide where the file is thin.

    The range is that of the fit: how sure the effects of a store's bins are, all together. A feature that a store
    lacks, and no application lacked, counts at its mean effect and with all its variance, so a new shop without a till
    is scored from what is known of it, in a wider range.

    Parameters
    ----------
    card : Scorecard
        From `fit_scorecard`.
    stores : DataFrame
        The columns of the score [, store_id].

    Returns
    -------
    DataFrame
        [store_id,] pd, pd_low, pd_high (95%), points, told_share (part of the score's spread that rests on columns
        filled in), reasons. The index is that of `stores`.

    Raises
    ------
    InputError
        A column of the score is missing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> past = pd.DataFrame({"months_open": rng.integers(1, 60, 2000)})
    >>> past["default"] = (rng.random(2000) < 0.4 / np.sqrt(past["months_open"])).astype(int)
    >>> scored = score_stores(fit_scorecard(past, "default"), pd.DataFrame({"months_open": [30.0, None]}))
    >>> (scored["pd_high"] - scored["pd_low"]).is_monotonic_increasing, scored["told_share"].tolist()
    (True, [1.0, 0.0])
    """
    stores = named(stores, "stores")
    total, error, worst = card.scored(stores, ranges=True)
    reach = NORMAL_95 * error * card.params.double_odds_points / np.log(2)
    scored = pd.DataFrame(
        {
            "pd": _pd_of(total, card.params),
            "pd_low": _pd_of(total + reach, card.params),
            "pd_high": _pd_of(total - reach, card.params),
            "points": total,
            "told_share": told_share(card.tables["points"], card.bins, stores),
            "reasons": _reasons(worst, card.features),
        },
        stores.index,
    )
    if "store_id" in stores:
        scored.insert(0, "store_id", stores["store_id"])
    return scored


def fit_scorecard(
    applications: pd.DataFrame,
    target: str,
    monotone: Mapping[str, int | str] | None = None,
    date: str | None = None,
    *,
    groups: str | None = None,
    exclude: Sequence[str] = (),
    keep: Sequence[str] = (),
    codes: Mapping[str, Sequence[float]] | Sequence[float] = (),
    params: ScorecardParams | None = None,
) -> Scorecard:
    """Fit an additive scorecard to past applications and their outcomes.

    Every column is cut into bins (ranges of equal count, special codes, levels, rare levels, missing), and log-odds of
    default are a sum of one effect per bin: smooth over ranges as far as the data ask, monotone where declared
    (`fit_shapes`). Pairs of features that clearly tell more together than apart (`choose_pairs`) get a grid of cells,
    and what these clearly leave untold of unseen rows is told by partitions into segments (`learn_segments`). Effects
    are then drawn together as far as outcomes of unseen rows ask. Points are ``-double_odds_points / ln 2`` times the
    effect, rounded; PD follows from the sum of points, so the points table is the model. Columns that are personal,
    constant, double, identifiers, dated after the decision or suspiciously predictive are left out, and
    ``tables["columns"]`` says why.

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
    codes : mapping of str to sequence of float, or sequence of float
        Numbers that are special codes (999: no account), by column or for all. Those that stand far apart from all
        other values are found anyway (`special_codes`); ``tables["columns"]`` names the codes of each column.
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
    params, applications = params or ScorecardParams(), named(applications)
    y = target_of(applications, target)
    dates = decision_dates(applications, date)
    coded = codes_declared(applications, codes)
    exclude, keep = ([names] if isinstance(names, str) else names for names in (exclude, keep))
    skipped = {target, *exclude, *(name for name in (date, groups) if name)}
    bins, columns = choose_columns(applications, y, dates, skipped, set(keep), params.most_bins, coded)
    direction = directions_of(monotone or {}, bins, applications, columns)
    if not bins:
        raise InputError("applications", ["no column can be used; see which were left out: " + _left_out(columns)])
    places = np.ascontiguousarray(codes_of(applications, bins))
    contrary = columns["feature"].isin(against_data(places, y, bins, direction))
    columns.loc[contrary, "note"] = "the declared direction runs against the data; " + columns["note"]
    columns["note"] = columns["note"].str.removesuffix("; ")
    folds = folds_of(applications, groups, params.folds, params.seed)
    most = params.most_terms
    plan, told = choose_plan(unseen_odds(folds, places, y, bins, direction, most), y, folds)
    held_out = drawn_together(y, told, folds)
    measured = [measures_of("cross_validated", y, held_out)]
    if dates is not None:
        latest = np.flatnonzero((dates > dates.quantile(1 - params.latest_share)).to_numpy())
        later = later_odds(latest, places, y, bins, direction, most, plan)
        measured.append(measures_of("out_of_time", y, expit(later)))
    joint, shapes = learn_terms(places, y, bins, direction, most, plan)
    tables = {"columns": columns, "measures": pd.concat([m for m in measured if len(m)], ignore_index=True)}
    places = with_joint(places, bins, joint)
    shapes = shapes.shrunk(slope_of(y, told), places, y)
    return card_of(shapes, places, y, bins, joint, tables, held_out, params, plan)


def card_of(
    shapes: Shapes, codes: NDArray[np.int32], y: Floats, bins: list[Bins], joint: list[Joint],
    tables: dict[str, pd.DataFrame], held_out: Floats, params: ScorecardParams, plan: Plan,
) -> Scorecard:  # fmt: skip
    """Turn effects into points: rounded, each feature's mean left in place, the rest in the base."""
    terms: list[Bins | Joint] = [*bins, *joint]
    effect, spread = centred(shapes, codes, [term for term in terms if not isinstance(term, Segments)])
    doubt, own = leading(spread)
    own = np.concatenate([own[-1:], own[:-1], shapes.variance])
    factor = params.double_odds_points / np.log(2)
    points = np.round(-factor * effect / params.point_step) * params.point_step
    base = params.base_points - factor * (np.log(params.base_odds) + shapes.intercept)
    short = points - np.repeat(points[codes].mean(axis=0), [term.size for term in terms])
    total = base + points[codes].sum(axis=1)
    scores = pd.DataFrame({"points": total, "pd": _pd_of(total, params)})
    tables = {
        "points": points_table(points, codes, y, terms, offsets_of(terms)),
        "cutoffs": cutoff_table(scores, y),
        **tables,
    }
    return Scorecard(
        tables, tuple(bins), tuple(joint), points, short, float(base), params, doubt, own, held_out, plan,
    )  # fmt: skip


def _pd_of(points: Floats, params: ScorecardParams) -> Floats:
    factor = params.double_odds_points / np.log(2)
    return expit((params.base_points - points) / factor - np.log(params.base_odds))


def _reasons(worst: NDArray[np.int32], names: list[str]) -> pd.Categorical:
    """Join the worst features' names; each combination is written once."""
    key = np.zeros(len(worst), dtype=np.int64)
    for column in worst.T:
        key = key * (len(names) + 1) + column + 1
    codes, found = pd.factorize(key, sort=True)
    digits = [found // (len(names) + 1) ** k % (len(names) + 1) - 1 for k in reversed(range(worst.shape[1]))]
    text = ["; ".join(names[j] for j in row if j >= 0) or "none" for row in zip(*digits, strict=True)]
    return pd.Categorical.from_codes(codes, pd.Index(text))


def directions_of(
    monotone: Mapping[str, int | str], bins: list[Bins], applications: pd.DataFrame, columns: pd.DataFrame
) -> dict[str, int]:
    """Signs of declared directions, or every fault among them."""
    if not isinstance(monotone, Mapping):
        raise InputError("monotone", ['it names no directions; give them by column, as {"months_open": "decreasing"}'])
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
