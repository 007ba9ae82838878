import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lst_workbench.assumptions import load_scenario
from lst_workbench.catchment import HuffParams, huff_catchments, store_cells
from lst_workbench.contracts import Catchments, InputError

EARTH_KM = 6371.0088


def params(**changes):
    return HuffParams(
        **{"radius_km": 3.0, "decay_per_km": 1.5, "area_exponent": 0.8, "outside_attraction": 5.0, **changes}
    )


def district(stores=2000, cells=5000, seed=1, side_km=30.0):
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, side_km, (40, 2))

    def scatter(n):
        return towns[rng.integers(0, 40, n)] + rng.normal(0, 1.5, (n, 2))

    shops, homes = scatter(stores), scatter(cells)
    shops[:50] = homes[:50]  # some stand in the very middle of a cell
    shops[50:60] = homes[50:60] + [3.0, 0.0]  # some exactly on the edge of the radius
    shops[60:70] = shops[70:80]  # and some on top of each other
    table = {"store_id": np.arange(stores), "area_m2": rng.lognormal(3.5, 0.6, stores)}
    people = rng.lognormal(6, 1, cells) * (rng.random(cells) > 0.1)
    return (
        pd.DataFrame({**table, "x_km": shops[:, 0], "y_km": shops[:, 1]}),
        pd.DataFrame(
            {
                "h3_8": np.arange(1, cells + 1),
                "x_km": homes[:, 0],
                "y_km": homes[:, 1],
                "people": people,
                "income_index": rng.uniform(0.5, 2, cells),
            }
        ),
    )


def on_the_globe(table, lat=30.0, lon=118.0):
    north = lat + np.degrees(table["y_km"] / EARTH_KM)
    east = lon + np.degrees(table["x_km"] / EARTH_KM) / np.cos(np.radians(lat))
    east = (east + 180) % 360 - 180
    return table.drop(columns=["x_km", "y_km"]).assign(lat=north, lon=east)


def distances(stores, cells):
    """Dense and obvious: straight lines, or haversines."""
    if "x_km" in stores:
        dx = stores["x_km"].to_numpy()[:, None] - cells["x_km"].to_numpy()
        dy = stores["y_km"].to_numpy()[:, None] - cells["y_km"].to_numpy()
        return np.hypot(dx, dy)
    a, b = np.radians(stores["lat"].to_numpy())[:, None], np.radians(cells["lat"].to_numpy())
    turn = np.radians(stores["lon"].to_numpy())[:, None] - np.radians(cells["lon"].to_numpy())
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(turn / 2) ** 2
    return 2 * EARTH_KM * np.arcsin(np.sqrt(h))


def shares(stores, cells, p):
    d = distances(stores, cells)
    with np.errstate(under="ignore"):
        f = np.exp(-p.decay_per_km * d) if p.decay == "exponential" else np.maximum(d, p.near_km) ** -p.decay_per_km
    s = np.clip((d / p.radius_km - p.taper_from_share) / (1 - p.taper_from_share), 0, 1)
    pull = stores["area_m2"].to_numpy()[:, None] ** p.area_exponent * f * (1 - 3 * s**2 + 2 * s**3)
    whole = pull.sum(axis=0) + p.outside_attraction
    return np.divide(pull, whole, out=np.zeros_like(pull), where=whole > 0), d


@pytest.mark.parametrize("spherical", [False, True])
@pytest.mark.parametrize("changes", [{}, {"decay": "power", "decay_per_km": 2.2}, {"outside_attraction": 0.0}])
def test_it_equals_the_dense_formula(spherical, changes):
    stores, cells = district()
    if spherical:
        stores, cells = on_the_globe(stores), on_the_globe(cells)
    p = params(**changes)
    share, d = shares(stores, cells, p)
    people, income = cells["people"].to_numpy(), cells["income_index"].to_numpy()
    result = huff_catchments(stores, cells, p)
    mine = result.tables["catchments"]
    drawn = share @ people
    np.testing.assert_allclose(mine["people"], drawn, rtol=1e-6, atol=1e-9 * people.max())
    full = drawn > 1e-3
    np.testing.assert_allclose(mine["income_index"][full], (share @ (people * income))[full] / drawn[full], rtol=1e-6)
    on_edge = np.isclose(d, 3.0, atol=1e-9)
    near_low, near_high = ((d <= 3) & ~on_edge) @ people, ((d <= 3) | on_edge) @ people
    assert (mine["people_nearby"] >= near_low * (1 - 1e-6)).all() and (
        mine["people_nearby"] <= near_high * (1 + 1e-6)
    ).all()
    rivals = (distances(stores, stores) <= 3).sum(axis=1) - 1
    assert (mine["rivals"] == rivals).all()
    kpis = result.kpis()
    assert kpis["people_served"] == pytest.approx(drawn.sum(), rel=1e-9)
    assert kpis["people_served"] + kpis["people_outside"] == pytest.approx(people.sum(), rel=1e-9)
    assert kpis["conservation_error"] < 1e-12


def test_distances_hold_everywhere_on_the_globe():
    stores, cells = district(300, 400, side_km=10)
    p = params()
    for lat, lon in ((30, 179.95), (65, -120), (89.96, 10), (-20, -179.99), (0, 0)):
        there, where = on_the_globe(stores, lat, lon), on_the_globe(cells, lat, lon)
        there, where = there[there["lat"] <= 90], where[where["lat"] <= 90]
        share, _ = shares(there, where, p)
        mine = huff_catchments(there, where, p).tables["catchments"]
        np.testing.assert_allclose(mine["people"], share @ where["people"].to_numpy(), rtol=1e-6, atol=1e-6)


def test_threads_and_row_order_change_nothing():
    stores, cells = district(40_000, 20_000, side_km=230)
    one = huff_catchments(stores, cells, params()).tables["catchments"]
    two = huff_catchments(stores, cells, params(), threads=2).tables["catchments"]
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    shuffled = huff_catchments(stores.sample(frac=1, random_state=1), cells, params()).tables["catchments"]
    again = shuffled.sort_values("store_id", ignore_index=True)
    pd.testing.assert_frame_equal(one, again, rtol=1e-6)


def test_the_links_of_a_store_add_up_to_its_catchment():
    stores, cells = (on_the_globe(table) for table in district())
    mine = huff_catchments(stores, cells, params()).tables["catchments"].set_index("store_id")
    for store_id in (0, 55, 65, 1999):
        links = store_cells(store_id, stores, cells, params())
        assert links["people"].sum() == pytest.approx(mine.loc[store_id, "people"], rel=1e-5)
        assert (links["distance_km"] <= 3).all()
        assert links["distance_km"].is_monotonic_increasing


def test_shares_of_all_stores_and_the_outside_add_to_one():
    stores, cells = district(60, 80, side_km=6)
    p = params()
    total = np.zeros(81)
    for store_id in stores["store_id"]:
        links = store_cells(store_id, stores, cells, p)
        np.add.at(total, links["h3_8"].to_numpy(), links["share"].to_numpy(np.float64))
    outside = 1 - shares(stores, cells, p)[0].sum(axis=0)
    np.testing.assert_allclose(total[1:] + outside, 1, rtol=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    x=st.floats(-5, 5),
    y=st.floats(-5, 5),
    area=st.floats(1, 3000),
    outside=st.floats(0, 50),
    seed=st.integers(0, 99),
)
def test_a_new_rival_never_raises_another_stores_people(x, y, area, outside, seed):
    stores, cells = district(80, 90, seed=seed, side_km=5)
    p = params(outside_attraction=outside)
    before = huff_catchments(stores, cells, p)
    rival = pd.DataFrame({"store_id": [10_000], "x_km": [x], "y_km": [y], "area_m2": [area]})
    after = huff_catchments(pd.concat([stores, rival]), cells, p)
    old, new = before.tables["catchments"]["people"], after.tables["catchments"]["people"][: len(stores)]
    assert (new <= old * (1 + 1e-6) + 1e-6).all()
    assert after.kpis()["people_served"] >= before.kpis()["people_served"] - 1e-6
    assert before.kpis()["conservation_error"] < 1e-9


def test_people_outside_grow_with_the_outside_option():
    stores, cells = district(200, 200, side_km=5)
    served = [huff_catchments(stores, cells, params(outside_attraction=a)).kpis()["people_served"] for a in (0, 1, 9)]
    assert served == sorted(served, reverse=True)


def test_attraction_replaces_area():
    stores, cells = district(50, 50, side_km=5)
    by_area = huff_catchments(stores, cells, params()).tables["catchments"]
    given = stores.assign(attraction=stores["area_m2"] ** 0.8).drop(columns="area_m2")
    pd.testing.assert_frame_equal(huff_catchments(given, cells, params()).tables["catchments"], by_area)


def test_the_pull_fades_smoothly_at_the_radius():
    cells = pd.DataFrame({"x_km": [0.0], "y_km": [0.0], "people": [1000.0]})
    at = np.linspace(2.5, 3.2, 701)
    drawn = []
    for x in at:
        store = pd.DataFrame({"store_id": [1], "x_km": [x], "y_km": [0.0], "area_m2": [50.0]})
        drawn.append(huff_catchments(store, cells, params()).kpis()["people_served"])
    steps = np.diff(drawn)
    assert (steps <= 1e-9).all() and steps.min() > -2.0
    assert drawn[-1] == 0


def test_empty_and_lonely_tables_are_sane():
    stores, cells = district(30, 30)
    nobody = huff_catchments(stores, cells.head(0), params())
    assert (nobody.tables["catchments"]["people"] == 0).all()
    assert nobody.kpis()["people"] == 0
    assert (nobody.tables["catchments"]["income_index"] == 1).all()
    none = huff_catchments(stores.head(0), cells, params())
    assert none.tables["catchments"].empty
    assert none.kpis()["people_out_of_reach"] == none.kpis()["people"] == none.kpis()["people_outside"]
    empty = huff_catchments(stores, cells.assign(people=0.0), params(outside_attraction=0))
    assert (empty.tables["catchments"]["people"] == 0).all()
    Catchments.check(empty.tables["catchments"])


def test_read_only_columns_are_accepted():
    stores, cells = district(30, 30)
    for table in (stores, cells):
        for name in table:
            table[name].to_numpy().flags.writeable = False
    assert huff_catchments(stores, cells, params()).kpis()["people"] > 0


def spoil(table, column, value):
    spoiled = table.copy()
    spoiled[column] = spoiled[column].astype(object) if isinstance(value, str) else spoiled[column]
    spoiled.loc[3, column] = value
    return spoiled


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda s, c: (s.drop(columns="lat"), c), "both need lat and lon"),
        (lambda s, c: (s.drop(columns="store_id"), c), "store_id is missing"),
        (lambda s, c: (s.drop(columns="area_m2"), c), "area_m2 is missing"),
        (lambda s, c: (s, c.drop(columns="people")), "people is missing"),
        (
            lambda s, c: (s.assign(lat=np.nan), c),
            "stores.lat must be between -90 and 90 (30 rows are not, first row 0",
        ),
        (lambda s, c: (s, c.assign(lon=400.0)), "cells.lon must be between -180 and 180"),
        (lambda s, c: (s, c.assign(people=-1.0)), "people must be at least 0"),
        (lambda s, c: (s.assign(area_m2=np.nan), c), "area_m2 must be at least 0"),
        (lambda s, c: (s.assign(lat="north"), c), "lat must hold numbers"),
        (lambda s, c: ([1, 2], c), "give a table"),
        (lambda s, c: (spoil(s, "store_id", 4), c), "store_id must be unique"),
    ],
)
def test_faulty_tables_are_refused(change, said):
    stores, cells = change(*(on_the_globe(table) for table in district(30, 30)))
    with pytest.raises(InputError) as raised:
        huff_catchments(stores, cells, params())
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("name", "column", "value", "said"),
    [
        ("stores", "lat", np.nan, "lat is not between -90 and 90"),
        ("stores", "lat", "north", "lat is not between -90 and 90"),
        ("stores", "area_m2", np.nan, "area_m2 is empty, negative or no number"),
        ("cells", "lon", 400.0, "lon is not between -180 and 180"),
        ("cells", "people", -1.0, "people is empty, negative or no number"),
        ("cells", "people", np.nan, "people is empty, negative or no number"),
    ],
)
def test_the_other_rows_are_served_and_a_bad_one_is_listed(name, column, value, said):
    tables = dict(zip(("stores", "cells"), (on_the_globe(table) for table in district(30, 30)), strict=True))
    found = huff_catchments(*({**tables, name: spoil(tables[name], column, value)}.values()), params())
    expected = huff_catchments(*({**tables, name: tables[name].drop(index=3)}.values()), params())
    assert found.tables["left_out"].values.tolist() == [[name, 3, said]]
    pd.testing.assert_frame_equal(found.tables["catchments"], expected.tables["catchments"])


def test_ids_may_be_words():
    stores, cells = district(30, 30)
    words = stores.assign(store_id="shop " + stores["store_id"].astype(str))
    found, expected = (huff_catchments(table, cells, params()).tables["catchments"] for table in (words, stores))
    assert found["store_id"].tolist() == words["store_id"].tolist()
    np.testing.assert_array_equal(found["people"], expected["people"])


def test_faulty_parameters_are_all_named():
    with pytest.raises(InputError) as raised:
        HuffParams(radius_km=0, decay_per_km=-1, area_exponent=float("nan"), outside_attraction=-2, decay="linear")
    assert len(raised.value.faults) == 5


def test_parameters_come_from_the_register():
    scenario = load_scenario("base").override({"catchment.radius_km": 2})
    assert HuffParams.of(scenario).radius_km == 2
    assert HuffParams.of().radius_km == 3
    stores, cells = district(30, 30)
    pd.testing.assert_frame_equal(
        huff_catchments(stores, cells).tables["catchments"],
        huff_catchments(stores, cells, HuffParams.of()).tables["catchments"],
    )


def test_an_unknown_store_has_no_cells():
    stores, cells = district(30, 30)
    with pytest.raises(InputError, match="no store 999"):
        store_cells(999, stores, cells, params())
