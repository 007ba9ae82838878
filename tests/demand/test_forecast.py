"""Forecasts of panels: recovery of what was drawn, published data, bad input, and what must never change."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.demand import ForecastParams, backtest_panel, forecast_panel
from lst_workbench.demand.calendar import SPRING_FESTIVALS
from lst_workbench.demand.panel import panel_of
from lst_workbench.demand.season import indices_of

CARPARTS = Path(__file__).parents[3] / "shared/data/demand/carparts_monthly.csv"
WEEKS = pd.date_range("2015-01-05", periods=156, freq="W-MON")


def festival_shape(weeks, strength=1.0):
    """Mean of a week's days: stock-up for three weeks before the festival, silence after it, on a yearly wave."""
    dates = weeks.to_numpy().astype("datetime64[D]")[:, None] + np.arange(7)
    away = (dates[..., None] - SPRING_FESTIVALS).astype(int)
    before, after = ((away >= -21) & (away < 0)).any(-1), ((away >= 0) & (away < 12)).any(-1)
    trade = np.where(before, 1 + strength, 1.0) * np.where(after, 1 - 0.6 * strength, 1.0)
    return trade.mean(1) * (1 + 0.2 * np.sin(2 * np.pi * weeks.day_of_year.to_numpy() / 365.25))


def drawn_sales(series=300, weeks=WEEKS, seed=0, shape=None, low=0.3, high=20.0):
    rng = np.random.default_rng(seed)
    mean = np.exp(rng.uniform(np.log(low), np.log(high), series))[:, None] * (1 if shape is None else shape)
    quantity = rng.poisson(mean * rng.gamma(4, 0.25, (series, len(weeks))))
    ids = np.repeat(np.arange(series), len(weeks))
    return pd.DataFrame({"series_id": ids, "period": np.tile(weeks, series), "quantity": quantity.ravel()}), mean


def seasons_found(sales):
    panel = panel_of(sales, "W-MON", 0.9)
    return [index.words for index in indices_of(panel, 8, np.ones(len(panel.ids), bool))]


def test_recovers_levels_and_holds_its_intervals():
    covered = []
    for seed in (1, 2, 3):
        sales, mean = drawn_sales(400, seed=seed)
        past = sales[sales["period"] < WEEKS[-8]]
        found = forecast_panel(past, horizon=8)
        told = found["mean"].to_numpy().reshape(400, 8)
        assert np.median(np.abs(told[:, 0] / mean[:, 0] - 1)) < 0.12
        assert abs(told.sum() / (8 * mean.sum()) - 1) < 0.03
        both = found.merge(sales, on=["series_id", "period"])
        assert len(both) == len(found)
        covered.append([both["quantity"].between(both[f"lo_{c}"], both[f"hi_{c}"]).mean() for c in (80, 95)])
        assert (found["lo_95"] <= found["lo_80"]).all() and (found["hi_80"] <= found["hi_95"]).all()
        assert (found["lo_80"] <= found["mean"]).all() and (found["mean"] <= found["hi_80"]).all()
    np.testing.assert_allclose(covered, [[0.8, 0.95]] * 3, atol=0.03)


def test_spring_festival_is_found_and_moves_with_the_moon():
    shape = festival_shape(WEEKS)
    sales, mean = drawn_sales(500, shape=shape, low=2)
    past = sales[sales["period"] < "2017-01-01"]  # the festival of 2017 came on 28 January, that of 2016 on 8 February
    assert seasons_found(past)[1] == "season and Spring Festival"
    found = forecast_panel(past, horizon=8)
    told = found.groupby("period")["mean"].sum()
    drawn = pd.Series(mean.sum(0), WEEKS).loc[told.index]
    assert np.corrcoef(told, drawn)[0, 1] > 0.95
    naive = pd.Series(mean.sum(0), WEEKS).shift(52).loc[told.index]
    assert np.abs(told - drawn).sum() < 0.4 * np.abs(naive - drawn).sum()


def test_no_season_is_invented():
    sales, _ = drawn_sales(200)
    assert seasons_found(sales) == [""]


def test_waves_of_single_series_are_found():
    rng = np.random.default_rng(2)
    months = np.arange(72)
    phase = rng.uniform(0, 2 * np.pi, 40)
    mean = 200 * (1 + 0.5 * np.sin(2 * np.pi * months / 12 + phase[:, None]))
    dates = pd.date_range("2012-01-01", periods=72, freq="MS")
    ids = np.repeat(np.arange(40), 72)
    sales = pd.DataFrame({"series_id": ids, "period": np.tile(dates, 40), "quantity": rng.poisson(mean).ravel()})
    past = sales[sales["period"] < dates[-12]]
    found = forecast_panel(past, 12, freq="MS")
    assert found.tables["methods"]["method"].str.contains("own season").all()
    told = found["mean"].to_numpy().reshape(40, 12)
    assert np.abs(told - mean[:, -12:]).mean() < 0.05 * mean.mean()


def test_out_of_stock_is_unknown_not_zero():
    sales, mean = drawn_sales(200, low=3)
    out = np.random.default_rng(5).random(len(sales)) < 0.3
    short = sales.assign(quantity=np.where(out, 0, sales["quantity"]), in_stock=~out)
    censored = forecast_panel(short, horizon=4)["mean"].sum() / (4 * mean.sum())
    taken_for_zero = forecast_panel(short.drop(columns="in_stock"), horizon=4)["mean"].sum() / (4 * mean.sum())
    assert abs(censored - 1) < 0.03
    assert taken_for_zero < 0.8


def test_promotions_go_on_as_often_as_before_however_many_there_were_of_late():
    sales, mean = drawn_sales(200, low=3)
    deal = (sales["period"] >= WEEKS[-3]) | (np.random.default_rng(6).random(len(sales)) < 0.05)
    pushed = sales.assign(quantity=np.where(deal, 3, 1) * sales["quantity"], price=np.where(deal, 4.0, 5.0))
    expected = 4 * mean.sum() * (1 + 2 * deal.mean())
    assert abs(forecast_panel(pushed, horizon=4)["mean"].sum() / expected - 1) < 0.03
    of_late = (sales["period"] >= WEEKS[-12]) | deal
    pushed = sales.assign(quantity=np.where(of_late, 3, 1) * sales["quantity"], price=np.where(of_late, 4.0, 5.0))
    expected = 4 * mean.sum() * (1 + 2 * of_late.mean())
    assert abs(forecast_panel(pushed, horizon=4)["mean"].sum() / expected - 1) < 0.06
    assert forecast_panel(pushed.drop(columns="price"), horizon=4)["mean"].sum() / expected > 1.1


def test_days_have_a_week_and_a_year():
    days = pd.date_range("2015-01-01", periods=1095)
    year = 1 + 0.5 * np.sin(2 * np.pi * days.day_of_year.to_numpy() / 365.25)
    shape = year * np.array([0.8, 0.9, 0.9, 1.0, 1.1, 1.2, 1.1])[days.day_of_week]
    sales, mean = drawn_sales(60, weeks=days, shape=shape, low=3)
    past = sales[sales["period"] < days[-90]]
    found = forecast_panel(past, 90, freq="D")["mean"].to_numpy().reshape(60, 90)
    assert np.median(np.abs(found.sum(0) / mean[:, -90:].sum(0) - 1)) < 0.04
    assert abs(found.sum() / mean[:, -90:].sum() - 1) < 0.04


@pytest.mark.parametrize("numbered", [False, True])
def test_series_from_many_sources_each_go_on_from_their_own_end(numbered):
    rng = np.random.default_rng(3)
    ends = rng.integers(60, 120, 40)
    months = pd.date_range("1982-01-01", periods=120, freq="MS")
    wave = np.exp(0.3 * np.sin(2 * np.pi * np.arange(140) / 12))
    tables = [
        pd.DataFrame({"series_id": i, "period": np.arange(n) if numbered else months[:n],
                      "quantity": 1000 * (i + 1) * wave[:n] * rng.lognormal(0, 0.05, n)})
        for i, n in enumerate(ends)
    ]  # fmt: skip
    found = forecast_panel(pd.concat(tables), 12, freq="MS")
    first = found.groupby("series_id")["period"].first()
    assert first.tolist() == ([*ends] if numbered else [months[n] if n < 120 else None for n in ends])
    truth = np.concatenate([1000 * (i + 1) * wave[n : n + 12] for i, n in enumerate(ends)])
    assert np.median(np.abs(found["mean"] / truth - 1)) < 0.06
    assert set(found.tables["series"]["segment"]) == {"smooth"}


def test_order_of_rows_other_series_ids_and_units_change_nothing():
    sales, _ = drawn_sales(60)
    plain = forecast_panel(sales, horizon=3).set_index(["series_id", "period"])
    mixed = forecast_panel(sales.sample(frac=1, random_state=1), horizon=3).set_index(["series_id", "period"])
    np.testing.assert_allclose(mixed.loc[plain.index, "mean"], plain["mean"], rtol=1e-5)
    named = forecast_panel(sales.assign(series_id="s" + sales["series_id"].astype(str)), horizon=3)
    np.testing.assert_allclose(named["mean"], plain["mean"])
    tenfold = forecast_panel(sales.assign(quantity=8.0 * sales["quantity"]), horizon=3)
    np.testing.assert_allclose(tenfold[["mean", "hi_80"]], 8 * plain[["mean", "hi_80"]], rtol=1e-4)


def test_bad_rows_and_odd_series_are_listed_and_the_others_served():
    sales, _ = drawn_sales(40)
    clean = forecast_panel(sales, horizon=2)
    odd = pd.DataFrame(
        [
            ("negative", WEEKS[-1], -4.0),
            ("words", WEEKS[-1], "many"),
            (3, "1900-01-01", 5.0),
            (4, "someday", 5.0),
            (None, WEEKS[-1], 5.0),
            ("once", WEEKS[-2], 6.0),
            *(("silent", week, 0.0) for week in WEEKS),
            *(("gone", week, 5.0 * (week < WEEKS[60])) for week in WEEKS),
            *(("stopped", week, 5.0) for week in WEEKS[:60]),
        ],
        columns=["series_id", "period", "quantity"],
    )
    dirty = pd.concat([sales.astype(object), odd, sales.iloc[[0]].astype(object)], ignore_index=True)
    found = forecast_panel(dirty, horizon=2)
    left = found.tables["left_out"].set_index("series_id")
    assert set(left.index[~left["served"].astype(bool)].dropna()) == {"negative", "words"}
    reasons = left["reason"].to_dict()
    assert "negative" in reasons["negative"] and "not a number" in reasons["words"]
    assert "1980" in reasons[3] and "cannot be read" in reasons[4] and "more than one row" in reasons[0]
    for name in ("silent", "gone", "stopped"):
        assert "delisted" in reasons[name]
    mean = found.set_index("series_id")["mean"]
    assert mean["silent"].max() == 0 and mean["gone"].max() < 0.5 and 0 < mean["once"].max() < 12
    numbers = [i for i in found["series_id"].unique() if isinstance(i, int)]
    assert len(numbers) == 40 and found.notna().all().all()
    ours = mean[mean.index.isin(range(40))].sum()
    assert ours == pytest.approx(clean["mean"].sum(), rel=0.1)


def test_gaps_are_unknown_beside_zeros_and_no_sales_in_a_list_of_sales():
    weeks = WEEKS[:60]
    holes = pd.DataFrame({"series_id": "tea", "period": weeks, "quantity": [6.0, 0.0, 6.0] * 20}).drop([7, 8, 30, 31])
    grid = panel_of(holes, "W-MON", 0.9).quantity
    assert np.isnan(grid[0, [7, 8, 30, 31]]).all()
    list_of_sales = holes[holes["quantity"] > 0]
    assert (panel_of(list_of_sales, "W-MON", 0.9).quantity[0, [7, 8, 30, 31]] == 0).all()


def test_days_of_one_week_are_added_up_and_labels_keep_their_weekday():
    days = pd.date_range("2017-01-02", periods=70, freq="D")
    daily = pd.DataFrame({"series_id": 1, "period": days, "quantity": np.arange(70) % 2})
    assert panel_of(daily, "W-MON", 0.9).quantity[0].tolist() == [3, 4] * 5
    saturdays = pd.date_range("2017-01-07", periods=30, freq="W-SAT")
    found = forecast_panel(pd.DataFrame({"series_id": 1, "period": saturdays, "quantity": 2}), horizon=1)
    assert found["period"][0] == pd.Timestamp("2017-08-05")


@pytest.mark.parametrize(
    ("sales", "keywords", "words"),
    [
        ({"series_id": [1]}, {}, "period, quantity is missing"),
        ({"period": ["2017-01-02"]}, {"horizon": 0}, "whole number from 1"),
        ({"period": ["2017-01-02"]}, {"levels": (1.5,)}, "between 0 and 1"),
        ({"period": ["2017-01-02"]}, {"freq": "often"}, "not known"),
        ({"period": ["never"]}, {}, "no row can be used"),
        ({"period": pd.date_range("2017-01-01", periods=9, freq="MS")}, {}, "give freq='MS'"),
    ],
)
def test_what_cannot_be_forecast_is_refused_in_words(sales, keywords, words):
    table = pd.DataFrame({"series_id": 1, "quantity": 2.0} | sales) if "period" in sales else pd.DataFrame(sales)
    with pytest.raises(InputError, match=words):
        forecast_panel(table, **({"horizon": 2} | keywords))


@pytest.mark.parametrize("periods", [1, 2, 3, 9])
def test_short_histories_are_served(periods):
    sales = pd.DataFrame({"series_id": "a", "period": np.arange(periods), "quantity": 3.0})
    found = forecast_panel(sales, horizon=4)
    assert found["period"].tolist() == list(range(periods, periods + 4))
    np.testing.assert_allclose(found["mean"], 3.0)


def test_one_observation_is_served_with_a_wide_interval():
    found = forecast_panel(pd.DataFrame({"series_id": ["a"], "period": [1], "quantity": [3.0]}), horizon=2)
    assert (found["mean"] == 3).all() and (found["hi_95"] > 6).all() and (found["lo_95"] == 0).all()


@pytest.mark.parametrize("seed", range(12))
def test_any_table_gives_whole_ordered_forecasts(seed):
    rng = np.random.default_rng(seed)
    series, periods, freq = rng.integers(1, 9), rng.integers(1, 120), rng.choice(["D", "W-MON", "MS", "QE"])
    dates = pd.date_range("2014-01-06", periods=periods, freq=str(freq))
    ids = np.repeat(np.arange(series), periods)
    quantity = rng.poisson(rng.choice([0, 0.2, 3, 50.0]), len(ids)) * rng.choice([1, 0.5, 1000])
    sales = pd.DataFrame({"series_id": ids, "period": np.tile(dates, series), "quantity": quantity, "pool": ids % 3})
    sales = sales.assign(in_stock=rng.random(len(ids)) < 0.9, price=rng.choice([4.0, 5.0], len(ids)))
    sales = sales.sample(frac=rng.uniform(0.5, 1), random_state=seed)
    if sales.empty:
        return
    found = forecast_panel(sales, horizon := int(rng.integers(1, 27)), freq=str(freq))
    assert len(found) == horizon * sales["series_id"].nunique()
    columns = found[["lo_95", "lo_80", "mean", "hi_80", "hi_95"]].to_numpy()
    assert np.isfinite(columns).all() and (columns >= 0).all()
    assert (np.diff(columns) >= -1e-4 * (1 + columns[:, 1:])).all()


def carparts():
    if not CARPARTS.exists():
        pytest.skip(f"{CARPARTS.name} is not at hand")
    table = pd.read_csv(CARPARTS).set_index("part")
    table.columns = np.arange(1, table.shape[1] + 1)
    whole = table.dropna().reset_index(names="series_id")
    return whole.melt("series_id", var_name="period", value_name="quantity").astype({"period": int})


# Mean rmsse of statsforecast 2.1.1 on the parts with 51 months, last 6 or 12 months held out: SES optimised,
# CrostonSBA, TSB(.1, .1). Series without a change before the origin have no scale and are left out, as here.
STATSFORECAST = {6: (0.5033899949, 0.6098857911, 0.5226567643), 12: (0.6108773592, 0.6883135848, 0.6119876452)}


@pytest.mark.parametrize("horizon", [6, 12])
def test_carparts_is_no_worse_than_the_best_single_method(horizon):
    tested = backtest_panel(carparts(), horizon, origins=1)
    whole = tested.tables["metrics"].query("by == 'all'").set_index("method")
    assert whole.loc["SBA", "rmsse"] == pytest.approx(STATSFORECAST[horizon][1], abs=1e-6)
    assert whole.loc["TSB", "rmsse"] == pytest.approx(STATSFORECAST[horizon][2], abs=1e-6)
    assert whole.loc["forecast_panel", "rmsse"] <= min(STATSFORECAST[horizon])
    assert tested.kpis()["rmsse_of_best_plain"] <= 1
    assert abs(whole.loc["forecast_panel", "interval_coverage_95"] - 0.95) < 0.02
    assert abs(whole.loc["forecast_panel", "interval_coverage_80"] - 0.80) < 0.06


def test_backtest_figures_by_hand():
    weeks = np.arange(24)
    sales = pd.DataFrame({"series_id": 1, "period": weeks, "quantity": [2.0, 4.0] * 11 + [9.0, 1.0]})
    tested = backtest_panel(sales, horizon=2, origins=1, params=ForecastParams(origins=2))
    naive = tested.tables["metrics"].query("by == 'all' and method == 'seasonal naive'").iloc[0]
    assert naive["wape"] == pytest.approx((5 + 3) / 10)  # the last week, 4, again and again
    assert naive["bias"] == pytest.approx((8 - 10) / 10)
    assert naive["rmsse"] == pytest.approx(np.sqrt((25 + 9) / 2) / 2)
    assert naive["points"] == 2


def test_backtest_groups_add_up_and_see_nothing_of_the_future():
    sales, _ = drawn_sales(120, weeks=WEEKS[:80])
    tested = backtest_panel(sales, horizon=3, origins=2)
    metrics = tested.tables["metrics"]
    points = metrics[metrics["method"] == "SES"].groupby("by")["points"].sum()
    assert points.nunique() == 1 and points["all"] == 120 * 3 * 2
    assert set(metrics["by"]) == {"all", "volume_decile", "horizon"}
    future = sales.assign(quantity=np.where(sales["period"] > WEEKS[76], 10_000, sales["quantity"]))
    changed = backtest_panel(future, horizon=3, origins=1).tables["methods"]
    same = backtest_panel(sales, horizon=3, origins=1).tables["methods"]
    pd.testing.assert_frame_equal(changed, same)


def test_backtest_refuses_too_short_a_history():
    sales = pd.DataFrame({"series_id": 1, "period": [1, 2, 3], "quantity": 1.0})
    with pytest.raises(InputError, match="too few to test 5 ahead; give 9"):
        backtest_panel(sales, horizon=5)
