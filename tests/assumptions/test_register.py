import csv
import math
from pathlib import Path

import pytest

from lst_workbench.assumptions import data_folder, load_register
from lst_workbench.contracts import InputError

SOURCE = Path(__file__).parents[3] / "shared/data/china/assumptions.csv"
FIELD = """["field.reps"]
label = "Reps"
label_zh = "代表"
value = {value}
unit = "reps"
low = 1
high = 10
source = "test"
confidence = "D"
basis_year = "2017"
"""


def test_every_published_figure_is_restated():
    if not SOURCE.exists():
        pytest.skip(f"{SOURCE} is not on this machine")
    register = load_register()
    with SOURCE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 72
    for row in rows:
        mine = register[row["key"]]
        numbers = [float(row[name]) for name in ("default", "low", "high")]
        assert [mine.value, mine.low, mine.high] == numbers, row["key"]
        texts = [row[name] for name in ("unit", "basis_year", "source", "url", "confidence", "note")]
        restated = [mine.unit, mine.basis_year, mine.source, mine.url, mine.confidence, mine.note]
        assert restated == texts, row["key"]


def test_figures_speak_both_languages_and_guesses_say_why():
    for figure in load_register().values():
        assert figure.label.strip(), figure.key
        assert any("\u4e00" <= letter <= "\u9fff" for letter in figure.label_zh), figure.key
        if figure.key.split(".")[0] in {"goal", "capital", "catchment", "demand"}:
            assert figure.note, figure.key


def test_the_arithmetic_of_the_field_force_agrees():
    register = load_register()

    def value(key):
        return register[key].value

    visits = value("field.reps") * value("field.visits_day") * value("field.working_days")
    assert visits == 880_000
    care = value("goal.stores") * value("field.care_visits_month")
    assert 45_000 < (visits - care) / value("field.visits_per_signup") < 50_000


def test_working_capital_carries_a_million_average_stores_and_not_many_more():
    register = load_register()

    def value(key):
        return register[key].value

    days = value("capital.credit_share") * value("credit.term_days") + value("capital.stock_days")
    gmv = value("goal.stores") * value("rollout.active_share") * value("platform.spend_user_month")
    needed = gmv * days / value("capital.days_month")
    assert needed <= value("capital.working_rmb") <= 1.5 * needed


def test_break_even_orders_are_those_of_the_trade():
    register = load_register()
    line_haul = (
        register["network.line_haul_km"].value
        * register["network.line_haul_tkm"].value
        / register["network.rmb_per_tonne"].value
    )
    spent = register["network.handling_rate"].value + line_haul
    orders = [register["network.drop_cost"].value / (margin - spent) for margin in (0.035, 0.05, 0.06)]
    assert orders == pytest.approx([4000, 667, 429], rel=0.001)


def test_shipped_files_hold_one_prefix_each():
    for path in (data_folder() / "assumptions").glob("*.toml"):
        assert any(key.startswith(path.stem + ".") for key in load_register())


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("field", FIELD.format(value=11), "low <= value <= high"),
        ("field", FIELD.format(value="nan"), "field.reps.value"),
        ("field", FIELD.format(value='"many"'), "field.reps.value"),
        ("field", FIELD.format(value="true"), "field.reps.value"),
        ("order", FIELD.format(value=2), "move it to the file of its prefix"),
        ("field", FIELD.format(value=2) + "colour = 1\n", "field.reps.colour is not a known field"),
        ("field", FIELD.format(value=2).replace('unit = "reps"\n', ""), "field.reps.unit is missing"),
        ("field", FIELD.format(value=2).replace("low = 1", "low 1"), "line 6"),
    ],
)
def test_a_faulty_register_is_refused(tmp_path, name, text, said):
    (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError) as raised:
        load_register(tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_empty_folder_is_no_register(tmp_path):
    with pytest.raises(InputError, match="no \\*.toml file"):
        load_register(tmp_path)


def test_ranges_are_finite():
    for figure in load_register().values():
        assert math.isfinite(figure.high - figure.low)
