"""Positions of a stranger's table: brought to WGS-84, and what looks wrong with them."""

from dataclasses import dataclass

import numpy as np

from lst_workbench.geo import to_wgs84
from lst_workbench.market.faults import CHINA_LAT, CHINA_LON
from lst_workbench.market.synthetic import Geography

SHIFT_SAMPLE, SHIFT_CLEARLY = 5000, 0.7
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
    notes = [f"positions are taken to be in {datum}"]
    swapped = _inside(lon, lat) & ~_inside(lat, lon)
    if swapped.any():
        notes.append(f"latitude and longitude were swapped in {swapped.sum():,} rows and are turned round")
    lat, lon = np.where(swapped, lon, lat), np.where(swapped, lat, lon)
    missing = np.isnan(lat) | np.isnan(lon)
    projected = ~missing & ((np.abs(lat) > 90) | (np.abs(lon) > 180)) & (np.abs(lat) > 1000)
    outside = ~missing & ~projected & ~_inside(lat, lon)
    reason = np.full(len(lat), "", dtype=object)
    reason[missing] = "position is missing or cannot be read"
    reason[projected] = "position is projected (metres, not degrees); convert it to degrees"
    reason[outside] = "position lies outside China"
    notes += [f"{rows.sum():,} rows: {why}" for rows, why in (
        (missing, "position is missing or cannot be read"), (projected, "position looks projected (metres)"),
        (outside, "position lies outside China"),
    ) if rows.any()]  # fmt: skip
    good = reason == ""
    notes += _other_datum(lat[good], lon[good], datum, headers, geography)
    turned_lat, turned_lon = lat.copy(), lon.copy()
    turned_lat[good], turned_lon[good] = to_wgs84(lat[good], lon[good], datum)
    return Positions(turned_lat, turned_lon, reason, notes)


def _inside(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    return (lat >= CHINA_LAT[0]) & (lat <= CHINA_LAT[1]) & (lon >= CHINA_LON[0]) & (lon <= CHINA_LON[1])


def _other_datum(lat: np.ndarray, lon: np.ndarray, datum: str, headers: list[str], geography: Geography) -> list[str]:
    """Say when headers name another datum, or when positions lie much nearer to known places in another one."""
    words = " ".join(headers).casefold().replace("_", "")
    named = [other for other, marks in DATUM_WORDS.items() if any(mark in words for mark in marks)]
    notes = [f"the headers speak of {other}: give --datum {other} if so" for other in named if other != datum]
    if len(lat):
        step = max(1, len(lat) // SHIFT_SAMPLE)
        lat, lon = lat[::step], lon[::step]
        near = {
            other: float(np.median(geography.nearest_place(*to_wgs84(lat, lon, other))[1]))
            for other in ("wgs84", "gcj02", "bd09")
        }
        best = min(near, key=lambda other: near[other])
        if best != datum and near[best] < SHIFT_CLEARLY * near[datum]:
            notes.append(
                f"positions look shifted: as {best} they lie {near[best]:.2f} km from known places, as {datum} "
                f"{near[datum]:.2f} km; give --datum {best} if so"
            )
    return notes
