"""The three-tier network: brute force and HiGHS on small cases, invariants, and reasons when nothing fits."""

import itertools

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.coverage import NetworkParams, design_network, explain_site, trade_off, without_site
from lst_workbench.coverage.network_capacity import volumes
from lst_workbench.coverage.network_exact import exact_network
from lst_workbench.coverage.network_search import evaluate, search, shaken
from lst_workbench.coverage.network_surcharge import lower_bound, settled
from lst_workbench.coverage.network_task import tier_task

OWN = NetworkParams(small_pairs=0)
EXACT = NetworkParams(small_pairs=10**6)


def case(seed, stores=10, fronts=4, cities=3, regionals=2, km=120.0, **columns):
    rng = np.random.default_rng(seed)

    def at(count):
        return {"lat": 30 + rng.random(count) * km / 111.2, "lon": 114 + rng.random(count) * km / 96.3}

    demand = pd.DataFrame({"store_id": np.arange(stores) * 10, **at(stores)})
    demand["volume_m3_month"] = rng.uniform(5, 40, stores)
    demand["orders_month"] = rng.uniform(10, 60, stores)
    tiers = ["front"] * fronts + ["city"] * cities + ["regional"] * regionals
    money = {"front": 900.0, "city": 1500.0, "regional": 2500.0}
    sites = pd.DataFrame({"site_id": 100 + np.arange(len(tiers)), "tier": tiers, **at(len(tiers))})
    sites["fixed_cost_rmb_month"] = sites["tier"].map(money) * rng.uniform(0.5, 1.5, len(tiers))
    return demand, sites.assign(**columns)


def cheapest_by_hand(stores, sites, params):
    """Least cost over every choice of open sites; without limits each store takes its cheapest way."""
    task = tier_task(stores, sites, params)
    choices = [itertools.product([False, True], repeat=size) for size in task.sizes]
    values = []
    for opened in itertools.product(*map(list, choices)):
        opened = tuple(np.array(tier) for tier in opened)
        if opened[1].any() and opened[2].any():
            values.append(evaluate(task, opened).value)
    return min(*values, float(task.quantity @ task.uncovered))


def cost_of_tables(result):
    """Fixed costs of open sites and costs of stores, from the tables alone."""
    sites, stores = result.tables["network_sites"], result.tables["network_stores"]
    return sites.loc[sites["opened"], "fixed_cost_rmb_month"].sum() + stores["cost_rmb_month"].sum()


@pytest.mark.parametrize("seed", range(4))
def test_highs_brute_force_and_own_kernels_reach_the_same_cost(seed):
    stores, sites = case(seed)
    best = cheapest_by_hand(stores, sites, EXACT)
    exact, own = design_network(stores, sites, EXACT), design_network(stores, sites, OWN)
    assert exact.certificate.value == pytest.approx(best, rel=1e-6)
    assert exact.certificate.status == "optimal"
    assert own.certificate.value == pytest.approx(best, rel=1e-6)
    assert own.certificate.bound <= best * (1 + 1e-9)
    assert own.certificate.bound >= 0.8 * best


@pytest.mark.parametrize("seed", range(3))
def test_capacities_and_minimum_volumes_hold_at_every_tier(seed):
    stores, sites = case(seed, capacity_m3_month=90.0, min_volume_m3_month=20.0)
    sites.loc[sites["tier"] != "front", "capacity_m3_month"] = 160.0
    exact, own = design_network(stores, sites, EXACT), design_network(stores, sites, OWN)
    for result in (exact, own):
        table = result.tables["network_sites"].query("opened")
        assert (table["volume_m3_month"] <= table["capacity_m3_month"] + 1e-6).all()
        assert (table["volume_m3_month"] >= 20.0 - 1e-6).all()
        assert cost_of_tables(result) == pytest.approx(result.certificate.value, rel=1e-6)
    assert own.certificate.bound <= exact.certificate.value * (1 + 1e-6)
    assert own.certificate.value >= exact.certificate.value * (1 - 1e-6)


@pytest.mark.parametrize(
    "limits", [{}, {"capacity_m3_month": 90.0, "min_volume_m3_month": 20.0}], ids=["free", "limited"]
)
@pytest.mark.parametrize("seed", range(4))
def test_the_bound_as_summed_up_never_crosses_the_optimum(seed, limits):
    task = tier_task(*case(seed, **limits), OWN)
    network = settled(task, task, None, OWN)
    optimum = exact_network(task)[1].value + task.constant_rmb
    bound = lower_bound(task, OWN, network)
    assert 0.0 < bound <= optimum * (1 + 1e-9)
    assert limits or bound >= 0.99 * optimum  # within limits it is valid but loose


@pytest.mark.xfail(reason="the search within capacities is far from the optimum", strict=True)
def test_the_search_within_capacities_is_near_the_optimum():
    stores, sites = case(0, capacity_m3_month=90.0, min_volume_m3_month=20.0)
    exact, own = design_network(stores, sites, EXACT), design_network(stores, sites, OWN)
    assert own.certificate.value <= 1.1 * exact.certificate.value


def test_limits_by_brute_force():
    """Two stores, one of which the only front has room for: the other is served slowly or not at all."""
    stores, sites = case(1, stores=2, fronts=1, cities=1, regionals=1, km=20.0)
    stores["volume_m3_month"] = [30.0, 20.0]
    sites["fixed_cost_rmb_month"] = 1.0
    sites["capacity_m3_month"] = [35.0, np.inf, np.inf]
    result = design_network(stores, sites, EXACT)
    served = result.tables["network_stores"]["service"].astype(str).tolist()
    assert sorted(served) == ["next_day", "slow"]


def test_shakes_lead_out_of_a_local_optimum_and_never_cost_more():
    """More shakes are the same ones and then some; of a dozen searches at least one had ended in a local optimum."""
    gained = []
    for seed in range(12):
        task = tier_task(*case(seed, stores=150, fronts=20, cities=10, regionals=5, km=600.0), NetworkParams())
        alone = search(task)
        more = [shaken(task, alone, times).value for times in (0, 2, 6)]
        assert alone.value == more[0] >= more[1] >= more[2]
        gained.append(more[0] - more[2])
    assert max(gained) > 0


def test_flows_are_conserved_and_only_open_sites_serve_within_the_radius():
    stores, sites = case(5, stores=300, fronts=25, cities=8, regionals=3)
    result = design_network(stores, sites, NetworkParams(cells=60, sample=100, iterations=60))
    table, lanes, served = (result.tables[f"network_{name}"] for name in ("sites", "lanes", "stores"))
    opened = table[table["opened"]].set_index("site_id")
    assert set(served["site_id"].dropna()) <= set(opened.index)
    assert set(lanes["from_site_id"]) <= set(opened.index)
    assert (served.loc[served["service"] == "next_day", "distance_km"] <= 40.0 + 1e-4).all()
    by_store = stores.set_index("store_id")["volume_m3_month"].groupby(served.set_index("store_id")["site_id"]).sum()
    through = lanes.groupby("from_site_id")["volume_m3_month"].sum()
    for site, row in opened.iterrows():
        assert row["volume_m3_month"] == pytest.approx(by_store.get(site, 0.0) + through.get(site, 0.0))
    assert cost_of_tables(result) == pytest.approx(result.certificate.value)
    assert result.certificate.bound <= result.certificate.value


def test_one_front_has_one_city_and_one_city_has_one_regional():
    result = design_network(*case(3, stores=200, fronts=20, cities=6, regionals=3), OWN)
    lanes = result.tables["network_lanes"].merge(
        result.tables["network_sites"][["site_id", "tier"]], left_on="from_site_id", right_on="site_id"
    )
    assert not lanes["to_site_id"].duplicated().any()
    assert (lanes["tier_x"].map({"front": "city", "city": "regional"}).astype(str) == lanes["tier_y"].astype(str)).all()


def test_more_radius_or_more_sites_never_cost_more():
    stores, sites = case(2)
    values = [
        design_network(stores, sites, NetworkParams(small_pairs=10**6, radius_km=km)).certificate.value
        for km in (20, 40, 80)
    ]
    assert values == sorted(values, reverse=True)
    fewer = sites[~sites["site_id"].isin([101, 105])]
    assert design_network(stores, fewer, EXACT).certificate.value >= values[1] - 1e-6


@pytest.mark.parametrize("params", [EXACT, OWN], ids=["exact", "own"])
def test_a_promise_is_kept_at_a_cost_and_a_budget_buys_a_promise(params):
    stores, sites = case(4, km=70.0)
    sites["fixed_cost_rmb_month"] *= 4
    free = design_network(stores, sites, params)
    kept = design_network(stores, sites, params, promise_share=0.9)
    assert kept.figures["next_day_share"] >= 0.9
    assert kept.certificate.value >= free.certificate.value * (1 - 1e-9)
    assert kept.certificate.bound <= kept.certificate.value * (1 + 1e-9)
    bought = design_network(stores, sites, params, budget_rmb_month=kept.certificate.value * (1 + 1e-6))
    assert bought.figures["cost_rmb_month"] <= kept.certificate.value * (1 + 1e-5)
    assert bought.certificate.bound >= bought.certificate.value
    if params is EXACT:
        assert bought.figures["next_day_share"] >= kept.figures["next_day_share"] - 1e-9


def test_the_trade_off_rises_in_cost_with_the_promise():
    stores, sites = case(4, stores=40, fronts=12, km=200.0)
    curve = trade_off(stores, sites, OWN)
    assert curve["next_day_share"].is_monotonic_increasing
    assert (curve["cost_rmb_month"].diff().dropna() >= -1e-6 * curve["cost_rmb_month"].max()).all()


def test_sites_that_must_stay_may_close_or_are_forbidden():
    stores, sites = case(6)
    best = design_network(stores, sites, EXACT)
    table = best.tables["network_sites"]
    fronts = table[table["tier"] == "front"]
    shut, opened = fronts.loc[~fronts["opened"], "site_id"], fronts.loc[fronts["opened"], "site_id"]
    keep = sites.assign(status=np.where(sites["site_id"].isin(shut), "keep", "candidate"))
    kept = design_network(stores, keep, EXACT)
    assert kept.tables["network_sites"].set_index("site_id").loc[shut, "opened"].all()
    assert kept.certificate.value > best.certificate.value
    assert cost_of_tables(kept) == pytest.approx(kept.certificate.value, rel=1e-6)
    forbid = sites.assign(status=np.where(sites["site_id"].isin(opened), "forbidden", "candidate"))
    assert design_network(stores, forbid, EXACT).certificate.value > best.certificate.value
    leave = sites.assign(status="may_close", closing_cost_rmb_month=1e6)
    assert design_network(stores, leave, EXACT).tables["network_sites"]["opened"].all()


def test_a_promise_beyond_the_radius_says_which_radius_it_needs():
    stores, sites = case(1, fronts=1, km=300.0)
    result = design_network(stores, sites, promise_share=1.0)
    assert result.certificate.status == "infeasible"
    assert "the promise needs a radius of at least" in result.certificate.reason
    needed = float(result.certificate.reason.split("at least ")[1].split(" km")[0].replace(",", ""))
    reach = tier_task(stores, sites, NetworkParams(radius_km=needed))
    assert (np.diff(reach.starts) > 0).all()
    assert not (np.diff(tier_task(stores, sites, NetworkParams(radius_km=needed - 2)).starts) > 0).all()


def test_a_budget_below_the_cheapest_network_says_so():
    result = design_network(*case(1), EXACT, budget_rmb_month=1.0)
    assert result.certificate.status == "infeasible" and "raise the budget" in result.certificate.reason


def test_every_figure_of_sites_and_stores_below_zero_is_refused_at_once():
    stores, sites = case(0)
    columns = ["capacity_m3_month", "min_volume_m3_month", "handling_rmb_m3", "closing_cost_rmb_month"]
    stores["fast_share"] = 0.5
    stores.loc[1, "fast_share"] = 1.2
    sites.loc[2, columns] = -1.0
    with pytest.raises(InputError) as refused:
        design_network(stores, sites)
    said = str(refused.value)
    assert all(f"sites.{column} must be at least 0 (1 are not: 102)" in said for column in columns)
    assert "stores.fast_share must be between 0 and 1 (1 are not: 10)" in said


def test_a_budget_below_zero_is_refused():
    with pytest.raises(InputError, match="budget_rmb_month must be at least 0, not -5"):
        design_network(*case(1), EXACT, budget_rmb_month=-5.0)


@pytest.mark.parametrize("seed", range(3))
def test_one_site_more_or_fewer_is_the_cheapest_of_all_single_steps(seed):
    stores, sites = case(seed)
    result = design_network(stores, sites, EXACT)
    ids = sites["site_id"].to_numpy()
    for row in result.marginal_sites().itertuples():
        tier = ["front", "city", "regional"].index(row.tier)
        changes = {}
        for at in np.flatnonzero(result.opened[tier] == (row.step == "close")):
            wanted = set(ids[np.concatenate(result.opened)]) ^ {result.task.sites[tier]["site_id"].iloc[at]}
            fixed = sites.loc[sites["site_id"].isin(wanted), ["site_id"]]
            alone = sites[sites["site_id"].isin(fixed["site_id"])]
            if set(alone["tier"]) >= {"city", "regional", "front"}:
                task = tier_task(stores, alone, EXACT)
                value = evaluate(task, tuple(np.ones(size, bool) for size in task.sizes)).value
                changes[result.task.sites[tier]["site_id"].iloc[at]] = value - result.certificate.value
        if row.site_id in changes:
            assert row.cost_change_rmb_month == pytest.approx(min(changes.values()), abs=1e-3)
        assert row.cost_change_rmb_month >= -1e-3  # the network was optimal


@pytest.mark.parametrize("seed", range(4))
def test_a_lost_lane_costs_what_the_next_best_one_does(seed):
    stores, sites = case(seed, stores=30, km=60.0)
    keep = design_network(stores, sites.assign(status="keep"), EXACT)
    front = int(keep.task.sites[0]["site_id"].iloc[0])
    ways = (keep.task.to_city + keep.task.to_regional.min(axis=1))[0]
    volume = keep.task.quantity[evaluate(keep.task, keep.opened).design.front_of == 0].sum()
    effect = keep.without_lane(front)
    least, following = np.sort(ways)[:2]
    assert 0.0 <= effect["cost_change_rmb_month"] <= volume * (following - least) + 1e-3
    assert effect["next_day_change_share"] <= 0.0
    assert effect["feeds_from"] == keep.task.sites[1]["site_id"].iloc[int(np.argsort(ways)[1])]
    with pytest.raises(InputError, match="no lane feeds site 999"):
        keep.without_lane(999)


def test_a_city_that_loses_its_lane_is_fed_by_the_next_regional():
    stores, sites = case(3, cities=1, regionals=3)
    keep = design_network(stores, sites.assign(status="keep"), EXACT)
    ways = keep.task.to_regional[0]
    least, following = np.sort(ways)[:2]
    network = evaluate(keep.task, keep.opened)
    volume = keep.task.quantity[(network.design.front_of >= 0) | (network.design.slow_city_of >= 0)].sum()
    effect = keep.without_lane(int(keep.task.sites[1]["site_id"].iloc[0]))
    assert effect["feeds_from"] == keep.task.sites[2]["site_id"].iloc[int(np.argsort(ways)[1])]
    assert 0.0 < effect["cost_change_rmb_month"] <= volume * (following - least) + 1e-3


def test_explanations_and_resilience_follow_from_the_network():
    result = design_network(*case(2), EXACT)
    table = result.tables["network_sites"]
    for site in table.loc[table["opened"], "site_id"]:
        effect = without_site(result, int(site))
        assert effect["cost_change_rmb_month"] >= -1e-6
        assert effect["next_day_change_share"] <= 1e-9
        assert "is open" in explain_site(result, int(site)).text
    for site in table.loc[~table["opened"], "site_id"]:
        figures = explain_site(result, int(site)).table.set_index("figure")["value"]
        assert figures["cost_change_rmb_month"] >= -1e-6
    with pytest.raises(InputError, match="no site 999"):
        explain_site(result, 999)


def test_new_fronts_open_by_saving_and_parents_with_their_first():
    stores, sites = case(3, stores=200, fronts=20, cities=6, regionals=3)
    table = design_network(stores, sites, OWN, openings_month=2).tables["network_sites"].query("opened")
    fronts = table[table["tier"] == "front"].sort_values("opens_in_month")
    assert fronts["opens_in_month"].value_counts().max() <= 2
    month = table.set_index("site_id")["opens_in_month"]
    fed = table[table["feeds_from"].notna()]
    assert (month[fed["feeds_from"].astype(int)].to_numpy() <= fed["opens_in_month"].to_numpy()).all()


def test_a_road_table_replaces_the_great_circle():
    stores, sites = case(1)
    fronts = sites.loc[sites["tier"] == "front", "site_id"]
    roads = pd.DataFrame(
        [(s, f, 39.0) for s in stores["store_id"] for f in fronts], columns=["store_id", "site_id", "km"]
    )
    result = design_network(stores, sites, EXACT, distances=roads)
    served = result.tables["network_stores"].query("service == 'next_day'")
    assert np.allclose(served["distance_km"], 39.0)


def test_the_same_network_twice():
    stores, sites = case(7, stores=300, fronts=25, cities=8, regionals=3)
    one, two = (design_network(stores, sites, OWN) for _ in range(2))
    pd.testing.assert_frame_equal(one.tables["network_sites"], two.tables["network_sites"])
    assert one.certificate.bound == two.certificate.bound


def test_every_fault_is_said_at_once():
    stores, sites = case(1)
    with pytest.raises(InputError) as said:
        design_network(stores.assign(lat=95.0), sites.query("tier != 'city'"), NetworkParams(circuity=0.5))
    assert all(word in str(said.value) for word in ("lat", "city", "circuity"))


def test_volumes_of_a_design_add_up():
    stores, sites = case(2)
    result = design_network(stores, sites, EXACT)
    design = evaluate(result.task, result.opened).design
    fronts, cities, regionals = volumes(result.task, design)
    assert cities.sum() == pytest.approx(regionals.sum())
    assert fronts.sum() <= cities.sum() + 1e-9
