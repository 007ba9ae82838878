"""Views: a result becomes a card, a chart, a table or a map layer. Pure: no computing, no widgets, no files."""

from lst_workbench.views.charts import curve_figure
from lst_workbench.views.findings import Finding, finding_of, headline
from lst_workbench.views.leaflet_maps import folium_map, leaflet_map
from lst_workbench.views.maps import (
    MapLayer,
    catchment_layer,
    place_labels,
    potential_layer,
    site_labels,
    waves_layer,
    with_labels,
)
from lst_workbench.views.messages import LANGUAGES, both, text

__all__ = [
    "LANGUAGES",
    "Finding",
    "MapLayer",
    "both",
    "catchment_layer",
    "curve_figure",
    "finding_of",
    "folium_map",
    "headline",
    "leaflet_map",
    "place_labels",
    "potential_layer",
    "site_labels",
    "text",
    "waves_layer",
    "with_labels",
]
