"""Choices among stores: shares from pulls, their likelihood, and Newton's way to its maximum."""

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
Climbed = tuple[np.ndarray, np.ndarray, np.ndarray, float, float]  # exponents, pulls, shares, likelihood, condition


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
    """Maximise Σ y ln p over the exponents and, where stores have them, over their own pulls.

    Standard errors are those of the exponents with the pulls free. `start` is a fit of like choices to set out from.
    """
    beta, pull = np.zeros(choices.x.shape[1]), np.zeros(len(choices.names))
    if start is not None:
        beta, pull = start.beta, start.pull
    climb = _climbed_with_pulls if choices.own_pulls else _climbed
    beta, pull, share, value, condition = climb(choices, beta, pull)
    apart = _apart(choices, share) if choices.own_pulls else _centred(choices, share)
    _, hessian = _derivatives(choices, share, apart)
    bread = np.linalg.inv(hessian)
    residual = (choices.y - choices.total[choices.zone] * share)[:, None] * (apart if choices.own_pulls else choices.x)
    scores = np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in residual.T])
    small = choices.zones / max(choices.zones - len(beta), 1)
    return Fit(beta, pull, small * bread @ (scores.T @ scores) @ bread, share, value, condition)


def _climbed_with_pulls(choices: Choices, beta: np.ndarray, pull: np.ndarray) -> Climbed:
    """Find exponents and pulls together by Newton's method; a store that sells nothing here keeps a pull of none."""
    named, width = choices.store >= 0, len(beta)
    sells = np.bincount(choices.store[named], choices.y[named], len(pull)) > 0
    pull = np.where(sells, pull, NO_PULL)
    share, value = choices.shares_and_value(beta, pull)
    for _ in range(STEPS):
        off = choices.y - choices.total[choices.zone] * share
        slope = np.append(
            choices.x.T @ off, np.where(sells, np.bincount(choices.store[named], off[named], len(pull)), 0)
        )
        across, among = _hessian_of_pulls(choices, share)
        _, own = _derivatives(choices, share, _centred(choices, share))
        whole = sparse.bmat([[sparse.csr_array(own), sparse.csr_array(across)], [sparse.csr_array(across.T), among]])
        step = splu(whole.tocsc()).solve(slope)
        gain = float(slope @ step)
        while True:
            next_beta, next_pull = beta + step[:width], pull + np.where(sells, step[width:], 0.0)
            next_share, next_value = choices.shares_and_value(next_beta, next_pull)
            if next_value >= value - 1e-12 * abs(value) or np.abs(step).max() < 1e-12:
                break
            step = step / 2
        beta, pull, share, value = next_beta, next_pull, next_share, next_value
        if gain < 1e-16 * max(1.0, abs(value)):
            break
    return beta, pull if choices.outside else pull - pull[sells].mean(), share, value, 1.0


def _hessian_of_pulls(choices: Choices, share: np.ndarray) -> tuple[np.ndarray, sparse.csr_array]:
    """Second derivatives of -Σ y ln p by exponents and pulls, and by two pulls; a trace of ridge fixes their level."""
    named, stores = choices.store >= 0, len(choices.names)
    expected = choices.total[choices.zone] * share
    moved = expected[:, None] * _centred(choices, share)
    across = np.stack([np.bincount(choices.store[named], column[named], stores) for column in moved.T])
    at = (choices.zone[named], choices.store[named])
    part = sparse.csr_array((share[named], at), (choices.zones, stores))
    sold = np.bincount(choices.store[named], expected[named], stores)
    level = sold + RIDGE * max(float(sold.mean()), 1e-300)
    return across, sparse.diags_array(level) - part.T @ (sparse.diags_array(choices.total) @ part)


def _climbed(choices: Choices, beta: np.ndarray, pull: np.ndarray) -> Climbed:
    """Find the exponents by Newton's method, halving a step that does not climb."""
    share, value = choices.shares_and_value(beta, pull)
    for _ in range(STEPS):
        slope, hessian = _derivatives(choices, share, _centred(choices, share))
        scale = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
        condition = float(np.linalg.cond(hessian / np.outer(scale, scale)))
        if not np.isfinite(condition) or condition > 1e12 or scale.min() < 1e-9 * np.sqrt(choices.total.sum()):
            raise InputError(
                "flows", ["attraction and distance do not vary within zones, or vary together; give other zones"]
            )
        step = np.linalg.solve(hessian, slope)
        gain = float(slope @ step)
        while True:
            next_share, next_value = choices.shares_and_value(beta + step, pull)
            if next_value >= value - 1e-12 * abs(value) or np.abs(step).max() < 1e-12:
                break
            step = step / 2
        beta, share, value = beta + step, next_share, next_value
        if gain < 1e-16 * max(1.0, abs(value)):
            break
    return beta, pull, share, value, condition


def _derivatives(choices: Choices, share: np.ndarray, centred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope Σ (y - N p) x and the negative Hessian Σ N p x xᵀ of centred x."""
    expected = choices.total[choices.zone] * share
    return choices.x.T @ (choices.y - expected), centred.T @ (expected[:, None] * centred)


def _centred(choices: Choices, share: np.ndarray) -> np.ndarray:
    """Deviation from the mean of the zone, weighted by shares."""
    weighted = share[:, None] * choices.x
    mean = np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in weighted.T])
    return choices.x - mean[choices.zone]


def _apart(choices: Choices, share: np.ndarray) -> np.ndarray:
    """Give what of x neither zones nor stores' own pulls can tell: the rest of a regression on both, weighted."""
    centred, named = _centred(choices, share), choices.store >= 0
    across, among = _hessian_of_pulls(choices, share)
    told = splu(among.tocsc()).solve(across.T)
    row = np.where(named[:, None], told[choices.store], 0.0)
    mean = np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in (share[:, None] * row).T])
    apart = centred - (row - mean[choices.zone])
    expected = choices.total[choices.zone] * share
    if (expected @ apart**2).min() < 1e-9 * (expected @ centred**2).max():
        raise InputError("flows", ["distance says nothing that zones and stores do not; give zones that share stores"])
    return apart


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
