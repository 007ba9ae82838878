"""The project's own files agree with each other."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
CONDA_NAMES = {"psycopg[binary]": "psycopg", "pulp[highs]": "pulp", "pandera[pandas]": "pandera-pandas"}
CONDA_EXTRA = {"python", "pip", "highspy"}  # what pip takes with an extra, conda names by itself


def pip_requirements() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    pairs = [re.fullmatch(r"([\w\-\[\]]+)(.*)", line).groups() for line in wanted]
    return {CONDA_NAMES.get(name, name): bound for name, bound in pairs}


def test_conda_names_the_same_packages_and_bounds_as_pip():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    pairs = [re.fullmatch(r"([\w\-]+)(.*)", line).groups() for line in listed if isinstance(line, str)]
    conda = {name: bound for name, bound in pairs if name not in CONDA_EXTRA}
    assert conda == pip_requirements()


def test_every_requirement_is_pinned_and_no_address_stands_in_the_constraints():
    text = (ROOT / "constraints.txt").read_text("utf-8")
    pinned = {line.split("==")[0].lower().replace("_", "-") for line in text.splitlines()}
    wanted = {re.split(r"[\[>=<]", name)[0] for name in CONDA_NAMES} | {
        name for name in pip_requirements() if name not in CONDA_NAMES.values()
    }
    assert not {name for name in wanted if name not in pinned}
    assert "//" not in text
    assert all(re.fullmatch(r"[\w.\-]+==[\w.!+\-]+", line) for line in text.splitlines())


def test_data_dictionary_is_fresh():
    made = subprocess.run(
        [sys.executable, ROOT / "docs" / "make_data_dictionary.py", "--print"], capture_output=True, check=True
    )
    assert made.stdout.decode("utf-8") == (ROOT / "docs" / "data-dictionary.md").read_text("utf-8"), (
        "docs/data-dictionary.md is stale: run python docs/make_data_dictionary.py"
    )
