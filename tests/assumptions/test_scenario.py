import pickle

import pytest

from lst_workbench.assumptions import load_register, load_scenario, scenario_names
from lst_workbench.contracts import InputError

HEAD = """name = "mine"
label = "Mine"
label_zh = "我的"
description = "A test."
description_zh = "测试。"
goal = "in_system"
"""


def scenario_file(folder, text):
    path = folder / "mine.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return path


def test_shipped_scenarios_load_and_carry_their_names():
    assert scenario_names() == ["base", "double-gmv", "million-new", "more-reps", "profit"]
    for name in scenario_names():
        scenario = load_scenario(name)
        assert scenario.name == name
        assert scenario.label and scenario.label_zh and scenario.description and scenario.description_zh
    assert load_scenario("base").overrides == {}
    assert load_scenario("million-new").goal == "signups"


def test_double_gmv_is_double_and_consistent():
    base, double = load_scenario("base"), load_scenario("double-gmv")
    assert double["platform.wallet_share"] == 2 * base["platform.wallet_share"]
    assert double["capital.working_rmb"] == 2 * base["capital.working_rmb"]
    orders = double["order.per_month"] * double["order.aov_rmb"]
    assert orders == pytest.approx(double["platform.spend_user_month"], rel=0.01)


def test_session_beats_scenario_beats_region_beats_base(tmp_path):
    text = """[overrides]
"field.visits_day" = 30
[regions.340000]
"field.visits_day" = 16
"order.per_month" = 3
"network.circuity" = 1.5
"""
    scenario = load_scenario(scenario_file(tmp_path, text)).override({"network.circuity": 1.6})
    anhui = scenario.for_region(340000)
    assert anhui["field.visits_day"] == 30
    assert anhui["order.per_month"] == 3
    assert anhui["network.circuity"] == 1.6
    assert anhui["field.reps"] == 2000
    levels = {key: given.level for key, given in anhui.overrides.items()}
    assert levels == {"field.visits_day": "scenario", "order.per_month": "region", "network.circuity": "session"}
    assert anhui.for_region(110000)["order.per_month"] == 4


def test_only_figures_of_the_nation_shrink_with_the_market():
    scenario = load_scenario("more-reps")
    local = scenario.at_scale(0.001)
    assert local["field.reps"] == 4
    assert local["goal.stores"] == 1000
    assert local["order.aov_rmb"] == scenario["order.aov_rmb"]
    again = local.at_scale(6000 / local["market.small_stores"])
    assert again["field.reps"] == pytest.approx(4)
    assert local.override({"field.reps": 3})["field.reps"] == 3
    with pytest.raises(InputError, match="from 2 to 4 reps"):
        local.override({"field.reps": 3000})


def test_all_faults_of_an_override_are_listed_at_once():
    faulty = {
        "field.rep": 1,
        "field.reps": 9000,
        "econ.take_rate": float("nan"),
        "order.per_month": True,
        "order.aov_rmb": "700 USD",
        "credit.lgd": {"value": 60, "unit": "%"},
        "rollout.start_month": 201713,
        "platform.stores_2017_08": 400_000,
    }
    with pytest.raises(InputError) as raised:
        load_scenario("base").override(faulty)
    said = raised.value.faults
    assert len(said) == len(faulty)
    assert "did you mean field.reps" in said[0]
    assert "from 2,000 to 4,000 reps" in said[1]
    assert "not a finite number" in said[2]
    assert "not a number" in said[3]
    assert "not in USD" in said[4]
    assert "not in %" in said[5]
    assert "no month" in said[6]
    assert "give 500,000 stores" in said[7]


def test_all_faults_of_a_file_are_listed_at_once(tmp_path):
    text = """[overrides]
"field.rep" = 1
"order.per_month" = 900
[session]
"order.aov_rmb" = "much"
[regions.34]
"network.circuity" = 0.1
[regions.340000]
"field.reps" = 2000
"""
    with pytest.raises(InputError) as raised:
        load_scenario(scenario_file(tmp_path, text))
    assert len(raised.value.faults) == 6
    assert "mine.toml has 6 faults" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[overrides\n", "line 7"),
        ("[override]\n", "override is not a known field"),
        ("[overrides]\n[regions.anhui]\n", "six-digit NBS code"),
        ("scale = 0\n", "scale is 0"),
    ],
)
def test_a_malformed_file_is_one_sentence(tmp_path, text, said):
    with pytest.raises(InputError) as raised:
        load_scenario(scenario_file(tmp_path, text))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_files_that_are_not_there_or_not_text(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_scenario(tmp_path / "nothing.toml")
    with pytest.raises(InputError, match="did you mean base"):
        load_scenario("bas")
    path = tmp_path / "mine.toml"
    path.write_bytes(HEAD.encode("gb18030"))
    with pytest.raises(InputError, match="line 3 is not UTF-8"):
        load_scenario(path)


def test_unquoted_keys_and_units_are_read(tmp_path):
    text = '[overrides]\nfield.reps = "3,000 reps"\norder.aov_rmb = { value = 800, unit = "RMB" }\n'
    scenario = load_scenario(scenario_file(tmp_path, text))
    assert scenario["field.reps"] == 3000
    assert scenario["order.aov_rmb"] == 800


def test_a_scenario_survives_its_file_and_another_process(tmp_path):
    text = '[overrides]\nfield.reps = 3000\n[regions.340000]\n"order.per_month" = 3\n'
    scenario = load_scenario(scenario_file(tmp_path, text)).override({"order.aov_rmb": 900}).at_scale(0.01)
    path = tmp_path / "again.toml"
    path.write_text(scenario.to_toml(), encoding="utf-8")
    for again in (load_scenario(path), pickle.loads(pickle.dumps(scenario))):
        assert again.values() == scenario.values()
        assert again.overrides == scenario.overrides
        assert again.for_region(340000)["order.per_month"] == 3


def test_a_scenario_is_frozen():
    scenario = load_scenario("base")
    with pytest.raises(ValueError, match="frozen"):
        scenario.goal = "signups"
    assert scenario.override({"field.reps": 3000}) is not scenario
    assert scenario["field.reps"] == load_register()["field.reps"].value


@pytest.mark.parametrize("share", [0, -1, float("nan"), float("inf")])
def test_a_senseless_scale_is_refused(share):
    with pytest.raises(InputError, match="scale of the market"):
        load_scenario("base").at_scale(share)
