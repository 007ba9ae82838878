"""Stages, capital, named bad years, concentration and cash: by hand, by formula, and at the edges."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assumptions import load_register
from lst_workbench.contracts import InputError
from lst_workbench.credit import (
    StageParams,
    Stress,
    capital_needed,
    cash_tied_up,
    concentration,
    ifrs9_stages,
    portfolio_loss,
    register_stresses,
    retail_correlation,
    stress_losses,
)


def book(n=400, seed=1):
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "store_id": np.arange(n),
            "pd": rng.beta(1, 40, n).clip(1e-4, 0.9),
            "lgd": rng.uniform(0.4, 0.9, n),
            "ead_rmb": rng.uniform(0, 20_000, n),
            "city": rng.choice(["Hefei", "Wuhu", "Bozhou"], n, p=[0.6, 0.3, 0.1]),
        }
    )


def test_stages_follow_the_standard_store_by_store():
    frame = book(6).assign(
        pd=[0.02, 0.02, 0.02, 0.02, 0.006, 0.02], lgd=0.5, ead_rmb=1000.0,
        days_past_due=[0, 29, 30, 90, 0, 0], pd_at_start=[0.02, 0.02, 0.02, 0.02, 0.002, 0.01],
    )  # fmt: skip
    table = ifrs9_stages(frame, params=StageParams(life_months=36))
    assert table["stage"].tolist() == [1, 1, 2, 3, 1, 2]  # the fifth tripled, but by less than half a point
    life = 1 - 0.98**3
    assert table["provision_rmb"].tolist() == pytest.approx([10, 10, 500 * life, 500, 3, 500 * life])


def test_a_short_life_never_lowers_a_provision():
    frame = book().assign(days_past_due=40)
    short = ifrs9_stages(frame, params=StageParams(life_months=3))["provision_rmb"]
    assert (short >= ifrs9_stages(frame.drop(columns="days_past_due"))["provision_rmb"] - 1e-9).all()


def test_capital_is_that_of_the_drawn_book_where_the_book_is_fine_and_one_factor_rules():
    shops = pd.DataFrame({"store_id": range(20_000), "pd": 0.02, "lgd": 0.65, "ead_rmb": 5000.0})
    factor = pd.DataFrame({"factor": ["nation"], "variance_share": [float(retail_correlation(0.02))]})
    drawn = portfolio_loss(shops, factor, 4000, seed=3).kpis()["capital_99_rmb"]
    assert capital_needed(shops, 0.99) == pytest.approx(drawn, rel=0.02)


def test_a_bad_year_hits_its_share_of_defaults_and_leaves_others_alone():
    frame = book()
    table = stress_losses(
        frame, [Stress("bad year", 0.082), Stress("lock-down", 0.3, {"city": "largest"}), Stress("mild", 1e-6)]
    ).set_index("stress")
    assert table.loc["bad year", "default_share"] == pytest.approx(0.082)
    assert table.loc["lock-down", "scope"] == "city Hefei"
    inside = frame["city"] == "Hefei"
    elsewhere = frame[~inside]
    outside_loss = (elsewhere["pd"] * elsewhere["lgd"] * elsewhere["ead_rmb"]).sum()
    assert table.loc["lock-down", "loss_rmb"] > outside_loss
    hit = table.loc["lock-down", "default_share"] * frame["ead_rmb"].sum()
    assert hit == pytest.approx(
        0.3 * frame.loc[inside, "ead_rmb"].sum() + (elsewhere["pd"] * elsewhere["ead_rmb"]).sum()
    )
    assert table.loc["mild", "extra_loss_rmb"] == 0
    assert table.loc["bad year", "capital_rmb"] > table.loc["as expected", "capital_rmb"]


def test_concentration_by_hand():
    found = concentration(pd.DataFrame({"ead_rmb": [2.0, 2.0, 4.0], "city": ["A", "A", "B"]}), "city")
    assert found == {"largest_share": 0.5, "ten_largest_share": 1.0, "herfindahl": 0.5, "effective_number": 2.0}


def test_cash_adds_up_by_month_and_draws_more_before_the_festival():
    months = pd.date_range("2017-12-01", periods=3, freq="MS")
    waves = pd.DataFrame({"store_id": [1, 2, 3, 4], "month": [*months, pd.Timestamp("2017-06-01")]})
    limits = pd.DataFrame(
        {"store_id": [1, 2, 3, 4], "limit_rmb": [100.0, 200, 0, 400], "expected_loss_rmb": 12.0, "margin_rmb": 24.0}
    )
    table = cash_tied_up(waves, limits, months, {12: 0.5, 1: 0.9, 2: 0.2})
    assert table["stores_with_credit"].tolist() == [2, 3, 3]
    assert table["tied_up_rmb"].tolist() == pytest.approx([250, 630, 140])
    assert table["added_rmb"].tolist() == pytest.approx([250, 380, -490])
    assert table["expected_loss_rmb"].tolist() == pytest.approx([2, 3, 3])


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: ifrs9_stages(book().assign(pd=1.0)), "column pd must be less than 1"),
        (lambda: ifrs9_stages(book().assign(pd=0.0)), "column pd must be more than 0"),
        (lambda: ifrs9_stages(book().assign(ead_rmb=-5.0)), "column ead_rmb must be at least 0"),
        (lambda: ifrs9_stages(book().assign(days_past_due=-1)), "days_past_due is empty, no number or negative"),
        (lambda: stress_losses(book(), [Stress("x", 1.2)]), "give a share between 0 and 1"),
        (lambda: stress_losses(book(), [Stress("x", 0.2, {"port": "A"})]), "no column port"),
        (lambda: stress_losses(book(), [Stress("x", 0.2, {"city": "Paris"})]), "no store has city Paris"),
        (lambda: concentration(book(), "port"), "no column port"),
        (lambda: cash_tied_up(book(), book(), [pd.Timestamp("2017-09-01")], 2.0), "waves lack column month"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, sentence):
    with pytest.raises(InputError, match=sentence):
        call()


def test_the_register_names_three_bad_years():
    figures = {key: figure.value for key, figure in load_register().items()}
    table = stress_losses(book(), register_stresses(figures))
    assert table["stress"].tolist() == ["as expected", "npl_stress", "city_lockdown", "bad_festival"]
    assert table["default_share"].iloc[1] == pytest.approx(0.082)
