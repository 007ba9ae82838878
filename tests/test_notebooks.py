"""Notebooks are light, run from top to bottom (under nbval, see the Makefile), and their checks can fail."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
CHECKED = "# NBVAL_CHECK_OUTPUT"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_only_checked_cells_keep_outputs(path):
    assert path.stat().st_size < 60_000
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    checked = [cell for cell in cells if CHECKED in cell.source]
    assert checked, "a notebook checks at least one figure"
    assert all(cell.outputs and "keep_output" in cell.metadata["tags"] for cell in checked)
    assert not [cell.source for cell in cells if cell.outputs and cell not in checked]


def run_nbval(path):
    command = [sys.executable, "-m", "pytest", "-q", "--nbval-lax", "-p", "no:cacheprovider", str(path)]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True)


def test_a_planted_wrong_figure_fails(tmp_path):
    cell = nbformat.v4.new_code_cell(f"{CHECKED}\nprint(6 * 7)")
    notebook = nbformat.v4.new_notebook(cells=[cell], metadata=nbformat.read(NOTEBOOKS[0], as_version=4).metadata)
    for name, said in (("right", "42"), ("wrong", "43")):
        cell.execution_count = 1
        cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=f"{said}\n")]
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    assert run_nbval(tmp_path / "right.ipynb").returncode == 0
    wrong = run_nbval(tmp_path / "wrong.ipynb")
    assert wrong.returncode == 1
    assert "1 failed" in wrong.stdout
