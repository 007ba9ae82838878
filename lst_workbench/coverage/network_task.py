"""Stores and candidate sites of a network as arrays: costs of every lane, lists of fronts, cells of stores."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from lst_workbench.contracts import InputError
from lst_workbench.contracts.kinds import RURAL
from lst_workbench.coverage.network_cells import KM_DEGREE, apart_deg, cells_of_stores, entries_of, sample_by_volume
from lst_workbench.coverage.network_params import TIERS, NetworkParams
from lst_workbench.coverage.network_slow import SlowDelivery, on_sphere
from lst_workbench.coverage.pairs import amounts_faults, names_of
from lst_workbench.geo import haversine_km, neighbours_within

OPTIONAL = ("capacity_m3_month", "min_volume_m3_month", "handling_rmb_m3", "closing_cost_rmb_month")
STATUSES = ("candidate", "keep", "may_close", "forbidden")
TOUR_CONSTANT = 0.57  # of a tour through random stops (Daganzo, 1984), for each km of 1 / sqrt(stops a km2)
DENSITY_RADIUS_KM = 3.0
DAYS_MONTH = 30.0
CHUNK = 100_000


@dataclass(frozen=True)
class TierTask:
    """A network to design. Tiers count from fronts up; costs are RMB a month, or RMB/m3 where said.

    Attributes
    ----------
    order : ndarray
        Row of each store in the caller's table: stores are sorted by cell.
    lat, lon, spot, quantity, promised : ndarray
        Position of each store, in degrees and on the unit sphere, m3 a month, and what it counts in the promise.
    cells, cell_of : ndarray
        Where each cell's stores begin; cell of each store.
    starts, entry, last, km : ndarray
        Lists of fronts by store: pairs point at entries; last mile and handling in RMB/m3; road km.
    cell_starts, front : ndarray
        Entries of each cell, and their fronts.
    least : ndarray
        Cheapest way above each front, RMB/m3.
    slow, uncovered : ndarray
        RMB/m3 of each store: slow delivery beside its haul; not delivered at all.
    delivery : SlowDelivery
        Handling and haul of slow delivery from each city warehouse, RMB/m3.
    to_city, to_regional : ndarray
        Handling and line-haul, RMB/m3: front x city, city x regional.
    fixed, capacity, minimum, must : tuples of three ndarrays
        By tier. Sites that must stay have a fixed cost of 0 here; theirs is in `constant_rmb`, as are costs of closing.
    sites : tuple of three DataFrames
        Usable sites by tier, sorted by id.
    """

    order: np.ndarray
    lat: np.ndarray
    lon: np.ndarray
    spot: np.ndarray
    quantity: np.ndarray
    promised: np.ndarray
    cells: np.ndarray
    cell_of: np.ndarray
    starts: np.ndarray
    entry: np.ndarray
    last: np.ndarray
    km: np.ndarray
    cell_starts: np.ndarray
    front: np.ndarray
    least: np.ndarray
    slow: np.ndarray
    uncovered: np.ndarray
    delivery: SlowDelivery
    to_city: np.ndarray
    to_regional: np.ndarray
    fixed: tuple[np.ndarray, ...]
    capacity: tuple[np.ndarray, ...]
    minimum: tuple[np.ndarray, ...]
    must: tuple[np.ndarray, ...]
    constant_rmb: float
    sites: tuple[pd.DataFrame, ...]

    @property
    def stores(self) -> int:
        """How many stores there are."""
        return len(self.quantity)

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many sites there are, from fronts up."""
        return len(self.fixed[0]), len(self.fixed[1]), len(self.fixed[2])

    @property
    def slow_haul(self) -> np.ndarray:
        """Slow delivery of each cell from each city at least, RMB/m3; infinite beyond the slow radius."""
        return self.delivery.edge

    @property
    def limited(self) -> bool:
        """Whether any capacity or minimum volume is given."""
        return any(np.isfinite(c).any() or (m > 0).any() for c, m in zip(self.capacity, self.minimum, strict=True))

    @property
    def exact_cells(self) -> bool:
        """Whether each store is a cell of its own."""
        return len(self.cells) - 1 == self.stores

    def list_of(self, i: int) -> Iterator[tuple[int, int]]:
        """Pair and entry of each front of a store."""
        for p in range(self.starts[i], self.starts[i + 1]):
            yield p, int(self.entry[p])

    def of_rows(self, rows: np.ndarray) -> "TierTask":
        """Only some stores, or all in another order; cells and entries stay, and where cells begin is not told anew."""
        lengths = np.diff(self.starts)[rows]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        taken = np.repeat(self.starts[rows] - starts[:-1], lengths) + np.arange(starts[-1])
        by_store = ("order", "lat", "lon", "spot", "quantity", "promised", "cell_of", "slow", "uncovered")
        some = {name: getattr(self, name)[rows] for name in by_store}
        by_pair = {name: getattr(self, name)[taken] for name in ("entry", "last", "km")}
        return replace(self, starts=starts, **some, **by_pair)

    def sampled(self, wanted: int) -> "TierTask":
        """About so many stores (in order) that stand for all, of every cell at least one; all where they are few more.

        Cells and entries stay.
        """
        if self.stores <= 1.5 * wanted:
            return self
        rows, volume = sample_by_volume(self.cells, self.quantity, wanted)
        few, cells = self.of_rows(rows), np.searchsorted(rows, self.cells)
        return replace(few, quantity=volume, promised=few.promised * volume / few.quantity, cells=cells)

    def surcharged(self, rmb_store: float) -> "TierTask":
        """Charge every store that is not served next day, in RMB a month for each it counts in the promise."""
        if rmb_store == 0.0:
            return self
        more = rmb_store * self.promised / np.maximum(self.quantity, 1e-12)
        return replace(self, slow=self.slow + more, uncovered=self.uncovered + more)


def tier_task(
    stores: pd.DataFrame, sites: pd.DataFrame, params: NetworkParams, distances: pd.DataFrame | None = None
) -> TierTask:
    """Turn the caller's tables into a task.

    Raises
    ------
    InputError
        Every fault of the tables and figures at once.
    """
    _refuse(stores, sites, params)
    tiers = tuple(_usable(sites, tier) for tier in TIERS)
    order, cells = cells_of_stores(
        stores["lat"].to_numpy(np.float64),
        stores["lon"].to_numpy(np.float64),
        _quantity(stores),
        params.cells,
        apart_deg(_drops_m3(stores) * params.slow_drop_rmb, np.full(len(stores), params.uncovered_rmb_m3)),
    )
    ordered = stores.iloc[order].reset_index(drop=True)
    lat, lon = ordered["lat"].to_numpy(np.float64), ordered["lon"].to_numpy(np.float64)
    quantity, orders = _quantity(ordered), ordered["orders_month"].to_numpy(np.float64)
    rural = is_rural(ordered)
    circuity = np.where(rural, params.circuity_rural, params.circuity)
    per_drop = last_mile_rmb_drop(lat, lon, orders, rural, params)
    to_city = _lanes(tiers[0], tiers[1], params)
    to_regional = _lanes(tiers[1], tiers[2], params) + _handling(tiers[2], params)[None, :]
    least = (to_city + to_regional.min(axis=1)[None, :]).min(axis=1)
    drops_m3 = _drops_m3(ordered)
    fast = _column(ordered, "fast_share", params.fast_share)
    handled = fast + (1.0 - fast) * params.cross_dock_share
    cell_of = np.repeat(np.arange(len(cells) - 1), np.diff(cells))
    starts, site, km = _reached(ordered, tiers[0], circuity, params, distances)
    row = np.repeat(np.arange(len(lat)), np.diff(starts))
    last = drops_m3[row] * (per_drop[row] + params.van_km_rmb * 2.0 * km / params.stops_tour)
    last += handled[row] * _handling(tiers[0], params)[site]
    site, km, last = _in_order(row, site, km, last, least)
    cell_starts, front, entry = entries_of(starts, cell_of, site, len(cells) - 1, len(tiers[0]))
    fixed, must, constant = zip(*(_fixed(tier) for tier in tiers), strict=True)
    return TierTask(
        order, lat, lon, on_sphere(lat, lon), quantity,
        ordered["weight"].to_numpy(np.float64) if "weight" in ordered else np.ones(len(lat)),
        cells, cell_of, starts, entry, _rounded_down(last), km.astype(np.float32), cell_starts, front, least,
        drops_m3 * params.slow_drop_rmb, np.full(len(lat), params.uncovered_rmb_m3),
        _delivery(lat, lon, cells, tiers[1], params), to_city, to_regional, fixed,
        tuple(_column(tier, "capacity_m3_month", np.inf) for tier in tiers),
        tuple(np.where(m, 0.0, _column(t, "min_volume_m3_month", 0.0)) for t, m in zip(tiers, must, strict=True)),
        must, float(sum(constant)), tiers,
    )  # fmt: skip


def last_mile_rmb_drop(
    lat: np.ndarray, lon: np.ndarray, orders: np.ndarray, rural: np.ndarray, params: NetworkParams
) -> np.ndarray:
    """Cost of a drop beside the way to its district: time at the door, and the way from stop to stop.

    stop + van_km x circuity x 0.57 / sqrt(stops a day and km2) (Daganzo, 1984); density is that of orders within 3 km.
    """
    cell = np.unique(
        np.column_stack((np.round(lat / 0.05), np.round(lon / 0.05))).astype(np.int64), axis=0, return_inverse=True
    )
    number = cell[1].reshape(-1)
    area_km2 = (0.05 * KM_DEGREE) ** 2 * np.cos(np.radians(lat))
    stops_km2 = np.bincount(number, weights=orders)[number] / DAYS_MONTH / area_km2
    circuity = np.where(rural, params.circuity_rural, params.circuity)
    between_km = circuity * TOUR_CONSTANT / np.sqrt(np.maximum(stops_km2, 1e-4))
    return np.where(rural, params.stop_rural_rmb, params.stop_rmb) + params.van_km_rmb * between_km


def _reached(
    stores: pd.DataFrame,
    fronts: pd.DataFrame,
    circuity: np.ndarray,
    params: NetworkParams,
    distances: pd.DataFrame | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fronts within the radius of each store: starts, fronts, road km."""
    if distances is not None:
        at = pd.Index(stores["store_id"]).get_indexer(distances["store_id"])
        to = pd.Index(fronts["site_id"]).get_indexer(distances["site_id"])
        km = distances["km"].to_numpy(np.float64)
        kept = (at >= 0) & (to >= 0) & (km <= params.radius_km)
        by = np.lexsort((to[kept], at[kept]))
        row, site, km = at[kept][by], to[kept][by], km[kept][by]
        return np.searchsorted(row, np.arange(len(stores) + 1)), site.astype(np.int32), km
    counts, sites, roads = [], [], []
    lat, lon = stores["lat"].to_numpy(np.float64), stores["lon"].to_numpy(np.float64)
    for begin in range(0, len(stores), CHUNK):
        part = slice(begin, begin + CHUNK)
        widest = params.radius_km / circuity[part].min()
        near = neighbours_within(lat[part], lon[part], fronts["lat"], fronts["lon"], widest)
        road = near.distance_km * circuity[part][near.rows]
        kept = road <= params.radius_km
        counts.append(np.bincount(near.rows[kept], minlength=len(near.counts)))
        sites.append(near.indices[kept])
        roads.append(road[kept])
    starts = np.concatenate(([0], np.cumsum(np.concatenate(counts))))
    return starts, np.concatenate(sites), np.concatenate(roads)


def _in_order(
    row: np.ndarray, site: np.ndarray, km: np.ndarray, last: np.ndarray, least: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put lists in order of what a front costs at least."""
    order = np.lexsort((site, last + least[site], row))
    return site[order], km[order], last[order]


def _lanes(lower: pd.DataFrame, upper: pd.DataFrame, params: NetworkParams) -> np.ndarray:
    """Line-haul from each upper to each lower site and handling in the upper, RMB/m3; regional handling is apart."""
    km = road_km(lower, upper, params)
    own = _handling(upper, params) if (upper["tier"].astype(str) == "city").all() else np.zeros(len(upper))
    return params.haul_rmb_m3_km * km + own[None, :]


def road_km(lower: pd.DataFrame, upper: pd.DataFrame, params: NetworkParams) -> np.ndarray:
    """Road km between sites of two tiers."""
    sides = (lower["lat"].to_numpy()[:, None], lower["lon"].to_numpy()[:, None], upper["lat"], upper["lon"])
    return haversine_km(sides[0], sides[1], sides[2].to_numpy()[None], sides[3].to_numpy()[None]) * params.circuity


def _delivery(
    lat: np.ndarray, lon: np.ndarray, cells: np.ndarray, cities: pd.DataFrame, params: NetworkParams
) -> SlowDelivery:
    at = (cities["lat"].to_numpy(np.float64), cities["lon"].to_numpy(np.float64))
    measure = (float(params.circuity), float(params.haul_rmb_m3_km), float(params.slow_radius_km))
    return SlowDelivery.of((lat, lon), cells, at, _handling(cities, params), measure)


def _usable(sites: pd.DataFrame, tier: str) -> pd.DataFrame:
    of_tier = sites[(sites["tier"].astype(str) == tier).to_numpy() & (_status(sites) != "forbidden")]
    return of_tier.sort_values("site_id", ignore_index=True)


def _status(sites: pd.DataFrame) -> np.ndarray:
    return sites["status"].astype(str).to_numpy() if "status" in sites else np.full(len(sites), "candidate")


def _fixed(sites: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, float]:
    """Cost of opening, whether it is no choice, and what is paid anyway."""
    status, fixed = _status(sites), _column(sites, "fixed_cost_rmb_month", 0.0)
    closing = np.where(status == "may_close", _column(sites, "closing_cost_rmb_month", 0.0), 0.0)
    must = (status == "keep") | (fixed <= closing) & (status == "may_close")
    return np.where(must, 0.0, fixed - closing), must, float(closing.sum() + (fixed - closing)[must].sum())


def _handling(sites: pd.DataFrame, params: NetworkParams) -> np.ndarray:
    return _column(sites, "handling_rmb_m3", params.handling_rmb_m3)


def _column(table: pd.DataFrame, name: str, otherwise: float) -> np.ndarray:
    values = table[name].to_numpy(np.float64) if name in table else np.full(len(table), otherwise)
    return np.where(np.isnan(values), otherwise, values)


def _quantity(stores: pd.DataFrame) -> np.ndarray:
    return stores["volume_m3_month"].to_numpy(np.float64)


def _drops_m3(stores: pd.DataFrame) -> np.ndarray:
    return stores["orders_month"].to_numpy(np.float64) / _quantity(stores)


def is_rural(stores: pd.DataFrame) -> np.ndarray:
    """Whether each store lies in the country, by its ``settlement_kind`` where that is known."""
    return (
        stores["settlement_kind"].isin(RURAL).to_numpy() if "settlement_kind" in stores else np.zeros(len(stores), bool)
    )


def _rounded_down(values: np.ndarray) -> np.ndarray:
    """Single precision, never above: costs rounded down keep a bound valid."""
    single = values.astype(np.float32)
    return np.where(single > values, np.nextafter(single, np.float32(-np.inf)), single)


def _refuse(stores: pd.DataFrame, sites: pd.DataFrame, params: NetworkParams) -> None:
    faults = params.faults() + amounts_faults("stores", stores, "store_id", ("volume_m3_month", "orders_month"))
    faults += amounts_faults("sites", sites, "site_id", ("fixed_cost_rmb_month",))
    faults += _optional_faults(stores, sites)
    for name, key, table in (("stores", "store_id", stores), ("sites", "site_id", sites)):
        for column, bound in (("lat", 90), ("lon", 180)):
            if column not in table:
                faults.append(f"{name} lacks the column {column}")
            elif (wrong := ~(table[column].abs() <= bound).to_numpy()).any():
                at = names_of(table.loc[wrong, key].to_numpy())
                faults.append(f"{name}.{column} must be between -{bound} and {bound} ({wrong.sum():,} are not: {at})")
    if not faults and (idle := ~(stores["volume_m3_month"] > 0).to_numpy()).any():
        faults.append(f"stores.volume_m3_month must be more than 0 ({idle.sum():,} are not); leave those stores out")
    if "tier" not in sites:
        faults.append("sites lacks the column tier")
    else:
        usable = sites[_status(sites) != "forbidden"]
        faults += [
            f"there is no usable {tier} warehouse; give at least one"
            for tier in TIERS
            if tier not in set(usable["tier"].astype(str))
        ]
    if unknown := set(_status(sites)) - set(STATUSES):
        faults.append(f"sites.status must be one of {', '.join(STATUSES)}, not {', '.join(sorted(unknown))}")
    if stores.empty:
        faults.append("stores has no rows; give at least one")
    if faults:
        raise InputError("the network", faults)


def _optional_faults(stores: pd.DataFrame, sites: pd.DataFrame) -> list[str]:
    """Say which figures that may be left empty are given and cannot be."""
    asked = [("sites", sites, "site_id", column, np.inf, "at least 0") for column in OPTIONAL]
    faults = []
    for name, table, key, column, most, said in [
        *asked,
        ("stores", stores, "store_id", "fast_share", 1.0, "between 0 and 1"),
    ]:
        if column in table and key in table:
            values = pd.to_numeric(table[column], errors="coerce")
            wrong = (table[column].notna() & ~values.between(0.0, most)).to_numpy()
            if wrong.any():
                at = names_of(table.loc[wrong, key].to_numpy())
                faults.append(f"{name}.{column} must be {said} ({wrong.sum():,} are not: {at})")
    return faults
