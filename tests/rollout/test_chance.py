"""The Monte Carlo: at its own figures it is the plan, by chance what single stores do, whatever the threads."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from lst_workbench.contracts import InputError
from lst_workbench.rollout import Lives, draw_figures, quantiles, queues_of, simulate

MONTHS = 6
VISITS_SIGNUP, CARE, SURVIVAL, ACTIVE = 4.0, 0.5, 0.9, 0.6


def lives(draws=1, regions=1, **changed):
    wide, long = np.ones((draws, regions)), np.ones(draws)
    made = {
        "visits": np.ones((draws, MONTHS)),
        "signup": VISITS_SIGNUP * wide,
        "care": CARE * long,
        "volume": 0.001 * wide,
        "capital": 0.5 * wide,
        "gmv": wide,
        "active": ACTIVE * wide,
        "survival": SURVIVAL * long,
    }
    return Lives(**{**made, **changed})


def queues(stores, visits, volume=1e9, capital=1e9, regions=None):
    ids = np.unique(stores["territory_id"])
    return queues_of(
        stores,
        pd.DataFrame(np.full((len(ids), MONTHS), visits), index=ids),
        pd.DataFrame(np.full((2, MONTHS), volume), index=[1, 2]),
        np.full(MONTHS, capital),
        pd.Series(np.zeros(len(ids), int) if regions is None else regions, index=ids),
        visits_signup=VISITS_SIGNUP,
        visits_care=CARE,
    )


@pytest.fixture
def stores():
    """Two territories, two warehouses; some in the system, some planned in each month, some next in line."""
    rng = np.random.default_rng(3)
    start = np.r_[[-1] * 6, np.repeat(np.arange(MONTHS), 4), [MONTHS] * 8]
    return pd.DataFrame(
        {
            "territory_id": 1 + np.arange(len(start)) % 2,
            "warehouse_id": pd.array(1 + rng.integers(0, 2, len(start)), "Int64"),
            "start": start,
            "gmv_rmb_month": rng.lognormal(6.0, 0.8, len(start)),
        }
    )


def curve_of(stores):
    """Add the plan up store by store."""
    rows = []
    for m in range(MONTHS):
        age = m - stores["start"]
        inside = np.where(age >= 0, SURVIVAL**age, 0.0)
        inside = np.where(stores["start"] == MONTHS, 0.0, inside)
        rows.append(
            (
                (stores["start"] == m).sum(),
                inside.sum(),
                ACTIVE * inside.sum(),
                ACTIVE * (inside * stores["gmv_rmb_month"]).sum(),
            )
        )
    return np.array(rows)


@pytest.mark.parametrize("spare", [0.0, 3.0])
def test_at_its_own_figures_without_chance_it_is_the_plan(stores, spare):
    """Visits are just those of the plan's last month, so that earlier months have room which the plan leaves over."""
    visits = 2 * VISITS_SIGNUP + CARE * (3 + 2 * (MONTHS - 1)) + spare
    lived = simulate(queues(stores, visits), lives(), chance=False).months[0]
    assert lived == pytest.approx(curve_of(stores))


def test_what_fails_is_taken_up_later(stores):
    plenty = 100.0
    visits = np.ones((1, MONTHS))
    visits[0, :3] = 0.0
    lived = simulate(queues(stores, plenty), lives(visits=visits), chance=False).months[0]
    assert lived[:, 0].tolist() == [0, 0, 0, 16, 4, 4]


def test_room_beyond_the_plans_own_goes_to_stores_next_in_line(stores):
    visits = 2 * VISITS_SIGNUP + CARE * (3 + 2 * (MONTHS - 1))
    more = simulate(queues(stores, visits), lives(visits=np.full((1, MONTHS), 9.0)), chance=False)
    assert more.at_end("signups")[0] == pytest.approx(24 + 8), "everybody within reach"


@pytest.mark.parametrize("limit", ["volume", "capital"])
def test_full_capacities_are_never_exceeded(stores, limit):
    gmv = stores.loc[stores["start"] < 0, "gmv_rmb_month"].sum()
    room = {"volume": 0.001 * 1.5 * gmv, "capital": 0.5 * 1.5 * gmv}[limit]
    kept = {"survival": np.ones(1), "active": np.ones((1, 1))}
    lived = simulate(queues(stores, 100.0, **{limit: room}), lives(**kept), chance=False)
    per_rmb, places = {"volume": (0.001, 2), "capital": (0.5, 1)}[limit]
    assert lived.at_end("gmv_rmb")[0] * per_rmb <= places * room * (1 + 1e-9)
    assert 0 < lived.at_end("signups")[0] < 32


def one_store_at_a_time(stores, visits, draws, seed):
    """Every store by itself: visits until the owner signs, a coin each month for closing and for ordering."""
    rng = np.random.default_rng(seed)
    planned = stores[stores["start"] >= 0].sort_values("start", kind="stable")
    gmv, out = planned["gmv_rmb_month"].to_numpy(), np.empty((draws, 4))
    base = stores.loc[stores["start"] < 0, "gmv_rmb_month"].to_numpy()
    for d in range(draws):
        alive, signed = list(base), 0
        for _ in range(MONTHS):
            alive = [g for g in alive if rng.random() < SURVIVAL]
            for _ in range(int(visits)):
                if signed < len(gmv) and rng.random() < 1.0 / VISITS_SIGNUP:
                    alive.append(gmv[signed])
                    signed += 1
        ordered = [g for g in alive if rng.random() < ACTIVE]
        out[d] = signed, len(alive), len(ordered), sum(ordered)
    return out


def test_joined_to_groups_it_is_what_single_stores_do():
    """One territory, no care, plan and visits alike: means and spreads of four figures against brute force."""
    rng = np.random.default_rng(5)
    start = np.r_[[-1] * 10, np.repeat(np.arange(MONTHS), 3), [MONTHS] * 40]
    gmv = np.where(start == MONTHS, 300.0, rng.lognormal(6.0, 0.6, len(start)))
    gmv[start >= 0] = 300.0 + 200.0 * rng.integers(0, 2, (start >= 0).sum())
    stores = pd.DataFrame(
        {"territory_id": 1, "warehouse_id": pd.array([1] * len(start), "Int64"), "start": start, "gmv_rmb_month": gmv}
    )
    draws, none = 4000, np.zeros(4000)
    lived = simulate(queues(stores, 3 * VISITS_SIGNUP), lives(draws, care=none), seed=11)
    ours = np.stack([lived.at_end(m) for m in ("signups", "in_system", "active", "gmv_rmb")], axis=1)
    theirs = one_store_at_a_time(stores, 3 * VISITS_SIGNUP, draws, seed=12)
    error = theirs.std(axis=0) / np.sqrt(draws)
    assert (np.abs(ours.mean(axis=0) - theirs.mean(axis=0)) < 5 * error).all()
    assert ours.std(axis=0) == pytest.approx(theirs.std(axis=0), rel=0.06)
    for ours_tenth, theirs_tenth in zip(
        np.quantile(ours, [0.1, 0.9], 0), np.quantile(theirs, [0.1, 0.9], 0), strict=True
    ):
        assert ours_tenth == pytest.approx(theirs_tenth, rel=0.05, abs=1.01)


def test_large_numbers_fluctuate_as_binomials_do():
    stores = pd.DataFrame(
        {"territory_id": 1, "warehouse_id": pd.array([1] * 5000, "Int64"), "start": -1, "gmv_rmb_month": 100.0}
    )
    draws = 3000
    lived = simulate(queues(stores, 0.0), lives(draws, care=np.zeros(draws)))
    kept = lived.at_end("in_system")
    assert kept.mean() == pytest.approx(5000 * SURVIVAL**MONTHS, rel=0.005)
    assert kept.std() == pytest.approx(np.sqrt(5000 * SURVIVAL**MONTHS * (1 - SURVIVAL**MONTHS)), rel=0.05)


def test_the_same_for_one_thread_and_three_and_another_for_another_seed(stores):
    q, world = queues(stores, 20.0, regions=[0, 1]), lives(64, 2)
    one, three = simulate(q, world, threads=1), simulate(q, world, threads=3)
    np.testing.assert_array_equal(one.months, three.months)
    np.testing.assert_array_equal(one.regions, three.regions)
    assert (simulate(q, world, seed=8).months != one.months).any()


def test_regions_add_up_to_the_whole(stores):
    lived = simulate(queues(stores, 20.0, regions=[0, 1]), lives(30, 2))
    assert lived.regions[:, :, 0].sum(axis=1) == pytest.approx(lived.at_end("signups"))
    for at, measure in enumerate(("in_system", "active", "gmv_rmb"), start=1):
        assert lived.regions[:, :, at].sum(axis=1) == pytest.approx(lived.at_end(measure))


@pytest.mark.parametrize("world", [{"visits": 1.3}, {"signup": 0.8 * VISITS_SIGNUP}, {"care": 0.5 * CARE}])
def test_better_figures_never_sign_fewer(stores, world):
    base = simulate(queues(stores, 20.0), lives(), chance=False).at_end("signups")[0]
    shape = {"visits": (1, MONTHS), "signup": (1, 1), "care": (1,)}
    better = lives(**{name: np.full(shape[name], value) for name, value in world.items()})
    assert simulate(queues(stores, 20.0), better, chance=False).at_end("signups")[0] >= base


# draws of figures


def test_quantiles_are_those_of_the_published_pert_distribution():
    """Mean (low + 4 mode + high) / 6, and Beta quantiles by scipy."""
    at = np.linspace(0.001, 0.999, 999)
    ours = quantiles(8.0, 3.0, 15.0, at)
    beta = stats.beta(1 + 4 * 5 / 12, 1 + 4 * 7 / 12)
    assert ours == pytest.approx(3.0 + 12.0 * beta.ppf(at))
    assert quantiles(8.0, 3.0, 15.0, np.linspace(5e-5, 1 - 5e-5, 10_000)).mean() == pytest.approx(50 / 6, abs=1e-3)


RANGES = pd.DataFrame(
    {"key": ["a", "b", "c"], "value": [2.0, 5.0, 1.0], "low": [1.0, 5.0, 0.0], "high": [4.0, 5.0, 1.0]}
)


def test_draws_keep_to_their_range_and_their_seed():
    drawn = draw_figures(RANGES, 5000, seed=7)
    assert 1.0 <= drawn["a"].min() < 1.2 and 3.5 < drawn["a"].max() <= 4.0
    assert set(drawn["b"]) == {5.0}
    np.testing.assert_array_equal(drawn["c"], draw_figures(RANGES, 5000, seed=7)["c"])
    assert abs(np.corrcoef(drawn["a"], drawn["c"])[0, 1]) < 0.05


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_regions_share_the_nations_spread(share):
    drawn = draw_figures(RANGES, 4000, 7, regions=3, regional_share=share, regional=["a"])["a"]
    assert drawn.shape == (4000, 3)
    assert drawn.std(axis=0) == pytest.approx(
        quantiles(2.0, 1.0, 4.0, np.linspace(5e-5, 1 - 5e-5, 9999)).std(), rel=0.05
    )
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(1.0 - share, abs=0.05)


def test_faults_of_ranges_are_named_at_once():
    with pytest.raises(InputError, match=r"a must have low <= value <= high.*draws must be at least 1.*regional_share"):
        draw_figures(RANGES.assign(value=9.0).head(1), 0, 7, regional_share=2.0)
