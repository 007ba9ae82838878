"""Fit a multinomial logit: what makes a shopper take one product and not another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.special import ndtr

from lst_workbench.assortment.choice_tables import (
    BY_ALTERNATIVE,
    ChoiceColumns,
    ChoiceRows,
    join_features,
    read_choices,
)
from lst_workbench.assortment.diagnose import (
    collinear,
    doubtful_prices,
    near_collinear,
    separated_along,
    separated_by_step,
)  # fmt: skip
from lst_workbench.assortment.likelihood import Design, Moments, moments, outer_scores
from lst_workbench.assortment.mnl_result import MnlModel, MnlResult, Term
from lst_workbench.contracts import InputError, LstError


@dataclass(frozen=True)
class MnlParams:
    """Tuning of `fit_mnl`.

    Parameters
    ----------
    tolerance : float
        Newton stops when the expected gain of log-likelihood of a full step is below it.
    steps : int
        Newton steps at most.
    errors : {"classic", "robust", "clustered"}
        Which standard errors make z, p and the interval; all that can be had are listed.
    interval_z : float
        Standard errors on each side of the estimate in the interval ``low`` to ``high``.
    inflation_limit : float
        Variance inflation above which near collinearity is said.
    suspicious_steps : int
        After so many steps separation is looked for along the last step.
    """

    tolerance: float = 1e-9
    steps: int = 60
    errors: Literal["classic", "robust", "clustered"] = "classic"
    interval_z: float = 1.959963984540054
    inflation_limit: float = 1000.0
    suspicious_steps: int = 12


def fit_mnl(
    choices: pd.DataFrame,
    features: Sequence[str] | Mapping[str, str] | pd.DataFrame,
    choice_id: str = "choice_id",
    alternative: str = "alternative",
    chosen: str = "chosen",
    *,
    constants: bool = False,
    base: object = None,
    cluster: str | None = None,
    price: str | None = None,
    params: MnlParams = MnlParams(),
) -> MnlResult:
    """Fit P(j in choice i) = exp(u_ij) / sum_k exp(u_ik), u = constant of j + features x coefficients, by Newton.

    Works on single choices (``chosen`` is 0 or 1) and on sales (``chosen`` counts what was sold of each alternative on
    offer, for instance one ``choice_id`` a store and week); alternatives on offer may differ from choice to choice.

    Parameters
    ----------
    choices : DataFrame
        One row per choice and alternative on offer: choice_id, alternative, chosen, and the features.
    features : list of str, dict or DataFrame
        Columns that make utility. A dict says ``"generic"`` (one coefficient) or ``"by_alternative"`` (one for each
        alternative; the base is left out where the column is the same for all alternatives of a choice, like
        income). A DataFrame holds attributes by alternative, or by choice and alternative.
    choice_id, alternative, chosen : str
        Names of the columns.
    constants : bool
        Whether each alternative but the base gets a constant of its own: fixed effects of thousands of products are
        kept sparse.
    base : object, optional
        Alternative without a constant; the first in order when left out.
    cluster : str, optional
        Column whose groups (store, shopper) share shocks: adds clustered standard errors, with factor G / (G - 1).
    price : str, optional
        The feature that is a price: its specification is examined.
    params : MnlParams
        Tuning.

    Returns
    -------
    MnlResult
        ``.tables["coefficients"]`` (feature, coefficient, standard_error, z, p_value, low, high, se_classic, se_robust,
        se_clustered, note), ``.tables["refused"]`` (choice_id, alternative, reason), ``.log_likelihood``,
        ``.warnings``, ``.kpis()``, ``.predict()``, ``.diversion()``, ``.elasticities()``, ``.fit_on()``.

    Raises
    ------
    InputError
        When a column is missing or no choice can be used. Choices with a fault are left out and listed instead.

    Notes
    -----
    The log-likelihood is concave, so Newton with halved steps finds its maximum where there is one. Robust errors are
    the sandwich of the inverse information around the outer product of scores of choices. McFadden (1974); Train
    (2009), Discrete Choice Methods with Simulation, chapters 3 and 8.

    Examples
    --------
    >>> choices = pd.DataFrame({
    ...     "choice_id": [1, 1, 2, 2, 3, 3], "alternative": ["tea", "cola"] * 3, "chosen": [3, 1, 2, 2, 1, 3],
    ...     "price_rmb": [2.0, 3.0, 2.5, 2.5, 3.0, 2.0],
    ... })
    >>> result = fit_mnl(choices, ["price_rmb"])
    >>> result.tables["coefficients"][["feature", "coefficient"]].round(4)
         feature  coefficient
    0  price_rmb      -1.0986
    """
    choices, named = join_features(choices, features, (choice_id, alternative))
    columns = ChoiceColumns(choice_id, alternative, chosen, named, cluster)
    rows = read_choices(choices, columns)
    rows, unsold = _drop_unsold(rows, constants)
    base_code = _base_code(rows, base, constants)
    terms = _terms(rows, named, constants, base_code)
    if not terms:
        raise InputError("features", ["there is nothing to fit; name at least one feature or set constants=True"])
    design = design_of(rows, terms)
    null = moments(design, np.zeros(design.size))
    kept, warnings = _estimable(null, terms)
    design, kept_terms = _without(design, kept), [t for t, k in zip(terms, kept, strict=True) if k]
    theta, found, step, steps = _maximise(design, null.of(kept), params)
    separated, said = _separation(design, kept_terms, step, steps, params)
    warnings += said + near_collinear(found.information, kept_terms, separated, params.inflation_limit)
    if steps == params.steps and not separated.any():
        warnings.append(f"Newton stopped after {steps} steps before it converged; raise params.steps.")
    if price:
        warnings += doubtful_prices(price, kept_terms, theta, constants)
    coefficients = _coefficients(terms, kept, theta, _errors(design, found, rows.cluster, separated), separated, params)
    tables = {"coefficients": coefficients, "refused": pd.concat([rows.refused, unsold], ignore_index=True)}
    model = MnlModel(columns, rows.alternatives, tuple(terms), coefficients["coefficient"].fillna(0.0).to_numpy())
    return MnlResult(
        model, found.log_likelihood, null.log_likelihood, len(rows.choice_ids), float(rows.purchases.sum()), steps,
        tuple(warnings), tables,
    )  # fmt: skip


def _drop_unsold(rows: ChoiceRows, constants: bool) -> tuple[ChoiceRows, pd.DataFrame]:
    """Leave out alternatives that were never chosen when each has a constant: theirs would be minus infinity."""
    sold = np.bincount(rows.alternative, rows.bought, len(rows.alternatives))
    seen = np.bincount(rows.alternative, minlength=len(rows.alternatives))
    names = rows.alternatives[(sold == 0) & (seen > 0)]
    none = pd.DataFrame({"choice_id": [], "alternative": [], "reason": []})
    if not constants or not len(names):
        return rows, none
    keep = sold[rows.alternative] > 0
    size = np.add.reduceat(keep.astype(np.int64), rows.start[:-1])
    keep &= np.repeat(size > 1, np.diff(rows.start))
    if not keep.any():
        raise InputError("choices", ["only one alternative was ever chosen; give choices between at least two"])
    size = size[size > 1]
    index = np.flatnonzero(np.add.reduceat(keep.astype(np.int64), rows.start[:-1]) > 0)
    said = [
        f"alternative {name} was offered {seen[rows.alternatives.get_loc(name)]:,} times and never chosen; "
        "it has no constant, describe it by attributes instead"
        for name in names
    ]
    return replace(
        rows, start=np.append(0, np.cumsum(size)), alternative=rows.alternative[keep], bought=rows.bought[keep],
        values={k: v[keep] for k, v in rows.values.items()}, choice_ids=rows.choice_ids[index], row=rows.row[keep],
        cluster=None if rows.cluster is None else rows.cluster[index],
    ), pd.DataFrame({"choice_id": None, "alternative": names, "reason": said})  # fmt: skip


def _base_code(rows: ChoiceRows, base: object, constants: bool) -> int:
    present = np.unique(rows.alternative)
    if base is None:
        return int(present[0])
    code = rows.alternatives.get_indexer(pd.Index([base]))[0]
    if code not in present:
        raise InputError("base", [f"alternative {base} is not in the choices; name one that was offered and chosen"])
    return int(code)


def _terms(rows: ChoiceRows, named: Mapping[str, str], constants: bool, base: int) -> list[Term]:
    """Coefficients to estimate, constants first."""
    present = np.unique(rows.alternative)
    others = [int(code) for code in present if code != base]
    name = rows.alternatives
    terms = [Term(f"asc_{name[code]}", None, code) for code in others] if constants else []
    for feature, how in named.items():
        if how != BY_ALTERNATIVE:
            terms.append(Term(feature, feature, None))
            continue
        value = rows.values[feature]
        differs = np.maximum.reduceat(value, rows.start[:-1]) > np.minimum.reduceat(value, rows.start[:-1])
        codes = present if differs.any() else others
        terms += [Term(f"{feature}_{name[code]}", feature, int(code)) for code in codes]
    return terms


def design_of(rows: ChoiceRows, terms: Sequence[Term]) -> Design:
    """Choices as matrices with a column for each term; terms that are constants come first."""
    constant = np.array([term.alternative for term in terms if term.feature is None], dtype=np.int64)
    columns = [term.column(rows.values, rows.alternative) for term in terms if term.feature is not None]
    x = np.column_stack(columns) if columns else np.empty((len(rows.bought), 0))
    return Design(
        np.ascontiguousarray(x), rows.alternative, len(rows.alternatives), constant, rows.start.astype(np.int64),
        rows.bought, rows.purchases,
    )  # fmt: skip


def _estimable(null: Moments, terms: list[Term]) -> tuple[np.ndarray, list[str]]:
    """Which coefficients can be told apart, and what is said of the others."""
    kept, said = collinear(null.information, terms)
    if not kept.any():
        raise LstError(f"no feature varies within any of the {len(null.by_choice):,} choices; give one that does.")
    return kept, said


def _without(design: Design, kept: np.ndarray) -> Design:
    if kept.all():
        return design
    count = len(design.constant)
    return replace(design, constant=design.constant[kept[:count]], x=np.ascontiguousarray(design.x[:, kept[count:]]))


def _maximise(design: Design, here: Moments, params: MnlParams) -> tuple[np.ndarray, Moments, np.ndarray, int]:
    """Newton with halved steps from zero; returns coefficients, moments there, last full step, and steps taken."""
    theta, step = np.zeros(design.size), np.zeros(design.size)
    for done in range(params.steps):
        step = _solve(here.information, here.gradient)
        if here.gradient @ step < params.tolerance:
            return theta, here, step, done
        length = 1.0
        there = moments(design, theta + step)
        while not there.log_likelihood > here.log_likelihood and length > 1e-6:
            length /= 2
            there = moments(design, theta + length * step)
        if not there.log_likelihood > here.log_likelihood:
            return theta, here, step, done
        theta, here = theta + length * step, there
    return theta, here, step, params.steps


def _solve(information: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solve in units in which the information has a unit diagonal: prices in cents or yuan make no difference."""
    scale = 1 / np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information * scale[:, None] * scale
    vector = right * (scale if right.ndim == 1 else scale[:, None])
    try:
        solved = np.linalg.solve(scaled, vector)
    except np.linalg.LinAlgError:
        solved = np.linalg.lstsq(scaled, vector, rcond=None)[0]
    return solved * (scale if right.ndim == 1 else scale[:, None])


def _separation(
    design: Design, terms: list[Term], step: np.ndarray, steps: int, params: MnlParams
) -> tuple[np.ndarray, list[str]]:
    """Which coefficients have no finite estimate, and a sentence for each cause."""
    if steps < params.suspicious_steps:
        return np.zeros(design.size, dtype=bool), []
    separated, said = separated_along(design, terms)
    return (separated, said) if separated.any() else separated_by_step(design, terms, step)


def _errors(design: Design, found: Moments, cluster: np.ndarray | None, separated: np.ndarray) -> dict[str, np.ndarray]:
    """Return classic, robust and clustered standard errors; not a number where the estimate has no end."""
    bread = _solve(found.information, np.eye(design.size))
    meats = {"classic": found.information, "robust": outer_scores(design, found.probability, _each(design))}
    if cluster is not None:
        groups = int(cluster.max()) + 1
        meats["clustered"] = outer_scores(design, found.probability, cluster) * groups / max(groups - 1, 1)
    errors = {name: np.sqrt(np.maximum(np.diag(bread @ meat @ bread), 0.0)) for name, meat in meats.items()}
    return {name: np.where(separated, np.nan, error) for name, error in errors.items()}


def _each(design: Design) -> np.ndarray:
    return np.arange(len(design.start) - 1)


def _coefficients(
    terms: list[Term],
    kept: np.ndarray,
    theta: np.ndarray,
    errors: dict[str, np.ndarray],
    separated: np.ndarray,
    params: MnlParams,
) -> pd.DataFrame:
    if params.errors not in errors:
        raise InputError("params", ["errors='clustered' needs the column that names the clusters; give cluster=..."])

    def spread(values: np.ndarray) -> np.ndarray:
        full = np.full(len(terms), np.nan)
        full[kept] = values
        return full

    note = np.where(kept, "", "collinear").astype(object)
    note[np.flatnonzero(kept)[separated]] = "separated"
    value, error = spread(theta), spread(errors[params.errors])
    z = value / error
    table = pd.DataFrame({"feature": [term.name for term in terms], "coefficient": value, "standard_error": error})
    table["z"], table["p_value"] = z, 2 * ndtr(-np.abs(z))
    table["low"], table["high"] = value - params.interval_z * error, value + params.interval_z * error
    for name in ("classic", "robust", "clustered"):
        table[f"se_{name}"] = spread(errors[name]) if name in errors else np.nan
    table["note"] = note
    return table
