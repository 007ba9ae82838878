import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder
from lst_workbench.catchment import HuffParams, calibrate_on_sales, catchment_profiles, huff_catchments
from lst_workbench.contracts import InputError
from lst_workbench.market import read_market
from tests.catchment.test_huff import district, params


def drawn(seed, noise=0.2, **truth):
    """A district whose stores sell 80 a head of those who come, but for luck."""
    stores, cells = district(stores=500, cells=900, side_km=16.0, seed=seed)
    shoppers = catchment_profiles(stores, cells, params(**truth))
    rng = np.random.default_rng(seed)
    sold = 80 * shoppers["people"] * shoppers["income_index"] * rng.lognormal(0, noise, len(stores))
    sales = pd.DataFrame({"store_id": stores["store_id"], "sales": sold})
    return stores, cells, sales[shoppers["people"] > 1].sample(200, random_state=seed)


def test_the_truth_lies_in_the_intervals():
    truth = {"decay_per_km": 0.9, "area_exponent": 0.5, "outside_attraction": 20.0}
    held = []
    for seed in range(4):
        found = calibrate_on_sales(*drawn(seed, **truth), params())
        table = found.tables["coefficients"].set_index("parameter")
        held += [table.loc[n, "low_95"] <= value <= table.loc[n, "high_95"] for n, value in truth.items()]
        assert found.spend == pytest.approx(80, rel=0.25)
        assert found.params.area_exponent == pytest.approx(0.5, abs=0.12)
    assert np.mean(held) >= 0.75


def test_without_luck_it_finds_the_truth_itself():
    truth = {"decay_per_km": 0.9, "area_exponent": 0.5, "outside_attraction": 20.0}
    stores, cells, sales = drawn(1, noise=0.0, **truth)
    found = calibrate_on_sales(stores, cells, sales, params()).kpis()
    assert found["decay_per_km"] == pytest.approx(0.9, rel=0.02)
    assert found["area_exponent"] == pytest.approx(0.5, rel=0.02)
    assert found["outside_attraction"] == pytest.approx(20.0, rel=0.1)


def test_surroundings_are_all_that_matters():
    """Sales of stores in one corner need only that corner: the answer is that of the whole district."""
    stores, cells, sales = drawn(2, noise=0.1)
    corner = stores[(stores["x_km"] < 8) & (stores["y_km"] < 8)]["store_id"]
    few = sales[sales["store_id"].isin(corner)]
    near = calibrate_on_sales(stores, cells, few, params())
    far = pd.concat([stores, stores.assign(store_id=stores["store_id"] + 10_000, x_km=stores["x_km"] + 500)])
    again = calibrate_on_sales(far, cells, few, params())
    assert again.kpis()["area_exponent"] == pytest.approx(near.kpis()["area_exponent"], rel=1e-6)


def test_the_synthetic_market_is_calibrated_better_than_guessed():
    market = read_market(data_folder() / "sample")
    hidden = market.truth["stores"].rename(columns={"sales_rmb_month": "sales"}).sample(400, random_state=1)
    place = hidden["store_id"].map(market.stores.set_index("store_id")["place_id"])
    found = calibrate_on_sales(market.stores, market.cells, hidden[["store_id", "sales"]], places=place)
    row = found.tables["coefficients"].set_index("parameter").loc["area_exponent"]
    assert row["low_95"] < 0.55 < row["high_95"], "the exponent that the market was drawn with"
    error = found.tables["heldout"].set_index("model")["rmse_log"]
    assert error["calibrated"] < error["start"] < error["equal shares"]
    huff_catchments(market.stores, market.cells, found.params)


def test_what_sales_cannot_tell_is_said():
    stores, cells, sales = drawn(3)
    found = calibrate_on_sales(stores.assign(area_m2=1.0), cells, sales, params())
    assert any("area_exponent" in said for said in found.warnings), "all stores are of one size"
    assert np.isfinite(found.tables["coefficients"][["low_95", "high_95"]]).all().all()


def test_bad_rows_are_listed_and_the_others_served():
    stores, cells, sales = drawn(4)
    far = stores.iloc[[0]].assign(store_id=9_000, x_km=300.0)
    odd = pd.DataFrame({"store_id": [-1, 9_000, int(sales["store_id"].iloc[0])], "sales": [5.0, 5.0, 7.0]})
    sales = pd.concat([sales, odd], ignore_index=True)
    sales.loc[1, "sales"] = 0.0
    found = calibrate_on_sales(pd.concat([stores, far]), cells, sales, params())
    reasons = found.tables["left_out"]["reason"].tolist()
    assert len(reasons) == 4
    for words in ("not among", "not above 0", "more than one row", "nobody lives"):
        assert any(words in reason for reason in reasons), words


def test_faults_are_refused_in_a_sentence():
    stores, cells, sales = drawn(5)
    with pytest.raises(InputError, match="only 10 stores"):
        calibrate_on_sales(stores, cells, sales.head(10), params())
    with pytest.raises(InputError, match="sales is missing"):
        calibrate_on_sales(stores, cells, sales[["store_id"]], params())
    with pytest.raises(InputError, match="no attraction"):
        calibrate_on_sales(stores.assign(attraction=1.0), cells, sales, params())
    with pytest.raises(InputError, match="2 of them"):
        calibrate_on_sales(stores, cells, sales, HuffParams.of(), places=[1, 2])
