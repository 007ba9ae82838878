"""Price elasticities: dummies by hand, a truth behind store effects, an instrument, market shares, faults."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.assortment import price_elasticity
from lst_workbench.contracts import InputError


def drawn(seed=1, stores=30, items=4, weeks=40, elasticity=-3.0):
    """Rich stores are dearer and sell more, festive weeks too, and unseen demand raises the price."""
    rng = np.random.default_rng(seed)
    keys = pd.MultiIndex.from_product([range(stores), range(items), range(weeks)], names=["store_id", "sku", "week"])
    rows = keys.to_frame(index=False)
    pair, week = rng.normal(size=(stores, items)), rng.normal(size=weeks)
    level = pair[rows["store_id"], rows["sku"]] + week[rows["week"]]
    rows["cost_rmb"] = np.exp(rng.normal(1, 0.2, len(rows)))
    unseen = rng.normal(0, 0.3, len(rows))
    rows["price_rmb"] = rows["cost_rmb"] * np.exp(0.3 * level + 0.4 * unseen)
    rows["units"] = np.exp(2 + level + unseen + elasticity * np.log(rows["price_rmb"]))
    return rows


def test_effects_swept_out_equal_dummies():
    rows = drawn(stores=6, weeks=9).sample(frac=0.8, random_state=1)
    found = price_elasticity(rows).tables["specifications"].set_index("specification")
    pair = rows["store_id"] * 100 + rows["sku"]
    dummies = pd.get_dummies(pair), pd.get_dummies(rows["week"])
    design = np.column_stack([np.log(rows["price_rmb"]), *dummies]).astype(float)
    y = np.log(rows["units"].to_numpy())
    beta = np.linalg.pinv(design) @ y
    assert found.loc["items in stores, weeks", "coefficient"] == pytest.approx(beta[0], abs=1e-7)
    left = y - design @ beta
    price = design[:, 0] - design[:, 1:] @ np.linalg.lstsq(design[:, 1:], design[:, 0], rcond=None)[0]
    scores = pd.Series(price * left).groupby(rows["store_id"].to_numpy()).sum()
    error = np.sqrt((scores**2).sum() * 6 / 5) / (price @ price)
    assert found.loc["items in stores, weeks", "standard_error"] == pytest.approx(error, rel=1e-6)


def test_only_effects_and_the_instrument_together_find_the_truth():
    result = price_elasticity(drawn(), instrument="cost_rmb")
    table = result.tables["specifications"].set_index(["specification", "instrument"])
    full = table.loc["items in stores, weeks"]
    held = full.loc["cost_rmb"]
    assert held["low"] <= -3.0 <= held["high"] and held["first_stage_f"] > 100
    assert full.loc[full.index.isna(), "elasticity"].iloc[0] > -2.9
    assert table.loc["pooled"]["elasticity"].max() > -2.5
    assert any("name the specification" in said for said in result.warnings)


def test_shares_of_markets_are_the_logit_of_berry():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"market": np.repeat(range(200), 5), "sku": np.tile(range(5), 200)})
    rows["price_rmb"] = rng.uniform(1, 3, len(rows))
    utility = -1 - 0.8 * rows["price_rmb"] + np.linspace(0, 1, 5)[rows["sku"]] + rng.normal(0, 0.1, len(rows))
    v = np.exp(utility)
    rows["share"] = v / (1 + v.groupby(rows["market"]).transform("sum"))
    result = price_elasticity(rows, {"items": ("sku",)}, model="share", cluster="market")
    found = result.tables["specifications"].iloc[0]
    assert found["low"] < -0.8 < found["high"]
    assert found["elasticity"] == pytest.approx(found["coefficient"] * (rows["price_rmb"] * (1 - rows["share"])).mean())


def test_faults_are_listed_and_what_cannot_be_told_is_said():
    rows = drawn(stores=4, weeks=6)
    rows["units"] = rows["units"].astype(object)
    rows.loc[[0, 1, 2], "units"] = [0, "many", -1]
    rows.loc[3, "price_rmb"] = 0
    result = price_elasticity(rows.drop(columns="week"))
    assert result.tables["refused"]["row"].tolist() == [3, 0, 1, 2]
    assert any("column week is missing" in said for said in result.warnings)
    assert any("do not cure that" in said for said in result.warnings)


@pytest.mark.parametrize(
    ("change", "settings", "said"),
    [
        (lambda rows: rows.drop(columns="price_rmb"), {}, "lacks price_rmb"),
        (lambda rows: rows.assign(price_rmb=2.0), {}, "prices do not vary"),
        (lambda rows: rows.assign(price_rmb=-2.0), {}, "no row can be used"),
        (lambda rows: rows.assign(share=0.4), {"model": "share"}, "sum to 1 or more"),
        (lambda rows: rows, {"model": "probit"}, "neither log nor share"),
    ],
)
def test_what_cannot_be_estimated_is_refused_in_a_sentence(change, settings, said):
    with pytest.raises(InputError, match=said):
        price_elasticity(change(drawn(stores=3, weeks=5)), **settings)
