"""The Huff model calibrated on what some stores sell: how far people go, what size is worth, what goes elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import least_squares

from lst_workbench.catchment._kernels import people_of_stores, pull_on_cells, sums_of_stores
from lst_workbench.catchment.ground import Ground, ids_of, within
from lst_workbench.catchment.params import HuffParams
from lst_workbench.catchment.points import amounts_of
from lst_workbench.contracts import InputError

NAMES = ("decay_per_km", "area_exponent", "outside_attraction")
LOWEST, HIGHEST = np.array([np.log(0.05), 0.0, np.log(1e-3)]), np.array([np.log(10.0), 3.0, np.log(1e5)])
FOLDS, LEAST_TILLS, MOST_TILLS = 5, 30, 20_000
Z_95 = 1.959963984540054
VAGUE = 1.0  # standard error of a logarithm from which a figure is not known
STEP = 1e-3
FLAT = 1e-6  # of the steepest slope


@dataclass(frozen=True)
class SalesCalibration:
    """What sales say about how shoppers choose.

    Attributes
    ----------
    params : HuffParams
        The start with the figures found: use it where the register's guesses stood.
    spend : float
        Sales for each person drawn at mean income, in units of the sales: the median store's.
    tables : dict
        ``coefficients`` (parameter, value, std_error, low_95, high_95), ``heldout`` (model, rmse_log, bias_log; of
        stores that the fit did not see) and ``left_out`` (store_id, reason).
    warnings : list of str
        What the sales cannot tell, in words.
    """

    params: HuffParams
    spend: float
    tables: dict[str, pd.DataFrame]
    warnings: list[str]

    def kpis(self) -> dict[str, float]:
        """Coefficients, spend, and the gain over equal shares on stores held out."""
        error = self.tables["heldout"].set_index("model")["rmse_log"]
        table = self.tables["coefficients"]
        return {
            **dict(zip(table["parameter"], table["value"].astype(float), strict=True)),
            "spend": self.spend,
            "heldout_gain_over_equal_shares": float(1 - error["calibrated"] / error["equal shares"]),
        }


def calibrate_on_sales(
    stores: pd.DataFrame,
    cells: pd.DataFrame,
    sales: pd.DataFrame,
    start: HuffParams | None = None,
    *,
    places: Sequence[Any] | pd.Series | None = None,
    seed: int = 7,
) -> SalesCalibration:
    """Estimate decay, area exponent and outside option from the sales of some stores, all stores competing.

    ln sales = κ + ln Σ_c people_c income_c p_cs(θ) + ε with Huff's p_cs and normal ε: maximum likelihood is least
    squares on logarithms, κ (spending) is found with it. Standard errors are the sandwich, clustered by place where
    places are given. Stores are held out in fifths, whole places where given, beside equal shares (every store within
    the radius alike) and the start as it was.

    Parameters
    ----------
    stores, cells
        As for `huff_catchments`: every store, with ``area_m2``.
    sales : DataFrame
        ``store_id``, ``sales`` (any unit a month) of stores with a till; at least 30, at most 20,000 are used.
    start : HuffParams, optional
        Radius, form of decay and first guess; the register's by default.
    places : sequence, optional
        Place of each row of `sales`.
    seed : int
        Of the folds, and of the choice where there are more stores than needed.

    Returns
    -------
    SalesCalibration

    Raises
    ------
    InputError
        Missing columns, fewer than 30 usable stores. Stores without sales, people or a row in `stores` are left out
        and listed.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> spot = rng.uniform(0, 12, (400, 2))
    >>> stores = pd.DataFrame({"store_id": np.arange(200), "x_km": spot[:200, 0], "y_km": spot[:200, 1]})
    >>> stores["area_m2"] = rng.lognormal(3.7, 0.5, 200)
    >>> cells = pd.DataFrame({"x_km": spot[200:, 0], "y_km": spot[200:, 1], "people": 500.0})
    >>> from lst_workbench.catchment import huff_catchments
    >>> drawn = HuffParams(radius_km=3, decay_per_km=1.0, area_exponent=0.6, outside_attraction=5)
    >>> sold = huff_catchments(stores, cells, drawn).tables["catchments"][["store_id", "people"]]
    >>> sold["sales"] = 90 * sold["people"] * rng.lognormal(0, 0.1, 200)
    >>> found = calibrate_on_sales(stores, cells, sold, HuffParams(3, 2.0, 1.0, 5)).kpis()
    >>> round(found["decay_per_km"], 1), round(found["area_exponent"], 1)
    (1.0, 0.6)
    """
    start = HuffParams.of() if start is None else start
    used, logs, place, left_out = _usable(stores, sales, places, seed)
    near_stores, near_cells = _surroundings(stores, cells, used, start)
    rows = pd.Index(ids_of(near_stores)).get_indexer(used)
    reached = _power(near_stores, near_cells, start, rows) > 0
    if not reached.all():
        lost = pd.DataFrame({"store_id": used[~reached], "reason": "nobody lives within its radius"})
        left_out = pd.concat([left_out, lost], ignore_index=True)
        used, logs, place, rows = used[reached], logs[reached], place[reached], rows[reached]
    if len(used) < LEAST_TILLS:
        raise InputError("sales", [f"only {len(used)} stores can be used; give the sales of {LEAST_TILLS} or more"])

    def expected(theta: np.ndarray) -> np.ndarray:
        return np.log(np.maximum(_power(near_stores, near_cells, _params(start, theta), rows), 1e-9))

    theta, rest, slope = _fit(expected, logs, _theta(start))
    error = _errors(slope, rest - rest.mean(), place)
    names = pd.Series(NAMES)
    power = (names != "area_exponent").to_numpy()  # estimated as logarithms
    reach = Z_95 * np.minimum(error, 1e3)
    ends = (np.clip(theta + side * reach, LOWEST, HIGHEST) for side in (0, -1, 1))  # nothing beyond was tried
    value, low, high = (np.where(power, np.exp(t), t) for t in ends)
    coefficients = pd.DataFrame(
        {
            "parameter": NAMES,
            "value": value,
            "std_error": np.where(power, value * error, error),
            "low_95": low,
            "high_95": high,
        }
    )
    found = replace(start, **dict(zip(NAMES, value.tolist(), strict=True)))
    alike = _power(near_stores.assign(attraction=1.0), near_cells, replace(start, decay_per_km=0.0), rows)
    plain = {"equal shares": np.log(np.maximum(alike, 1e-9)), "start": expected(_theta(start))}
    tables = {
        "coefficients": coefficients,
        "heldout": _heldout(expected, logs, place, (theta, rest, slope), plain, seed),
        "left_out": left_out,
    }
    return SalesCalibration(found, float(np.exp(np.median(rest))), tables, _warnings(theta, error))


def _fit(expected: Any, logs: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, ...]:
    """Exponents that fit; what is left of all, and its slope."""

    def off(t: np.ndarray) -> np.ndarray:
        rest = logs - expected(t)
        return rest - rest.mean()

    inside = np.clip(theta, LOWEST + 1e-6, HIGHEST - 1e-6)
    found = least_squares(off, inside, bounds=(LOWEST, HIGHEST), diff_step=STEP, xtol=1e-6, ftol=1e-8, max_nfev=40)
    return found.x, logs - expected(found.x), found.jac


def _without(seen: np.ndarray, theta: np.ndarray, rest: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Exponents of the stores seen: one Gauss-Newton step from those of all."""
    there, left = slope[seen] - slope[seen].mean(0), rest[seen] - rest[seen].mean()
    step = -np.linalg.lstsq(there, left, rcond=FLAT)[0]
    return np.clip(theta + np.clip(step, -1.0, 1.0), LOWEST, HIGHEST)


def _errors(slope: np.ndarray, rest: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Sandwich standard errors, clustered by place; without end for a figure that changes nothing."""
    size = np.linalg.norm(slope, axis=0)
    bread = np.linalg.pinv(slope.T @ slope)
    _, cluster = np.unique(place, return_inverse=True)
    count = int(cluster.max()) + 1
    scores = np.zeros((count, slope.shape[1]))
    np.add.at(scores, cluster, slope * rest[:, None])
    small = count / max(count - slope.shape[1] - 1, 1)
    error = np.sqrt(np.diag(small * bread @ (scores.T @ scores) @ bread))
    return np.where(size > FLAT * size.max(), error, np.inf)


def _heldout(
    expected: Any,
    logs: np.ndarray,
    place: np.ndarray,
    fit: tuple[np.ndarray, ...],
    plain: dict[str, np.ndarray],
    seed: int,
) -> pd.DataFrame:
    """Error in logarithms of stores that were not seen, calibrated and not."""
    names, code = np.unique(place, return_inverse=True)
    fold = (np.random.default_rng(seed).permutation(len(names)) % FOLDS)[code]
    off: dict[str, list[np.ndarray]] = {name: [] for name in ("calibrated", *plain)}
    for k in range(FOLDS):
        unseen = fold == k
        if not unseen.any() or unseen.all():
            continue
        rest = logs - expected(_without(~unseen, *fit))
        off["calibrated"].append(rest[unseen] - rest[~unseen].mean())
        for name, figure in plain.items():
            rest = logs - figure
            off[name].append(rest[unseen] - rest[~unseen].mean())
    errors = {name: np.concatenate(parts) for name, parts in off.items()}
    figures = [(name, float(np.sqrt((e**2).mean())), float(-e.mean())) for name, e in errors.items()]
    return pd.DataFrame(figures, columns=["model", "rmse_log", "bias_log"])


def _power(stores: pd.DataFrame, cells: pd.DataFrame, params: HuffParams, rows: np.ndarray) -> np.ndarray:
    """People whom the stores in `rows` draw, times their income; all stores compete."""
    on = Ground.of(stores, cells, params)
    income = amounts_of(cells, "cells", "income_index") if "income_index" in cells else np.ones(len(cells))
    at = on.to_stores(np.arange(len(stores)))[rows]
    tills = on.shops._replace(**{name: getattr(on.shops, name)[at] for name in "uvxyz"})
    sums, point = np.zeros((len(rows), 3)), (on.weight, on.rate, on.people, income[on.home_rows], on.grid, on.decay)
    people_of_stores(tills, on.homes, on.attraction[at], *point, 0, len(rows), sums)
    return sums[:, 1]


def _surroundings(
    stores: pd.DataFrame, cells: pd.DataFrame, used: np.ndarray, params: HuffParams
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cells within the radius of a store used, and the stores within the radius of these: all that matters."""
    on, flat = Ground.of(stores.assign(attraction=1.0), cells, params), within(params)
    told, none = np.isin(ids_of(stores), used).astype(float)[on.shop_rows], np.zeros(len(cells))
    near = np.zeros(len(cells))
    pull_on_cells(on.homes, on.shops, told, none, on.grid, flat, 0, len(cells), near)
    beside, nothing = np.zeros((len(stores), 2)), np.zeros((len(cells), 0))
    point = (on.shops, on.homes, on.attraction, (near > 0).astype(float), none, nothing, on.grid, flat)
    sums_of_stores(*point, 0, len(stores), beside)
    kept = (on.to_stores(beside)[:, 0] > 0) | np.isin(ids_of(stores), used)
    return stores[kept].reset_index(drop=True), cells[on.to_cells(near) > 0].reset_index(drop=True)


def _usable(
    stores: pd.DataFrame, sales: pd.DataFrame, places: Any, seed: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    """Ids, ln sales and place of the stores that can be used, and the others."""
    if missing := [name for name in ("store_id", "sales") if name not in sales]:
        raise InputError("sales", [f"column {', '.join(missing)} is missing"])
    if "attraction" in stores or "area_m2" not in stores:
        raise InputError("stores", ["give area_m2 and no attraction; how area attracts is what is looked for"])
    amount = pd.to_numeric(sales["sales"], errors="coerce").to_numpy(np.float64)
    ids = sales["store_id"].to_numpy()
    reason = np.select(
        [
            ~np.isin(ids, ids_of(stores)),
            sales["store_id"].duplicated().to_numpy(),
            ~(np.isfinite(amount) & (amount > 0)),
        ],
        ["it is not among the stores", "it stands in more than one row", "its sales are empty or not above 0"],
        default="",
    )
    good = np.flatnonzero(reason == "")
    if len(good) > MOST_TILLS:
        good = np.sort(np.random.default_rng(seed).choice(good, MOST_TILLS, replace=False))
    left_out = pd.DataFrame({"store_id": ids[reason != ""], "reason": reason[reason != ""]})
    place = np.arange(len(sales)) if places is None else pd.factorize(np.asarray(places))[0]
    if len(place) != len(sales):
        raise InputError("places", [f"there are {len(place):,} of them for {len(sales):,} rows of sales"])
    return ids[good], np.log(amount[good]), place[good], left_out


def _theta(params: HuffParams) -> np.ndarray:
    return np.array(
        [
            np.log(max(params.decay_per_km, 0.05)),
            params.area_exponent,
            np.log(max(params.outside_attraction, 1e-3)),
        ]
    )


def _params(start: HuffParams, theta: np.ndarray) -> HuffParams:
    decay, exponent, outside = theta
    return replace(
        start,
        decay_per_km=float(np.exp(decay)),
        area_exponent=float(exponent),
        outside_attraction=float(np.exp(outside)),
    )


def _warnings(theta: np.ndarray, error: np.ndarray) -> list[str]:
    said = []
    for name, t, e, low, high in zip(NAMES, theta, error, LOWEST, HIGHEST, strict=True):
        if min(t - low, high - t) < 1e-3:
            said.append(f"{name} ran to the end of what was tried: these sales do not pin it down")
        elif e > VAGUE:
            said.append(f"{name} is hardly known from these sales; its interval spans more than its own size")
    return said
