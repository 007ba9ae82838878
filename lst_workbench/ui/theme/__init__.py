"""Look of the pages: style sheets and the Voilà template, shipped with the package."""

from functools import cache
from importlib.resources import files

from lst_workbench.views.theme import tokens_css

SHEETS = (
    "components.css", "widgets.css", "rollout.css", "store.css", "network.css", "cobranded.css", "credit.css",
    "import.css", "range.css",
)  # fmt: skip


@cache
def stylesheet() -> str:
    """Join the tokens, the map's rules and the sheets of the pages into one style sheet."""
    here, views = files("lst_workbench.ui.theme"), files("lst_workbench.views")
    sheets = [views.joinpath("map.css"), *(here.joinpath(name) for name in SHEETS)]
    return "\n".join([tokens_css(), *(sheet.read_text(encoding="utf-8") for sheet in sheets)])
