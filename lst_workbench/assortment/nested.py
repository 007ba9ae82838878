"""Fit a nested logit: pack sizes of a brand, or brands of a kind, take more from each other than from the rest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import ndtr

from lst_workbench.assortment.choice_tables import ChoiceRows, join_features
from lst_workbench.assortment.mnl import MnlParams, fit_mnl
from lst_workbench.assortment.mnl_result import MnlModel, MnlResult
from lst_workbench.contracts import InputError

NUDGE = 1e-5
PLAIN = MnlParams()


@dataclass(frozen=True)
class NestedResult:
    """A fitted nested logit beside the plain one; see `fit_nested`."""

    plain: MnlResult
    model: MnlModel
    nest: str
    dissimilarity: pd.Series
    log_likelihood: float
    warnings: tuple[str, ...]
    tables: dict[str, pd.DataFrame] = field(repr=False)

    def kpis(self) -> dict[str, float]:
        """Headline figures; twice the gain over the plain logit is chi-squared with a degree of freedom a nest."""
        free = float(self.tables["nests"]["standard_error"].notna().sum())
        return {
            "log_likelihood": self.log_likelihood,
            "plain_log_likelihood": self.plain.log_likelihood,
            "likelihood_ratio": 2 * (self.log_likelihood - self.plain.log_likelihood),
            "free_nests": free,
        }

    def predict(self, choices: pd.DataFrame) -> pd.DataFrame:
        """Give the choice probability of every alternative on offer: choice_id, alternative, choice_probability."""
        rows = self.model.read(choices, need_chosen=False)
        nests = _Nests.of(rows, choices[self.nest], self.dissimilarity.index)
        p = nests.shares(self.model.utility(rows), self.dissimilarity.to_numpy())[0]
        names = self.model.columns
        return pd.DataFrame({
            names.choice_id: rows.choice_ids[rows.choice], names.alternative: rows.alternatives[rows.alternative],
            "choice_probability": p,
        })  # fmt: skip

    def diversion(self, choices: pd.DataFrame) -> pd.DataFrame:
        """Who buys what instead: each alternative is taken away in turn and the choices are worked out again.

        Returns
        -------
        DataFrame
            alternative, goes_to, diversion_share: mean over choices that offer it, weighted by its buyers; shares of
            an alternative sum to one.
        """
        name, case = self.model.columns.alternative, self.model.columns.choice_id
        before = self.predict(choices)
        parts = []
        for gone, buyers in before.groupby(name, sort=True):
            mine = before[before[case].isin(buyers[case])]
            left = choices[choices[case].isin(buyers[case]) & (choices[name] != gone)]
            after = self.predict(left).merge(mine, on=[case, name], suffixes=("", "_before"))
            more = after["choice_probability"] - after["choice_probability_before"]
            flow = more.groupby(after[name]).sum()
            table = {"alternative": gone, "goes_to": flow.index, "diversion_share": (flow / flow.sum()).to_numpy()}
            parts.append(pd.DataFrame(table).sort_values("diversion_share", ascending=False))
        return pd.concat(parts, ignore_index=True)


def fit_nested(
    choices: pd.DataFrame,
    features: Sequence[str] | Mapping[str, str] | pd.DataFrame,
    nest: str,
    choice_id: str = "choice_id",
    alternative: str = "alternative",
    chosen: str = "chosen",
    *,
    constants: bool = False,
    params: MnlParams = PLAIN,
) -> NestedResult:
    """Fit P(j) = P(m) P(j | m) with nests m by full maximum likelihood, from the plain logit on.

    P(j | m) = exp(u_j / l_m) / exp(I_m), I_m = ln sum_(k in m) exp(u_k / l_m), P(m) in proportion to exp(l_m I_m). A
    dissimilarity l_m of 1 is the plain logit; the smaller, the more the alternatives of a nest take from each other.

    Parameters
    ----------
    choices, features, choice_id, alternative, chosen, constants
        As in `fit_mnl`.
    nest : str
        Column of `choices` that names the nest of each alternative: its brand, its pack size.
    params : MnlParams
        Tuning of the plain logit, and ``interval_z``.

    Returns
    -------
    NestedResult
        ``tables["coefficients"]`` (feature, coefficient, standard_error, z, p_value, low, high), ``tables["nests"]``
        (nest, dissimilarity, standard_error, low, high, alternatives; 1 without an error where a nest never offers two
        at once), ``tables["refused"]``; ``.predict()``, ``.diversion()``, ``.warnings``.

    Raises
    ------
    InputError
        As in `fit_mnl`, and when an alternative has no nest or two.

    Notes
    -----
    McFadden (1978); Train (2009), Discrete Choice Methods with Simulation, chapter 4. Standard errors are from the
    curvature of the log-likelihood, by differences of its gradient.
    """
    choices, named = join_features(choices, features, (choice_id, alternative))
    _check_nests(choices, nest, alternative)
    names = {"choice_id": choice_id, "alternative": alternative, "chosen": chosen}
    plain = fit_mnl(choices, named, **names, constants=constants, params=params)
    known = plain.tables["coefficients"]["coefficient"].notna().to_numpy()
    terms = tuple(term for term, k in zip(plain.model.terms, known, strict=True) if k)
    rows = plain.model.read(choices, need_chosen=True)
    x = np.column_stack([term.column(rows.values, rows.alternative) for term in terms])
    kinds = pd.Index(choices[nest].dropna().unique()).sort_values()
    nests = _Nests.of(rows, choices[nest], kinds)
    free = nests.together(len(kinds))
    scale = 1 / np.maximum(x.std(axis=0), 1e-12)
    begin = np.concatenate([plain.model.theta[known] / scale, np.zeros(int(free.sum()))])

    def climb(theta: np.ndarray) -> tuple[float, np.ndarray]:
        return nests.likelihood(theta, x * scale, rows, free)

    found = minimize(lambda theta: tuple(-part for part in climb(theta)), begin, jac=True, method="BFGS",
                     options={"gtol": 1e-6 * max(1.0, rows.purchases.sum() ** 0.5), "maxiter": 500})  # fmt: skip
    error = _errors(climb, found.x)
    count = len(terms)
    value, spread = found.x[:count] * scale, error[:count] * scale
    dissimilarity, its_error = np.ones(len(kinds)), np.full(len(kinds), np.nan)
    dissimilarity[free] = np.exp(found.x[count:])
    its_error[free] = dissimilarity[free] * error[count:]
    coefficients = _with_interval(pd.DataFrame({
        "feature": [term.name for term in terms], "coefficient": value, "standard_error": spread,
        "z": value / spread, "p_value": 2 * ndtr(-np.abs(value / spread)),
    }), "coefficient", params)  # fmt: skip
    size = choices.groupby(nest)[alternative].nunique().reindex(kinds)
    table = _with_interval(pd.DataFrame({
        "nest": kinds, "dissimilarity": dissimilarity, "standard_error": its_error, "alternatives": size.to_numpy(),
    }), "dissimilarity", params)  # fmt: skip
    model = MnlModel(plain.model.columns, rows.alternatives, terms, value)
    tables = {"coefficients": coefficients, "nests": table, "refused": plain.tables["refused"]}
    series = pd.Series(dissimilarity, kinds)
    return NestedResult(
        plain, model, nest, series, -float(found.fun), plain.warnings + _doubts(series, found.success), tables
    )


@dataclass(frozen=True)
class _Nests:
    """Rows grouped by choice and nest: group of each row, nest and choice of each group."""

    group: np.ndarray
    nest: np.ndarray
    choice: np.ndarray
    choices: int

    @classmethod
    def of(cls, rows: ChoiceRows, nest: pd.Series, kinds: pd.Index) -> "_Nests":
        code = kinds.get_indexer(pd.Index(nest.to_numpy()[rows.row]))
        if (code < 0).any():
            raise InputError("choices", ["a nest is empty or unknown to the model; name the nest of every alternative"])
        pair, group = np.unique(rows.choice * np.int64(len(kinds)) + code, return_inverse=True)
        return cls(group, pair % len(kinds), pair // len(kinds), len(rows.start) - 1)

    def together(self, kinds: int) -> np.ndarray:
        """Nests that offer two alternatives at once somewhere: the others tell nothing of their dissimilarity."""
        largest = np.zeros(kinds, np.int64)
        np.maximum.at(largest, self.nest, np.bincount(self.group))
        return largest > 1

    def shares(self, utility: np.ndarray, dissimilarity: np.ndarray) -> tuple[np.ndarray, ...]:
        """P of each row, P within its nest, P of each group, and the inclusive value of each group."""
        groups = len(self.nest)
        scaled = utility / dissimilarity[self.nest][self.group]
        top = np.full(groups, -np.inf)
        np.maximum.at(top, self.group, scaled)
        weight = np.exp(scaled - top[self.group])
        total = np.bincount(self.group, weight, groups)
        inclusive = top + np.log(total)
        within = weight / total[self.group]
        index = dissimilarity[self.nest] * inclusive
        high = np.full(self.choices, -np.inf)
        np.maximum.at(high, self.choice, index)
        mass = np.exp(index - high[self.choice])
        of_group = mass / np.bincount(self.choice, mass, self.choices)[self.choice]
        return of_group[self.group] * within, within, of_group, inclusive

    def likelihood(
        self, theta: np.ndarray, x: np.ndarray, rows: ChoiceRows, free: np.ndarray
    ) -> tuple[float, np.ndarray]:
        """Log-likelihood and its gradient by coefficients and logarithms of free dissimilarities."""
        count, groups = x.shape[1], len(self.nest)
        by_nest = np.ones(len(free))
        by_nest[free] = np.exp(np.clip(theta[count:], -5.0, 3.0))
        utility = x @ theta[:count]
        p, within, of_group, inclusive = self.shares(utility, by_nest)
        mine, bought = by_nest[self.nest], rows.bought
        in_group = np.bincount(self.group, bought, groups)
        purchases = rows.purchases[self.choice]
        value = float((bought[bought > 0] * np.log(np.maximum(p[bought > 0], 1e-300))).sum())
        own = mine[self.group]
        slope = bought / own + (1 - 1 / own) * in_group[self.group] * within - purchases[self.group] * p
        inside = -np.bincount(self.group, within * utility, groups) / mine**2
        by_lambda = in_group * (inclusive + (mine - 1) * inside) - purchases * of_group * (inclusive + mine * inside)
        by_lambda -= np.bincount(self.group, bought * utility, groups) / mine**2
        pulled = np.bincount(self.nest, by_lambda * mine, len(free))
        return value, np.concatenate([x.T @ slope, pulled[free]])


def _check_nests(choices: pd.DataFrame, nest: str, alternative: str) -> None:
    if nest not in choices:
        raise InputError("choices", [f"column {nest} is missing; it names the nest of each alternative"])
    several = choices.groupby(alternative)[nest].nunique(dropna=False)
    if (several > 1).any():
        raise InputError("choices", [f"alternative {several.idxmax()} is in {several.max()} nests; give it one"])


def _errors(climb: object, theta: np.ndarray) -> np.ndarray:
    """Take standard errors from the curvature: differences of the gradient, inverted."""
    size = len(theta)
    information = np.empty((size, size))
    for k in range(size):
        ahead, behind = theta.copy(), theta.copy()
        ahead[k] += NUDGE
        behind[k] -= NUDGE
        information[k] = -(climb(ahead)[1] - climb(behind)[1]) / (2 * NUDGE)  # type: ignore[operator]
    information = (information + information.T) / 2
    return np.sqrt(np.maximum(np.diag(np.linalg.pinv(information)), 0.0))


def _with_interval(table: pd.DataFrame, name: str, params: MnlParams) -> pd.DataFrame:
    wide = params.interval_z * table["standard_error"]
    return table.assign(low=table[name] - wide, high=table[name] + wide)


def _doubts(dissimilarity: pd.Series, rested: bool) -> tuple[str, ...]:
    said = [
        f"nest {name} has a dissimilarity of {value:.2f}, above 1: its alternatives take less from each other than "
        "from the rest, which no shopper does by choice; nest them otherwise."
        for name, value in dissimilarity.items()
        if value > 1.0 + 1e-6
    ]
    return tuple(said) if rested else (*said, "The likelihood had not quite come to rest; look at the gradient.")
