"""Credit of a market: budgets hold, the loop ends, scores are monotone, and nobody is named anywhere."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import data_folder, load_scenario
from lst_workbench.contracts import InputError, LstError
from lst_workbench.market import read_credit, read_market
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


def test_limits_that_finance_nothing_go_round_again(study):
    harder = replace(study, orders=replace(study.orders, minimum_rmb=1_500.0))
    done = harder.decide(study.levers, rounds=8)
    assert done.rounds["idle"].iloc[0] > 0, "the case is one in which limits lie idle"
    assert len(done.rounds) > 1 and done.rounds["idle"].iloc[-1] == 0


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
    signed = pd.DataFrame({"store_id": sample.stores["store_id"].head(50)})
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
