"""The peers' side of the demand benchmark; run by benchmarks/demand.py with the Python of .venv-peers.

Usage: python _demand_peers.py WORK FOLDER: reads its Parquet input from FOLDER and prints one JSON line,
{"units": …, "cpu_s": …}; what is compiled or loaded once is done before the clock starts.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd


def clocked(work):
    """CPU seconds of all threads."""
    began = time.process_time()
    work()
    return time.process_time() - began


def huff(folder):
    """PyPI huff: probabilities of all pairs of a few cells and stores; it knows no sparse pairs."""
    import geopandas as gpd
    from huff.data_management import load_geodata
    from huff.models import create_interaction_matrix

    def points(name, kind):
        table = pd.read_parquet(folder / f"{name}.parquet")
        frame = gpd.GeoDataFrame(table, geometry=gpd.points_from_xy(table["lon"], table["lat"]), crs="EPSG:4326")
        return load_geodata(frame, location_type=kind, unique_id="id", data_type="gdf")

    def run():
        homes, shops = points("huff_cells", "origins"), points("huff_stores", "destinations")
        homes.define_marketsize("people")
        homes.define_transportcosts_weighting(func="exponential", param_lambda=-1.5)
        shops.define_attraction("area_m2")
        shops.define_attraction_weighting(param_gamma=0.8)
        pairs = create_interaction_matrix(homes, shops)
        pairs.transport_costs(network=False)
        pairs.flows()

    count = len(pd.read_parquet(folder / "huff_cells.parquet")) * len(pd.read_parquet(folder / "huff_stores.parquet"))
    return {"units": count, "cpu_s": clocked(run)}


def access(folder):
    """PySAL access: the two-step floating catchment from a table of pairs that is there already."""
    from access.fca import two_stage_fca

    pairs = pd.read_parquet(folder / "access_pairs.parquet")
    cells = pd.read_parquet(folder / "access_cells.parquet").set_index("cell")
    stores = pd.read_parquet(folder / "access_stores.parquet").set_index("store")
    # access calls the side of demand "origin" and needs one name for both ids
    pairs = pairs.rename(columns={"cell": "origin", "store": "dest", "km": "cost"})
    cells.index.name = stores.index.name = "geoid"

    def run():
        two_stage_fca(cells, stores, pairs, 3.0, demand_index=True, supply_index=True, demand_name="people",
                      supply_name="area_m2")  # fmt: skip

    return {"units": len(pairs), "cpu_s": clocked(run)}


def forecast(folder):
    """One-thread statsforecast kernels, series by series as its own core runs them."""
    from statsforecast.models import TSB, CrostonSBA, SimpleExponentialSmoothing

    values = np.load(folder / "series.npy").astype(np.float64)
    models = {
        "SES": SimpleExponentialSmoothing(0.1),
        "SBA": CrostonSBA(),
        "TSB": TSB(0.1, 0.05),
    }
    found = {}
    for name, model in models.items():
        model.forecast(values[0], h=8)
        found[name] = clocked(lambda model=model: [model.forecast(y, h=8) for y in values])
    return {"units": len(values), "cpu_s": found}


def panel(folder):
    """One given method of statsforecast, from DataFrame to DataFrame, with conformal intervals from four windows."""
    from statsforecast import StatsForecast
    from statsforecast.models import TSB
    from statsforecast.utils import ConformalIntervals

    values = np.load(folder / "series.npy")
    weeks = pd.date_range("2015-09-07", periods=values.shape[1], freq="W-MON")
    ids = np.repeat(np.arange(len(values)), len(weeks))
    table = pd.DataFrame({"unique_id": ids, "ds": np.tile(weeks, len(values)), "y": values.reshape(-1)})
    intervals = ConformalIntervals(h=8, n_windows=4)
    model = StatsForecast([TSB(0.1, 0.05, prediction_intervals=intervals)], freq="W-MON", n_jobs=1)
    model.forecast(df=table[table["unique_id"] < 10], h=8, level=[80, 95])
    return {"units": len(values), "cpu_s": clocked(lambda: model.forecast(df=table, h=8, level=[80, 95]))}


def reconcile(folder):
    """MinTraceSparse with structural scaling, on a tree of the same shape."""
    from hierarchicalforecast.methods import MinTraceSparse
    from scipy import sparse

    summing, forecasts = sparse.load_npz(folder / "summing.npz").tocsr(), np.load(folder / "forecasts.npy")
    method = MinTraceSparse("wls_struct")

    def run():
        found["mean"] = method.fit_predict(S=summing, y_hat=forecasts, y_insample=None, y_hat_insample=None)["mean"]

    found = {}
    seconds = clocked(run)
    np.save(folder / "peer_reconciled.npy", found["mean"])
    return {"units": summing.shape[0], "cpu_s": seconds}


def reconcile_tables(folder):
    """Do the same by its own front: tables of forecasts and of sums in, a table out."""
    from hierarchicalforecast.core import HierarchicalReconciliation
    from hierarchicalforecast.methods import MinTraceSparse
    from scipy import sparse

    summing, forecasts = sparse.load_npz(folder / "summing.npz").tocsr(), np.load(folder / "forecasts.npy")
    heights = np.load(folder / "heights.npy")
    ids = np.array([f"n{i}" for i in range(len(heights))])
    sums = pd.DataFrame.sparse.from_spmatrix(summing, columns=ids[heights == 0])
    sums.insert(0, "unique_id", ids)
    dates = pd.date_range("2020-01-06", periods=forecasts.shape[1], freq="W-MON")
    told = pd.DataFrame({"unique_id": np.repeat(ids, len(dates)), "ds": np.tile(dates, len(ids))})
    told["m"] = forecasts.reshape(-1)
    tags = {str(height): ids[heights == height] for height in np.unique(heights)[::-1]}
    front = HierarchicalReconciliation([MinTraceSparse("wls_struct")])
    return {"units": len(ids), "cpu_s": clocked(lambda: front.reconcile(Y_hat_df=told, S_df=sums, tags=tags))}


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]](Path(sys.argv[2]))))
