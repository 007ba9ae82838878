"""Who is signed, as markup: share of sign-ups of village, township and small shops beside what there is of them."""

from html import escape

import pandas as pd

from lst_workbench.views.cards import head
from lst_workbench.views.formats import share
from lst_workbench.views.messages import text
from lst_workbench.views.tables import grid

SHOWN = ("village", "township", "small", "poor")


def shares_of_groups(groups_plan: pd.DataFrame) -> pd.DataFrame:
    """Give each group's share of sign-ups, of all shops to sign, and of those within reach of a front warehouse.

    Examples
    --------
    >>> counts = {"stores": [40, 100], "participants": [0, 20], "uncovered": [20, 30], "signups": [5, 50]}
    >>> shares_of_groups(pd.DataFrame({"group": ["village", "all"], **counts})).round(2).to_dict("index")
    {'village': {'signed': 0.1, 'all': 0.5, 'reach': 0.4}}
    """
    counts = groups_plan.set_index("group")
    to_sign = counts["stores"] - counts["participants"]
    of = pd.DataFrame({"signed": counts["signups"], "all": to_sign, "reach": to_sign - counts["uncovered"]})
    return (of / of.loc["all"].where(of.loc["all"] > 0)).drop("all")


def fairness_card(groups_plan: pd.DataFrame, run: str, lang: str) -> str:
    """Show the shares of each group, say which is furthest behind, and how a floor is priced."""
    shares = shares_of_groups(groups_plan).reindex(list(SHOWN))
    kinds = [("group", "txt"), ("signed", "num"), ("all", "num"), ("reach", "num")]
    columns = [(text(f"fairness.{name}", lang), kind) for name, kind in kinds]
    rows = [
        [escape(text(f"fairness.{group}", lang)), *("–" if pd.isna(part) else share(part) for part in of)]
        for group, of in zip(SHOWN, shares.to_numpy(), strict=True)
    ]
    behind = (shares["signed"] - shares["all"]).fillna(0.0)
    last = str(behind.index[int(behind.to_numpy().argmin())])
    price = text("fairness.price.poor" if last == "poor" else "fairness.price", lang, run=run, group=last)
    table = grid(columns, rows, text("fairness.title", lang))
    lead = f'<p class="lead">{escape(_said(shares, last, lang))}</p>'
    top = head("fairness.title", lang, text("fairness.sub", lang))
    return f'{top}{lead}{table}<p class="note">{escape(price)}</p>'


def _said(shares: pd.DataFrame, last: str, lang: str) -> str:
    signed, there = shares.loc[last, ["signed", "all"]]
    if shares["signed"].isna().all():
        return text("fairness.none", lang)
    if signed >= there:
        return text("fairness.said.even", lang)
    group = text(f"fairness.{last}", lang)
    return text("fairness.said.fewer", lang, group=group, signed=share(signed), all=share(there))
