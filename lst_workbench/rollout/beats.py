"""The field: beats of balanced size, and every week's visits in days that can be walked."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.contracts import Beats, InputError, Visits
from lst_workbench.contracts.kinds import SETTLEMENT_KINDS
from lst_workbench.geo import haversine_km
from lst_workbench.rollout._beat_kernels import bounded_days, cut_evenly, nearest_tour

KM_A_DEGREE = 111.19
TOWN = SETTLEMENT_KINDS[:2]


@dataclass(frozen=True)
class BeatParams:
    """What a rep can do.

    Parameters
    ----------
    stores_per_rep, least_stores, most_stores : float
        Stores in care: aimed at, and the span that is called balanced.
    day_visits, day_minutes, visit_minutes : float
        Bounds of a day, and the length of a visit.
    days_week : int
        Working days of a week.
    town_km_hour, rural_km_hour : float
        Pace between stores of towns, and in the country.
    circuity : float
        Way over straight line.
    strike_rate, lines_per_call : float
        Targets: orders a visit, and lines an order.
    weeks : int
        Weeks that lists are made for.
    """

    stores_per_rep: float
    least_stores: float
    most_stores: float
    day_visits: float
    day_minutes: float
    visit_minutes: float
    days_week: int
    town_km_hour: float
    rural_km_hour: float
    circuity: float
    strike_rate: float
    lines_per_call: float
    weeks: int = 8

    def __post_init__(self) -> None:
        faults = [f"{name} must be more than 0, not {value}" for name, value in vars(self).items() if not value > 0]
        if self.visit_minutes > self.day_minutes:
            faults.append("visit_minutes must fit into day_minutes")
        if not self.least_stores <= self.stores_per_rep <= self.most_stores:
            faults.append("least_stores <= stores_per_rep <= most_stores must hold")
        if faults:
            raise InputError("the field", faults)


@dataclass(frozen=True)
class BeatResult:
    """Beats and visits.

    Attributes
    ----------
    tables : dict
        ``beats`` (contract `Beats`), ``beat_stores`` (store_id, rep_id), ``visits`` (contract `Visits`).
    """

    tables: dict[str, pd.DataFrame]
    params: BeatParams

    def kpis(self) -> dict[str, float]:
        """Give reps, how many have a balanced number of stores and weeks that fit, and the share of time on the way."""
        beats = self.tables["beats"]
        balanced = beats["stores"].between(self.params.least_stores, self.params.most_stores)
        return {
            "reps": float(len(beats)),
            "balanced_share": float(balanced.mean()),
            "fits_share": float(beats["fits"].mean()),
            "largest_stores": float(beats["stores"].max()),
            "smallest_stores": float(beats["stores"].min()),
            "travel_share": float(np.average(beats["travel_share"], weights=beats["visits_week"].clip(lower=1e-9))),
        }


def assign_beats(
    stores: pd.DataFrame, reps: int | None = None, *, params: BeatParams, group: str | None = None
) -> BeatResult:
    """Give every store a rep, and every rep a list of visits for each week.

    Stores are cut into beats of equal size (within one store) along the longer side of what is left, so that beats are
    compact. A store visited every k weeks is due in the week of its part of a tour through the beat, so that the
    stores of one week lie together; a week's visits are filled into days by going to the nearest store that still
    fits.

    Parameters
    ----------
    stores : DataFrame
        store_id, lat, lon, settlement_kind; every_weeks: weeks between visits (1 or more).
    reps : int, optional
        How many; as many as give each about `stores_per_rep` when left out.
    params : BeatParams
        Sizes, days, paces and targets.
    group : str, optional
        Column whose values no beat may cross: a prefecture, say. Reps are shared out by stores, one at least.

    Returns
    -------
    BeatResult
        Beats of groups too small for a whole rep are smaller than asked; `fits` says where a week holds more visits
        than its days.

    Raises
    ------
    InputError
        Columns are missing, intervals below one week, fewer reps than groups.

    Examples
    --------
    >>> stores = pd.DataFrame({"store_id": range(8), "lat": 30.0, "lon": [118 + 0.01 * i for i in range(8)],
    ...     "settlement_kind": "village", "every_weeks": 2})
    >>> params = BeatParams(4, 3, 6, 20, 480, 15, 5, 15, 25, 1.3, 0.3, 5, weeks=2)
    >>> result = assign_beats(stores, params=params)
    >>> result.tables["beats"]["stores"].tolist(), len(result.tables["visits"])
    ([4, 4], 8)
    """
    faults = _faults(stores, group)
    if faults:
        raise InputError("stores", faults)
    stores = stores.sort_values("store_id", ignore_index=True)
    rep = _cut(stores, reps, params, group)
    minutes_km = (
        60.0
        * params.circuity
        / np.where(stores["settlement_kind"].isin(TOWN), params.town_km_hour, params.rural_km_hour)
    )
    visits = _visits(stores, rep, minutes_km, params)
    tables = {
        "beats": _beats(stores, rep, visits, params, group),
        "beat_stores": pd.DataFrame({"store_id": stores["store_id"], "rep_id": rep + 1}),
        "visits": Visits.check(visits),
    }
    return BeatResult(tables, params)


def _faults(stores: pd.DataFrame, group: str | None) -> list[str]:
    needed = ["store_id", "lat", "lon", "settlement_kind", "every_weeks", *([group] if group else [])]
    if missing := [name for name in needed if name not in stores]:
        return [f"column {', '.join(missing)} is missing; add it"]
    if stores.empty:
        return ["it has no rows; give at least one"]
    faults = ["store_id must be unique; keep one row of each"] if stores["store_id"].duplicated().any() else []
    if not (stores["every_weeks"] >= 1).all():
        faults.append("every_weeks must be 1 or more")
    if not np.isfinite(stores[["lat", "lon"]].to_numpy(np.float64)).all():
        faults.append("lat and lon must be numbers")
    return faults


def _km(stores: pd.DataFrame, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of some stores in km east and north of their middle."""
    lat, lon = (stores[name].to_numpy(np.float64)[rows] for name in ("lat", "lon"))
    east = (lon - lon.mean()) * np.cos(np.radians(lat.mean()))
    return KM_A_DEGREE * east, KM_A_DEGREE * (lat - lat.mean())


def _cut(stores: pd.DataFrame, reps: int | None, params: BeatParams, group: str | None) -> np.ndarray:
    """Rep of each store, from 0: reps shared out among groups by stores, each group cut evenly."""
    codes, _ = pd.factorize(stores[group], sort=True) if group else (np.zeros(len(stores), np.int64), None)
    counts = np.bincount(codes)
    if reps is None:
        share = np.maximum(1, np.rint(counts / params.stores_per_rep)).astype(int)
    else:
        if reps < len(counts):
            raise InputError("reps", [f"{reps} are fewer than the {len(counts)} groups; give more or no group"])
        share = np.ones(len(counts), int)
        for _ in range(reps - len(counts)):
            share[np.argmax(counts / share)] += 1
    rep, first = np.empty(len(stores), np.int64), 0
    for code in range(len(counts)):
        rows = np.flatnonzero(codes == code)
        part = np.empty(len(rows), np.int64)
        cut_evenly(*_km(stores, rows), min(int(share[code]), len(rows)), part)
        rep[rows] = part + first
        first += int(part.max()) + 1
    return rep


def _visits(stores: pd.DataFrame, rep: np.ndarray, minutes_km: np.ndarray, params: BeatParams) -> pd.DataFrame:
    every = stores["every_weeks"].to_numpy().astype(np.int64)
    ids = stores["store_id"].to_numpy()
    order = np.argsort(rep, kind="stable")
    edges = np.searchsorted(rep[order], np.arange(rep.max() + 2))
    parts: list[tuple[Any, ...]] = []
    for number in range(rep.max() + 1):
        rows = order[edges[number] : edges[number + 1]]
        x, y = _km(stores, rows)
        due_first = _offsets(x, y, every[rows])
        for week in range(params.weeks):
            now = np.flatnonzero((week - due_first) % every[rows] == 0)
            due = rows[now]
            if len(due):
                parts.append((number + 1, week + 1, due, *_days(x[now], y[now], minutes_km[due], params)))
    lengths = [len(part[2]) for part in parts]
    at, day, km, start = (np.concatenate([part[i] for part in parts]) for i in range(2, 6))
    table = pd.DataFrame(
        {
            "rep_id": np.repeat([part[0] for part in parts], lengths),
            "week": np.repeat([part[1] for part in parts], lengths),
            "day": day + 1,
            "stop": 0,
            "store_id": ids[at],
            "km": km * params.circuity,
            "travel_minutes": km * minutes_km[at],
            "start_minute": start,
        }
    )
    table = table.sort_values(["rep_id", "week", "day", "start_minute"], ignore_index=True)
    return table.assign(stop=table.groupby(["rep_id", "week", "day"]).cumcount() + 1)


def _offsets(x: np.ndarray, y: np.ndarray, every: np.ndarray) -> np.ndarray:
    """Week in which each store is due first: a tour through the beat, cut into as many parts as there are weeks."""
    tour, offset = np.empty(len(x), np.int64), np.zeros(len(x), np.int64)
    nearest_tour(x, y, int(np.argmin(x + y)), tour)
    for interval in np.unique(every):
        along = tour[every[tour] == interval]
        offset[along] = np.arange(len(along)) * interval // len(along)
    return offset


def _days(x: np.ndarray, y: np.ndarray, minutes_km: np.ndarray, params: BeatParams) -> tuple[np.ndarray, ...]:
    day, km, start = np.empty(len(x), np.int64), np.empty(len(x)), np.empty(len(x))
    bound = params.visit_minutes, params.day_minutes, int(params.day_visits)
    bounded_days(x, y, minutes_km, *bound, day, km, start)
    return day, km, start


def _beats(
    stores: pd.DataFrame, rep: np.ndarray, visits: pd.DataFrame, params: BeatParams, group: str | None
) -> pd.DataFrame:
    of = stores.assign(rep_id=rep + 1, group=stores[group] if group else "all")
    table = of.groupby("rep_id").agg(
        group=("group", "first"), stores=("store_id", "size"), lat=("lat", "mean"), lon=("lon", "mean")
    )
    middle = table.loc[of["rep_id"], ["lat", "lon"]].to_numpy()
    away = haversine_km(of["lat"].to_numpy(), of["lon"].to_numpy(), middle[:, 0], middle[:, 1])
    table["reach_km"] = pd.Series(away).groupby(of["rep_id"].to_numpy()).quantile(0.9)
    made = visits.groupby("rep_id").agg(visits=("store_id", "size"), km=("km", "sum"), way=("travel_minutes", "sum"))
    busiest = visits.groupby(["rep_id", "week"])["day"].max().groupby("rep_id").max()
    made = made.reindex(table.index, fill_value=0)
    table["visits_week"] = made["visits"] / params.weeks
    table["days_week"] = busiest.reindex(table.index, fill_value=0)
    table["travel_km_week"] = made["km"] / params.weeks
    table["travel_share"] = made["way"] / (made["way"] + made["visits"] * params.visit_minutes).clip(lower=1e-9)
    table["orders_week"] = table["visits_week"] * params.strike_rate
    table["lines_week"] = table["orders_week"] * params.lines_per_call
    table["fits"] = table["days_week"] <= params.days_week
    return Beats.check(table.reset_index())
