"""Figures as people read them: 万 and 亿 in Chinese, K, M and bn in English; three significant digits."""

import pandas as pd

ZH_STEPS = ((1e8, " 亿"), (1e4, " 万"))
EN_STEPS = ((1e9, "bn"), (1e6, "M"), (1e3, "K"))
EN_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
EN_MONTHS_LONG = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
MINUS, NOTHING = "\u2212", "\u2013"


def count(value: float, lang: str = "en") -> str:
    """Say a number of things: exact below ten thousand, three digits and a step above.

    Examples
    --------
    >>> count(1012.4), count(944_120), count(944_120, "zh"), count(-56)
    ('1,012', '944K', '94.4 万', '−56')
    """
    if not pd.notna(value):
        return NOTHING
    sign, size = (MINUS if round(value) < 0 else ""), abs(float(value))
    if size < 9999.5:
        return f"{sign}{size:,.0f}"
    return f"{sign}{_stepped(size, lang)}"


def short_count(value: float, lang: str = "en") -> str:
    """Say a number of things where room is narrow: two digits and a step from a thousand on.

    Examples
    --------
    >>> short_count(36), short_count(9_672), short_count(32_240), short_count(32_240, "zh"), short_count(144_000)
    ('36', '9.7K', '32K', '3.2万', '140K')
    """
    if not pd.notna(value) or abs(value) < 999.5:
        return count(value, lang)
    return _stepped(float(f"{value:.1e}"), lang).replace(" ", "")


def number(value: float, lang: str = "en") -> str:
    """Say any figure with three significant digits and no idle zeros.

    Examples
    --------
    >>> number(0.5), number(18.0), number(2.25), number(25_962)
    ('0.5', '18', '2.25', '26K')
    """
    if not pd.notna(value):
        return NOTHING
    sign, size = (MINUS if value < 0 else ""), abs(float(value))
    if size >= 1000:
        return count(value, lang)
    return f"{sign}{_trim(_significant(size))}"


def reps(value: float) -> str:
    """Say a number of reps; below a hundred parts of a post count, so that 2.06 and 2.03 are told apart.

    Examples
    --------
    >>> reps(2.0), reps(2.06), reps(18.32), reps(2150.4)
    ('2', '2.06', '18.3', '2,150')
    """
    return f"{value:,.0f}" if value >= 100 else _trim(_significant(value))


def rmb(value: float, lang: str = "en") -> str:
    """Say money: ¥ before the figure in both languages, small money with its fen.

    Examples
    --------
    >>> rmb(-6.4), rmb(8200), rmb(845e6), rmb(845e6, "zh")
    ('−¥6.40', '¥8,200', '¥845M', '¥8.45 亿')
    """
    if not pd.notna(value):
        return NOTHING
    sign, size = (MINUS if value < 0 else ""), abs(float(value))
    if size < 9999.5:
        return f"{sign}¥{size:,.0f}" if size >= 100 else f"{sign}¥{size:,.2f}"
    return f"{sign}¥{_stepped(size, lang)}"


def share(value: float) -> str:
    """Say a share in whole percent; under 1% and over 99% as inequalities.

    Examples
    --------
    >>> share(0.82), share(0.004), share(0.999), share(1.0)
    ('82%', '<1%', '>99%', '100%')
    """
    if not pd.notna(value):
        return NOTHING
    if 0 < value < 0.01:
        return "<1%"
    if 0.99 < value < 1:
        return ">99%"
    return f"{value:.0%}".replace("-", MINUS)


def signed_share(value: float) -> str:
    """Say a change in percent, with its sign and one decimal.

    Examples
    --------
    >>> signed_share(0.0992), signed_share(-0.004), signed_share(0.0)
    ('+9.9%', '−0.4%', '±0.0%')
    """
    if not pd.notna(value):
        return NOTHING
    said = f"{abs(value):.1%}"
    return f"±{said}" if said == "0.0%" else f"{MINUS if value < 0 else '+'}{said}"


def signed(value: float, lang: str = "en") -> str:
    """Say a change in things with its sign; 0 stays 0.

    Examples
    --------
    >>> signed(39.2), signed(-12), signed(0.2)
    ('+39', '−12', '0')
    """
    return f"+{count(value, lang)}" if round(value) > 0 else count(value, lang)


def month(when: object, lang: str = "en", *, year: bool = False, long: bool = False) -> str:
    """Name a month.

    Examples
    --------
    >>> month("2018-02-01"), month("2018-08-01", year=True, long=True), month("2018-02-01", "zh", year=True)
    ('Feb', 'August 2018', '2018 年 2 月')
    """
    stamp = pd.Timestamp(when)  # type: ignore[arg-type]
    if pd.isna(stamp):
        return NOTHING
    if lang == "zh":
        return f"{stamp.year} 年 {stamp.month} 月" if year else f"{stamp.month} 月"
    name = (EN_MONTHS_LONG if long else EN_MONTHS)[stamp.month - 1]
    return f"{name} {stamp.year}" if year else name


def day(when: object, lang: str = "en", *, year: bool = False) -> str:
    """Name a day.

    Examples
    --------
    >>> day("2018-02-16"), day("2018-02-16", "zh", year=True)
    ('16 Feb', '2018 年 2 月 16 日')
    """
    stamp = pd.Timestamp(when)  # type: ignore[arg-type]
    name = month(stamp, lang, year=year)
    return f"{name} {stamp.day} 日" if lang == "zh" else f"{stamp.day} {name}"


def _stepped(size: float, lang: str) -> str:
    for step, suffix in ZH_STEPS if lang == "zh" else EN_STEPS:
        if size >= step * 0.9995:
            return f"{_trim(_significant(size / step))}{suffix}"
    return f"{size:,.0f}"


def _significant(size: float) -> str:
    return f"{size:,.{max(0, 3 - len(str(int(size))))}f}"


def _trim(figure: str) -> str:
    return figure.rstrip("0").rstrip(".") if "." in figure else figure
