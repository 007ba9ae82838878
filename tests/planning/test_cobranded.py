"""Co-branded stores of a market: limits of the register kept, paybacks in order, candidates, a run folder."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_register, load_scenario
from lst_workbench.contracts import Cobranded, CobrandedCases, InputError
from lst_workbench.planning import make_cobranded
from lst_workbench.planning.cobranded import candidate_stores, cobranded_figures, overlaps_of
from lst_workbench.rollout.payback import extra_share, payback_tenths
from lst_workbench.runs import read_run

WIDE = {"cobrand.target": 10_000, "cobrand.fitout_budget_rmb": 5e8, "rollout.draws": 200}


@pytest.fixture(scope="module")
def run(market, tmp_path_factory):
    return make_cobranded(market, load_scenario("base").override(WIDE), tmp_path_factory.mktemp("runs") / "tmall")


@pytest.fixture(scope="module")
def cases(run):
    return run.tables["cobranded_cases"]


def test_the_run_folder_holds_contract_tables_and_a_certificate(run, market):
    read = read_run(run.path)
    table = Cobranded.check(read.tables["cobranded"])
    CobrandedCases.check(read.tables["cobranded_cases"])
    assert set(table["store_id"]) == set(market.participants["store_id"])
    assert 0 <= read.certificate.gap < 0.01


def test_target_budget_crews_size_and_spacing_are_kept(run, market, cases):
    taken, here = cases[cases["rank"] > 0], load_scenario("base").override(WIDE).at_stores(len(market.stores))
    assert 5 <= len(taken) <= here["cobrand.target"] + 0.5
    assert taken["fitout_rmb"].sum() <= here["cobrand.fitout_budget_rmb"]
    assert (taken["area_m2"] >= here["cobrand.min_area_m2"]).all()
    assert (
        taken["potential_rmb_month"] * here["cobrand.min_purchase_share"] >= here["cobrand.min_purchase_month"]
    ).all()
    finished = taken["wave"].value_counts().reindex(range(1, 13), fill_value=0).cumsum()
    assert (finished <= np.arange(1, 13) * here["cobrand.crew_stores_month"] + 1e-6).all()
    lat, lon = np.radians(taken["lat"].to_numpy()), np.radians(taken["lon"].to_numpy())
    dot = np.sin(lat[:, None]) * np.sin(lat) + np.cos(lat[:, None]) * np.cos(lat) * np.cos(lon[:, None] - lon)
    km = 6371.0 * np.arccos(np.clip(dot, -1, 1))
    assert km[np.triu_indices(len(taken), 1)].min() >= here["cobrand.spacing_km"] * 0.999


def test_paybacks_are_in_order_and_the_press_promises_more(cases):
    assert (cases["payback_p10"] <= cases["payback_p50"]).all()
    assert (cases["payback_p50"] <= cases["payback_p90"].fillna(np.inf)).all()
    assert (cases["press_payback_months"] < cases["payback_months"]).all()
    assert (cases["press_gain_rmb_month"] > cases["gain_rmb_month"]).all()


def test_next_in_line_are_not_chosen_and_lack_more_and_more(cases):
    following = cases[cases["rank"] == 0]
    assert len(following) and following["lacks_rmb_month"].is_monotonic_increasing


def test_plans_count_on_a_third_of_what_the_press_says():
    register = load_register()
    assert register["cobrand.planning_uplift"].value == pytest.approx(0.1)
    assert register["cobrand.sales_uplift"].value == pytest.approx(0.3)


def test_owners_who_do_not_pay_or_buy_enough_change_the_choice(market, run, cases):
    first = int(cases["store_id"].iloc[0])
    owners = pd.DataFrame({"store_id": [first], "pd": [0.2], "wallet_share": [0.4]})
    other = make_cobranded(market, load_scenario("base").override(WIDE), owners=owners)
    table = other.tables["cobranded"].set_index("store_id")
    assert table.loc[first, "reason"] == "poor_credit" and table.loc[first, "rank"] == 0
    with pytest.raises(InputError, match="pd and wallet_share"):
        make_cobranded(market, load_scenario("base"), owners=owners.assign(pd=1.5))


def test_a_pair_loses_what_the_huff_model_takes_from_both(market, run):
    tables = {"stores": market.stores, "cells": market.cells, "rivals": market.rivals, **run.tables}
    tables |= {"candidates": run.tables["cobranded"][["store_id"]]}
    tables |= {"owners": pd.DataFrame(columns=["store_id", "pd", "wallet_share"], dtype=float)}
    figures = cobranded_figures(load_scenario("base").at_stores(len(market.stores)))
    stores = candidate_stores(tables, figures)
    fit = stores[stores["reason"].isna()]
    pairs = overlaps_of(fit, tables, figures)
    value = fit.set_index("store_id")["gain_alone_rmb_month"]
    both = pairs["store_id"].map(value) + pairs["other_id"].map(value)
    assert (pairs["loss"] < both).all() and (pairs["loss"] >= 0).all() and pairs["apart"].any()


def test_extra_earnings_by_hand():
    # 20,600 a month: sales 25,750, 10% more at 20% is 515; platform 3.5% of 0.5 x 22,660 - 3,090 is 288.4.
    assert 20_600 * extra_share(0.1, 0.2, 0.035, 0.5, 0.15) == pytest.approx(515 + 288.4)


def test_payback_without_spread_is_fitout_over_gain_and_endless_without_gain():
    figures = {"uplift": 0.1, "gross_margin": 0.2, "take_rate": 0.035, "share_after": 0.5, "fitout_factor": 1.0}
    drawn = {name: np.full(9, value) for name, value in figures.items()}
    known = np.array([15_000.0, 15_000.0]), np.array([20_600.0, 0.0]), np.array([0.15, 0.15]), np.array([3.4, 1.0])
    tenths = payback_tenths(*known, drawn, 0.0, 1)
    assert tenths[0] == pytest.approx(15_000 / 800) and np.isinf(tenths[1]).all()
