"""Every shop as a dot: an image of any number of them, and single ones as circles."""

import base64
import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lst_workbench.geo import DOT_PARTICIPANT, DOT_UNCOVERED, off_web_map, on_web_map
from lst_workbench.views.maps import Point, span_words
from lst_workbench.views.messages import text
from lst_workbench.views.theme import colour, ramp

STEPS = 6
SHADES = 4  # of each colour, by how many dots share a pixel
ALPHA = (110, 165, 215, 255)
NOT_CHOSEN, PARTICIPANT, UNCOVERED = STEPS, STEPS + 1, STEPS + 2
COLOURS = STEPS + 3
Bounds = tuple[Point, Point]


def window_of(bounds: Bounds) -> dict[str, tuple[int, int]]:
    """Ranges of x and y of the table of dots that hold everything between two corners.

    Examples
    --------
    >>> low, high = window_of(((0.0, 0.0), (10.0, 90.0)))["x"]
    >>> low == 2**31, high == 3 * 2**30
    (True, True)
    """
    (south, west), (north, east) = bounds
    x, y = on_web_map([north, south], [max(west, -180.0), min(east, 180.0)])
    return {"x": (int(x[0]), int(x[1])), "y": (int(y[0]), int(y[1]))}


def dots_image(dots: Iterable[pd.DataFrame], bounds: Bounds, size: tuple[int, int], months: int) -> str:
    """Paint dots, piece by piece, into an image of the window; each pixel has the colour that most of its dots have.

    Parameters
    ----------
    dots : iterable of DataFrame
        Pieces of the table ``dots``: x, y, step; those outside of the window are left out.
    bounds : ((south, west), (north, east))
        The window.
    size : (int, int)
        Pixels across and down.
    months : int
        Months of the plan.

    Returns
    -------
    str
        PNG with a palette, as an address that an image can carry.
    """
    across, down = size
    (x0, x1), (y0, y1) = window_of(bounds).values()
    found = np.zeros(across * down * COLOURS, np.int32)
    kinds = _kinds(months)
    for piece in dots:
        u = (piece["x"].to_numpy().astype(np.int64) - x0) * across // max(x1 - x0, 1)
        v = (piece["y"].to_numpy().astype(np.int64) - y0) * down // max(y1 - y0, 1)
        inside = (u >= 0) & (u < across) & (v >= 0) & (v < down)
        slot = (v[inside] * across + u[inside]) * COLOURS + kinds[piece["step"].to_numpy()[inside]]
        found += np.bincount(slot, minlength=len(found)).astype(np.int32)
    counts = found.reshape(down, across, COLOURS)
    total = counts.sum(axis=2)
    level = np.minimum(np.log2(np.maximum(total, 1)).astype(np.int64), SHADES - 1)
    pixels = np.where(total > 0, 1 + counts.argmax(axis=2) * SHADES + level, 0).astype(np.uint8)
    return f"data:image/png;base64,{base64.b64encode(png(pixels, _palette())).decode('ascii')}"


def shops_geojson(dots: pd.DataFrame, months: int) -> dict[str, Any]:
    """Draw single shops as points in the colours of the image, each with its id."""
    lat, lon = off_web_map(dots["x"].to_numpy(), dots["y"].to_numpy())
    shades = [_hex(rgb) for rgb in _colours()]
    kind = _kinds(months)[dots["step"].to_numpy()]
    rows = zip(lat.round(6).tolist(), lon.round(6).tolist(), kind.tolist(), dots["store_id"].tolist(), strict=True)
    features = [
        {
            "type": "Feature",
            "properties": {"store_id": store_id, "style": {"fillColor": shades[k], "color": colour("ink")}},
            "geometry": {"type": "Point", "coordinates": [east, north]},
        }
        for north, east, k, store_id in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def dots_legend(months: Sequence[pd.Timestamp], lang: str) -> tuple[tuple[str, str], ...]:
    """Swatches of the dots: spans of months, then those that are in already, not chosen, and out of reach."""
    shades = [_hex(rgb) for rgb in _colours()]
    spans = np.array_split(np.arange(len(months)), STEPS)
    named = [(shades[i], span_words(months, span, lang)) for i, span in enumerate(spans) if len(span)]
    rest = ((PARTICIPANT, "dots.participant"), (NOT_CHOSEN, "map.none"), (UNCOVERED, "map.uncovered"))
    return tuple(named + [(shades[kind], text(key, lang)) for kind, key in rest])


def png(pixels: np.ndarray, palette: np.ndarray) -> bytes:
    r"""Write an image of palette colours (rows of red, green, blue, alpha); lossless, without a library.

    Examples
    --------
    >>> png(np.zeros((2, 3), np.uint8), np.array([[255, 0, 0, 255]]))[:4]
    b'\x89PNG'
    """
    down, across = pixels.shape
    rows = np.zeros((down, across + 1), np.uint8)
    rows[:, 1:] = pixels
    head = struct.pack(">IIBBBBB", across, down, 8, 3, 0, 0, 0)
    palette = palette.astype(np.uint8)
    parts = [
        (b"IHDR", head),
        (b"PLTE", palette[:, :3].tobytes()),
        (b"tRNS", palette[:, 3].tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 6)),
        (b"IEND", b""),
    ]
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _kinds(months: int) -> np.ndarray:
    """Colour of each step: months in spans like those of the cells, sooner first."""
    kinds = np.full(256, NOT_CHOSEN, np.int64)
    for kind, span in enumerate(np.array_split(np.arange(1, months + 1), STEPS)):
        kinds[span] = kind
    kinds[DOT_PARTICIPANT], kinds[DOT_UNCOVERED] = PARTICIPANT, UNCOVERED
    return kinds


def _colours() -> list[tuple[int, int, int]]:
    named = [*ramp(STEPS)[::-1], colour("ink-3"), colour("good"), colour("line-strong")]
    return [tuple(int(shade.lstrip("#")[i : i + 2], 16) for i in (0, 2, 4)) for shade in named]  # type: ignore[misc]


def _palette() -> np.ndarray:
    """Nothing first, then each colour in its shades."""
    rows = [(0, 0, 0, 0), *((*rgb, alpha) for rgb in _colours() for alpha in ALPHA)]
    return np.array(rows)


def _hex(rgb: tuple[int, int, int]) -> str:
    return "#" + "".join(f"{part:02x}" for part in rgb)
