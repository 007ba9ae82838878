import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.demand import drivers_of, fit_potential
from lst_workbench.demand.evaluation import conformal_ratios
from lst_workbench.demand.regression import shrunk_means
from lst_workbench.demand.taste import Taste
from lst_workbench.market import build_market
from lst_workbench.planning.demand_inputs import PLACE, REGION, SEGMENT, store_features

PREFECTURES = ["Huangshan", "Tongling", "Chizhou", "Maanshan"]
UNSEEN = 341000


def shops(n=1500, seed=0, noise=0.3, regions=6):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "store_id": np.arange(n) + 100,
            "people": rng.lognormal(5, 0.6, n),
            "income_index": rng.uniform(0.6, 1.6, n),
            "area_m2": rng.lognormal(3.9, 0.5, n),
            "kind": rng.choice(["grocery", "kiosk"], n),
            "region": rng.integers(0, regions, n),
        }
    )
    effect = rng.normal(0, 0.15, regions)[table["region"]]
    log = np.log(90 * table["people"] * table["income_index"]) + 0.4 * np.log(table["area_m2"] / 50) + effect
    log -= 0.5 * (table["kind"] == "kiosk")
    return table, pd.Series(np.exp(log + rng.normal(0, noise, n)))


@pytest.mark.parametrize("seed", [7, 8, 9])
def test_the_truth_of_the_synthetic_market_lies_in_the_stated_intervals(seed):
    """Tills in three prefectures; all the stores of a fourth, which the fit never saw, are judged."""
    market = build_market(prefectures=PREFECTURES, seed=seed)
    features = store_features(market)
    sales = market.truth["stores"].set_index("store_id")["sales_rmb_month"].reindex(features["store_id"]).to_numpy()
    rng = np.random.default_rng(seed)
    far = (features[REGION] == UNSEEN).to_numpy()
    till = ~far & (rng.random(len(features)) < 0.1)
    fit = fit_potential(features[till], pd.Series(sales[till]), REGION, places=PLACE, segment=SEGMENT)
    found = fit.predict(features[far], REGION)
    inside = (sales[far] >= found["p10"]) & (sales[far] <= found["p90"])
    assert 0.76 < inside.mean() < 0.84
    for kind in ("township", "village"):
        of_kind = (features.loc[far, SEGMENT] == kind).to_numpy()
        assert 0.73 < inside[of_kind].mean() < 0.87, kind
    assert abs(found["mean"].sum() / sales[far].sum() - 1) < 0.12, "prefectures of the draw differ by so much"
    assert (sales[far] < found["p50"]).mean() == pytest.approx(0.5, abs=0.06)
    stated = fit.kpis()
    assert stated["interval_coverage"] == pytest.approx(0.8, abs=0.03)
    assert stated["gain_over_best_baseline"] > 0
    wape = np.abs(found["mean"] - sales[far]).sum() / sales[far].sum()
    assert wape == pytest.approx(stated["wape"], abs=0.05), "the figure told is the figure met"


def test_all_baselines_and_groups_stand_in_the_result():
    table, bought = shops()
    fit = fit_potential(table, bought, "region", segment="kind")
    found = fit.tables["evaluation"]
    assert set(found["model"]) == {"fit_potential", "place mean", "catchment alone", "linear"}
    assert set(found["scheme"]) == {"whole regions left out", "stores left out"}
    assert set(found["by"]) == {"all", "volume_decile", "segment", "region"}
    deciles = found[(found["by"] == "volume_decile") & (found["model"] == "fit_potential")]
    assert deciles.groupby("scheme")["stores"].sum().eq(len(table)).all()
    whole = found[found["by"] == "all"].set_index(["scheme", "model"])["wape"].unstack()
    assert (whole["fit_potential"] < whole.drop(columns="fit_potential").min(axis=1)).all()


def test_effects_are_those_that_made_the_data():
    table, bought = shops(n=6000)
    fit = fit_potential(table, bought, "region")
    base = table.iloc[[0]].assign(people=150.0, income_index=1.0, area_m2=50.0, kind="grocery")

    def ratio(**changes):
        return float(fit.predict(base.assign(**changes))["mean"].iloc[0] / fit.predict(base)["mean"].iloc[0])

    assert ratio(people=300.0) == pytest.approx(2.0, rel=0.06)
    assert ratio(area_m2=100.0) == pytest.approx(2**0.4, rel=0.06)
    assert ratio(kind="kiosk") == pytest.approx(np.exp(-0.5), rel=0.06)


def test_a_region_that_was_seen_has_the_narrower_interval():
    table, bought = shops(n=3000, noise=0.1)
    fit = fit_potential(table, bought, "region")
    one = table.iloc[[0]]
    known, new = fit.predict(one, "region").iloc[0], fit.predict(one.assign(region=99), "region").iloc[0]
    assert known["p90"] / known["p10"] < new["p90"] / new["p10"]


def test_drivers_add_up_to_the_figure():
    table, bought = shops()
    fit = fit_potential(table, bought, "region", segment="kind")
    row = table.iloc[[7]]
    for factor in (1.0, 0.8):
        told = fit.explain(row, "region", factor)
        figure = factor * float(fit.predict(row, "region")["mean"].iloc[0])
        typical = factor * fit.model.scale * np.exp(fit.model.level)
        assert typical + told.table["effect_rmb_month"].sum() == pytest.approx(figure)
        assert np.prod(1 + told.table["effect_share"]) * typical == pytest.approx(figure)
        assert f"{figure:,.0f}" in told.text and "people" in told.text
    assert drivers_of(np.zeros(1), ["people"], [1], 5.0, 5.0).table["effect_rmb_month"].tolist() == [0.0]


def test_categories_add_up_and_regional_taste_is_shrunk():
    table, bought = shops(n=900)
    rng = np.random.default_rng(2)
    tea = np.where(table["region"] == 0, 0.6, 0.3)
    share = np.column_stack([tea, 1 - tea]) * rng.uniform(0.7, 1.3, (900, 2))
    sold = pd.DataFrame(share * bought.to_numpy()[:, None], columns=["tea", "snacks"])
    fit = fit_potential(table, sold, "region")
    one = table.iloc[:40]
    parts = fit.predict_categories(one, "region")
    whole = fit.predict(one, "region").set_index("store_id")["mean"]
    assert np.allclose(parts.groupby("store_id")["mean"].sum().reindex(whole.index), whole)
    taste = fit.tables["taste"].set_index(["category", "region"])["share"]
    assert taste["tea"]["0"] > 0.5 and taste["tea"].drop("0").between(0.2, 0.4).all()
    new = fit.predict_categories(one.iloc[[0]].assign(region=99), "region").set_index("category")["mean"]
    assert new["tea"] / new.sum() == pytest.approx(float(sold["tea"].sum() / sold.to_numpy().sum()))
    inside = parts.merge(sold.iloc[:40].assign(store_id=one["store_id"]).melt("store_id", var_name="category"))
    assert inside["value"].between(inside["p10"], inside["p90"]).mean() > 0.65


def test_an_anchor_moves_the_level_and_not_the_order():
    table, bought = shops()
    fit = fit_potential(table, bought, "region")
    plain, anchored = fit.predict(table), fit.predict(table, anchor_rmb_month=20_600)
    assert anchored["mean"].mean() == pytest.approx(20_600)
    assert np.allclose(anchored["p90"] / anchored["mean"], plain["p90"] / plain["mean"])


def test_shrinkage_is_none_for_noise_and_full_for_clear_regions():
    rng = np.random.default_rng(1)
    regions = np.repeat(np.arange(30), 20)
    clear = shrunk_means(rng.normal(0, 0.01, 600) + np.repeat(rng.normal(0, 1, 30), 20), regions)
    means = pd.Series(np.repeat(0.0, 600)).groupby(regions).mean()
    assert (clear.abs() > means.abs()).all() and clear.std() > 0.5
    noise = rng.normal(0, 1, 600)
    raw = pd.Series(noise).groupby(regions).mean()
    assert shrunk_means(noise, regions).std() < 0.5 * raw.std()
    assert shrunk_means(noise, np.zeros(600)).eq(0).all()


def test_taste_of_one_region_is_everybodys():
    sold = pd.DataFrame({"a": [1.0, 3.0], "b": [1.0, 1.0]})
    assert Taste.of(sold, np.array(["x", "x"])).of_rows(np.array(["x", "y"])).values.tolist() == [[2 / 3, 1 / 3]] * 2


def test_conformal_ratios_hold_a_new_draw_as_often_as_said():
    rng = np.random.default_rng(0)
    held = []
    for _ in range(300):
        draws = rng.lognormal(0, 1, 60)
        low, _, high = conformal_ratios(draws[:59], np.full(59, ""), (0.1, 0.5, 0.9)).iloc[0]
        held.append(low <= draws[59] <= high)
    assert 0.75 < np.mean(held) < 0.88


def test_bad_rows_are_left_out_and_listed_and_the_rest_served():
    table, bought = shops(n=200)
    bought[:4] = [np.nan, -5.0, 0.0, np.inf]
    table.loc[5:9, "people"] = np.nan
    fit = fit_potential(table, bought, "region")
    assert fit.tables["left_out"]["row"].tolist() == [0, 1, 2, 3]
    assert fit.kpis()["stores"] == 196
    assert np.isfinite(fit.predict(table)["mean"]).all()
    assert fit.predict(table.assign(kind="never seen"))["mean"].gt(0).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": pd.Series(np.ones(3))}, "3"),
        ({"groups": "nowhere"}, "no column nowhere"),
        ({"groups": [1, 2]}, "2 of them for 100 rows"),
        ({"target": pd.Series(np.zeros(100))}, "only 0 rows"),
        ({"target": pd.Series(["much"] * 100)}, "must be numbers"),
        ({"segment": "nothing"}, "column nothing is missing"),
        ({"features": pd.DataFrame({"store_id": np.arange(100)})}, "no column but"),
        ({"features": pd.DataFrame({"people": np.ones(100)})}, "no column varies"),
    ],
)
def test_what_cannot_be_fitted_is_said_in_a_sentence(change, said):
    table, bought = shops(n=100)
    given = {"features": table, "target": bought, **change}
    with pytest.raises(InputError, match=said):
        fit_potential(given.pop("features"), given.pop("target"), given.pop("groups", None), **given)


def test_a_missing_feature_is_named_when_predicting():
    table, bought = shops(n=100)
    with pytest.raises(InputError, match="people"):
        fit_potential(table, bought).predict(table.drop(columns="people"))
