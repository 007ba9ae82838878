"""What tables of sales write in many ways: dates and numbers of periods, yes and no."""

import numpy as np
import pandas as pd

YES = ("true", "t", "yes", "y", "1", "1.0", "in", "in stock", "是", "有", "有货")
NO = ("false", "f", "no", "n", "0", "0.0", "out", "out of stock", "否", "无", "缺", "缺货", "无货")
WRITTEN_DAY, WRITTEN_MONTH = r"(?:19|20)\d{6}", r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])"


def plain_periods(values: pd.Series, kind: str) -> pd.Series:
    """Read periods: dates, or whole numbers where they are undated.

    20190107 is a day, and 201901 a month where `kind` of calendar is "M", when all values are of that form; 2019-W02 is
    the week that begins on its Monday, 2019年1月7日 a day, 2019年1月 a month.

    Examples
    --------
    >>> plain_periods(pd.Series(["2019年1月7日", "2019-W02", "腊月廿三"]), "W").tolist()
    [Timestamp('2019-01-07 00:00:00'), Timestamp('2019-01-07 00:00:00'), NaT]
    >>> plain_periods(pd.Series([20190107, 20190114]), "W").tolist()
    [Timestamp('2019-01-07 00:00:00'), Timestamp('2019-01-14 00:00:00')]
    >>> plain_periods(pd.Series(["1", "2"]), "W").tolist()
    [1, 2]
    """
    text = values.astype("string").str.strip().str.replace(r"\.0$", "", regex=True)
    some = text.dropna()
    if len(some) and some.str.fullmatch(WRITTEN_DAY).all():
        return pd.to_datetime(text, errors="coerce", format="%Y%m%d")
    if len(some) and kind == "M" and some.str.fullmatch(WRITTEN_MONTH).all():
        return pd.to_datetime(text, errors="coerce", format="%Y%m")
    if pd.api.types.is_numeric_dtype(values.dtype):
        return values
    if len(some) and some.str.fullmatch(r"-?\d{1,7}").all():
        return pd.to_numeric(text)
    text = text.str.replace(r"[年月](?=\d)", "-", regex=True).str.replace(r"[年月日号]$", "", regex=True)
    dates = pd.to_datetime(text, errors="coerce", format="mixed")
    weeks = text.where(dates.isna()).str.extract(r"^(\d{4})-?[Ww](\d{1,2})$").dropna()
    if weeks.empty:
        return dates
    mondays = pd.to_datetime(weeks[0] + "-" + weeks[1].str.zfill(2) + "-1", errors="coerce", format="%G-%V-%u")
    return dates.fillna(mondays.reindex(dates.index))


def out_of_stock(told: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Say which rows are out of stock, and which say neither yes nor no; an empty one is in stock.

    Examples
    --------
    >>> out, unclear = out_of_stock(pd.Series(["yes", "否", None, "maybe"]))
    >>> out.tolist(), unclear.tolist()
    ([False, True, False, False], [False, False, False, True])
    """
    codes, values = pd.factorize(told)
    words = pd.Series(values).astype("string").str.strip().str.lower()
    no, yes = (np.append(words.isin(some).to_numpy(bool), False) for some in (NO, YES))
    known = no | yes
    known[-1] = True
    return no[codes], ~known[codes]
