"""Which rooms read which planning figure, from the package's own code: it can never be out of date."""

import re
from collections.abc import Iterable
from functools import cache

from lst_workbench.assumptions.toml_files import PACKAGE

NO_MODELS = ("assumptions", "cli", "ui", "views")  # they show every figure and reckon with none
PROSE = re.compile(r'""".*?"""', re.DOTALL)
NAMED = re.compile(r'"([a-z0-9_]+\.[a-z0-9_{}]+)"')


def rooms_that_read(keys: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Name the rooms whose code reads each figure; none for a figure that no model reads yet.

    Parameters
    ----------
    keys : iterable of str
        Keys of the register.

    Examples
    --------
    >>> rooms_that_read(["platform.wallet_share"])["platform.wallet_share"]
    ('planning', 'rollout')
    """
    by_room = _patterns()
    return {
        key: tuple(room for room, patterns in by_room.items() if any(re.fullmatch(p, key) for p in patterns))
        for key in keys
    }


@cache
def _patterns() -> dict[str, frozenset[str]]:
    """Keys that each room's code names; a part in braces, as in f"network.{tier}_fixed", stands for any word."""
    found: dict[str, frozenset[str]] = {}
    for room in sorted(path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name not in NO_MODELS):
        code = "\n".join(PROSE.sub("", path.read_text("utf-8")) for path in (PACKAGE / room).rglob("*.py"))
        found[room] = frozenset(re.sub(r"\\\{\w+\\\}", "[a-z0-9_]+", re.escape(name)) for name in NAMED.findall(code))
    return found
