"""Write docs/data-dictionary.md from the contracts: python docs/make_data_dictionary.py [--print]."""

import sys
from pathlib import Path

from lst_workbench.contracts import CONTRACTS, Table

HEAD = """# Data dictionary

Made from `lst_workbench/contracts/` by `python docs/make_data_dictionary.py`; a test fails when it is stale.
**Bold** columns are the table's key. Months are the first day of the month. Positions are WGS-84.
"""


SIGNS = {"greater_than_or_equal_to": "≥", "less_than_or_equal_to": "≤", "greater_than": ">", "less_than": "<"}


def in_signs(check: str) -> str:
    """Say a check as people write it: greater_than(0) becomes > 0."""
    kind, _, bound = check.rstrip(")").partition("(")
    return f"{SIGNS.get(kind, kind)} {bound}"


def section(name: str, contract: type[Table]) -> str:
    """Return one table of the dictionary as Markdown."""
    keys = contract.key_columns()
    rows = []
    for column, spec in contract.to_schema().columns.items():
        bounds = ", ".join(in_signs(check.error or check.name) for check in spec.checks)
        words = getattr(spec.dtype.type, "categories", None)
        if words is not None:
            bounds = " · ".join(words)
        label = f"**{column}**" if column in keys else column
        unit = (spec.metadata or {})["unit"]
        empty = "may be empty" if spec.nullable else ""
        rows.append(f"| {label} | {spec.dtype} | {unit} | {spec.description} | {bounds} | {empty} |")
    doc = (contract.__doc__ or "").strip().splitlines()[0]
    head = "| column | dtype | unit | meaning | bounds | |\n|---|---|---|---|---|---|"
    return f"\n## {name}\n{doc}\n\n{head}\n" + "\n".join(rows) + "\n"


def dictionary() -> str:
    """Return the whole dictionary as Markdown."""
    return HEAD + "".join(section(name, contract) for name, contract in sorted(CONTRACTS.items()))


if __name__ == "__main__":
    if "--print" in sys.argv:
        sys.stdout.buffer.write(dictionary().encode("utf-8"))
    else:
        Path(__file__).with_name("data-dictionary.md").write_text(dictionary(), "utf-8")
