"""Run notebooks and keep only the outputs that are checked: python notebooks/strip.py [NOTEBOOK ...]."""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent
CHECKED = "# NBVAL_CHECK_OUTPUT"


def strip(path: Path, *, run: bool = True) -> nbformat.NotebookNode:
    """Return the notebook with fresh outputs in checked cells and none elsewhere."""
    notebook = nbformat.read(path, as_version=4)
    if run:
        NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    for cell in notebook.cells:
        if cell.cell_type == "code" and CHECKED not in cell.source:
            cell.outputs = []
        if cell.cell_type == "code":
            cell.execution_count = 1 if cell.outputs else None  # nbval calls a cell without a count unrun
            cell.metadata.pop("execution", None)
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(HERE.glob("*.ipynb")):
        nbformat.write(strip(Path(name)), name)
