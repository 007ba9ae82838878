"""The funnel of a plan: from all shops to those that keep ordering, with what is lost at each step."""

from html import escape

import pandas as pd

from lst_workbench.views.cards import head
from lst_workbench.views.findings import Tables
from lst_workbench.views.formats import count, share
from lst_workbench.views.messages import text

STEPS = ("universe", "reach", "joined", "retained", "active")


def funnel(tables: Tables) -> pd.Series:
    """Count the stores at each of `STEPS`.

    Parameters
    ----------
    tables : mapping
        A run's ``places_plan`` and ``curve``.
    """
    sums, last = (
        tables["places_plan"][["stores", "uncovered", "participants", "signups"]].sum(),
        tables["curve"].iloc[-1],
    )
    joined = sums["participants"] + sums["signups"]
    reach = sums["stores"] - sums["uncovered"]
    return pd.Series([sums["stores"], reach, joined, last["in_system"], last["active"]], index=STEPS, dtype=float)


def funnel_card(tables: Tables, visits_signup: float, lang: str) -> str:
    """Draw the funnel as bars, each with its count and its share of the step before.

    Parameters
    ----------
    tables : mapping
        The run's tables, ``capacities`` too.
    visits_signup : float
        Visits of a sign-up.
    lang : str
        "en" or "zh".
    """
    steps = funnel(tables)
    kept = (steps / steps.shift().fillna(steps.iloc[0])).fillna(0.0)
    rows = "".join(
        f'<div><span class="name">{escape(text(f"funnel.{name}", lang))}</span>'
        f'<i style="width:{100 * value / max(steps.iloc[0], 1.0):.1f}%"></i>'
        f'<b>{escape(count(value, lang))}</b><span class="of">{_kept(kept, str(name))}</span></div>'
        for name, value in steps.items()
    )
    used = tables["capacities"]
    made = float(used.loc[used["resource"].astype(str) == "visits", "used"].sum())
    signup = visits_signup * float(tables["places_plan"]["signups"].sum())
    note = text(
        "funnel.note", lang, n=count(signup, lang), care=count(max(0.0, made - signup), lang),
        step=text(f"funnel.{kept.idxmin()}", lang),
    )  # fmt: skip
    return f'{head("funnel.title", lang)}<div class="funnel">{rows}</div><p class="note">{escape(note)}</p>'


def _kept(kept: pd.Series, name: str) -> str:
    return escape(share(kept[name])) if name != STEPS[0] else ""
