"""Small inline SVG marks for cards and tables. Pure functions: figures in, markup out."""

from collections.abc import Sequence

BINDS = 0.975  # a capacity used to this share leaves no room for another store


def bullet(
    value: float, goal: float | None, floor: float, ceiling: float, span: tuple[float, float] | None = None
) -> str:
    """Draw a figure against its goal and within its range; it stretches to its card, so shapes only, no text."""

    def x(at: float) -> float:
        return 200 * min(1.0, max(0.0, (at - floor) / ((ceiling - floor) or 1.0)))

    start, end = sorted((x(0.0 if floor < 0 else floor), x(value)) if span is None else map(x, span))
    goal_mark = "" if goal is None else f'<path d="M{x(goal):.1f} 1V19" class="mark-goal"/>'
    return (
        '<svg viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">'
        '<rect y="8.5" width="200" height="3" rx="1.5" fill="var(--sunken)"/>'
        f'<rect x="{start:.1f}" y="7" width="{max(1.5, end - start):.1f}" height="6" class="mark-bar"/>'
        f'<path d="M{x(value):.1f} 3.5V16.5" class="mark-tick"/>{goal_mark}</svg>'
    )


def band(low: float, middle: float, high: float, ceiling: float) -> str:
    """Draw a figure within its range, from 0 to the ceiling; it stretches to its card."""
    x = [200 * min(1.0, max(0.0, at / (ceiling or 1.0))) for at in (low, middle, high)]
    return (
        '<svg viewBox="0 0 200 20" preserveAspectRatio="none" aria-hidden="true">'
        '<rect y="8.5" width="200" height="3" rx="1.5" fill="var(--sunken)"/>'
        f'<rect x="{x[0]:.1f}" y="6" width="{max(1.5, x[2] - x[0]):.1f}" height="8" class="mark-bar"/>'
        f'<path d="M{x[1]:.1f} 3.5V16.5" class="mark-tick"/></svg>'
    )


def columns(values: Sequence[float], width: int = 72, height: int = 16) -> str:
    """Draw one tiny column a month."""
    top, step = max(values, default=0) or 1.0, width / max(len(values), 1)
    bars = "".join(
        f'<rect x="{i * step:.1f}" y="{height - max(1, height * v / top):.1f}" width="{step - 1.5:.1f}" '
        f'height="{max(1, height * v / top):.1f}" fill="{"var(--seq-5)" if v else "var(--seq-none)"}"/>'
        for i, v in enumerate(values)
    )
    return f'<svg width="{width}" height="{height}" aria-hidden="true">{bars}</svg>'


def waterfall(start: float, end: float, low: float, high: float, width: int = 120) -> str:
    """Draw one step of an account: a bar from `start` to `end` on a common scale, with the line of zero."""

    def x(at: float) -> float:
        return width * (at - low) / ((high - low) or 1.0)

    left, right = sorted((x(start), x(end)))
    colour = "var(--div-pos-2)" if end >= start else "var(--div-neg-2)"
    return (
        f'<svg width="{width}" height="14" viewBox="0 0 {width} 14" preserveAspectRatio="none" aria-hidden="true">'
        f'<path d="M{x(0):.1f} 0V14" stroke="var(--line-strong)"/>'
        f'<rect x="{left:.1f}" y="3" width="{max(1.0, right - left):.1f}" height="8" fill="{colour}"/></svg>'
    )


def margin_bar(height: float, width: int = 14) -> str:
    """Draw one bar above or below a line; `height` runs from -1 to 1."""
    tall = 16 * min(1.0, abs(height))
    y, colour = (16 - tall, "var(--div-pos-2)") if height >= 0 else (16, "var(--div-neg-2)")
    return (
        f'<svg width="{width}" height="32" aria-hidden="true"><path d="M0 16H{width}" stroke="var(--line-strong)"/>'
        f'<rect x="2" y="{y:.1f}" width="{width - 4}" height="{max(0.6, tall):.1f}" fill="{colour}"/></svg>'
    )
