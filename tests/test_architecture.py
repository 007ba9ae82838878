"""The house keeps its shape: rooms import only rooms before them, and each library stays where it belongs."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lst_workbench"
MODELS = {
    "catchment", "demand", "coverage", "assortment", "inventory", "sourcing", "credit", "rollout", "brand", "impact",
}  # fmt: skip
ORDER = [
    {"contracts"}, {"assumptions", "geo", "optim"}, {"runs"}, {"market"}, MODELS,
    {"planning"}, {"views"}, {"ui"}, {"cli"},
]  # fmt: skip
FLOOR = {room: level for level, rooms in enumerate(ORDER) for room in rooms}
# Who may import what: everywhere else the library is refused.
ONLY_IN = {
    "ipywidgets": ("ui/panel_*.py", "ui/*/panel.py", "ui/*/panel_*.py"),
    "folium": ("views/", "ui/"),
    "ipyleaflet": ("views/", "ui/"),
    "plotly": ("views/", "ui/"),
    "typer": ("cli/",),
    "rich": ("cli/",),
    "dask": ("planning/",),
    "distributed": ("planning/",),
    "sqlalchemy": ("market/",),
}
FILES_TOUCHED_IN = ("assumptions", "runs", "market", "cli", "ui/serve.py", "ui/theme", "planning/submit.py")
FILE_VERBS = {"read_parquet", "to_parquet", "read_csv", "to_csv", "read_excel", "write_text", "write_bytes", "mkdir"}
SOURCES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> list[str]:
    """Dotted names that a module imports, at any depth, relative ones made whole."""
    names = []
    parts = ["lst_workbench", *path.relative_to(PACKAGE).with_suffix("").parts]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(parts[: -node.level]) + "." if node.level else ""
            names += [f"{base}{node.module or ''}.{alias.name}".replace("..", ".") for alias in node.names]
    return names


def rooms_imported(path: Path) -> set[str]:
    parts = [name.split(".") for name in imports_of(path) if name.startswith("lst_workbench.")]
    return {part[1] for part in parts if (PACKAGE / part[1]).is_dir() or (PACKAGE / f"{part[1]}.py").exists()}


def matches(path: Path, patterns: tuple[str, ...]) -> bool:
    inside = path.relative_to(PACKAGE)
    return any(inside.match(p) if "*" in p else str(inside).startswith(p) for p in patterns)


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_rooms_import_only_rooms_before_them(path):
    room = room_of(path)
    if room in ("__init__", "__main__"):
        return
    assert room in FLOOR, f"{room} is a room that the order does not know"
    late = {r for r in rooms_imported(path) if r != room and not r.startswith("__") and FLOOR[r] >= FLOOR[room]}
    assert not late, f"{path.relative_to(PACKAGE)} imports {late}, which come after {room} or beside it"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_each_library_stays_in_its_rooms(path):
    tops = {name.split(".")[0] for name in imports_of(path)}
    strays = {lib for lib, places in ONLY_IN.items() if lib in tops and not matches(path, places)}
    assert not strays, f"{path.relative_to(PACKAGE)} imports {strays}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_are_touched_only_where_the_house_says(path):
    if matches(path, FILES_TOUCHED_IN):
        return
    calls = [n.func for n in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(n, ast.Call)]
    verbs = {f.attr for f in calls if isinstance(f, ast.Attribute)} & FILE_VERBS
    verbs |= {f.id for f in calls if isinstance(f, ast.Name)} & {"open"}
    if room_of(path) == "views":
        verbs -= {"to_csv"}  # downloads are made as text, never as a file
    assert not verbs, f"{path.relative_to(PACKAGE)} touches files: {verbs}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_truth_is_read_by_tests_and_benchmarks_only(path):
    assert "truth" not in ast.unparse(ast.parse(path.read_text("utf-8"))) or matches(path, ("market/",))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_files_stay_short_and_named_for_what_they_hold(path):
    assert len(path.read_text("utf-8").splitlines()) <= 420, "is it still one idea?"
    assert not {"util", "utils", "helper", "helpers", "misc", "manager", "common"} & set(path.stem.split("_"))


def test_every_public_name_has_a_docstring():
    import lst_workbench.contracts as contracts

    for name, contract in contracts.CONTRACTS.items():
        assert contract.__doc__, name
        for column, spec in contract.to_schema().columns.items():
            assert spec.description, f"{name}.{column} has no meaning"
            assert (spec.metadata or {}).get("unit"), f"{name}.{column} has no unit"
