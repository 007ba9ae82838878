import numpy as np
import pandas as pd
import pytest

from lst_workbench.catchment import (
    catchment_profiles,
    cell_access,
    find_similar,
    huff_catchments,
    place_profiles,
    store_cells,
    store_rivals,
    transfer_shoppers,
)
from lst_workbench.contracts import InputError
from tests.catchment.test_huff import distances, district, on_the_globe, params


@pytest.fixture(scope="module", params=["plane", "globe"])
def towns(request):
    stores, cells = district(stores=300, cells=600, side_km=14.0)
    rng = np.random.default_rng(5)
    cells["households"] = cells["people"] / rng.uniform(2.2, 3.4, len(cells))
    cells["age_60_share"] = rng.uniform(0.1, 0.3, len(cells))
    cells["settlement_kind"] = rng.choice(["city_core", "suburb", "township", "village"], len(cells))
    if request.param == "globe":
        stores, cells = on_the_globe(stores), on_the_globe(cells)
    return stores, cells


def shares(stores, cells, given):
    """Dense and obvious."""
    pull = given.taper_from_share * given.radius_km
    km = distances(stores, cells)
    s = np.clip((km - pull) / (given.radius_km - pull), 0, 1)
    attraction = stores["area_m2"].to_numpy() ** given.area_exponent
    u = attraction[:, None] * np.exp(-given.decay_per_km * km) * (1 - s * s * (3 - 2 * s)) * (km < given.radius_km)
    return km, u / (u.sum(0) + given.outside_attraction)


def test_profiles_are_means_over_the_people_drawn(towns):
    stores, cells = towns
    km, share = shares(stores, cells, params())
    drawn = share * cells["people"].to_numpy()
    people = drawn.sum(1)
    found = catchment_profiles(stores, cells, params())
    assert np.allclose(found["people"], people, rtol=1e-5)
    some = people > 1e-6

    def mean(of):
        return (drawn * np.asarray(of, float)).sum(1)[some] / people[some]

    assert np.allclose(found["distance_km"][some], (drawn * km).sum(1)[some] / people[some], rtol=1e-5)
    assert np.allclose(found["income_index"][some], mean(cells["income_index"]), rtol=1e-5)
    assert np.allclose(found["age_60_share"][some], mean(cells["age_60_share"]), rtol=1e-5)
    assert np.allclose(found["urban_share"][some], mean(cells["settlement_kind"] != "village"), rtol=1e-5)
    people_of = cells["people"].to_numpy()
    a_head = np.divide(cells["households"].to_numpy(), people_of, where=people_of > 0, out=np.zeros(len(cells)))
    assert np.allclose(found["households"], (drawn * a_head).sum(1), rtol=1e-4)
    inside = km <= params().radius_km
    assert np.allclose(found["people_nearby"], (inside * cells["people"].to_numpy()).sum(1), rtol=1e-5)


def test_profiles_agree_with_catchments_and_do_not_depend_on_threads(towns):
    stores, cells = towns
    found = catchment_profiles(stores, cells, params())
    huff = huff_catchments(stores, cells, params()).tables["catchments"]
    for column in ("people", "income_index", "people_nearby", "rivals"):
        assert np.allclose(found[column], huff[column], rtol=1e-6), column
    pd.testing.assert_frame_equal(found, catchment_profiles(stores, cells, params(), threads=2))


def test_profiles_without_people_are_empty_not_wrong():
    stores = pd.DataFrame({"store_id": [1], "x_km": [0.0], "y_km": [0.0], "area_m2": [50.0]})
    cells = pd.DataFrame({"x_km": [50.0], "y_km": [0.0], "people": [10.0], "age_60_share": [0.2]})
    row = catchment_profiles(stores, cells, params()).iloc[0]
    assert row["people"] == 0 and row["income_index"] == 1
    assert np.isnan(row["distance_km"]) and np.isnan(row["age_60_share"]) and np.isnan(row["households"])


def test_rivals_are_those_of_the_dense_model(towns):
    stores, cells = towns
    _, share = shares(stores, cells, params())
    people = cells["people"].to_numpy()
    busiest = int((share * people).sum(1).argmax())
    found = store_rivals(int(stores["store_id"][busiest]), stores, cells, params()).set_index("rival_id")
    mine = share[busiest]
    both = (people * mine * share).sum(1)
    gained = (people * mine * np.divide(share, 1 - share)).sum(1)
    expected = pd.Series(both, stores["store_id"]).drop(stores["store_id"][busiest])
    expected = expected[expected > 0]
    assert set(found.index) == set(expected.index)
    assert np.allclose(found["shared_people"], expected[found.index], rtol=1e-4)
    rows = stores.set_index("store_id").index.get_indexer(found.index)
    assert np.allclose(found["gained_people"], gained[rows], rtol=1e-4)
    assert found["shared_people"].is_monotonic_decreasing


def test_what_a_rival_leaves_is_what_the_transfer_says(towns):
    stores, cells = towns
    rivals = store_rivals(100, stores, cells, params())
    first = rivals.iloc[0]
    moved = transfer_shoppers(stores, cells, params(), closed=[int(first["rival_id"])]).tables["transfers"]
    assert moved.set_index("store_id").loc[100, "change_people"] == pytest.approx(first["gained_people"], rel=1e-5)


def opening(stores):
    return stores.iloc[[20]].assign(store_id=9_000, area_m2=120.0)


@pytest.mark.parametrize("change", ["opened", "closed", "renovated", "all"])
def test_transfers_add_up_to_zero_and_equal_two_whole_runs(towns, change):
    stores, cells = towns
    changes = {
        **({"opened": opening(stores)} if change in ("opened", "all") else {}),
        **({"closed": [7, 150]} if change in ("closed", "all") else {}),
        **({"renovated": {8: 200.0, 60: 10.0}} if change in ("renovated", "all") else {}),
    }
    result = transfer_shoppers(stores, cells, params(), **changes)
    found = result.tables["transfers"].set_index("store_id")
    assert result.kpis()["error_people"] < 1e-6 * cells["people"].sum()
    after = stores.copy()
    if "renovated" in changes:
        after["area_m2"] = after["store_id"].map(changes["renovated"]).fillna(after["area_m2"])
    after = after[~after["store_id"].isin(changes.get("closed", []))]
    if "opened" in changes:
        after = pd.concat([after, changes["opened"]], ignore_index=True)
    was = huff_catchments(stores, cells, params()).tables["catchments"].set_index("store_id")["people"]
    now = huff_catchments(after, cells, params()).tables["catchments"].set_index("store_id")["people"]
    difference = now.sub(was, fill_value=0)
    close = {"rtol": 1e-5, "atol": 1e-2}
    assert np.allclose(found["change_people"], difference.reindex(found.index).fillna(0), **close)
    elsewhere = difference.drop(found.index)
    assert np.allclose(elsewhere, 0, atol=1e-2), "nobody else is touched"
    assert np.allclose(found["people_before"], was.reindex(found.index).fillna(0), **close)


def test_a_change_of_nothing_or_of_nobody_is_refused(towns):
    stores, cells = towns
    with pytest.raises(InputError, match="nothing opens"):
        transfer_shoppers(stores, cells, params())
    with pytest.raises(InputError) as caught:
        transfer_shoppers(stores, cells, params(), closed=[-1], renovated={-2: 10, 3: -5}, opened=stores.iloc[[0]])
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize("decayed", [True, False])
def test_access_is_the_two_steps_done_densely_and_conserves_supply(towns, decayed):
    stores, cells = towns
    given = params()
    km = distances(stores, cells)
    if decayed:
        pull = given.taper_from_share * given.radius_km
        s = np.clip((km - pull) / (given.radius_km - pull), 0, 1)
        f = np.exp(-given.decay_per_km * km) * (1 - s * s * (3 - 2 * s)) * (km < given.radius_km)
    else:
        f = (km <= given.radius_km * (1 + 1e-12)).astype(float)
    people, floor = cells["people"].to_numpy(), stores["area_m2"].to_numpy()
    reached = (f * people).sum(1)
    each = np.divide(floor, reached, out=np.zeros_like(floor), where=reached > 0)
    found = cell_access(stores, cells, given, decayed=decayed)
    exact = 1000 * (each[:, None] * f).sum(0)
    off = ~np.isclose(found["access_m2_1000"], exact, rtol=1e-6)
    on_the_edge = (np.abs(km - given.radius_km) < 1e-9).any(0)
    assert not (off & ~on_the_edge).any()
    served = floor[reached > 0].sum()
    assert (found["access_m2_1000"] * found["people"]).sum() / 1000 == pytest.approx(served, rel=1e-5)
    assert np.allclose(found["nearest_km"], km.min(0), rtol=1e-5, atol=1e-5)
    median = np.repeat(np.sort(exact), np.round(people[np.argsort(exact, kind="stable")]).astype(int))
    limit = 0.5 * median[len(median) // 2]
    clear = np.abs(exact - limit) > 1e-3 * limit
    assert ((exact < limit) == found["underserved"])[clear & ~on_the_edge].all()


def test_access_without_stores_or_people():
    cells = pd.DataFrame({"h3_8": [1], "x_km": [0.0], "y_km": [0.0], "people": [10.0]})
    stores = pd.DataFrame({"store_id": [1], "x_km": [0.0], "y_km": [0.0], "area_m2": [50.0]})
    row = cell_access(stores.iloc[:0], cells, params()).iloc[0]
    assert row["access_m2_1000"] == 0 and np.isnan(row["nearest_km"])
    assert cell_access(stores, cells.assign(people=0.0), params()).iloc[0]["access_m2_1000"] == 0


def test_similar_finds_planted_twins_and_says_why():
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.normal(size=(400, 5)), columns=list("abcde")).assign(place_id=np.arange(400))
    best = list(range(20))
    table.loc[:39, "a"] = 3 + 0.05 * rng.normal(size=40)  # 20 given, 20 twins: alike in a and b, not in the rest
    table.loc[:39, "b"] = -3 + 0.05 * rng.normal(size=40)
    found = find_similar(table, best, key="place_id", n=20)
    assert len(set(found["key"].astype(int)) & set(range(20, 40))) >= 19
    assert found["alike_in"].str.contains("a (?:3|2.9).*b -(?:3|2.9)|b -(?:3|2.9).*a (?:3|2.9)").mean() > 0.9
    assert found["likeness"].is_monotonic_decreasing
    assert not set(found["key"].astype(int)) & set(best)


def test_a_twin_comes_first_and_units_do_not_matter():
    rng = np.random.default_rng(4)
    table = pd.DataFrame({"store_id": np.arange(50), "people": rng.lognormal(5, 1, 50), "income": rng.random(50)})
    table.loc[49, ["people", "income"]] = table.loc[0, ["people", "income"]]
    found = find_similar(table, [0], key="store_id")
    assert found["key"].iloc[0] == "49" and found["likeness"].iloc[0] == 1.0
    again = find_similar(table.assign(income=1000 * table["income"]), [0], key="store_id")
    assert again["key"].tolist() == found["key"].tolist()


def test_similar_says_all_faults_at_once():
    table = pd.DataFrame({"store_id": [1, 2], "people": [5.0, 6.0]})
    with pytest.raises(InputError) as caught:
        find_similar(table, [], key="store_id", n=0)
    assert len(caught.value.faults) == 2
    with pytest.raises(InputError, match="9 is not in the table"):
        find_similar(table, [9], key="store_id")
    with pytest.raises(InputError, match="no feature varies"):
        find_similar(table.assign(people=1.0), [1], key="store_id")


def test_places_are_described_by_their_people(towns):
    stores, cells = towns
    rng = np.random.default_rng(1)
    stores, cells = (t.assign(place_id=rng.integers(1, 6, len(t))) for t in (stores, cells))
    found = place_profiles(stores, cells).set_index("place_id")
    assert found["people"].sum() == pytest.approx(cells["people"].sum())
    assert found["stores"].sum() == len(stores)
    here = cells[cells["place_id"] == 3]
    assert found.loc[3, "income_index"] == pytest.approx(np.average(here["income_index"], weights=here["people"]))


def test_a_store_draws_what_its_cells_give(towns):
    stores, cells = towns
    found = catchment_profiles(stores, cells, params()).set_index("store_id")
    links = store_cells(100, stores, cells, params())
    assert links["people"].sum() == pytest.approx(found.loc[100, "people"], rel=1e-4)


def test_cells_without_people_give_nothing_and_no_faults():
    stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 0.0], "y_km": [0.0, 0.0], "area_m2": [50.0, 50.0]})
    cells = pd.DataFrame({"h3_8": [7], "x_km": [0.5], "y_km": [0.0], "people": [0.0]})
    assert catchment_profiles(stores, cells, params())["people"].tolist() == [0, 0]
    assert store_rivals(1, stores, cells, params()).empty
    assert transfer_shoppers(stores, cells, params(), closed=[1]).kpis()["outside_change_people"] == 0
    assert len(catchment_profiles(stores.iloc[:0], cells, params())) == 0
    assert catchment_profiles(stores, cells.iloc[:0], params())["people"].tolist() == [0, 0]


def test_stores_on_one_spot_share_alike_and_all_may_close():
    stores = pd.DataFrame({"store_id": [1, 2], "x_km": [0.0, 0.0], "y_km": [0.0, 0.0], "area_m2": [50.0, 50.0]})
    cells = pd.DataFrame({"h3_8": [7], "x_km": [0.5], "y_km": [0.0], "people": [300.0]})
    people = catchment_profiles(stores, cells, params())["people"]
    assert people[0] == people[1] > 0
    gone = transfer_shoppers(stores, cells, params(), closed=[1, 2])
    assert gone.kpis()["outside_change_people"] == pytest.approx(people.sum(), rel=1e-6)
    assert (gone.tables["transfers"]["people_after"] == 0).all()


@pytest.mark.parametrize("radius", [0, -1, float("nan"), "far"])
def test_a_radius_that_is_none_is_refused_in_a_sentence(radius):
    with pytest.raises(InputError, match="radius_km must be"):
        params(radius_km=radius)


def test_decay_by_kind_of_settlement_is_that_of_the_dense_model(towns):
    stores, cells = towns
    by_kind = {"village": 0.6, "city_core": 2.5}
    given = params(decay_by_kind=by_kind)
    rate = cells["settlement_kind"].map(by_kind).fillna(given.decay_per_km).to_numpy()
    km = distances(stores, cells)
    begins = given.taper_from_share * given.radius_km
    s = np.clip((km - begins) / (given.radius_km - begins), 0, 1)
    attraction = stores["area_m2"].to_numpy() ** given.area_exponent
    u = attraction[:, None] * np.exp(-rate * km) * (1 - s * s * (3 - 2 * s)) * (km < given.radius_km)
    drawn = u / (u.sum(0) + given.outside_attraction) * cells["people"].to_numpy()
    found = huff_catchments(stores, cells, given).tables["catchments"]
    assert np.allclose(found["people"], drawn.sum(1), rtol=1e-5)
    assert np.allclose(catchment_profiles(stores, cells, given)["people"], drawn.sum(1), rtol=1e-5)
    assert store_cells(100, stores, cells, given)["people"].sum() == pytest.approx(drawn[100].sum(), rel=1e-4)
    same = params(decay_by_kind=dict.fromkeys(("city_core", "suburb", "township", "village"), 1.5))
    plain = huff_catchments(stores, cells, params()).tables["catchments"]
    pd.testing.assert_frame_equal(huff_catchments(stores, cells, same).tables["catchments"], plain)
    with pytest.raises(InputError, match="settlement_kind is missing"):
        huff_catchments(stores, cells.drop(columns="settlement_kind"), given)
    with pytest.raises(InputError, match="decay_by_kind"):
        params(decay_by_kind={"castle": 1.0})
