import ast
import re
import string
from pathlib import Path

import pytest

from lst_workbench import planning
from lst_workbench.contracts.kinds import COBRANDED_REASONS, GOALS, RESOURCES, STORE_KINDS, STORE_STATUSES
from lst_workbench.market.synthetic.items import PACKS
from lst_workbench.market.synthetic.sales import TillDrawing
from lst_workbench.optim import Status
from lst_workbench.views.messages import LANGUAGES, bilingual, both, text
from lst_workbench.views.words import WORDS

PACKAGE = Path(__file__).parents[2] / "lst_workbench"
SPOKEN = [*sorted((PACKAGE / "views").glob("*.py")), *sorted((PACKAGE / "ui").rglob("*.py"))]
CJK = re.compile("[\u3400-\u9fff]")
# Keys put together from words of contracts, so that no word can be without its message.
BUILT = {
    *(f"stage.credit_{stage}" for stage in ("stores", "score", "orders")),
    *(f"status.{status}" for status in STORE_STATUSES),
    *(f"kind.{kind}" for kind in STORE_KINDS),
    *(f"goals.{goal}{part}" for goal in GOALS for part in ("", ".means")),
    *(f"cobranded.{family}.{reason}" for family in ("reason", "why") for reason in COBRANDED_REASONS),
    *(f"{family}.{resource}" for family in ("resource", "tight", "why.resource") for resource in RESOURCES),
    *(f"resource.{resource}.short" for resource in RESOURCES),
    *(f"certificate.{status}" for status in Status),
    *(f"confidence.{grade}" for grade in "ABCD"),
    *(f"stage.{stage}" for stage in ("market", *planning.STAGES, *planning.STUDY_STAGES)),
    *(f"category.{category.item_id}" for category in TillDrawing().categories),
    *(f"pack.{name}" for name, _, _ in PACKS),
    *(f"advice.{card}.sub.starter" for card in ("order", "swaps")),
    *(f"run.{state}" for state in ("queued", "running", "done", "failed", "cancelled")),
    *(f"explain.{key}" for key in ("participant", "uncovered", "priced_out", "at_the_line", "no_room")),
}


def literal_keys():
    """Keys that the code names in full: first argument of text, both, head, ..."""
    speakers = {"text", "both", "head", "state_line"}
    for path in SPOKEN:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"(error|run|state|stage)\.[a-z_]+", str(node.value)):
                yield path.name, node.value
            name = getattr(node, "func", None)
            if name is not None and getattr(name, "id", getattr(name, "attr", "")) in speakers and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield path.name, first.value


@pytest.mark.parametrize("key", WORDS)
def test_every_message_is_there_in_both_languages(key):
    english, chinese = WORDS[key]
    assert not CJK.search(english), "Chinese in the English text"
    if key not in ("unit.share", "unit.RMB"):
        assert english.strip() and chinese.strip()
    if key != "and" and re.search("[A-Za-z]{3}", re.sub("{.*?}", "", english)):
        assert CJK.search(chinese), "no Chinese in the Chinese text"


@pytest.mark.parametrize("key", WORDS)
def test_both_languages_hold_the_same_figures(key):
    names = [{name for _, name, _, _ in string.Formatter().parse(said) if name} for said in WORDS[key]]
    assert names[0] == names[1]


def test_every_key_that_the_code_names_is_in_the_catalogue():
    missing = {(file, key) for file, key in literal_keys() if key not in WORDS}
    assert not missing


def test_every_key_made_from_words_of_contracts_is_in_the_catalogue():
    assert not {key for key in BUILT if key not in WORDS}


def test_no_message_stands_unused():
    code = "\n".join(path.read_text("utf-8") for path in SPOKEN if not path.name.startswith("words"))
    families = set(re.findall(r'f"([a-z_]+(?:\.[a-z_]+)*)\.\{', code)) | set(
        re.findall(r"f'([a-z_]+(?:\.[a-z_]+)*)\.\{", code)
    )
    unused = [
        key
        for key in WORDS
        if f'"{key}"' not in code
        and f"'{key}'" not in code
        and key not in BUILT
        and not any(key.startswith(f"{family}.") for family in families)
        and not key.endswith(".one")
    ]
    assert not unused


def test_no_page_speaks_outside_the_catalogue():
    strays = []
    for path in SPOKEN:
        if path.name.startswith("words"):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        docstrings = {
            id(n.body[0].value)
            for n in ast.walk(tree)
            if isinstance(n, ast.Module | ast.FunctionDef | ast.ClassDef) and n.body and isinstance(n.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            said = isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
            if said and CJK.search(node.value) and node.value not in ("中文", " 亿", " 万", "%-m月", "%Y年%-m月"):
                strays.append((path.name, node.value))
    allowed = {("formats.py", " 年 "), ("formats.py", " 月"), ("formats.py", " 日")}
    assert set(strays) <= allowed


def test_names_of_places_are_escaped_and_never_missing():
    assert bilingual("<b>", "黄山", "zh") == '黄山 <span class="zh" lang="en">&lt;b&gt;</span>'
    assert bilingual("Huangshan", float("nan"), "zh") == "Huangshan"


def test_languages_take_turns_in_headings():
    assert [both("goal", lang).split()[0] for lang in LANGUAGES] == ["Goal", "目标"]
    with pytest.raises(KeyError):
        text("no such key")
