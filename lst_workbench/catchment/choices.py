"""Choices among stores: shares from pulls, their likelihood, and Newton's way to its maximum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.linalg import splu

from lst_workbench.contracts import InputError

Decay = Literal["exponential", "power"]
STEPS = 100  # of Newton's method; a convex case takes fewer than ten
NO_PULL = -30.0  # a logarithm: of a store that sells nothing in these zones
RIDGE = 1e-10  # of the mean flow of a store
Solver = Callable[[np.ndarray], np.ndarray]
WEAK_CONDITION, UNTOLD_CONDITION = 1e6, 1e9  # of what flows tell of the exponents: hardly, not at all
UNTOLD = "attraction and distance do not vary within zones, or vary together; give other zones"
UNTOLD_OF_STORES = "distance says nothing that zones and stores do not; give zones that share stores"


@dataclass(frozen=True)
class Choices:
    """Alternatives of every zone in one list.

    Attributes
    ----------
    x : ndarray, (alternatives, exponents)
        Logarithms that the exponents multiply.
    y : ndarray
        What was chosen; `total` is its sum by zone.
    row : ndarray of int
        Row of the table; -1 for the outside option.
    store : ndarray of int
        Position in `names`, the stores with a pull of their own; -1 for none.
    """

    x: np.ndarray
    y: np.ndarray
    zone: np.ndarray
    total: np.ndarray
    row: np.ndarray
    store: np.ndarray
    names: pd.Index
    decay: Decay
    outside: bool

    @classmethod
    def of(cls, flows: pd.DataFrame, decay: Decay, features: tuple[str, ...], near_km: float) -> "Choices":
        """Lay out a table of flows or shares; without ``attraction`` each store has a pull of its own."""
        x = columns_of(flows, decay, features, near_km)
        y = flows["flow" if "flow" in flows else "share"].to_numpy(np.float64)
        zone, zones = pd.factorize(flows["zone_id"])
        own = "attraction" not in flows
        store, names = pd.factorize(flows["store_id"]) if own else (np.full(len(flows), -1), pd.Index([]))
        row = np.arange(len(flows))
        if outside := "people" in flows:
            people = flows.groupby(zone)["people"].first().to_numpy(np.float64)
            rest = np.maximum(people - np.bincount(zone, y), 0.0)
            count = len(zones)
            beyond = np.zeros((count, x.shape[1] + (not own)))  # pulls of their own are measured in the outside's
            if not own:
                beyond[:, -1] = 1.0
                x = np.column_stack([x, np.zeros(len(x))])
            x, y, zone = np.vstack([x, beyond]), np.append(y, rest), np.append(zone, np.arange(count))
            row, store = (np.append(part, np.full(count, -1)) for part in (row, store))
        return cls(x, y, zone, np.bincount(zone, y), row, store, pd.Index(names), decay, outside)

    @property
    def zones(self) -> int:
        """Number of zones."""
        return len(self.total)

    @property
    def own_pulls(self) -> bool:
        """Whether stores have pulls of their own."""
        return len(self.names) > 0

    def only(self, zones: np.ndarray) -> "Choices":
        """Keep the alternatives of some zones, renumbered."""
        kept = np.isin(self.zone, zones)
        zone, total = np.searchsorted(zones, self.zone[kept]), self.total[zones]
        parts = (self.x[kept], self.y[kept], zone, total, self.row[kept], self.store[kept])
        return Choices(*parts, self.names, self.decay, self.outside)

    def shares_and_value(self, beta: np.ndarray, pull: np.ndarray) -> tuple[np.ndarray, float]:
        """Shares, and the log likelihood Σ y ln p."""
        share = softmax(self.x @ beta + np.append(pull, 0.0)[self.store], self.zone, self.zones, -np.inf)
        seen = self.y > 0
        return share, float(self.y[seen] @ np.log(np.maximum(share[seen], 1e-300)))


@dataclass(frozen=True)
class Fit:
    """Exponents with their covariance; `pull` holds the logarithms of stores' own pulls."""

    beta: np.ndarray
    pull: np.ndarray
    covariance: np.ndarray
    share: np.ndarray
    log_likelihood: float
    condition: float


def fit_choices(choices: Choices, start: Fit | None = None) -> Fit:
    """Maximise Σ y ln p over the exponents and, where stores have them, over their own pulls, by Newton's method.

    Standard errors are those of the exponents with the pulls free. `start` is a fit of like choices to set out from; a
    store that sells nothing here keeps a pull of none.
    """
    sells = np.bincount(choices.store[choices.store >= 0], choices.y[choices.store >= 0], len(choices.names)) > 0
    beta, pull = (start.beta, start.pull) if start else (np.zeros(choices.x.shape[1]), np.zeros(len(choices.names)))
    pull = np.where(sells, pull, NO_PULL)
    share, value = choices.shares_and_value(beta, pull)
    for _ in range(STEPS):
        step, pull_step, gain = _newton(choices, share, sells)
        while True:
            next_share, next_value = choices.shares_and_value(beta + step, pull + pull_step)
            if next_value >= value - 1e-12 * abs(value) or np.abs(np.append(step, pull_step)).max() < 1e-12:
                break
            step, pull_step = step / 2, pull_step / 2
        beta, pull, share, value = beta + step, pull + pull_step, next_share, next_value
        if gain < 1e-16 * max(1.0, abs(value)):
            break
    if sells.any() and not choices.outside:
        pull = pull - pull[sells].mean()
    covariance, condition = _covariance(choices, share)
    return Fit(beta, pull, covariance, share, value, condition)


def _newton(choices: Choices, share: np.ndarray, sells: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Newton's step of exponents and pulls, and the gain it promises; pulls are eliminated, a block of their own."""
    off, named = choices.y - choices.total[choices.zone] * share, choices.store >= 0
    slope = choices.x.T @ off
    pull_slope = np.where(sells, np.bincount(choices.store[named], off[named], len(sells)), 0.0)
    apart, told, among = _apart(choices, share)
    alone = among(pull_slope)
    step = np.linalg.solve(_checked(choices, share, apart)[0], slope - told.T @ pull_slope)
    pull_step = np.where(sells, alone - told @ step, 0.0)
    return step, pull_step, float(slope @ step + pull_slope @ pull_step)


def _covariance(choices: Choices, share: np.ndarray) -> tuple[np.ndarray, float]:
    """Sandwich of the exponents clustered by zone, and the condition of its bread."""
    apart, _, _ = _apart(choices, share)
    hessian, condition = _checked(choices, share, apart)
    bread = np.linalg.inv(hessian)
    residual = (choices.y - choices.total[choices.zone] * share)[:, None] * apart
    scores = np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in residual.T])
    small = choices.zones / max(choices.zones - len(hessian), 1)
    return small * bread @ (scores.T @ scores) @ bread, condition


def _checked(choices: Choices, share: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, float]:
    """Negative Hessian Σ N p x xᵀ of the exponents with the pulls free, and how little it tells of what zones leave."""
    expected, centred = choices.total[choices.zone] * share, _centred(choices, share)
    hessian = apart.T @ (expected[:, None] * apart)
    scale = np.sqrt(np.maximum(expected @ centred**2, 1e-300))  # of what zones alone leave
    least = float(np.linalg.eigvalsh(hessian / np.outer(scale, scale))[0])
    varied = scale.min() > 1e-9 * np.sqrt(choices.total.sum())
    if not (varied and least * UNTOLD_CONDITION > 1):  # nan too
        raise InputError("flows", [UNTOLD_OF_STORES if choices.own_pulls else UNTOLD])
    return hessian, 1 / least


def _centred(choices: Choices, share: np.ndarray) -> np.ndarray:
    """Deviation from the mean of the zone, weighted by shares."""
    return choices.x - _zone_mean(choices, share, choices.x)[choices.zone]


def _zone_mean(choices: Choices, share: np.ndarray, columns: np.ndarray) -> np.ndarray:
    weighted = (share[:, None] * columns).T
    return np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in weighted])


def _apart(choices: Choices, share: np.ndarray) -> tuple[np.ndarray, np.ndarray, Solver]:
    """Give what of x neither zones nor stores' own pulls can tell: the rest of a regression on both, weighted.

    Also what the pulls tell of x, (stores, exponents), and the solver of the pulls' own block of the negative Hessian.
    """
    centred, named, stores = _centred(choices, share), choices.store >= 0, len(choices.names)
    if not choices.own_pulls:
        return centred, np.zeros((0, centred.shape[1])), np.copy
    expected = choices.total[choices.zone] * share
    moved = expected[:, None] * centred
    across = np.stack([np.bincount(choices.store[named], column[named], stores) for column in moved.T])
    among = splu(_hessian_of_pulls(choices, share).tocsc()).solve
    told = among(across.T)
    row = np.where(named[:, None], told[choices.store], 0.0)
    return centred - (row - _zone_mean(choices, share, row)[choices.zone]), told, among


def _hessian_of_pulls(choices: Choices, share: np.ndarray) -> sparse.csr_array:
    """Second derivatives of -Σ y ln p by two pulls; a trace of ridge fixes their level."""
    named, stores = choices.store >= 0, len(choices.names)
    part = sparse.csr_array((share[named], (choices.zone[named], choices.store[named])), (choices.zones, stores))
    sold = part.T @ choices.total
    level = sold + RIDGE * max(float(sold.mean()), 1e-300)
    return sparse.diags_array(level) - part.T @ (sparse.diags_array(choices.total) @ part)


def softmax(pull: np.ndarray, zone: np.ndarray, zones: int, outside: float) -> np.ndarray:
    """Share of each alternative in its zone, beside an outside pull (logarithms)."""
    top = np.full(zones, outside if np.isfinite(outside) else -np.inf)
    np.maximum.at(top, zone, pull)
    strength = np.exp(pull - top[zone])
    whole = np.bincount(zone, strength, zones)
    return strength / (whole + (np.exp(outside - top) if np.isfinite(outside) else 0.0))[zone]


def columns_of(pairs: pd.DataFrame, decay: Decay, features: tuple[str, ...], near_km: float) -> np.ndarray:
    """Logarithms of attraction (where given), decay and features; the decay's own sign makes its exponent positive."""
    distance = pairs["distance_km"].to_numpy(np.float64)
    far = -np.log(np.maximum(distance, near_km)) if decay == "power" else -distance
    size = ["attraction"] if "attraction" in pairs else []
    powers = [np.log(pairs[name].to_numpy(np.float64)) for name in (*size, *features)]
    return np.column_stack([*powers[: len(size)], far, *powers[len(size) :]])
