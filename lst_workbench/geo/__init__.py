"""Geography: datums, distances, H3 cells and sparse neighbour search."""

from lst_workbench.geo.cells import RESOLUTION, boundaries_of, cells_from_hex, cells_of, centres_of, disks, hex_ids
from lst_workbench.geo.datums import DATUMS, datum_named, from_wgs84, to_wgs84
from lst_workbench.geo.distances import EARTH_RADIUS_KM, haversine_km
from lst_workbench.geo.neighbours import Neighbours, nearest, neighbours_within
from lst_workbench.geo.web_map import DOT_PARTICIPANT, DOT_UNCOVERED, morton, off_web_map, on_web_map

__all__ = [
    "DATUMS",
    "DOT_PARTICIPANT",
    "DOT_UNCOVERED",
    "EARTH_RADIUS_KM",
    "RESOLUTION",
    "Neighbours",
    "boundaries_of",
    "cells_from_hex",
    "cells_of",
    "centres_of",
    "disks",
    "datum_named",
    "from_wgs84",
    "haversine_km",
    "hex_ids",
    "morton",
    "nearest",
    "neighbours_within",
    "off_web_map",
    "on_web_map",
    "to_wgs84",
]
