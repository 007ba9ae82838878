import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_scenario
from lst_workbench.catchment import HuffParams, huff_catchments
from lst_workbench.contracts import InputError
from lst_workbench.market import TOUR_STORE_ID
from lst_workbench.planning.store_study import study_stores
from tests.conftest import HUANGSHAN


@pytest.fixture(scope="module")
def study(market):
    return study_stores(market, HUANGSHAN, load_scenario("base"))


@pytest.fixture(scope="module")
def bare(district):
    return study_stores(district, HUANGSHAN, load_scenario("base"))


def test_the_level_is_the_registers_and_the_interval_is_in_order(study):
    found = study.potentials
    assert found["mean"].mean() == pytest.approx(study.alone_rmb_month.mean(), rel=1e-6)
    assert ((found["p10"] < found["p50"]) & (found["p50"] < found["p90"])).all()


def test_drivers_add_up_to_the_potential(study):
    for store in (TOUR_STORE_ID, int(study.features["store_id"].iloc[77])):
        about = study.about(store)
        table = about.drivers.table
        assert f"{about.potential['mean']:,.0f}" in about.drivers.text
        typical = about.potential["mean"] / np.prod(1 + table["effect_share"])
        assert typical + table["effect_rmb_month"].sum() == pytest.approx(about.potential["mean"], rel=1e-6)


def test_a_store_is_told_with_its_neighbours(study, market):
    about = study.about(TOUR_STORE_ID)
    assert about.cells["people"].sum() == pytest.approx(about.features["people"], rel=1e-4)
    assert about.features["area_m2"] == 150 and 0 < about.rank_share <= 1
    assert len(about.rivals) and len(about.twins) == 3
    assert about.access_m2_1000 > 0


def test_a_larger_shop_sells_more_and_a_rival_takes_some(study):
    larger = study.what_if(TOUR_STORE_ID, area_m2=200.0)
    assert larger.people_after > larger.people_before and larger.after["mean"] > larger.before["mean"]
    rival = study.what_if(TOUR_STORE_ID, rival_km=0.2)
    near = study.what_if(TOUR_STORE_ID, rival_km=2.5)
    assert rival.people_after < near.people_after < rival.people_before
    assert rival.after["mean"] < rival.before["mean"]
    nothing = study.what_if(TOUR_STORE_ID)
    assert nothing.after.equals(nothing.before)


def test_what_a_rival_takes_is_what_a_whole_run_says(study, market):
    change = study.what_if(TOUR_STORE_ID, rival_km=0.5, rival_m2=80.0)
    row = market.stores[market.stores["store_id"] == TOUR_STORE_ID]
    rival = row.assign(store_id=1, area_m2=80.0, lat=row["lat"] + 0.5 / 111.2)
    whole = huff_catchments(pd.concat([market.stores, rival]), market.cells, HuffParams.of(load_scenario("base")))
    after = whole.tables["catchments"].set_index("store_id").loc[TOUR_STORE_ID, "people"]
    assert change.people_after == pytest.approx(after, rel=1e-4)


def test_a_shop_without_a_till_gets_the_season_of_the_others(study):
    found = study.forecast(TOUR_STORE_ID)
    assert not found.till and found.sold.empty and found.tills == study.tills.sales["store_id"].nunique()
    weeks = found.expected.set_index("week")["mean"]
    assert weeks.index[weeks.argmax()] in pd.date_range("2018-01-29", "2018-02-12")
    assert weeks.min() == weeks[pd.Timestamp("2018-02-19")]
    assert (found.expected["lo_95"] <= found.expected["lo_80"]).all()
    assert (found.expected["hi_80"] <= found.expected["hi_95"]).all()
    usual = study.about(TOUR_STORE_ID).potential["mean"] / 0.84 * 12 / 365 * 7
    assert weeks.iloc[:8].mean() == pytest.approx(usual, rel=0.1)


def test_a_shop_with_a_till_gets_its_own(study):
    store = int(study.tills.sales["store_id"].iloc[0])
    found = study.forecast(store)
    assert found.till and len(found.sold) == 104 and len(found.expected) == 26
    assert found.expected["mean"].mean() == pytest.approx(found.sold["sales_rmb"].tail(26).mean(), rel=0.3)


def test_a_market_without_tills_has_no_interval_and_no_forecast(bare):
    store = int(bare.features["store_id"].iloc[0])
    about = bare.about(store)
    assert not bare.has_tills and bare.forecast(store) is None
    assert np.isnan(about.potential["p10"])
    assert about.potential["mean"] == pytest.approx(about.catchment_alone_rmb_month)
    assert bare.what_if(store, area_m2=500.0).after["mean"] > about.potential["mean"]
    assert set(about.drivers.table["feature"]) == {"people", "income"}


def test_another_decay_is_another_study(study):
    near = study.with_params(HuffParams(3.0, 3.0, 0.8, 5.0))
    assert near.about(TOUR_STORE_ID).features["distance_km"] < study.about(TOUR_STORE_ID).features["distance_km"]


def test_what_is_not_there_is_said(study, market):
    with pytest.raises(InputError, match="no store 5"):
        study.about(5)
    with pytest.raises(InputError, match="no store in prefecture 1"):
        study_stores(market, 1, load_scenario("base"))
