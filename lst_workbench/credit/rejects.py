"""Reject inference: a score for all who apply, though only the approved have shown how they pay."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, ndtri
from scipy.stats import norm

from lst_workbench.contracts import InputError
from lst_workbench.credit.applications import named
from lst_workbench.credit.binning import Bins, learn_bins
from lst_workbench.credit.scorecard import Scorecard, ScorecardParams, card_of, directions_of, fit_scorecard
from lst_workbench.credit.shapes import Shapes, fit_shapes
from lst_workbench.credit.terms import coarser, codes_of, learn_terms, with_joint

Floats = NDArray[np.float64]
Codes = NDArray[np.int32]
HIDDEN = np.linspace(0.0, 2.0, 9)
LEAST_CHANCE = 0.005
# Strengths of hidden signs are expected as |normal| with this deviation: few approved outcomes tell of them.
USUAL_HIDDEN = 1.0


@dataclass(frozen=True)
class RejectInference:
    """A score for all applicants, and what it assumes of those who were rejected.

    ``tables``: ``hidden`` (hidden, log_likelihood: what approved outcomes say of each strength of hidden signs),
    ``summary`` (group: approved or rejected; rows, pd_approved_only, pd_inferred). ``outcome`` is that of each row,
    for rejected ones its inferred chance of default.
    """

    card: Scorecard
    hidden: float
    assumption: str
    outcome: pd.Series
    tables: dict[str, pd.DataFrame]


def infer_rejects(
    applications: pd.DataFrame,
    target: str,
    monotone: Mapping[str, int | str] | None = None,
    *,
    instruments: Sequence[str] = (),
    hidden: float | None = None,
    exclude: Sequence[str] = (),
    params: ScorecardParams | None = None,
) -> RejectInference:
    r"""Fit a score to approved and rejected applications, with the assumption stated.

    Who decided saw signs v that the table lacks. With :math:`a(x, z) = \Phi^{-1}(P(approved | x, z))` the approved have
    better hidden signs than those who look alike, the more so the less likely their approval was:

    .. math:: logit\, P(default | x, approved) = f(x) - \gamma \frac{\varphi(a)}{\Phi(a)}, \quad
              logit\, P(default | x, rejected) = f(x) + \gamma \frac{\varphi(a)}{1 - \Phi(a)}

    f has shapes that run on in straight lines where no approved store is. Gamma is the mean of what approved outcomes
    make likely between 0 and 2, small ones likelier beforehand (half-normal, deviation 1), told apart from f by
    `instruments` z, which moved approval and not default (the officer, the week's quota). Rejected applications then
    count with their chance of default. After Heckman (1979), with shapes in place of a plane.

    Parameters
    ----------
    applications : DataFrame
        Approved and rejected applications.
    target : str
        1 default, 0 paid, empty for rejected.
    monotone : mapping, optional
        Directions, as in `fit_scorecard`.
    instruments : sequence of str
        Columns that moved approval only; they are no features.
    hidden : float, optional
        Gamma, where it is known from a test by lot: 0 says that approval was decided on the table alone.
    exclude : sequence of str
        Columns never to use.
    params : ScorecardParams, optional
        Tuning.

    Returns
    -------
    RejectInference

    Raises
    ------
    InputError
        No row is rejected, a column is missing, or what `fit_scorecard` refuses.
    """
    params, applications = params or ScorecardParams(), named(applications)
    ok = _approved(applications, target, instruments, hidden)
    known = fit_scorecard(applications[ok], target, monotone, exclude=[*exclude, *instruments], params=params)
    rare = max(5, len(applications) // 200)
    bins = [learn_bins(applications[b.feature], params.most_bins, rare, b.special_codes) for b in known.bins]
    direction = directions_of(monotone or {}, bins, applications, known.tables["columns"])
    codes = np.ascontiguousarray(codes_of(applications, bins))
    y = pd.to_numeric(applications[target]).to_numpy(dtype=float, na_value=np.nan)
    few, place = coarser(bins, codes, params.most_cells)
    plain = place[codes]
    approved_signs, rejected_signs = _hidden_signs(applications, plain, ok, few, instruments, rare)
    tried = [hidden] if hidden is not None else list(HIDDEN)
    fits = [_fit(plain[ok], y[ok], few, direction, g * approved_signs[ok]) for g in tried]
    likely = pd.DataFrame({"hidden": tried, "log_likelihood": [value for _, value in fits]})
    told = (likely["log_likelihood"] - (likely["hidden"] / USUAL_HIDDEN) ** 2 / 2).to_numpy()
    weight = np.exp(told - told.max())
    gamma = float(weight @ tried / weight.sum())
    shapes, _ = _fit(plain[ok], y[ok], few, direction, gamma * approved_signs[ok])
    inferred = expit(shapes.log_odds(plain) + gamma * rejected_signs)
    outcome = np.where(ok, y, inferred)
    joint, shapes = learn_terms(codes, outcome, bins, direction, params.most_terms, known.plan)
    held_out = np.full(len(ok), np.nan)
    held_out[ok] = known.held_out
    measures = known.tables["measures"].assign(sample=lambda t: "approved_" + t["sample"])
    tables = {"columns": known.tables["columns"], "measures": measures}
    card = card_of(shapes, with_joint(codes, bins, joint), outcome, bins, joint, tables, held_out, params, known.plan)
    return RejectInference(
        card, gamma, _assumption(gamma, hidden, instruments), pd.Series(outcome, applications.index),
        {"hidden": likely, "summary": _summary(applications, ok, known, outcome)},
    )  # fmt: skip


def _approved(
    applications: pd.DataFrame, target: str, instruments: Sequence[str], hidden: float | None
) -> NDArray[np.bool_]:
    faults = [f"column {name} is missing; add it" for name in (target, *instruments) if name not in applications]
    if hidden is not None and not hidden >= 0:
        faults.append(f"hidden is {hidden}; give 0 (nothing hidden) or more")
    if not faults and applications[target].notna().all():
        faults.append(
            f"no row is rejected: {target} is never empty; leave it empty for rejected rows, or fit_scorecard"
        )
    if faults:
        raise InputError("applications", faults)
    return applications[target].notna().to_numpy()


def _hidden_signs(
    applications: pd.DataFrame, codes: Codes, ok: NDArray[np.bool_], bins: list[Bins], instruments: Sequence[str],
    rare: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    """Mean of the hidden signs of each row, had it been approved, and had it been rejected."""
    every = [*bins, *(learn_bins(applications[name], ScorecardParams().most_bins, rare) for name in instruments)]
    seen = codes_of(applications, every) if instruments else codes
    approval = fit_shapes(seen, ok.astype(float), every, {})
    chance = expit(approval.log_odds(seen)).clip(LEAST_CHANCE, 1 - LEAST_CHANCE)
    density = norm.pdf(ndtri(chance))
    return -density / chance, density / (1 - chance)


def _fit(codes: Codes, y: Floats, bins: list[Bins], direction: dict[str, int], signs: Floats) -> tuple[Shapes, float]:
    """Shapes that run on in straight lines, given hidden signs, and their log-likelihood."""
    shapes = fit_shapes(codes, y, bins, direction, offset=signs, order=2)
    odds = shapes.log_odds(codes) + signs
    return shapes, float(y @ odds - np.logaddexp(0.0, odds).sum())


def _assumption(gamma: float, given: float | None, instruments: Sequence[str]) -> str:
    known = (
        "as given" if given is not None
        else f"as approved outcomes say through {', '.join(instruments)}" if instruments
        else "as approved outcomes say by the model's form alone, which is weak: name a column that moved approval only"
    )  # fmt: skip
    return (
        "Rejected stores follow the trends of approved ones, run on in straight lines; signs that the table lacks and "
        f"the decision knew add {gamma:.2f} to the log-odds a standard deviation, {known}."
    )


def _summary(applications: pd.DataFrame, ok: NDArray[np.bool_], known: Scorecard, outcome: Floats) -> pd.DataFrame:
    before = known.score(applications)["pd"].to_numpy()
    told = pd.DataFrame({"group": np.where(ok, "approved", "rejected"), "before": before, "after": outcome})
    return told.groupby("group", as_index=False).agg(
        rows=("before", "size"), pd_approved_only=("before", "mean"), pd_inferred=("after", "mean")
    )
