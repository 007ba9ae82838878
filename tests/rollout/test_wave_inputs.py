"""Bad tables are refused with every fault named at once; good ones come in any order and type."""

import numpy as np
import pandas as pd
import pytest

from lst_workbench.contracts import InputError
from lst_workbench.rollout import WaveParams, check_waves, plan_waves


def broken(case, table, **columns):
    return {**case, table: case[table].assign(**columns)}


def with_value(case, table, column, value):
    changed = case[table].copy()
    changed[column] = changed[column].astype(object if isinstance(value, str) else float)
    changed.loc[changed.index[0], column] = value
    return {**case, table: changed}


FAULTS = {
    "missing column": (lambda c: {**c, "stores": c["stores"].drop(columns="p_sign")}, "column p_sign is missing"),
    "no quota value": (lambda c: {**c, "quotas": c["quotas"].drop(columns="value")}, "quotas: column value is missing"),
    "negative load": (lambda c: with_value(c, "stores", "visits_signup", -1.0), "visits_signup must be at least 0"),
    "empty load": (lambda c: with_value(c, "stores", "capital_rmb", np.nan), "capital_rmb must be a number"),
    "endless load": (lambda c: with_value(c, "stores", "volume_m3_month", np.inf), "volume_m3_month must be finite"),
    "words for numbers": (lambda c: with_value(c, "stores", "value", "much"), "value must be a number"),
    "certainty": (lambda c: with_value(c, "stores", "p_sign", 1.2), "p_sign must be at most 1"),
    "negative capacity": (lambda c: with_value(c, "territories", "visits", -5.0), "visits must be at least 0"),
    "empty capital": (lambda c: with_value(c, "months", "capital_rmb", np.nan), "months: column capital_rmb"),
    "double store": (
        lambda c: {**c, "stores": pd.concat([c["stores"], c["stores"].head(1)])},
        "store_id must be",
    ),
    "double month": (lambda c: {**c, "months": pd.concat([c["months"], c["months"].head(1)])}, "months: month must be"),
    "double capacity": (
        lambda c: {**c, "warehouses": pd.concat([c["warehouses"], c["warehouses"].head(1)])},
        "warehouse_id .+ month must be unique",
    ),
    "unknown territory": (lambda c: broken(c, "stores", territory_id=77), "territory_id 77 has no rows in territories"),
    "unknown warehouse": (lambda c: broken(c, "stores", warehouse_id=77), "warehouse_id 77 has no rows in warehouses"),
    "missing month": (lambda c: {**c, "territories": c["territories"].iloc[1:]}, "0 in 2017-09.*give every month"),
    "no months": (lambda c: {**c, "months": c["months"].iloc[:0]}, "give at least one month"),
    "unknown quota column": (lambda c: broken(c, "quotas", column="colour"), "stores have no column colour"),
    "quota beyond the plan": (
        lambda c: broken(c, "quotas", month=pd.Timestamp("2030-01-01")),
        "2030-01 is not a",
    ),
    "double quota": (
        lambda c: {**c, "quotas": pd.concat([c["quotas"]] * 2)},
        "value .+ month must be unique",
    ),
    "negative floor": (lambda c: with_value(c, "quotas", "min_stores", -1.0), "min_stores must be empty or at least 0"),
    "negative goal": (lambda c: {**c, "max_stores": -1}, "max_stores must be at least 0"),
    "goal in words": (lambda c: {**c, "max_stores": "5"}, "max_stores must be at least 0 or None, not .5"),
    "no table": (lambda c: {**c, "warehouses": None}, "warehouses: it must be a DataFrame, not NoneType"),
    "a column twice": (
        lambda c: {**c, "stores": pd.concat([c["stores"], c["stores"][["value"]]], axis=1)},
        "stores: column value is there twice",
    ),
    "empty id": (lambda c: with_value(c, "stores", "store_id", np.nan), "store_id must not be empty"),
    "ids of two kinds": (lambda c: with_value(c, "stores", "store_id", "first"), "all numbers or all text"),
    "ids in words here, numbers there": (
        lambda c: broken(c, "stores", territory_id=c["stores"]["territory_id"].astype(str)),
        "it is text in one and a number in the other",
    ),
    "no month": (lambda c: broken(c, "warehouses", month="soon"), "warehouses: column month must be a date"),
    "half a month": (lambda c: broken(c, "months", month=1.5), "month must be a date or"),
    "goal of nothing": (lambda c: {**c, "max_stores": np.nan}, "max_stores must be at least 0"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named(small_case_of, fault):
    change, words = FAULTS[fault]
    with pytest.raises(InputError, match=words):
        plan_waves(**change(small_case_of(0)))


def test_all_faults_are_named_at_once(small_case_of):
    case = small_case_of(0)
    case = with_value(broken(case, "stores", territory_id=77), "stores", "value", -1.0)
    case = {**with_value(case, "months", "capital_rmb", np.nan), "max_stores": -3}
    with pytest.raises(InputError) as error:
        plan_waves(**case)
    assert len(error.value.faults) == 4


def test_ids_and_months_may_be_words_numbers_or_dates(small_case_of):
    case = small_case_of(3)
    plain = plan_waves(**case).tables["waves"]
    number = {month: i for i, month in enumerate(sorted(case["months"]["month"]))}
    renamed = {}
    for name, table in case.items():
        if isinstance(table, pd.DataFrame):
            words = {c: table[c].map(lambda i: f"{i:06d}") for c in table if c.endswith("_id")}
            months = {"month": table["month"].map(number)} if "month" in table else {}
            table = table.assign(**words, **months)
        renamed[name] = table
    told = plan_waves(**renamed).tables["waves"]
    assert told["store_id"].astype(int).tolist() == plain["store_id"].tolist()
    assert told["month"].tolist() == plain["month"].map(number).tolist()


@pytest.mark.parametrize("written", ["words", "periods"])
def test_months_may_be_written_as_words_or_periods(small_case_of, written):
    case = small_case_of(3)
    plain = plan_waves(**case).tables["waves"]

    def told(table):
        if "month" not in table:
            return table
        month = table["month"].dt
        return table.assign(month=month.strftime("%Y-%m") if written == "words" else month.to_period("M"))

    case = {name: told(table) if isinstance(table, pd.DataFrame) else table for name, table in case.items()}
    waves = plan_waves(**case).tables["waves"]
    pd.testing.assert_frame_equal(waves, plain)
    if written == "words":
        assert set(check_waves(waves, **case)["constraint"]) <= {"min_stores"}


def test_territories_whose_loads_are_nought_or_mixed_warn_of_nothing(small_case_of, recwarn):
    """Sign-ups that take no visits, beside a territory whose stores are all alike."""
    case = small_case_of(6)
    alike = case["stores"]["territory_id"] == case["stores"]["territory_id"].iloc[0]
    stores = case["stores"].assign(visits_signup=np.where(alike, 2.0, 0.0), visits_care=np.where(alike, 1.0, 0.0))
    result = plan_waves(**{**case, "stores": stores}, params=WaveParams(method="decomposition"))
    assert result.certificate.bound >= result.certificate.value
    assert not [warning for warning in recwarn if issubclass(warning.category, RuntimeWarning)]


def test_months_need_no_value_factor_and_capacities_may_know_more_months(small_case_of):
    case = small_case_of(2)
    later = case["territories"].assign(month=case["territories"]["month"] + pd.DateOffset(years=5))
    more = {**case, "territories": pd.concat([case["territories"], later])}
    pd.testing.assert_frame_equal(plan_waves(**case).tables["waves"], plan_waves(**more).tables["waves"])
    flat = {**case, "months": case["months"].assign(value_factor=1.0)}
    without = {**case, "months": case["months"].drop(columns="value_factor")}
    assert plan_waves(**flat).certificate.value == plan_waves(**without).certificate.value


def test_inputs_are_left_as_they_were(small_case_of):
    case = small_case_of(4)
    before = {name: table.copy() for name, table in case.items() if isinstance(table, pd.DataFrame)}
    plan_waves(**case)
    for name, table in before.items():
        pd.testing.assert_frame_equal(table, case[name])
