"""Layers as the bytes of one GeoPackage, for whoever hands a file to a browser."""

import tempfile
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd


def geopackage_bytes(layers: Mapping[str, gpd.GeoDataFrame]) -> bytes:
    """Write layers by name into one GeoPackage; GDAL wants a file, which is gone afterwards.

    Examples
    --------
    >>> points = gpd.GeoDataFrame({"name": ["a"]}, geometry=gpd.points_from_xy([118.3], [29.7]), crs="EPSG:4326")
    >>> geopackage_bytes({"sites": points})[:15]
    b'SQLite format 3'
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "layers.gpkg"
        for name, layer in layers.items():
            layer.to_file(path, layer=name, driver="GPKG")
        return path.read_bytes()
