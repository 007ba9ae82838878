"""Explanations and comparisons: computed from stored tables, checked against sums done by hand."""

import pandas as pd
import pytest

from lst_workbench.contracts import CONTRACTS, InputError, LstError
from lst_workbench.runs import PlanResult, RunWriter, StageOutput, compare_runs, explain_store, read_run

MONTHS = pd.to_datetime(["2017-09-01", "2017-10-01", "2017-11-01"])
VISITS, VOLUME, CAPITAL = [0.1, 0.2, 0.0], [0.0, 0.0, 0.3], [0.001, 0.0, 0.0]


def plan(statuses: dict[int, tuple[str, pd.Timestamp | None]], reps: float = 2.0, name: str = "base") -> PlanResult:
    """Stores 1 in the system, 2 signed, 3 priced out, 4 at the line, 5 out of reach."""
    decisions = pd.DataFrame(
        {
            "store_id": list(statuses),
            "status": [status for status, _ in statuses.values()],
            "month": [month for _, month in statuses.values()],
            "territory_id": 1,
            "site_id": pd.array([7, 7, 7, 7, None], dtype="Int32"),
            "distance_km": [1.0, 2.0, 3.0, 4.0, 52.3],
            **dict.fromkeys(["value", "visits_price", "volume_price", "capital_price", "margin"], 0.0),
            "best_month": pd.NaT,
        }
    )
    wave_stores = pd.DataFrame(
        {
            "store_id": [2, 3, 4],
            **{"territory_id": 1, "warehouse_id": 7, "value": [4.0, 1.0, 3.0], "p_sign": 1.0, "visits_signup": 8.0},
            **{"visits_care": 0.5, "volume_m3_month": 2.0, "capital_rmb": 100.0},
        }
    )
    capacities = pd.concat(
        [
            _capacity("visits", 1, VISITS, capacity=20.0, used=19.0),
            _capacity("volume_m3", 7, VOLUME, capacity=100.0, used=10.0),
            _capacity("capital_rmb", 0, CAPITAL, capacity=1e6, used=10.0),
        ]
    )
    tables = {
        "decisions": decisions,
        "wave_stores": wave_stores,
        "capacities": capacities,
        "plan_months": pd.DataFrame({"month": MONTHS, "capital_rmb": 1e6, "value_factor": [0.8, 0.9, 1.0]}),
        "uncovered": pd.DataFrame({"store_id": [5], "nearest_site_id": [7], "distance_km": [52.3]}),
        "kpis": pd.DataFrame(
            {"name": ["in_system_stores"], "value": [reps * 10], "unit": "stores", "goal": [30.0], "register_key": "x"}
        ),
    }
    meta = {
        "seed": 7,
        "scenario": {
            "name": name,
            "goal": "in_system",
            "figures": {"network.front_radius_km": 40.0, "field.reps": reps},
        },
        "market": {"name": "hamlet", "fingerprint": "f"},
        "stages": {},
    }
    return PlanResult({key: CONTRACTS[key].check(table) for key, table in tables.items()}, meta)


def _capacity(resource, resource_id, prices, capacity, used):
    return pd.DataFrame(
        {
            **{"resource": resource, "resource_id": resource_id, "month": MONTHS, "capacity": capacity},
            **{"base_load": 0.0, "used": used, "shadow_price": prices},
        }
    )


@pytest.fixture
def result():
    return plan(
        {
            **{1: ("participant", None), 2: ("signed", MONTHS[2]), 3: ("not_chosen", None), 4: ("not_chosen", None)},
            5: ("uncovered", None),
        }
    )


def test_worth_and_price_of_every_month_are_those_of_the_formula(result):
    table = explain_store(result, 2).table
    assert table["worth"].tolist() == pytest.approx([3.2, 3.6, 4.0])
    # 8 visits now and half a visit at each later month's price; volume and capital at all prices from now on
    assert table["visits_price"].tolist() == pytest.approx([8 * 0.1 + 0.5 * 0.2, 8 * 0.2, 0.0])
    assert table["volume_price"].tolist() == pytest.approx([2 * 0.3] * 3)
    assert table["capital_price"].tolist() == pytest.approx([0.1, 0.0, 0.0])
    assert table["margin"].tolist() == pytest.approx([3.2 - 1.6, 3.6 - 2.2, 4.0 - 0.6])
    assert table["chosen"].tolist() == [False, False, True]


@pytest.mark.parametrize(
    ("store_id", "key", "said"),
    [
        (1, "participant", "has been in the system since before the plan"),
        (2, "signed", r"signed in November 2017, served from warehouse 7 \(2\.0 km\).*No other month"),
        (4, "no_room", r"costs 0\.600, but there is no room for it: it lacks 7\.00 visits in November 2017"),
        (5, "uncovered", r"nearest, 7, is 52\.3 km away and serves 40 km\. A radius of 53 km would cover it"),
    ],
)
def test_every_status_has_its_reason(result, store_id, key, said):
    explanation = result.explain(store_id)
    assert explanation.key == key
    assert pd.Series([explanation.text]).str.contains(said).all(), explanation.text
    assert len(explanation.table)


def test_a_store_below_the_line_names_the_capacity_that_is_too_dear():
    dear = plan({i: ("not_chosen", None) for i in range(1, 6)})
    dear.tables["wave_stores"].loc[dear.tables["wave_stores"]["store_id"] == 3, "value"] = 0.5
    explanation = explain_store(dear, 3)
    assert explanation.key == "priced_out"
    assert explanation.figures["resource"] == "volume_m3"
    assert explanation.figures["margin"] == pytest.approx(0.5 - 0.6)
    assert explanation.figures["short_share"] == pytest.approx(0.1 / 0.6)
    assert "is worth 0.500" in explanation.text and "costs 0.600, 20.0% more than that" in explanation.text
    assert "warehouse throughput (0.600)" in explanation.text
    assert "its cost falls by 16.7%" in explanation.text
    assert "2.00 m3 a month from November 2017 in warehouse 7, of which other stores make more" in explanation.text


def test_a_store_worth_its_price_stands_at_the_line(result):
    result.tables["wave_stores"].loc[result.tables["wave_stores"]["store_id"] == 4, "value"] = 0.6
    explanation = explain_store(result, 4)
    assert explanation.key == "at_the_line" and "equals its price of 0.600" in explanation.text
    assert "it lacks 7.00 visits in November 2017" in explanation.text


def test_a_month_that_is_not_the_best_is_said():
    late = plan({i: ("signed", MONTHS[0]) for i in range(1, 6)})
    text = explain_store(late, 2).text
    assert "signed in September 2017" in text
    assert "November 2017 would suit it 56.2% better" in text  # (3.4 - 1.6) / 3.2


def test_an_unknown_store_is_refused_in_a_sentence(result):
    with pytest.raises(InputError, match="store 99 has a fault: the run has no such store"):
        result.explain(99)


def test_explanations_need_nothing_but_the_folder(result, tmp_path):
    identity = {key: result.meta[key] for key in ("seed", "scenario", "market")}
    with RunWriter(tmp_path, identity, ["all"]) as writer:
        writer.stage("all", lambda tables, figures: StageOutput(result.tables), {}, {})
        writer.finish()
    for store_id in range(1, 6):
        stored, kept = read_run(tmp_path).explain(store_id), result.explain(store_id)
        assert stored.text == kept.text
        pd.testing.assert_frame_equal(stored.table, kept.table)


def test_comparison_shows_figures_inputs_and_stores_that_differ(result):
    other = plan(
        {
            **{1: ("participant", None), 2: ("signed", MONTHS[0]), 3: ("signed", MONTHS[1]), 4: ("not_chosen", None)},
            5: ("uncovered", None),
        },
        reps=3.0,
        name="more-reps",
    )
    found = compare_runs([result, other])
    assert found.kpis.to_dict("records") == [
        {"name": "in_system_stores", "unit": "stores", "base": 20.0, "more-reps": 30.0}
    ]
    assert found.assumptions["key"].tolist() == ["scenario", "field.reps"]
    assert found.assumptions["more-reps"].tolist() == ["more-reps", 3.0]
    assert found.stores["store_id"].tolist() == [2, 3]
    assert found.stores["status more-reps"].tolist() == ["signed", "signed"]


def test_a_run_compared_with_itself_differs_in_nothing(result):
    found = compare_runs([result, result])
    assert found.assumptions.empty and found.stores.empty
    assert list(found.kpis.columns) == ["name", "unit", "base (1)", "base (2)"]


def test_comparison_needs_two_runs_that_exist(result, tmp_path):
    with pytest.raises(InputError, match="at least two runs"):
        compare_runs([result])
    with pytest.raises(LstError, match="There is no run at"):
        compare_runs([result, tmp_path / "nowhere"])
