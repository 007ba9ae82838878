"""Cards of the Credit page about what is watched: policies, stages, roll rates, drift, challenger, cash."""

from html import escape

import pandas as pd

from lst_workbench.views.cards import head
from lst_workbench.views.credit_cards import said_of, table_card
from lst_workbench.views.credit_charts import percent
from lst_workbench.views.formats import count, rmb
from lst_workbench.views.messages import text
from lst_workbench.views.tables import grid

BY_MEASURE = ("auc", "gini", "ks", "brier", "calibration_error")
SHOWN_FEATURES = 6
KINDS = {"stable": "good", "watch": "watch", "act": "watch"}


def policies(table: pd.DataFrame, test: dict[str, float] | None, lang: str) -> str:
    """Simpler ways to set limits beside the best one, what it gains, and what a test by lot could find."""
    rows = [
        [escape(text(f"policy.{row.policy}", lang)), count(row.stores_with_credit, lang), rmb(row.net_margin_rmb, lang),
         percent(row.share_of_best)]
        for row in table.itertuples()
    ]  # fmt: skip
    names = (("policy", "txt"), ("count", "num"), ("margin", "num"), ("of_best", "num"))
    margin = table.set_index("policy")["net_margin_rmb"]
    notes = []
    if margin["cut_off"] > 0:
        notes.append(text("credit.margin_over", lang, n=f"{margin['best'] / margin['cut_off']:.0%}"))
    if test is not None:
        figures = {"needed": count(test["stores_per_arm_needed"], lang), "there": count(test["stores_per_arm"], lang)}
        notes.append(text("credit.test", lang, power=f"{test['power']:.0%}", **figures))
    return table_card("credit.policies", "credit.policies.sub", names, rows, lang) + _notes(notes)


def stages(table: pd.DataFrame, lang: str) -> str:
    """Stages of what is owed, with provisions."""
    rows = [
        [escape(text(f"stage.ifrs.{row.stage}", lang)), count(row.stores, lang), rmb(row.owed_rmb, lang),
         rmb(row.provision_rmb, lang), percent(row.cover_share)]
        for row in table.itertuples()
    ]  # fmt: skip
    names = (("stage", "txt"), ("count", "num"), ("owed", "num"), ("provision", "num"), ("cover", "num"))
    return table_card("credit.stages", "credit.stages.sub", names, rows, lang)


def rolls(table: pd.DataFrame, lang: str) -> str:
    """Roll rates as a square: from the state of a row to that of a column."""
    heading = head("credit.rolls", lang, text("credit.rolls.sub", lang))
    if table.empty:
        return heading + f'<p class="note">{escape(text("credit.rolls.none", lang))}</p>'
    order = table["to_state"].drop_duplicates().tolist()
    square = table.pivot(index="from_state", columns="to_state", values="share")
    square = square.reindex(index=[name for name in order if name in square.index], columns=order)
    columns = [(text("col.credit.from", lang), "txt"), *((said_of(f"roll.{name}", lang), "num") for name in order)]
    rows = [
        [escape(said_of(f"roll.{name}", lang)), *(percent(value) if value else "·" for value in row)]
        for name, row in zip(square.index, square.to_numpy(), strict=True)
    ]
    return heading + grid(columns, rows, text("credit.rolls", lang))


def drift(table: pd.DataFrame, calibration: pd.DataFrame, lang: str) -> str:
    """PSI of the score and CSI of the features that moved most, and whether defaults are as the score says."""
    moved = pd.concat([table.head(1), table.iloc[1:].nlargest(SHOWN_FEATURES, "psi")])
    rows = []
    for row in moved.itertuples():
        pill = f'<span class="pill {KINDS[row.verdict]}">{escape(text(f"drift.{row.verdict}", lang))}</span>'
        rows.append(
            [escape(said_of(f"feature.{row.feature}", lang)), f"{row.psi:.2f}", f"{row.chance_limit:.2f}", pill]
        )
    names = (("feature", "txt"), ("psi", "num"), ("chance", "num"), ("verdict", "txt"))
    good = int((calibration["verdict"] == "as expected").sum())
    told = text("credit.calibration.said", lang, n=len(calibration), good=good)
    return table_card("credit.drift", "credit.drift.sub", names, rows, lang) + _notes([told])


def challenger(table: pd.DataFrame, lang: str) -> str:
    """Show the score beside gradient boosting on the same left-out stores."""
    rows = [
        [
            escape(text(f"measure.{row.measure}", lang)),
            f"{row.champion:.3f}",
            f"{row.challenger:.3f}",
            f"{row.ratio:.2f}",
        ]
        for row in table[table["measure"].isin(BY_MEASURE)].itertuples()
    ]
    names = (("measure", "txt"), ("score", "num"), ("boosting", "num"), ("ratio", "num"))
    return table_card("credit.challenger", "credit.challenger.sub", names, rows, lang)


def cash(table: pd.DataFrame, lang: str) -> str:
    """Cash tied up by month, or what to do to see it."""
    if table.empty:
        return head("credit.cash", lang) + f'<p class="note">{escape(text("credit.cash.none", lang))}</p>'
    rows = [
        [f"{row.month:%Y-%m}", count(row.stores_with_credit, lang), rmb(row.limits_rmb, lang),
         rmb(row.tied_up_rmb, lang), rmb(row.added_rmb, lang)]
        for row in table.itertuples()
    ]  # fmt: skip
    names = (("month", "txt"), ("count", "num"), ("lent", "num"), ("tied", "num"), ("added", "num"))
    return table_card("credit.cash", "credit.cash.sub", names, rows, lang)


def _notes(notes: list[str]) -> str:
    return "".join(f'<p class="note">{escape(note)}</p>' for note in notes)
