"""Run benchmarks one after another and write their tables to benchmarks/results/: python -m benchmarks [name ...]."""

import importlib
import platform
import sys
from pathlib import Path

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("[!_]*.py"))


def main(names: list[str]) -> None:
    """Run each named benchmark and keep its table as CSV and Markdown."""
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    for name in names or NAMES:
        table = importlib.import_module(f"benchmarks.{name}").run()
        table.to_csv(results / f"{name}.csv", index=False)
        machine = f"Python {platform.python_version()}, {platform.machine()}"
        head = f"# {name}\n\n{machine}; times in seconds, CPU over all threads.\n\n"
        body = "| " + " | ".join(table.columns) + " |\n|" + "---|" * len(table.columns) + "\n"
        body += "".join("| " + " | ".join(map(_cell, row)) + " |\n" for row in table.itertuples(index=False))
        (results / f"{name}.md").write_text(head + body, "utf-8")
        print(head + body)


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    main(sys.argv[1:])
