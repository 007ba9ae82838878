"""Credit of a market: budgets hold, the loop ends, scores are monotone, and nobody is named anywhere."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder, load_scenario
from lst_workbench.contracts import InputError, LstError
from lst_workbench.market import read_credit, read_market
from lst_workbench.planning.credit_run import credit_tables
from lst_workbench.planning.credit_study import study_credit


@pytest.fixture(scope="module")
def sample():
    return read_market(data_folder() / "sample")


@pytest.fixture(scope="module")
def study(sample):
    return study_credit(sample, load_scenario("base"))


def test_limits_keep_every_budget_and_finance_orders(study):
    done = study.decide(study.levers)
    assert (done.budgets["used"] <= done.budgets["limit"] * (1 + 1e-9)).all()
    given = done.plan[done.plan["limit_rmb"] > 0]
    assert len(given) > 100
    assert (given["limit_rmb"] <= given["need_rmb"] * (1 + 1e-9)).all()
    assert (given["limit_rmb"] >= np.minimum(study.figures["credit.min_limit_rmb"], given["need_rmb"]) - 1e-6).all()
    cash = (1 - study.figures["capital.credit_share"]) * given["wish_rmb"]
    assert (given["order_rmb"] <= cash + given["limit_rmb"] + 1e-6).all()
    assert (given["order_rmb"] > cash).all(), "no limit lies idle"
    assert done.rounds["idle"].iloc[-1] == 0
    assert done.kpis["financed_rmb"] <= done.kpis["limits_rmb"]
    assert done.kpis["value_at_risk_rmb"] > done.kpis["expected_loss_rmb_year"]


def test_a_larger_loss_budget_never_earns_less_and_a_cut_off_serves_nobody_beyond_it(study):
    margin = study.frontier(study.levers)["net_margin_rmb"]
    assert margin.is_monotonic_increasing and margin.iloc[-1] > 1.5 * margin.iloc[0]
    cut = study.decide(replace(study.levers, pd_cut=0.04)).plan
    assert (cut.loc[cut["limit_rmb"] > 0, "pd"] <= 0.04).all()


def test_the_loop_ends_in_a_fixed_point(study):
    harder = replace(study, orders=replace(study.orders, minimum_rmb=1_500.0))
    done = harder.decide(study.levers, rounds=12)
    assert done.rounds["idle"].iloc[0] > 100, "the case is one in which limits lie idle"
    assert done.kpis["settled"] and len(done.rounds) > 2 and done.rounds["idle"].iloc[-1] == 0
    # Money that orders could not use finances other stores.
    assert done.rounds["financed_rmb"].iloc[-1] > 1.2 * done.rounds["financed_rmb"].iloc[0]
    # Orders capped by what they used themselves are the same orders, to what `OrderParams.slack` leaves open.
    given = (done.plan["limit_rmb"] > 0).to_numpy()
    rows = np.flatnonzero(given)
    cash = (1 - study.figures["capital.credit_share"]) * harder.orders.wish_rmb[rows]
    spent = done.plan["order_rmb"].to_numpy()[rows]
    again = harder.orders.capped(rows, cash, np.maximum(spent - cash, 0) + 0.01)
    np.testing.assert_allclose(again, spent, rtol=1e-2)


def test_rounds_that_are_too_few_are_said(study):
    harder = replace(study, orders=replace(study.orders, minimum_rmb=1_500.0))
    assert not harder.decide(study.levers, rounds=1).kpis["settled"]


def test_without_capital_nobody_gets_credit_and_every_table_is_there(study):
    done = study.decide(replace(study.levers, capital_rmb=0.0))
    assert (done.plan["limit_rmb"] == 0).all() and done.kpis["value_at_risk_rmb"] == 0
    tables = credit_tables(study, done)
    assert set(credit_tables(study, study.decide(study.levers))) == set(tables) and tables["stress"].empty


def test_caps_of_cities_and_months_hold(sample, study):
    signed = sample.stores[["store_id"]].iloc[::9].reset_index(drop=True)
    months = pd.date_range("2017-09-01", periods=4, freq="MS")
    served = signed.assign(site_id=np.arange(len(signed)) % 5).head(len(signed) * 9 // 10)
    waves = signed.assign(month=months.to_numpy()[np.arange(len(signed)) % 4])
    planned = study_credit(sample, load_scenario("base"), {"waves": waves, "assignments": served})
    levers = replace(planned.levers, city_share=0.2, month_share=0.2, warehouse_share=0.25)
    done = planned.decide(levers)
    plan = done.plan.merge(planned.asked(levers)[["store_id", "city", "month", "warehouse"]], on="store_id")
    most = 0.2 * levers.capital_rmb * (1 + 1e-9)
    assert (plan.groupby("city")["limit_rmb"].sum() <= most).all()
    by_site = plan[plan["warehouse"] != "none"].groupby("warehouse")["limit_rmb"].sum()
    assert len(by_site) == 5 and (by_site <= 1.25 * most).all()
    by_month = plan.groupby("month")["limit_rmb"].sum().cumsum()
    assert (by_month <= most * np.arange(1, len(by_month) + 1)).all() and (by_month > 0).all()
    own = pd.DataFrame({"name": ["capital"], "limit": [5_000.0], "city": [plan["city"].iloc[0]]})
    capped = planned.decide(planned.levers, caps=own).plan.merge(plan[["store_id", "city"]], on="store_id")
    assert capped.loc[capped["city"] == own["city"].iloc[0], "limit_rmb"].sum() <= 5_000 * (1 + 1e-9)
    with pytest.raises(InputError, match="give the run of one"):
        study.decide(replace(study.levers, month_share=0.5))
    with pytest.raises(InputError, match="give the run of one"):
        study.decide(replace(study.levers, warehouse_share=0.5))


def test_scores_are_monotone_and_say_what_raises_them(study):
    store = study.stores[study.stores["late_share"] > 0.2].iloc[[0]]
    tried = pd.concat([store.assign(late_share=share) for share in (0.0, 0.1, 0.2, 0.4)])
    assert study.card.score(tried)["points"].is_monotonic_decreasing
    found = study.what_raises(int(store["store_id"].iloc[0]))
    assert found["change"].iloc[0] == "late_share" and (found["points_gained"] > 0).all()
    with pytest.raises(InputError, match="there is no store 5"):
        study.what_raises(5)


def test_thin_files_have_wider_ranges(study):
    known = study.stores["late_share"].notna().to_numpy()
    width = np.log(study.scores["pd_high"] / study.scores["pd_low"]).to_numpy()
    assert study.scores["told_share"][~known].max() < study.scores["told_share"][known].median()
    assert np.isfinite(width).all() and (width > 0).all()


def test_a_run_gives_credit_to_its_own_stores_only(sample):
    signed = pd.DataFrame({"store_id": sample.stores["store_id"].head(50), "month": pd.Timestamp("2017-10-01")})
    study = study_credit(sample, load_scenario("base"), {"waves": signed})
    allowed = {*signed["store_id"], *sample.participants["store_id"]}
    assert set(study.stores["store_id"]) <= allowed and len(study.orders.wish_rmb) == len(study.stores)


def test_levers_out_of_range_are_refused_together(study):
    with pytest.raises(InputError) as refused:
        study.decide(replace(study.levers, capital_rmb=-1.0, pd_cut=2.0), rounds=0)
    assert len(refused.value.faults) == 3


def test_a_market_without_past_credit_says_what_to_bring(village):
    with pytest.raises(LstError, match=r"credit\.parquet"):
        study_credit(replace(village, meta=replace(village.meta, synthetic=False)), load_scenario("base"))


def test_past_credit_is_the_same_for_the_same_seed_and_known_up_to_the_start(sample):
    one, two = read_credit(sample), read_credit(sample)
    pd.testing.assert_frame_equal(one, two)
    assert one["defaulted"].max() < pd.Timestamp("2017-09-01")
    assert not (one["defaulted"] < one["decided"]).any()
    assert one.loc[~one["approved"], "limit_rmb"].sum() == 0
