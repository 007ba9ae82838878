"""Positions of a stranger's table: brought to WGS-84, and what looks wrong with them."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from lst_workbench.geo import DATUMS, from_wgs84, to_wgs84
from lst_workbench.market.faults import CHINA_LAT, CHINA_LON
from lst_workbench.market.importing.notes import note
from lst_workbench.market.synthetic import Geography

SHIFT_SAMPLE, AROUND_KM, LEAST_NEAR = 50_000, 3.0, 30  # shops looked at, of those near a place; fewer tell nothing
OFF_CLEARLY, TIMES_BETTER = 16.0, 4.0  # a chi square of two is beyond 16 by chance once in 3,000 lists
KM_A_DEGREE, TINY = 111.195, 1e-9
COUNTRY_KM = 100.0  # no shop of the country stands farther from all its places
REASONS = {
    "missing": "position is missing or cannot be read",
    "projected": "position is projected (metres, not degrees); convert it to degrees",
    "outside": "position lies outside China",
    "not_covered": "position lies in Hong Kong, Macao or Taiwan, which no market covers",
    "far": f"position lies outside China, or far from every place that is covered (over {COUNTRY_KM:.0f} km)",
}
DATUM_WORDS = {"gcj02": ("gcj", "高德", "腾讯", "amap"), "bd09": ("bd09", "bdlat", "bdlng", "bdlon", "百度", "baidu")}


@dataclass(frozen=True)
class Positions:
    """Positions in WGS-84, why a row has none, and what to tell the analyst."""

    lat: np.ndarray
    lon: np.ndarray
    reason: np.ndarray
    notes: list[str]


def placed(lat: np.ndarray, lon: np.ndarray, datum: str, headers: list[str], geography: Geography) -> Positions:
    """Bring positions to WGS-84; swapped ones are turned round, others that lie outside China get a reason.

    Parameters
    ----------
    lat, lon : ndarray of float64
        Degrees in `datum`, NaN where unreadable.
    datum : {"wgs84", "gcj02", "bd09"}
        Datum the analyst says the file is in.
    headers : list of str
        Headers of the two columns: their words may name another datum.
    """
    notes: list[str] = [note("datum", datum=datum)]
    swapped = _inside(lon, lat) & ~_inside(lat, lon)
    if swapped.any():
        notes.append(note("swapped", rows=int(swapped.sum())))
    lat, lon = np.where(swapped, lon, lat), np.where(swapped, lat, lon)
    missing = np.isnan(lat) | np.isnan(lon)
    projected = ~missing & ((np.abs(lat) > 90) | (np.abs(lon) > 180)) & (np.abs(lat) > 1000)
    outside = ~missing & ~projected & ~_inside(lat, lon)
    reason = np.full(len(lat), "", dtype=object)
    for rows, name in ((missing, "missing"), (projected, "projected"), (outside, "outside")):
        reason[rows] = REASONS[name]
        notes += [note(name, rows=int(rows.sum()))] if rows.any() else []
    good = reason == ""
    notes += _other_datum(lat[good], lon[good], datum, headers, geography)
    turned_lat, turned_lon = lat.copy(), lon.copy()
    turned_lat[good], turned_lon[good] = to_wgs84(lat[good], lon[good], datum)
    for name, beyond in (("not_covered", geography.beyond_border), ("far", partial(_far_from_all, geography))):
        rows = np.flatnonzero(good)[beyond(turned_lat[good], turned_lon[good])]
        good[rows], reason[rows] = False, REASONS[name]
        notes += [note(name, rows=len(rows), km=round(COUNTRY_KM))] if len(rows) else []
    return Positions(turned_lat, turned_lon, reason, notes)


def _far_from_all(geography: Geography, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Whether no place of the country lies near, by the tenth of a degree: sea, or beyond the border."""
    at_lat, at_lon, code = _tenths(lat, lon)
    return (geography.nearest_place(at_lat, at_lon)[1] > COUNTRY_KM)[code]


def _tenths(lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Positions by the tenth of a degree, each once, and which of them is whose."""
    tenth = np.round(lat * 10).astype(np.int64) * 10_000 + np.round(lon * 10).astype(np.int64)
    code, distinct = pd.factorize(tenth)
    return distinct // 10_000 / 10.0, distinct % 10_000 / 10.0, code


def _inside(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    return (lat >= CHINA_LAT[0]) & (lat <= CHINA_LAT[1]) & (lon >= CHINA_LON[0]) & (lon <= CHINA_LON[1])


def _other_datum(lat: np.ndarray, lon: np.ndarray, datum: str, headers: list[str], geography: Geography) -> list[str]:
    """Say when headers name another datum, or when positions lie off known places as its shift would have it."""
    words = " ".join(headers).casefold().replace("_", "")
    named = [other for other, marks in DATUM_WORDS.items() if any(mark in words for mark in marks)]
    notes: list[str] = [note("named", datum=other) for other in named if other != datum]
    step = max(1, len(lat) // SHIFT_SAMPLE)
    off = {other: _off_places(*to_wgs84(lat[::step], lon[::step], other), geography) for other in DATUMS}
    best = min(off, key=lambda other: off[other])
    if best != datum and off[datum] > OFF_CLEARLY and off[best] < off[datum] / TIMES_BETTER:
        notes.append(note("shifted", datum=datum, best=best))
    return notes


def _off_places(lat: np.ndarray, lon: np.ndarray, geography: Geography) -> float:
    """Tell how far shops lie off their places in the directions in which the other datums shift: a chi square of two.

    Shops scatter around the middle of their place to all sides. In a wrong datum all lie off to the side of its shift,
    which is known everywhere: the mean offset of each place is regressed on the shift of GCJ-02 and on what BD-09 adds.
    """
    near, km = geography.nearest_place(lat, lon)
    close = km < AROUND_KM
    if close.sum() < LEAST_NEAR:
        return 0.0
    place = geography.places.iloc[near[close]]
    at_lat, at_lon = (place[side].to_numpy(np.float64) for side in ("lat", "lon"))
    offset = pd.DataFrame(_km(at_lat, at_lon, lat[close], lon[close])).groupby(near[close]).mean()
    place = geography.places.iloc[offset.index.to_numpy()]
    at_lat, at_lon = (place[side].to_numpy(np.float64) for side in ("lat", "lon"))
    gcj, bd = (from_wgs84(at_lat, at_lon, datum) for datum in ("gcj02", "bd09"))
    shifts = np.column_stack([_km(at_lat, at_lon, *gcj).T.ravel(), _km(*gcj, *bd).T.ravel()])
    y = offset.to_numpy().T.ravel()
    explained = shifts @ np.linalg.lstsq(shifts, y, rcond=None)[0]
    return float(explained @ explained / max(float(y @ y) / len(y), TINY))


def _km(lat: np.ndarray, lon: np.ndarray, to_lat: np.ndarray, to_lon: np.ndarray) -> np.ndarray:
    """Kilometres east and north from one position to another close by, a row each."""
    return np.column_stack([(to_lon - lon) * np.cos(np.radians(lat)), to_lat - lat]) * KM_A_DEGREE
