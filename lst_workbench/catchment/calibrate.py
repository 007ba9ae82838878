"""The Huff model calibrated on observed flows or shares, by maximum likelihood with standard errors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError

Decay = Literal["exponential", "power"]
STEPS = 100  # of Newton's method; a convex case takes fewer than ten
FOLDS = 5  # of zones, held out in turn
TEXTBOOK = (1.0, 2.0)  # Huff's exponents of attraction and of a power decay
Z_95 = 1.959963984540054
WEAK_CONDITION = 1e6


@dataclass(frozen=True)
class HuffCalibration:
    """What observed flows say about how shoppers choose.

    Attributes
    ----------
    decay : {"exponential", "power"}
        Form of the decay that fits better, or the one asked for.
    tables : dict
        ``coefficients`` (parameter, value, std_error, low_95, high_95), ``shares`` (zone_id, store_id, observed_share,
        expected_share), ``heldout`` (model, mean_abs_error, log_likelihood_per_unit; zones that the fit did not see)
        and ``left_out`` (row, zone_id, store_id, reason).
    warnings : list of str
        What the flows cannot tell, in words.
    log_likelihood : float
        Of the flows (or of one unit of choice a zone where only shares are known), constants left out.
    dispersion : float
        Pearson's χ² over its degrees of freedom; far above 1 when choices of one zone are alike.
    """

    decay: Decay
    tables: dict[str, pd.DataFrame]
    warnings: list[str]
    log_likelihood: float
    dispersion: float
    near_km: float
    features: tuple[str, ...] = field(default=())

    def kpis(self) -> dict[str, float]:
        """Coefficients, log likelihood, dispersion, and the gain over equal shares on zones held out."""
        error = self.tables["heldout"].set_index("model")["mean_abs_error"]
        return {
            **self._coefficients(),
            "log_likelihood": self.log_likelihood,
            "dispersion": self.dispersion,
            "heldout_gain_over_equal_shares": float(1 - error["calibrated"] / error["equal shares"]),
        }

    def figures(self) -> dict[str, float | str]:
        """Give the figures under the names that the parameters of `huff_catchments` have."""
        found = self._coefficients()
        outside = found.get("outside_attraction", 0.0)
        return {
            "decay": self.decay,
            "decay_per_km": found["decay_per_km"],
            "area_exponent": found["area_exponent"],
            "outside_attraction": outside,
            "near_km": self.near_km,
        }

    def predict(self, pairs: pd.DataFrame) -> pd.Series:
        """Give the expected share of each pair of zone and store in `pairs`; columns as for `huff_shares`."""
        found = self._coefficients()
        weights = [found["area_exponent"], found["decay_per_km"], *(found[name] for name in self.features)]
        outside = found.get("outside_attraction", 0.0)
        return huff_shares(
            pairs, weights, decay=self.decay, features=self.features, near_km=self.near_km, outside_attraction=outside
        )

    def _coefficients(self) -> dict[str, float]:
        table = self.tables["coefficients"]
        return dict(zip(table["parameter"], table["value"].astype(float), strict=True))


def huff_shares(
    pairs: pd.DataFrame,
    weights: Sequence[float],
    *,
    decay: Decay = "power",
    features: Sequence[str] = (),
    near_km: float = 0.1,
    outside_attraction: float = 0.0,
) -> pd.Series:
    """Share of each zone's shoppers who choose each store, from given exponents.

    p_ij = u_ij / (outside + Σ_k u_ik), u_ij = attraction_j^α f(d_ij) Π feature^γ, with f(d) = max(d, near_km)^-β or
    exp(-β d) (Huff 1964; with features, Nakanishi and Cooper's multiplicative competitive interaction).

    Parameters
    ----------
    pairs : DataFrame
        ``zone_id``, ``store_id``, ``distance_km``, ``attraction`` and the features.
    weights : sequence of float
        α, β (positive: further is less), then the γ of each feature.
    decay, features, near_km
        As in `calibrate_huff`.
    outside_attraction : float
        Pull of what is not in the list.

    Examples
    --------
    >>> pair = pd.DataFrame({"zone_id": 1, "store_id": [1, 2], "distance_km": [1.0, 2.0], "attraction": [50.0, 100.0]})
    >>> huff_shares(pair, (1, 2)).round(3).tolist()
    [0.667, 0.333]
    """
    outside = np.log(outside_attraction) if outside_attraction > 0 else -np.inf
    pull = _columns(pairs, decay, tuple(features), near_km) @ np.asarray(weights, np.float64)
    zone, _ = pd.factorize(pairs["zone_id"])
    share = _softmax(pull, zone, int(zone.max()) + 1 if len(zone) else 0, outside)
    return pd.Series(share, index=pairs.index, name="share")


def calibrate_huff(
    flows: pd.DataFrame,
    *,
    decay: Literal["best", "exponential", "power"] = "best",
    features: Sequence[str] = (),
    near_km: float = 0.1,
    seed: int = 7,
) -> HuffCalibration:
    """Estimate attraction exponent and distance decay from where people were seen to shop.

    Flows of a zone are a multinomial draw with the shares of `huff_shares`; the log likelihood Σ y_ij ln p_ij is
    concave in the exponents, so that Newton's method finds its one maximum. Standard errors are the sandwich
    H⁻¹ (Σ_z g_z g_zᵀ) H⁻¹ clustered by zone, times Z / (Z - parameters): choices of one zone need not be independent.
    With shares instead of flows each zone counts as one unit. The form of decay is the one with the higher likelihood.

    Parameters
    ----------
    flows : DataFrame
        ``zone_id``, ``store_id``, ``distance_km`` (or minutes), ``attraction``, and ``flow`` (visits, customers, RMB)
        or ``share``. ``people`` (in units of flow, one figure a zone), optional: what the zone spends in all; the rest
        goes outside and calibrates the outside option.
    decay : {"best", "exponential", "power"}
        Form of the decay.
    features : sequence of str
        Further positive columns that act as powers.
    near_km : float
        Below this distance the power decay is flat.
    seed : int
        Of the split of zones into folds.

    Returns
    -------
    HuffCalibration
        Bad rows are left out and listed; the others are served.

    Raises
    ------
    InputError
        Missing columns; fewer than two usable zones with a choice; flows that pin down no exponents.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> zone, store = np.divmod(np.arange(400), 4)
    >>> pairs = pd.DataFrame({"zone_id": zone, "store_id": store, "attraction": [50.0, 80.0, 120.0, 60.0] * 100})
    >>> pairs["distance_km"] = rng.uniform(0.2, 3.0, 400)
    >>> pairs["flow"] = rng.poisson(200 * huff_shares(pairs, (0.8, 1.5), decay="exponential"))
    >>> found = calibrate_huff(pairs)
    >>> found.decay, found.tables["coefficients"]["value"].round(1).tolist()
    ('exponential', [0.8, 1.5])
    """
    features = tuple(features)
    usable, left_out = _usable(flows, features)
    forms: tuple[Decay, ...] = ("exponential", "power") if decay == "best" else (decay,)
    fits = {form: _fit(_Choices.of(usable, form, features, near_km)) for form in forms}
    best = max(fits, key=lambda form: fits[form].log_likelihood)
    choices, fit = _Choices.of(usable, best, features, near_km), fits[best]
    names = ["area_exponent", "decay_per_km", *features] + ["outside_attraction"] * choices.outside
    error = np.sqrt(np.diag(fit.covariance))
    value, low, high = fit.beta.copy(), fit.beta - Z_95 * error, fit.beta + Z_95 * error
    if choices.outside:  # estimated as a logarithm
        value[-1], low[-1], high[-1] = np.exp([value[-1], low[-1], high[-1]])
        error = np.append(error[:-1], error[-1] * value[-1])
    coefficients = pd.DataFrame(
        {"parameter": names, "value": value, "std_error": error, "low_95": low, "high_95": high}
    )
    inside = choices.row >= 0
    observed = choices.y / choices.total[choices.zone]
    shares = usable[["zone_id", "store_id"]].assign(observed_share=observed[inside], expected_share=fit.share[inside])
    tables = {
        "coefficients": coefficients,
        "shares": shares,
        "heldout": _held_out(choices, fit.beta, seed),
        "left_out": left_out,
    }
    freedom = max(len(choices.y) - choices.zones - len(value), 1)
    expected = fit.share * choices.total[choices.zone]
    dispersion = float(np.sum((choices.y - expected) ** 2 / np.maximum(expected, 1e-12)) / freedom)
    warnings = _warnings(coefficients, fit, choices, tables["heldout"])
    return HuffCalibration(best, tables, warnings, fit.log_likelihood, dispersion, near_km, features)


@dataclass(frozen=True)
class _Choices:
    """Alternatives of every zone in one list; `row` is -1 for the outside option."""

    x: np.ndarray
    y: np.ndarray
    zone: np.ndarray
    total: np.ndarray
    row: np.ndarray
    decay: Decay
    outside: bool

    @classmethod
    def of(cls, flows: pd.DataFrame, decay: Decay, features: tuple[str, ...], near_km: float) -> "_Choices":
        x = _columns(flows, decay, features, near_km)
        y = flows["flow" if "flow" in flows else "share"].to_numpy(np.float64)
        zone, names = pd.factorize(flows["zone_id"])
        row = np.arange(len(flows))
        if outside := "people" in flows:
            people = flows.groupby(zone)["people"].first().to_numpy(np.float64)
            rest = np.maximum(people - np.bincount(zone, y), 0.0)
            count = len(names)
            beyond = np.zeros((count, x.shape[1] + 1))
            beyond[:, -1] = 1.0
            x = np.vstack([np.column_stack([x, np.zeros(len(x))]), beyond])
            y, zone = np.append(y, rest), np.append(zone, np.arange(count))
            row = np.append(row, np.full(count, -1))
        return cls(x, y, zone, np.bincount(zone, y), row, decay, outside)

    @property
    def zones(self) -> int:
        return len(self.total)

    def only(self, zones: np.ndarray) -> "_Choices":
        """Keep the alternatives of some zones, renumbered."""
        kept = np.isin(self.zone, zones)
        zone = np.searchsorted(zones, self.zone[kept])
        return _Choices(self.x[kept], self.y[kept], zone, self.total[zones], self.row[kept], self.decay, self.outside)


@dataclass(frozen=True)
class _Fit:
    beta: np.ndarray
    covariance: np.ndarray
    share: np.ndarray
    log_likelihood: float
    condition: float


def _fit(choices: _Choices, start: np.ndarray | None = None) -> _Fit:
    """Maximise Σ y ln p by Newton's method, halving a step that does not climb."""
    beta = np.zeros(choices.x.shape[1]) if start is None else start
    share, value = _shares_and_value(choices, beta)
    for _ in range(STEPS):
        slope, hessian = _derivatives(choices, share)
        scale = np.sqrt(np.maximum(np.diag(hessian), 1e-300))
        condition = float(np.linalg.cond(hessian / np.outer(scale, scale)))
        if not np.isfinite(condition) or condition > 1e12 or scale.min() < 1e-9 * np.sqrt(choices.total.sum()):
            raise InputError(
                "flows", ["attraction and distance do not vary within zones, or vary together; give other zones"]
            )
        step = np.linalg.solve(hessian, slope)
        gain = float(slope @ step)
        while True:
            next_share, next_value = _shares_and_value(choices, beta + step)
            if next_value >= value - 1e-12 * abs(value) or np.abs(step).max() < 1e-12:
                break
            step = step / 2
        beta, share, value = beta + step, next_share, next_value
        if gain < 1e-16 * max(1.0, abs(value)):
            break
    _, hessian = _derivatives(choices, share)
    bread = np.linalg.inv(hessian)
    residual = (choices.y - choices.total[choices.zone] * share)[:, None] * choices.x
    scores = np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in residual.T])
    small = choices.zones / max(choices.zones - len(beta), 1)
    return _Fit(beta, small * bread @ (scores.T @ scores) @ bread, share, value, condition)


def _shares_and_value(choices: _Choices, beta: np.ndarray) -> tuple[np.ndarray, float]:
    share = _softmax(choices.x @ beta, choices.zone, choices.zones, -np.inf)
    seen = choices.y > 0
    return share, float(choices.y[seen] @ np.log(np.maximum(share[seen], 1e-300)))


def _derivatives(choices: _Choices, share: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope Σ (y - N p) x and the negative Hessian Σ_z N_z (Σ p x xᵀ - x̄ x̄ᵀ), x centred in its zone."""
    weighted = share[:, None] * choices.x
    mean = np.column_stack([np.bincount(choices.zone, column, choices.zones) for column in weighted.T])
    centred = choices.x - mean[choices.zone]
    total = choices.total[choices.zone]
    return choices.x.T @ (choices.y - total * share), centred.T @ ((total * share)[:, None] * centred)


def _softmax(pull: np.ndarray, zone: np.ndarray, zones: int, outside: float) -> np.ndarray:
    top = np.full(zones, outside if np.isfinite(outside) else -np.inf)
    np.maximum.at(top, zone, pull)
    strength = np.exp(pull - top[zone])
    whole = np.bincount(zone, strength, zones)
    return strength / (whole + (np.exp(outside - top) if np.isfinite(outside) else 0.0))[zone]


def _columns(pairs: pd.DataFrame, decay: Decay, features: tuple[str, ...], near_km: float) -> np.ndarray:
    """Logarithms of attraction, decay and features; the decay's own sign makes its exponent positive."""
    distance = pairs["distance_km"].to_numpy(np.float64)
    far = -np.log(np.maximum(distance, near_km)) if decay == "power" else -distance
    powers = [np.log(pairs[name].to_numpy(np.float64)) for name in ("attraction", *features)]
    return np.column_stack([powers[0], far, *powers[1:]])


def _held_out(choices: _Choices, start: np.ndarray, seed: int) -> pd.DataFrame:
    """Compare with equal shares and textbook exponents on zones that the fit did not see."""
    folds = np.array_split(np.random.default_rng(seed).permutation(choices.zones), min(FOLDS, choices.zones))
    width = choices.x.shape[1]
    naive = {"equal shares": np.zeros(width)}
    if choices.decay == "power" and width == 2:
        naive["textbook exponents"] = np.array(TEXTBOOK)
    sums = {name: np.zeros(2) for name in ("calibrated", *naive)}
    for fold in folds:
        unseen = choices.only(np.sort(fold))
        try:
            seen = _fit(choices.only(np.setdiff1d(np.arange(choices.zones), fold)), start).beta
        except InputError:
            seen = np.full(width, np.nan)
        for name, beta in {"calibrated": seen, **naive}.items():
            share, value = _shares_and_value(unseen, beta)
            observed = unseen.y / unseen.total[unseen.zone]
            sums[name] += np.abs(observed - share).sum(), value
    rows = [(name, off / len(choices.y), value / choices.total.sum()) for name, (off, value) in sums.items()]
    return pd.DataFrame(rows, columns=["model", "mean_abs_error", "log_likelihood_per_unit"])


def _warnings(coefficients: pd.DataFrame, fit: _Fit, choices: _Choices, heldout: pd.DataFrame) -> list[str]:
    told = []
    for row in coefficients.itertuples():
        if row.parameter != "outside_attraction" and row.low_95 <= 0 <= row.high_95:
            told.append(f"{row.parameter} cannot be told from 0 ({row.value:.3g} ± {row.std_error:.2g})")
        elif row.parameter == "decay_per_km" and row.value < 0:
            told.append(f"{row.parameter} is negative ({row.value:.3g}): people seem to prefer stores further away")
    if fit.condition > WEAK_CONDITION:
        told.append("attraction and distance vary together; their exponents are hardly told apart")
    if choices.zones < 10 * len(coefficients):
        told.append(f"only {choices.zones} zones: standard errors are rough")
    error = heldout.set_index("model")["mean_abs_error"]
    if not error["calibrated"] < error["equal shares"]:
        told.append("on zones held out the calibrated shares are no better than equal shares; do not use them")
    return told


def _usable(flows: pd.DataFrame, features: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split rows into those that can be used and those that cannot, with the reason."""
    needed = ["zone_id", "store_id", "distance_km", "attraction", *features]
    faults = [f"column {name} is missing" for name in needed if name not in flows]
    if "flow" not in flows and "share" not in flows:
        faults.append("column flow or share is missing")
    if faults:
        raise InputError("flows", faults)
    measure = "flow" if "flow" in flows else "share"
    numbers = {name: pd.to_numeric(flows[name], errors="coerce") for name in (*needed[2:], measure)}
    told = flows.assign(**numbers)
    checks = {
        "zone_id or store_id is empty": told["zone_id"].isna() | told["store_id"].isna(),
        "distance_km must be a number of at least 0": ~(told["distance_km"].between(0, np.finfo(float).max)),
        f"{measure} must be a number of at least 0": ~(told[measure].between(0, np.finfo(float).max)),
        "zone and store stand in more than one row": told.duplicated(["zone_id", "store_id"]),
    }
    for name in ("attraction", *features):
        checks[f"{name} must be more than 0"] = ~((told[name] > 0) & np.isfinite(told[name]))
    reason = pd.Series("", index=flows.index, dtype=object)
    for words, broken in checks.items():
        reason[broken & (reason == "")] = words
    total = told[measure].where(reason == "").groupby(told["zone_id"]).transform("sum")
    reason[(reason == "") & ~(total > 0)] = f"the zone's {measure} adds up to 0"
    good = told[reason == ""].reset_index(drop=True)
    bad = (reason != "").to_numpy()
    left_out = flows.loc[bad, ["zone_id", "store_id"]].assign(row=np.flatnonzero(bad), reason=reason[bad])
    if (good.groupby("zone_id").size() > 1).sum() < 2:
        raise InputError("flows", ["fewer than two zones have a choice among stores", *sorted(set(reason) - {""})])
    return good, left_out[["row", "zone_id", "store_id", "reason"]].reset_index(drop=True)
