"""Message catalogue: every string that a page, chart or table shows, in English and Chinese."""

from html import escape
from typing import Any

from lst_workbench.views.words import WORDS

LANGUAGES = ("en", "zh")


def text(key: str, lang: str = "en", **figures: Any) -> str:
    """Say one string of the catalogue, its figures put in.

    Parameters
    ----------
    key : str
        Key of the catalogue; with ``n="1"`` the key ``<key>.one`` is taken where it exists.
    lang : str
        "en" or "zh".
    **figures
        What the string's ``{names}`` stand for, already formatted.

    Raises
    ------
    KeyError
        The catalogue has no such key: an error in tests, never a blank on the page.

    Examples
    --------
    >>> text("goal"), text("goal", "zh"), text("n_reps", n="1"), text("n_reps", n="2")
    ('Goal', '目标', '1 rep', '2 reps')
    """
    if figures.get("n") == "1" and f"{key}.one" in WORDS:
        key = f"{key}.one"
    said = WORDS[key][LANGUAGES.index(lang)]
    return said.format(**figures) if figures else said


def knows(key: str) -> bool:
    """Whether the catalogue has the key."""
    return key in WORDS


def both(key: str, lang: str = "en") -> str:
    """Say the string with its twin in grey, as markup for headings.

    Examples
    --------
    >>> both("map.title")
    'Where the plan signs, and when <span class="zh" lang="zh">签约时间地图</span>'
    """
    other = other_language(lang)
    return f'{escape(text(key, lang))} <span class="zh" lang="{other}">{escape(text(key, other))}</span>'


def names(en: object, zh: object, lang: str = "en") -> tuple[str, str]:
    """Put a place's two names in the order of the language; one that is missing is left empty.

    Examples
    --------
    >>> names("Huangshan", "黄山", "zh"), names("Huangshan", None, "zh")
    (('黄山', 'Huangshan'), ('Huangshan', ''))
    """
    first, second = (_name(zh), _name(en)) if lang == "zh" else (_name(en), _name(zh))
    return (first, second) if first else (second, "")


def bilingual(en: object, zh: object, lang: str = "en") -> str:
    """Name a place in both languages, as escaped markup."""
    first, second = names(en, zh, lang)
    twin = f' <span class="zh" lang="{other_language(lang)}">{escape(second)}</span>' if second else ""
    return escape(first) + twin


def other_language(lang: str) -> str:
    """Give the language that stands in grey beside the chosen one."""
    return "en" if lang == "zh" else "zh"


def _name(value: object) -> str:
    return value.strip().replace("\u2019", "'") if isinstance(value, str) else ""
