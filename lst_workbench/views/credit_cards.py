"""Cards of the Credit page: what the models say in, escaped markup out."""

from html import escape

import pandas as pd

from lst_workbench.credit import ModelCard
from lst_workbench.planning.credit_levers import CreditLevers
from lst_workbench.planning.credit_run import credit_tables
from lst_workbench.planning.credit_study import CreditDecision, CreditStudy
from lst_workbench.views.cards import Figures, head
from lst_workbench.views.cards import card as kpi_card
from lst_workbench.views.credit_charts import percent
from lst_workbench.views.credit_files import limit_rows, workbook_bytes
from lst_workbench.views.downloads import EXCEL, MOST_ROWS, csv_bytes, data_link
from lst_workbench.views.formats import count, number, rmb, share, signed
from lst_workbench.views.messages import both, knows, text
from lst_workbench.views.tables import grid
from lst_workbench.views.words_credit import reason_words

SHOWN_WARNINGS, SHOWN_FEATURES = 8, 5
MEASURES = ("auc", "ks", "brier", "calibration_error")


def headline(decision: CreditDecision, lang: str) -> str:
    """Say who gets credit and what it earns."""
    kpis = decision.kpis
    if not kpis["stores_with_credit"]:
        return text("credit.headline.none", lang)
    return text(
        "credit.headline", lang, n=count(kpis["stores_with_credit"], lang), of=count(kpis["stores"], lang),
        rmb=rmb(kpis["limits_rmb"], lang), margin=rmb(kpis["net_margin_rmb_year"], lang),
        loss=rmb(kpis["expected_loss_rmb_year"], lang),
    )  # fmt: skip


def finding(decision: CreditDecision, lang: str) -> str:
    """Headline with the bad year and what binds under it."""
    scarce = decision.budgets.sort_values("shadow_price").iloc[-1]
    binds = text("credit.binds.none", lang)
    if scarce["shadow_price"] > 1e-6:
        name = text(f"credit.{scarce['name']}", lang)
        binds = text("credit.binds", lang, name=name, price=rmb(scarce["shadow_price"], lang))
    said = text("credit.bad_year", lang, tail=rmb(decision.kpis["value_at_risk_rmb"], lang), binds=binds)
    return f'<div class="finding"><h1>{escape(headline(decision, lang))}</h1><p>{escape(said)}</p></div>'


def lever_words(levers: CreditLevers, lang: str) -> dict[str, tuple[str, str]]:
    """Label and figure of each slider."""
    said = {
        "capital": rmb(levers.capital_rmb, lang), "expected_loss": rmb(levers.loss_budget_rmb, lang),
        "tail_loss": rmb(levers.tail_budget_rmb, lang), "cut": share(levers.pd_cut),
        "city": text("credit.of_capital", lang, n=share(levers.city_share)),
        "warehouse": text("credit.of_capital", lang, n=share(levers.warehouse_share)),
        "month": text("credit.of_capital", lang, n=share(levers.month_share)),
    }  # fmt: skip
    return {name: (text(f"credit.{name}", lang), figure) for name, figure in said.items()}


def kpis(decision: CreditDecision, figures: Figures, lang: str) -> str:
    """Six headline figures, each with its definition."""
    of = decision.kpis
    worst = decision.stress.sort_values("loss_rmb").iloc[-1] if len(decision.stress) else None
    stressed = (
        text("credit.worst", lang, name=text(f"stress.{worst['stress']}", lang), rmb=rmb(worst["loss_rmb"], lang))
        if worst is not None
        else ""
    )
    ended = "credit.settled" if of["settled"] else "credit.unsettled"
    rows = [
        ("credit_served", count(of["stores_with_credit"], lang), text("credit.of", lang, n=count(of["stores"], lang)),
         "credit.min_limit_rmb"),
        ("credit_limits", rmb(of["limits_rmb"], lang),
         text("credit.of", lang, n=rmb(decision.levers.capital_rmb, lang)), "capital.working_rmb"),
        ("credit_financed", rmb(of["financed_rmb"], lang), text(ended, lang, n=f"{of['rounds']:.0f}"),
         "capital.credit_share"),
        ("credit_margin", rmb(of["net_margin_rmb_year"], lang), "", "credit.order_lift_share"),
        ("credit_loss", rmb(of["expected_loss_rmb_year"], lang),
         text("credit.of", lang, n=rmb(decision.levers.loss_budget_rmb, lang)), "credit.lgd"),
        ("credit_stress", rmb(of["value_at_risk_rmb"], lang), stressed, "credit.nation_variance_share"),
    ]  # fmt: skip
    made = [
        kpi_card(
            {"name": name, "register_key": key},
            escape(value),
            "",
            "",
            "",
            f"<span>{escape(foot)}</span>",
            figures,
            lang,
        )
        for name, value, foot, key in rows
    ]
    return f'<div class="kpis n6">{"".join(made)}</div>'


def stress(decision: CreditDecision, lang: str) -> str:
    """Table of the bad years of the register."""
    rows = [
        [
            escape(said_of(f"stress.{row.stress}", lang)),
            rmb(row.loss_rmb, lang),
            percent(row.default_share),
            rmb(row.capital_rmb, lang),
        ]
        for row in decision.stress.itertuples()
    ]
    names = (("scope", "txt"), ("loss", "num"), ("pd", "num"), ("capital", "num"))
    return table_card("credit.stress", "", names, rows, lang)


def warnings(table: pd.DataFrame, lang: str) -> str:
    """List the stores to look at first, with signs in words."""
    if table.empty:
        return head("credit.warnings", lang) + f'<p class="note">{escape(text("credit.warnings.none", lang))}</p>'
    comma = text("comma", lang)
    rows = [
        [
            str(row.store_id),
            escape(comma.join(said_of(f"sign.{sign}", lang) for sign in str(row.reasons).split("; "))),
            percent(row.pd), rmb(row.owed_rmb, lang), rmb(row.at_stake_rmb, lang),
        ]
        for row in table.head(SHOWN_WARNINGS).itertuples()
    ]  # fmt: skip
    names = (("store", "txt"), ("signs", "txt"), ("pd", "num"), ("owed", "num"), ("stake", "num"))
    return table_card("credit.warnings", "credit.warnings.sub", names, rows, lang)


def fairness(decision: CreditDecision, told: ModelCard, lang: str) -> str:
    """Approval and limits by kind of store, with the verdict of the model card."""
    card = told.tables["fairness"].assign(segment=lambda t: t["segment"].replace("area_m2", "size"))
    verdicts = card.set_index(["segment", "value"])["verdict"].to_dict()
    rows = []
    for row in decision.fairness.itertuples():
        verdict = verdicts.get((row.segment, row.value), "few")
        kind = "good" if verdict == "fair" else "quiet" if verdict == "few" else "watch"
        name = f"{escape(text(f'segment.{row.segment}', lang))} · {escape(said_of(f'group.{row.value}', lang))}"
        pill = f'<span class="pill {kind}">{escape(text(f"verdict.{verdict}", lang))}</span>'
        shares = [percent(value) for value in (row.served_share, row.pd_mean, row.need_met_share)]
        rows.append([name, count(row.stores, lang), *shares, pill])
    names = (("group", "txt"), ("count", "num"), ("served", "num"), ("pd", "num"), ("met", "num"), ("verdict", "txt"))
    return table_card("credit.fairness", "credit.fairness.sub", names, rows, lang)


def model_card(study: CreditStudy, lang: str) -> str:
    """Model card: data, figures on unseen stores, what moves the score, what was assumed."""
    tables = study.told.tables
    rows = [(said_of(f"item.{row.item}", lang), _figure(row.value)) for row in tables["data"].itertuples()]
    told = tables["measures"][tables["measures"]["measure"].isin(MEASURES)]
    for row in told.itertuples():
        name = f"{text(f'measure.{row.measure}', lang)}, {said_of(f'sample.{row.sample}', lang)}"
        rows.append((name, f"{row.value:.3f} ({row.low:.3f}–{row.high:.3f})"))
    for row in tables["features"].head(SHOWN_FEATURES).itertuples():
        reach = f"{row.points_low:+.0f} … {row.points_high:+.0f}"
        rows.append((said_of(f"feature.{row.feature}", lang), text("credit.points", lang, n=reach)))
    body = "".join(f"<tr><td>{escape(name)}</td><td>{escape(value)}</td></tr>" for name, value in rows)
    notes = [study.assumption, text("credit.synthetic", lang) if study.market.meta.synthetic else ""]
    small = "".join(f'<p class="note">{escape(note)}</p>' for note in notes if note)
    heading = head("credit.card", lang, text("credit.card.sub", lang))
    return f'{heading}<table class="kv">{body}</table>{small}'


def store_card(study: CreditStudy, decision: CreditDecision, store_id: int, lang: str) -> str:
    """One store: score, limit, why in both languages, and what would raise it."""
    row = decision.plan[decision.plan["store_id"] == store_id].iloc[0]
    story = text(
        "credit.story", lang, points=f"{row['points']:.0f}", pd=percent(row["pd"]), low=percent(row["pd_low"]),
        high=percent(row["pd_high"]), limit=rmb(row["limit_rmb"], lang), need=rmb(row["need_rmb"], lang),
    )  # fmt: skip
    why = decision.limits.explain(store_id)
    thin = text("credit.thin", lang, n=share(row["told_share"])) if row["told_share"] < 0.5 else ""
    said = [reason_words(row["reasons"], one) for one in (("zh", "en") if lang == "zh" else ("en", "zh"))]
    lines = [story, text(f"why.{why.key}", lang), thin]
    parts = "".join(f"<p>{escape(line)}</p>" for line in lines if line)
    points = [
        (said_of(f"feature.{one.feature}", lang), signed(one.points, lang))
        for one in study.contributions(store_id).itertuples()
        if abs(one.points) >= 0.5
    ]
    table = "".join(f"<tr><td>{escape(name)}</td><td>{escape(gain)}</td></tr>" for name, gain in points)
    reasons = f'<p>{escape(said[0])}<br><span class="zh">{escape(said[1])}</span></p><table class="kv">{table}</table>'
    raises = [
        (text(f"change.{one.change}", lang),
         f"{signed(one.points_gained, lang)} · {text('credit.to_pd', lang, n=percent(one.pd_after))}")
        for one in study.what_raises(store_id).itertuples()
    ]  # fmt: skip
    more = "".join(f"<tr><td>{escape(name)}</td><td>{escape(gain)}</td></tr>" for name, gain in raises)
    more = f'<table class="kv">{more}</table>' if raises else f"<p>{escape(text('credit.raises.none', lang))}</p>"
    return (
        f'<h3 class="side-head">{escape(text("credit.store", lang))} {store_id}</h3>{parts}'
        f'<h3 class="side-head">{both("credit.reasons", lang)}</h3>{reasons}'
        f'<h3 class="side-head">{both("credit.raises", lang)}</h3>{more}'
    )


def files(study: CreditStudy, decision: CreditDecision, lang: str) -> str:
    """Links to the limits as CSV and as a workbook."""
    heading = head("credit.download", lang)
    if len(decision.plan) > MOST_ROWS:
        return f'{heading}<p class="note"><code>lst credit --csv limits.csv --excel limits.xlsx</code></p>'
    made = (
        ("download.csv", data_link(csv_bytes(limit_rows(study.market.places, decision.plan)), "text/csv"), "csv"),
        (
            "download.excel",
            data_link(workbook_bytes(study.market, credit_tables(study, decision), study.assumption), EXCEL),
            "xlsx",
        ),
    )
    links = "".join(
        f'<a download="limits.{ending}" href="{link}">{escape(text(key, lang))}</a> ' for key, link, ending in made
    )
    return f'{heading}<div class="downloads">{links}</div>'


def table_card(title: str, sub: str, names: tuple[tuple[str, str], ...], rows: list[list[str]], lang: str) -> str:
    """Head and grid; names are those of ``col.credit.*``, cells are markup."""
    columns = [(text(f"col.credit.{name}", lang), kind) for name, kind in names]
    return head(title, lang, text(sub, lang) if sub else "") + grid(columns, rows, text(title, lang))


def said_of(key: str, lang: str) -> str:
    """Say a word of the models; one that the catalogue lacks stands as it is."""
    return text(key, lang) if knows(key) else key.partition(".")[2]


def _figure(value: object) -> str:
    return number(value) if isinstance(value, float) else str(value)
