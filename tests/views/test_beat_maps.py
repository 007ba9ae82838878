"""The map of the field: every store and every day of the week, names escaped."""

import pandas as pd

from lst_workbench.rollout import BeatParams, assign_beats
from lst_workbench.views.beat_maps import beats_layer


def test_it_draws_every_store_once_and_the_days_of_the_week():
    stores = pd.DataFrame({"store_id": range(60), "lat": 30.0, "lon": [118 + 0.01 * i for i in range(60)]})
    stores = stores.assign(settlement_kind="village", every_weeks=2)
    found = assign_beats(stores, 2, params=BeatParams(30, 20, 40, 10, 480, 15, 5, 15, 25, 1.3, 0.3, 5, weeks=2))
    visits = found.tables["visits"].merge(stores, on="store_id")
    layer = beats_layer(visits, found.tables["beats"], "zh")
    shapes = {"MultiPolygon": 0, "MultiLineString": 0}
    for feature in layer.geojson["features"]:
        shapes[feature["geometry"]["type"]] += len(feature["geometry"]["coordinates"])
    days = visits[visits["week"] == 1].groupby(["rep_id", "day"]).size()
    assert shapes == {"MultiPolygon": 60, "MultiLineString": int((days > 1).sum())}
    assert len(layer.labels) == 2 and "代表 1" in layer.labels[0].markup
