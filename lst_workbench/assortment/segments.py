"""Tastes by store type and region: each segment's own choice model, shrunk towards that of the level above it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy.stats import norm
from scipy.stats import t as student

from lst_workbench.assortment.choice_tables import join_features
from lst_workbench.assortment.likelihood import Design, moments
from lst_workbench.assortment.mnl import MnlParams, design_of, fit_mnl
from lst_workbench.assortment.mnl_result import MnlModel, MnlResult, Term
from lst_workbench.contracts import InputError

PLAIN = MnlParams()
SCALES = 100  # rounds of spread and tastes at most
AT_REST = 5e-3  # change of a spread's logarithm in a round
LEAST_GAIN = 1e-6  # of log-likelihood, expected of a Newton step
SHORTEST = 1e-3
LEAST_SPREAD = 1e-3  # of a coefficient's pooled standard error


@dataclass(frozen=True)
class SegmentsResult:
    """Tastes of segments; see `fit_segments`."""

    pooled: MnlResult
    models: dict[object, MnlModel] = field(repr=False)
    levels: tuple[str, ...]
    warnings: tuple[str, ...]
    tables: dict[str, pd.DataFrame] = field(repr=False)

    def of(self, *segment: object) -> MnlResult:
        """Give the model of a segment, named level by level: diversion, elasticities and predictions are its own.

        A segment that was not in the choices gets the model of the level above it.
        """
        known = next((self.models[segment[:k]] for k in range(len(segment), 0, -1) if segment[:k] in self.models), None)
        return replace(self.pooled, model=known) if known else self.pooled

    def predict(self, choices: pd.DataFrame) -> pd.DataFrame:
        """Give utility and choice probability of every alternative on offer, each choice by the model of its segment.

        Returns
        -------
        DataFrame
            choice_id, alternative, utility, choice_probability; rows of choices with a fault are left out.
        """
        parts = [self.of(*key).predict(rows) for key, rows in choices.groupby(list(self.levels), sort=False)]
        return pd.concat(parts, ignore_index=True)

    def fit_on(self, choices: pd.DataFrame) -> dict[str, float]:
        """How well tastes of segments foretell other choices (stores or weeks held out), beside the pooled model."""
        grouped = choices.groupby(list(self.levels), sort=False)
        own = sum(self.of(*key).fit_on(rows)["log_likelihood"] for key, rows in grouped)
        pooled = self.pooled.fit_on(choices)
        return {
            "choices": pooled["choices"],
            "log_likelihood": own,
            "pooled_log_likelihood": pooled["log_likelihood"],
            "gain": own - pooled["log_likelihood"],
        }


def fit_segments(
    choices: pd.DataFrame,
    features: Sequence[str] | Mapping[str, str] | pd.DataFrame,
    segment: str | Sequence[str],
    choice_id: str = "choice_id",
    alternative: str = "alternative",
    chosen: str = "chosen",
    *,
    constants: bool = False,
    base: object = None,
    params: MnlParams = PLAIN,
) -> SegmentsResult:
    """Fit a logit for each segment, shrunk towards the level above as far as the data of the segment are few.

    Coefficients of the segments of a level scatter around those of their parent, b_s ~ N(b_parent, diag(t^2)), those of
    the first level around the pooled model. Tastes are the maximum of likelihood x prior, spreads t the mean of squared
    distance and variance (EM with Laplace's approximation). A segment with few choices leans on its parent, so that
    none has to be left out and items it never saw have a utility too. Intervals are Student's, as wide as the spread
    of few segments is unsure (Kass and Steffey 1989; degrees of freedom after Satterthwaite).

    Parameters
    ----------
    choices, features, choice_id, alternative, chosen, constants, base
        As in `fit_mnl`.
    segment : str or list of str
        Columns of `choices` from the widest to the narrowest level (``["region", "store_type"]``: types inside
        regions); one value a choice.
    params : MnlParams
        Tuning of the pooled logit, and ``interval_z``.

    Returns
    -------
    SegmentsResult
        ``tables["coefficients"]``: level, the segment's columns (empty below its level), feature, parent (coefficient),
        coefficient, standard_error, low, high, shrinkage_share (1: the parent's, 0: its own). ``tables["spread"]``:
        level, feature, spread (standard deviation between segments). ``tables["refused"]``. ``.of()``, ``.predict()``,
        ``.fit_on()``, ``.pooled``.

    Raises
    ------
    InputError
        As in `fit_mnl`, and when a choice has no segment or two.

    Examples
    --------
    >>> choices = pd.DataFrame({
    ...     "choice_id": np.repeat(range(6), 2), "alternative": ["tea", "cola"] * 6,
    ...     "region": ["north"] * 6 + ["south"] * 6, "chosen": [30, 10, 25, 15, 31, 9, 10, 30, 12, 28, 9, 31],
    ... })
    >>> result = fit_segments(choices, [], "region", constants=True)
    >>> result.tables["coefficients"][["region", "feature", "coefficient"]].round(1)
      region  feature  coefficient
    0  north  asc_tea          0.9
    1  south  asc_tea         -1.0
    """
    levels = (segment,) if isinstance(segment, str) else tuple(segment)
    choices, named = join_features(choices, features, (choice_id, alternative))
    _check_levels(choices, levels, choice_id)
    columns = {"choice_id": choice_id, "alternative": alternative, "chosen": chosen}
    pooled = fit_mnl(choices, named, **columns, constants=constants, base=base, params=params)
    table = pooled.tables["coefficients"]
    known = table["coefficient"].notna().to_numpy()
    terms = tuple(term for term, k in zip(pooled.model.terms, known, strict=True) if k)
    error = table["standard_error"].to_numpy()[known]
    sold = choices[choices[alternative].isin(pooled.model.alternatives)]
    parents: dict[tuple[object, ...], np.ndarray] = {(): pooled.model.theta[known]}
    doubt: dict[tuple[object, ...], np.ndarray] = {(): np.nan_to_num(error, nan=1.0) ** 2}
    models: dict[object, MnlModel] = {}
    told, spreads, said = [], [], list(pooled.warnings)
    for depth in range(1, len(levels) + 1):
        parts = _parts(sold, levels[:depth], pooled, terms)
        above = np.array([parents[key[:-1]] for key in parts])
        unsure = np.array([doubt[key[:-1]] for key in parts])
        found = _shrunk(list(parts.values()), above, unsure, len({key[:-1] for key in parts}))
        for n, key in enumerate(parts):
            parents[key], doubt[key] = found.theta[n], found.variance[n]
            models[key] = replace(pooled.model, terms=terms, theta=found.theta[n])
            told.append(_told(levels, key, terms, above[n], found, n, params))
        spreads.append(pd.DataFrame({
            "level": levels[depth - 1], "feature": [term.name for term in terms], "spread": found.spread,
        }))  # fmt: skip
        if not found.rested:
            said.append(f"spreads of level {levels[depth - 1]} had not quite come to rest after {SCALES} rounds.")
    tables = {
        "coefficients": pd.concat(told, ignore_index=True), "spread": pd.concat(spreads, ignore_index=True),
        "refused": pooled.tables["refused"],
    }  # fmt: skip
    return SegmentsResult(pooled, models, levels, tuple(said), tables)


@dataclass(frozen=True)
class _Shrunk:
    """Tastes, their variances with degrees of freedom, weights of the parents, spread, and whether it came to rest."""

    theta: np.ndarray
    variance: np.ndarray
    freedom: np.ndarray
    lent: np.ndarray
    spread: np.ndarray
    rested: bool


def _check_levels(choices: pd.DataFrame, levels: tuple[str, ...], choice_id: str) -> None:
    if missing := [name for name in levels if name not in choices]:
        raise InputError("segment", [f"column {', '.join(missing)} is missing; it names the segment of a choice"])
    empty = choices[list(levels)].isna().any(axis=1)
    if empty.any():
        count, first = int(empty.sum()), choices.loc[empty, choice_id].iloc[0]
        raise InputError("segment", [f"{count:,} rows have none (first: choice {first}); give each choice one"])
    several = choices.groupby(choice_id)[list(levels)].nunique().max(axis=1)
    if (several > 1).any():
        raise InputError("segment", [f"choice {several.idxmax()} is in {several.max()} segments; give it one"])


def _parts(
    choices: pd.DataFrame, levels: tuple[str, ...], pooled: MnlResult, terms: tuple[Term, ...]
) -> dict[tuple[object, ...], Design]:
    """Choices of each segment as matrices with the pooled model's columns."""
    parts = {}
    for key, rows in choices.groupby(list(levels), sort=True):
        try:
            parts[tuple(key)] = design_of(pooled.model.read(rows, need_chosen=True), terms)
        except InputError:
            continue  # no sound choice between two: the level above speaks for it
    return parts


def _shrunk(designs: list[Design], above: np.ndarray, unsure: np.ndarray, parents: int) -> _Shrunk:
    """Tastes by Newton under the prior and spreads by EM, in turn; `unsure` is the variance of the parents.

    Parents are means of their segments: distances from them are too short by (segments - parents) / segments, and they
    are as unsure as a mean of so many that scatter. A spread is known as from as many segments as tell of it, each by
    what it does not lend; d b / d log t = 2 lent (b - parent), and log variance moves by lent with log t^2.
    """
    theta, variance = above.copy(), np.zeros_like(above)
    least = LEAST_SPREAD * np.sqrt(unsure.mean(axis=0))
    spread = np.sqrt(unsure.mean(axis=0) * len(designs))
    longer = len(designs) / (len(designs) - parents) if len(designs) > parents else 1.0
    rested = False
    for _ in range(SCALES):
        for n, design in enumerate(designs):
            theta[n], variance[n] = _posterior(design, theta[n], above[n], spread)
        there = np.maximum(np.sqrt((longer * (theta - above) ** 2 + variance).mean(axis=0)), least)
        rested = bool(np.abs(np.log(there / spread)).max() < AT_REST)
        if rested:
            break
        spread = there
    lent = np.minimum(variance / spread**2, 1.0)
    parent = unsure + spread**2 * parents / len(designs)
    telling = np.maximum(((1 - lent) ** 2).sum(axis=0) / longer, 1.0)
    moved = (2 * lent * (theta - above)) ** 2 / (2 * telling)
    freedom = telling / np.maximum(lent, 1e-6) ** 2
    return _Shrunk(theta, variance + lent**2 * parent + moved, freedom, lent, spread, rested)


def _posterior(
    design: Design, theta: np.ndarray, above: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Maximum of log-likelihood - ((b - parent) / t)^2 / 2 by Newton with halved steps, and the variances there."""
    weight = spread**-2.0

    def worth(at: np.ndarray, log_likelihood: float) -> float:
        return log_likelihood - float(weight @ (at - above) ** 2) / 2

    here = moments(design, theta)
    while True:
        curvature = (here.information + np.diag(weight)) * np.outer(spread, spread)
        pull = here.gradient - weight * (theta - above)
        step = spread * np.linalg.solve(curvature, spread * pull)
        if pull @ step < LEAST_GAIN:
            return theta, spread**2 * np.diag(np.linalg.inv(curvature))
        length, now = 1.0, worth(theta, here.log_likelihood)
        there = moments(design, theta + step)
        while worth(theta + length * step, there.log_likelihood) < now and length > SHORTEST:
            length /= 2
            there = moments(design, theta + length * step)
        theta, here = theta + length * step, there


def _told(
    levels: tuple[str, ...], key: tuple[object, ...], terms: tuple[Term, ...], above: np.ndarray, found: _Shrunk,
    n: int, params: MnlParams,
) -> pd.DataFrame:  # fmt: skip
    named = dict(zip(levels, (*key, *[None] * (len(levels) - len(key))), strict=True))
    error = np.sqrt(found.variance[n])
    reach = student.ppf(norm.cdf(params.interval_z), found.freedom[n]) * error
    return pd.DataFrame({
        "level": levels[len(key) - 1], **named, "feature": [term.name for term in terms], "parent": above,
        "coefficient": found.theta[n], "standard_error": error, "low": found.theta[n] - reach,
        "high": found.theta[n] + reach, "shrinkage_share": found.lent[n],
    })  # fmt: skip
