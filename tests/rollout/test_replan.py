"""Made again mid-year: the past is kept, capacities hold over the whole year, little changes for little reason."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError, WaveChanges
from lst_workbench.rollout import WaveParams, check_waves, plan_waves, replan_waves
from tests.rollout.test_wave_conditions import conditions_for

LOADS = ["visits_signup", "visits_care", "volume_m3_month", "capital_rmb"]


def alike_enough(case):
    """Stores worth nearly the same, as active stores are: which of them are signed is nearly a tie."""
    value = 1 + 0.02 * np.random.default_rng(4).random(len(case["stores"]))
    return {**case, "stores": case["stores"].assign(value=value, p_sign=1.0, visits_signup=6.0, visits_care=0.5)}


@pytest.fixture(scope="module")
def year(case_of):
    return alike_enough(case_of(5, 1500, 8, 5, 3))


@pytest.fixture(scope="module")
def former(year):
    return plan_waves(**year).tables


def lived(former, month, failed_share=0.1, slipped_share=0.05, seed=1):
    """What becomes of the plan until `month`: most are signed, some refuse, some slip."""
    due = former["waves"][former["waves"]["month"] <= month]
    lot = np.random.default_rng(seed).random(len(due))
    outcome = np.where(lot < failed_share, "failed", "signed")
    return due.assign(outcome=outcome)[lot < 1 - slipped_share].reset_index(drop=True)


@pytest.fixture(scope="module")
def middle(year):
    return sorted(year["months"]["month"])[3]


@pytest.fixture(scope="module")
def replanned(year, former, middle):
    return replan_waves(**year, former=former, outcomes=lived(former, middle), month=middle)


def test_the_year_keeps_every_limit_with_what_happened(year, former, middle, replanned):
    outcomes = lived(former, middle)
    waves = replanned.tables["waves"]
    broken = check_waves(waves, **year)
    assert broken[broken["constraint"] != "min_stores"].empty
    signed = outcomes[outcomes["outcome"] == "signed"]
    past = waves[waves["month"] <= middle]
    assert (
        past.sort_values("store_id").to_numpy().tolist()
        == signed[["store_id", "month"]].sort_values("store_id").to_numpy().tolist()
    )
    assert not waves["store_id"].isin(outcomes.loc[outcomes["outcome"] == "failed", "store_id"]).any()
    assert replanned.certificate.bound >= replanned.certificate.value
    assert replanned.certificate.gap < 0.02


def test_every_change_is_named_once_and_adds_up(former, middle, replanned):
    changes = WaveChanges.check(replanned.tables["changes"])
    now = replanned.tables["waves"].set_index("store_id")["month"]
    before = former["waves"].set_index("store_id")["month"]
    assert set(changes["store_id"]) == set(before.index) | set(now.index)
    of = changes.set_index("store_id")
    stays = of["change"].isin(["done", "kept"])
    assert (of.loc[stays, "before"] == of.loc[stays, "after"]).all()
    assert (of.loc[of["change"] == "kept", "after"] > middle).all()
    assert of.loc[of["change"].isin(["failed", "dropped"]), "after"].isna().all()
    assert of.loc[of["change"] == "added", "before"].isna().all()
    moved = of[of["change"] == "moved"]
    assert (moved["before"] != moved["after"]).all()
    assert (moved.loc[moved["before"] <= middle, "reason"] == "slipped").all()
    assert replanned.kpis()["failed_stores"] == (lived(former, middle)["outcome"] == "failed").sum()


def test_nothing_changes_where_all_went_as_planned(year, former, middle):
    went = lived(former, middle, failed_share=0.0, slipped_share=0.0)
    result = replan_waves(**year, former=former, outcomes=went, month=middle)
    counts = result.kpis()
    assert counts["failed_stores"] == 0
    assert counts["kept_share"] > 0.97, "but for an exchange or two that gains more than keeping to it is worth"


def test_one_refusal_changes_few_stores_and_without_stickiness_many_would(year, former, middle):
    went = lived(former, middle, failed_share=0.0, slipped_share=0.0)
    went.loc[went.index[:3], "outcome"] = "failed"
    sticky = replan_waves(**year, former=former, outcomes=went, month=middle)
    anew = plan_waves(**sticky.inputs).tables["waves"].set_index("store_id")["month"]
    before = former["waves"].set_index("store_id")["month"]
    before = before[before > middle]
    assert sticky.kpis()["kept_share"] > 0.97
    assert (anew.reindex(before.index) == before).mean() < sticky.kpis()["kept_share"] - 0.1
    plain = plan_waves(**sticky.inputs).certificate
    worth = year["months"].set_index("month")["value_factor"]
    value = year["stores"].set_index("store_id")["value"]
    ahead = sticky.tables["waves"][sticky.tables["waves"]["month"] > middle]
    earned = (ahead["store_id"].map(value) * ahead["month"].map(worth)).sum()
    assert earned > plain.bound * 0.97, "keeping to the plan costs little"


def test_promises_shares_quotas_and_the_most_stores_hold_over_the_year(year, middle):
    case = conditions_for(year, 5, promises=20, exclusions=10)
    former = plan_waves(**case).tables
    result = replan_waves(
        **case, former=former, outcomes=lived(former, middle, failed_share=0.0, slipped_share=0.1), month=middle
    )
    waves = result.tables["waves"]
    slipped = set(case["promised"]["store_id"]) - set(lived(former, middle, 0.0, 0.1)["store_id"])
    assert slipped <= set(waves["store_id"]), "promises hold even where their month is over"
    broken = check_waves(waves, **case)
    assert set(broken["constraint"]) <= {"promised", "min_stores"}, broken
    assert set(broken.loc[broken["constraint"] == "promised", "id"]) <= slipped


@pytest.mark.parametrize(
    "params", [WaveParams(method="exact", stickiness=0.3), WaveParams(method="decomposition", stickiness=0.3)]
)
def test_worth_of_keeping_is_in_value_and_bound(small_case_of, params):
    for seed in range(6):
        case = {**small_case_of(seed), "quotas": None}
        former = plan_waves(**case).tables
        again = plan_waves(**case, former=former, params=params)
        plan, before = (t["waves"].set_index("store_id")["month"] for t in (again.tables, former))
        kept = (plan.reindex(before.index) == before).sum() + 0.5 * (
            plan.reindex(before.index).notna().sum() - (plan.reindex(before.index) == before).sum()
        )
        stores, factor = case["stores"].set_index("store_id"), case["months"].set_index("month")["value_factor"]
        worth = stores["value"] * stores["p_sign"]
        value = (plan.index.map(worth) * plan.map(factor)).sum() + 0.3 * worth.mean() * kept
        assert again.certificate.value == pytest.approx(value)
        assert again.certificate.bound >= again.certificate.value


FAULTS = {
    "no outcome": (
        lambda o: o.drop(columns="outcome"),
        "outcomes: column outcome is missing|column outcome is missing",
    ),
    "unknown outcome": (lambda o: o.assign(outcome="maybe"), "outcome maybe is not known; write signed or failed"),
    "unknown store": (lambda o: o.assign(store_id=-o["store_id"] - 1), "is not among the stores"),
    "twice": (lambda o: pd.concat([o, o.head(1)]), "store_id must be unique"),
    "later": (lambda o: o.assign(month=pd.Timestamp("2018-04-01")), "month 2018-04 is no month of the plan until"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_named(year, former, middle, fault):
    change, words = FAULTS[fault]
    with pytest.raises(InputError, match=words):
        replan_waves(**year, former=former, outcomes=change(lived(former, middle)), month=middle)


def test_a_year_that_is_over_is_not_planned(year, former):
    last = year["months"]["month"].max()
    with pytest.raises(InputError, match="no month is left"):
        replan_waves(**year, former=former, outcomes=lived(former, last), month=last)
    with pytest.raises(InputError, match="2031-01 is not a month of the plan"):
        replan_waves(**year, former=former, outcomes=lived(former, last), month=pd.Timestamp("2031-01-01"))


def test_from_a_former_plan_the_search_ends_as_well(district_case):
    """Same bound from there as from nothing, twice the same, and inside the limits, whatever changed."""
    former = plan_waves(**district_case).tables
    for table, column, factor in (("territories", "visits", 1.1), ("months", "capital_rmb", 0.8)):
        changed = {
            **district_case,
            table: district_case[table].assign(**{column: factor * district_case[table][column]}),
        }
        warm, cold = plan_waves(**changed, former=former), plan_waves(**changed)
        assert check_waves(warm.tables["waves"], **changed).query("constraint != 'min_stores'").empty
        assert warm.certificate.bound == pytest.approx(cold.certificate.bound, rel=2e-3)
        assert warm.certificate.bound >= cold.certificate.value
        assert warm.certificate.gap < 0.01
        again = plan_waves(**changed, former=former)
        pd.testing.assert_frame_equal(warm.tables["waves"], again.tables["waves"])
