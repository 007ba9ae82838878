"""Colours for charts and maps, read from the design tokens: tokens.css is the only place that names them."""

import re
from functools import cache
from importlib.resources import files


@cache
def tokens() -> dict[str, str]:
    """Read the design tokens: name without dashes to value.

    Examples
    --------
    >>> tokens()["accent"]
    '#0b5c86'
    """
    css = re.sub(r"/\*.*?\*/", "", tokens_css(), flags=re.S)
    return {name: value.strip() for name, value in re.findall(r"--([\w-]+):\s*([^;]+);", css)}


@cache
def tokens_css() -> str:
    """Give the style sheet of the tokens as it stands in the package."""
    return files("lst_workbench.views").joinpath("tokens.css").read_text(encoding="utf-8")


def colour(name: str) -> str:
    """Look up one colour by its token's name."""
    return tokens()[name]


def ramp(steps: int = 7) -> list[str]:
    """Colours of the sequential ramp, light to dark; fewer steps leave out the lightest.

    Examples
    --------
    >>> ramp(2)
    ['#135f83', '#0b3d5e']
    """
    return [colour(f"seq-{i}") for i in range(8 - steps, 8)]
