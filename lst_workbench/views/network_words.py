"""What the Network page calls its market, and how far a study of it is."""

from typing import Protocol

from lst_workbench.views.messages import names, text


class Named(Protocol):
    """What has a market's and a province's name, one of them chosen."""

    scope: str
    scopes: tuple[str, ...]
    market_name: tuple[str, str]
    province_name: tuple[str, str]


def place_name(state: Named, lang: str) -> str:
    """Name of what is shown."""
    return names(*(state.province_name if state.scope == "province" else state.market_name), lang)[0]


def scope_names(state: Named, lang: str) -> list[tuple[str, str]]:
    """Names to choose from."""
    named = {"market": state.market_name, "province": state.province_name}
    return [(names(*named[scope], lang)[0] or text("network.scope", lang), scope) for scope in state.scopes]
