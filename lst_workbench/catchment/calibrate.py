"""The Huff model calibrated on observed flows or shares, by maximum likelihood with standard errors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from lst_workbench.catchment.choices import WEAK_CONDITION, Choices, Decay, Fit, columns_of, fit_choices, softmax
from lst_workbench.contracts import InputError

FOLDS = 5  # of zones, held out in turn
TEXTBOOK = (1.0, 2.0)  # Huff's exponents of attraction and of a power decay
Z_95 = 1.959963984540054
WEAK = "attraction and distance vary together; their exponents are hardly told apart"
WEAK_OF_STORES = "distance hardly varies beyond what zones and stores tell; its decay is uncertain"
OWN_PULLS = (
    "no attraction was given: each store has the pull that its flows tell, on top of distance (table attraction)"
)


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
        """Give the expected share of each pair of zone and store in `pairs`; columns as for `huff_shares`.

        Without ``attraction``, stores have the pull that was found for them, and new ones the usual pull.
        """
        found = self._coefficients()
        if "attraction" in self.tables and "attraction" not in pairs:
            own = self.tables["attraction"].set_index("store_id")["attraction"]
            usual = float(np.exp(np.log(own).mean()))
            pairs = pairs.assign(attraction=pairs["store_id"].map(own).astype(np.float64).fillna(usual))
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
    pull = columns_of(pairs, decay, tuple(features), near_km) @ np.asarray(weights, np.float64)
    zone, _ = pd.factorize(pairs["zone_id"])
    share = softmax(pull, zone, int(zone.max()) + 1 if len(zone) else 0, outside)
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
        ``zone_id``, ``store_id``, ``distance_km`` (or minutes), and ``flow`` (visits, customers, RMB) or ``share``.
        ``attraction`` (or ``area_m2``), optional: without it each store has a pull of its own, found from its flows
        together with the decay, in the table ``attraction``. ``people``, optional (in units of flow, one a zone): what
        the zone spends in all; the rest goes outside and calibrates the outside option.
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
    fits = {form: fit_choices(Choices.of(usable, form, features, near_km)) for form in forms}
    best = max(fits, key=lambda form: fits[form].log_likelihood)
    choices, fit = Choices.of(usable, best, features, near_km), fits[best]
    coefficients = _told(choices, fit, features)
    inside = choices.row >= 0
    observed = choices.y / choices.total[choices.zone]
    shares = usable[["zone_id", "store_id"]].assign(observed_share=observed[inside], expected_share=fit.share[inside])
    tables = {
        "coefficients": coefficients,
        "shares": shares,
        "heldout": _held_out(choices, fit, seed),
        "left_out": left_out,
    }
    if choices.own_pulls:
        tables["attraction"] = pd.DataFrame({"store_id": choices.names, "attraction": np.exp(fit.pull)})
    freedom = max(len(choices.y) - choices.zones - len(fit.beta) - len(fit.pull), 1)
    expected = fit.share * choices.total[choices.zone]
    dispersion = float(np.sum((choices.y - expected) ** 2 / np.maximum(expected, 1e-12)) / freedom)
    warnings = _warnings(coefficients, fit, choices, tables["heldout"])
    return HuffCalibration(best, tables, warnings, fit.log_likelihood, dispersion, near_km, features)


def _told(choices: Choices, fit: Fit, features: tuple[str, ...]) -> pd.DataFrame:
    """Value, standard error and 95% interval of each figure; pulls of the stores' own have the exponent 1."""
    error = np.sqrt(np.diag(fit.covariance))
    columns = np.array([fit.beta, error, fit.beta - Z_95 * error, fit.beta + Z_95 * error])
    names = ["area_exponent", "decay_per_km", *features]
    if choices.own_pulls:
        columns = np.column_stack([[1.0, 0.0, 1.0, 1.0], columns])
        if choices.outside:
            columns = np.column_stack([columns, [1.0, 0.0, 1.0, 1.0]])
    elif choices.outside:  # estimated as a logarithm
        columns[[0, 2, 3], -1] = np.exp(columns[[0, 2, 3], -1])
        columns[1, -1] *= columns[0, -1]
    names += ["outside_attraction"] * choices.outside
    value, error, low, high = columns
    return pd.DataFrame({"parameter": names, "value": value, "std_error": error, "low_95": low, "high_95": high})


def _held_out(choices: Choices, start: Fit, seed: int) -> pd.DataFrame:
    """Compare with equal shares and textbook exponents on zones that the fit did not see."""
    folds = np.array_split(np.random.default_rng(seed).permutation(choices.zones), min(FOLDS, choices.zones))
    width, no_pull = choices.x.shape[1], np.zeros(len(choices.names))
    naive = {"equal shares": (np.zeros(width), no_pull)}
    if choices.decay == "power" and width == 2 and not choices.own_pulls:
        naive["textbook exponents"] = (np.array(TEXTBOOK), no_pull)
    sums = {name: np.zeros(2) for name in ("calibrated", *naive)}
    for fold in folds:
        unseen = choices.only(np.sort(fold))
        try:
            seen = fit_choices(choices.only(np.setdiff1d(np.arange(choices.zones), fold)), start)
            found = (seen.beta, seen.pull)
        except InputError:
            found = (np.full(width, np.nan), no_pull)
        for name, (beta, pull) in {"calibrated": found, **naive}.items():
            share, value = unseen.shares_and_value(beta, pull)
            observed = unseen.y / unseen.total[unseen.zone]
            sums[name] += np.abs(observed - share).sum(), value
    rows = [(name, off / len(choices.y), value / choices.total.sum()) for name, (off, value) in sums.items()]
    return pd.DataFrame(rows, columns=["model", "mean_abs_error", "log_likelihood_per_unit"])


def _warnings(coefficients: pd.DataFrame, fit: Fit, choices: Choices, heldout: pd.DataFrame) -> list[str]:
    told = [OWN_PULLS] if choices.own_pulls else []
    for row in coefficients.itertuples():
        if row.parameter != "outside_attraction" and row.low_95 <= 0 <= row.high_95:
            told.append(f"{row.parameter} cannot be told from 0 ({row.value:.3g} ± {row.std_error:.2g})")
        elif row.parameter == "decay_per_km" and row.value < 0:
            told.append(f"{row.parameter} is negative ({row.value:.3g}): people seem to prefer stores further away")
    if fit.condition > WEAK_CONDITION:
        told.append(WEAK_OF_STORES if choices.own_pulls else WEAK)
    if choices.zones < 10 * len(coefficients):
        told.append(f"only {choices.zones} zones: standard errors are rough")
    error = heldout.set_index("model")["mean_abs_error"]
    if not error["calibrated"] < error["equal shares"]:
        told.append("on zones held out the calibrated shares are no better than equal shares; do not use them")
    return told


def _usable(flows: pd.DataFrame, features: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Split rows into those that can be used and those that cannot, with the reason."""
    if "attraction" not in flows and "area_m2" in flows:
        flows = flows.rename(columns={"area_m2": "attraction"})
    powers = (["attraction"] if "attraction" in flows else []) + list(features)
    needed = ["zone_id", "store_id", "distance_km", *powers]
    faults = [f"column {name} is missing" for name in needed if name not in flows]
    if "flow" not in flows and "share" not in flows:
        faults.append("column flow or share is missing")
    if faults:
        raise InputError("flows", faults)
    measure = "flow" if "flow" in flows else "share"
    numbers = {name: _numbers(flows[name]) for name in (*needed[2:], measure)}
    told = flows.assign(**numbers)
    checks = {
        "zone_id or store_id is empty": told["zone_id"].isna() | told["store_id"].isna(),
        "distance_km must be a number of at least 0": ~(told["distance_km"].between(0, np.finfo(float).max)),
        f"{measure} must be a number of at least 0": ~(told[measure].between(0, np.finfo(float).max)),
        "zone and store stand in more than one row": told.duplicated(["zone_id", "store_id"]),
    }
    for name in powers:
        checks[f"{name} must be more than 0"] = ~((told[name] > 0) & np.isfinite(told[name]))
    reason = pd.Series("", index=flows.index, dtype=object)
    for words, broken in checks.items():
        reason[broken & (reason == "")] = words
    if "attraction" not in flows:
        seen = told[measure].where(reason == "").groupby(told["store_id"]).transform("sum")
        reason[(reason == "") & ~(seen > 0)] = f"the store's {measure} adds up to 0: without attraction it has no pull"
    total = told[measure].where(reason == "").groupby(told["zone_id"]).transform("sum")
    reason[(reason == "") & ~(total > 0)] = f"the zone's {measure} adds up to 0"
    good = told[reason == ""].reset_index(drop=True)
    if measure == "share":  # in per cent, say: a zone is one unit of choice
        good["share"] /= good["share"].groupby(good["zone_id"]).transform("sum").clip(lower=1.0)
    bad = (reason != "").to_numpy()
    left_out = flows.loc[bad, ["zone_id", "store_id"]].assign(row=np.flatnonzero(bad), reason=reason[bad])
    if (good.groupby("zone_id").size() > 1).sum() < 2:
        raise InputError("flows", ["fewer than two zones have a choice among stores", *sorted(set(reason) - {""})])
    return good, left_out[["row", "zone_id", "store_id", "reason"]].reset_index(drop=True)


def _numbers(column: pd.Series) -> pd.Series:
    """Read numbers; 12.5% is 0.125."""
    if pd.api.types.is_numeric_dtype(column.dtype):
        return column
    text = column.astype("string").str.strip()
    percent = text.str.endswith("%").fillna(False).to_numpy(bool)
    told = pd.to_numeric(text.str.rstrip("%"), errors="coerce").astype(np.float64)
    return told.where(~percent, told / 100)
