"""What a fitted choice model answers: choice probabilities, who buys what instead, elasticities."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from lst_workbench.assortment.choice_tables import ChoiceColumns, ChoiceRows, read_choices
from lst_workbench.contracts import InputError


@dataclass(frozen=True)
class Term:
    """One coefficient: a constant (no feature), a feature, or a feature of one alternative."""

    name: str
    feature: str | None
    alternative: int | None

    def column(self, values: Mapping[str, np.ndarray], alternative: np.ndarray) -> np.ndarray:
        """Return what the coefficient is multiplied with, row by row."""
        value = values[self.feature] if self.feature is not None else np.ones(len(alternative))
        return value if self.alternative is None else np.where(alternative == self.alternative, value, 0.0)


@dataclass(frozen=True)
class MnlModel:
    """Columns, alternatives, terms and their coefficients (0 for those left out)."""

    columns: ChoiceColumns
    alternatives: pd.Index
    terms: tuple[Term, ...]
    theta: np.ndarray

    def utility(self, rows: ChoiceRows) -> np.ndarray:
        """Return the utility of each row."""
        constants = np.zeros(len(rows.alternatives))
        utility = np.zeros(len(rows.alternative))
        for term, value in zip(self.terms, self.theta, strict=True):
            if term.feature is None:
                constants[term.alternative] = value
            else:
                utility += value * term.column(rows.values, rows.alternative)
        return utility + constants[rows.alternative]

    def read(self, choices: pd.DataFrame, *, need_chosen: bool) -> ChoiceRows:
        """Bring a table into arrays; alternatives are free when no term belongs to one of them."""
        bound = any(term.alternative is not None for term in self.terms)
        return read_choices(choices, self.columns, self.alternatives if bound else None, need_chosen=need_chosen)


@dataclass(frozen=True)
class MnlResult:
    """A fitted multinomial logit; see `fit_mnl`."""

    model: MnlModel
    log_likelihood: float
    null_log_likelihood: float
    choices: int
    purchases: float
    steps: int
    warnings: tuple[str, ...]
    tables: dict[str, pd.DataFrame] = field(repr=False)

    def kpis(self) -> dict[str, float]:
        """Headline figures: the null model takes every alternative on offer to be alike."""
        return {
            "choices": float(self.choices),
            "purchases": self.purchases,
            "coefficients": float(self.tables["coefficients"]["coefficient"].notna().sum()),
            "log_likelihood": self.log_likelihood,
            "null_log_likelihood": self.null_log_likelihood,
            "mcfadden_r2_share": 1 - self.log_likelihood / self.null_log_likelihood,
            "newton_steps": float(self.steps),
        }

    def predict(self, choices: pd.DataFrame) -> pd.DataFrame:
        """Give utility and choice probability of every alternative on offer, in the order of the rows.

        Parameters
        ----------
        choices : DataFrame
            choice_id, alternative and the features, under the names used to fit; what was chosen is not needed.

        Returns
        -------
        DataFrame
            choice_id, alternative, utility, choice_probability; rows of choices with a fault are left out.
        """
        rows = self.model.read(choices, need_chosen=False)
        utility, p = self._shares(rows)
        table = pd.DataFrame({
            self.model.columns.choice_id: rows.choice_ids[rows.choice],
            self.model.columns.alternative: rows.alternatives[rows.alternative],
            "utility": utility, "choice_probability": p,
        })  # fmt: skip
        return table.iloc[np.argsort(rows.row, kind="stable")].reset_index(drop=True)

    def diversion(self, choices: pd.DataFrame) -> pd.DataFrame:
        """Who buys what instead: where buyers of an alternative go when it leaves the range.

        Buyers of i in choice c go to j in proportion to p_cj / (1 - p_ci); shares are means over choices in which i is
        on offer, weighted by its buyers. Under this model buyers spread in proportion to shares (IIA): pack sizes of
        one brand substitute more in fact.

        Returns
        -------
        DataFrame
            alternative, goes_to, diversion_share; shares of an alternative sum to one.
        """
        rows = self.model.read(choices, need_chosen=False)
        _, p = self._shares(rows)
        shape = (len(rows.start) - 1, len(rows.alternatives))
        leave = np.minimum(p, 1 - 1e-12)
        leaving = sparse.csr_array((leave / (1 - leave), rows.alternative, rows.start), shape)
        share = sparse.csr_array((p, rows.alternative, rows.start), shape)
        flow = (leaving.T @ share).tocoo()
        apart = flow.row != flow.col
        source, target, weight = flow.row[apart], flow.col[apart], flow.data[apart]
        total = np.bincount(source, weight, len(rows.alternatives))
        return pd.DataFrame({
            "alternative": rows.alternatives[source], "goes_to": rows.alternatives[target],
            "diversion_share": weight / total[source],
        }).sort_values(["alternative", "diversion_share"], ascending=[True, False], ignore_index=True)  # fmt: skip

    def elasticities(self, choices: pd.DataFrame, feature: str) -> pd.DataFrame:
        """Percent change of choices of each alternative for one percent more of `feature` of another (or its own).

        Own: b_j x_j (1 - p_j); cross: -b_k x_k p_k; means over choices weighted by p_j, so that they tell the change of
        the total. The specification is that of the fit: see its warnings before calling a price elasticity causal.

        Returns
        -------
        DataFrame
            alternative, of, elasticity (``of`` is the alternative whose feature changes).

        Raises
        ------
        InputError
            When the model has no such feature.
        """
        rows = self.model.read(choices, need_chosen=False)
        slope = self._slopes(rows, feature)
        _, p = self._shares(rows)
        shape = (len(rows.start) - 1, len(rows.alternatives))
        share = sparse.csr_array((p, rows.alternative, rows.start), shape)
        pull = sparse.csr_array((slope * rows.values[feature] * p, rows.alternative, rows.start), shape)
        cross = -(share.T @ pull)
        own = np.bincount(rows.alternative, slope * rows.values[feature] * p, len(rows.alternatives))
        effect = (cross + sparse.diags_array(own)).tocoo()
        total = np.bincount(rows.alternative, p, len(rows.alternatives))
        return pd.DataFrame({
            "alternative": rows.alternatives[effect.row], "of": rows.alternatives[effect.col],
            "elasticity": effect.data / total[effect.row],
        }).sort_values(["alternative", "of"], ignore_index=True)  # fmt: skip

    def fit_on(self, choices: pd.DataFrame) -> dict[str, float]:
        """How well the model foretells other choices (stores or weeks held out)."""
        rows = self.model.read(choices, need_chosen=True)
        _, p = self._shares(rows)
        sold = rows.bought > 0
        value = float((rows.bought[sold] * np.log(p[sold])).sum())
        null = float(-(rows.purchases * np.log(np.diff(rows.start))).sum())
        top = np.maximum.reduceat(p, rows.start[:-1])
        hits = float(rows.bought[p >= np.repeat(top, np.diff(rows.start))].sum())
        total = float(rows.purchases.sum())
        return {
            "choices": float(len(rows.choice_ids)),
            "log_likelihood": value,
            "log_likelihood_a_purchase": value / total,
            "mcfadden_r2_share": 1 - value / null,
            "hit_share": hits / total,
        }

    def _slopes(self, rows: ChoiceRows, feature: str) -> np.ndarray:
        """Coefficient of the feature that holds for each row."""
        mine = [(t, b) for t, b in zip(self.model.terms, self.model.theta, strict=True) if t.feature == feature]
        if not mine:
            known = sorted({term.feature for term in self.model.terms if term.feature})
            raise InputError("feature", [f"{feature} is not in the model; it has {', '.join(known)}"])
        one = {feature: np.ones(len(rows.alternative))}
        return sum((b * t.column(one, rows.alternative) for t, b in mine), start=np.zeros(len(rows.alternative)))

    def _shares(self, rows: ChoiceRows) -> tuple[np.ndarray, np.ndarray]:
        utility = self.model.utility(rows)
        size = np.diff(rows.start)
        weight = np.exp(utility - np.repeat(np.maximum.reduceat(utility, rows.start[:-1]), size))
        return utility, weight / np.repeat(np.add.reduceat(weight, rows.start[:-1]), size)
