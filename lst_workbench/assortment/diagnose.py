"""What a choice model cannot tell: collinear features, separation, doubtful prices."""

import numpy as np

from lst_workbench.assortment.likelihood import Design
from lst_workbench.assortment.mnl_result import Term

PIVOT = 1e-9
NAMED = 6


def collinear(information: np.ndarray, terms: list[Term]) -> tuple[np.ndarray, list[str]]:
    """Which coefficients can be told apart from those before them, by Cholesky of the information at zero."""
    diagonal = np.diag(information).copy()
    varies = diagonal > PIVOT * max(diagonal.max(), 1e-300) * 1e-9
    said = [f"{terms[k].name} does not vary within any choice; it is left out." for k in np.flatnonzero(~varies)]
    scale = 1 / np.sqrt(np.where(varies, diagonal, 1.0))
    left = information * scale[:, None] * scale
    kept = varies.copy()
    if varies.all() and _clearly_definite(left):
        return kept, said
    start = left.copy()
    for k in np.flatnonzero(varies):
        if left[k, k] > PIVOT:
            row = left[k, k:] / np.sqrt(left[k, k])
            left[k:, k:] -= np.outer(row, row)
            continue
        kept[k] = False
        before = np.flatnonzero(kept[:k])
        mix = np.linalg.lstsq(start[np.ix_(before, before)], start[before, k], rcond=None)[0]
        partners = [terms[before[i]].name for i in np.argsort(-np.abs(mix))[:NAMED] if abs(mix[i]) > 1e-6]
        said.append(
            f"{terms[k].name} is a combination of {', '.join(partners)} within every choice; it is left out, "
            "drop one of them."
        )
    return kept, said


def _clearly_definite(scaled: np.ndarray) -> bool:
    try:
        return bool(np.diag(np.linalg.cholesky(scaled)).min() ** 2 > 1e-7)
    except np.linalg.LinAlgError:
        return False


def near_collinear(information: np.ndarray, terms: list[Term], separated: np.ndarray, limit: float) -> list[str]:
    """Name coefficients whose variance others inflate by more than `limit`."""
    if separated.any():
        return []
    scale = 1 / np.sqrt(np.diag(information))
    inflation = np.diag(np.linalg.pinv(information * scale[:, None] * scale, hermitian=True))
    worst = [k for k in np.argsort(-inflation)[:NAMED] if inflation[k] > limit]
    if not worst:
        return []
    named = ", ".join(terms[k].name for k in worst)
    return [f"{named} are nearly collinear (variance inflated {inflation[worst[0]]:,.0f}-fold); read them together."]


def separated_along(design: Design, terms: list[Term]) -> tuple[np.ndarray, list[str]]:
    """Find single features that the chosen alternative always has most (or least) of: no finite estimate exists."""
    count = len(design.constant)
    found = np.zeros(design.size, dtype=bool)
    said = []
    for k in range(design.x.shape[1]):
        for sign, word in ((1.0, "most"), (-1.0, "least")):
            if _separates(design, sign * design.x[:, k]):
                found[count + k] = True
                name = terms[count + k].name
                said.append(
                    f"{name} separates the choices: what was chosen always had the {word} of it, so its coefficient "
                    "has no finite estimate; leave it out or gather more choices."
                )
    return found, said


def separated_by_step(design: Design, terms: list[Term], step: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Check whether Newton runs off along a combination of features that separates the choices."""
    count = len(design.constant)
    shift = np.zeros(design.alternatives)
    shift[design.constant] = step[:count]
    index = shift[design.alternative] + design.x @ step[count:]
    found = np.zeros(design.size, dtype=bool)
    if not _separates(design, index, slack=1e-3):
        return found, []
    spread = np.concatenate([np.ones(count), design.x.std(axis=0)]) * np.abs(step)
    found = spread > 1e-3 * spread.max()
    named = ", ".join(terms[k].name for k in np.argsort(-spread)[:NAMED] if found[k])
    return found, [
        f"{named} together separate the choices: a combination of them always points at what was chosen, so they "
        "have no finite estimates; leave one out or gather more choices."
    ]


def _separates(design: Design, index: np.ndarray, slack: float = 0.0) -> bool:
    """Whether no alternative on offer has a higher index than what was bought, and some have a lower one."""
    highest = np.maximum.reduceat(index, design.start[:-1])
    bought = design.bought > 0
    lowest_bought = np.minimum.reduceat(np.where(bought, index, np.inf), design.start[:-1])
    room = slack * max(float(np.abs(index).max()), 1e-300)
    if (lowest_bought < highest - room).any():
        return False
    lowest = np.minimum.reduceat(index, design.start[:-1])
    return bool((lowest < highest - max(room, 1e-12)).any())


def doubtful_prices(price: str, terms: list[Term], theta: np.ndarray, constants: bool) -> list[str]:
    """Say when a price coefficient is not what it seems."""
    mine = [(term, value) for term, value in zip(terms, theta, strict=True) if term.feature == price]
    said = [
        f"{term.name} is positive ({value:.3g}): dearer looks better, so price stands for quality or follows demand; "
        "add fixed effects or an instrument."
        for term, value in mine
        if value >= 0
    ]
    if mine and not constants:
        said.append(
            f"the coefficient of {price} is from a specification without fixed effects of products; quality that is "
            "not in the features biases it."
        )
    if mine and constants:
        said.append(
            f"the coefficient of {price} is within products (fixed effects); prices set in answer to demand still bias "
            "it."
        )
    return said
