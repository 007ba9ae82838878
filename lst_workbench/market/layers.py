"""Lines of a map layer as points in order, for whoever reads rivers from a GIS."""

from pathlib import Path

import pandas as pd

from lst_workbench.contracts import InputError

LAYERS = (".gpkg", ".geojson", ".json", ".shp")
NAMES = ("barrier_id", "name", "NAME", "name_en")


def read_lines(path: str | Path) -> pd.DataFrame:
    """Read the lines of a layer: ``barrier_id``, ``part``, ``lat``, ``lon`` (WGS-84), points in order along each line.

    A line's id is its ``barrier_id`` or ``name``, else its number; several lines, or the rings of a polygon, may bear
    one id and are its parts.

    Parameters
    ----------
    path : str or Path
        GeoPackage, GeoJSON or Shapefile.

    Raises
    ------
    InputError
        It is no layer, says no projection, or holds neither lines nor polygons.
    """
    import geopandas as gpd

    try:
        layer = gpd.read_file(path)
    except Exception as error:  # pyogrio and GDAL have errors of their own
        raise InputError(str(path), [f"it is no map layer ({str(error).splitlines()[0]})"]) from None
    if layer.crs is None:
        raise InputError(str(path), ["it says no projection; save it with one, such as EPSG:4326"])
    named = next((name for name in NAMES if name in layer), None)
    ids = layer[named].astype(str) if named else pd.Series([str(i + 1) for i in range(len(layer))], index=layer.index)
    parts = gpd.GeoSeries(layer.geometry.to_crs(4326).to_numpy(), index=ids).dropna()
    polygons = parts.geom_type.isin(["Polygon", "MultiPolygon"])
    parts = pd.concat([parts[~polygons], parts[polygons].boundary]).explode()
    parts = parts[parts.geom_type.isin(["LineString", "LinearRing"])]
    if parts.empty:
        raise InputError(str(path), ["it holds no lines; draw rivers and straits as lines or polygons"])
    frames = [
        pd.DataFrame({"barrier_id": name, "part": part, "lat": line.xy[1], "lon": line.xy[0]})
        for part, (name, line) in enumerate(parts.items())
    ]
    return pd.concat(frames, ignore_index=True)
