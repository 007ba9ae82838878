"""What a page says about itself: labels of controls, progress, errors, an empty page, how the last run went."""

from html import escape
from math import isfinite
from typing import Any
from urllib.parse import quote

from lst_workbench import __version__
from lst_workbench.assumptions import Assumption
from lst_workbench.runs import PlanResult, Progress
from lst_workbench.views.cards import label_of
from lst_workbench.views.formats import NOTHING, count, number, rmb
from lst_workbench.views.messages import knows, text
from lst_workbench.views.tables import unit_words

GOOD_STATUS = ("optimal", "within_gap", "feasible")
CLOSE_GAP, WIDE_GAP = 0.01, 0.1  # a wider gap is something to watch; beyond a tenth nothing is close


def control_label(name: str, figure: str = "", aside: str = "") -> str:
    """Label above a control, with its figure at the right and a note in grey."""
    bold = f"<b>{escape(figure)}</b>" if figure else ""
    small = f'<span class="aside">{escape(aside)}</span>' if aside else ""
    return f'<div class="ctl-l"><span>{escape(name)}</span><span class="fig">{bold}{small}</span></div>'


def lever_label(entry: Assumption, value: float, scale: float, lang: str) -> tuple[str, str]:
    """Label of a slider as markup, and the same as plain text for screen readers.

    Figures of the nation are said at the scale of the market, the nation's beside it.
    """
    here = value * scale if entry.scales else value
    figure = _figure(here, entry, lang, exact=entry.scales)
    aside = text("nationwide", lang, n=_figure(value, entry, lang)) if entry.scales and scale != 1.0 else ""
    name = label_of(entry, lang)
    return control_label(name, figure, aside), f"{name}: {figure} {aside}".strip()


def note(said: str) -> str:
    """Small print."""
    return f'<p class="note">{escape(said)}</p>'


def progress_line(stage: str, done_share: float, lang: str) -> str:
    """Stage of a run in words, and how much is done."""
    words = text(stage, lang) if knows(stage) else text("run.running", lang)
    return (
        f'<div class="ctl-l small" role="status" aria-live="polite"><span>{escape(words)}</span>'
        f"<span>{done_share:.0%}</span></div>"
    )


def nation_line(progress: Progress | None, shown: bool, address: str, lang: str) -> str:
    """Say how far the plan of the nation is, with the way to its page, or back to the sample's."""
    if progress is None:
        return ""
    if shown:
        words, link = "nation.shown", f'<a href="rollout.ipynb">{escape(text("nation.sample", lang))}</a>'
    elif progress.state == "done":
        words, link = "nation.done", f'<a href="rollout.ipynb?{address}">{escape(text("nation.open", lang))}</a>'
    elif progress.state in ("queued", "running"):
        stage = text(progress.message_key, lang) if knows(progress.message_key) else text("run.running", lang)
        words, link = "nation.at_work", f"<span>{escape(stage)} · {progress.done_share:.0%}</span>"
    else:
        words, link = "nation.ended", f"<span>{escape(progress.error)}</span>"
    return f'<div class="said quiet" role="status">{escape(text(words, lang))} {link}</div>'


def run_link(name: str, lang: str) -> str:
    """Lead to the Rollout page on the market of a run."""
    return f'<p><a href="rollout.ipynb?run={quote(name)}">{escape(text("import.look", lang))}</a></p>'


def said(key: str, detail: str, lang: str) -> str:
    """Say what happened: an error as a box, anything else as a line."""
    words = text(key, lang, error=detail) if detail else text(key, lang)
    if key.startswith("error."):
        return f'<div class="alert" role="alert"><span>{escape(words)}</span></div>'
    return f'<div class="said quiet" role="status">{escape(words)}</div>'


def state_line(key: str, lang: str) -> str:
    """Say whether the figures belong to the levers as they stand."""
    kind = "watch" if key == "state.stale" else "good"
    return f'<div class="said {kind}" role="status">{escape(text(key, lang))}</div>'


def run_status(result: PlanResult, lang: str) -> str:
    """How good the last run is and how long it took; never "optimal" unless that was proven."""
    seconds = sum(float(stage.get("seconds", 0.0)) for stage in result.meta["stages"].values())
    took = text("seconds", lang, n=f"{seconds:.1f}", seed=str(result.meta.get("seed", "")))
    rows = [(text("status", lang), _certificate(result, lang)), (text("took", lang), escape(took))]
    if result.path is not None:
        rows.append((text("run_id", lang), f"<code>{escape(result.path.name)}</code>"))
    body = "".join(f"<tr><td>{escape(name)}</td><td>{cell}</td></tr>" for name, cell in rows)
    return f'<h3 class="side-head">{escape(text("last_run", lang))}</h3><table class="kv">{body}</table>'


def certificate_words(certificate: Any, lang: str) -> str:
    """Say how good the waves are: "Within 0.2% of the best possible", "Time limit, gap 1.4%"."""
    wide = str(certificate.status) in GOOD_STATUS and certificate.gap > WIDE_GAP
    return text(
        "certificate.wide" if wide else f"certificate.{certificate.status}", lang, gap=gap_words(certificate.gap)
    )


def gap_words(gap: float) -> str:
    """Say a gap in percent, rounded up so that it is never told too small; a dash where it is not known.

    Examples
    --------
    >>> gap_words(0.0021), gap_words(0.01391), gap_words(0.0), gap_words(float("nan"))
    ('0.3%', '1.4%', '0.1%', '–')
    """
    if not isfinite(gap):
        return NOTHING
    tenths = max(1, -(-round(gap * 1e6) // 1000))
    return f"{tenths / 10:.1f}%"


def _certificate(result: PlanResult, lang: str) -> str:
    certificate = result.certificate
    if certificate is None:
        return ""
    status = str(certificate.status)
    close = status in GOOD_STATUS and certificate.gap <= CLOSE_GAP
    kind = "good" if close else "watch" if status in GOOD_STATUS else "quiet" if status == "time_limit" else "bad"
    return f'<span class="pill {kind}">{escape(certificate_words(certificate, lang))}</span>'


def empty_headline(has_market: bool, lang: str) -> str:
    """Headline of a page without a run."""
    advice = text("empty.run", lang) if has_market else text("empty.market", lang, command="lst market build")
    title = escape(text("empty.title", lang))
    return f'<div class="finding"><h1>{title}</h1><p>{escape(advice)}</p></div>'


def empty_note(words: str) -> str:
    """Say why a card is empty and what fills it."""
    return f'<div class="state"><span>{escape(words)}</span></div>'


def foot(result: PlanResult | None, lang: str) -> str:
    """Where positions come from, what is not drawn, and which run this is."""
    lines = [text("foot.places", lang), text("foot.map", lang)]
    if result is not None:
        name = result.path.name if result.path is not None else str(result.meta["scenario"]["name"])
        lines.append(text("foot.run", lang, run=name, version=result.meta.get("package_version", __version__)))
    return f'<div class="foot">{"".join(f"<span>{escape(line)}</span>" for line in lines)}</div>'


def ready_mark(plots: int, maps: int) -> str:
    """Tell the template what to wait for before it takes the skeleton away."""
    return f'<i class="lst-ready" data-plots="{plots}" data-maps="{maps}"></i>'


def _figure(value: float, entry: Assumption, lang: str, *, exact: bool = False) -> str:
    if entry.unit.startswith("RMB"):
        return rmb(value, lang)
    said_number = number(value, lang) if exact or value < 1000 else count(value, lang)
    return f"{said_number} {unit_words(entry.unit, lang)}".strip() if not entry.scales else said_number
